"""What disturbances cost: a burst of refusals, and callers who give up.

``python benchmarks/disturbed.py`` runs a client at 40 requests a second against an enforcing server on this machine.
The server refuses everything for two seconds, and the script says how long after that requests go through again at the
full rate; then it cancels half of those who wait, all the time, and says how much of the rate is kept.
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
    """Call one after another."""
    while True:
        await zoom.reports.billing()


async def recovery() -> float:
    """Return the seconds from the end of the refusals until a full second's worth of requests has begun."""
    async with FakeZoom(Account(), plan=PLAN) as fake, fake.client() as zoom:
        healed = 0.0
        with anyio.move_on_after(9):
            async with anyio.create_task_group() as tasks:
                for _ in range(RATE):
                    tasks.start_soon(keep_calling, zoom)
                await anyio.sleep(2)
                fake.throttle(ROUTE, times=10**6)
                await anyio.sleep(2)
                fake.clear_responses()
                healed = time.monotonic()
        calls = [request.at for request in fake.requests if request.label and request.at > healed]
    full = next(at for at in calls if len([other for other in calls if at <= other < at + 1]) >= 0.95 * RATE)
    return full - healed


async def cancelled() -> tuple[float, int]:
    """Return the share of the rate that is kept while half of the callers give up, and the refusals."""
    async with FakeZoom(Account(), plan=PLAN) as fake, fake.client() as zoom:
        chance = random.Random(7)  # noqa: S311  a benchmark's dice

        async def impatient(zoom: Zoom) -> None:
            while True:
                with anyio.move_on_after(chance.uniform(0, 0.5)):
                    await keep_calling(zoom)

        with anyio.move_on_after(10):
            async with anyio.create_task_group() as tasks:
                for number in range(RATE):
                    tasks.start_soon(impatient if number % 2 else keep_calling, zoom)
        calls = [request.at for request in fake.requests if request.label]
        refused = sum(request.status == 429 for request in fake.requests)  # noqa: PLR2004
    return (len(calls) - 1) / (calls[-1] - calls[0]) / RATE, refused


def main() -> None:
    """Run both and print what came of them."""
    started = time.monotonic()
    gaps = [asyncio.run(recovery()) for _ in range(3)]
    print(
        f"after two seconds of refusals: {median(gaps):.2f} s to the full rate (median of 3, worst {max(gaps):.2f} s)"
    )
    share, refused = asyncio.run(cancelled())
    print(f"with half of the callers giving up: {100 * share:.1f} % of the rate, {refused} refusals")
    print(f"({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    main()
