"""The HTTP transport on aiohttp.

It sends one request, reads the whole body up to a maximum size, and raises a `TransportError` for every fault. It
follows no redirects and sends no request twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

import aiohttp
from aiohttp import ClientSession
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from .. import errors
from ..errors import ConfigError, TransportError
from .http_messages import HttpRequest, HttpResponse
from .proxies import EnvironmentProxies

__all__ = ["AiohttpTransport", "ClientSession", "Transport"]

_MAX_BODY = 32 * 1024 * 1024
_CONNECT_SECONDS = 10.0


class Transport(Protocol):
    """Anything that sends a request and returns the response, or raises a `TransportError`."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send *request* and return the complete response."""
        ...


class AiohttpTransport:
    """A transport over *http_session*, or over an aiohttp session of its own.

    *timeout* is the default time limit of a request, in seconds. *max_body* is the largest accepted body, in bytes.
    With *trust_env*, its own session takes proxies from the environment.
    """

    def __init__(
        self, http_session: ClientSession | None, *, timeout: float, max_body: int = _MAX_BODY, trust_env: bool = False
    ) -> None:
        self._given_session = http_session
        self._proxies = EnvironmentProxies() if trust_env else None
        self._http_session: ClientSession | None = None
        self._timeout = _timeout(timeout)
        self._max_body = max_body
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        """Open the HTTP session."""
        if self._http_session is not None:
            raise ConfigError("the client is already open")
        self._loop = asyncio.get_running_loop()
        self._http_session = self._given_session or _new_session()

    async def close(self) -> None:
        """Close the HTTP session that `open` made. A session that was given stays open."""
        http_session, self._http_session = self._http_session, None
        if http_session is not None and http_session is not self._given_session:
            await http_session.close()

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return the complete response to *request*, of any status, or raise a `TransportError`."""
        http_session = self._http_session
        if http_session is None:
            raise ConfigError("the client is not open: use it inside `async with Zoom(...) as zoom:`")
        if http_session.closed:
            raise ConfigError("http_session is closed: keep it open for as long as the client uses it")
        if asyncio.get_running_loop() is not self._loop:
            raise ConfigError("the client was opened in another event loop: open one client per event loop")
        wait = _ConnectionWait(request.mark_sent)
        context = _current_wait.set(wait)
        try:
            return await self._exchange(http_session, request, wait)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # Only the client's own connector reports when a request has its connection.
            is_unsent = isinstance(error, TimeoutError) and http_session is not self._given_session and not wait.is_over
            failure = _no_connection(request.name) if is_unsent else _translate(request.name, error)
        finally:
            _current_wait.reset(context)
        # Raised outside the handler, without a cause: aiohttp's exceptions hold the request with its token.
        raise failure

    async def _exchange(self, http_session: ClientSession, request: HttpRequest, wait: _ConnectionWait) -> HttpResponse:
        async with http_session.request(
            request.method,
            URL(request.url, encoded=True),
            headers=request.headers,
            data=request.body,
            timeout=self._timeout if request.timeout is None else _timeout(request.timeout),
            allow_redirects=False,
            # aiohttp's own trust_env would also send passwords from ~/.netrc.
            proxy=None if self._proxies is None else self._proxies.proxy_for(request.url),
        ) as response:
            if wait.has_waited:
                wait.mark()
            body = await self._read(request.name, response)
            return HttpResponse(response.status, {name.lower(): text for name, text in response.headers.items()}, body)

    async def _read(self, name: str, response: aiohttp.ClientResponse) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > self._max_body:
                response.close()
                raise errors.PayloadError(name, f"the response is larger than {self._max_body} bytes", max_retries=0)
            chunks.append(chunk)
        return b"".join(chunks)


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, sock_connect=min(_CONNECT_SECONDS, seconds))


class _ConnectionWait:
    """The wait of a request for its connection: whether there was one, and whether it has ended."""

    def __init__(self, mark_sent: Callable[[], None] | None) -> None:
        self._mark_sent = mark_sent
        self.has_waited = False
        self.is_over = False

    def mark(self) -> None:
        """Record that the request may have been sent as late as now."""
        self.has_waited = True
        if self._mark_sent is not None:
            self._mark_sent()


_current_wait: ContextVar[_ConnectionWait | None] = ContextVar("_current_wait", default=None)


class _ReportingConnector(aiohttp.TCPConnector):
    """A connector that marks requests that had to wait for a connection, because Zoom counts when they arrive."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  aiohttp's name for its settings
    ) -> Connection:
        waited: list[bool] = []
        # A kept-alive connection is returned before the event loop runs this callback.
        handle = asyncio.get_running_loop().call_soon(waited.append, True)
        try:
            connection = await super().connect(req, traces, timeout)
        finally:
            handle.cancel()
        if (wait := _current_wait.get()) is not None:
            wait.is_over = True
            if waited:
                wait.mark()
        return connection


def _new_session() -> ClientSession:
    http_session = ClientSession(connector=_ReportingConnector(), cookie_jar=aiohttp.DummyCookieJar())
    # aiohttp resends an idempotent request by itself when a kept-alive connection was lost. The rate limiter and the
    # statistics must see every request, so only the retry policy resends. aiohttp has no public option (issue 10790).
    http_session._retry_connection = False  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return http_session


def _no_connection(call: str) -> errors.ConnectError:
    return errors.ConnectError(call, "no connection within the time limit; the request was not sent")


def _translate(call: str, error: Exception) -> TransportError:  # noqa: PLR0911  one return per fault
    """Return the `TransportError` for an error of aiohttp, without a text that may hold a secret."""
    if isinstance(
        error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError | aiohttp.ServerFingerprintMismatch
    ):
        return errors.TLSError(call, f"TLS to {error.host}:{error.port} failed; the request was not sent")
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return errors.ConnectError(call, "the proxy rejected the connection; the request was not sent")
    if isinstance(error, aiohttp.ClientConnectorError):
        reason = error.os_error.strerror or type(error.os_error).__name__
        return errors.ConnectError(call, f"cannot connect to {error.host}:{error.port} ({reason})")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return _no_connection(call)
    if isinstance(error, TimeoutError):
        return errors.TimedOut(call, "no complete response within the time limit")
    if isinstance(error, aiohttp.ClientPayloadError):
        return errors.PayloadError(call, "the body of the response was cut off or corrupt")
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
        return TransportError(call, "the connection was lost before a response arrived")
    return TransportError(call, f"no valid HTTP response ({type(error).__name__})")
