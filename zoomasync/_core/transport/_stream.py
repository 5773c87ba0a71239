"""A response whose body is read in parts, and the time limit of each part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TypeVar

import aiohttp

from ._exchange import Exchange, current_exchange
from ._faults import failure_of, without_frames
from ._pool import TimeLimit

T = TypeVar("T")


async def run(exchange: Exchange, work: Callable[[Exchange], Awaitable[T]]) -> T:
    """Return the result of *work* within the time limit of *exchange*, or raise the error for its failure."""
    current = [exchange]
    context = current_exchange.set(current)
    failure: BaseException
    try:
        with exchange.time_limit:
            return await work(exchange)
    except Exception as error:  # noqa: BLE001  raised below
        failure = failure_of(exchange, error)
    except BaseException as error:  # noqa: BLE001  raised below
        failure = error
    finally:
        current_exchange.reset(context)
        current.clear()
    # Raised outside the handlers and without the frames of aiohttp, whose variables show the token and the URL.
    raise without_frames(failure)


class ResponseStream:
    """The response of *exchange*, which *responding* yields. Its body is read in parts."""

    def __init__(self, exchange: Exchange, responding: AbstractAsyncContextManager[aiohttp.ClientResponse]) -> None:
        self._exchange = exchange
        self._responding = responding
        self._connection = AsyncExitStack()
        self._content = aiohttp.streams.EMPTY_PAYLOAD
        self._failure: aiohttp.ClientError | None = None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._exchange.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by their names in lower case."""
        return self._exchange.headers

    async def open(self, _: Exchange) -> None:
        """Send the request, and wait for the headers of the response."""
        self._content = (await self._connection.enter_async_context(self._responding)).content

    async def read(self) -> bytes:
        """Return the next part of the body, or no bytes at its end. Raises a `TransportError`."""
        self._exchange.time_limit = TimeLimit(self._exchange.pool, self._exchange.seconds)
        return await run(self._exchange, self._read)

    async def aclose(self) -> None:
        """Release the connection."""
        await self._connection.aclose()

    async def _read(self, _: Exchange) -> bytes:
        if self._failure is not None:
            raise self._failure
        try:
            return await self._content.readany()
        except aiohttp.ClientError as error:
            # aiohttp has no public name for the bytes that arrived before a lost connection.
            rest = self._content._read_nowait(-1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            if not rest:
                raise
            self._failure = error
            return rest
