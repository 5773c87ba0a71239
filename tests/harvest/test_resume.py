"""A later run continues after any interruption, and fetches no final partition again."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from support.harvested import expected, partitions, stored
from support.harvesting import QUICK, SPRING, TODAY, add_instance_on, calls, harvest, one_instance, query
from support.kills import open_and_die

from zoomasync import Label
from zoomasync.errors import (
    BadRequest,
    ConfigError,
    DailyLimitReached,
    InvalidArgument,
    RedisUnavailable,
    StoreError,
    Unauthorized,
)
from zoomasync.events import Event
from zoomasync.harvest import Harvest, State
from zoomasync.rate_limits import Permit, RateLimitStatus
from zoomasync.testing import Account, FakeZoom

LISTINGS = {"GET /report/users", "GET /report/users/{userId}/meetings"}
MEETING = "GET /report/meetings/{meetingId}"
QA = "GET /report/meetings/{meetingId}/qa"
PARTICIPANTS = "GET /report/meetings/{meetingId}/participants"
DAILY_LIMIT = {"code": 429, "message": "You have reached the maximum daily rate limit for this API."}


async def wait_for(running: Harvest, *, partitions: int) -> None:
    while running.progress.done < partitions:  # noqa: ASYNC110  there is no event
        await anyio.sleep(0.001)


async def test_second_run_fetches_failed_only(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(QA, status=500, body=b"", times=999)
        first = await harvest(fake, store)
        start = len(fake.requests)
        fake.clear_responses()
        second = await harvest(fake, store)

        assert set(calls(fake, start)) == {QA}
    assert (first.complete, second.complete) == (False, True)
    assert stored(store) == expected(account, *SPRING)
    assert next(stream.skipped for stream in second.streams if stream.name == "meeting") == len(
        stored(store)["meeting"]
    )


async def test_recheck_finds_late_instances(tmp_path: Path) -> None:
    account = one_instance()
    add_instance_on(account, date(2026, 5, 29))
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, reports=["meeting"])
        add_instance_on(account, date(2026, 5, 30))
        without_recheck = await harvest(fake, store, reports=["meeting"])
        start = len(fake.requests)
        with_recheck = await harvest(fake, store, reports=["meeting"], recheck_days=3)

        assert sorted(calls(fake, start)) == [MEETING, *sorted(LISTINGS)]
    assert [summary.streams[2].rows for summary in (without_recheck, with_recheck)] == [0, 1]
    assert len(stored(store)["meeting"]) == 3


async def test_recheck_finds_late_reports(tmp_path: Path) -> None:
    """A report of the last days that was not found twice is fetched again, an older one is not."""
    account = one_instance()
    late = add_instance_on(account, date(2026, 5, 30))
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(PARTICIPANTS, status=404, body={"code": 3001, "message": "It does not exist."}, times=4)
        for _ in range(2):
            await harvest(fake, store, reports=["meeting_participants"])
        await harvest(fake, store, reports=["meeting_participants"], recheck_days=3)

    assert {row["_part"] for row in stored(store)["meeting_participants"]} == {late.uuid}
    assert sorted(state for (stream, _), (state, _) in partitions(store).items() if "participants" in stream) == [
        "done",
        "not_found",
    ]


async def test_days_are_added_on_both_sides(tmp_path: Path) -> None:
    """No row is stored twice."""
    account = Account.simulated(7, today=TODAY, instances_per_month=20)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, (date(2026, 4, 10), date(2026, 4, 20)))
        await harvest(fake, store, (date(2026, 4, 21), date(2026, 5, 31)))
        await harvest(fake, store, (date(2026, 3, 1), date(2026, 4, 12)))

    assert stored(store) == expected(account, *SPRING)
    assert query(store, "SELECT from_, to_ FROM harvest") == [("2026-03-01", "2026-05-31")]


async def test_days_with_a_gap_are_rejected(tmp_path: Path) -> None:
    """The gap would look harvested."""
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        await harvest(fake, tmp_path / "h.sqlite", (date(2026, 3, 1), date(2026, 3, 31)))

        with pytest.raises(
            ConfigError,
            match=r"h\.sqlite holds 2026-03-01 to 2026-03-31, and 2026-04-02 to 2026-04-30 would leave a gap",
        ):
            await harvest(fake, tmp_path / "h.sqlite", (date(2026, 4, 2), date(2026, 4, 30)))


async def test_report_is_added_later(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, reports=["meeting"])
        start = len(fake.requests)
        await harvest(fake, store, reports=["meeting", "webinar_participants"])

        assert set(calls(fake, start)) == {"GET /report/webinars/{webinarId}/participants"}
    assert stored(store)["webinar_participants"] == expected(account, *SPRING)["webinar_participants"]


async def test_unfinished_day_is_relisted(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    days = (today.replace(day=1), today)
    async with FakeZoom(Account(today=today), plan=None) as fake:
        await harvest(fake, tmp_path / "h.sqlite", days)
        start = len(fake.requests)
        await harvest(fake, tmp_path / "h.sqlite", days)

        assert calls(fake, start) == ["GET /report/users"]


async def test_next_run_completes_failed_one(
    tmp_path: Path,
) -> None:
    """A partition that is done has all its rows, also after a run that failed."""
    account = Account.simulated(7, today=TODAY, instances_per_month=10)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(QA, status=401, body={"code": 124, "message": "dead"}, on_request=9, times=99)
        with pytest.raises(Unauthorized):
            await harvest(fake, store)

        ((outcome,),) = query(store, "SELECT outcome FROM run")
        assert str(outcome).startswith("failed: GET /report/meetings/{meetingId}/qa -> 401")
        all_rows = expected(account, *SPRING)
        done = {key for key, (state, _) in partitions(store).items() if state == "done"}
        assert done
        for name, rows in stored(store).items():
            assert [row for row in rows if (name, row["_part"]) in done] == [
                row for row in all_rows[name] if (name, row["_part"]) in done
            ]
        fake.clear_responses()
        await harvest(fake, store)
    assert stored(store) == all_rows


class LimitedUntil:
    """A rate limiter that cannot be reached after so many calls, as one in Redis may be."""

    def __init__(self, calls: int) -> None:
        self._left = calls

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:  # noqa: ARG002
        self._left -= 1
        if self._left < 0:
            raise RedisUnavailable(f"no permit for {label} {'with' if priority else 'without'} priority")
        return Permit(lambda: None, lambda: None)

    async def on_rate_limited(self, label: Label, seconds: float) -> None: ...

    async def on_daily_limit(self, label: Label, until: datetime) -> None: ...

    def observe(self, label: Label, headers: Mapping[str, str]) -> None: ...

    async def status(self) -> Mapping[Label, RateLimitStatus]:
        raise RedisUnavailable("no status")

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:  # noqa: ARG002
        return lambda: None

    async def aclose(self) -> None: ...


async def test_lost_rate_limiter_ends_run(tmp_path: Path) -> None:
    """No partition is recorded as failed."""
    account = Account.simulated(7, today=TODAY, instances_per_month=10)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        async with (
            fake.client(retry=QUICK, rate_limiter=LimitedUntil(100)) as zoom,
            Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1]) as running,
        ):
            with pytest.raises(RedisUnavailable):
                await running.run()
        states = {state for state, _ in partitions(store).values()}
        await harvest(fake, store)

    assert State.FAILED not in states
    assert stored(store) == expected(account, *SPRING)


async def test_cancelled_run_keeps_rows(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=40)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake, fake.client(retry=QUICK) as zoom:
        async with Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1]) as running:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(running.run)
                    await wait_for(running, partitions=100)
                    scope.cancel()
            assert scope.cancelled_caught
            done = running.progress.done

        finished = [state for state, _ in partitions(store).values() if state in {"done", "empty"}]
        assert len(finished) >= done >= 100
        assert query(store, "SELECT outcome FROM run WHERE ended_at IS NOT NULL") == [("interrupted",)]
        start = len(fake.requests)
        await harvest(fake, store)

        reports = [route for route in calls(fake, start) if route not in LISTINGS]
    assert stored(store) == expected(account, *SPRING)
    assert len(reports) < sum(1 for stream, _ in partitions(store) if stream not in {"users", "user_meetings"}) - 50


async def test_daily_limit_defers_the_rest(tmp_path: Path) -> None:
    """The next run fetches the deferred partitions."""
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(
            MEETING,
            status=429,
            headers={"X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-06-16T00:00:00Z"},
            body=DAILY_LIMIT,
            on_request=3,
            times=999,
        )
        summary = await harvest(fake, store)
        rejected = [request for request in fake.requests if request.status == 429]
        fake.clear_responses()

        assert (summary.complete, summary.failures) == (False, ())
        assert isinstance(summary.stopped_by, DailyLimitReached)
        assert len(rejected) < 40  # only the requests that were under way
        until = f"{summary.stopped_by.resumes_at:%Y-%m-%dT%H:%M:%SZ}"
        deferred = query(store, "SELECT deferred_until FROM partition WHERE state = 'deferred'")
        assert len(deferred) == summary.deferred > 0
        assert {str(moment)[:16] for (moment,) in deferred} == {until[:16]}
        assert (await harvest(fake, store)).complete
    assert stored(store) == expected(account, *SPRING)


async def test_waiting_run_continues(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        soon = {"X-RateLimit-Type": "Daily-limit", "Retry-After": "1"}
        fake.respond(MEETING, status=429, headers=soon, body=DAILY_LIMIT, on_request=3)
        summary = await harvest(fake, store, wait=True)

    assert summary.complete
    assert stored(store) == expected(account, *SPRING)


async def test_second_harvest_names_writer(tmp_path: Path) -> None:
    """The first harvest continues."""
    account = Account.simulated(7, today=TODAY, instances_per_month=10)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake, fake.client() as zoom:
        async with (
            Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1]) as first,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(first.run)
            await wait_for(first, partitions=1)
            with pytest.raises(ConfigError, match=r"another harvest is writing to h\.sqlite \(process \d+ on .+\)"):
                await harvest(fake, store)

        assert (await harvest(fake, store)).complete
    assert stored(store) == expected(account, *SPRING)


async def test_write_error_ends_the_run(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=10)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake, fake.client() as zoom:
        async with Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1]) as running:
            await running.estimate()
            with closing(sqlite3.connect(store, isolation_level=None)) as other:
                other.execute(
                    "CREATE TRIGGER full BEFORE INSERT ON meeting BEGIN SELECT raise(ABORT, 'disk full'); END"
                )
            with anyio.fail_after(30), pytest.raises(StoreError, match=r"h\.sqlite: disk full"):
                await running.run()
        with closing(sqlite3.connect(store, isolation_level=None)) as other:
            other.execute("DROP TRIGGER full")
        await harvest(fake, store)
    assert stored(store) == expected(account, *SPRING)


@pytest.mark.parametrize(("version", "age"), [(1, "an older"), (99, "a newer")])
async def test_other_version_is_unchanged(version: int, age: str, tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_instance(), plan=None) as fake:
        await harvest(fake, store)
        with closing(sqlite3.connect(store)) as database:
            database.execute(f"PRAGMA user_version = {version}")
        before = store.read_bytes()

        with pytest.raises(ConfigError, match=rf"of {age} version \({version}, this is"):
            await harvest(fake, store)
    assert store.read_bytes() == before


async def test_missing_column_is_added(tmp_path: Path) -> None:
    """A later version of this library may know more fields than the one that made the store."""
    store = tmp_path / "h.sqlite"
    account = one_instance()
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store)
        add_instance_on(account, date(2026, 6, 2))
        with closing(sqlite3.connect(store)) as database:
            database.execute('ALTER TABLE meeting DROP COLUMN "dept"')
        await harvest(fake, store, (SPRING[0], date(2026, 6, 2)))

    assert {row["start_time"]: row["dept"] for row in stored(store)["meeting"]} == {
        "2026-04-10T09:00:00Z": None,
        "2026-06-02T09:00:00Z": "",
    }


async def test_failed_recheck_keeps_rows(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_instance(), plan=None) as fake:
        await harvest(fake, store)
        fake.respond("GET /report/users/{userId}/meetings", status=500, body=b"", times=99)
        april = (SPRING[0], date(2026, 4, 30))
        summary = await harvest(fake, store, april, recheck_days=30)

    assert [(failure.stream, failure.state) for failure in summary.failures] == [("user_meetings", State.FAILED)]
    assert len(stored(store)["user_meetings"]) == 1


async def test_durability_is_full_or_normal(tmp_path: Path) -> None:
    async with (
        FakeZoom(one_instance(), plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1], durability="full") as running,
    ):
        assert (await running.run()).complete
    with pytest.raises(ConfigError, match="normal or full"):
        Harvest(zoom, store=tmp_path / "i.sqlite", from_=SPRING[0], to=SPRING[1], durability="some")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  a caller without a checker


async def test_harvest_reruns_after_error(tmp_path: Path) -> None:
    account = one_instance(participants=650)
    store = tmp_path / "h.sqlite"
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client(retry=QUICK) as zoom,
        Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1]) as running,
    ):
        fake.respond(PARTICIPANTS, status=401, body={"code": 124, "message": "dead"}, on_request=3, times=9)
        with pytest.raises(Unauthorized):
            await running.run()
        fake.clear_responses()
        fake.expire_access_tokens()
        assert (await running.run()).complete

    assert stored(store) == expected(account, *SPRING)


async def test_harvest_runs_once_at_a_time(tmp_path: Path) -> None:
    async with (
        FakeZoom(one_instance(), plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1]) as running,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(running.run)
        await wait_for(running, partitions=1)
        with pytest.raises(ConfigError, match="already running"):
            await running.estimate()


async def test_lock_holds_through_link(tmp_path: Path) -> None:
    (tmp_path / "link.sqlite").symlink_to(tmp_path / "h.sqlite")
    async with (
        FakeZoom(one_instance(), plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1]),
    ):
        with pytest.raises(ConfigError, match="another harvest is writing"):
            await harvest(fake, tmp_path / "link.sqlite")


async def test_cancelled_opening_frees_lock(tmp_path: Path) -> None:
    async with FakeZoom(one_instance(), plan=None) as fake, fake.client() as zoom:
        for steps in range(12):
            opening = Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1])
            task = asyncio.create_task(opening.__aenter__())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                await opening.__aexit__(None, None, None)

        assert (await harvest(fake, tmp_path / "h.sqlite")).complete


async def test_late_instance_is_fetched(tmp_path: Path) -> None:
    """A nightly run moves its days on, and an instance of the first days may be listed late."""
    account = one_instance()
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, (date(2026, 4, 1), date(2026, 4, 30)))
        late = add_instance_on(account, date(2026, 4, 2))
        summary = await harvest(fake, store, (date(2026, 4, 3), date(2026, 5, 2)), recheck_days=30)

    assert summary.complete
    assert ("meeting", late.uuid) in partitions(store)
    assert {state for state, _ in partitions(store).values()} <= {"done", "empty"}


async def test_missing_listing_keeps_rows(tmp_path: Path) -> None:
    """It is not found, and the reports of its instances are still fetched."""
    account = one_instance()
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, reports=["meeting"])
        fake.respond(
            "GET /report/users/{userId}/meetings", status=404, body={"code": 1001, "message": "No user."}, times=9
        )
        summary = await harvest(fake, store, reports=["meeting", "meeting_qa"], recheck_days=90)

    assert summary.complete
    listings = [each for (stream, _), each in partitions(store).items() if stream == "user_meetings"]
    assert listings == [("not_found", 1)]
    assert len(stored(store)["user_meetings"]) == 1
    assert ("meeting_qa", account.instances[0].uuid) in partitions(store)


@pytest.mark.parametrize("statements", range(0, 40, 3))
async def test_store_creation_survives_kill(statements: int, tmp_path: Path) -> None:
    """A process that dies after *statements* statements leaves a file that the next one can use."""
    store = tmp_path / "h.sqlite"
    await open_and_die(store, statements)

    async with FakeZoom(one_instance(), plan=None) as fake:
        assert (await harvest(fake, store)).complete


async def test_rejected_month_is_skipped(tmp_path: Path) -> None:
    account = one_instance()
    async with FakeZoom(account, plan=None) as fake:
        for attempt in range(5):
            fake.respond("GET /report/users", status=400, body={"code": 300, "message": "Too old."})
            summary = await harvest(fake, tmp_path / f"{attempt}.sqlite")

            assert summary.complete
            assert [rejected.stream for rejected in summary.rejected] == ["users"]


async def test_all_months_rejected_raises(tmp_path: Path) -> None:
    async with FakeZoom(one_instance(), plan=None) as fake:
        fake.respond("GET /report/users", status=400, body={"code": 300, "message": "Too old."}, times=9)
        with pytest.raises(BadRequest, match="Too old"):
            await harvest(fake, tmp_path / "h.sqlite")
        with pytest.raises(ConfigError, match="users cannot be listed for any of these days"):
            await harvest(fake, tmp_path / "h.sqlite")


async def test_calls_of_cancelled_run_are_kept(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=20)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake, fake.client(retry=QUICK) as zoom:
        async with (
            Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1]) as running,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(running.run)
            await wait_for(running, partitions=50)
            tasks.cancel_scope.cancel()
        sent = sum(stats.calls for stats in zoom.stats.values())

    recorded = query(store, "SELECT label, sum(calls) FROM call_samples GROUP BY label")
    assert recorded == [("heavy", sent)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recheck_days": 0}, "recheck_days must be a whole number"),
        ({"recheck_days": True}, "recheck_days must be a whole number"),
        ({"workers": 0}, "workers must be a whole number"),
        ({"reports": "meeting"}, r"a list of names, such as \['meeting'\]"),
        ({"to": date.max, "from_": date.max}, "in the future"),
    ],
    ids=["recheck 0 days", "recheck True days", "no workers", "reports as text", "future"],
)
async def test_invalid_option_opens_nothing(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {"store": tmp_path / "h.sqlite", "from_": SPRING[0], "to": SPRING[1], **options}
    async with FakeZoom(one_instance(), plan=None) as fake, fake.client() as zoom:
        with pytest.raises((InvalidArgument, ConfigError), match=message):
            Harvest(zoom, **given)
    assert [path async for path in anyio.Path(tmp_path).iterdir()] == []


@pytest.mark.parametrize("name", [".", "", "/"])
async def test_folder_is_not_a_store(name: str) -> None:
    async with FakeZoom(one_instance(), plan=None) as fake:
        with pytest.raises(ConfigError, match="is a folder"):
            await harvest(fake, Path(name))


async def test_added_stream_begins_at_the_limit(tmp_path: Path) -> None:
    """Zoom rejects a month of which it has a part only, so the days that it no longer has are left out."""
    store, months = tmp_path / "h.sqlite", (date(2025, 12, 1), date(2026, 1, 31))
    account = Account(today=date(2026, 2, 1))
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, months, reports=["users"], now=datetime(2026, 2, 1, 12, tzinfo=UTC))
        account.today = TODAY
        february = (date(2026, 2, 1), date(2026, 2, 28))
        for number in range(2):  # the part that is stored keeps its days
            now = datetime(2026, 6, 15 + number, 12, tzinfo=UTC)
            await harvest(fake, store, february, reports=["users", "telephone"], now=now)

    assert query(store, "SELECT key, from_, to_, state FROM partition WHERE key LIKE '1/%'") == [
        ("1/2025-12", "2025-12-15", "2025-12-31", "empty"),
        ("1/2026-01", "2026-01-01", "2026-01-31", "empty"),
        ("1/2026-02", "2026-02-01", "2026-02-28", "empty"),
    ]
