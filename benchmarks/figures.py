"""The figures that the measurements produce, their targets, and the file that keeps them."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One result of a measurement.

    *name* says what was measured, and *value* is the median, in *unit*; the unit of a ratio is "x". The target is
    *at_most*, *at_least*, or none. *note* has the spread, or the reason why there is no value. CI fails if the value is
    above *gate*, which is what was reached and some room for the machine.
    """

    name: str
    value: float | None
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""
    gate: float | None = None

    @property
    def target(self) -> str:
        """The target as text, or the empty string."""
        if self.at_most is not None:
            return f"≤ {number(self.at_most)} {self.unit}"
        return f"≥ {number(self.at_least)} {self.unit}" if self.at_least is not None else ""

    @property
    def result(self) -> str:
        """One of met, missed, not measured, and the empty string for a figure without a target."""
        if self.value is None:
            return "not measured"
        if self.at_most is None and self.at_least is None:
            return ""
        is_met = (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )
        return "met" if is_met else "missed"

    @property
    def is_worse_than_gate(self) -> bool:
        """Whether CI fails."""
        return self.gate is not None and (self.value is None or self.value > self.gate)

    def __str__(self) -> str:
        parts = (f"{number(self.value)} {self.unit}", self.target, self.result, self.note)
        return f"{self.name}: {', '.join(part for part in parts if part)}"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one run of the benchmarks, by measurement. *machine* describes where it ran."""

    day: str
    machine: str
    figures: dict[str, list[Figure]]

    @classmethod
    def read(cls, path: Path) -> Run:
        """Return the run that *path* keeps."""
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def write(self, path: Path) -> None:
        """Keep this run in *path*."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self)) + b"\n")


def number(value: float | None) -> str:
    """Return *value* with three digits, and without an exponent."""
    if value is None:
        return "—"
    if abs(value) >= 100 or value == int(value):  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"  # noqa: PLR2004
