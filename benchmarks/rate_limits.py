"""Use of a rate limit by one client, and violations of it.

``python benchmarks/rate_limits.py [--seconds 20] [--rates 0.3 1 2 ...]`` sends as many requests as the client allows,
from a cold start and over real HTTP, to a server in another process that rejects requests above R in any second. For
each R it prints the most requests that the client sent in any second, the most that arrived in one, the number of 429s,
and the share of R that arrived between the first and the last request. If the host stops this machine for longer than
twice the latency jitter, arrivals bunch; so the time that the host took away is printed too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import time
from bisect import bisect_left
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import anyio

from zoomasync import Label, Plan, RetryPolicy, ServerToServer, Zoom, ZoomError
from zoomasync.rate_limits import LocalRateLimiter, Permit

RATES = [0.3, 1, 2, 4, 10, 20, 30, 40, 60, 80]


@dataclass(slots=True)
class Sends:
    """The times of requests, as one side counts them."""

    arrivals: list[float] = field(default_factory=list[float])
    rejected: int = 0

    def most_in_any(self, seconds: float) -> int:
        """Return the most requests in any window of so many seconds."""
        ordered = sorted(self.arrivals)
        return max((bisect_left(ordered, start + seconds) - index for index, start in enumerate(ordered)), default=0)

    def rate(self) -> float:
        """Return the requests per second between the first and the last."""
        ordered = sorted(self.arrivals)
        return (len(ordered) - 1) / (ordered[-1] - ordered[0]) if len(ordered) > 1 else 0.0


@dataclass(frozen=True, slots=True)
class Server:
    """The enforcing server, and the requests that it received once it has stopped."""

    base_url: str
    auth: ServerToServer
    received: Sends


@asynccontextmanager
async def enforcer(rate: float) -> AsyncGenerator[Server, None]:
    """Run the enforcing server while the block runs. `Server.received` is complete when the block has ended."""
    script = Path(__file__).with_name("enforcer.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        str(rate),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**26,
    )
    assert process.stdin
    assert process.stdout
    settings = json.loads(await process.stdout.readline())
    account_id, client_id, client_secret = settings["credentials"]
    auth = ServerToServer(account_id, client_id, client_secret, token_url=settings["token_url"])
    server = Server(settings["base_url"], auth, Sends())
    try:
        yield server
    finally:
        process.stdin.close()
        result = cast("dict[str, list[float]]", json.loads(await process.stdout.readline()))
        server.received.arrivals.extend(result["arrivals"])
        server.received.rejected = cast("int", result["rejected"])
        await process.wait()


class RecordingRateLimiter(LocalRateLimiter):
    """A rate limiter that records when it grants permits."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.granted = Sends()

    async def acquire(self, label: Label, *, priority: bool = False, max_wait: float | None = None) -> Permit:
        """Record the time of the permit."""
        permit = await super().acquire(label, priority=priority, max_wait=max_wait)
        self.granted.arrivals.append(time.monotonic())
        return permit


async def measure(rate: float, seconds: float) -> tuple[Sends, Sends]:
    """Send as much as the client allows for so many seconds; return its permits and the arrivals."""
    async with enforcer(rate) as server:
        rate_limiter = RecordingRateLimiter(Plan(light=rate, medium=rate, heavy=rate))
        retry = RetryPolicy(attempts=1)
        async with Zoom(server.auth, rate_limiter=rate_limiter, base_url=server.base_url, retry=retry) as zoom:

            async def caller() -> None:
                while True:
                    try:
                        async for _ in zoom.reports.billing():
                            pass
                    except ZoomError as error:
                        print(f"  {error}", file=sys.stderr)

            with anyio.move_on_after(seconds):
                async with anyio.create_task_group() as tasks:
                    for _ in range(math.ceil(rate / 4) + 4):
                        tasks.start_soon(caller)
    return rate_limiter.granted, server.received


def stolen() -> float:
    """Return the seconds of all cores that the host has given to other machines, or 0 if that is unknown."""
    try:
        return int(Path("/proc/stat").read_text(encoding="ascii").split()[8]) / 100
    except (OSError, IndexError, ValueError):
        return 0.0


def main() -> None:
    """Measure every rate and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    options = parser.parse_args()
    print(
        f"{'R':>6} {'sent':>6} {'most sent':>12} {'most arrived':>13} {'rejected':>8} {'share of R':>11} {'stolen':>7}"
    )
    for rate in options.rates:
        stolen_before = stolen()
        granted, received = asyncio.run(measure(rate, options.seconds))
        print(
            f"{rate:>6g} {len(received.arrivals):>6} {granted.most_in_any(1.0):>12} {received.most_in_any(1.0):>13} "
            f"{received.rejected:>8} {100 * received.rate() / rate:>10.1f}% {stolen() - stolen_before:>6.1f}s",
            flush=True,
        )


if __name__ == "__main__":
    main()
