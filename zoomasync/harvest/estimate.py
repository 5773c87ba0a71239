"""What a harvest will cost, before it runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..rate_limits import Label, RateLimitStatus
from .partitions import FINAL, State
from .stores.base import Outstanding
from .streams import Days, Stream

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEstimate:
    """What there is to fetch of one stream: *partitions*, and the *calls* that they take at least.

    *kept* counts those that are there already, or will never be.
    """

    name: str
    label: Label
    partitions: int
    calls: int
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelEstimate:
    """What one label's calls take: *calls* at least, at *rate* a second, over so many UTC *days*.

    *a_day* is this client's budget of a day and *left* what is left of it today; both are None where there is no limit.
    *finish* is the earliest end, None when it would never come. *spare* is what the busiest day leaves of the budget,
    for the account's other work: nothing, when the harvest takes more than a day. A smaller share of the plan
    (``Plan.share``) leaves others more, and takes longer.
    """

    label: Label
    calls: int
    rate: float
    per_day: int | None
    remaining: int | None
    days: int
    finishes_at: datetime | None
    unused: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HarvestEstimate:
    """What is still to be fetched of *days*, and what that takes.

    Calls are the least that it can be: how many pages a report has shows when it comes, and retries come on top. So is
    the time: other apps of the account may use the same limits. *unlisted* counts the listings that could not be got,
    of which nobody knows what they would lead to.
    """

    days: Days
    streams: tuple[StreamEstimate, ...]
    labels: tuple[LabelEstimate, ...]
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
    def finishes_at(self) -> datetime | None:
        """The earliest end; None when it would never come, or there is nothing to do."""
        ends = [label.finishes_at for label in self.labels]
        return None if None in ends else max((end for end in ends if end is not None), default=None)

    @property
    def utc_days(self) -> int:
        """How many UTC days it takes, since budgets are of a day."""
        return max((label.days for label in self.labels), default=0)


def make_plan(
    days: Days,
    streams: Iterable[Stream],
    counts: Mapping[str, Mapping[State, Outstanding]],
    rate_limiter: Mapping[Label, RateLimitStatus],
    now: datetime,
) -> HarvestEstimate:
    """Return the plan for what *counts* leaves to do."""
    planned = tuple(_of_stream(stream, counts.get(stream.name, {})) for stream in streams)
    calls = {label: sum(stream.calls for stream in planned if stream.label is label) for label in Label}
    return HarvestEstimate(
        days=days,
        streams=planned,
        labels=tuple(label_plan(rate_limiter[label], number, now) for label, number in calls.items() if number),
        unlisted=sum(found[State.FAILED].partitions for found in counts.values() if State.FAILED in found),
    )


def _of_stream(stream: Stream, found: Mapping[State, Outstanding]) -> StreamEstimate:
    skipped = sum(found[state].partitions for state in FINAL if state in found)
    rest = [outstanding for state, outstanding in found.items() if state not in FINAL]
    return StreamEstimate(
        name=stream.name,
        label=stream.label,
        partitions=sum(each.partitions for each in rest),
        calls=sum(each.calls for each in rest),
        skipped=skipped,
    )


def label_plan(rate_limits: RateLimitStatus, calls: int, now: datetime) -> LabelEstimate:
    """Return what so many *calls* take of *budget*, from *now*."""
    days, per_day, unused = 1, None, None
    finishes_at: datetime | None = now + timedelta(seconds=calls / rate_limits.rate)
    if rate_limits.remaining is not None:
        per_day = rate_limits.used + rate_limits.remaining
        unused = max(0, rate_limits.remaining - calls)
        if calls > rate_limits.remaining:
            days, finishes_at = _over_days(rate_limits, calls - rate_limits.remaining, per_day)
            unused = 0
    return LabelEstimate(
        label=rate_limits.label,
        calls=calls,
        rate=rate_limits.rate,
        per_day=per_day,
        remaining=rate_limits.remaining,
        days=days,
        finishes_at=finishes_at,
        unused=unused,
    )


def _over_days(rate_limits: RateLimitStatus, later: int, per_day: int) -> tuple[int, datetime | None]:
    """Return how many UTC days it takes when so many calls are *later* than today, and when the last one is over."""
    more = math.ceil(later / per_day) if per_day else 0
    if not more:
        return 0, None
    on_the_last = later - (more - 1) * per_day
    begins = rate_limits.resets_at.astimezone(UTC) + (more - 1) * _DAY
    return more + (rate_limits.remaining != 0), begins + timedelta(seconds=on_the_last / rate_limits.rate)
