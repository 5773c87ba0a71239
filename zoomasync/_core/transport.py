"""HTTP by aiohttp: a request in, a whole reply out, and every fault under a name of ours.

Redirects are not followed, bodies are read under a cap, and nothing is sent that the caller does not know of.
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
from .responses import HttpRequest, HttpResponse

__all__ = ["AiohttpTransport", "ClientSession", "Transport"]

_MAX_BODY = 32 * 1024 * 1024
_CONNECT_SECONDS = 10.0


class Transport(Protocol):
    """Anything that answers a request with a reply, or raises a `TransportError`."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return the whole reply to *request*."""
        ...


class AiohttpTransport:
    """Sends over *session*, or over a session of its own that it opens and closes. *timeout* is seconds a request."""

    def __init__(
        self, session: ClientSession | None, *, timeout: float, max_body: int = _MAX_BODY, trust_env: bool = False
    ) -> None:
        self._given = session
        self._trust_env = trust_env
        self._session: ClientSession | None = None
        self._timeout = _timeout(timeout)
        self._max_body = max_body
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        """Get ready to send."""
        self._loop = asyncio.get_running_loop()
        self._session = self._given or _new_session(trust_env=self._trust_env)

    async def close(self) -> None:
        """Close the session that `open` made; a session that was given stays open."""
        session, self._session = self._session, None
        if session is not None and session is not self._given:
            await session.close()

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return the whole reply to *request*, whatever its status, or raise a `TransportError`."""
        session = self._session
        if session is None:
            raise ConfigError("the client is not open: use it inside `async with Zoom(...) as zoom:`")
        if session.closed:
            raise ConfigError("the ClientSession that the client was given is closed")
        if asyncio.get_running_loop() is not self._loop:
            raise ConfigError("the client was opened in another event loop; open one in each loop")
        try:
            return await self._exchange(session, request)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            failure = _translate(request.name, error)
        # Raised out here so that the cause is not kept: aiohttp's exceptions hold the request with its token.
        raise failure

    async def _exchange(self, session: ClientSession, request: HttpRequest) -> HttpResponse:
        connecting = _Connecting(request.mark_sent)
        _connecting.set(connecting)
        async with session.request(
            request.method,
            URL(request.url, encoded=True),
            headers=request.headers,
            data=request.body,
            timeout=self._timeout if request.timeout is None else _timeout(request.timeout),
            allow_redirects=False,
        ) as response:
            if connecting.waited:
                connecting.tell()
            body = await self._read(request.name, response)
            return HttpResponse(response.status, {name.lower(): text for name, text in response.headers.items()}, body)

    async def _read(self, name: str, response: aiohttp.ClientResponse) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > self._max_body:
                response.close()
                raise errors.PayloadError(name, f"the reply is larger than {self._max_body} bytes", transient=False)
            chunks.append(chunk)
        return b"".join(chunks)


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, sock_connect=min(_CONNECT_SECONDS, seconds))


class _Connecting:
    """One request on its way to a connection, and whether it *waited* for one."""

    def __init__(self, mark_sent: Callable[[], None] | None) -> None:
        self._went_late = mark_sent
        self.waited = False

    def tell(self) -> None:
        """Say that the request may have gone out as late as now."""
        self.waited = True
        if self._went_late is not None:
            self._went_late()


_connecting: ContextVar[_Connecting | None] = ContextVar("_connecting", default=None)


class _TellingConnector(aiohttp.TCPConnector):
    """Tells a request when it had to wait for its connection: making one takes time, and Zoom counts arrivals."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  aiohttp's name for its settings
    ) -> Connection:
        waited: list[bool] = []
        # A connection that was kept alive is there before the loop turns.
        turn = asyncio.get_running_loop().call_soon(waited.append, True)
        try:
            connection = await super().connect(req, traces, timeout)
        finally:
            turn.cancel()
        if waited and (connecting := _connecting.get()) is not None:
            connecting.tell()
        return connection


def _new_session(*, trust_env: bool) -> ClientSession:
    session = ClientSession(connector=_TellingConnector(), cookie_jar=aiohttp.DummyCookieJar(), trust_env=trust_env)
    # aiohttp sends an idempotent request again by itself when a kept-alive connection dropped. The pace and the counts
    # must see every send, so that is left to the retry policy. There is no public switch (aiohttp issue 10790).
    session._retry_connection = False  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return session


def _translate(call: str, error: Exception) -> TransportError:  # noqa: PLR0911  one line a fault
    """Return our error for one of aiohttp's, without its text where that could hold a secret."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return errors.TLSError(call, f"TLS to {error.host}:{error.port} failed; the request was not sent")
    if isinstance(error, aiohttp.ServerFingerprintMismatch):
        return errors.TLSError(call, f"TLS to {error.host}:{error.port} failed; the request was not sent")
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return errors.ConnectError(call, "the proxy refused the connection; the request was not sent")
    if isinstance(error, aiohttp.ClientConnectorError):
        reason = error.os_error.strerror or type(error.os_error).__name__
        return errors.ConnectError(call, f"cannot connect to {error.host}:{error.port} ({reason})")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return errors.ConnectError(call, "no connection in time; the request was not sent")
    if isinstance(error, TimeoutError):
        return errors.TimedOut(call, "no complete reply in time")
    if isinstance(error, aiohttp.ClientPayloadError):
        return errors.PayloadError(call, "the reply's body was cut off or corrupt")
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
        return TransportError(call, "the connection was lost before a reply came")
    return TransportError(call, f"no valid HTTP reply ({type(error).__name__})")
