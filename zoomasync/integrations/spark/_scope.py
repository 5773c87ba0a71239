"""The scope of one run, and the rules by which its partitions are fetched again, as SQL on partition tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ...harvest.partitions import FINAL, NOT_FOUND_RUNS, State
from ...harvest.stores.base import Refetch
from ...harvest.streams import STREAMS, Days, Discovery, PartitionBy, Stream
from ...harvest.tasks import months_before
from ._schema import listed, utc_day


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScope:
    """The part of a harvest that the run *run* covers, of every account: `stores.base.Scope` describes the fields."""

    run: str
    days: Days
    streams: tuple[Stream, ...]
    today: date
    discover: Discovery
    recheck_from: date | None = None
    refetch: tuple[Refetch, ...] = ()

    @property
    def months(self) -> Days:
        """The first and the last day of the months of *days*."""
        first, last = self.days
        next_month = (last.replace(day=1) + timedelta(days=31)).replace(day=1)
        return first.replace(day=1), next_month - timedelta(days=1)

    def oldest_day(self, stream: Stream) -> date:
        """Return the first day of which Zoom still has data of *stream*."""
        return date.min if stream.retention is None else months_before(self.today, stream.retention)


def merged_days(day: str, choose: str) -> str:
    """Return the SQL for a day of a task: a month that was listed before keeps the days that it had."""
    months = listed(
        stream.name for stream in STREAMS.values() if stream.partition in {PartitionBy.MONTH, PartitionBy.PARENT_MONTH}
    )
    return f"CASE WHEN stream IN ({months}) THEN {choose}({day}, coalesce(last.{day}, {day})) ELSE {day} END"


def is_due(scope: RunScope) -> str:
    """Return the SQL condition for partition tasks that *scope* fetches.

    The columns are those of a task, with `last` and `was_whole` of `last_states`, and `is_late` for those of a stream
    that the account's harvest began with later. The rules are those of `stores.sqlite.partition_table`.
    """
    first, last = scope.months
    in_months = f"last_day BETWEEN DATE'{first}' AND DATE'{last}'"
    in_scope = f"({in_months} OR stream IN ({listed(_OF_THE_ACCOUNT)}))"
    again = " OR ".join(f"({condition})" for condition in _again(scope))
    late = f"is_late AND (last IS NULL OR last.state NOT IN ({listed(FINAL)}))"
    return (
        f"(last IS NULL OR last.run < '{scope.run}') "
        f"AND (({in_scope} AND (last IS NULL OR {again})) OR (NOT {in_scope} AND {late}))"
    )


def _again(scope: RunScope) -> Iterator[str]:
    """Yield the conditions for partitions that have a record, and are to be fetched again."""
    yield f"last.state IN ({listed((State.FAILED, State.DEFERRED, State.PENDING))})"
    yield f"last.state = '{State.NOT_FOUND}' AND last.not_found_runs < {NOT_FOUND_RUNS}"
    once = [stream for stream in scope.streams if not stream.refresh.snapshot and stream.refresh.days is None]
    listings = [stream for stream in scope.streams if stream.refresh.days is not None]
    if snapshots := [stream.name for stream in scope.streams if stream.refresh.snapshot]:
        yield f"stream IN ({listed(snapshots)})"
    for days in sorted({stream.refresh.days for stream in listings if stream.refresh.days is not None}):
        names = listed(stream.name for stream in listings if stream.refresh.days == days)
        yield f"stream IN ({names}) AND date_sub({utc_day('last.fetched_at')}, {days}) <= last_day"
    if listings:
        changed = "(first_day != last.first_day OR last_day != last.last_day)"
        yield f"stream IN ({listed(stream.name for stream in listings)}) AND {changed}"
    if scope.recheck_from is not None:
        yield from _recheck(scope.recheck_from, listings, once)
    for refetch in scope.refetch:
        since = "" if refetch.since is None else f" AND last_day >= DATE'{refetch.since}'"
        yield f"stream = '{refetch.stream.name}'{since}"


def _recheck(since: date, listings: Sequence[Stream], once: Sequence[Stream]) -> Iterator[str]:
    if listings:
        yield f"stream IN ({listed(stream.name for stream in listings)}) AND last_day >= DATE'{since}'"
    if once:
        states = listed((State.NOT_FOUND, State.EMPTY))
        names = listed(stream.name for stream in once)
        yield f"stream IN ({names}) AND last.state IN ({states}) AND first_day >= DATE'{since}'"


_OF_THE_ACCOUNT: Final = [stream.name for stream in STREAMS.values() if stream.partition is PartitionBy.ACCOUNT]
