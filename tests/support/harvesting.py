"""Harvests of a fake account, and queries on their stores."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

from zoomasync import Label, Plan, RetryPolicy, Zoom
from zoomasync.errors import CircuitOpen, ServerError
from zoomasync.harvest import REPORTS, Harvest, Summary
from zoomasync.harvest.fetching import WORKERS
from zoomasync.harvest.streams import Discovery
from zoomasync.rate_limits import LocalRateLimiter, Permit, RateLimiter
from zoomasync.testing import Account, FakeZoom, Host, Instance

TODAY = date(2026, 6, 15)
SPRING = (date(2026, 3, 1), date(2026, 5, 31))
UNLIMITED = Plan(light=10_000, medium=10_000, heavy=10_000)
QUICK = RetryPolicy(attempts=3, base=0.01)


class ZoomAt(Zoom):
    """A client of *fake* to which Zoom's clock always shows *now*."""

    def __init__(self, fake: FakeZoom, now: datetime, rate_limiter: RateLimiter | None = None) -> None:
        super().__init__(
            fake.credentials,
            base_url=fake.base_url,
            retry=QUICK,
            rate_limiter=rate_limiter or LocalRateLimiter(UNLIMITED),
        )
        self.now = now

    @property
    def server_time(self) -> datetime:
        return self.now


class OpenAfter(LocalRateLimiter):
    """A rate limiter after so many calls of which the circuit is open."""

    def __init__(self, calls: int) -> None:
        super().__init__(UNLIMITED)
        self.left = calls

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:
        self.left -= 1
        if self.left < 0:
            raise CircuitOpen("GET /report/meetings/{meetingId}", 20.0, ServerError("GET /report/users", 503))
        return await super().acquire(label, priority=priority, max_wait=max_wait)


async def harvest(
    fake: FakeZoom,
    store: Path,
    days: tuple[date, date] = SPRING,
    *,
    reports: Sequence[str] = REPORTS,
    discover: Discovery = "hosts",
    recheck_days: int | None = None,
    refetch: Mapping[str, int | None] | None = None,
    workers: int = WORKERS,
    wait: bool = False,
    now: datetime | None = None,
) -> Summary:
    """Harvest the account of *fake*, at *now* by Zoom's clock if it is given."""
    async with (
        fake.client(retry=QUICK) if now is None else ZoomAt(fake, now) as zoom,
        Harvest(
            zoom,
            store=store,
            from_=days[0],
            to=days[1],
            reports=reports,
            discover=discover,
            recheck_days=recheck_days,
            refetch=refetch,
            workers=workers,
        ) as harvest,
    ):
        return await harvest.run(wait=wait)


def add_instance_on(
    account: Account,
    day: date,
    *,
    host: Host | None = None,
    participants: int = 2,
    type: int = 2,
) -> Instance:
    """Add an instance on *day*."""
    start = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    return account.add_instance(host, start=start, participants=participants, type=type)


def one_instance(participants: int = 2) -> Account:
    """Return an account with one instance, in April."""
    account = Account(today=TODAY)
    add_instance_on(account, date(2026, 4, 10), participants=participants)
    return account


def calls(fake: FakeZoom, start: int = 0) -> list[str]:
    """Return the routes of the calls from request number *start* on."""
    return [str(request.route) for request in fake.requests[start:] if request.label]


def query(store: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(store)) as database:
        return database.execute(sql).fetchall()
