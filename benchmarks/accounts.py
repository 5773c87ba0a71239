"""A benchmark of many accounts in one process, and of the two ways to find the instances of an account.

``python benchmarks/accounts.py [rates] [discovery]`` runs both measurements by default:

* ``rates``: one process fetches the participants of 8 accounts, each at 40 heavy calls per second, and converts them to
  Arrow batches. Servers in two other processes respond after 80 ms. It measures the calls per second of all accounts
  together, and the most calls of one account in any second.
* ``discovery``: the instances of an account with 2,000 hosts are found in both ways, at 40 calls per second. It shows
  the calls and the seconds of both, and compares the UUIDs.

The exit code is 1 if a target is missed. A busy machine, or a busy host of a virtual machine, disturbs the results: the
stolen time and the processor time are printed too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sqlite3
import sys
import tempfile
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast, get_args

from aiohttp import web

from zoomasync import Plan, ServerToServer, Zoom
from zoomasync.harvest import STREAMS, FetchedPartition, Harvest, PartitionTask, fetch_partitions, run_name
from zoomasync.harvest.arrow import partition_batch
from zoomasync.harvest.streams import Discovery
from zoomasync.testing import Account, FakeZoom

ACCOUNTS, RATE, SHARE = 8, 40, 0.95
LATENCY = 0.08
HOSTS = 2_000
PARTICIPANTS = 30
SERVERS = 2
BATCH = 200  # partitions per Arrow batch

TODAY = date(2026, 6, 1)
MAY = (date(2026, 5, 1), date(2026, 5, 31))

PLAN = Plan(light=RATE, medium=RATE, heavy=RATE)
_SPAWN = multiprocessing.get_context("spawn")


@contextmanager
def _process(target: Callable[..., None], *arguments: object) -> Generator[Connection, None, None]:
    """Run *target* in another process, with one end of a pipe and *arguments*; provide the other end."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


# The rates of many accounts.


def _participants() -> bytes:
    people = [
        {
            "id": f"q{number:021d}",
            "user_id": str(16_778_240 + number),
            "name": f"Guest {number} of Harbour & Söhne",
            "user_email": f"guest{number}@northpier.example",
            "join_time": "2026-05-04T12:00:00Z",
            "leave_time": "2026-05-04T13:00:00Z",
            "duration": 3600,
            "status": "in_meeting",
        }
        for number in range(PARTICIPANTS)
    ]
    return json.dumps({"next_page_token": "", "total_records": PARTICIPANTS, "participants": people}).encode()


def _serve_reports(pipe: Connection) -> None:
    asyncio.run(_serve(pipe))


async def _serve(pipe: Connection) -> None:
    """Respond to each request for a report, and record its arrival by account, the first part of its path."""
    arrivals: dict[str, list[float]] = defaultdict(list)
    body = _participants()

    async def respond(request: web.BaseRequest) -> web.Response:
        arrived = time.monotonic()
        if request.path.endswith("/oauth/token"):
            token = b'{"access_token":"of-a-benchmark","token_type":"bearer","expires_in":3600}'
            return web.Response(body=token, content_type="application/json")
        arrivals[request.path.split("/")[1]].append(arrived)
        await asyncio.sleep(LATENCY)
        return web.Response(body=body, content_type="application/json")

    runner = web.ServerRunner(web.Server(respond, access_log=None), shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await asyncio.to_thread(pipe.recv)
    pipe.send(dict(arrivals))
    await runner.cleanup()


async def _fetch(addresses: Mapping[str, str], calls: int) -> int:
    """Fetch so many reports of each account, and return the number of rows in the Arrow batches."""
    stream, rows, run = STREAMS["meeting_participants"], 0, run_name(datetime.now(UTC))
    tasks = {
        name: [PartitionTask(stream, f"{name}{number:020d}==", (MAY[0], MAY[0])) for number in range(calls)]
        for name in addresses
    }

    def client(name: str) -> Zoom:
        address = f"{addresses[name]}/{name}"
        auth = ServerToServer(name, "client", "secret", token_url=f"{address}/oauth/token")
        return Zoom(auth, plan=PLAN, base_url=f"{address}/v2")

    def convert(batch: list[FetchedPartition]) -> int:
        partition_batch(batch, run=run)
        return sum(partition.result.rows for partition in batch)

    batch: list[FetchedPartition] = []
    async with fetch_partitions(tasks, client) as outcomes:
        async for outcome in outcomes:
            assert isinstance(outcome, FetchedPartition), outcome
            batch.append(outcome)
            if len(batch) == BATCH:
                rows += await asyncio.to_thread(convert, batch)  # a stalled loop would send its requests in bunches
                batch = []
    return rows + convert(batch)


def measure_rates(seconds: float) -> bool:
    """Measure the calls per second of all accounts in one process."""
    calls, target = round(RATE * seconds), SHARE * RATE * ACCOUNTS
    print(f"\nrates: {ACCOUNTS} accounts at {RATE}/s, {calls * ACCOUNTS:,} reports of {PARTICIPANTS} people")
    with ExitStack() as stack:
        servers = [stack.enter_context(_process(_serve_reports)) for _ in range(SERVERS)]
        running = [str(server.recv()) for server in servers]
        addresses = {f"a{number}": running[number % SERVERS] for number in range(ACCOUNTS)}
        before, processor = stolen(), time.process_time()
        rows = asyncio.run(_fetch(addresses, calls))
        processor, lost = time.process_time() - processor, stolen() - before
        arrivals: dict[str, list[float]] = {}
        for server in servers:
            server.send(None)
            arrivals |= cast("dict[str, list[float]]", server.recv())
    assert rows == ACCOUNTS * calls * PARTICIPANTS
    times = sorted(moment for own in arrivals.values() for moment in own)
    assert len(times) == ACCOUNTS * calls
    rate, most = (len(times) - 1) / (times[-1] - times[0]), max(map(most_per_second, arrivals.values()))
    print(f"{'calls/s':>10} {'of the limits':>14} {'most of an account':>19} {'processor':>10} {'stolen':>7}")
    print(f"{rate:>10.1f} {rate / RATE / ACCOUNTS:>14.1%} {most:>17}/s {processor:>8.1f} s {lost:>6.1f}s")
    return _print_result(
        rate >= target and most <= RATE, f"{target:g} calls/s, and at most {RATE} of an account in any second"
    )


def most_per_second(times: Iterable[float]) -> int:
    """Return the most of *times* in any window of one second."""
    ordered = sorted(times)
    return max(bisect_left(ordered, start + 1) - index for index, start in enumerate(ordered))


# The discovery of instances.


def _serve_account(pipe: Connection, hosts: int) -> None:
    asyncio.run(_serve_fake(pipe, hosts))


async def _serve_fake(pipe: Connection, hosts: int) -> None:
    """Serve an account with so many active hosts, and twice as many instances."""
    account = Account.simulated(7, today=TODAY, hosts=hosts, idle_hosts=0, months=1, instances_per_month=2 * hosts)
    async with FakeZoom(account, plan=None) as fake:
        pipe.send((fake.credentials, fake.base_url))
        await asyncio.to_thread(pipe.recv)


async def _discover(auth: ServerToServer, base_url: str, discover: Discovery) -> tuple[int, float, set[str]]:
    """Return the calls and the seconds that the discovery takes, and the UUIDs that it finds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "h.sqlite")
        async with (
            Zoom(auth, plan=PLAN, base_url=base_url) as zoom,
            Harvest(
                zoom, store=path, from_=MAY[0], to=MAY[1], reports=["meeting", "webinar"], discover=discover
            ) as harvest,
        ):
            start = time.perf_counter()
            await harvest.estimate()
            seconds = time.perf_counter() - start
            calls = sum(route.calls for route in zoom.stats.values())
        with closing(sqlite3.connect(path)) as database:
            uuids = {str(uuid) for (uuid,) in database.execute("SELECT uuid FROM instances")}
    return calls, seconds, uuids


def measure_discovery(hosts: int) -> bool:
    """Measure the calls of both ways to find the instances of an account with so many *hosts*."""
    print(f"\ndiscovery: {hosts:,} hosts, one month, {RATE} calls/s")
    print(f"{'way':>8} {'calls':>6} {'seconds':>8} {'instances':>10}")
    found: dict[str, set[str]] = {}
    with _process(_serve_account, hosts) as server:
        auth, base_url = cast("tuple[ServerToServer, str]", server.recv())
        for way in get_args(Discovery):
            calls, seconds, found[way] = asyncio.run(_discover(auth, base_url, way))
            print(f"{way:>8} {calls:>6,} {seconds:>8.1f} {len(found[way]):>10,}", flush=True)
    differences = found["hosts"] ^ found["history"]
    return _print_result(not differences and bool(found["hosts"]), "the same UUIDs")


def _print_result(good: bool, target: str) -> bool:  # noqa: FBT001  it is the result
    print(f"{'met' if good else 'MISSED'}: {target}")
    return good


def stolen() -> float:
    """Return the seconds that this machine's host gave to others, over all cores, or 0 if it is not known."""
    try:
        return int(Path("/proc/stat").read_text(encoding="ascii").split()[8]) / 100
    except (OSError, IndexError, ValueError):
        return 0.0


def main() -> int:
    """Run the selected measurements; return 1 if a target is missed."""
    measures = {"rates": measure_rates, "discovery": measure_discovery}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measures", nargs="*", metavar="|".join(measures))
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the measurement of the rates")
    parser.add_argument("--hosts", type=int, default=HOSTS, help="hosts of the measurement of the discovery")
    options = parser.parse_args()
    if unknown := set(options.measures) - measures.keys():
        parser.error(f"unknown measurement {unknown.pop()!r}")
    arguments = {"rates": options.seconds, "discovery": options.hosts}
    met = [measures[name](arguments[name]) for name in options.measures or measures]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
