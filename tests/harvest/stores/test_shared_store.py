"""Several harvests in one shared folder divide the calls of one, and leave the files that one would leave."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from support.harvesting import QUICK, SPRING, TODAY, OpenAfter, ZoomAt, add_instance_on, harvest, one_instance
from support.valkey import Server, new_name
from support.workers import Job, ObservedLeases, Worker, contents, open_worker, rows, run_worker

from zoomasync import Label, Plan
from zoomasync.errors import CircuitOpen, ConfigError, RedisUnavailable, StoreError
from zoomasync.harvest import Harvest, State, Summary
from zoomasync.harvest.results.export import export_tables
from zoomasync.harvest.stores.parquet_file import read_columns, read_metadata
from zoomasync.harvest.stores.shared import SharedStore
from zoomasync.harvest.streams import STREAMS
from zoomasync.redis import RedisLeases, RedisRateLimiter
from zoomasync.testing import Account, FakeZoom

Make = Callable[..., RedisLeases]

LONG_LEASE = 600.0  # longer than any test
LISTINGS = {"GET /report/users", "GET /report/users/{userId}/meetings"}
MEETING = "GET /report/meetings/{meetingId}"
PARTICIPANTS = "GET /report/meetings/{meetingId}/participants"
QA = "GET /report/meetings/{meetingId}/qa"
APRIL = (date(2026, 4, 1), date(2026, 4, 30))
NOT_FOUND = {"code": 3001, "message": "It does not exist."}
DAILY_LIMIT = {"code": 429, "message": "You have reached the maximum daily rate limit for this API."}
REJECTED = ("stream", "_part", "_seq", "path", "reason", "raw")


@pytest.fixture
async def make(valkey_url: str) -> AsyncIterator[Make]:
    """Make the leases of workers of one job, or of another by *name*."""
    made = list[RedisLeases]()
    job = new_name()

    def make_one(*, lease: float = LONG_LEASE, name: str = job) -> RedisLeases:
        made.append(RedisLeases(valkey_url, name=name, lease=lease))
        return made[-1]

    yield make_one
    for leases in made:
        await leases.aclose()


async def run_together(fake: FakeZoom, folder: Path, leases: Sequence[RedisLeases | ObservedLeases]) -> list[Summary]:
    """Run one worker per leases at the same time."""
    summaries: list[Summary] = []

    async def one(mine: RedisLeases | ObservedLeases) -> None:
        summaries.append(await run_worker(fake, folder, mine))

    async with anyio.create_task_group() as tasks:
        for mine in leases:
            tasks.start_soon(one, mine)
    return summaries


async def wait_for(running: Harvest, *, partitions: int) -> None:
    with anyio.fail_after(60):
        while running.progress.done < partitions:  # noqa: ASYNC110  there is no event
            await anyio.sleep(0.001)


def routes(fake: FakeZoom, start: int = 0) -> list[str]:
    return [str(request.route) for request in fake.requests[start:] if request.label]


def only_file(folder: Path, stream: str) -> Path:
    (file,) = (folder / stream).glob("*.parquet")
    return file


def finished(folder: Path) -> set[str]:
    """Return the Parquet files under their final names."""
    return {str(file.relative_to(folder)) for file in folder.glob("[!.]*/*.parquet")}


def damaged(content: bytes, how: str) -> bytes:
    return {
        "empty": b"",
        "half": content[: len(content) // 2],
        "one byte short": content[:-1],
        "zeros": bytes(len(content)),
        "zeros inside": content[:4] + bytes(len(content) - 12) + content[-8:],
    }[how]


def states(folder: Path, stream: str) -> dict[str, str]:
    """Return the state of each partition of *stream* by its key, as the files have it."""
    metadata = [read_metadata(file) for file in (folder / stream).glob("*.parquet")]
    return {each["key"]: each["state"] for each in metadata}


# One worker.


async def test_folder_has_the_sqlite_rows(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=5)
    async with FakeZoom(account, plan=None) as fake:
        alone = await harvest(fake, tmp_path / "h.sqlite")
        calls = len(routes(fake))
        summary = await run_worker(fake, tmp_path / "shared", make())

        assert len(routes(fake)) == 2 * calls
    assert summary == alone
    export_tables(tmp_path / "h.sqlite", tmp_path / "exported")
    for stream in alone.streams:
        wanted = rows([tmp_path / "exported" / f"{stream.name}.parquet"], stream.name)
        assert len(wanted) == stream.rows
        assert rows((tmp_path / "shared" / stream.name).glob("*.parquet"), stream.name) == wanted


async def test_folder_has_the_invalid_rows(make: Make, tmp_path: Path) -> None:
    """The same holds for extra fields and large numbers."""
    account = Account(today=TODAY)
    account.add_instance(start=datetime(2026, 4, 10, 9, tzinfo=UTC), id=2**70)
    visits = [{"id": "a", "new": 1}, {"id": "b", "duration": "long"}, {"id": "c", "name": {"first": "é\u0000"}}]
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(PARTICIPANTS, status=200, body={"participants": visits}, times=2)
        await harvest(fake, tmp_path / "h.sqlite", APRIL)
        summary = await run_worker(fake, tmp_path / "shared", make(), APRIL)

    assert next(stream.invalid_rows for stream in summary.streams if stream.name == "meeting_participants") == 2
    export_tables(tmp_path / "h.sqlite", tmp_path / "exported")
    for stream in ("user_meetings", "meeting", "meeting_participants"):
        wanted = rows([tmp_path / "exported" / f"{stream}.parquet"], stream)
        assert rows([only_file(tmp_path / "shared", stream)], stream) == wanted
    rejected = only_file(tmp_path / "shared", "rejected_rows")
    assert read_columns(rejected, REJECTED) == read_columns(tmp_path / "exported" / "rejected_rows.parquet", REJECTED)
    assert read_metadata(only_file(tmp_path / "shared", "meeting_participants"))["invalid_rows"] == "2"


async def test_restarted_report_is_stored_once(make: Make, tmp_path: Path) -> None:
    """The report exceeds the memory of a staged partition."""
    dead_token = {"code": 300, "message": "The next page token is invalid or expired."}
    async with FakeZoom(one_instance(participants=8_000), plan=None) as fake:
        await harvest(fake, tmp_path / "h.sqlite", APRIL, reports=["meeting_participants"])
        fake.respond(PARTICIPANTS, status=400, body=dead_token, on_request=26)
        await run_worker(fake, tmp_path / "shared", make(), APRIL, reports=["meeting_participants"])

    export_tables(tmp_path / "h.sqlite", tmp_path / "exported")
    stream = "meeting_participants"
    wanted = rows([tmp_path / "exported" / f"{stream}.parquet"], stream)
    assert len(wanted) == 8_000
    assert rows([only_file(tmp_path / "shared", stream)], stream) == wanted


async def test_keys_differ_in_letter_case(make: Make, tmp_path: Path) -> None:
    """Keys that differ in letter case only have files that also differ where letter case is ignored."""
    account = one_instance()
    meetings = [{"uuid": uuid, "type": 2, "start_time": "2026-04-10T09:00:00Z"} for uuid in ("aB/+==", "Ab/+==")]
    async with FakeZoom(account, plan=None) as fake:
        fake.respond("GET /report/users/{userId}/meetings", status=200, body={"meetings": meetings})
        await run_worker(fake, tmp_path / "shared", make(), APRIL, reports=["meeting_qa"])

    names = [file.name for file in (tmp_path / "shared" / "meeting_qa").iterdir()]
    assert len({name.casefold() for name in names}) == 2
    assert states(tmp_path / "shared", "meeting_qa").keys() == {"aB/+==", "Ab/+=="}


async def test_empty_partition_has_a_file(make: Make, tmp_path: Path) -> None:
    """The file has the reason, and no byte of it depends on the worker."""
    async with FakeZoom(one_instance(), plan=None) as fake:
        for number in (1, 2):
            tracking = {"x-zm-trackingid": f"request-{number}"}
            fake.respond(QA, status=404, body=NOT_FOUND, headers=tracking)
            await run_worker(fake, tmp_path / str(number), make(), APRIL)

    metadata = read_metadata(only_file(tmp_path / "1", "meeting_qa"))
    assert (metadata["state"], metadata["error"]) == ("not_found", "NotFound")
    assert "It does not exist." in metadata["detail"]
    assert "request-1" not in metadata["detail"]
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


async def test_each_run_records_its_calls(make: Make, tmp_path: Path) -> None:
    async with FakeZoom(one_instance(), plan=None) as fake:
        await run_together(fake, tmp_path, [make(), make()])

        calls = len(routes(fake))
    runs = [json.loads(file.read_text()) for file in (tmp_path / "runs").iterdir()]
    assert [run["outcome"] for run in runs] == ["complete"] * 2
    sent = [
        json.loads(line) for file in (tmp_path / "call_samples").iterdir() for line in file.read_text().splitlines()
    ]
    assert sum(line["calls"] for line in sent) == calls
    assert {line["worker"] for line in sent} <= {run["worker"] for run in runs}


# Several workers.


async def test_four_workers_share_the_calls(make: Make, tmp_path: Path) -> None:
    """They leave the files that one worker leaves."""
    account = Account.simulated(7, today=TODAY, instances_per_month=5)
    async with FakeZoom(account, plan=None) as fake:
        alone = await run_worker(fake, tmp_path / "alone", make())
        calls = Counter(routes(fake))
        start = len(fake.requests)
        job = new_name()
        summaries = await run_together(fake, tmp_path / "shared", [make(name=job) for _ in range(4)])

        assert Counter(routes(fake, start)) == calls
    assert contents(tmp_path / "shared") == contents(tmp_path / "alone")
    assert all(summary.complete for summary in summaries)
    for number, stream in enumerate(alone.streams):
        assert sum(summary.streams[number].rows for summary in summaries) == stream.rows
        for summary in summaries:
            assert summary.streams[number].skipped + summary.streams[number].partitions.total() == (
                stream.partitions.total()
            )


async def test_workers_avoid_held_leases(make: Make, tmp_path: Path) -> None:
    attempts: Counter[str] = Counter()
    account = Account.simulated(7, today=TODAY, instances_per_month=30)

    def count(verb: str, _: str) -> None:
        attempts[verb] += 1

    async with FakeZoom(account, plan=None) as fake:
        await run_together(fake, tmp_path, [ObservedLeases(make(), count) for _ in range(4)])

    partitions = len(finished(tmp_path))
    assert attempts["acquire"] >= partitions > 400
    assert attempts["acquire"] + attempts["rejected"] < 2 * partitions


async def test_workers_without_leases_agree(make: Make, tmp_path: Path) -> None:
    """They fetch all partitions several times, and write the same bytes."""
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        await run_worker(fake, tmp_path / "alone", make())
        calls = len(routes(fake))
        summaries = await run_together(fake, tmp_path / "shared", [make(name=new_name()) for _ in range(3)])

        assert len(routes(fake)) > 2 * calls
    assert all(summary.complete for summary in summaries)
    assert contents(tmp_path / "shared") == contents(tmp_path / "alone")
    assert list((tmp_path / "shared" / ".open").iterdir()) == []


async def test_visible_files_are_complete(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=5)
    seen = set[str]()
    over = anyio.Event()

    def look() -> None:
        for name in finished(tmp_path) - seen:
            read_metadata(tmp_path / name)  # raises
            seen.add(name)

    async def keep_looking() -> None:
        while not over.is_set():
            await anyio.to_thread.run_sync(look)

    async with FakeZoom(account, plan=None) as fake, anyio.create_task_group() as tasks:
        tasks.start_soon(keep_looking)
        await run_together(fake, tmp_path, [make(), make()])
        over.set()

    assert len(seen) > 100


async def test_listings_are_shared(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        async with open_worker(fake, tmp_path, make()) as other:
            estimate = await other.estimate()
        start = len(fake.requests)
        async with open_worker(fake, tmp_path, make()) as mine:
            assert (await mine.estimate()).calls == estimate.calls
            assert routes(fake, start) == []
            assert (await mine.run()).complete

        assert LISTINGS.isdisjoint(routes(fake, start))
        assert len(routes(fake, start)) == estimate.calls


async def test_failure_is_retried_next_run(make: Make, tmp_path: Path) -> None:
    """In one run, all workers together try a partition once."""
    account = one_instance()
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(QA, status=400, body={"code": 200, "message": "No permission."}, times=9)
        summaries = await run_together(fake, tmp_path, [make() for _ in range(4)])
        assert routes(fake).count(QA) == 1
        (failure,) = (tmp_path / "meeting_qa").glob("*.failed.json")
        assert json.loads(failure.read_text())["error"] == "PermissionDenied"
        for summary in summaries:
            assert [(each.stream, each.state) for each in summary.failures] == [("meeting_qa", State.FAILED)]

        fake.clear_responses()
        start = len(fake.requests)
        assert (await run_worker(fake, tmp_path, make())).complete
        assert routes(fake, start) == [QA]
    assert not failure.exists()


async def test_expired_lease_frees_partition(make: Make, tmp_path: Path) -> None:
    keys = list[str]()
    spy = ObservedLeases(make(), lambda verb, key: keys.append(key) if verb == "acquire" else None)
    async with FakeZoom(one_instance(), plan=None) as fake:
        alone = await run_worker(fake, tmp_path / "alone", spy)
        job = new_name()
        dead, alive = make(name=job, lease=0.5), make(name=job)
        for key in keys:
            await dead.acquire(key)

        with anyio.fail_after(30):
            assert await run_worker(fake, tmp_path / "shared", alive) == alone
    assert contents(tmp_path / "shared") == contents(tmp_path / "alone")


async def test_daily_limit_drops_all_leases(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        tomorrow = {"X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-06-16T00:00:00Z"}
        fake.respond(MEETING, status=429, headers=tomorrow, body=DAILY_LIMIT, on_request=3, times=999)
        keys = set[str]()
        spy = ObservedLeases(make(), lambda verb, key: keys.add(key) if verb == "acquire" else keys.discard(key))
        async with open_worker(fake, tmp_path, spy) as stopped:
            summary = await stopped.run()
            assert summary.stopped_by is not None
            assert (summary.failures, summary.complete) == ((), False)
            assert summary.deferred > 0
            assert keys == set()

            fake.clear_responses()
            assert (await run_worker(fake, tmp_path, make())).complete
            assert (await stopped.run()).complete


async def test_waiting_worker_continues(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        soon = {"X-RateLimit-Type": "Daily-limit", "Retry-After": "1"}
        fake.respond(MEETING, status=429, headers=soon, body=DAILY_LIMIT, on_request=3)
        await run_worker(fake, tmp_path / "waited", make(), wait=True)
        await run_worker(fake, tmp_path / "alone", make())

    assert contents(tmp_path / "waited") == contents(tmp_path / "alone")


async def test_run_without_redis_raises(valkey_server: Server, tmp_path: Path) -> None:
    leases = RedisLeases(valkey_server.url, name="job")
    async with FakeZoom(one_instance(), plan=None) as fake, open_worker(fake, tmp_path, leases) as stranded:
        await stranded.estimate()
        valkey_server.kill()
        with pytest.raises(RedisUnavailable, match="no lease can be acquired"):
            await stranded.run()


# Later runs.


async def test_final_partitions_are_kept(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(QA, status=404, body=NOT_FOUND)
        fake.respond(PARTICIPANTS, status=400, body={"code": 12702, "message": "Can not access a meeting a year ago."})
        first = await run_worker(fake, tmp_path, make())
        fake.respond(QA, status=404, body=NOT_FOUND)
        assert (await run_worker(fake, tmp_path, make())).complete  # asks once more
        before = contents(tmp_path)
        start = len(fake.requests)
        second = await run_worker(fake, tmp_path, make())

        assert routes(fake, start) == []
    assert (second.complete, [stream.skipped for stream in second.streams]) == (
        True,
        [stream.partitions.total() for stream in first.streams],
    )
    assert Counter(states(tmp_path, "meeting_qa").values())["not_found"] == 1
    assert Counter(states(tmp_path, "meeting_participants").values())["rejected"] == 1
    assert contents(tmp_path) == before


async def test_late_report_is_asked_for_once(make: Make, tmp_path: Path) -> None:
    """In one run, all workers together ask once for a report that is not ready; the next run stores it."""
    day = datetime.now(UTC).date() - timedelta(days=1)
    account = Account(today=day)
    for hour in range(3):
        account.add_instance(start=datetime(day.year, day.month, day.day, hour, tzinfo=UTC))
    days, reports = (day, day), ["meeting_qa"]
    summaries: list[Summary] = []

    async def work() -> None:
        summaries.append(await run_worker(fake, tmp_path, make(), days, reports=reports))

    async with FakeZoom(account, plan=None) as fake:
        fake.respond(QA, status=404, body=NOT_FOUND, times=99)
        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(work)
        first = routes(fake).count(QA)
        fake.clear_responses()
        second = await run_worker(fake, tmp_path, make(), days, reports=reports)

        assert (first, routes(fake).count(QA)) == (3, 6)
    for summary in summaries:
        assert (summary.complete, summary.unfinished, len(summary.not_ready)) == (False, 3, 3)
    assert second.complete
    assert list(states(tmp_path, "meeting_qa").values()) == ["empty"] * 3
    assert list((tmp_path / "meeting_qa").glob("*.failed.json")) == []


async def test_old_report_is_asked_for_twice(make: Make, tmp_path: Path) -> None:
    async with FakeZoom(one_instance(), plan=None) as fake:
        fake.respond(QA, status=404, body=NOT_FOUND, times=99)
        counts: list[int] = []
        for _ in range(3):
            assert (await run_worker(fake, tmp_path, make(), APRIL, reports=["meeting_qa"])).complete
            counts.append(routes(fake).count(QA))

    assert counts == [1, 2, 2]


async def test_month_is_listed_for_three_days(make: Make, tmp_path: Path) -> None:
    """A finished month is listed again until three days after its last day."""
    account = one_instance()
    counts: list[int] = []
    async with FakeZoom(account, plan=None) as fake:
        for day in range(1, 7):
            late = account.add_instance(account.hosts[0], start=datetime(2026, 4, 30, day, tzinfo=UTC))
            async with (
                ZoomAt(fake, datetime(2026, 5, day, 0, 30, tzinfo=UTC)) as zoom,
                Harvest(
                    zoom, store=SharedStore(tmp_path, make()), from_=APRIL[0], to=APRIL[1], reports=["meeting"]
                ) as running,
            ):
                await running.run()
            counts.append(routes(fake).count("GET /report/users/{userId}/meetings"))
            if day <= 4:
                assert late.uuid in states(tmp_path, "meeting")

    assert counts == [1, 2, 3, 4, 4, 4]


async def test_failed_relisting_keeps_reports(make: Make, tmp_path: Path) -> None:
    """If a month cannot be listed again, the reports of the earlier listing are fetched."""
    async with FakeZoom(one_instance(), plan=None) as fake:
        await run_worker(fake, tmp_path, make(), APRIL, reports=["meeting"])
        fake.respond("GET /report/users/{userId}/meetings", status=500, body=b"", times=9)
        await run_worker(fake, tmp_path, make(), APRIL, reports=["meeting_qa"], recheck_days=30)

    assert list(states(tmp_path, "meeting_qa").values()) == ["empty"]


async def test_outage_frees_all_leases(make: Make, tmp_path: Path) -> None:
    """The partitions stay pending, and another worker fetches them at once."""
    keys = set[str]()
    spy = ObservedLeases(make(), lambda verb, key: keys.add(key) if verb == "acquire" else keys.discard(key))
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client(retry=QUICK, rate_limiter=OpenAfter(40)) as zoom,
        Harvest(zoom, store=SharedStore(tmp_path, spy), from_=SPRING[0], to=SPRING[1]) as running,
    ):
        summary = await running.run()
        assert isinstance(summary.stopped_by, CircuitOpen)
        assert (summary.failures, summary.not_ready, summary.complete) == ((), (), False)
        assert keys == set()
        assert (await run_worker(fake, tmp_path, make())).complete


async def test_denied_stream_costs_one_call(make: Make, tmp_path: Path) -> None:
    """The next run asks for another partition."""
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    keys: list[str] = []
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(QA, status=400, body={"code": 200, "message": "No permission."}, times=99)
        for _ in range(2):
            start = len(fake.requests)
            summary = await run_worker(fake, tmp_path, make())
            keys += [failure.key for failure in summary.failures]
            assert routes(fake, start).count(QA) == 1
        fake.clear_responses()
        assert (await run_worker(fake, tmp_path, make())).complete

    assert len(set(keys)) == 2


@pytest.mark.parametrize("how", ["empty", "half", "one byte short", "zeros", "zeros inside"])
@pytest.mark.parametrize("stream", ["users", "user_meetings", "meeting_participants"])
async def test_damaged_file_is_replaced(make: Make, tmp_path: Path, stream: str, how: str) -> None:
    async with FakeZoom(one_instance(), plan=None) as fake:
        await run_worker(fake, tmp_path, make(), APRIL)
        before = contents(tmp_path)
        file = only_file(tmp_path, stream)
        file.write_bytes(damaged(file.read_bytes(), how))
        start = len(fake.requests)
        await run_worker(fake, tmp_path, make(), APRIL)

        assert routes(fake, start) == [STREAMS[stream].route]
    assert contents(tmp_path) == before


async def test_file_of_other_key_is_replaced(make: Make, tmp_path: Path) -> None:
    account = one_instance()
    add_instance_on(account, date(2026, 4, 11))
    async with FakeZoom(account, plan=None) as fake:
        await run_worker(fake, tmp_path, make(), APRIL)
        before = contents(tmp_path)
        one, other = (tmp_path / "meeting").iterdir()
        one.write_bytes(other.read_bytes())
        await run_worker(fake, tmp_path, make(), APRIL)

    assert contents(tmp_path) == before


async def test_recheck_finds_late_instances(make: Make, tmp_path: Path) -> None:
    account = one_instance()
    add_instance_on(account, date(2026, 5, 29))
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(QA, status=404, body=NOT_FOUND, times=4)
        for _ in range(2):
            await run_worker(fake, tmp_path, make(), reports=["meeting", "meeting_qa"])
        add_instance_on(account, date(2026, 5, 30))
        without_recheck = await run_worker(fake, tmp_path, make(), reports=["meeting", "meeting_qa"])
        start = len(fake.requests)
        with_recheck = await run_worker(fake, tmp_path, make(), reports=["meeting", "meeting_qa"], recheck_days=3)

        assert sorted(routes(fake, start)) == sorted([*LISTINGS, MEETING, QA, QA])
    assert [summary.streams[2].rows for summary in (without_recheck, with_recheck)] == [0, 1]
    assert sorted(states(tmp_path, "meeting_qa").values()) == ["empty", "empty", "not_found"]


async def test_unfinished_day_is_listed_once(make: Make, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    days = (today.replace(day=1), today)
    async with FakeZoom(Account(today=today), plan=None) as fake:
        for _ in range(2):
            start = len(fake.requests)
            async with (
                open_worker(fake, tmp_path, make(), days) as mine,
                open_worker(fake, tmp_path, make(), days) as other,
                anyio.create_task_group() as tasks,
            ):
                tasks.start_soon(mine.run)
                tasks.start_soon(other.run)
            assert routes(fake, start) == ["GET /report/users"]


async def test_days_are_added_on_both_sides(make: Make, tmp_path: Path) -> None:
    """No row is stored twice."""
    account = Account.simulated(7, today=TODAY, instances_per_month=20)
    reports = ["meeting"]
    async with FakeZoom(account, plan=None) as fake:
        await run_worker(fake, tmp_path / "parts", make(), (date(2026, 4, 10), date(2026, 4, 20)), reports=reports)
        await run_worker(fake, tmp_path / "parts", make(), (date(2026, 4, 21), date(2026, 5, 31)), reports=reports)
        await run_worker(fake, tmp_path / "parts", make(), (date(2026, 3, 1), date(2026, 4, 12)), reports=reports)
        await run_worker(fake, tmp_path / "alone", make(), reports=reports)
        start = len(fake.requests)
        await run_worker(fake, tmp_path / "alone", make(), (date(2026, 4, 10), date(2026, 4, 20)), reports=reports)

        assert routes(fake, start) == []  # the months are stored already
    for stream in ("users", "user_meetings", "meeting"):
        parts, alone = ((tmp_path / name / stream).glob("*.parquet") for name in ("parts", "alone"))
        assert rows(parts, stream) == rows(alone, stream)
    assert contents(tmp_path / "parts")["job.json"] == contents(tmp_path / "alone")["job.json"]


async def test_days_with_a_gap_are_rejected(make: Make, tmp_path: Path) -> None:
    """The gap would look harvested."""
    folder = tmp_path / "spring"
    async with FakeZoom(one_instance(), plan=None) as fake:
        await run_worker(fake, folder, make(), APRIL)
        before = contents(folder)

        with pytest.raises(ConfigError, match=r"spring holds 2026-04-01 to 2026-04-30, and .* would leave a gap"):
            await run_worker(fake, folder, make(), (date(2026, 5, 2), date(2026, 5, 31)))
    assert contents(folder) == before


async def test_workers_agree_on_days(make: Make, tmp_path: Path) -> None:
    days = [(date(2026, 3, 20 - number), date(2026, 4, 10 + number)) for number in (1, 4, 2, 3)]
    async with FakeZoom(Account(today=TODAY), plan=None) as fake, anyio.create_task_group() as tasks:
        for each in days:
            tasks.start_soon(run_worker, fake, tmp_path, make(), each)

    assert json.loads((tmp_path / "job.json").read_text()) == {
        "job": "zoomasync harvest",
        "version": 3,
        "from_": "2026-03-16",
        "to_": "2026-04-14",
    }


async def test_cancelled_run_leaves_whole_files(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        async with open_worker(fake, tmp_path / "shared", make()) as cancelled:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(cancelled.run)
                    await wait_for(cancelled, partitions=50)
                    scope.cancel()
            done = cancelled.progress.done
        (run,) = (json.loads(file.read_text()) for file in (tmp_path / "shared" / "runs").iterdir())
        assert run["outcome"] == "interrupted"
        start = len(fake.requests)
        await run_worker(fake, tmp_path / "shared", make())
        rest = len(routes(fake, start))
        start = len(fake.requests)
        await run_worker(fake, tmp_path / "alone", make())

        assert done >= 50
        assert rest <= len(routes(fake, start)) - done
    assert contents(tmp_path / "shared") == contents(tmp_path / "alone")


async def test_stale_files_are_removed(make: Make, tmp_path: Path) -> None:
    """Those that may belong to a live worker stay."""
    async with FakeZoom(one_instance(), plan=None) as fake:
        await run_worker(fake, tmp_path, make(), APRIL)
        file = only_file(tmp_path, "meeting")
        temporary = [tmp_path / ".open" / f"{name}.worker.parquet" for name in (f"meeting-{file.stem}", "old", "young")]
        for path in temporary:
            path.write_bytes(b"PAR1")
        long_ago = (datetime.now(UTC) - timedelta(hours=1)).timestamp()
        os.utime(temporary[1], (long_ago, long_ago))
        file.unlink()
        await run_worker(fake, tmp_path, make(), APRIL)

    assert [path.exists() for path in temporary] == [False, False, True]


# Invalid folders.


@pytest.mark.parametrize("name", ["letters.txt", "job.json"])
async def test_other_folder_is_unchanged(make: Make, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / name).write_text('{"job": "paint the fence"}')
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        with pytest.raises(ConfigError, match=r"home .*harvest's.* it was left unchanged"):
            await run_worker(fake, folder, make())

        assert fake.requests == ()
    assert os.listdir(folder) == [name]  # noqa: PTH208  the names only


@pytest.mark.parametrize(("version", "age"), [(1, "an older"), (2, "an older"), (99, "a newer")])
async def test_other_version_is_unchanged(make: Make, tmp_path: Path, version: int, age: str) -> None:
    job = {"job": "zoomasync harvest", "version": version, "from_": "2026-03-01", "to_": "2026-05-31"}
    (tmp_path / "job.json").write_text(json.dumps(job))
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        with pytest.raises(ConfigError, match=rf"of {age} version \({version}, this is"):
            await run_worker(fake, tmp_path, make())

    assert os.listdir(tmp_path) == ["job.json"]  # noqa: PTH208  the names only


async def test_file_as_folder_is_rejected(make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        with pytest.raises(ConfigError, match="the folder file cannot be used"):
            await run_worker(fake, tmp_path / "file", make())


async def test_hidden_files_are_ignored(make: Make, tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_text("")
    async with FakeZoom(one_instance(), plan=None) as fake:
        assert (await run_worker(fake, tmp_path, make())).complete


async def test_write_error_ends_the_run(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    async with FakeZoom(one_instance(), plan=None) as fake, open_worker(fake, folder, make()) as running:
        await running.estimate()
        (folder / "meeting_qa").rmdir()
        (folder / "meeting_qa").write_text("")
        with pytest.raises(StoreError, match="the folder shared: "):
            await running.run()


async def test_write_error_leaves_an_outcome(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    account = one_instance()
    name = sha256(account.instances[0].uuid.encode()).hexdigest()[:32]
    async with FakeZoom(account, plan=None) as fake, open_worker(fake, folder, make()) as running:
        await running.estimate()
        (folder / "meeting_qa" / f"{name}.parquet" / "in the way").mkdir(parents=True)
        with pytest.raises(StoreError, match="the folder shared: "):
            await running.run()

    (run,) = (json.loads(file.read_text()) for file in (folder / "runs").iterdir())
    assert run["outcome"].startswith("failed: the folder shared: ")


def test_repr_shows_the_folder_name(make: Make) -> None:
    assert repr(SharedStore("/mnt/harvest", make())) == "<SharedStore harvest, 0 leased>"


# Killed workers.

HEAVY = 150
PLAN = Plan(light=HEAVY, medium=HEAVY, heavy=HEAVY, heavy_per_day=50_000)


def a_job(fake: FakeZoom, folder: Path, redis: str) -> Job:
    return Job(fake.credentials, fake.base_url, folder, redis, new_name(), PLAN, lease=2.0)


async def wait_until_busy(workers: Sequence[Worker], *, finished: int) -> None:
    """Wait until each of *workers* has finished so many partitions and holds two more."""
    with anyio.fail_after(60):
        while any(worker.finished < finished or len(worker.held) < 2 for worker in workers):
            await anyio.sleep(0.005)
            for worker in workers:
                worker.listen()


def refetched(alone: Path, killed: Sequence[Worker]) -> int:
    """Return the calls that fetch again the partitions that the killed workers held."""
    calls = 0
    for key in set[str]().union(*(worker.held for worker in killed)):
        count = len(read_columns(alone / f"{key}.parquet", ["_part"])["_part"])
        calls += max(1, math.ceil(count / 300))
    return calls


async def test_two_workers_are_killed(make: Make, valkey_url: str, tmp_path: Path) -> None:
    """The others finish the job, and the files are those of one undisturbed worker."""
    account = Account.simulated(7, today=TODAY, instances_per_month=15)
    async with FakeZoom(account, plan=None) as fake:
        await run_worker(fake, tmp_path / "alone", make())
        alone = len(routes(fake))
        start = len(fake.requests)
        job = a_job(fake, tmp_path / "shared", valkey_url)
        workers = [Worker(job) for _ in range(4)]
        killed, rest = workers[:2], workers[2:]
        try:
            await wait_until_busy(killed, finished=10)
            for worker in killed:
                worker.kill()
            stored = len(finished(job.folder))
            for worker in rest:
                with anyio.fail_after(60):
                    await worker.end()
        finally:
            for worker in workers:
                worker.kill()

        calls = len(routes(fake, start))
        token_requests = [request for request in fake.requests[start:] if request.route == "POST /oauth/token"]
        throttled = [request for request in fake.requests[start:] if request.status == 429]
        rate_limiter = RedisRateLimiter(valkey_url, PLAN, name=job.name)
        used = (await rate_limiter.status())[Label.HEAVY].used
        await rate_limiter.aclose()

    files = contents(tmp_path / "alone")
    assert all(worker.finished >= 10 and worker.held for worker in killed)
    assert 20 <= stored < len(files) - 20
    assert [worker.complete for worker in workers] == [None, None, True, True]
    assert contents(job.folder) == files
    assert alone <= calls <= alone + refetched(tmp_path / "alone", killed)
    assert (len(token_requests), len(throttled)) == (1, 0)
    assert used >= calls


async def test_all_workers_are_killed(make: Make, valkey_url: str, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=5)
    async with FakeZoom(account, plan=None) as fake:
        await run_worker(fake, tmp_path / "alone", make())
        alone = len(routes(fake))
        start = len(fake.requests)
        job = a_job(fake, tmp_path / "shared", valkey_url)
        workers = [Worker(job) for _ in range(2)]
        try:
            await wait_until_busy(workers, finished=20)
        finally:
            for worker in workers:
                worker.kill()
        left = contents(job.folder)
        with anyio.fail_after(60):
            assert (await run_worker(fake, job.folder, make(name=job.name))).complete

        calls = len(routes(fake, start))
    files = contents(tmp_path / "alone")
    assert left.items() < files.items()
    assert contents(job.folder) == files
    assert alone <= calls <= alone + refetched(tmp_path / "alone", workers)


async def test_late_worker_gets_a_share(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=30)
    async with (
        FakeZoom(account, plan=None) as fake,
        open_worker(fake, tmp_path, make()) as first,
        open_worker(fake, tmp_path, make()) as late,
    ):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.run)
            await wait_for(first, partitions=20)
            assert (await late.run()).complete
        shares = [first.progress.done, late.progress.done]

    assert all(shares)
    assert sum(shares) == len(finished(tmp_path))
