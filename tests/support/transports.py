"""The HTTP transport, open, and requests with a token that no error may show."""

from __future__ import annotations

import socket
import traceback
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession

from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.transport import AiohttpTransport
from zoomasync.errors import TransportError

CANARY = "canary-token"
CALL = "GET /rows"


def request_to(url: str, *, method: str = "GET", body: bytes | None = None) -> HttpRequest:
    headers = {"Authorization": f"Bearer {CANARY}"}
    return HttpRequest(name=CALL, method=method, url=url, headers=headers, body=body)


@asynccontextmanager
async def opened(
    http_session: ClientSession | None = None,
    *,
    seconds: float = 5.0,
    max_body: int = 1_000_000,
    max_connections: int | None = None,
    trust_env: bool = False,
) -> AsyncGenerator[AiohttpTransport, None]:
    transport = AiohttpTransport(
        http_session, timeout=seconds, max_body=max_body, max_connections=max_connections, trust_env=trust_env
    )
    await transport.open()
    try:
        yield transport
    finally:
        await transport.close()


async def send_to(
    url: str, *, seconds: float = 5.0, max_body: int = 1_000_000, body: bytes | None = None
) -> HttpResponse:
    async with opened(seconds=seconds, max_body=max_body) as transport:
        return await transport.send(request_to(url, body=body, method="GET" if body is None else "POST"))


async def failure_of(transport: AiohttpTransport, url: str) -> TransportError:
    """Return the error of a GET. Its traceback, cause and context must not contain the token."""
    with pytest.raises(TransportError) as caught:
        await transport.send(request_to(url))
    assert CANARY not in traceback_of(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


async def failure_at(url: str, *, seconds: float = 5.0, max_body: int = 1_000_000) -> TransportError:
    """Return the error of a GET by a transport of its own."""
    async with opened(seconds=seconds, max_body=max_body) as transport:
        return await failure_of(transport, url)


def traceback_of(error: BaseException) -> str:
    """Return the traceback of *error* with the values of all variables, as error reports of production show it."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
