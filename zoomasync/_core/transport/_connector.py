"""The connector: it reports new connections, and drops idle ones that have received data."""

from __future__ import annotations

import select
import sys

import aiohttp
from aiohttp import ClientSession
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from ._exchange import current_exchange


class ReportingConnector(aiohttp.TCPConnector):
    """A connector that reports new connections, and drops idle ones that have received data."""

    _created = 0

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  aiohttp's name for its settings
    ) -> Connection:
        while True:
            created = self._created
            connection = await super().connect(req, traces, timeout)
            # An idle connection is returned without a wait, in which others could be created.
            is_new = created != self._created
            if is_new or not _has_received(connection):
                break
            connection.close()
        for exchange in current_exchange.get():
            exchange.on_connected(has_waited=is_new)
        return connection

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  aiohttp's name for its settings
    ) -> ResponseHandler:
        self._created += 1
        return await super()._create_connection(req, traces, timeout)


def _has_received(connection: Connection) -> bool:
    """Return whether an idle connection has received anything, which would be read as the response to a request."""
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or protocol.should_close:
        return True
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))


def new_session() -> ClientSession:
    # Without a limit of its own: the transport waits for a free connection, so that the wait has a limit of its own.
    http_session = ClientSession(connector=ReportingConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())
    # aiohttp resends an idempotent request by itself when a kept-alive connection was lost. The rate limiter and the
    # statistics must see every request, so only the retry policy resends. aiohttp has no public option (issue 10790).
    http_session._retry_connection = False  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return http_session


def connection_limit(http_session: ClientSession) -> int:
    """Return the number of connections to one host that *http_session* allows."""
    connector = http_session.connector
    limits = () if connector is None else (connector.limit, connector.limit_per_host)
    return min((limit for limit in limits if limit), default=sys.maxsize)  # aiohttp's 0 means no limit


def is_instrumented(http_session: ClientSession) -> bool:
    """Return whether the OpenTelemetry instrumentation of aiohttp records the requests of *http_session*."""
    # The instrumentor marks only the sessions that it has instrumented itself. A session may also have got a
    # configuration of `create_trace_config`; both have callbacks of the same module.
    callbacks = (callback for config in http_session.trace_configs for callback in config.on_request_start)
    return any(getattr(callback, "__module__", None) == _INSTRUMENTATION for callback in callbacks)


_INSTRUMENTATION = "opentelemetry.instrumentation.aiohttp_client"
