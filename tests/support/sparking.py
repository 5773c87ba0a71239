"""Harvests of fake accounts on Spark, and comparisons with stores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol, TypeAlias, TypedDict, Unpack, cast

import anyio
from pyspark.sql import DataFrame, SparkSession

from zoomasync.harvest.columns import Kind, all_columns, utc_text
from zoomasync.harvest.streams import STREAMS, Discovery
from zoomasync.integrations.spark import SparkHarvest
from zoomasync.integrations.spark._frames import collected
from zoomasync.testing import Account, FakeZoom

from .harvesting import TODAY, harvest, query
from .spark_accounts import FakeClients, Fakes, clients_of

MAY = (date(2026, 5, 1), date(2026, 5, 31))
OF_THE_RUN = {"_fetched_at", "_run", "_first_seen", "_last_seen"}
Lines: TypeAlias = list[tuple[object, ...]]


class Options(TypedDict, total=False):
    """The options of a harvest."""

    recheck_days: int
    refetch: dict[str, int | None]
    calls: int
    discover: Discovery
    format: str
    redis: str | Callable[[], str]
    tasks_per_account: int


class RunOptions(Options, total=False):
    """The options of a harvest and a run: its days, and the present one."""

    days: tuple[date, date]
    today: date


class Spark:
    """Harvests of the accounts of *fakes* in May into *table*, with the clients *clients*."""

    def __init__(self, session: SparkSession, fakes: Fakes, table: str) -> None:
        self.session = session
        self.fakes = fakes
        self.table = table
        self.clients: FakeClients = clients_of(fakes)

    def harvest(
        self,
        reports: Sequence[str] = ("meeting_participants",),
        *,
        days: tuple[date, date] = MAY,
        today: date = TODAY,
        **options: Unpack[Options],
    ) -> SparkHarvest:
        return SparkHarvest(
            self.session,
            self.table,
            self.clients,
            from_=days[0],
            to=days[1],
            reports=reports,
            today=today,
            **options,
        )

    def run(self, reports: Sequence[str] = ("meeting_participants",), **options: Unpack[RunOptions]) -> Lines:
        """Run a harvest of all accounts, and return its result."""
        return lines(self.harvest(reports, **options).run(self.fakes))


def lines(frame: DataFrame) -> Lines:
    """Return the rows of *frame*, sorted."""
    return sorted(collected(frame), key=repr)


def arrow_rows(frame: DataFrame) -> list[Mapping[str, object]]:
    """Return the rows of *frame* with aware times."""
    return cast("_Frame", frame).toArrow().to_pylist()


class _Table(Protocol):
    def to_pylist(self) -> list[Mapping[str, object]]: ...


class _Frame(Protocol):
    def toArrow(self) -> _Table: ...  # noqa: N802  Spark's name


def table_cells(account: str, rows: Sequence[Mapping[str, object]], stream: str) -> Lines:
    """Return the *rows* of *account* as a SQLite store has them, without the columns that depend on the run."""
    own = [column for column in all_columns(STREAMS[stream]) if column.name not in OF_THE_RUN]
    return sorted(
        (tuple(_cell(row[column.name], column.kind) for column in own) for row in rows if row["account"] == account),
        key=lambda cells: cast("tuple[str, int]", cells[1:3]),
    )


def store_cells(store: Path, stream: str) -> Lines:
    """Return the same of a SQLite store."""
    own = (f'"{column.name}"' for column in all_columns(STREAMS[stream]) if column.name not in OF_THE_RUN)
    return query(store, f'SELECT {", ".join(own)} FROM "{stream}" ORDER BY _part, _seq')  # noqa: S608  our own names


def harvest_into(store: Path, fake: FakeZoom, reports: Sequence[str], now: datetime | None = None) -> None:
    """Harvest the account of *fake* into a SQLite store, in May."""
    now = now or datetime.combine(TODAY, datetime.min.time(), UTC)
    anyio.run(lambda: harvest(fake, store, MAY, reports=reports, now=now))


def account_on(*days: int, participants: int = 2) -> Account:
    """Return an account with an instance on each of these days of May."""
    account = Account(today=TODAY)
    for day in days:
        account.add_instance(start=datetime(2026, 5, day, 9, tzinfo=UTC), participants=participants)
    return account


def _cell(value: object, kind: Kind) -> object:
    if value is None:
        return None
    if kind is Kind.TIME:
        return utc_text(cast("datetime", value).astimezone(UTC))
    if kind is Kind.DAY:
        return cast("date", value).isoformat()
    return int(cast("bool", value)) if kind is Kind.BOOLEAN else value
