"""How much of a limit the client uses, and whether it ever breaks it.

``python benchmarks/pacing.py [--seconds 20] [--rates 0.3 1 2 ...]`` sends as much as the client lets through to a
server that refuses whatever is above R in any sliding second, from a cold start, over real HTTP, the server in a
process of its own. It prints the most that the client let go in any second, the most that arrived in one by the
server's clock, the refusals, and the share of R that arrived between the first and the last. A machine that is taken
away for longer than twice the jitter makes arrivals bunch: the time that its host stole is printed too.
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
from zoomasync.rate_limits import Release
from zoomasync.rate_limits._local import LocalRateLimiter

RATES = [0.3, 1, 2, 4, 10, 20, 30, 40, 60, 80]


@dataclass(slots=True)
class Seen:
    """What the server saw."""

    arrivals: list[float] = field(default_factory=list[float])
    refused: int = 0
    token_store: int = 0

    def most_in_any(self, seconds: float) -> int:
        """Return the most arrivals in any window of so many seconds."""
        ordered = sorted(self.arrivals)
        return max((bisect_left(ordered, start + seconds) - index for index, start in enumerate(ordered)), default=0)

    def rate(self) -> float:
        """Return the arrivals a second between the first and the last."""
        ordered = sorted(self.arrivals)
        return (len(ordered) - 1) / (ordered[-1] - ordered[0]) if len(ordered) > 1 else 0.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where the enforcing server is, and what it has seen once it has stopped."""

    base_url: str
    auth: ServerToServer
    seen: Seen


@asynccontextmanager
async def enforcer(rate: float) -> AsyncGenerator[Server, None]:
    """Run the enforcing server while the block runs; `Server.seen` is filled in when it ends."""
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
    server = Server(settings["base_url"], auth, Seen())
    try:
        yield server
    finally:
        process.stdin.close()
        said = cast("dict[str, list[float]]", json.loads(await process.stdout.readline()))
        server.seen.arrivals.extend(said["arrivals"])
        server.seen.refused, server.seen.token_store = cast("int", said["refused"]), cast("int", said["tokens"])
        await process.wait()


class Stamping(LocalRateLimiter):
    """The usual budgets, which note when they let a call go."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.let_go = Seen()

    async def acquire(self, label: Label, *, urgent: bool = False) -> Release:
        """Note the moment of the release."""
        release = await super().acquire(label, urgent=urgent)
        self.let_go.arrivals.append(time.monotonic())
        return release


async def measure(rate: float, seconds: float) -> tuple[Seen, Seen]:
    """Send as much as the client lets through for so many seconds; return what it let go and what arrived."""
    async with enforcer(rate) as server:
        rate_limiter = Stamping(Plan(light=rate, medium=rate, heavy=rate))
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
    return rate_limiter.let_go, server.seen


def stolen() -> float:
    """Return the seconds that this machine's host has given to others, over all cores, or 0 where nobody tells."""
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
        f"{'R':>6} {'sent':>6} {'most let go':>12} {'most arrived':>13} {'rejected':>8} {'share of R':>11} {'stolen':>7}"
    )
    for rate in options.rates:
        stolen_before = stolen()
        let_go, seen = asyncio.run(measure(rate, options.seconds))
        print(
            f"{rate:>6g} {len(seen.arrivals):>6} {let_go.most_in_any(1.0):>12} {seen.most_in_any(1.0):>13} "
            f"{seen.refused:>8} {100 * seen.rate() / rate:>10.1f}% {stolen() - stolen_before:>6.1f}s",
            flush=True,
        )


if __name__ == "__main__":
    main()
