"""The state of a circuit breaker that processes share through Redis."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from typing import Final, Literal, Self, TypeAlias

import anyio

from .._core.circuit import CircuitView
from ..errors import RedisUnavailable
from ._connection import CLOSE_SECONDS, RedisClient, RedisConnection, Script, hash_tag
from ._leases import LEASE_RENEW, Holder

_LEASE_SECONDS: Final = 3
_RENEW_SECONDS: Final = 1.0


_Action: TypeAlias = Literal["read", "open", "request", "fail", "release", "close"]


class _CircuitRequest(Holder, frozen=True):
    action: _Action


_CIRCUIT: Final = Script("circuit", CircuitView)


class RedisCircuitState:
    """One circuit for all processes with the same *name*: `Zoom` takes it as ``circuit_state=``.

    If one process opens or closes it, it is open or closed for all.

    *redis* is a URL, or a client of redis-py, which its owner closes. *name* stands for the account, as `limits_name`
    returns it.

    While the circuit is open, one process at a time may send a probe. If it dies, another may do so within three
    seconds. Times are those of the Redis server. Redis deletes the circuit when no process has used it for an
    hour.

    Without Redis each method raises `RedisUnavailable`. While Redis does not answer, it waits for *timeout* seconds: by
    default, the ``socket_timeout`` of the URL, or else 30.
    """

    def __init__(self, redis: str | RedisClient, *, name: str, timeout: float | None = None) -> None:
        tag = hash_tag(name)
        self._name = name
        self._circuit, self._probe = f"{tag}:circuit", f"{tag}:circuit:probe"
        self._connection = RedisConnection(redis, timeout)
        self._holder = ""  # of the probe that this process may send, or else empty
        self._renewing: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<RedisCircuitState {self._name!r}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        with anyio.CancelScope(shield=True):
            await self.aclose()

    async def report_failure(self, *, opens: bool) -> CircuitView:
        """Return the state after a failed request. With *opens*, open the circuit if it is closed."""
        return await self._run("open" if opens else "read", "")

    async def request_probe(self) -> CircuitView:
        """Return the state, with *is_probe* for one caller at a time, when a probe is due.

        No other caller may send one before `probe_failed`, `close` or `release_probe`.
        """
        holder = secrets.token_hex(8)  # a new one for each probe, so that two calls of one process do not share it
        view = await self._run("request", holder)
        if view.is_probe:
            await self._end_renewal()
            self._holder = holder
            self._renewing = asyncio.create_task(self._renew_repeatedly(holder), name="zoomasync circuit probe")
        return view

    async def probe_failed(self) -> CircuitView:
        """Return the state after this process's probe failed."""
        return await self._end_probe("fail")

    async def close(self) -> None:
        """Close the circuit: a request succeeded."""
        await self._end_probe("close")

    async def release_probe(self) -> None:
        """Release the right to probe: the probe was not sent."""
        if self._holder:
            await self._end_probe("release")

    async def aclose(self) -> None:
        """Release the probe, and close the connections that this object opened. Closing twice is safe."""
        with anyio.move_on_after(CLOSE_SECONDS), suppress(RedisUnavailable):
            await self.release_probe()
        await self._connection.aclose()

    async def _end_probe(self, action: _Action) -> CircuitView:
        holder, self._holder = self._holder, ""
        await self._end_renewal()
        return await self._run(action, holder)

    async def _end_renewal(self) -> None:
        if self._renewing is not None:
            renewing, self._renewing = self._renewing, None
            renewing.cancel()
            await asyncio.wait([renewing])

    async def _renew_repeatedly(self, holder: str) -> None:
        """Renew the right to probe for as long as Zoom takes to answer."""
        lost = list[int]()
        while not lost:
            await anyio.sleep(_RENEW_SECONDS)
            with suppress(RedisUnavailable):
                lost = await self._connection.run(LEASE_RENEW, [self._probe], Holder(holder, _LEASE_SECONDS * 1000))

    async def _run(self, action: _Action, holder: str) -> CircuitView:
        request = _CircuitRequest(holder, _LEASE_SECONDS * 1000, action)
        return await self._connection.run(_CIRCUIT, [self._circuit, self._probe], request)
