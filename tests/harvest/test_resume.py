"""A harvest that ended in whatever way goes on where it was."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from support.harvested import expected, partitions, stored
from support.harvesting import QUICK, SPRING, TODAY, harvest, held_on, one_session, query

from zoomasync import Label, RateLimitStatus
from zoomasync.errors import BadRequest, ConfigError, InvalidArgument, RedisUnavailable, StoreError, Unauthorized
from zoomasync.harvest import Harvest, State
from zoomasync.rate_limits import Permit
from zoomasync.testing import Account, FakeZoom

LISTINGS = {"GET /report/users", "GET /report/users/{userId}/meetings"}
MEETING = "GET /report/meetings/{meetingId}"
QA = "GET /report/meetings/{meetingId}/qa"
PARTICIPANTS = "GET /report/meetings/{meetingId}/participants"
DAY_IS_SPENT = {"code": 429, "message": "You have reached the maximum daily rate limit for this API."}


def routes_since(fake: FakeZoom, asked: int) -> list[str]:
    return [str(request.route) for request in fake.requests[asked:] if request.label]


async def far_enough(running: Harvest, *, partitions: int) -> None:
    while running.progress.done < partitions:  # noqa: ASYNC110  it tells nobody
        await anyio.sleep(0.001)


async def test_what_is_settled_is_not_asked_for_again_listings_included(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(QA, status=500, body=b"", times=999)
        first = await harvest(fake, store)
        asked = len(fake.requests)
        fake.heal()
        second = await harvest(fake, store)

        assert set(routes_since(fake, asked)) == {QA}
    assert (first.complete, second.complete) == (False, True)
    assert stored(store) == expected(account, *SPRING)
    assert next(stream.skipped for stream in second.streams if stream.name == "meeting") == len(
        stored(store)["meeting"]
    )


async def test_what_came_late_is_found_by_listing_the_last_days_again(tmp_path: Path) -> None:
    account = one_session()
    held_on(account, date(2026, 5, 29))
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, reports=["meeting"])
        held_on(account, date(2026, 5, 30))
        unseen = await harvest(fake, store, reports=["meeting"])
        asked = len(fake.requests)
        found = await harvest(fake, store, reports=["meeting"], recheck_days=3)

        assert sorted(routes_since(fake, asked)) == [MEETING, *sorted(LISTINGS)]
    assert [summary.streams[2].rows for summary in (unseen, found)] == [0, 1]
    assert len(stored(store)["meeting"]) == 3


async def test_a_report_of_the_last_days_that_had_nothing_is_asked_for_again_and_older_ones_are_not(
    tmp_path: Path,
) -> None:
    account = one_session()
    late = held_on(account, date(2026, 5, 30))
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(PARTICIPANTS, status=404, body={"code": 3001, "message": "It does not exist."}, times=2)
        await harvest(fake, store, reports=["meeting_participants"])
        await harvest(fake, store, reports=["meeting_participants"], recheck_days=3)

    assert {row["_part"] for row in stored(store)["meeting_participants"]} == {late.uuid}
    assert sorted(state for (stream, _), (state, _) in partitions(store).items() if "participants" in stream) == [
        "done",
        "not_found",
    ]


async def test_days_can_be_added_on_both_sides_and_nothing_comes_twice(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=20)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, (date(2026, 4, 10), date(2026, 4, 20)))
        await harvest(fake, store, (date(2026, 4, 21), date(2026, 5, 31)))
        await harvest(fake, store, (date(2026, 3, 1), date(2026, 4, 12)))

    assert stored(store) == expected(account, *SPRING)
    assert query(store, "SELECT from_, to_ FROM harvest") == [("2026-03-01", "2026-05-31")]


async def test_days_that_leave_a_gap_are_refused_since_it_would_look_harvested(tmp_path: Path) -> None:
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        await harvest(fake, tmp_path / "h.sqlite", (date(2026, 3, 1), date(2026, 3, 31)))

        with pytest.raises(ConfigError, match=r"h\.sqlite holds 2026-03-01 to 2026-03-31, and 2026-04-02 to 2026-04-30 would leave a gap"):
            await harvest(fake, tmp_path / "h.sqlite", (date(2026, 4, 2), date(2026, 4, 30)))


async def test_a_report_can_be_added_later(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, reports=["meeting"])
        asked = len(fake.requests)
        await harvest(fake, store, reports=["meeting", "webinar_participants"])

        assert set(routes_since(fake, asked)) == {"GET /report/webinars/{webinarId}/participants"}
    assert stored(store)["webinar_participants"] == expected(account, *SPRING)["webinar_participants"]


async def test_a_day_that_was_not_over_when_it_was_listed_is_listed_again(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    days = (today.replace(day=1), today)
    async with FakeZoom(Account(today=today), plan=None) as fake:
        await harvest(fake, tmp_path / "h.sqlite", days)
        asked = len(fake.requests)
        await harvest(fake, tmp_path / "h.sqlite", days)

        assert routes_since(fake, asked) == ["GET /report/users"]


async def test_a_run_that_breaks_off_leaves_whole_partitions_or_open_ones_and_the_next_completes_it(
    tmp_path: Path,
) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=10)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(QA, status=401, body={"code": 124, "message": "dead"}, on_request=9, times=99)
        with pytest.raises(Unauthorized):
            await harvest(fake, store)

        ((outcome,),) = query(store, "SELECT outcome FROM run")
        assert str(outcome).startswith("failed: GET /report/meetings/{meetingId}/qa -> 401")
        wanted = expected(account, *SPRING)
        done = {key for key, (state, _) in partitions(store).items() if state == "done"}
        assert done
        for name, rows in stored(store).items():
            assert [row for row in rows if (name, row["_part"]) in done] == [
                row for row in wanted[name] if (name, row["_part"]) in done
            ]
        fake.heal()
        await harvest(fake, store)
    assert stored(store) == wanted


class AwayAfter:
    """RateLimiter that are lost after so many calls, as those in Redis may be."""

    def __init__(self, calls: int) -> None:
        self._left = calls

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:  # noqa: ARG002
        self._left -= 1
        if self._left < 0:
            raise RedisUnavailable(f"no budget for {label} {'at once' if priority else 'now'}")
        return Permit(lambda: None, lambda: None)

    async def on_rate_limited(self, label: Label, seconds: float) -> None: ...

    async def on_daily_limit(self, label: Label, until: datetime) -> None: ...

    def observe(self, label: Label, headers: Mapping[str, str]) -> None: ...

    async def status(self) -> Mapping[Label, RateLimitStatus]:
        raise RedisUnavailable("no status either")

    async def aclose(self) -> None: ...


async def test_budgets_that_are_lost_end_the_run_and_make_no_partition_a_failed_one(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=10)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        async with (
            fake.client(retry=QUICK, rate_limiter=AwayAfter(100)) as zoom,
            Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1]) as running,
        ):
            with pytest.raises(RedisUnavailable):
                await running.run()
        states = {state for state, _ in partitions(store).values()}
        await harvest(fake, store)

    assert State.FAILED not in states
    assert stored(store) == expected(account, *SPRING)


async def test_a_run_that_is_cancelled_keeps_what_it_has_fetched_and_says_so(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=40)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake, fake.client(retry=QUICK) as zoom:
        async with Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1]) as running:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(running.run)
                    await far_enough(running, partitions=100)
                    scope.cancel()
            assert scope.cancelled_caught
            done = running.progress.done

        finished = [state for state, _ in partitions(store).values() if state in {"done", "empty"}]
        assert len(finished) >= done >= 100
        assert query(store, "SELECT outcome FROM run WHERE ended_at IS NOT NULL") == [("interrupted",)]
        asked = len(fake.requests)
        await harvest(fake, store)

        reports = [route for route in routes_since(fake, asked) if route not in LISTINGS]
    assert stored(store) == expected(account, *SPRING)
    assert len(reports) < sum(1 for stream, _ in partitions(store) if stream not in {"users", "user_meetings"}) - 50


async def test_at_the_limit_of_the_day_the_rest_is_parked_and_the_next_run_fetches_it(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(
            MEETING,
            status=429,
            headers={"X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-06-16T00:00:00Z"},
            body=DAY_IS_SPENT,
            on_request=3,
            times=999,
        )
        summary = await harvest(fake, store)
        refused = [request for request in fake.requests if request.status == 429]
        fake.heal()

        assert (summary.complete, summary.failures) == (False, ())
        assert summary.stopped_by is not None
        assert len(refused) < 40  # those under way at most: nothing goes on knocking
        until = f"{summary.stopped_by.resumes_at:%Y-%m-%dT%H:%M:%SZ}"
        deferred = [
            deferred for (deferred,) in query(store, "SELECT deferred_until FROM partition WHERE state = 'deferred'")
        ]
        assert len(deferred) == summary.deferred > 0
        assert {str(moment)[:16] for moment in deferred} == {until[:16]}
        assert (await harvest(fake, store)).complete
    assert stored(store) == expected(account, *SPRING)


async def test_a_run_that_waits_goes_on_itself_on_the_new_day(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        soon = {"X-RateLimit-Type": "Daily-limit", "Retry-After": "1"}
        fake.respond(MEETING, status=429, headers=soon, body=DAY_IS_SPENT, on_request=3)
        summary = await harvest(fake, store, wait=True)

    assert summary.complete
    assert stored(store) == expected(account, *SPRING)


async def test_a_second_harvest_says_who_is_writing_and_leaves_the_first_alone(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=10)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake, fake.client() as zoom:
        async with (
            Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1]) as first,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(first.run)
            await far_enough(first, partitions=1)
            with pytest.raises(ConfigError, match=r"another harvest is writing to h\.sqlite \(process \d+ on .+\)"):
                await harvest(fake, store)

        assert (await harvest(fake, store)).complete
    assert stored(store) == expected(account, *SPRING)


async def test_a_store_that_cannot_be_written_ends_the_whole_run_with_that_error(tmp_path: Path) -> None:
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
async def test_a_store_of_another_version_is_refused_and_left_as_it_was(version: int, age: str, tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_session(), plan=None) as fake:
        await harvest(fake, store)
        with closing(sqlite3.connect(store)) as database:
            database.execute(f"PRAGMA user_version = {version}")
        before = store.read_bytes()

        with pytest.raises(ConfigError, match=rf"of {age} version \({version}, this is"):
            await harvest(fake, store)
    assert store.read_bytes() == before


async def test_a_column_that_a_store_lacks_is_added(tmp_path: Path) -> None:
    """A later version of this library may know more fields than the one that made the store."""
    store = tmp_path / "h.sqlite"
    account = one_session()
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store)
        held_on(account, date(2026, 6, 2))
        with closing(sqlite3.connect(store)) as database:
            database.execute('ALTER TABLE meeting DROP COLUMN "dept"')
        await harvest(fake, store, (SPRING[0], date(2026, 6, 2)))

    assert {row["start_time"]: row["dept"] for row in stored(store)["meeting"]} == {
        "2026-04-10T09:00:00Z": None,
        "2026-06-02T09:00:00Z": "",
    }


async def test_a_listing_that_fails_when_it_is_made_again_keeps_its_rows_and_is_a_problem(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_session(), plan=None) as fake:
        await harvest(fake, store)
        fake.respond("GET /report/users/{userId}/meetings", status=500, body=b"", times=99)
        april = (SPRING[0], date(2026, 4, 30))
        summary = await harvest(fake, store, april, recheck_days=30)

    assert [(problem.stream, problem.state) for problem in summary.failures] == [("user_meetings", State.FAILED)]
    assert len(stored(store)["user_meetings"]) == 1


async def test_full_durability_is_a_setting(tmp_path: Path) -> None:
    async with (
        FakeZoom(one_session(), plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1], durability="full") as running,
    ):
        assert (await running.run()).complete
    with pytest.raises(ConfigError, match="normal or full"):
        Harvest(zoom, store=tmp_path / "i.sqlite", from_=SPRING[0], to=SPRING[1], durability="some")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  a caller without a checker


async def test_a_second_run_of_the_same_harvest_fetches_what_the_first_left_open(tmp_path: Path) -> None:
    account = one_session(participants=650)
    store = tmp_path / "h.sqlite"
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client(retry=QUICK) as zoom,
        Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1]) as running,
    ):
        fake.respond(PARTICIPANTS, status=401, body={"code": 124, "message": "dead"}, on_request=3, times=9)
        with pytest.raises(Unauthorized):
            await running.run()
        fake.heal()
        fake.expire_access_tokens()
        assert (await running.run()).complete

    assert stored(store) == expected(account, *SPRING)


async def test_one_harvest_does_one_thing_at_a_time(tmp_path: Path) -> None:
    async with (
        FakeZoom(one_session(), plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1]) as running,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(running.run)
        await far_enough(running, partitions=1)
        with pytest.raises(ConfigError, match="already running"):
            await running.estimate()


async def test_a_store_has_one_lock_by_whatever_name_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "link.sqlite").symlink_to(tmp_path / "h.sqlite")
    async with (
        FakeZoom(one_session(), plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=tmp_path / "h.sqlite", from_=SPRING[0], to=SPRING[1]),
    ):
        with pytest.raises(ConfigError, match="another harvest is writing"):
            await harvest(fake, tmp_path / "link.sqlite")


async def test_cancelling_while_a_store_is_opened_leaves_it_to_the_next(tmp_path: Path) -> None:
    async with FakeZoom(one_session(), plan=None) as fake, fake.client() as zoom:
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


async def test_a_session_that_is_listed_late_is_fetched_though_its_day_is_before_the_window(tmp_path: Path) -> None:
    """Every night the window moves on, and a meeting of its first days may be reported late."""
    account = one_session()
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, (date(2026, 4, 1), date(2026, 4, 30)))
        late = held_on(account, date(2026, 4, 2))
        summary = await harvest(fake, store, (date(2026, 4, 3), date(2026, 5, 2)), recheck_days=30)

    assert summary.complete
    assert ("meeting", late.uuid) in partitions(store)
    assert {state for state, _ in partitions(store).values()} <= {"done", "empty"}


async def test_a_listing_that_zoom_does_not_give_any_more_keeps_its_rows_and_what_they_lead_to(tmp_path: Path) -> None:
    account = one_session()
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, reports=["meeting"])
        fake.respond(
            "GET /report/users/{userId}/meetings", status=404, body={"code": 1001, "message": "No user."}, times=9
        )
        summary = await harvest(fake, store, reports=["meeting", "meeting_qa"], recheck_days=90)

    assert summary.complete
    assert [(noted.stream, noted.rows, str(noted.warning)[:13]) for noted in summary.warnings] == [
        ("user_meetings", 0, "listed again:")
    ]
    assert len(stored(store)["user_meetings"]) == 1
    assert ("meeting_qa", account.instances[0].uuid) in partitions(store)


@pytest.mark.parametrize("skipped", range(0, 40, 3))
async def test_a_store_that_is_killed_while_it_is_made_can_be_made_again(skipped: int, tmp_path: Path) -> None:
    """After *kept* statements the process is gone, as a power cut would have it."""
    store = tmp_path / "h.sqlite"
    script = (
        "import os, sys, sqlite3, anyio\n"
        "from zoomasync.harvest import SQLiteStore\n"
        "from zoomasync.harvest.streams import STREAMS\n"
        "left = int(sys.argv[2])\n"
        "class Mortal(sqlite3.Connection):\n"
        "    def execute(self, *arguments):\n"
        "        global left\n"
        "        left -= 1\n"
        "        return super().execute(*arguments) if left >= 0 else os._exit(7)\n"
        "connect = sqlite3.connect\n"
        "def mortal(*arguments, **options):\n"
        "    return connect(*arguments, **options, factory=Mortal)\n"
        "sqlite3.connect = mortal\n"
        "async def main():\n"
        "    async with SQLiteStore(sys.argv[1], STREAMS.values()):\n"
        "        pass\n"
        "anyio.run(main)\n"
    )
    done = await anyio.run_process([sys.executable, "-c", script, str(store), str(skipped)], check=False)
    assert done.returncode in {0, 7}

    async with FakeZoom(one_session(), plan=None) as fake:
        assert (await harvest(fake, store)).complete


async def test_one_month_whose_hosts_are_refused_does_not_keep_the_others_back(tmp_path: Path) -> None:
    account = one_session()
    async with FakeZoom(account, plan=None) as fake:
        for attempt in range(5):
            fake.respond("GET /report/users", status=400, body={"code": 300, "message": "Too old."})
            summary = await harvest(fake, tmp_path / f"{attempt}.sqlite")

            assert summary.complete
            assert [rejected.stream for rejected in summary.rejected] == ["users"]


async def test_months_that_are_all_refused_are_an_error_each_time(tmp_path: Path) -> None:
    async with FakeZoom(one_session(), plan=None) as fake:
        fake.respond("GET /report/users", status=400, body={"code": 300, "message": "Too old."}, times=9)
        with pytest.raises(BadRequest, match="Too old"):
            await harvest(fake, tmp_path / "h.sqlite")
        with pytest.raises(ConfigError, match="hosts of none of these months"):
            await harvest(fake, tmp_path / "h.sqlite")


async def test_what_was_sent_is_written_down_by_label_also_when_the_run_is_cancelled(tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=20)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake, fake.client(retry=QUICK) as zoom:
        async with (
            Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1]) as running,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(running.run)
            await far_enough(running, partitions=50)
            tasks.cancel_scope.cancel()
        sent = sum(stats.calls for stats in zoom.stats.values())

    told = query(store, "SELECT label, sum(calls) FROM call_samples GROUP BY label")
    assert told == [("heavy", sent)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recheck_days": 0}, "recheck_days must be a whole number"),
        ({"recheck_days": True}, "recheck_days must be a whole number"),
        ({"workers": 0}, "workers must be a whole number"),
        ({"reports": "meeting"}, r"a list of names, such as \['meeting'\]"),
        ({"to": date.max, "from_": date.max}, "in the future"),
    ],
    ids=["since nothing", "since True", "no workers", "reports as text", "the last day that there is"],
)
async def test_what_makes_no_sense_is_said_before_anything_is_opened(
    options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"store": tmp_path / "h.sqlite", "from_": SPRING[0], "to": SPRING[1], **options}
    async with FakeZoom(one_session(), plan=None) as fake, fake.client() as zoom:
        with pytest.raises((InvalidArgument, ConfigError), match=message):
            Harvest(zoom, **given)
    assert [path async for path in anyio.Path(tmp_path).iterdir()] == []


@pytest.mark.parametrize("name", [".", "", "/"])
async def test_a_folder_is_no_store(name: str) -> None:
    async with FakeZoom(one_session(), plan=None) as fake:
        with pytest.raises(ConfigError, match="is a folder"):
            await harvest(fake, Path(name))
