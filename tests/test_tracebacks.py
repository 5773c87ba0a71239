"""Tracebacks with the values of all variables, as error reports show them, hold no secret, body or URL."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

import anyio
import pytest
from msgspec.structs import replace
from support.server import Conversation, saying, talking
from support.transports import CANARY, opened, request_to, traceback_of

from zoomasync import Label, Plan, RetryPolicy, ServerToServer, StaticToken, Zoom
from zoomasync.rate_limits import LocalRateLimiter
from zoomasync.types import Api

SECRET = "canary-secret"
BODY = {"email": "jill@northpier.example"}
HIDDEN = (
    CANARY,
    SECRET,
    base64.b64encode(f"client:{SECRET}".encode()).decode(),
    "/rows/canary-id",
    '"jill@northpier.example"',  # as JSON
)
TOKEN_RESPONSE = b'HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n{"access_token":"canary-token"}'


async def _be_silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    while await reader.read(1000):
        pass


async def _begin_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"access_token":"canary-token"')
    await writer.drain()
    await reader.read()


async def _issue_a_token(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Issue an access token, and do not respond to anything else."""
    await saying(TOKEN_RESPONSE)(reader, writer)
    await reader.read()


CONVERSATIONS: dict[str, Conversation] = {
    "body": _begin_body,
    "token body": _begin_body,
    "response after token": _issue_a_token,
    "retry": saying(b"HTTP/1.1 503 X\r\nRetry-After: 50\r\nContent-Length: 0\r\n\r\n"),
}
PHASES = (
    "token handshake",
    "token response",
    "token body",
    "permit",
    "pool",
    "handshake",
    "response",
    "response after token",
    "body",
    "retry",
)


@asynccontextmanager
async def _client_in(phase: str) -> AsyncGenerator[Zoom, None]:
    """Yield a client with one connection, whose calls do not leave *phase*."""
    limiter = LocalRateLimiter(Plan.PRO)
    if phase == "permit":
        await limiter.on_rate_limited(Label.LIGHT, 60)
    async with talking(CONVERSATIONS.get(phase, _be_silent)) as url:
        secure = url.replace("http:", "https:")
        app = ServerToServer("account", "client", SECRET, token_url=secure if phase == "token handshake" else url)
        async with Zoom(
            app if "token" in phase else StaticToken(CANARY),
            base_url=secure if phase == "handshake" else url,
            rate_limiter=limiter,
            max_connections=1,
        ) as zoom:
            first = asyncio.create_task(_call(zoom)) if phase == "pool" else None
            await asyncio.sleep(0.05)
            yield zoom
            if first is not None:
                first.cancel()
                await asyncio.wait([first])


async def _call(zoom: Api) -> None:
    await zoom.request("POST", "/rows/{rowId}", "canary-id", label=Label.LIGHT, body=BODY)


async def _fail_after(zoom: Zoom) -> None:
    with anyio.fail_after(0.05):
        await _call(zoom)


async def _asyncio_timeout(zoom: Zoom) -> None:
    async with asyncio.timeout(0.05):
        await _call(zoom)


async def _wait_for(zoom: Zoom) -> None:
    await asyncio.wait_for(_call(zoom), 0.05)


async def _cancel(zoom: Zoom) -> None:
    call = asyncio.create_task(_call(zoom))
    await asyncio.sleep(0.05)
    call.cancel()
    await call


async def _fail_in_group(zoom: Zoom) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(_call, zoom)
        await asyncio.sleep(0.05)
        raise RuntimeError


async def _close(zoom: Zoom) -> None:
    call = asyncio.create_task(_call(zoom))
    await asyncio.sleep(0.05)
    await zoom.aclose()
    await call


async def _client_timeout(zoom: Zoom) -> None:
    with anyio.fail_after(1):
        await _call(zoom.with_options(timeout=0.01, retry=RetryPolicy(attempts=1)))


@pytest.mark.parametrize(
    "end", [_fail_after, _asyncio_timeout, _wait_for, _cancel, _fail_in_group, _close, _client_timeout]
)
@pytest.mark.parametrize("phase", PHASES)
async def test_ended_call_hides_secrets(phase: str, end: Callable[[Zoom], Awaitable[None]]) -> None:
    """However a call ends, and wherever it waited, the traceback shows no secret."""
    async with _client_in(phase) as zoom:
        with pytest.raises(BaseException) as caught:  # noqa: PT011  each ending raises another
            await end(zoom)

    report = traceback_of(caught.value)
    assert [text for text in HIDDEN if text in report] == []


async def test_unexpected_error_hides_secrets() -> None:
    """An error that the transport does not expect shows no secret either."""
    async with talking(_be_silent) as url, opened() as transport:
        request = request_to(url)
        request = replace(request, headers={**request.headers, "X": cast("str", 5)})
        with pytest.raises(TypeError) as caught:
            await transport.send(request)

    assert CANARY not in traceback_of(caught.value)


async def test_context_of_caller_is_kept() -> None:
    """A call that is cancelled while its caller handles an error keeps that error as its context."""

    async def call_in_handler() -> None:
        try:
            int("")
        except ValueError:
            async with asyncio.timeout(0.05):
                await transport.send(request_to(url))

    async with talking(_be_silent) as url, opened() as transport:
        with pytest.raises(TimeoutError) as caught:
            await call_in_handler()

    cancelled = caught.value.__cause__
    assert cancelled is not None
    assert isinstance(cancelled.__context__, ValueError)
