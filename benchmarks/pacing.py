"""How much of a limit the client uses, and whether it ever breaks it.

``python benchmarks/pacing.py [--seconds 20] [--rates 0.3 1 2 ...]`` sends as much as the client lets through to a
server that refuses whatever is above R in any sliding second, from a cold start, over real HTTP, the server in a
process of its own. A violation is a refusal. The share is of R, between the first and the last arrival by the server's
clock.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
from bisect import bisect_left
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import anyio

from zoomasync import Plan, RetryPolicy, ServerToServer, Zoom, ZoomError

RATES = [0.3, 1, 2, 4, 10, 20, 30, 40, 60, 80]


@dataclass(slots=True)
class Seen:
    """What the server saw."""

    arrivals: list[float] = field(default_factory=list[float])
    refused: int = 0
    tokens: int = 0

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
        server.seen.refused, server.seen.tokens = cast("int", said["refused"]), cast("int", said["tokens"])
        await process.wait()


async def measure(rate: float, seconds: float) -> Seen:
    """Send as much as the client lets through for so many seconds."""
    async with enforcer(rate) as server:
        plan = Plan(light=rate, medium=rate, heavy=rate)
        async with Zoom(server.auth, plan=plan, base_url=server.base_url, retry=RetryPolicy(attempts=1)) as zoom:

            async def caller() -> None:
                while True:
                    try:
                        await zoom.reports.billing()
                    except ZoomError as error:
                        print(f"  {error}", file=sys.stderr)

            with anyio.move_on_after(seconds):
                async with anyio.create_task_group() as tasks:
                    for _ in range(math.ceil(rate / 4) + 4):
                        tasks.start_soon(caller)
    return server.seen


def main() -> None:
    """Measure every rate and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    options = parser.parse_args()
    print(f"{'R':>6} {'sent':>6} {'refused':>8} {'most in 1 s':>12} {'share of R':>11}")
    for rate in options.rates:
        seen = asyncio.run(measure(rate, options.seconds))
        print(
            f"{rate:>6g} {len(seen.arrivals):>6} {seen.refused:>8} {seen.most_in_any(1.0):>12} "
            f"{100 * seen.rate() / rate:>10.1f}%",
            flush=True,
        )


if __name__ == "__main__":
    main()
