"""While Zoom is down, a run stops and leaves what it has not fetched pending."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.clock import in_virtual_time, now
from support.harvested import expected, partitions, stored
from support.harvesting import QUICK, SPRING, TODAY, OpenAfter, calls, harvest, one_instance, query

from zoomasync.errors import CircuitOpen
from zoomasync.harvest import Harvest, Summary
from zoomasync.harvest._sleep import sleep_until
from zoomasync.testing import Account, FakeZoom


async def run_until(fake: FakeZoom, store: Path, calls: int, *, estimate: bool = False) -> Summary:
    async with (
        fake.client(retry=QUICK, rate_limiter=OpenAfter(calls)) as zoom,
        Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1]) as running,
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
    assert str(outcome).startswith("stopped: GET /report/meetings/{meetingId} was not sent")
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
