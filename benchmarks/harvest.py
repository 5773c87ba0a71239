"""A benchmark of the harvest: rows per second, memory, and use of the rate limit.

``python benchmarks/harvest.py [store] [memory] [meetings] [children]`` runs all four measurements by default:

* ``store``: pages of 300 participants are decoded and written to a store from 32 partitions at a time. It measures rows
  per second, and with a ticker of one millisecond the longest stall of the event loop.
* ``memory``: a million rows go through a whole harvest, from a server in another process.
* ``meetings``: 500 reports are fetched at 80 ms per response and 40 requests per second, after they were listed. It
  measures how much longer that takes than the rate limit alone.
* ``children``: the partitions of the default reports of 100,000 listed meetings are added to a store, and then again,
  as every later run does. It measures the seconds that each takes.

The exit code is 1 if a target is missed. A busy machine, or a busy host of a virtual machine, disturbs the results: the
stolen time and the processor time are printed too.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import multiprocessing
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Literal, cast
from urllib.parse import unquote

from aiohttp import web

from zoomasync import Plan, ServerToServer, Zoom, fan_out
from zoomasync._core.decoding import decode
from zoomasync.harvest import REPORTS, Harvest, SQLiteStore
from zoomasync.harvest._page_tracker import PageTracker
from zoomasync.harvest.partitions import partition_result
from zoomasync.harvest.stores import PageRows, PartitionTask, Scope
from zoomasync.harvest.streams import STREAMS, USER_MEETINGS, USERS, select_streams
from zoomasync.models.instance_reports import ReportParticipantsPage
from zoomasync.models.reports import Host, UserMeeting

DAYS = (date(2026, 5, 1), date(2026, 5, 31))
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PAGE = 300
WORKERS = 32  # the default of a harvest

ROWS_PER_SECOND, STALL = 50_000, 0.05
MEMORY = 200.0
RATE, LATENCY, OVER = 40, 0.08, 1.03
INSTANCES, HOSTS, CHILDREN = 100_000, 500, 1.0
UNLIMITED = Plan(light=100_000, medium=100_000, heavy=100_000)
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, kw_only=True)
class Size:
    """The size of an account: *meetings* with *pages* of participants each. Responses take *delay* seconds."""

    meetings: int
    pages: int = 1
    delay: float = 0.0


# The server.


def participants_page(page: int, pages: int) -> bytes:
    """Return one page of a participants report as JSON; no two pages have a row in common."""
    rows = [
        {
            "id": "" if number % 3 else f"q{number:021d}",
            "user_id": str(16_778_240 + 1024 * number),
            "name": f"Guest {number} of Harbour & Söhne",
            "user_email": "" if number % 2 else f"guest{number}@northpier.example",
            "join_time": f"{NOON + timedelta(seconds=number % 900):%Y-%m-%dT%H:%M:%SZ}",
            "leave_time": f"{NOON + timedelta(seconds=3600 + number % 900):%Y-%m-%dT%H:%M:%SZ}",
            "duration": 3600,
            "registrant_id": f"r{number:021d}",
            "failover": False,
            "status": "in_meeting",
            "participant_user_id": "" if number % 3 else f"q{number:021d}",
            "customer_key": "",
            "bo_mtg_id": "27510336",
        }
        for number in range(page * PAGE, (page + 1) * PAGE)
    ]
    token = str(page + 1) if page + 1 < pages else ""
    return json.dumps(
        {"page_count": pages, "page_size": PAGE, "total_records": pages * PAGE, "next_page_token": token}
        | {"participants": rows}
    ).encode()


def meeting(number: int, participants: int) -> dict[str, object]:
    """Return one meeting of the listing."""
    start, end = NOON + timedelta(minutes=number), NOON + timedelta(minutes=number, hours=1)
    return {
        "uuid": f"{number:022d}==",
        "id": 84_000_000_000 + number,
        "type": 2,
        "topic": "Weekly round",
        "user_name": "Ada Brink",
        "user_email": "ada@northpier.example",
        "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "end_time": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        "duration": 60,
        "total_minutes": 60 * participants,
        "participants_count": participants,
    }


@dataclass(frozen=True, slots=True)
class ReportTimes:
    """The times at which the server got a request for a report, and at which it responded."""

    requested: list[float] = field(default_factory=list[float])
    responded: list[float] = field(default_factory=list[float])

    def most_per_second(self) -> int:
        """Return the most requests in any window of one second."""
        ordered = sorted(self.requested)
        return max((bisect_left(ordered, start + 1) - index for index, start in enumerate(ordered)), default=0)


class Handler:
    """A request handler whose response bodies are ready before the first request."""

    def __init__(self, size: Size) -> None:
        self.times = ReportTimes()
        self._delay = size.delay
        self._pages = [participants_page(page, size.pages) for page in range(size.pages)]
        self._meetings = [meeting(number, size.pages * PAGE) for number in range(size.meetings)]

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        """Respond to one request."""
        requested = time.monotonic()
        if request.path.endswith("/oauth/token"):
            return _json(b'{"access_token":"of-a-benchmark","token_type":"bearer","expires_in":3600}')
        if self._delay:
            await asyncio.sleep(self._delay)
        body = self._body(request)
        if "/report/meetings/" in request.path:
            self.times.requested.append(requested)
            self.times.responded.append(time.monotonic())
        return _json(body)

    def _body(self, request: web.BaseRequest) -> bytes:
        page = int(request.query.get("next_page_token", "0"))
        _, _, path = request.path.partition("/report/")
        match path.split("/"):
            case ["users"]:
                host = {"id": "aDa0", "user_name": "Ada Brink", "type": 2, "email": "ada@northpier.example"}
                return self._listing("users", [host], 0)
            case ["users", _, "meetings"]:
                return self._listing("meetings", self._meetings, page)
            case ["meetings", _, "participants"]:
                return self._pages[page]
            case ["meetings", uuid]:
                return json.dumps(self._meetings[int(unquote(uuid).rstrip("="))]).encode()
            case _:
                raise web.HTTPNotFound

    def _listing(self, name: str, rows: Sequence[Mapping[str, object]], page: int) -> bytes:
        token = str(page + 1) if (page + 1) * PAGE < len(rows) else ""
        head = {"from": str(DAYS[0]), "to": str(DAYS[1]), "page_size": PAGE, "total_records": len(rows)}
        return json.dumps(head | {"next_page_token": token, name: rows[page * PAGE : (page + 1) * PAGE]}).encode()


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")


def _serve(pipe: Connection, size: Size) -> None:
    asyncio.run(_serve_async(pipe, size))


async def _serve_async(pipe: Connection, size: Size) -> None:
    handler = Handler(size)
    runner = web.ServerRunner(web.Server(handler, access_log=None), shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await asyncio.to_thread(pipe.recv)
    pipe.send(handler.times)
    await runner.cleanup()


@contextmanager
def server(size: Size) -> Generator[tuple[str, Callable[[], ReportTimes]], None, None]:
    """Serve in another process; provide the address, and a function that ends it and returns the times."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_serve, args=(theirs, size), daemon=True)
    process.start()

    def end() -> ReportTimes:
        ours.send(None)
        return cast("ReportTimes", ours.recv())

    try:
        yield ours.recv(), end
    finally:
        process.terminate()
        process.join()


def client(address: str, plan: Plan) -> Zoom:
    """Return a client of the server at *address*."""
    auth = ServerToServer("account", "client", "secret", token_url=f"{address}/oauth/token")
    return Zoom(auth, plan=plan, base_url=f"{address}/v2")


# The store.


@dataclass(frozen=True, slots=True)
class Written:
    """The time to write *rows*: by the clock, by the processor, and the longest stall of the event loop."""

    rows: int
    seconds: float
    processor_seconds: float
    stall: float


@asynccontextmanager
async def ticking() -> AsyncGenerator[list[float], None]:
    """Measure by how much each sleep of a millisecond is too long, while the block runs."""
    late: list[float] = []

    async def tick() -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - start - 0.001)

    task = asyncio.create_task(tick())
    try:
        yield late
    finally:
        task.cancel()
        await asyncio.wait([task])


def scope_of(*reports: str) -> Scope:
    """Return the scope of a harvest of *reports* in May."""
    return Scope(account_id="account", days=DAYS, streams=select_streams(reports), today=NOON.date())


async def finish(store: SQLiteStore, tracker: PageTracker) -> None:
    """Finish the partition of *tracker*."""
    result = partition_result(
        tracker.task, None, tracker.warning, pages=tracker.pages, rows=tracker.stored_rows, now=NOON
    )
    await store.finish(tracker.task, result, whole=True)


async def write_meetings(store: SQLiteStore, scope: Scope, meetings: int, *, hosts: int = 1) -> None:
    """Write a listing of *hosts*, and for each a listing of its share of the *meetings*, to the *store*."""
    await _write_listing(store, PartitionTask(USERS, "2026-05", DAYS), [Host(id=f"host{n}") for n in range(hosts)])
    await store.add_children(scope, [USER_MEETINGS])
    for host in range(hosts):
        rows = [
            UserMeeting(
                uuid=f"{number * 2_654_435_761 % 2**64:022d}==",
                id=84_000_000_000 + number,
                type=2,
                start_time=NOON + timedelta(days=number % 28),
                participants_count=2,
            )
            for number in range(host, meetings, hosts)
        ]
        await _write_listing(store, PartitionTask(USER_MEETINGS, f"host{host}/2026-05", DAYS), rows)


async def _write_listing(store: SQLiteStore, task: PartitionTask, rows: list[Host] | list[UserMeeting]) -> None:
    tracker = PageTracker(task)
    await store.write(task, tracker.next_batch(PageRows([(row,) for row in rows]), NOON))
    await finish(store, tracker)


async def write(path: Path, size: Size, durability: Literal["normal", "full"]) -> Written:
    """Write so many meetings to a store as a run does, without HTTP."""
    bodies = [participants_page(page, size.pages) for page in range(size.pages)]
    scope = scope_of("meeting_participants")
    reports = [STREAMS["meeting_participants"]]

    async with (
        SQLiteStore(path, scope.streams, durability=durability) as store,
        store.run(scope, lambda _: None),
    ):
        await write_meetings(store, scope, size.meetings)
        await store.add_children(scope, reports)
        one_at_a_time = asyncio.Lock()  # as from a socket; 32 pages decoded in a row would be a stall of their own

        async def fetch(task: PartitionTask) -> None:
            tracker = PageTracker(task)
            for body in bodies:
                async with one_at_a_time:
                    page = decode(
                        body, ReportParticipantsPage, tracker.invalid_rows.append, tracker.extra_fields.append
                    )
                    await asyncio.sleep(0)
                await store.write(
                    task, tracker.next_batch(PageRows([(row,) for row in page.items], page.total_records), NOON)
                )
            assert not tracker.shifted
            await finish(store, tracker)

        start, processor = time.perf_counter(), time.process_time()
        async with ticking() as late:
            async with fan_out(fetch, store.pending_tasks(scope, reports), workers=WORKERS) as outcomes:
                async for _ in outcomes:
                    pass
            counts = await store.counts(scope)  # returns once all earlier writes are committed
        seconds, processor = time.perf_counter() - start, time.process_time() - processor
    assert sum(count.partitions for count in counts["meeting_participants"].values()) == size.meetings
    return Written(size.meetings * size.pages * PAGE, seconds, processor, max(late))


def measure_store(runs: int) -> bool:
    """Measure the rows per second that the store writes."""
    good = True
    size = Size(meetings=340, pages=3)
    for durability in cast("tuple[Literal['normal', 'full'], ...]", ("normal", "full")):
        print(f"\nstore, durability {durability}: {size.meetings * size.pages * PAGE:,} rows")
        print(f"{'rows/s':>10} {'rows/s of CPU':>15} {'longest stall':>14} {'stolen':>7}")
        written: list[Written] = []
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as folder:
                gc.collect()
                stolen_before = stolen()
                written.append(asyncio.run(write(Path(folder, "h.sqlite"), size, durability)))
                print(f"{_line(written[-1])} {stolen() - stolen_before:>6.1f}s", flush=True)
        typical = Written(
            written[0].rows,
            median(each.seconds for each in written),
            median(each.processor_seconds for each in written),
            median(each.stall for each in written),
        )
        print(f"{_line(typical)}  median")
        met = typical.rows / typical.seconds >= ROWS_PER_SECOND and typical.stall < STALL
        good = good and (met or durability == "full")
    return _print_result(good, f"{ROWS_PER_SECOND:,} rows/s with stalls under {1000 * STALL:g} ms")


def _line(each: Written) -> str:
    return (
        f"{each.rows / each.seconds:>10,.0f} {each.rows / each.processor_seconds:>15,.0f} {1000 * each.stall:>11.1f} ms"
    )


# The partitions of reports.


async def _add_children(path: Path) -> tuple[int, float, float]:
    """Return the number of partitions that the listed meetings lead to, the seconds to add them, and those again."""
    scope = scope_of(*REPORTS)
    reports = [STREAMS[name] for name in REPORTS]
    async with SQLiteStore(path, scope.streams) as store, store.run(scope, lambda _: None):
        await write_meetings(store, scope, INSTANCES, hosts=HOSTS)
        await store.counts(scope)  # returns once all earlier writes are committed
        seconds: list[float] = []
        for _ in range(2):
            start = time.perf_counter()
            await store.add_children(scope, reports)
            seconds.append(time.perf_counter() - start)
        counts = await store.counts(scope)
    first, second = seconds
    return sum(count.partitions for name in REPORTS for count in counts.get(name, {}).values()), first, second


def measure_children(runs: int) -> bool:
    """Measure the seconds in which a store adds the partitions of reports."""
    print(f"\nchildren: the reports of {INSTANCES:,} meetings of {HOSTS} hosts")
    print(f"{'partitions':>10} {'added':>8} {'again':>8} {'stolen':>7}")
    took: list[float] = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            stolen_before = stolen()
            partitions, first, second = asyncio.run(_add_children(Path(folder, "h.sqlite")))
        took.append(first)
        print(f"{partitions:>10,} {first:>6.2f} s {second:>6.2f} s {stolen() - stolen_before:>6.1f}s", flush=True)
    print(f"{'':>10} {median(took):>6.2f} s  median")
    return _print_result(median(took) < CHILDREN, f"less than {CHILDREN:g} s")


# Memory.


def _resident(name: str) -> float:
    """Return the line *name* of this process's memory, as the kernel has it, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def _harvest_all(pipe: Connection, address: str) -> None:
    pipe.send(asyncio.run(_measured(address)))


async def _measured(address: str) -> tuple[float, float, float, int]:
    """Return the memory once the client is open, the peak, the seconds of the harvest, and its rows."""
    with tempfile.TemporaryDirectory() as folder:
        async with client(address, UNLIMITED) as zoom:
            before, start = _resident("VmRSS"), time.perf_counter()
            path = Path(folder, "h.sqlite")
            async with Harvest(
                zoom, store=path, from_=DAYS[0], to=DAYS[1], reports=["meeting_participants"]
            ) as harvest:
                summary = await harvest.run()
            seconds = time.perf_counter() - start
    assert summary.complete
    rows = next(stream.rows for stream in summary.streams if stream.name == "meeting_participants")
    return before, _resident("VmHWM"), seconds, rows


def measure_memory(runs: int) -> bool:
    """Measure the memory that a million rows take."""
    size = Size(meetings=334, pages=10)
    print(f"\nmemory: {size.meetings * size.pages * PAGE:,} rows through a whole harvest")
    print(f"{'at start':>10} {'peak':>10} {'above':>10} {'rows/s':>10} {'stolen':>7}")
    above: list[float] = []
    for _ in range(runs):
        with server(size) as (address, _):
            stolen_before = stolen()
            ours, theirs = _SPAWN.Pipe()
            process = _SPAWN.Process(target=_harvest_all, args=(theirs, address))
            process.start()
            before, peak, seconds, rows = cast("tuple[float, float, float, int]", ours.recv())
            process.join()
        assert rows == size.meetings * size.pages * PAGE
        above.append(peak - before)
        print(
            f"{before:>7.0f} MB {peak:>7.0f} MB {peak - before:>7.0f} MB {rows / seconds:>10,.0f} "
            f"{stolen() - stolen_before:>6.1f}s",
            flush=True,
        )
    return _print_result(median(above) < MEMORY, f"less than {MEMORY:g} MB above the start")


# The rate limit.


async def _fetch_reports(address: str, path: Path) -> float:
    """List the meetings, and return the seconds that their reports take afterwards."""
    async with (
        client(address, Plan(light=RATE, medium=RATE, heavy=RATE)) as zoom,
        Harvest(zoom, store=path, from_=DAYS[0], to=DAYS[1], reports=["meeting"]) as harvest,
    ):
        estimate = await harvest.estimate()
        await asyncio.sleep(1.1)  # until the calls of the listings no longer count
        start = time.perf_counter()
        summary = await harvest.run()
        seconds = time.perf_counter() - start
    assert summary.complete
    assert estimate.calls == sum(stream.rows for stream in summary.streams if stream.name == "meeting")
    return seconds


def measure_meetings(runs: int) -> bool:
    """Measure how much longer a run takes than the rate limit requires."""
    size = Size(meetings=500, delay=LATENCY)
    least = (size.meetings - 1) / RATE + LATENCY
    print(f"\nmeetings: {size.meetings} reports, {1000 * LATENCY:g} ms, {RATE}/s: {least:.2f} s at the least")
    print(
        f"{'calls':>6} {'run':>9} {'of least':>9} {'first to last':>14} {'of least':>9} {'per second':>10} "
        f"{'stolen':>7}"
    )
    took: list[float] = []
    for _ in range(runs):
        with server(size) as (address, end), tempfile.TemporaryDirectory() as folder:
            stolen_before = stolen()
            took.append(asyncio.run(_fetch_reports(address, Path(folder, "h.sqlite"))))
            times = end()
        assert len(times.requested) == size.meetings
        between = max(times.responded) - min(times.requested)
        print(
            f"{len(times.requested):>6} {took[-1]:>7.2f} s {took[-1] / least:>9.3f} {between:>12.2f} s "
            f"{between / least:>9.3f} {times.most_per_second():>10} {stolen() - stolen_before:>6.1f}s",
            flush=True,
        )
    typical = median(took)
    print(f"{'':>6} {typical:>7.2f} s {typical / least:>9.3f}  median")
    return _print_result(typical <= OVER * least, f"at most {OVER:g} of the least")


def _print_result(good: bool, target: str) -> bool:  # noqa: FBT001  it is the result
    print(f"{'met' if good else 'MISSED'}: {target}")
    return good


def stolen() -> float:
    """Return the seconds that this machine's host gave to others, over all cores, or 0 if it is not known."""
    try:
        return int(Path("/proc/stat").read_text(encoding="ascii").split()[8]) / 100
    except (OSError, IndexError, ValueError):
        return 0.0


MEASURES = {
    "store": (measure_store, 5),
    "memory": (measure_memory, 1),
    "meetings": (measure_meetings, 3),
    "children": (measure_children, 3),
}


def main() -> int:
    """Run the selected measurements; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measures", nargs="*", metavar="|".join(MEASURES))
    parser.add_argument("--runs", type=int)
    options = parser.parse_args()
    if unknown := set(options.measures) - MEASURES.keys():
        parser.error(f"unknown measurement {unknown.pop()!r}")
    met = [measure(options.runs or runs) for measure, runs in map(MEASURES.__getitem__, options.measures or MEASURES)]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
