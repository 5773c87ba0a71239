"""The cost of calls as counts, which a busy machine does not change.

They are objects alive per key, calls of functions, and sockets opened.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager

import pytest
from aiohttp import web
from msgspec import Struct
from support.profiles import calls_of, counted_calls
from support.server import serving

from zoomasync import Plan, StaticToken, Zoom, fan_out
from zoomasync._core.request_body import encode
from zoomasync.models import NewMeeting, NewRegistrant

UNLIMITED = Plan(light=10_000, medium=10_000, heavy=10_000)
UUID = "4444AAAiAAAAAiAiAiiAii=="
PAGES = 40


@asynccontextmanager
async def client(*, seconds: float = 0.0) -> AsyncGenerator[tuple[Zoom, set[object]], None]:
    """Open a client, and yield it with the sockets that its server has accepted.

    A list of participants has `PAGES` pages. A response takes so many *seconds*.
    """
    sockets = set[object]()

    async def app(request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        sockets.add(request.transport.get_extra_info("peername"))
        await asyncio.sleep(seconds)
        if not request.path.endswith("/participants"):
            return web.json_response({"uuid": UUID, "id": 84_000_000_001})
        page = int(request.query.get("next_page_token", 1))
        token = str(page + 1) if page < PAGES else ""
        return web.json_response({"next_page_token": token, "participants": [{"name": f"Guest {page}"}]})

    async with serving(app) as url, Zoom(StaticToken("token"), plan=UNLIMITED, base_url=url) as zoom:
        yield zoom, sockets


@pytest.fixture
def _new_objects_only() -> Iterator[None]:
    """Leave out of `gc.get_objects` all objects that are older than a test."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


async def most_objects(function: Callable[[int], Awaitable[object]], keys: int, *, workers: int, every: int) -> int:
    """Return the most objects that a fan-out over so many *keys* keeps alive, counted after *every* few outcomes."""
    before, most, number = _objects(), 0, 0
    async with fan_out(function, range(1, keys + 1), workers=workers) as outcomes:
        async for _ in outcomes:
            number += 1
            if number % every == 0:
                most = max(most, _objects() - before)
    assert number == keys
    return most


def _objects() -> int:
    gc.collect()
    return len(gc.get_objects())


@pytest.mark.usefixtures("_new_objects_only")
async def test_objects_per_key() -> None:
    """A fan-out keeps some 30 objects per worker alive, and none per key."""

    async def call(key: int) -> list[int]:
        await asyncio.sleep(0)
        return [key]

    few = await most_objects(call, 1_000, workers=64, every=100)
    many = await most_objects(call, 10_000, workers=64, every=1_000)

    assert many < few + 64
    assert many < 64 * 40


@pytest.mark.usefixtures("_new_objects_only")
async def test_objects_per_call() -> None:
    """A call keeps less than 200 objects alive while it is in progress, its server included, and none afterwards."""
    async with client() as (zoom, _):
        await most_objects(zoom.reports.meeting, 100, workers=16, every=20)
        before = _objects()
        most = await most_objects(zoom.reports.meeting, 500, workers=16, every=50)
        after = _objects()

    assert most < 16 * 200
    assert after < before + 250  # a connection more has some objects; one object per call would be 500


@pytest.mark.parametrize(
    ("body", "most"),
    [
        (NewMeeting(topic="Weekly round", duration=60), 100),
        (NewRegistrant(email="ada@northpier.example", first_name="Ada"), 100),
    ],
    ids=["NewMeeting", "NewRegistrant"],
)
def test_calls_per_body(body: Struct, most: int) -> None:
    """A request body is encoded in few calls of functions once the first one of its type was."""
    encode(body)

    with counted_calls() as calls:
        encode(body)

    assert calls.total() <= most


async def test_calls_per_request() -> None:
    """A request makes about a hundred calls of this package's functions, and needs neither aiolimiter nor a task."""
    async with client() as (zoom, _):

        async def fetch() -> object:
            return await zoom.meetings.get(84_000_000_001)

        await fetch()
        with counted_calls() as calls:
            await fetch()

    assert calls_of("zoomasync", calls) <= 105
    assert calls_of("aiolimiter", calls) == 0


async def test_calls_per_page() -> None:
    """A page of a listing makes few more calls than a single object, however many rows it has."""
    async with client() as (zoom, _):
        listing = zoom.reports.meeting_participants(UUID)

        async def read() -> None:
            async with aclosing(listing.pages()) as pages:
                async for _ in pages:
                    break

        await read()
        with counted_calls() as calls:
            await read()

    assert calls_of("zoomasync", calls) <= 120
    assert calls_of("aiolimiter", calls) == 0


@pytest.mark.parametrize("at_once", [1, 8])
async def test_sockets_of_calls(at_once: int) -> None:
    """Any number of calls opens a socket for each call in progress, and no more."""
    async with client(seconds=0.01) as (zoom, sockets):
        await fan_out(zoom.reports.meeting, range(1, 61), workers=at_once).collect()

    assert len(sockets) == at_once


async def test_sockets_of_pages() -> None:
    """A listing opens one socket for all its pages."""
    async with client() as (zoom, sockets):
        people = await zoom.reports.meeting_participants(UUID).collect()

    assert [person.name for person in people] == [f"Guest {page}" for page in range(1, PAGES + 1)]
    assert len(sockets) == 1
