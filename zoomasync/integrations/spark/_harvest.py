"""The class `SparkHarvest`: the driver's part of a harvest of many accounts on Spark."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.window import Window

from ... import Zoom, month_ranges
from ...errors import ConfigError, InvalidArgument
from ...harvest.arrow import RECORD_COLUMNS, REJECTED, STOPPED
from ...harvest.partitions import State
from ...harvest.privacy import Privacy
from ...harvest.rows import run_name, run_name_of
from ...harvest.stores.base import last_days, refetches
from ...harvest.streams import INSTANCES, REPORTS, STREAMS, Days, Discovery, Stream, parent_stream, select_streams
from ._estimate import ESTIMATE_SCHEMA, FinishEstimator
from ._facts import AccountFacts, read_facts
from ._fetch import LIMIT_SECONDS, TaskFetcher
from ._frames import collected, frame_of, mapped
from ._instances import instances
from ._leases import Leases, leases_of
from ._rows import rejected_rows, rows_of
from ._schema import PARTITION, RECORD_SCHEMA
from ._scope import RunScope, is_due, merged_days
from ._spread import ACCOUNTS_PER_TASK, spread
from ._table import RecordTable, last_states, last_whole
from ._tasks import tasks_of

CALLS: Final = 24_000
"""The calls of each account between two commits: ten minutes at 40 per second."""

_STATUS_SCHEMA: Final = (
    "account string, stream string, state string, error string, detail string, partitions bigint, rows bigint"
)


class SparkHarvest:
    """A harvest of *reports* of many accounts from *from_* to *to*, both UTC days included, on Apache Spark.

    ::

        def client(account: str) -> Zoom:
            return Zoom(ServerToServer(account, *secrets_of(account)), plan=Plan.BUSINESS.share(0.5))

        harvest = SparkHarvest(spark, "lake.zoom_harvest", client, from_=date(2026, 3, 1), to=date(2026, 5, 31))
        harvest.run(["north", "south"]).show()
        harvest.rows("meeting_participants").write.mode("overwrite").saveAsTable("lake.zoom_participants")

    *table* holds one record per partition and fetch, with the rows of the partition inside. It is the name of a catalog
    table, or a path if it contains a slash, and is created by the first run: as a Delta table if the session supports
    that, or else as Parquet files, unless *format* says which. It is only appended to. The record of a partition's last
    fetch decides its state, and that of its last whole fetch its rows; a record that was written twice counts once.

    *client* returns the client of an account by your name for it. It is called on the executors, and reads the secrets
    there, so that no query plan or log holds them. All partitions of an account run in one task, since its client is
    the only one to know of its calls. With *tasks_per_account* they are spread over more tasks, whose clients must
    share the account's limits through Redis.

    *privacy* returns the personal data and secrets to store, by default all but the secrets. It is called on the
    executors too, since it holds the key of hashes: ``lambda: Privacy.from_env(hash_=["email"])``. Give all runs of a
    table the same choice: it is not checked, and hashed and clear texts do not join.

    With *redis*, the URL of a server or a function that returns it, a run leases its accounts, and skips those that
    another run has leased. Without it, start one run at a time. It is used on the driver only.

    After any interruption, run the same harvest again: what a commit holds is not fetched again. A commit comes after
    about *calls* calls of each account. *reports*, *discover*, *recheck_days* and *refetch* are those of
    `zoomasync.harvest.Harvest`. *today* is the present day, in UTC unless given.
    """

    def __init__(  # noqa: PLR0913  every option has a default
        self,
        spark: SparkSession,
        table: str,
        client: Callable[[str], Zoom],
        *,
        from_: date,
        to: date,
        reports: Iterable[str] = REPORTS,
        discover: Discovery = "hosts",
        recheck_days: int | None = None,
        refetch: Mapping[str, int | None] | None = None,
        privacy: Callable[[], Privacy] | None = None,
        redis: str | Callable[[], str] | None = None,
        tasks_per_account: int = 1,
        calls: int = CALLS,
        format: str | None = None,  # noqa: A002  Spark's name for it
        today: date | None = None,
    ) -> None:
        list(month_ranges(from_, to))  # checks the range
        for name, number in (("tasks_per_account", tasks_per_account), ("calls", calls)):
            if type(number) is not int or number < 1:
                raise ConfigError(f"{name} must be a whole number, 1 or more")
        if tasks_per_account > 1 and redis is None:
            raise ConfigError(
                "tasks_per_account is more than 1, and only Redis can share the limits of an account between tasks: "
                "give redis too, and clients that use it"
            )
        self._spark = spark
        self._table = RecordTable(spark, table, format)
        self._client = client
        self._privacy = privacy or Privacy
        self._days = (from_, to)
        self._streams = select_streams(reports, discover)
        self._discover: Discovery = discover
        self._recheck_from = None if recheck_days is None else last_days("recheck_days", recheck_days, self._days)
        self._refetch = refetches(refetch or {}, self._streams, self._days)
        self._redis = redis
        self._tasks_per_account = tasks_per_account
        self._calls = calls
        self._today = today
        self._begins_at = 0.0
        if from_ > self._present_day():
            raise InvalidArgument(f"from_ is {from_}, which is in the future: there is nothing to harvest yet")
        self.run_id: str | None = None
        """The latest run that this object has made: ``_run`` of its rows. Later runs sort after it."""

    def __repr__(self) -> str:
        return f"<SparkHarvest {self._table.name!r}, {self._days[0]} to {self._days[1]}>"

    def run(self, accounts: Iterable[str]) -> DataFrame:
        """Fetch all partitions of *accounts* that are not final, and return the numbers of partitions by state.

        The columns are account, stream, state, error, detail, partitions and rows, as `status` has them, for these
        accounts. Besides, the state "stopped" shows an account, or one stream of it, that stopped by itself: because
        its credentials were rejected, its daily quota was used up, Zoom denied it, or Zoom was down. What was not tried
        then is "pending". The state "leased" shows an account that another run harvests.
        """
        names = _names(accounts)
        with self._begun(names) as run:
            for streams in self._phases():
                self._fetch_all(run, streams)
            return self._result(run, names)

    def estimate(self, accounts: Iterable[str]) -> DataFrame:
        """Return the partitions of *accounts* that are still to be fetched, the least number of calls, and the end.

        The columns are account, stream, partitions, calls and earliest_finish. The latter holds for all calls of the
        stream's rate-limit label, within the limits of the account's client; null if its daily quota is 0, or it has no
        client. This finds the instances if they are not listed yet, as `run` does, which uses the same listings.
        Accounts that another run harvests are left out.
        """
        with self._begun(_names(accounts)) as run:
            for streams in self._phases()[:-1]:
                self._fetch_all(run, streams)
            due = self._due(run, self._streams, run.facts)
            counted = due.groupBy("account", "stream").agg(
                f.count("*").alias("partitions"), f.sum("calls").alias("calls")
            )
            of_accounts = counted.repartition(math.ceil(len(run.facts) / ACCOUNTS_PER_TASK) or 1, "account")
            lines = collected(mapped(of_accounts, FinishEstimator(self._client), ESTIMATE_SCHEMA))
        return frame_of(self._spark, sorted(lines, key=repr), ESTIMATE_SCHEMA)

    def status(self) -> DataFrame:
        """Return the numbers of partitions by account, stream, state and error, and of their rows.

        The detail is the text of one of the errors. An account, or one stream of it, that stopped in its last run has a
        line of the state "stopped".
        """
        return _status(self._table.records())

    def rows(self, table: str, *, changed_since: str | None = None) -> DataFrame:
        """Return the rows of *table*: a stream, "instances" or "rejected_rows".

        The columns are those of the same table in a store of `zoomasync harvest`, after `account`, your name for the
        account. The primary key is (`_account`, `_part`, `_seq`), of instances (`_account`, `uuid`), and of rejected
        rows (`_account`, `stream`, `_part`, `_seq`).

        With *changed_since*, these are the rows of the partitions that were fetched as a whole by later runs than that:
        the name of a run, a time in ISO 8601, or an empty text for all.
        A partition without rows is one row then, without a `_seq`.
        """
        records = self._table.records()
        if table in STREAMS:
            since = changed_since and run_name_of(changed_since)
            return rows_of(records, STREAMS[table], since)
        if table not in {INSTANCES, REJECTED}:
            choices = ", ".join((*STREAMS, INSTANCES, REJECTED))
            raise InvalidArgument(f"unknown table {table[:40]!r}: choose from {choices}")
        if changed_since is not None:
            raise InvalidArgument(f"changed_since cannot be used for {table}, which several streams fill")
        return instances(last_whole(records)) if table == INSTANCES else rejected_rows(records)

    def table(self) -> DataFrame:
        """Return one record per partition: its state after the last fetch, and its rows after the last whole one.

        `pages`, `rows`, `invalid_rows`, `run` and `version` are those of the last whole fetch: 0 and null before it.
        """
        records = self._table.records()
        arrays = last_whole(records).select(*PARTITION, REJECTED, *STREAMS)
        states = last_states(records).join(arrays, list(PARTITION), "left")
        return states.select(
            *(_record_cell(column.name) for column in RECORD_COLUMNS if column.name != "whole"), REJECTED, *STREAMS
        )

    def _present_day(self) -> date:
        return self._today or datetime.now(UTC).date()

    @contextmanager
    def _begun(self, names: Sequence[str]) -> Generator[_Run, None, None]:
        """Begin a run of those of the accounts that no other run has leased."""
        with leases_of(self._table.name, self._redis) as leases:
            held = leases.acquire(names)
            facts = read_facts(self._table.records(), [name for name in names if name in held], None)
            scope = self._scope(facts.values())
            self.run_id = scope.run
            late = {
                (account, stream): days
                for account, each in facts.items()
                for stream, days in each.late_days(self._streams).items()
            }
            yield _Run(scope, leases, late, facts)

    def _scope(self, facts: Iterable[AccountFacts]) -> RunScope:
        """Return the scope of a new run. Its id sorts after those of its accounts, also if this clock is slow."""
        latest = max((each.latest_run for each in facts), default="")
        return RunScope(
            run=run_name(datetime.now(UTC), after=latest or None),
            days=self._days,
            streams=self._streams,
            today=self._present_day(),
            discover=self._discover,
            recheck_from=self._recheck_from,
            refetch=self._refetch,
        )

    def _phases(self) -> list[list[Stream]]:
        """Return the streams in the order of a run: parents before their children, and all others together."""
        parents = {stream.name: parent_stream(stream, self._discover) for stream in self._streams}
        names = {parent.name for parent in parents.values() if parent is not None}
        leading = [stream for stream in self._streams if stream.name in names]
        phases: dict[int, list[Stream]] = {}
        for stream in leading:
            generation, parent = 0, parents[stream.name]
            while parent is not None:
                generation, parent = generation + 1, parents[parent.name]
            phases.setdefault(generation, []).append(stream)
        return [*(phases[number] for number in sorted(phases)), [s for s in self._streams if s not in leading]]

    def _fetch_all(self, run: _Run, streams: Sequence[Stream]) -> None:
        """Fetch the partitions of *streams* in rounds, each of which is one commit."""
        while True:
            held = run.leases.acquire(list(run.facts))
            active = {name: facts for name, facts in run.facts.items() if name in held and not facts.is_stopped}
            due = self._due(run, streams, active)
            by_account = due.groupBy("account").agg(f.sum("calls").alias("calls")).collect()
            if not by_account:
                return
            self._fetch_round(run, due, {line["account"]: active[line["account"]] for line in by_account})
            run.facts = read_facts(self._table.records(), list(run.facts), run.scope.run)
            if max(line["calls"] for line in by_account) <= self._calls:
                return

    def _due(self, run: _Run, streams: Sequence[Stream], accounts: Mapping[str, AccountFacts]) -> DataFrame:
        """Return the tasks of *streams* that are to be fetched, without those of streams that stopped."""
        scope = run.scope
        records = self._table.records()
        tasks = tasks_of(self._spark, records, scope, streams, list(accounts), run.late)
        stopped = [(account, name) for account, facts in accounts.items() for name in facts.stopped_by if name]
        if stopped:
            denied = frame_of(self._spark, stopped, "account string, stream string")
            tasks = tasks.join(denied, ["account", "stream"], "left_anti")
        known = tasks.join(last_states(records), list(PARTITION), "left")
        known = known.withColumn("first_day", f.expr(merged_days("first_day", "least")))
        known = known.withColumn("last_day", f.expr(merged_days("last_day", "greatest")))
        if not run.late:
            return known.withColumn("is_late", f.lit(False)).where(is_due(scope))
        oldest = [(*each, scope.oldest_day(STREAMS[each[1]])) for each in run.late]
        late_since = frame_of(self._spark, oldest, "account string, stream string, since date")
        known = known.join(late_since, ["account", "stream"], "left")
        return known.withColumn("is_late", f.expr("coalesce(last_day >= since, false)")).where(is_due(scope))

    def _fetch_round(self, run: _Run, due: DataFrame, accounts: Mapping[str, AccountFacts]) -> None:
        """Fetch the oldest of the tasks that are *due*, about `calls` calls per account, and append their records."""
        tasks = due.select(
            "account",
            "stream",
            "key",
            "first_day",
            "last_day",
            "calls",
            f.expr("last_whole IS NOT NULL").alias("is_refetch"),
            f.expr("coalesce(last.not_found_runs, 0)").alias("not_found_runs"),
            f.expr("last.error IS NOT NULL").alias("has_error"),
        )
        order = ("has_error", "first_day", "stream", "key")  # reports expire; and an error may come again
        before = Window.partitionBy("account").orderBy(*order).rowsBetween(Window.unboundedPreceding, -1)
        some = tasks.withColumn("before", f.sum("calls").over(before))
        some = some.where(f"coalesce(before, 0) < {self._calls}").drop("before")
        fetcher = TaskFetcher(
            client=self._client,
            privacy=self._privacy,
            run=run.scope.run,
            account_ids={name: facts.account_id for name, facts in accounts.items() if facts.account_id is not None},
            accepted={name: sorted(facts.accepted) for name, facts in accounts.items()},
            shares_accounts=self._tasks_per_account > 1,
            begins_at=self._begins_at,
        )
        placed = spread(self._spark, some, list(accounts), self._tasks_per_account)
        placed = placed.sortWithinPartitions("account", *order).drop("has_error")
        self._table.append(mapped(placed, fetcher, RECORD_SCHEMA))
        self._begins_at = time.time() + LIMIT_SECONDS

    def _result(self, run: _Run, names: Sequence[str]) -> DataFrame:
        """Return the result of the run, which later runs do not change."""
        of_accounts = frame_of(self._spark, [(name,) for name in names], "account string")
        records = self._table.records().join(of_accounts, ["account"], "left_semi")
        lines = [line for line in collected(_status(records)) if line[0] in run.facts]
        if any(each.stopped_by for each in run.facts.values()):
            every = {name: replace(each, stopped_by=set()) for name, each in run.facts.items()}
            untried = self._due(run, self._streams, every).where("last IS NULL")
            counted = untried.groupBy("account", "stream").agg(f.count("*").alias("partitions"))
            lines += [
                (account, stream, State.PENDING.value, None, None, partitions, 0)
                for account, stream, partitions in collected(counted)
            ]
        lines += [(name, None, "leased", None, None, 0, 0) for name in names if name not in run.facts]
        return frame_of(self._spark, lines, _STATUS_SCHEMA)


@dataclass(slots=True)
class _Run:
    """A run that has begun: the streams by account that were added later, and the facts after its last round."""

    scope: RunScope
    leases: Leases
    late: Mapping[tuple[str, str], Days]
    facts: Mapping[str, AccountFacts]


def _names(accounts: Iterable[str]) -> list[str]:
    if isinstance(accounts, str):
        raise InvalidArgument("accounts must be a list of names, such as ['north']")
    names = sorted(set(accounts))
    if not names or not all(names):
        raise InvalidArgument("accounts is empty, or has an empty name")
    return names


def _record_cell(name: str) -> Column:
    """Return a column of a partition's record, from its keys and the structs `last` and `last_whole`."""
    if name in {*PARTITION, "account_id"}:
        return f.col(name)
    if name in {"pages", "rows", "invalid_rows"}:
        return f.expr(f"coalesce(last_whole.{name}, 0)").alias(name)
    return f.col(f"{'last_whole' if name in {'run', 'version'} else 'last'}.{name}").alias(name)


def _status(records: DataFrame) -> DataFrame:
    states = last_states(records).select(
        "account",
        "stream",
        "last.state",
        "last.error",
        "last.detail",
        f.expr("coalesce(last_whole.rows, 0)").alias("rows"),
    )
    counted = states.groupBy("account", "stream", "state", "error").agg(
        f.max("detail").alias("detail"), f.count("*").alias("partitions"), f.sum("rows").alias("rows")
    )
    latest = records.groupBy("account").agg(f.max("run").alias("run"))
    stops = records.where(f"state = '{STOPPED}'").join(latest, ["account", "run"], "left_semi")
    # With several tasks per account, it stops in each of them.
    stopped = stops.groupBy("account", "stream", "state", "error").agg(f.max("detail").alias("detail"))
    return counted.union(stopped.selectExpr("*", "CAST(0 AS BIGINT)", "CAST(0 AS BIGINT)"))
