"""What a harvest does in a second, how much memory it takes, and how well it uses the pace.

``python benchmarks/harvest.py [store] [memory] [meetings]`` measures all three unless told which:

* ``store``: pages of 300 participants, as bytes, decoded and put into a store from 32 partitions at a time. How many
  rows a second, and how long the event loop stood still, by a ticker of a millisecond.
* ``memory``: a million rows through a whole harvest, from a server in a process of its own.
* ``meetings``: 500 reports at 80 ms a reply and 40 requests a second, after they were listed: how much longer than the
  pace alone.

Ends with 1 when a target is missed. A busy machine, or one whose host takes it away, disturbs all of it: the time that
was stolen is printed, and what the processor itself has spent.
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
from zoomasync.harvest import Harvest, SQLiteStore
from zoomasync.harvest._page_tracker import PageTracker
from zoomasync.harvest.stores.base import Scope
from zoomasync.harvest.streams import LISTINGS, USER_MEETINGS, USERS, PageRows, PartitionTask, select_reports
from zoomasync.models import Host, ReportParticipantsPage, UserMeeting

DAYS = (date(2026, 5, 1), date(2026, 5, 31))
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PAGE = 300
WORKERS = 32  # as many as a harvest has

ROWS_A_SECOND, STALL = 50_000, 0.05
MEMORY = 200.0
RATE, LATENCY, OVER = 40, 0.08, 1.03
UNLIMITED = Plan(light=100_000, medium=100_000, heavy=100_000)
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, kw_only=True)
class Size:
    """What there is to harvest: *meetings* with *pages* of participants each, answered *delay* seconds late."""

    meetings: int
    pages: int = 1
    delay: float = 0.0


# What the server says.


def people(page: int, pages: int) -> bytes:
    """Return one page of a report of participants, as Zoom sends it; no row is on another page as well."""
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


def meeting(number: int, people: int) -> dict[str, object]:
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
        "total_minutes": 60 * people,
        "participants_count": people,
    }


@dataclass(frozen=True, slots=True)
class Seen:
    """The calls of reports that the server saw: when they came, and when they were answered."""

    came: list[float] = field(default_factory=list[float])
    answered: list[float] = field(default_factory=list[float])

    def most_in_a_second(self) -> int:
        """Return the most that came in any second, wherever it begins."""
        ordered = sorted(self.came)
        return max((bisect_left(ordered, start + 1) - index for index, start in enumerate(ordered)), default=0)


class Desk:
    """Answers from replies that are ready before the first request comes."""

    def __init__(self, size: Size) -> None:
        self.seen = Seen()
        self._delay = size.delay
        self._pages = [people(page, size.pages) for page in range(size.pages)]
        self._meetings = [meeting(number, size.pages * PAGE) for number in range(size.meetings)]

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        came = time.monotonic()
        if request.path.endswith("/oauth/token"):
            return _json(b'{"access_token":"of-a-benchmark","token_type":"bearer","expires_in":3600}')
        if self._delay:
            await asyncio.sleep(self._delay)
        response = self._reply(request)
        if "/report/meetings/" in request.path:
            self.seen.came.append(came)
            self.seen.answered.append(time.monotonic())
        return _json(response)

    def _reply(self, request: web.BaseRequest) -> bytes:
        page = int(request.query.get("next_page_token", "0"))
        _, _, of = request.path.partition("/report/")
        match of.split("/"):
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
    asyncio.run(_answer(pipe, size))


async def _answer(pipe: Connection, size: Size) -> None:
    desk = Desk(size)
    runner = web.ServerRunner(web.Server(desk, access_log=None), shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await asyncio.to_thread(pipe.recv)
    pipe.send(desk.seen)
    await runner.cleanup()


@contextmanager
def server(size: Size) -> Generator[tuple[str, Callable[[], Seen]], None, None]:
    """Serve in a process of its own; give the address, and what ends it and returns what it saw."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_serve, args=(theirs, size), daemon=True)
    process.start()

    def ended() -> Seen:
        ours.send(None)
        return cast("Seen", ours.recv())

    try:
        yield ours.recv(), ended
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
    """How long so many rows took, by the clock and by the processor, and the longest time that the loop stood still."""

    rows: int
    seconds: float
    worked: float
    stall: float


@asynccontextmanager
async def ticking() -> AsyncGenerator[list[float], None]:
    """Note by how much each sleep of a millisecond was too long, while the block runs."""
    late: list[float] = []

    async def tick() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - began - 0.001)

    task = asyncio.create_task(tick())
    try:
        yield late
    finally:
        task.cancel()
        await asyncio.wait([task])


async def write(path: Path, size: Size, durability: Literal["normal", "full"]) -> Written:
    """Put so many meetings into a store as a run does it, but for HTTP."""
    bodies = [people(page, size.pages) for page in range(size.pages)]
    scope = Scope(DAYS, select_reports(["meeting_participants"]))

    async with (
        SQLiteStore(path, (*LISTINGS, *scope.reports), durability=durability) as store,
        store.run(scope, lambda _: None),
    ):

        async def listed(task: PartitionTask, rows: list[Host] | list[UserMeeting]) -> None:
            await store.write(task, PageTracker(task).next_batch(PageRows([(row,) for row in rows])))
            await store.finish(task, None, None)

        one_a_turn = asyncio.Lock()  # as replies come from sockets; 32 decoded at once would be a stall of their own

        async def fetched(task: PartitionTask) -> None:
            tracker = PageTracker(task)
            for body in bodies:
                async with one_a_turn:
                    page = decode(
                        body, ReportParticipantsPage, tracker.invalid_rows.append, tracker.extra_fields.append
                    )
                    await asyncio.sleep(0)
                await store.write(
                    task, tracker.next_batch(PageRows([(row,) for row in page.items], page.total_records))
                )
            assert not tracker.shifted
            await store.finish(task, None, tracker.warning)

        await listed(PartitionTask(USERS, "2026-05", DAYS), [Host(id="aDa0")])
        await store.add_children(USERS, scope)
        meetings = [
            UserMeeting(uuid=f"{number:022d}==", id=84_000_000_000 + number, type=2, start_time=NOON)
            for number in range(size.meetings)
        ]
        await listed(PartitionTask(USER_MEETINGS, "aDa0/2026-05", DAYS), meetings)
        await store.add_children(USER_MEETINGS, scope)

        began, worked = time.perf_counter(), time.process_time()
        async with ticking() as late:
            async with fan_out(fetched, store.pending_tasks(scope, scope.reports), workers=WORKERS) as outcomes:
                async for _ in outcomes:
                    pass
            counts = await store.counts(scope)  # comes when all before it is committed
        seconds, worked = time.perf_counter() - began, time.process_time() - worked
    assert sum(found.partitions for found in counts["meeting_participants"].values()) == size.meetings
    return Written(size.meetings * size.pages * PAGE, seconds, worked, max(late))


def measure_store(runs: int) -> bool:
    """Measure how many rows a second the store takes."""
    good = True
    size = Size(meetings=340, pages=3)
    for durability in cast("tuple[Literal['normal', 'full'], ...]", ("normal", "full")):
        print(f"\nstore, durability {durability}: {size.meetings * size.pages * PAGE:,} rows")
        print(f"{'rows/s':>10} {'rows/s of work':>15} {'longest stall':>14} {'stolen':>7}")
        written: list[Written] = []
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as folder:
                gc.collect()
                stolen_before = stolen()
                written.append(asyncio.run(write(Path(folder, "h.sqlite"), size, durability)))
                print(f"{_line(written[-1])} {stolen() - stolen_before:>6.1f}s", flush=True)
        middle = Written(
            written[0].rows,
            median(each.seconds for each in written),
            median(each.worked for each in written),
            median(each.stall for each in written),
        )
        print(f"{_line(middle)}  median")
        met = middle.rows / middle.seconds >= ROWS_A_SECOND and middle.stall < STALL
        good = good and (met or durability == "full")
    return _said(good, f"{ROWS_A_SECOND:,} rows/s with stalls under {1000 * STALL:g} ms")


def _line(each: Written) -> str:
    return f"{each.rows / each.seconds:>10,.0f} {each.rows / each.worked:>15,.0f} {1000 * each.stall:>11.1f} ms"


# Memory.


def _resident(name: str) -> float:
    """Return what the kernel says of this process's memory, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def _harvest_all(pipe: Connection, address: str) -> None:
    pipe.send(asyncio.run(_measured(address)))


async def _measured(address: str) -> tuple[float, float, float, int]:
    """Return what the process takes once the client is open, its peak, the seconds of the harvest, and its rows."""
    with tempfile.TemporaryDirectory() as folder:
        async with client(address, UNLIMITED) as zoom:
            before, began = _resident("VmRSS"), time.perf_counter()
            path = Path(folder, "h.sqlite")
            async with Harvest(
                zoom, store=path, from_=DAYS[0], to=DAYS[1], reports=["meeting_participants"]
            ) as harvest:
                summary = await harvest.run()
            seconds = time.perf_counter() - began
    assert summary.complete
    rows = next(stream.rows for stream in summary.streams if stream.name == "meeting_participants")
    return before, _resident("VmHWM"), seconds, rows


def measure_memory(runs: int) -> bool:
    """Measure what a million rows take."""
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
    return _said(median(above) < MEMORY, f"less than {MEMORY:g} MB above the start")


# The pace.


async def _paced(address: str, path: Path) -> float:
    """List, and then return the seconds that the reports took."""
    async with (
        client(address, Plan(light=RATE, medium=RATE, heavy=RATE)) as zoom,
        Harvest(zoom, store=path, from_=DAYS[0], to=DAYS[1], reports=["meeting"]) as harvest,
    ):
        plan = await harvest.estimate()
        await asyncio.sleep(1.1)  # what the listings used of the pace is over
        began = time.perf_counter()
        summary = await harvest.run()
        seconds = time.perf_counter() - began
    assert summary.complete
    assert plan.calls == sum(stream.rows for stream in summary.streams if stream.name == "meeting")
    return seconds


def measure_meetings(runs: int) -> bool:
    """Measure how much longer a run takes than its pace."""
    size = Size(meetings=500, delay=LATENCY)
    least = (size.meetings - 1) / RATE + LATENCY
    print(f"\nmeetings: {size.meetings} reports, {1000 * LATENCY:g} ms, {RATE}/s: {least:.2f} s at the least")
    print(
        f"{'calls':>6} {'run':>9} {'of least':>9} {'first to last':>14} {'of least':>9} {'a second':>9} {'stolen':>7}"
    )
    took: list[float] = []
    for _ in range(runs):
        with server(size) as (address, ended), tempfile.TemporaryDirectory() as folder:
            stolen_before = stolen()
            took.append(asyncio.run(_paced(address, Path(folder, "h.sqlite"))))
            seen = ended()
        assert len(seen.came) == size.meetings
        between = max(seen.answered) - min(seen.came)
        print(
            f"{len(seen.came):>6} {took[-1]:>7.2f} s {took[-1] / least:>9.3f} {between:>12.2f} s "
            f"{between / least:>9.3f} {seen.most_in_a_second():>9} {stolen() - stolen_before:>6.1f}s",
            flush=True,
        )
    middle = median(took)
    print(f"{'':>6} {middle:>7.2f} s {middle / least:>9.3f}  median")
    return _said(middle <= OVER * least, f"at most {OVER:g} of the least")


def _said(good: bool, target: str) -> bool:  # noqa: FBT001  the one thing it is told
    print(f"{'met' if good else 'MISSED'}: {target}")
    return good


def stolen() -> float:
    """Return the seconds that this machine's host has given to others, over all cores, or 0 where nobody tells."""
    try:
        return int(Path("/proc/stat").read_text(encoding="ascii").split()[8]) / 100
    except (OSError, IndexError, ValueError):
        return 0.0


MEASURES = {"store": (measure_store, 5), "memory": (measure_memory, 1), "meetings": (measure_meetings, 3)}


def main() -> int:
    """Measure what was asked for; return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="|".join(MEASURES))
    parser.add_argument("--runs", type=int)
    options = parser.parse_args()
    if unknown := set(options.what) - MEASURES.keys():
        parser.error(f"there is no measure {unknown.pop()!r}")
    met = [measure(options.runs or runs) for measure, runs in map(MEASURES.__getitem__, options.what or MEASURES)]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
