"""The HTTP transport on aiohttp.

It sends one request, reads the whole body up to a maximum size, and raises a `TransportError` for every fault. It
follows no redirects and sends no request twice.
"""

from __future__ import annotations

import asyncio
import select
import ssl
import sys
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from http import HTTPStatus
from types import TracebackType
from typing import Protocol

import aiohttp
import anyio
from aiohttp import ClientSession
from aiohttp.connector import Connection
from aiohttp.http_exceptions import ContentEncodingError
from aiohttp.tracing import Trace
from yarl import URL

from .. import errors
from ..errors import ConfigError, TransportError, ZoomError
from .http_messages import HttpRequest, HttpResponse
from .proxies import EnvironmentProxies

__all__ = ["AiohttpTransport", "ClientSession", "SessionTransport", "Transport"]

_MAX_BODY = 32 * 1024 * 1024
_MAX_CONNECTIONS = 100
_CONNECT_SECONDS = 10.0
# In multiples of the time limit of a response. Each response ends within one, so that the wait is that of ten requests
# per connection.
_POOL_TIMEOUTS = 10
_LAST_STATUS = 599
# X509_V_ERR_… of OpenSSL, which `ssl` has no names for.
_CERTIFICATE_FAULTS = {
    9: "is not valid yet",
    10: "has expired",
    62: "is for another host",
    64: "is for another host",
}
_EXPECTED = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class Transport(Protocol):
    """Anything that sends a request and returns the response, or raises a `TransportError`."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send *request* and return the complete response."""
        ...


class SessionTransport(Transport, Protocol):
    """A transport that the session layer uses while it is open."""

    def until_closed(self) -> AbstractAsyncContextManager[None]:
        """Return the context of one call. It ends with `ConfigError` when the transport is closed.

        Raises `ConfigError` unless the running event loop has opened the transport.
        """
        ...


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
        self._pool: _Pool | None = None

    async def open(self) -> None:
        """Open the HTTP session."""
        if self._pool is not None:
            raise ConfigError("the client is already open: enter it once, and share it")
        if self._given_session is None:
            self._pool = _Pool(_new_session(), self._max_connections or _MAX_CONNECTIONS)
        else:
            self._pool = _Pool(self._given_session, self._max_connections or _limit_of(self._given_session))

    async def close(self) -> None:
        """End the calls in progress, and close the HTTP session that `open` made. A given session stays open."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.end_calls()
            if pool.http_session is not self._given_session:
                await pool.http_session.close()

    def check_loop(self) -> None:
        """Raise `ConfigError` if the transport is open in another event loop."""
        pool = self._pool
        if pool is not None and pool.loop is not asyncio.get_running_loop() and not pool.loop.is_closed():
            raise ConfigError("the client was opened in another event loop: close it there")

    def until_closed(self) -> AbstractAsyncContextManager[None]:
        """Return the context of one call. It ends with `ConfigError` when the transport is closed."""
        return _OpenCall(self._open_pool())

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return the complete response to *request*, of any status, or raise a `TransportError`."""
        pool = self._open_pool()
        exchange = _Exchange(request, pool, self._timeout if request.timeout is None else request.timeout)
        context = _current_exchange.set(exchange)
        failure: BaseException
        try:
            async with exchange.deadline:
                await self._exchange(exchange)
            return exchange.response()
        except Exception as error:  # noqa: BLE001  raised below
            failure = _failure(exchange, error)
        except BaseException as error:  # noqa: BLE001  raised below
            failure = error
        finally:
            _current_exchange.reset(context)
        if exchange.is_error and isinstance(failure, TransportError) and failure.max_retries != 0:
            return exchange.response()  # an error whose body broke off is still that error, unless it is too large
        # Raised outside the handlers and without the frames of aiohttp, whose variables show the token and the URL.
        raise _without_frames(failure)

    def _open_pool(self) -> _Pool:
        """Return the open connections, or raise `ConfigError` unless the running event loop has opened them."""
        pool = self._pool
        if pool is None:
            raise ConfigError("the client is not open: use it inside `async with Zoom(...) as zoom:`")
        if pool.loop is not asyncio.get_running_loop():
            raise ConfigError("the client was opened in another event loop: open one client per event loop")
        if pool.http_session.closed:
            raise ConfigError("http_session is closed: keep it open for as long as the client uses it")
        return pool

    async def _exchange(self, exchange: _Exchange) -> None:
        request, pool = exchange.request, exchange.pool
        proxy = None if self._proxies is None else self._proxies.proxy_for(request.url)
        async with pool.connections:
            exchange.on_free_connection(is_reported=pool.http_session is not self._given_session)
            async with pool.http_session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=request.headers,
                data=request.body,
                timeout=aiohttp.ClientTimeout(sock_connect=min(_CONNECT_SECONDS, exchange.seconds)),
                allow_redirects=False,
                # aiohttp's own trust_env would also send passwords from ~/.netrc.
                proxy=proxy,
            ) as response:
                if exchange.has_waited:
                    exchange.mark_sent()
                self._check_status(exchange, response)
                exchange.status = response.status
                exchange.headers = {name.lower(): text for name, text in response.headers.items()}
                await self._read(exchange, response)

    def _check_status(self, exchange: _Exchange, response: aiohttp.ClientResponse) -> None:
        """Raise `TransportError` for a status of the proxy, or for one that HTTP does not have."""
        request, status = exchange.request, response.status
        # Over https the proxy rejects the connection instead, and this would be the server.
        if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED and request.url.startswith("http:"):
            proxy = self._proxy_of(exchange.pool.http_session, request.url)
            if proxy is not None:
                raise _proxy_rejection(request.name, status, proxy)
        if not HTTPStatus.OK <= status <= _LAST_STATUS:
            raise _no_valid_response(request.name, f"status {status}")

    def _proxy_of(self, http_session: ClientSession, url: str) -> URL | None:
        # aiohttp has no public name for the proxy of a given session.
        proxy = http_session._default_proxy  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        proxies = EnvironmentProxies() if http_session.trust_env else self._proxies
        if proxy is None and proxies is not None:
            proxy = proxies.proxy_for(url)
        return None if proxy is None else URL(proxy)

    async def _read(self, exchange: _Exchange, response: aiohttp.ClientResponse) -> None:
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > self._max_body:
                response.close()
                raise errors.PayloadError(
                    exchange.request.name,
                    f"the response is larger than {self._max_body} bytes",
                    status=response.status,
                    max_retries=0,
                )
            exchange.chunks.append(chunk)


class _Pool:
    """The connections of an open transport, and the calls that use it."""

    def __init__(self, http_session: ClientSession, size: int) -> None:
        self.http_session = http_session
        self.size = size
        self.connections = anyio.Semaphore(size, fast_acquire=True)
        self.loop = asyncio.get_running_loop()
        self.is_closed = False
        self.deadlines: dict[asyncio.Task[object] | None, _Deadline] = {}

    async def end_calls(self) -> None:
        """Cancel all calls in progress."""
        self.is_closed = True
        if self.loop.is_closed():
            return
        for deadline in self.deadlines.values():
            deadline.end()
        await asyncio.sleep(0)  # until they are cancelled, so that aiohttp does not cancel them without a reason


class _Deadline:
    """The time limit of a task's work, which ends with `TimeoutError` when the pool is closed too."""

    def __init__(self, pool: _Pool, seconds: float | None) -> None:
        self._pool = pool
        self._timeout = asyncio.timeout(seconds)
        self._task: asyncio.Task[object] | None = None
        self._outer: _Deadline | None = None

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._task = asyncio.current_task()
        self._outer = self._pool.deadlines.get(self._task)
        self._pool.deadlines[self._task] = self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        if self._outer is None:
            del self._pool.deadlines[self._task]
        else:
            self._pool.deadlines[self._task] = self._outer
        await self._timeout.__aexit__(kind, error, frames)

    def restart(self, seconds: float) -> None:
        """Set the time limit to *seconds* from now, unless it is over."""
        if not self._pool.is_closed and not self._timeout.expired():
            self._timeout.reschedule(self._pool.loop.time() + seconds)

    def end(self) -> None:
        """Cancel the work now."""
        if not self._timeout.expired():
            self._timeout.reschedule(self._pool.loop.time())


class _OpenCall:
    """The context of one call, which ends with `ConfigError` when the pool is closed."""

    def __init__(self, pool: _Pool) -> None:
        self._deadline = _Deadline(pool, None)

    async def __aenter__(self) -> None:
        await self._deadline.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        try:
            await self._deadline.__aexit__(kind, error, frames)
        except TimeoutError:
            pass
        else:
            return
        raise _closed() from None


class _Exchange:
    """The progress of one request, and the part of its response that has arrived."""

    def __init__(self, request: HttpRequest, pool: _Pool, seconds: float) -> None:
        self.request = request
        self.pool = pool
        self.seconds = seconds
        self.has_waited = pool.connections.value == 0
        self.deadline = _Deadline(pool, _POOL_TIMEOUTS * seconds if self.has_waited else seconds)
        self.is_waiting_for_pool = True
        self.may_be_sent = False
        self.status = 0  # until the headers have arrived
        self.headers: dict[str, str] = {}
        self.chunks: list[bytes] = []

    def on_free_connection(self, *, is_reported: bool) -> None:
        """Start the time limit of a new connection, or that of the response if `on_connected` will not follow."""
        self.is_waiting_for_pool = False
        if not is_reported:
            self.on_connected(has_waited=False)
        elif self.has_waited:
            self.deadline.restart(self.seconds)

    def on_connected(self, *, has_waited: bool) -> None:
        """Start the time limit of the response, and record a wait: Zoom counts requests when they arrive."""
        self.may_be_sent = True
        self.has_waited |= has_waited
        if self.has_waited:
            self.deadline.restart(self.seconds)
            self.mark_sent()

    def mark_sent(self) -> None:
        """Record that the request may have been sent as late as now."""
        if self.request.mark_sent is not None:
            self.request.mark_sent()

    @property
    def is_error(self) -> bool:
        """Whether the response has a status that is an error."""
        return self.status >= HTTPStatus.MULTIPLE_CHOICES

    def response(self) -> HttpResponse:
        """Return the response as far as it has arrived."""
        return HttpResponse(self.status, self.headers, b"".join(self.chunks))


_current_exchange: ContextVar[_Exchange | None] = ContextVar("_current_exchange", default=None)


class _ReportingConnector(aiohttp.TCPConnector):
    """A connector that reports when a request has its connection, and drops connections that received anything idle."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  aiohttp's name for its settings
    ) -> Connection:
        while True:
            waited: list[bool] = []
            # A kept-alive connection is returned before the event loop runs this callback.
            handle = asyncio.get_running_loop().call_soon(waited.append, True)
            try:
                connection = await super().connect(req, traces, timeout)
            finally:
                handle.cancel()
            if waited or not _has_received(connection):
                break
            connection.close()
        if (exchange := _current_exchange.get()) is not None:
            exchange.on_connected(has_waited=bool(waited))
        return connection


def _has_received(connection: Connection) -> bool:
    """Return whether an idle connection has received anything, which would be read as the response to a request."""
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or protocol.should_close:
        return True
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _new_session() -> ClientSession:
    # Without a limit of its own: the transport waits for a free connection, so that the wait has a limit of its own.
    http_session = ClientSession(connector=_ReportingConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())
    # aiohttp resends an idempotent request by itself when a kept-alive connection was lost. The rate limiter and the
    # statistics must see every request, so only the retry policy resends. aiohttp has no public option (issue 10790).
    http_session._retry_connection = False  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return http_session


def _limit_of(http_session: ClientSession) -> int:
    """Return the number of connections to one host that *http_session* allows."""
    connector = http_session.connector
    limits = () if connector is None else (connector.limit, connector.limit_per_host)
    return min((limit for limit in limits if limit), default=sys.maxsize)  # aiohttp's 0 means no limit


def _without_frames(error: BaseException) -> BaseException:
    """Remove the traceback, the cause and the context of *error*; anyio reads those that are cancellations too."""
    context = error.__context__
    error.__context__ = _without_frames(context) if isinstance(context, asyncio.CancelledError) else None
    if error.__cause__ is not None:
        error.__cause__ = None
    return error.with_traceback(None)


def _failure(exchange: _Exchange, error: Exception) -> Exception:
    """Return the error to raise for *error*."""
    call = exchange.request.name
    if exchange.pool.is_closed:
        if not exchange.may_be_sent:
            return _closed()
        reason = "the client was closed before the response was complete"
        return TransportError(call, reason, status=exchange.status or None, max_retries=0)
    if isinstance(error, ZoomError) or not isinstance(error, _EXPECTED):
        return error
    if isinstance(error, TimeoutError) and exchange.is_waiting_for_pool:
        return errors.ConnectError(
            call,
            f"no free connection: all {exchange.pool.size} were in use for too long; the request was not sent. "
            "Allow more with max_connections, or make fewer calls at a time",
        )
    if isinstance(error, TimeoutError) and not exchange.may_be_sent:
        return _no_connection(call)
    return _translate(call, error, exchange.status or None)


def _closed() -> ConfigError:
    return ConfigError("the client was closed while the call waited")


def _no_connection(call: str) -> errors.ConnectError:
    return errors.ConnectError(call, "no connection within the time limit; the request was not sent")


def _no_valid_response(call: str, detail: str) -> TransportError:
    return TransportError(call, f"no valid HTTP response ({detail})", max_retries=1)


def _proxy_rejection(call: str, status: int, proxy: URL) -> errors.ConnectError:
    is_final = status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
    advice = ". Check its user and password" if is_final else ""
    reason = f"the proxy {proxy.host}:{proxy.port} answered with status {status}; the request was not sent{advice}"
    return errors.ConnectError(call, reason, max_retries=0 if is_final else None)


def _translate(call: str, error: Exception, status: int | None) -> TransportError:  # noqa: PLR0911  one return per fault
    """Return the `TransportError` for an error of aiohttp, without a text that may hold a secret.

    *status* is the status of the response, if it has arrived.
    """
    if isinstance(
        error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError | aiohttp.ServerFingerprintMismatch
    ):
        return errors.TLSError(call, f"{_tls_fault(error)}; the request was not sent")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return _proxy_rejection(call, error.status, error.request_info.real_url)
    if isinstance(error, aiohttp.ClientConnectorError):
        proxy = "the proxy " if isinstance(error, aiohttp.ClientProxyConnectionError) else ""
        reason = error.os_error.strerror or type(error.os_error).__name__
        return errors.ConnectError(call, f"cannot connect to {proxy}{error.host}:{error.port} ({reason})")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return _no_connection(call)
    if isinstance(error, TimeoutError):
        return errors.TimedOut(call, "no complete response within the time limit", status=status)
    if isinstance(error, aiohttp.ClientPayloadError):
        if isinstance(error.__cause__, ContentEncodingError):
            return errors.PayloadError(
                call, f"the body of a response {status} is corrupt", status=status, max_retries=1
            )
        return errors.PayloadError(call, f"the body of a response {status} was cut off", status=status)
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
        return TransportError(call, "the connection was lost before a response arrived", status=status)
    return _no_valid_response(call, type(error).__name__)


def _tls_fault(
    error: aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError | aiohttp.ServerFingerprintMismatch,
) -> str:
    server = f"{error.host}:{error.port}"
    if not isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"TLS to {server} failed"
    cause = error.certificate_error
    code = cause.verify_code if isinstance(cause, ssl.SSLCertVerificationError) else 0
    return f"the certificate of {server} {_CERTIFICATE_FAULTS.get(code, 'is not trusted')}"
