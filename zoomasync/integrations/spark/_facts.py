"""The facts about the accounts that the partition records hold, as far as a run needs them on its driver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from ...harvest.partitions import State
from ...harvest.streams import STREAMS, Days, PartitionBy, Stream
from ._schema import listed

_ACCEPTED = listed((State.DONE, State.EMPTY))
_LISTED_BY_DAY = {name for name, stream in STREAMS.items() if stream.partition in {PartitionBy.MONTH, PartitionBy.DAY}}


@dataclass(slots=True)
class AccountFacts:
    """The facts about one account: its id at Zoom, and by stream the first run, and whether Zoom returned partitions.

    *days* are those of its listings, *latest_run* is its latest run, and *stopped_by* has the streams that stopped in
    the present run, with None for the whole account.
    """

    account_id: str | None = None
    first_runs: dict[str, str] = field(default_factory=dict[str, str])
    accepted: set[str] = field(default_factory=set[str])
    days: Days | None = None
    latest_run: str = ""
    stopped_by: set[str | None] = field(default_factory=set[str | None])

    @property
    def is_stopped(self) -> bool:
        """Whether the account stopped in the present run."""
        return None in self.stopped_by

    def late_days(self, streams: Iterable[Stream]) -> dict[str, Days]:
        """Return the days of the earlier runs for those of *streams* that were added after the first one."""
        if self.days is None:
            return {}
        first = min(self.first_runs.values(), default="")
        return {each.name: self.days for each in streams if self.first_runs.get(each.name, "~") > first}


def read_facts(records: DataFrame, accounts: Sequence[str], run: str | None) -> dict[str, AccountFacts]:
    """Return the facts about *accounts* at this moment of the run *run*, or before a run."""
    groups = records.groupBy("account", "stream", f.expr("key IS NULL").alias("is_stop")).agg(
        f.min("run").alias("first_run"),
        f.max("run").alias("last_run"),
        f.min("account_id").alias("account_id"),
        f.expr(f"bool_or(state IN ({_ACCEPTED}))").alias("is_accepted"),
        f.min("first_day").alias("first_day"),
        f.max("last_day").alias("last_day"),
    )
    facts = {account: AccountFacts() for account in accounts}
    for line in groups.collect():
        found = facts.get(cast("str", line["account"]))
        if found is None:
            continue
        stream = cast("str | None", line["stream"])
        found.account_id = found.account_id or cast("str | None", line["account_id"])
        found.latest_run = max(found.latest_run, cast("str", line["last_run"]))
        if line["is_stop"]:
            if line["last_run"] == run:
                found.stopped_by.add(stream)
        elif stream is not None:
            found.first_runs[stream] = cast("str", line["first_run"])
            if line["is_accepted"] and stream in STREAMS:
                found.accepted.add(stream)
            if stream in _LISTED_BY_DAY:
                days = cast("date", line["first_day"]), cast("date", line["last_day"])
                found.days = days if found.days is None else (min(days[0], found.days[0]), max(days[1], found.days[1]))
    return facts
