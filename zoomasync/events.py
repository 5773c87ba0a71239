"""What a client tells of while it works, to the ``on_event`` that it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ._label import Label

__all__ = ["Event", "RateAdjusted"]


@dataclass(frozen=True, slots=True)
class RateAdjusted:
    """The pace of *label* is now *rate* a second, of the *allowed* that the plan has.

    Zoom refused calls that this client's own pace cannot explain, so another app spends the account's budget, or the
    plan is not the account's. The pace rises again slowly when that ends.
    """

    label: Label
    rate: float
    allowed: float

    def __str__(self) -> str:
        if self.rate < self.allowed:
            return (
                f"{self.label}: at {self.rate:.3g} of {self.allowed:.3g} requests a second, since Zoom refused more: "
                "another app spends the account's budget, or the plan is a smaller one"
            )
        return f"{self.label}: back at {self.allowed:.3g} requests a second"


Event: TypeAlias = RateAdjusted
