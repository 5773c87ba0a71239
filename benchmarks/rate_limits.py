"""The use of a rate limit by one client, violations of it, and the processor time of a permit.

Each limit R has a client and a server, in processes of their own. The client sends all that its rate limiter allows,
from a cold start and over real HTTP. The server rejects with 429 what is above R in any sliding second. If the host
stops this machine for longer than twice the latency jitter, requests arrive in bunches, so the client records when it
sends, too.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Final

import anyio

from zoomasync import Label, Plan, RetryPolicy, Zoom
from zoomasync.errors import RateLimited
from zoomasync.rate_limits import LocalRateLimiter

from .enforcer import Enforcer, Received, at_once
from .figures import Figure
from .machine import cpu_seconds
from .sends import RecordingRateLimiter, most_per_second, rate, violations

LIMITS: Final = (1, 4, 10, 20, 40, 80)
FROM_TEN: Final = 10
"""The least limit that has a target. Below it, one request more or less is a large share."""
SHARE: Final = 98.0
DISTURBED_LIMIT: Final = 40
FULL: Final = 0.95
"""The share of a limit that is the full rate again."""
UNLIMITED: Final = 10_000_000
CONTENDED: Final = 400


@dataclass(frozen=True, slots=True)
class Use:
    """The requests of one client at one *limit* per second: when it sent them, and as the server *received* them."""

    limit: int
    sent: list[float]
    received: list[Received]

    @property
    def share(self) -> float:
        """The accepted requests per second, in percent of the limit."""
        return 100 * rate(request.at for request in self.received if not request.is_rejected) / self.limit

    @property
    def rejected(self) -> int:
        """The number of 429s."""
        return sum(request.is_rejected for request in self.received)

    @property
    def most_received(self) -> int:
        """The most requests that arrived in any second."""
        return most_per_second(request.at for request in self.received)


def plan_of(limit: float) -> Plan:
    """Return a plan with the same limit per second for all labels."""
    return Plan(light=limit, medium=limit, heavy=limit)


def use(server: Enforcer, *, limit: int, seconds: float) -> Use:
    """Send for so many *seconds* all that a client may send."""
    return Use(limit, asyncio.run(_use(server, limit, seconds)), server.received())


async def _use(server: Enforcer, limit: int, seconds: float) -> list[float]:
    limiter = RecordingRateLimiter(plan_of(limit))
    retry = RetryPolicy(attempts=1)
    async with Zoom(server.auth, rate_limiter=limiter, base_url=server.base_url, retry=retry) as zoom:
        with anyio.move_on_after(seconds):
            async with anyio.create_task_group() as tasks:
                for _ in range(limit // 4 + 5):
                    tasks.start_soon(_keep_calling, zoom)
    return limiter.sent


async def _keep_calling(zoom: Zoom) -> None:
    while True:
        with suppress(RateLimited):  # the server counts it
            await zoom.reports.billing().collect()


def recovery(server: Enforcer, *, limit: int, seconds: float) -> float | None:
    """Let *server* reject all requests for two seconds; return how long the client then takes to its full rate.

    That is None if it takes more than so many *seconds*.
    """
    ended_at = asyncio.run(_recover(server, limit, seconds))
    return full_rate_after(ended_at, [each.at for each in server.received() if not each.is_rejected], limit)


async def _recover(server: Enforcer, limit: int, seconds: float) -> float:
    ended_at = 0.0
    async with Zoom(server.auth, plan=plan_of(limit), base_url=server.base_url) as zoom:
        with anyio.move_on_after(4 + seconds):
            async with anyio.create_task_group() as tasks:
                for _ in range(limit):
                    tasks.start_soon(_keep_calling, zoom)
                await anyio.sleep(2)
                server.throttle()
                await anyio.sleep(2)
                server.stop_throttling()
                ended_at = time.monotonic()
    return ended_at


def full_rate_after(moment: float, times: Iterable[float], limit: int) -> float | None:
    """Return the seconds from *moment* to the first second with the full rate in it, or None if there is none."""
    later = sorted(at for at in times if at > moment)
    first = zip(later, later[round(FULL * limit) - 1 :], strict=False)
    return next((start - moment for start, end in first if end < start + 1), None)


def share_with_cancelled(server: Enforcer, *, limit: int, seconds: float) -> float:
    """Cancel half of the callers again and again; return the share of the limit that is used, in percent."""
    asyncio.run(_cancel(server, limit, seconds))
    return Use(limit, [], server.received()).share


async def _cancel(server: Enforcer, limit: int, seconds: float) -> None:
    chance = random.Random(7)  # noqa: S311  no secret

    async def keep_cancelling(zoom: Zoom) -> None:
        while True:
            with anyio.move_on_after(chance.uniform(0, 0.5)):
                await _keep_calling(zoom)

    async with Zoom(server.auth, plan=plan_of(limit), base_url=server.base_url) as zoom:
        with anyio.move_on_after(seconds):
            async with anyio.create_task_group() as tasks:
                for number in range(limit):
                    tasks.start_soon(keep_cancelling if number % 2 else _keep_calling, zoom)


def permit_cpu(*, rounds: int, permits: int) -> list[float]:
    """Return the CPU seconds of a permit that does not wait, in each round."""

    async def acquire() -> None:
        limiter = LocalRateLimiter(plan_of(UNLIMITED))
        for _ in range(permits):
            await limiter.acquire(Label.LIGHT)

    with asyncio.Runner() as runner:
        return [cpu_seconds(lambda: runner.run(acquire())) / permits for _ in range(rounds)]


def contended_cpu(*, permits: int) -> float:
    """Return the CPU seconds of a permit for which 20 callers wait, with the timers and wake-ups of the event loop."""

    async def acquire() -> None:
        limiter, left = LocalRateLimiter(plan_of(CONTENDED)), iter(range(permits))

        async def caller() -> None:
            for _ in left:
                await limiter.acquire(Label.LIGHT)

        await asyncio.gather(*(caller() for _ in range(20)))

    return cpu_seconds(lambda: asyncio.run(acquire())) / permits


def use_figures(uses: Sequence[Use]) -> Iterator[Figure]:
    """Yield the share of each limit, and the violations of all."""
    for used in uses:
        yield Figure(
            name=f"Share of a limit of {used.limit} per second that is used",
            value=used.share,
            unit="%",
            at_least=SHARE if used.limit >= FROM_TEN else None,
            note=f"at most {most_per_second(used.sent)} sent and {used.most_received} received in any second",
        )
    sent, received = (
        sum(map(len, times)) for times in ([each.sent for each in uses], [each.received for each in uses])
    )
    yield Figure(
        name="Requests sent above the limit of any sliding second",
        value=sum(violations(each.sent, each.limit) for each in uses),
        unit="requests",
        at_most=0,
        note=f"of {sent:,}, at all these limits",
    )
    yield Figure(
        name="Requests that a server in another process rejects with 429",
        value=sum(each.rejected for each in uses),
        unit="requests",
        at_most=0,
        note=f"of {received:,}, from cold starts",
    )


def disturbed_figures(share: float | None, gaps: Sequence[float | None]) -> Iterator[Figure]:
    """Yield the *share* of a limit that cancelled callers leave, and the *gaps* after bursts of 429s.

    A gap that is None was longer than the measurement: the client had lowered its rate.
    """
    long = len([gap for gap in gaps if gap is None])
    ordered = sorted(math.inf if gap is None else gap for gap in gaps)
    typical = ordered[len(ordered) // 2]
    yield Figure(
        name="Time to the full rate after two seconds of 429s",
        value=None if math.isinf(typical) else typical,
        unit="s",
        note=f"median of {len(gaps)}, of which {long} took longer than the measurement, at a lowered rate"
        if long
        else f"median of {len(gaps)}, longest {ordered[-1]:.2f} s",
    )
    yield Figure(
        name=f"Share of a limit of {DISTURBED_LIMIT} per second, with half of the callers cancelled",
        value=share,
        unit="%",
        note="each of these again and again, after up to half a second",
    )


def permit_figure(*, quick: bool) -> Figure:
    """Return the CPU of a permit."""
    taken = permit_cpu(rounds=5 if quick else 30, permits=2_000)
    contended = contended_cpu(permits=200 if quick else 2_000)
    return Figure(
        name="CPU of a permit that does not wait",
        value=1e6 * median(taken),
        unit="µs",
        note=f"{1e6 * contended:.0f} µs if 20 callers wait at {CONTENDED} per second, timers included",
    )


def measure(*, quick: bool = False) -> Iterator[Figure]:
    """Measure all limits at once, since the clients mostly wait, then the disturbances at once, then the permits."""
    limits, seconds, times = ((10, 40), 2, 1) if quick else (LIMITS, 20, 3)
    uses = at_once([partial(use, limit=limit, seconds=seconds) for limit in limits], map(plan_of, limits))
    yield from use_figures(uses)
    disturbances: list[Callable[[Enforcer], float | None]] = [
        partial(share_with_cancelled, limit=DISTURBED_LIMIT, seconds=2 if quick else 10),
        *[partial(recovery, limit=DISTURBED_LIMIT, seconds=2 if quick else 5)] * times,
    ]
    share, *gaps = at_once(disturbances, [plan_of(DISTURBED_LIMIT)] * len(disturbances))
    yield from disturbed_figures(share, gaps)
    yield permit_figure(quick=quick)
