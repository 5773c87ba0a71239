"""Several harvests that share one folder do one harvest's work, and leave the files that one alone would leave."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from support.harvesting import TODAY, harvest, held_on, one_session
from support.valkey import Server, new_name, server_of_its_own, shared_url
from support.workers import Job, Telling, Worker, contents, rows, work, working

from zoomasync import Label, Plan
from zoomasync.errors import ConfigError, RedisUnavailable, StoreError
from zoomasync.harvest import Harvest, State, Summary
from zoomasync.harvest.results.export import export
from zoomasync.harvest.stores.parquet_file import read_columns, read_metadata
from zoomasync.harvest.stores.shared import SharedStore
from zoomasync.harvest.streams import STREAMS
from zoomasync.redis import RedisLeases, RedisRateLimiter
from zoomasync.testing import Account, FakeZoom

Make = Callable[..., RedisLeases]

ALWAYS = 600.0  # a lease that no test outlives
LISTINGS = {"GET /report/users", "GET /report/users/{userId}/meetings"}
MEETING = "GET /report/meetings/{meetingId}"
PARTICIPANTS = "GET /report/meetings/{meetingId}/participants"
QA = "GET /report/meetings/{meetingId}/qa"
APRIL = (date(2026, 4, 1), date(2026, 4, 30))
GONE = {"code": 3001, "message": "It does not exist."}
DAY_IS_SPENT = {"code": 429, "message": "You have reached the maximum daily rate limit for this API."}
DRIFT = ("stream", "_part", "_seq", "path", "reason", "raw")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    yield from shared_url()


@pytest.fixture
def server() -> Iterator[Server]:
    yield from server_of_its_own()


@pytest.fixture
async def make(url: str) -> AsyncIterator[Make]:
    """Make the claims of the workers of one job, or of another."""
    made = list[RedisLeases]()
    job = new_name()

    def make_one(*, lease: float = ALWAYS, name: str = job) -> RedisLeases:
        made.append(RedisLeases(url, name=name, lease=lease))
        return made[-1]

    yield make_one
    for leases in made:
        await leases.aclose()


async def together(fake: FakeZoom, folder: Path, leases: Sequence[RedisLeases | Telling]) -> list[Summary]:
    """Let a worker with each of *claims* work at the same time."""
    summaries: list[Summary] = []

    async def one(mine: RedisLeases | Telling) -> None:
        summaries.append(await work(fake, folder, mine))

    async with anyio.create_task_group() as tasks:
        for mine in leases:
            tasks.start_soon(one, mine)
    return summaries


async def far_enough(running: Harvest, *, partitions: int) -> None:
    with anyio.fail_after(60):
        while running.progress.done < partitions:  # noqa: ASYNC110  it tells nobody
            await anyio.sleep(0.001)


def routes(fake: FakeZoom, recheck_days: int = 0) -> list[str]:
    return [str(request.route) for request in fake.requests[recheck_days:] if request.label]


def only_file(folder: Path, stream: str) -> Path:
    (file,) = (folder / stream).glob("*.parquet")
    return file


def finished(folder: Path) -> set[str]:
    """Return the Parquet files that have got their names."""
    return {str(file.relative_to(folder)) for file in folder.glob("[!.]*/*.parquet")}


def broken(whole: bytes, how: str) -> bytes:
    return {
        "empty": b"",
        "half": whole[: len(whole) // 2],
        "one byte short": whole[:-1],
        "zeros": bytes(len(whole)),
        "zeros inside": whole[:4] + bytes(len(whole) - 12) + whole[-8:],
    }[how]


def states(folder: Path, stream: str) -> dict[str, str]:
    """Return the state of each partition of *stream* by its key, as the files tell."""
    told = [read_metadata(file) for file in (folder / stream).glob("*.parquet")]
    return {each["key"]: each["state"] for each in told}


# What one worker leaves.


async def test_a_folder_holds_the_rows_of_a_sqlite_harvest(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=5)
    async with FakeZoom(account, plan=None) as fake:
        alone = await harvest(fake, tmp_path / "h.sqlite")
        calls = len(routes(fake))
        summary = await work(fake, tmp_path / "shared", make())

        assert len(routes(fake)) == 2 * calls
    assert summary == alone
    export(tmp_path / "h.sqlite", tmp_path / "exported")
    for stream in alone.streams:
        wanted = rows([tmp_path / "exported" / f"{stream.name}.parquet"], stream.name)
        assert len(wanted) == stream.rows
        assert rows((tmp_path / "shared" / stream.name).glob("*.parquet"), stream.name) == wanted


async def test_odd_rows_and_large_numbers_are_where_an_export_has_them(make: Make, tmp_path: Path) -> None:
    account = Account(today=TODAY)
    account.add_instance(start=datetime(2026, 4, 10, 9, tzinfo=UTC), id=2**70)
    visits = [{"id": "a", "new": 1}, {"id": "b", "duration": "long"}, {"id": "c", "name": {"first": "é\u0000"}}]
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(PARTICIPANTS, status=200, body={"participants": visits}, times=2)
        await harvest(fake, tmp_path / "h.sqlite", APRIL)
        summary = await work(fake, tmp_path / "shared", make(), APRIL)

    assert next(stream.invalid_rows for stream in summary.streams if stream.name == "meeting_participants") == 2
    export(tmp_path / "h.sqlite", tmp_path / "exported")
    for stream in ("user_meetings", "meeting", "meeting_participants"):
        wanted = rows([tmp_path / "exported" / f"{stream}.parquet"], stream)
        assert rows([only_file(tmp_path / "shared", stream)], stream) == wanted
    drift = only_file(tmp_path / "shared", "rejected_rows")
    assert read_columns(drift, DRIFT) == read_columns(tmp_path / "exported" / "rejected_rows.parquet", DRIFT)
    assert read_metadata(only_file(tmp_path / "shared", "meeting_participants"))["invalid_rows"] == "2"


async def test_a_long_listing_that_has_to_start_again_is_there_once(make: Make, tmp_path: Path) -> None:
    """It is more than is kept in memory while it comes."""
    dead_token = {"code": 300, "message": "The next page token is invalid or expired."}
    async with FakeZoom(one_session(participants=8_000), plan=None) as fake:
        await harvest(fake, tmp_path / "h.sqlite", APRIL, reports=["meeting_participants"])
        fake.respond(PARTICIPANTS, status=400, body=dead_token, on_request=26)
        await work(fake, tmp_path / "shared", make(), APRIL, reports=["meeting_participants"])

    export(tmp_path / "h.sqlite", tmp_path / "exported")
    stream = "meeting_participants"
    wanted = rows([tmp_path / "exported" / f"{stream}.parquet"], stream)
    assert len(wanted) == 8_000
    assert rows([only_file(tmp_path / "shared", stream)], stream) == wanted


async def test_keys_that_differ_in_their_case_only_have_files_that_differ_in_more(make: Make, tmp_path: Path) -> None:
    account = one_session()
    meetings = [{"uuid": uuid, "type": 2, "start_time": "2026-04-10T09:00:00Z"} for uuid in ("aB/+==", "Ab/+==")]
    async with FakeZoom(account, plan=None) as fake:
        fake.respond("GET /report/users/{userId}/meetings", status=200, body={"meetings": meetings})
        await work(fake, tmp_path / "shared", make(), APRIL, reports=["meeting_qa"])

    names = [file.name for file in (tmp_path / "shared" / "meeting_qa").iterdir()]
    assert len({name.casefold() for name in names}) == 2
    assert states(tmp_path / "shared", "meeting_qa").keys() == {"aB/+==", "Ab/+=="}


async def test_a_partition_without_rows_has_a_file_that_tells_why_and_is_the_same_whoever_asked(
    make: Make, tmp_path: Path
) -> None:
    async with FakeZoom(one_session(), plan=None) as fake:
        for number in (1, 2):
            tracking = {"x-zm-trackingid": f"request-{number}"}
            fake.respond(QA, status=404, body=GONE, headers=tracking)
            await work(fake, tmp_path / str(number), make(), APRIL)

    told = read_metadata(only_file(tmp_path / "1", "meeting_qa"))
    assert (told["state"], told["error"]) == ("not_found", "NotFound")
    assert "It does not exist." in told["detail"]
    assert "request-1" not in told["detail"]
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


async def test_each_run_tells_of_itself_and_of_what_it_has_sent(make: Make, tmp_path: Path) -> None:
    async with FakeZoom(one_session(), plan=None) as fake:
        await together(fake, tmp_path, [make(), make()])

        calls = len(routes(fake))
    runs = [json.loads(file.read_text()) for file in (tmp_path / "runs").iterdir()]
    assert [run["outcome"] for run in runs] == ["complete"] * 2
    sent = [
        json.loads(line) for file in (tmp_path / "call_samples").iterdir() for line in file.read_text().splitlines()
    ]
    assert sum(line["calls"] for line in sent) == calls
    assert {line["worker"] for line in sent} <= {run["worker"] for run in runs}


# What several do together.


async def test_four_workers_share_the_calls_and_leave_what_one_leaves(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=5)
    async with FakeZoom(account, plan=None) as fake:
        alone = await work(fake, tmp_path / "alone", make())
        calls = Counter(routes(fake))
        asked = len(fake.requests)
        job = new_name()
        summaries = await together(fake, tmp_path / "shared", [make(name=job) for _ in range(4)])

        assert Counter(routes(fake, asked)) == calls
    assert contents(tmp_path / "shared") == contents(tmp_path / "alone")
    assert all(summary.complete for summary in summaries)
    for number, stream in enumerate(alone.streams):
        assert sum(summary.streams[number].rows for summary in summaries) == stream.rows
        for summary in summaries:
            assert summary.streams[number].skipped + summary.streams[number].partitions.total() == (
                stream.partitions.total()
            )


async def test_workers_seldom_knock_where_another_is_at_work(make: Make, tmp_path: Path) -> None:
    told: Counter[str] = Counter()
    account = Account.simulated(7, today=TODAY, instances_per_month=30)

    def tell(verb: str, _: str) -> None:
        told[verb] += 1

    async with FakeZoom(account, plan=None) as fake:
        await together(fake, tmp_path, [Telling(make(), tell) for _ in range(4)])

    partitions = len(finished(tmp_path))
    assert told["take"] >= partitions > 400
    assert told["take"] + told["rejected"] < 2 * partitions


async def test_workers_that_know_nothing_of_each_other_write_the_same_bytes_over_each_other(
    make: Make, tmp_path: Path
) -> None:
    """It is what happens when no claim holds: nobody trusts one."""
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        await work(fake, tmp_path / "alone", make())
        calls = len(routes(fake))
        summaries = await together(fake, tmp_path / "shared", [make(name=new_name()) for _ in range(3)])

        assert len(routes(fake)) > 2 * calls
    assert all(summary.complete for summary in summaries)
    assert contents(tmp_path / "shared") == contents(tmp_path / "alone")
    assert list((tmp_path / "shared" / ".open").iterdir()) == []


async def test_no_file_is_ever_seen_in_part(make: Make, tmp_path: Path) -> None:
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
        await together(fake, tmp_path, [make(), make()])
        over.set()

    assert len(seen) > 100


async def test_what_another_has_listed_is_used(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        async with working(fake, tmp_path, make()) as other:
            plan = await other.estimate()
        asked = len(fake.requests)
        async with working(fake, tmp_path, make()) as mine:
            assert (await mine.estimate()).calls == plan.calls
            assert routes(fake, asked) == []
            assert (await mine.run()).complete

        assert LISTINGS.isdisjoint(routes(fake, asked))
        assert len(routes(fake, asked)) == plan.calls


async def test_what_failed_is_tried_once_in_a_run_and_again_in_the_next(make: Make, tmp_path: Path) -> None:
    account = one_session()
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(QA, status=400, body={"code": 200, "message": "No permission."}, times=9)
        summaries = await together(fake, tmp_path, [make() for _ in range(4)])
        assert routes(fake).count(QA) == 1
        (told,) = (tmp_path / "meeting_qa").glob("*.failed.json")
        assert json.loads(told.read_text())["error"] == "PermissionDenied"
        for summary in summaries:
            assert [(each.stream, each.state) for each in summary.failures] == [("meeting_qa", State.FAILED)]

        fake.heal()
        asked = len(fake.requests)
        assert (await work(fake, tmp_path, make())).complete
        assert routes(fake, asked) == [QA]
    assert not told.exists()


async def test_what_a_dead_worker_holds_is_fetched_when_its_lease_ends(make: Make, tmp_path: Path) -> None:
    keys = list[str]()
    spy = Telling(make(), lambda verb, key: keys.append(key) if verb == "take" else None)
    async with FakeZoom(one_session(), plan=None) as fake:
        alone = await work(fake, tmp_path / "alone", spy)
        job = new_name()
        dead, alive = make(name=job, lease=0.5), make(name=job)
        for key in keys:
            await dead.take(key)

        with anyio.fail_after(30):
            assert await work(fake, tmp_path / "shared", alive) == alone
    assert contents(tmp_path / "shared") == contents(tmp_path / "alone")


async def test_at_the_limit_of_the_day_a_worker_lets_go_of_everything(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        tomorrow = {"X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-06-16T00:00:00Z"}
        fake.respond(MEETING, status=429, headers=tomorrow, body=DAY_IS_SPENT, on_request=3, times=999)
        keys = set[str]()
        spy = Telling(make(), lambda verb, key: keys.add(key) if verb == "take" else keys.discard(key))
        async with working(fake, tmp_path, spy) as stopped:
            summary = await stopped.run()
            assert summary.stopped_by is not None
            assert (summary.failures, summary.complete) == ((), False)
            assert summary.deferred > 0
            assert keys == set()

            fake.heal()
            assert (await work(fake, tmp_path, make())).complete
            assert (await stopped.run()).complete


async def test_a_worker_that_waits_for_the_new_day_goes_on_itself(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        soon = {"X-RateLimit-Type": "Daily-limit", "Retry-After": "1"}
        fake.respond(MEETING, status=429, headers=soon, body=DAY_IS_SPENT, on_request=3)
        await work(fake, tmp_path / "waited", make(), wait=True)
        await work(fake, tmp_path / "alone", make())

    assert contents(tmp_path / "waited") == contents(tmp_path / "alone")


async def test_without_redis_nothing_is_claimed_and_the_run_ends_with_that_error(
    server: Server, tmp_path: Path
) -> None:
    leases = RedisLeases(server.url, name="job")
    async with FakeZoom(one_session(), plan=None) as fake, working(fake, tmp_path, leases) as stranded:
        await stranded.estimate()
        server.kill()
        with pytest.raises(RedisUnavailable, match="no claim can be made"):
            await stranded.run()


# How a later run goes on.


async def test_what_is_there_is_not_fetched_again_whatever_became_of_it(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(QA, status=404, body=GONE)
        fake.respond(PARTICIPANTS, status=400, body={"code": 12702, "message": "Can not access a meeting a year ago."})
        first = await work(fake, tmp_path, make())
        before = contents(tmp_path)
        asked = len(fake.requests)
        second = await work(fake, tmp_path, make())

        assert routes(fake, asked) == []
    assert (second.complete, [stream.skipped for stream in second.streams]) == (
        True,
        [stream.partitions.total() for stream in first.streams],
    )
    assert Counter(states(tmp_path, "meeting_qa").values())["not_found"] == 1
    assert Counter(states(tmp_path, "meeting_participants").values())["rejected"] == 1
    assert contents(tmp_path) == before


@pytest.mark.parametrize("how", ["empty", "half", "one byte short", "zeros", "zeros inside"])
@pytest.mark.parametrize("stream", ["users", "user_meetings", "meeting_participants"])
async def test_a_file_that_a_disk_has_broken_is_not_believed(make: Make, tmp_path: Path, stream: str, how: str) -> None:
    async with FakeZoom(one_session(), plan=None) as fake:
        await work(fake, tmp_path, make(), APRIL)
        before = contents(tmp_path)
        file = only_file(tmp_path, stream)
        file.write_bytes(broken(file.read_bytes(), how))
        asked = len(fake.requests)
        await work(fake, tmp_path, make(), APRIL)

        assert routes(fake, asked) == [STREAMS[stream].route]
    assert contents(tmp_path) == before


async def test_a_file_under_the_name_of_another_is_not_believed(make: Make, tmp_path: Path) -> None:
    account = one_session()
    held_on(account, date(2026, 4, 11))
    async with FakeZoom(account, plan=None) as fake:
        await work(fake, tmp_path, make(), APRIL)
        before = contents(tmp_path)
        one, other = (tmp_path / "meeting").iterdir()
        one.write_bytes(other.read_bytes())
        await work(fake, tmp_path, make(), APRIL)

    assert contents(tmp_path) == before


async def test_what_came_late_is_found_by_listing_the_last_days_again(make: Make, tmp_path: Path) -> None:
    account = one_session()
    held_on(account, date(2026, 5, 29))
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(QA, status=404, body=GONE, times=2)
        await work(fake, tmp_path, make(), reports=["meeting", "meeting_qa"])
        held_on(account, date(2026, 5, 30))
        unseen = await work(fake, tmp_path, make(), reports=["meeting", "meeting_qa"])
        asked = len(fake.requests)
        found = await work(fake, tmp_path, make(), reports=["meeting", "meeting_qa"], recheck_days=3)

        assert sorted(routes(fake, asked)) == sorted([*LISTINGS, MEETING, QA, QA])
    assert [summary.streams[2].rows for summary in (unseen, found)] == [0, 1]
    assert sorted(states(tmp_path, "meeting_qa").values()) == ["empty", "empty", "not_found"]


async def test_a_day_that_was_not_over_when_it_was_listed_is_listed_again_but_once_in_a_run(
    make: Make, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    days = (today.replace(day=1), today)
    async with FakeZoom(Account(today=today), plan=None) as fake:
        for _ in range(2):
            asked = len(fake.requests)
            async with (
                working(fake, tmp_path, make(), days) as mine,
                working(fake, tmp_path, make(), days) as other,
                anyio.create_task_group() as tasks,
            ):
                tasks.start_soon(mine.run)
                tasks.start_soon(other.run)
            assert routes(fake, asked) == ["GET /report/users"]


async def test_days_can_be_added_on_both_sides_and_nothing_comes_twice(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=20)
    reports = ["meeting"]
    async with FakeZoom(account, plan=None) as fake:
        await work(fake, tmp_path / "pieces", make(), (date(2026, 4, 10), date(2026, 4, 20)), reports=reports)
        await work(fake, tmp_path / "pieces", make(), (date(2026, 4, 21), date(2026, 5, 31)), reports=reports)
        await work(fake, tmp_path / "pieces", make(), (date(2026, 3, 1), date(2026, 4, 12)), reports=reports)
        await work(fake, tmp_path / "alone", make(), reports=reports)
        asked = len(fake.requests)
        await work(fake, tmp_path / "alone", make(), (date(2026, 4, 10), date(2026, 4, 20)), reports=reports)

        assert routes(fake, asked) == []  # the days of its months are there, and more
    for stream in ("users", "user_meetings", "meeting"):
        pieces, alone = ((tmp_path / name / stream).glob("*.parquet") for name in ("pieces", "alone"))
        assert rows(pieces, stream) == rows(alone, stream)
    assert contents(tmp_path / "pieces")["job.json"] == contents(tmp_path / "alone")["job.json"]


async def test_days_that_leave_a_gap_are_refused_since_it_would_look_harvested(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "spring"
    async with FakeZoom(one_session(), plan=None) as fake:
        await work(fake, folder, make(), APRIL)
        before = contents(folder)

        with pytest.raises(ConfigError, match="spring holds 2026-04-01 to 2026-04-30, and 2026-05-02 to 2026-05-31 would leave a gap"):
            await work(fake, folder, make(), (date(2026, 5, 2), date(2026, 5, 31)))
    assert contents(folder) == before


async def test_workers_that_begin_a_job_at_the_same_time_agree_on_its_days(make: Make, tmp_path: Path) -> None:
    days = [(date(2026, 3, 20 - number), date(2026, 4, 10 + number)) for number in (1, 4, 2, 3)]
    async with FakeZoom(Account(today=TODAY), plan=None) as fake, anyio.create_task_group() as tasks:
        for each in days:
            tasks.start_soon(work, fake, tmp_path, make(), each)

    assert json.loads((tmp_path / "job.json").read_text()) == {
        "job": "zoomasync harvest",
        "version": 3,
        "from_": "2026-03-16",
        "to_": "2026-04-14",
    }


async def test_a_run_that_is_cancelled_leaves_whole_files_and_says_so(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=3)
    async with FakeZoom(account, plan=None) as fake:
        async with working(fake, tmp_path / "shared", make()) as cancelled:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(cancelled.run)
                    await far_enough(cancelled, partitions=50)
                    scope.cancel()
            done = cancelled.progress.done
        (told,) = (json.loads(file.read_text()) for file in (tmp_path / "shared" / "runs").iterdir())
        assert told["outcome"] == "interrupted"
        asked = len(fake.requests)
        await work(fake, tmp_path / "shared", make())
        rest = len(routes(fake, asked))
        asked = len(fake.requests)
        await work(fake, tmp_path / "alone", make())

        assert done >= 50
        assert rest <= len(routes(fake, asked)) - done
    assert contents(tmp_path / "shared") == contents(tmp_path / "alone")


async def test_what_dead_workers_have_begun_is_swept_away_and_what_others_are_at_is_not(
    make: Make, tmp_path: Path
) -> None:
    async with FakeZoom(one_session(), plan=None) as fake:
        await work(fake, tmp_path, make(), APRIL)
        file = only_file(tmp_path, "meeting")
        begun = [tmp_path / ".open" / f"{name}.worker.parquet" for name in (f"meeting-{file.stem}", "old", "young")]
        for path in begun:
            path.write_bytes(b"PAR1")
        long_ago = (datetime.now(UTC) - timedelta(hours=1)).timestamp()
        os.utime(begun[1], (long_ago, long_ago))
        file.unlink()
        await work(fake, tmp_path, make(), APRIL)

    assert [path.exists() for path in begun] == [False, False, True]


# What is refused.


@pytest.mark.parametrize("name", ["letters.txt", "job.json"])
async def test_a_folder_that_holds_something_else_is_refused_and_left_as_it_was(
    make: Make, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / name).write_text('{"job": "paint the fence"}')
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        with pytest.raises(ConfigError, match="home .*harvest's.* it was left unchanged"):
            await work(fake, folder, make())

        assert fake.requests == ()
    assert os.listdir(folder) == [name]  # noqa: PTH208  all of them


@pytest.mark.parametrize(("version", "age"), [(1, "an older"), (2, "an older"), (99, "a newer")])
async def test_a_harvest_of_another_version_is_refused_and_left_as_it_was(
    make: Make, tmp_path: Path, version: int, age: str
) -> None:
    job = {"job": "zoomasync harvest", "version": version, "from_": "2026-03-01", "to_": "2026-05-31"}
    (tmp_path / "job.json").write_text(json.dumps(job))
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        with pytest.raises(ConfigError, match=rf"of {age} version \({version}, this is"):
            await work(fake, tmp_path, make())

    assert os.listdir(tmp_path) == ["job.json"]  # noqa: PTH208  all of them


async def test_what_is_no_folder_is_refused(make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        with pytest.raises(ConfigError, match="the folder file cannot be used"):
            await work(fake, tmp_path / "file", make())


async def test_hidden_files_are_anybodys(make: Make, tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_text("")
    async with FakeZoom(one_session(), plan=None) as fake:
        assert (await work(fake, tmp_path, make())).complete


async def test_a_folder_that_cannot_be_written_ends_the_run_with_that_error(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    async with FakeZoom(one_session(), plan=None) as fake, working(fake, folder, make()) as running:
        await running.estimate()
        (folder / "meeting_qa").rmdir()
        (folder / "meeting_qa").write_text("")
        with pytest.raises(StoreError, match="the folder shared: "):
            await running.run()


def test_a_store_shows_its_folder_and_no_more(make: Make) -> None:
    assert repr(SharedStore("/mnt/harvest", make())) == "<SharedStore harvest, 0 leased>"


# Workers that die.

HEAVY = 150
PLAN = Plan(light=HEAVY, medium=HEAVY, heavy=HEAVY, heavy_per_day=50_000)


def a_job(fake: FakeZoom, folder: Path, redis: str) -> Job:
    return Job(fake.credentials, fake.base_url, folder, redis, new_name(), PLAN, lease=2.0)


async def at_work(workers: Sequence[Worker], *, finished: int) -> None:
    """Wait until each of *workers* has settled so much, and is in the middle of more."""
    with anyio.fail_after(60):
        while any(worker.finished < finished or len(worker.held) < 2 for worker in workers):
            await anyio.sleep(0.005)
            for worker in workers:
                worker.listen()


def refetched(alone: Path, killed: Sequence[Worker]) -> int:
    """Return the calls that it takes to fetch again what the killed ones held."""
    lost = 0
    for key in set[str]().union(*(worker.held for worker in killed)):
        found = len(read_columns(alone / f"{key}.parquet", ["_part"])["_part"])
        lost += max(1, math.ceil(found / 300))
    return lost


async def test_of_four_workers_two_are_killed_and_the_files_are_those_of_one_that_nobody_disturbed(
    make: Make, url: str, tmp_path: Path
) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=15)
    async with FakeZoom(account, plan=None) as fake:
        await work(fake, tmp_path / "alone", make())
        alone = len(routes(fake))
        asked = len(fake.requests)
        job = a_job(fake, tmp_path / "shared", url)
        workers = [Worker(job) for _ in range(4)]
        doomed, rest = workers[:2], workers[2:]
        try:
            await at_work(doomed, finished=10)
            for worker in doomed:
                worker.kill()
            there = len(finished(job.folder))
            for worker in rest:
                with anyio.fail_after(60):
                    await worker.end()
        finally:
            for worker in workers:
                worker.kill()

        calls = len(routes(fake, asked))
        token_store = [request for request in fake.requests[asked:] if request.route == "POST /oauth/token"]
        refused = [request for request in fake.requests[asked:] if request.status == 429]
        rate_limiter = RedisRateLimiter(url, PLAN, name=job.name)
        used = (await rate_limiter.status())[Label.HEAVY].used
        await rate_limiter.aclose()

    files = contents(tmp_path / "alone")
    assert all(worker.finished >= 10 and worker.held for worker in doomed)
    assert 20 <= there < len(files) - 20
    assert [worker.complete for worker in workers] == [None, None, True, True]
    assert contents(job.folder) == files
    assert alone <= calls <= alone + refetched(tmp_path / "alone", doomed)
    assert (len(token_store), len(refused)) == (1, 0)
    assert used >= calls


async def test_a_job_whose_workers_were_all_killed_is_gone_on_with(make: Make, url: str, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=5)
    async with FakeZoom(account, plan=None) as fake:
        await work(fake, tmp_path / "alone", make())
        alone = len(routes(fake))
        asked = len(fake.requests)
        job = a_job(fake, tmp_path / "shared", url)
        workers = [Worker(job) for _ in range(2)]
        try:
            await at_work(workers, finished=20)
        finally:
            for worker in workers:
                worker.kill()
        left = contents(job.folder)
        with anyio.fail_after(60):
            assert (await work(fake, job.folder, make(name=job.name))).complete

        calls = len(routes(fake, asked))
    files = contents(tmp_path / "alone")
    assert left.items() < files.items()
    assert contents(job.folder) == files
    assert alone <= calls <= alone + refetched(tmp_path / "alone", workers)


async def test_a_worker_may_come_late_and_finds_its_share(make: Make, tmp_path: Path) -> None:
    account = Account.simulated(7, today=TODAY, instances_per_month=30)
    async with (
        FakeZoom(account, plan=None) as fake,
        working(fake, tmp_path, make()) as first,
        working(fake, tmp_path, make()) as late,
    ):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.run)
            await far_enough(first, partitions=20)
            assert (await late.run()).complete
        shares = [first.progress.done, late.progress.done]

    assert all(shares)
    assert sum(shares) == len(finished(tmp_path))
