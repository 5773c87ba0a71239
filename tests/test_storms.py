"""Storms: every response is an error for some time, and many callers continue to call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from support.clock import in_virtual_time
from support.memory import LIST_ROWS, MemoryTransport, error_body, open_session, response
from support.server import talking
from support.storm import Storm

from zoomasync import Label, Plan, RetryPolicy, StaticToken, Zoom, ZoomError
from zoomasync._core.http_messages import HttpResponse

CALLERS = 64
ALLOWANCE = 100
PER_SECOND = error_body(429, "You have reached the maximum per-second rate limit")
RATE_LIMITED = pytest.mark.parametrize(
    "during",
    [response(429, PER_SECOND), response(429), response(429, PER_SECOND, {"Retry-After": "1"})],
    ids=["no Retry-After", "no body", "Retry-After"],
)


async def _call_until(is_over: Callable[[], bool], call: Callable[[], Awaitable[object]]) -> None:
    """Run all callers until *is_over*; each calls again after an error."""

    async def caller() -> None:
        while not is_over():
            try:
                await call()
            except ZoomError:
                await asyncio.sleep(0)

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


@RATE_LIMITED
@in_virtual_time
async def test_429_storm_is_bounded(during: HttpResponse) -> None:
    """In thirty seconds of 429s, a client sends few requests more than succeed."""
    storm = Storm(during, begins=3, ends=33)
    session = open_session(MemoryTransport(storm.app))

    await _call_until(lambda: storm.now > storm.ends + 5, lambda: session.send(LIST_ROWS.at()))

    assert 10 < len(storm.sends) <= 1.1 * storm.successes_during + ALLOWANCE
    assert max(storm.successes) > storm.ends


async def _client_meets(storm: Storm) -> None:
    """Call through the whole client, over real connections, until *storm* is over."""
    plan, retry = Plan(light=200, medium=200, heavy=200), RetryPolicy(base=0.01)
    async with talking(storm.talk) as url, Zoom(StaticToken("t"), plan=plan, base_url=url, retry=retry) as zoom:
        quick = zoom.with_options(outage_wait=0.5)
        await _call_until(lambda: storm.is_over, lambda: quick.request("GET", "/rows", label=Label.HEAVY))
        await zoom.with_options(outage_wait=60).request("GET", "/rows", label=Label.HEAVY)


@RATE_LIMITED
async def test_client_bounds_429_storm(during: HttpResponse) -> None:
    """The whole client keeps the bound over real connections too."""
    storm = Storm(during, begins=0.5, ends=2.5)

    await _client_meets(storm)

    assert 1 <= len(storm.sends) <= 1.1 * storm.successes_during + ALLOWANCE
    assert storm.successes[-1] > storm.ends


@pytest.mark.parametrize(
    "during",
    [response(503), response(502, b"<html>Bad Gateway</html>"), response(500, error_body(500, "Internal error."))],
    ids=["503", "502", "500"],
)
async def test_client_bounds_503_storm(during: HttpResponse) -> None:
    """While every response is an error of the server, the client sends probes only, and recovers."""
    storm = Storm(during, begins=0.5, ends=2.5)

    await _client_meets(storm)

    assert 10 <= len(storm.sends) <= 1.1 * storm.successes_during + ALLOWANCE
    assert storm.successes[-1] > storm.ends
