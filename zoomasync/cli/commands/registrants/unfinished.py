"""The people whom a plan or its outcomes leave for later, the exit code, and the next step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from ....sync import Action, PlanTotals, Result, SyncPlan, TargetPlan
from ...exit_codes import Exit


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """The numbers of people whom a run leaves for later. *failed_targets* could not be planned."""

    failed_targets: int
    failed: int
    held_back: int
    deferred: int
    unknown: int
    changed: int = 0

    @classmethod
    def of_plan(cls, plan: SyncPlan, totals: PlanTotals) -> Self:
        """Return the numbers that are known before anything is sent."""
        return cls(
            failed_targets=_failed(plan.targets()),
            failed=totals.counts.get(Action.FAILED, 0),
            held_back=totals.counts.get(Action.HELD_BACK, 0),
            deferred=totals.counts.get(Action.DEFERRED, 0),
            unknown=totals.counts.get(Action.UNKNOWN, 0),
        )

    @classmethod
    def of_outcomes(cls, plan: SyncPlan, results: Mapping[Result, int]) -> Self:
        """Return the numbers after *plan* was carried out."""
        return cls(
            failed_targets=_failed(plan.targets()),
            failed=results.get(Result.FAILED, 0),
            held_back=results.get(Result.HELD_BACK, 0),
            deferred=results.get(Result.DEFERRED, 0),
            unknown=results.get(Result.UNKNOWN, 0),
            changed=results.get(Result.CHANGED, 0),
        )

    @property
    def exit_code(self) -> Exit:
        """The exit code for the most important of them."""
        if self.failed_targets or self.failed:
            return Exit.FAILED
        if self.held_back:
            return Exit.HELD_BACK
        return Exit.INCOMPLETE if self.deferred or self.unknown or self.changed else Exit.COMPLETE

    def next_step(self, again: str) -> str:
        """Return the sentence that names the next step, or empty text. *again* tells the user to repeat the command."""
        match self.exit_code:
            case Exit.FAILED:
                if self.failed_targets:
                    return f"{_number(self.failed_targets, 'target', 'could not be planned')}: see the reasons above."
                return f"{again}: {_number(self.failed, 'person', 'failed')}."
            case Exit.HELD_BACK:
                return (
                    f"{_number(self.held_back, 'cancellation', 'held back', verb=True)}, for the reasons above. "
                    "--max-cancel raises the limit for one run."
                )
            case Exit.INCOMPLETE if self.unknown or self.changed:
                unknown = _number(self.unknown, "person", "unknown", verb=True)
                changed = _number(self.changed, "person", "changed since the plan")
                return f"{again}: {' and '.join([unknown] * bool(self.unknown) + [changed] * bool(self.changed))}."
            case Exit.INCOMPLETE:
                deferred = _number(self.deferred, "person", "deferred", verb=True)
                return f"{again} on the next UTC day: {deferred}."
            case _:
                return ""


def _failed(targets: Iterable[TargetPlan]) -> int:
    """Return the number of targets with an error other than a used-up daily quota."""
    return sum(bool(target.error) and not target.counts.get(Action.DEFERRED) for target in targets)


def _number(number: int, noun: str, predicate: str, *, verb: bool = False) -> str:
    plural = "people" if noun == "person" else f"{noun}s"
    is_ = ("is " if number == 1 else "are ") if verb else ""
    return f"{number:,} {noun if number == 1 else plural} {is_}{predicate}"
