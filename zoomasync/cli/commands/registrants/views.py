"""The progress of a registrant sync as text, in numbers only."""

from __future__ import annotations

from collections import Counter

from .... import Zoom
from ....sync import Result, TargetPlan
from ...progress import Rates, calls_of, time_text

_NAMED = (Result.FAILED, Result.IMPOSSIBLE, Result.DEFERRED, Result.UNKNOWN, Result.CHANGED)


class PlanningView:
    """The text about a plan that is being made."""

    def __init__(self, zoom: Zoom, targets: int) -> None:
        self.done: int = 0
        self.total = targets
        self._zoom = zoom
        self._rates = Rates()

    def text(self) -> str:
        """Return the numbers of the plan."""
        calls = calls_of(self._zoom)
        call_rate, rate = self._rates.add(calls, self.done)
        return (
            f"{self.done:,} of {self.total:,} targets planned, {calls:,} calls ({call_rate:.1f}/s), "
            f"{time_text(self.total - self.done, rate)}"
        )

    def add(self, target: TargetPlan) -> None:  # noqa: ARG002  only the number counts
        """Count a planned target."""
        self.done += 1


class ApplyingView:
    """The text about a plan that is being carried out."""

    def __init__(self, zoom: Zoom, people: int) -> None:
        self.results: Counter[Result] = Counter()
        self.total: int = people
        self._zoom = zoom
        self._rates = Rates()

    @property
    def done(self) -> int:
        """The number of people with an outcome."""
        return self.results.total()

    def text(self) -> str:
        """Return the numbers of the outcomes."""
        calls, done = calls_of(self._zoom), self.done
        call_rate, rate = self._rates.add(calls, done)
        named = "".join(f"{self.results[each]:,} {each.value}, " for each in _NAMED if self.results[each])
        return (
            f"{done:,} of {self.total:,} people, {named}{calls:,} calls ({call_rate:.1f}/s), "
            f"{time_text(self.total - done, rate)}"
        )
