"""The cost of a harvest before it runs: partitions, calls and time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ..rate_limits import Label, RateLimitStatus
from .partitions import FINAL, State
from .stores.base import PartitionCount, partitions_in
from .streams import Days, Discovery, Stream

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEstimate:
    """The *partitions* of one stream that are still to be fetched, and the least number of *calls* for them.

    *skipped* counts the partitions in a final state, which are not fetched again.
    """

    name: str
    label: Label
    partitions: int
    calls: int
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelEstimate:
    """The calls of one rate-limit label: at least *calls*, at *rate* per second, over so many UTC *days*.

    *per_day* is this client's daily quota and *remaining* the rest of it today; both are None without a daily quota.
    *finishes_at* is the earliest end, or None if the quota is 0. *unused* is the part of the quota that the busiest day
    leaves to the account's other apps: 0 if the harvest takes more than one day. With a smaller share of the plan
    (``Plan.share``) the harvest leaves more to others and takes longer.
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
    """The part of *days* that is still to be fetched, and its cost.

    Calls are lower bounds: the number of pages of a report is only known once it is fetched, and retries are extra.
    Times are lower bounds too: other apps of the account may use the same limits. *unlisted* counts the listings that
    failed; the partitions below them are not part of the estimate. *discovery* has the calls that each way to find the
    instances of *days* takes in all, also those that have been sent; it is empty for a harvest without instances.
    """

    days: Days
    streams: tuple[StreamEstimate, ...]
    labels: tuple[LabelEstimate, ...]
    unlisted: int
    discovery: Mapping[Discovery, int] = field(default_factory=dict[Discovery, int])

    @property
    def partitions(self) -> int:
        """The number of partitions that are to be fetched."""
        return sum(stream.partitions for stream in self.streams)

    @property
    def calls(self) -> int:
        """The least number of calls for them."""
        return sum(stream.calls for stream in self.streams)

    @property
    def finishes_at(self) -> datetime | None:
        """The earliest end; None if a label's daily quota is 0, or there is nothing to do."""
        ends = [label.finishes_at for label in self.labels]
        return None if None in ends else max((end for end in ends if end is not None), default=None)

    @property
    def utc_days(self) -> int:
        """The number of UTC days that the harvest takes at least."""
        return max((label.days for label in self.labels), default=0)


def estimate_harvest(
    days: Days,
    streams: Iterable[Stream],
    counts: Mapping[str, Mapping[State, PartitionCount]],
    limits: Mapping[Label, RateLimitStatus],
    discovery: Mapping[Discovery, int],
    now: datetime,
) -> HarvestEstimate:
    """Return the estimate for the partitions in *counts* that are not final."""
    estimates = tuple(_estimate_stream(stream, counts.get(stream.name, {})) for stream in streams)
    calls = {label: sum(each.calls for each in estimates if each.label is label) for label in Label}
    return HarvestEstimate(
        days=days,
        streams=estimates,
        labels=tuple(estimate_label(limits[label], number, now) for label, number in calls.items() if number),
        unlisted=partitions_in(State.FAILED, counts),
        discovery=discovery,
    )


def _estimate_stream(stream: Stream, states: Mapping[State, PartitionCount]) -> StreamEstimate:
    to_fetch = [count for state, count in states.items() if state not in FINAL]
    return StreamEstimate(
        name=stream.name,
        label=stream.label,
        partitions=sum(count.partitions for count in to_fetch),
        calls=sum(count.calls for count in to_fetch),
        skipped=sum(count.partitions for state, count in states.items() if state in FINAL),
    )


def estimate_label(limits: RateLimitStatus, calls: int, now: datetime) -> LabelEstimate:
    """Return the estimate for so many *calls* of one label from *now* on, under its *limits*."""
    days, per_day, unused = 1, None, None
    finishes_at: datetime | None = now + timedelta(seconds=calls / limits.rate)
    if limits.remaining is not None:
        per_day = limits.used + limits.remaining
        unused = max(0, limits.remaining - calls)
        if calls > limits.remaining:
            days, finishes_at = _spread_over_days(limits, calls - limits.remaining, per_day)
    return LabelEstimate(
        label=limits.label,
        calls=calls,
        rate=limits.rate,
        per_day=per_day,
        remaining=limits.remaining,
        days=days,
        finishes_at=finishes_at,
        unused=unused,
    )


def _spread_over_days(limits: RateLimitStatus, after_today: int, per_day: int) -> tuple[int, datetime | None]:
    """Return the number of UTC days, and the end, when *after_today* calls remain once today's quota is used up."""
    more_days = math.ceil(after_today / per_day) if per_day else 0
    if not more_days:
        return 0, None
    on_last_day = after_today - (more_days - 1) * per_day
    last_day = limits.resets_at.astimezone(UTC) + (more_days - 1) * _DAY
    return more_days + (limits.remaining != 0), last_day + timedelta(seconds=on_last_day / limits.rate)
