"""A client that is entered twice, closed while calls are in progress, or used in another event loop."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiohttp import ClientSession, TCPConnector, web
from support.server import Conversation, saying, serving, talking

from zoomasync import Label, Plan, RetryPolicy, ServerToServer, StaticToken, Zoom
from zoomasync.auth import MemoryTokenStore
from zoomasync.errors import ConfigError, OutcomeUnknown, TransportError, ZoomError
from zoomasync.rate_limits import LocalRateLimiter

PATIENT = RetryPolicy(base=1000.0, cap=1000.0, random=lambda: 1.0)


async def _respond(_: web.BaseRequest) -> web.Response:
    return web.json_response({"access_token": "token"})


async def _be_silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    while await reader.read(1000):
        pass


async def _begin_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    await reader.read()


CONVERSATIONS: dict[str, Conversation] = {"body": _begin_body, "retry": saying(b"")}
PHASES = ("token", "permit", "handshake", "response", "body", "retry")


def _get(zoom: Zoom) -> Awaitable[object]:
    return zoom.request("GET", "/rows", label=Label.LIGHT)


@asynccontextmanager
async def _client_in(phase: str, *, is_given: bool = False) -> AsyncGenerator[Zoom, None]:
    """Yield a client with one connection, whose first call does not leave *phase*."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(talking(CONVERSATIONS.get(phase, _be_silent)))
        limiter = LocalRateLimiter(Plan.PRO)
        if phase == "permit":
            await limiter.on_rate_limited(Label.LIGHT, 60)
        http_session = ClientSession(connector=TCPConnector(limit=1)) if is_given else None
        if http_session is not None:
            stack.push_async_callback(http_session.close)
        zoom = Zoom(
            ServerToServer("account", "client", "secret", token_url=url) if phase == "token" else StaticToken("token"),
            base_url=url.replace("http:", "https:") if phase == "handshake" else url,
            rate_limiter=limiter,
            retry=PATIENT,
            http_session=http_session,
            max_connections=None if is_given else 1,
        )
        yield await stack.enter_async_context(zoom)


async def test_client_entered_twice_raises() -> None:
    """Entering an open client raises an error, and the client of the outer block stays open."""
    async with serving(_respond) as url, Zoom(StaticToken("token"), base_url=url) as zoom:
        with pytest.raises(ConfigError, match="already open"):
            await zoom.__aenter__()
        await _get(zoom)
    gc.collect()  # an HTTP session that was not closed would warn


async def test_closed_client_reopens() -> None:
    async with serving(_respond) as url:
        zoom = Zoom(StaticToken("token"), base_url=url)
        for _ in range(2):
            async with zoom:
                await _get(zoom)
            with pytest.raises(ConfigError, match="not open"):
                await _get(zoom)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("is_given", [False, True], ids=["own session", "given session"])
async def test_close_ends_calls(phase: str, *, is_given: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Closing ends each call at once, wherever it waits, with an error that says so, and without a warning."""
    async with _client_in(phase, is_given=is_given) as zoom:
        first = asyncio.create_task(zoom.request("GET", "/rows", label=Label.LIGHT))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(zoom.request("GET", "/rows", label=Label.LIGHT)) for _ in range(3)]
        await asyncio.sleep(0.05)

        await zoom.aclose()
        await zoom.aclose()

        async with asyncio.timeout(10):
            outcomes = await asyncio.gather(first, *others, return_exceptions=True)
    gc.collect()

    # A given session does not report when a request has its connection.
    may_be_sent = phase in {"response", "body"} or (phase == "handshake" and is_given)
    assert isinstance(outcomes[0], TransportError if may_be_sent else ConfigError)
    assert all(isinstance(outcome, ZoomError) and "the client was closed" in str(outcome) for outcome in outcomes)
    assert caplog.records == []


@pytest.mark.parametrize(("phase", "status"), [("response", None), ("body", 201)])
async def test_close_leaves_write_unknown(phase: str, status: int | None) -> None:
    """Zoom may have carried out a POST that was sent before the client was closed."""
    async with _client_in(phase) as zoom:
        call = asyncio.create_task(zoom.request("POST", "/rows", label=Label.LIGHT))
        await asyncio.sleep(0.05)

        await zoom.aclose()

        with pytest.raises(OutcomeUnknown, match="the client was closed before the response was complete") as caught:
            await call
    assert caught.value.status == status


async def test_close_waits_for_shared_token() -> None:
    """A token that the store is to get is not lost. The call that waited for it ends with the client."""
    answer, closed = asyncio.Event(), asyncio.Event()

    async def respond(request: web.BaseRequest) -> web.Response:
        await (answer if request.path == "/token" else closed).wait()
        return web.json_response({"access_token": "token"})

    store = MemoryTokenStore()
    async with serving(respond) as url:
        auth = ServerToServer("account", "client", "secret", token_url=f"{url}/token")
        async with Zoom(auth, base_url=url, token_store=store) as zoom:
            call = asyncio.create_task(zoom.request("GET", "/rows", label=Label.LIGHT))
            await asyncio.sleep(0.05)
            closing = asyncio.create_task(zoom.aclose())
            await asyncio.sleep(0.05)
            assert not closing.done()
            answer.set()
            await closing
            closed.set()

        with pytest.raises(ZoomError, match="the client was closed"):
            await call
    stored = await store.read(auth.store_key)
    assert stored is not None
    assert b"token" in stored


async def test_close_keeps_cancellation() -> None:
    """A call that is cancelled when the client is closed ends as cancelled."""
    async with _client_in("response") as zoom:
        call = asyncio.create_task(zoom.request("GET", "/rows", label=Label.LIGHT))
        await asyncio.sleep(0.05)

        call.cancel()
        await zoom.aclose()

        with pytest.raises(asyncio.CancelledError):
            await call


async def _in_another_loop(work: Awaitable[object]) -> object:
    """Await *work* in an event loop in another thread."""

    async def run() -> object:
        return await work

    async with asyncio.timeout(10):
        return await asyncio.to_thread(asyncio.run, run())


@pytest.mark.parametrize("phase", ["none", *PHASES])
async def test_call_in_another_loop_raises(phase: str) -> None:
    """A call in another loop raises at once, wherever the calls of the right loop wait."""
    async with _client_in(phase) as zoom:
        call = asyncio.create_task(zoom.request("GET", "/rows", label=Label.LIGHT))
        await asyncio.sleep(0.05)

        with pytest.raises(ConfigError, match="another event loop"):
            await _in_another_loop(_get(zoom))

        assert not call.done()
        call.cancel()
        await asyncio.wait([call])


async def test_right_loop_unharmed_by_other() -> None:
    """After calls in another loop, the queue and the token of the right loop work as before."""
    plan = Plan(light=5, medium=1, heavy=1)
    async with serving(_respond) as url:
        auth = ServerToServer("account", "client", "secret", token_url=url)
        async with Zoom(auth, base_url=url, plan=plan) as zoom:
            calls = [asyncio.create_task(zoom.request("GET", "/rows", label=Label.LIGHT)) for _ in range(8)]
            for _ in range(3):
                with pytest.raises(ConfigError, match="another event loop"):
                    await _in_another_loop(_get(zoom))
            async with asyncio.timeout(30):
                await asyncio.gather(*calls, _get(zoom))

            assert zoom.stats["GET /rows"].calls == 9


@pytest.mark.parametrize("phase", PHASES)
async def test_close_in_another_loop_raises(phase: str) -> None:
    """The client stays open, and its calls continue, when another loop tries to close it."""
    async with _client_in(phase) as zoom:
        call = asyncio.create_task(zoom.request("GET", "/rows", label=Label.LIGHT))
        await asyncio.sleep(0.05)

        with pytest.raises(ConfigError, match="another event loop: close it there"):
            await _in_another_loop(zoom.aclose())

        await asyncio.sleep(0.05)
        assert not call.done()
        call.cancel()
        await asyncio.wait([call])


def test_close_after_end_of_loop() -> None:
    """A client whose event loop has ended can be closed, and opened again, in another."""
    zoom = Zoom(StaticToken("token"), base_url="http://127.0.0.1:1")
    asyncio.run(zoom.__aenter__())

    asyncio.run(zoom.aclose())

    asyncio.run(zoom.__aenter__())
    asyncio.run(zoom.aclose())
    gc.collect()
