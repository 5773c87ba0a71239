"""While Zoom is down, a run stops and leaves what it has not fetched pending."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from support.clock import VirtualClockLoop, in_virtual_time, now
from support.harvested import expected, partitions, stored
from support.harvesting import QUICK, SPRING, TODAY, OpenAfter, calls, harvest, one_instance, query
from support.memory import MemoryTransport, open_session, response

from zoomasync import Plan, RetryPolicy, StaticToken, Zoom
from zoomasync.errors import CircuitOpen, ServerError
from zoomasync.harvest import Harvest, Summary
from zoomasync.harvest._sleep import sleep_until
from zoomasync.rate_limits import LocalRateLimiter
from zoomasync.testing import Account, FakeZoom
from zoomasync.types import Api, HttpRequest, HttpResponse


async def run_until(fake: FakeZoom, store: Path, calls: int, *, estimate: bool = False) -> Summary:
    async with (
        fake.client(retry=QUICK, rate_limiter=OpenAfter(calls)) as zoom,
        # With more workers, the circuit of the client itself would open, and they would wait for it.
        Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1], workers=2) as running,
    ):
        if estimate:
            await running.estimate()
        return await running.run()


@pytest.mark.parametrize("sent", [0, 1, 5, 60, 100])
async def test_outage_leaves_partitions_pending(sent: int, tmp_path: Path) -> None:
    """Nothing is recorded as failed, and the next run continues."""
    account = Account.simulated(7, today=TODAY, instances_per_month=10)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        summary = await run_until(fake, store, sent)
        states = {state for state, _ in partitions(store).values()}
        start = len(fake.requests)

        assert len(calls(fake)) == sent
        assert (await harvest(fake, store)).complete
        assert len(calls(fake, start)) < 800
    assert isinstance(summary.stopped_by, CircuitOpen)
    assert (summary.complete, summary.failures, summary.deferred) == (False, (), 0)
    assert summary.unfinished > 0
    assert states <= {"pending", "done", "empty"}
    ((outcome, _),) = query(store, "SELECT outcome, id FROM run WHERE id = 1")
    assert str(outcome).startswith("stopped: GET /report/")
    assert "503" in str(outcome)
    assert stored(store) == expected(account, *SPRING)


async def test_outage_between_pages_drops_rows(tmp_path: Path) -> None:
    """A report that was fetched in part is fetched again as a whole."""
    account = one_instance(participants=650)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        async with (
            fake.client(retry=QUICK, rate_limiter=OpenAfter(6)) as zoom,
            Harvest(
                zoom, store=store, from_=SPRING[0], to=SPRING[1], reports=["meeting_participants"], workers=1
            ) as running,
        ):
            summary = await running.run()
        rows = stored(store)["meeting_participants"]
        second = await harvest(fake, store, reports=["meeting_participants"])

    assert isinstance(summary.stopped_by, CircuitOpen)
    assert rows == []
    assert second.complete
    assert len(stored(store)["meeting_participants"]) == 650


async def test_outage_ends_an_estimate(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        with pytest.raises(CircuitOpen, match="503"):
            await run_until(fake, tmp_path / "h.sqlite", 2, estimate=True)


# The circuit of the client.


class SimulatedZoom(Zoom):
    """A client whose session layer runs in virtual time.

    Zoom has *instances*, is down for *seconds* from now, and always fails for the paths that contain one of *bad*.
    """

    def __init__(self, instances: int, seconds: float, bad: Sequence[str] = ()) -> None:
        super().__init__(StaticToken("token"))
        self._bad = bad
        self.during, self._up_from, self._instances = 0, now() + seconds, instances
        self._rate_limiter = LocalRateLimiter(Plan.BUSINESS, clock=asyncio.get_running_loop().time)
        Api.__init__(
            self, open_session(MemoryTransport(self._respond), retry=RetryPolicy(), rate_limiter=self._rate_limiter)
        )

    async def _respond(self, request: HttpRequest) -> HttpResponse:
        await anyio.sleep(0.1)
        if now() < self._up_from:
            self.during += 1
            return response(503)
        if any(part in request.url for part in self._bad):
            return response(500, {"code": 500, "message": "Internal error."})
        days = {"from": "2026-05-01", "to": "2026-05-31"}
        if "participants" in request.name:
            return response(200, {"participants": [{"name": "Ada", "join_time": "2026-05-03T09:00:00Z"}]})
        if "userId" not in request.name:
            return response(200, {**days, "users": [{"id": "host"}]})
        start = {"type": 2, "start_time": "2026-05-03T09:00:00Z", "participants_count": 2}
        meetings = [{"uuid": f"uuid{n}==", "id": n + 1, **start} for n in range(self._instances)]
        return response(200, {**days, "meetings": meetings})


def run_in_outage(store: Path, seconds: float, *, wait: bool, bad: Sequence[str] = ()) -> tuple[Summary, int]:
    """Run a harvest while Zoom is down for *seconds*, in virtual time; return the result and the requests meanwhile."""
    days, reports = (date(2026, 5, 1), date(2026, 5, 31)), ["meeting_participants"]

    loop = VirtualClockLoop()

    async def run() -> tuple[Summary, int]:
        zoom = SimulatedZoom(100, seconds, bad)
        loop.wait_for_threads(10)  # the opening of the store has a time limit
        async with Harvest(
            zoom, store=store, from_=days[0], to=days[1], reports=reports, account_id="account"
        ) as harvest:
            loop.wait_for_threads(0.004)
            return await harvest.run(wait=wait), zoom.during

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(run())


def test_harvest_waits_for_an_hour(tmp_path: Path) -> None:
    """A run that waits ends with every partition done, and sends under 200 requests while Zoom is down."""
    summary, sent = run_in_outage(tmp_path / "h.sqlite", 3600, wait=True)

    assert summary.complete
    assert summary.failures == ()
    assert 10 < sent < 200
    assert query(tmp_path / "h.sqlite", "SELECT count(*), 0 FROM meeting_participants") == [(100, 0)]


def test_harvest_stops_after_a_minute(tmp_path: Path) -> None:
    """A run that does not wait ends, and the next run fetches the rest."""
    store = tmp_path / "h.sqlite"
    summary, sent = run_in_outage(store, 3600, wait=False)

    assert isinstance(summary.stopped_by, CircuitOpen)
    assert not summary.complete
    assert sent < 100
    assert run_in_outage(store, 0, wait=False)[0].complete


def test_harvest_outlasts_a_short_outage(tmp_path: Path) -> None:
    summary, _ = run_in_outage(tmp_path / "h.sqlite", 30, wait=False)

    assert summary.complete


@pytest.mark.parametrize("wait", [False, True])
@pytest.mark.parametrize("bad", [["uuid7%"], ["uuid0%"], ["uuid99%"], ["uuid98%", "uuid99%"]], ids=str)
def test_report_that_always_fails(bad: list[str], wait: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """It fails, and the harvest neither stops nor waits because of it."""
    summary, _ = run_in_outage(tmp_path / "h.sqlite", 0, wait=wait, bad=bad)

    assert [failure.error for failure in summary.failures] == ["ServerError"] * len(bad)
    assert summary.stopped_by is None
    assert summary.unfinished == len(bad)


def test_stream_that_always_fails(tmp_path: Path) -> None:
    """It stops for the run after some failures, and the rest stays pending."""
    summary, _ = run_in_outage(tmp_path / "h.sqlite", 0, wait=False, bad=["/participants"])

    stream = next(stream for stream in summary.streams if stream.name == "meeting_participants")
    assert isinstance(stream.stopped_by, ServerError)
    assert summary.stopped_by is None
    assert 5 <= len(summary.failures) < 60
    assert summary.unfinished == 100


def test_hosts_that_cannot_be_listed(tmp_path: Path) -> None:
    """The run stops with the reason, since nothing else can be fetched."""
    summary, _ = run_in_outage(tmp_path / "h.sqlite", 0, wait=False, bad=["/report/users?"])

    assert isinstance(summary.stopped_by, CircuitOpen)
    assert "500" in str(summary.stopped_by)


# Waits.


class Clock:
    """Zoom's clock, which *jumps* ahead of the event loop's after half a minute: the machine was suspended."""

    def __init__(self, jump: timedelta) -> None:
        self._start, self._jump = now(), jump

    def now(self) -> datetime:
        passed = now() - self._start
        return (
            datetime(2026, 5, 20, tzinfo=UTC) + timedelta(seconds=passed) + (self._jump if passed > 30 else timedelta())
        )


@pytest.mark.parametrize(
    ("jump", "slept"),
    [(timedelta(), 36_000), (timedelta(hours=2), 28_800), (timedelta(hours=10), 61), (timedelta(hours=-1), 39_600)],
    ids=["steady", "2 hours ahead", "all of it", "1 hour back"],
)
def test_sleep_follows_zooms_clock(jump: timedelta, slept: float) -> None:
    """A wait of ten hours is as long as Zoom's clock says, to a minute."""

    @in_virtual_time
    async def sleep() -> None:
        start = now()
        await sleep_until(datetime(2026, 5, 20, 10, tzinfo=UTC), Clock(jump).now)
        assert slept <= now() - start <= slept + 61

    sleep()


@in_virtual_time
async def test_sleep_takes_a_second_at_least() -> None:
    start = now()
    await sleep_until(datetime(2026, 5, 20, tzinfo=UTC), lambda: datetime(2026, 5, 21, tzinfo=UTC))

    assert 1 <= now() - start < 1.1
