"""What a harvest will cost, before it runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..rate_limits import Label, LabelBudget
from .partitions import SETTLED, State
from .stores.base import Outstanding
from .streams import Days, Stream

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPlan:
    """What there is to fetch of one stream: *partitions*, and the *calls* that they take at least.

    *kept* counts those that are there already, or will never be.
    """

    name: str
    label: Label
    partitions: int
    calls: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPlan:
    """What one label's calls take: *calls* at least, at *rate* a second, over so many UTC *days*.

    *a_day* is this client's budget of a day and *left* what is left of it today; both are None where there is no limit.
    *finish* is the earliest end, None when it would never come. *spare* is what the busiest day leaves of the budget,
    for the account's other work: nothing, when the harvest takes more than a day. A smaller share of the plan
    (``Plan.share``) leaves others more, and takes longer.
    """

    label: Label
    calls: int
    rate: float
    a_day: int | None
    left: int | None
    days: int
    finish: datetime | None
    spare: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HarvestPlan:
    """What is still to be fetched of *days*, and what that takes.

    Calls are the least that it can be: how many pages a report has shows when it comes, and retries come on top. So is
    the time: other apps of the account may use the same limits. *unlisted* counts the listings that could not be got,
    of which nobody knows what they would lead to.
    """

    days: Days
    streams: tuple[StreamPlan, ...]
    labels: tuple[LabelPlan, ...]
    unlisted: int

    @property
    def partitions(self) -> int:
        """How many partitions are to be fetched."""
        return sum(stream.partitions for stream in self.streams)

    @property
    def calls(self) -> int:
        """How many calls that takes, at least."""
        return sum(stream.calls for stream in self.streams)

    @property
    def finish(self) -> datetime | None:
        """The earliest end; None when it would never come, or there is nothing to do."""
        ends = [label.finish for label in self.labels]
        return None if None in ends else max((end for end in ends if end is not None), default=None)

    @property
    def utc_days(self) -> int:
        """How many UTC days it takes, since budgets are of a day."""
        return max((label.days for label in self.labels), default=0)


def make_plan(
    days: Days,
    streams: Iterable[Stream],
    counts: Mapping[str, Mapping[State, Outstanding]],
    budgets: Mapping[Label, LabelBudget],
    now: datetime,
) -> HarvestPlan:
    """Return the plan for what *counts* leaves to do."""
    planned = tuple(_of_stream(stream, counts.get(stream.name, {})) for stream in streams)
    calls = {label: sum(stream.calls for stream in planned if stream.label is label) for label in Label}
    return HarvestPlan(
        days=days,
        streams=planned,
        labels=tuple(label_plan(budgets[label], number, now) for label, number in calls.items() if number),
        unlisted=sum(found[State.FAILED].partitions for found in counts.values() if State.FAILED in found),
    )


def _of_stream(stream: Stream, found: Mapping[State, Outstanding]) -> StreamPlan:
    kept = sum(found[state].partitions for state in SETTLED if state in found)
    rest = [outstanding for state, outstanding in found.items() if state not in SETTLED]
    return StreamPlan(
        name=stream.name,
        label=stream.label,
        partitions=sum(each.partitions for each in rest),
        calls=sum(each.calls for each in rest),
        kept=kept,
    )


def label_plan(budget: LabelBudget, calls: int, now: datetime) -> LabelPlan:
    """Return what so many *calls* take of *budget*, from *now*."""
    days, a_day, spare = 1, None, None
    finish: datetime | None = now + timedelta(seconds=calls / budget.rate)
    if budget.left is not None:
        a_day = budget.used + budget.left
        spare = max(0, budget.left - calls)
        if calls > budget.left:
            days, finish = _over_days(budget, calls - budget.left, a_day)
            spare = 0
    return LabelPlan(
        label=budget.label,
        calls=calls,
        rate=budget.rate,
        a_day=a_day,
        left=budget.left,
        days=days,
        finish=finish,
        spare=spare,
    )


def _over_days(budget: LabelBudget, later: int, a_day: int) -> tuple[int, datetime | None]:
    """Return how many UTC days it takes when so many calls are *later* than today, and when the last one is over."""
    more = math.ceil(later / a_day) if a_day else 0
    if not more:
        return 0, None
    on_the_last = later - (more - 1) * a_day
    begins = budget.resets_at.astimezone(UTC) + (more - 1) * _DAY
    return more + (budget.left != 0), begins + timedelta(seconds=on_the_last / budget.rate)
