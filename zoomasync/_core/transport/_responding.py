"""A response while it holds a connection."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import aiohttp
from aiohttp import ClientSession
from anyio.lowlevel import checkpoint_if_cancelled
from yarl import URL

from ..proxies import EnvironmentProxies
from ._exchange import Exchange
from ._faults import no_valid_response, proxy_rejection

_CONNECT_SECONDS: Final = 10.0
_OK, _LAST_STATUS, _PROXY_AUTHENTICATION_REQUIRED = 200, 599, 407


class Responding:
    """The context of a response: it waits for a connection, sends the request, and frees the connection at its end.

    *proxies* are those of the environment, or None. With *is_own*, the HTTP session reports its connections.
    """

    __slots__ = ("_exchange", "_is_own", "_proxies", "_response")

    def __init__(self, exchange: Exchange, proxies: EnvironmentProxies | None, *, is_own: bool) -> None:
        self._exchange = exchange
        self._proxies = proxies
        self._is_own = is_own

    async def __aenter__(self) -> aiohttp.ClientResponse:
        exchange = self._exchange
        request, pool = exchange.request, exchange.pool
        if exchange.has_waited:
            await pool.connections.acquire()
        else:
            # Over an idle connection, the request would be sent before anyio can cancel the call.
            await checkpoint_if_cancelled()
            pool.connections.acquire_nowait()
        try:
            exchange.on_free_connection(is_reported=self._is_own)
            self._response = response = await pool.http_session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=request.headers,
                data=request.body,
                timeout=_client_timeout(exchange.seconds),
                allow_redirects=False,
                # aiohttp's own trust_env would also send passwords from ~/.netrc.
                proxy=None if self._proxies is None else self._proxies.proxy_for(request.url),
            )
        except BaseException:
            pool.connections.release()
            raise
        try:
            if exchange.has_waited and not self._is_own:
                exchange.mark_sent()  # a given session does not report when it had connected
            self._check_status(response.status)
        except BaseException:
            await self.__aexit__()
            raise
        exchange.status = response.status
        exchange.headers = response.headers  # whose look-up ignores the case of a name
        return response

    async def __aexit__(self, *_: object) -> None:
        try:
            self._response.release()
            await self._response.wait_for_close()
        finally:
            self._exchange.pool.connections.release()

    def _check_status(self, status: int) -> None:
        """Raise `TransportError` for a status of the proxy, or for one that HTTP does not have."""
        request = self._exchange.request
        # Over https the proxy rejects the connection instead, and this would be the server.
        if status == _PROXY_AUTHENTICATION_REQUIRED and request.url.startswith("http:"):
            proxy = self._proxy_of(self._exchange.pool.http_session, request.url)
            if proxy is not None:
                raise proxy_rejection(request.name, status, proxy)
        if not _OK <= status <= _LAST_STATUS:
            raise no_valid_response(request.name, f"status {status}")

    def _proxy_of(self, http_session: ClientSession, url: str) -> URL | None:
        # aiohttp has no public name for the proxy of a given session.
        proxy = http_session._default_proxy  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        proxies = EnvironmentProxies() if http_session.trust_env else self._proxies
        if proxy is None and proxies is not None:
            proxy = proxies.proxy_for(url)
        return None if proxy is None else URL(proxy)


@lru_cache(maxsize=64)  # a client has one time limit, and its views a few others
def _client_timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(sock_connect=min(_CONNECT_SECONDS, seconds))
