"""Throughput after a burst of 429s, and with many cancelled callers.

``python benchmarks/disturbed.py`` runs a client at 40 requests per second against a server on this machine that
enforces that limit. First the server answers every request with 429 for two seconds, and the script prints the time
until the client is back at its full rate. Then half of the callers are cancelled again and again, and the script prints
the share of the rate that remains.
"""

from __future__ import annotations

import asyncio
import random
import time
from statistics import median

import anyio

from zoomasync import Plan, Zoom
from zoomasync.testing import Account, FakeZoom

RATE = 40
ROUTE = "GET /report/billing"
PLAN = Plan(light=RATE, medium=RATE, heavy=RATE)


async def keep_calling(zoom: Zoom) -> None:
    """Send one call after another."""
    while True:
        await zoom.reports.billing().collect()


async def recovery() -> float:
    """Return the seconds from the last 429 to the first second that is at the full rate."""
    async with FakeZoom(Account(), plan=PLAN) as fake, fake.client() as zoom:
        ended_at = 0.0
        with anyio.move_on_after(9):
            async with anyio.create_task_group() as tasks:
                for _ in range(RATE):
                    tasks.start_soon(keep_calling, zoom)
                await anyio.sleep(2)
                fake.throttle(ROUTE, times=10**6)
                await anyio.sleep(2)
                fake.clear_responses()
                ended_at = time.monotonic()
        calls = [request.at for request in fake.requests if request.label and request.at > ended_at]
    full = next(at for at in calls if len([other for other in calls if at <= other < at + 1]) >= 0.95 * RATE)
    return full - ended_at


async def cancelled() -> tuple[float, int]:
    """Return the share of the rate that remains while half of the callers are cancelled, and the number of 429s."""
    async with FakeZoom(Account(), plan=PLAN) as fake, fake.client() as zoom:
        chance = random.Random(7)  # noqa: S311  no secret

        async def keep_cancelling(zoom: Zoom) -> None:
            while True:
                with anyio.move_on_after(chance.uniform(0, 0.5)):
                    await keep_calling(zoom)

        with anyio.move_on_after(10):
            async with anyio.create_task_group() as tasks:
                for number in range(RATE):
                    tasks.start_soon(keep_cancelling if number % 2 else keep_calling, zoom)
        calls = [request.at for request in fake.requests if request.label]
        rejected = sum(request.status == 429 for request in fake.requests)  # noqa: PLR2004
    return (len(calls) - 1) / (calls[-1] - calls[0]) / RATE, rejected


def main() -> None:
    """Run both and print the results."""
    started = time.monotonic()
    gaps = [asyncio.run(recovery()) for _ in range(3)]
    print(f"after two seconds of 429s: {median(gaps):.2f} s to the full rate (median of 3, worst {max(gaps):.2f} s)")
    share, rejected = asyncio.run(cancelled())
    print(f"with half of the callers cancelled: {100 * share:.1f} % of the rate, {rejected} answers with 429")
    print(f"({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    main()
