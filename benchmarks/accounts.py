"""Many accounts in one process, and the two ways to find the instances of an account.

One process fetches the participants of 8 accounts, each at 40 heavy calls per second, and converts them to Arrow
batches. Servers in two other processes respond after 80 ms. They record the arrivals, and the rate limiters record when
they send: an account that never sends too much may still arrive in a bunch if a process waits for a core.

The instances of an account with 2,000 hosts are found in both ways, at 40 calls per second.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, cast, get_args

from zoomasync import Plan, ServerToServer, Zoom
from zoomasync.harvest import STREAMS, FetchedPartition, Harvest, PartitionTask, fetch_partitions, run_name
from zoomasync.harvest.arrow import partition_batch
from zoomasync.harvest.streams import Discovery
from zoomasync.testing import Account, FakeZoom

from .bodies import participants_page
from .figures import Figure
from .processes import other_process
from .sends import RecordingRateLimiter, most_per_second, rate, violations

ACCOUNTS, LIMIT, SHARE = 8, 40, 0.95
LATENCY = 0.08
PARTICIPANTS = 30
SERVERS = 2
BATCH = 200  # partitions per Arrow batch

TODAY: Final = date(2026, 6, 1)
MAY: Final = (date(2026, 5, 1), date(2026, 5, 31))
PLAN: Final = Plan(light=LIMIT, medium=LIMIT, heavy=LIMIT)


def _response(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


_TOKEN: Final = _response(b'{"access_token":"a","token_type":"bearer","expires_in":3600}')
_PAGE: Final = _response(participants_page(rows=PARTICIPANTS))


# The rates of many accounts.


class _Connection(asyncio.Protocol):
    """A connection to the server of reports, which records in *arrivals* when each request of an account arrives."""

    def __init__(self, arrivals: dict[str, list[float]]) -> None:
        self._arrivals = arrivals
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the *transport*."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Respond to a request once it is complete. The account is the first part of its path."""
        arrived = time.monotonic()
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if not end or len(body) < int(length or 0):
            return
        self._received = b""
        account, _, path = head.split(b" ", 2)[1].decode().removeprefix("/").partition("/")
        if path.endswith("oauth/token"):
            self._transport.write(_TOKEN)
        else:
            self._arrivals[account].append(arrived)
            asyncio.get_running_loop().call_later(LATENCY, self._transport.write, _PAGE)


def _serve_reports(pipe: Connection) -> None:
    asyncio.run(_serve(pipe))


async def _serve(pipe: Connection) -> None:
    arrivals: dict[str, list[float]] = defaultdict(list)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(arrivals), "127.0.0.1", 0)
    pipe.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await asyncio.to_thread(pipe.recv)
    pipe.send(dict(arrivals))


async def _fetch(addresses: Mapping[str, str], limiters: Mapping[str, RecordingRateLimiter], calls: int) -> int:
    """Fetch so many reports of each account, and return the number of rows in the Arrow batches."""
    stream, rows, run = STREAMS["meeting_participants"], 0, run_name(datetime.now(UTC))
    tasks = {
        name: [PartitionTask(stream, f"{name}{number:020d}==", (MAY[0], MAY[0])) for number in range(calls)]
        for name in addresses
    }

    def client(name: str) -> Zoom:
        address = f"{addresses[name]}/{name}"
        auth = ServerToServer(name, "client", "secret", token_url=f"{address}/oauth/token")
        return Zoom(auth, rate_limiter=limiters[name], base_url=f"{address}/v2")

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


@dataclass(frozen=True, slots=True)
class Rates:
    """The times at which each account sent its requests, and at which they arrived. *cpu* is in seconds."""

    sent: list[list[float]]
    arrived: list[list[float]]
    cpu: float

    def figures(self) -> Iterator[Figure]:
        """Yield the calls per second of all accounts, and the violations on both sides."""
        calls = sum(map(len, self.sent))
        yield Figure(
            name=f"Calls per second of {len(self.sent)} accounts in one process, each at {LIMIT} per second",
            value=rate(at for times in self.arrived for at in times),
            unit="calls/s",
            at_least=SHARE * LIMIT * len(self.sent),
            note=f"{1e3 * self.cpu / calls:.1f} ms of CPU per report of {PARTICIPANTS} people, as Arrow",
        )
        for name, sides in {"sent": self.sent, "received by their servers": self.arrived}.items():
            yield Figure(
                name=f"Requests of these accounts above their limits of any sliding second, as {name}",
                value=sum(violations(times, LIMIT) for times in sides),
                unit="requests",
                at_most=0,
                note=f"of {calls:,}; at most {max(map(most_per_second, sides))} of an account in any second",
            )


def rates(*, accounts: int, calls: int) -> Rates:
    """Fetch so many reports of each of so many *accounts*, as fast as their limits allow."""
    with ExitStack() as stack:
        servers = [stack.enter_context(other_process(_serve_reports)) for _ in range(SERVERS)]
        running = [str(server.recv()) for server in servers]
        addresses = {f"a{number}": running[number % SERVERS] for number in range(accounts)}
        limiters = {name: RecordingRateLimiter(PLAN) for name in addresses}
        before = time.process_time()
        rows = asyncio.run(_fetch(addresses, limiters, calls))
        cpu = time.process_time() - before
        arrived: dict[str, list[float]] = {}
        for server in servers:
            server.send("report")
            arrived |= cast("dict[str, list[float]]", server.recv())
    assert rows == accounts * calls * PARTICIPANTS
    assert [len(times) for times in arrived.values()] == [calls] * accounts
    return Rates([limiter.sent for limiter in limiters.values()], list(arrived.values()), cpu)


# The discovery of instances.


def _serve_account(pipe: Connection, hosts: int) -> None:
    asyncio.run(_serve_fake(pipe, hosts))


async def _serve_fake(pipe: Connection, hosts: int) -> None:
    """Serve an account with so many active hosts, and twice as many instances."""
    account = Account.simulated(7, today=TODAY, hosts=hosts, idle_hosts=0, months=1, instances_per_month=2 * hosts)
    async with FakeZoom(account, plan=None) as fake:
        pipe.send((fake.credentials, fake.base_url))
        await asyncio.to_thread(pipe.recv)


@dataclass(frozen=True, slots=True)
class Found:
    """The instances that one way finds, and its cost."""

    calls: int
    seconds: float
    uuids: frozenset[str]


async def _discover(auth: ServerToServer, base_url: str, discover: Discovery) -> Found:
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
            uuids = frozenset(str(uuid) for (uuid,) in database.execute("SELECT uuid FROM instances"))
    return Found(calls, seconds, uuids)


def discovery(hosts: int) -> dict[Discovery, Found]:
    """Find the instances of an account with so many *hosts* in both ways."""
    with other_process(_serve_account, hosts) as server:
        auth, base_url = cast("tuple[ServerToServer, str]", server.recv())
        return {way: asyncio.run(_discover(auth, base_url, way)) for way in get_args(Discovery)}


def discovery_figures(found: Mapping[Discovery, Found], *, hosts: int) -> Iterator[Figure]:
    """Yield the calls of both ways, and the instances that only one of them *found*."""
    every = frozenset[str]().union(*(each.uuids for each in found.values()))
    for way, each in found.items():
        yield Figure(
            name=f"Calls to find the instances of {hosts:,} hosts in a month, discover={way!r}",
            value=each.calls,
            unit="calls",
            note=f"{each.seconds:.1f} s at {LIMIT} per second for {len(each.uuids):,} instances",
        )
    yield Figure(
        name="Instances that only one of the two ways finds",
        value=sum(len(every - each.uuids) for each in found.values()),
        unit="instances",
        at_most=0,
        note=f"of {len(every):,}",
    )
