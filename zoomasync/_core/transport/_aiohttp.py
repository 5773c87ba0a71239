"""The transport on aiohttp.

It sends one request, reads the whole body up to a maximum size or gives it out in parts, and raises a `TransportError`
for every fault. It follows no redirects and sends no request twice.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from copy import copy

import anyio
from aiohttp import ClientSession

from ... import errors
from ...errors import ConfigError, TransportError
from ..http_messages import HttpRequest, HttpResponse
from ..proxies import EnvironmentProxies
from ._connector import connection_limit, is_instrumented, new_session
from ._exchange import Exchange
from ._pool import OpenCall, Pool
from ._responding import Responding
from ._stream import ResponseStream, run

_MAX_BODY = 32 * 1024 * 1024
_MAX_CONNECTIONS = 100


class AiohttpTransport:
    """A transport over *http_session*, or over an aiohttp session of its own.

    *timeout* is the default time limit of a response, in seconds from the moment at which its request has a connection.
    A request waits at most ten times as long for one of *max_connections*, which is the limit of *http_session* by
    default. *max_body* is the largest accepted body, in bytes. With *trust_env*, its own session takes proxies from the
    environment.
    """

    def __init__(
        self,
        http_session: ClientSession | None,
        *,
        timeout: float,
        max_connections: int | None = None,
        max_body: int = _MAX_BODY,
        trust_env: bool = False,
    ) -> None:
        self._given_session = http_session
        self._proxies = EnvironmentProxies() if trust_env else None
        self._timeout = timeout
        self._max_connections = max_connections
        self._max_body = max_body
        self._pool: Pool | None = None
        self._shared: AiohttpTransport | None = None

    def view(self) -> AiohttpTransport:
        """Return a transport that uses the connections of this one while both are open.

        It has calls of its own: to close it ends them, and no others.
        """
        view = copy(self)
        view._pool, view._shared = None, self  # noqa: SLF001  the same class
        return view

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent."""
        return self._pool is not None

    async def open(self) -> None:
        """Open the HTTP session."""
        if self._pool is not None:
            raise ConfigError("the client is already open: enter it once, and share it")
        if self._shared is not None:
            self._pool = self._shared._open_pool().view()  # noqa: SLF001  the same class
        elif self._given_session is None:
            self._pool = Pool(new_session(), self._max_connections or _MAX_CONNECTIONS)
        else:
            self._pool = Pool(self._given_session, self._max_connections or connection_limit(self._given_session))

    async def close(self) -> None:
        """End the calls in progress, and close the HTTP session that `open` made. A given session stays open."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.end_calls()
            if self._shared is None and pool.http_session is not self._given_session:
                await pool.http_session.close()

    def check_loop(self) -> None:
        """Raise `ConfigError` if the transport is open in another event loop."""
        pool = self._pool
        if pool is not None and pool.loop is not asyncio.get_running_loop() and not pool.loop.is_closed():
            raise ConfigError("the client was opened in another event loop: close it there")

    @property
    def has_http_spans(self) -> bool:
        """Whether the OpenTelemetry instrumentation of aiohttp records the requests."""
        return self._pool is not None and is_instrumented(self._pool.http_session)

    def until_closed(self) -> AbstractContextManager[None]:
        """Return the context of one call. It ends with `ConfigError` when the transport is closed."""
        return OpenCall(self._open_pool())

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return the complete response to *request*, of any status, or raise a `TransportError`."""
        exchange = self._new_exchange(request)
        try:
            await run(exchange, self._exchange)
        except TransportError as error:
            if exchange.is_error and error.max_retries != 0:
                return exchange.response()  # an error whose body broke off is still that error, unless it is too large
            raise
        return exchange.response()

    async def stream(self, request: HttpRequest) -> ResponseStream:
        """Return the response to *request* as soon as its headers have arrived, or raise a `TransportError`."""
        exchange = self._new_exchange(request)
        stream = ResponseStream(exchange, self._responding(exchange))
        try:
            await run(exchange, stream.open)
        except BaseException:
            await stream.aclose()
            raise
        return stream

    def downloads(self) -> anyio.Semaphore:
        """Return the semaphore of the downloads that may run at a time."""
        return self._open_pool().downloads

    def _new_exchange(self, request: HttpRequest) -> Exchange:
        return Exchange(request, self._open_pool(), self._timeout if request.timeout is None else request.timeout)

    def _open_pool(self) -> Pool:
        """Return the open connections, or raise `ConfigError` unless the running event loop has opened them."""
        pool = self._pool
        if pool is None:
            raise ConfigError("the client is not open: use it inside `async with Zoom(...) as zoom:`")
        if pool.loop is not asyncio.get_running_loop():
            raise ConfigError("the client was opened in another event loop: open one client per event loop")
        if pool.http_session.closed:
            raise ConfigError("http_session is closed: keep it open for as long as the client uses it")
        return pool

    async def _exchange(self, exchange: Exchange) -> None:
        """Read the whole response."""
        size = 0
        async with self._responding(exchange) as response:
            while chunk := await response.content.readany():
                size += len(chunk)
                if size > self._max_body:
                    response.close()
                    raise self._too_large(exchange)
                exchange.chunks.append(chunk)

    def _too_large(self, exchange: Exchange) -> errors.PayloadError:
        reason = f"the response is larger than {self._max_body} bytes"
        return errors.PayloadError(exchange.request.name, reason, status=exchange.status, max_retries=0)

    def _responding(self, exchange: Exchange) -> Responding:
        return Responding(exchange, self._proxies, is_own=exchange.pool.http_session is not self._given_session)
