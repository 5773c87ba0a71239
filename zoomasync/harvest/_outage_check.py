"""The question whether Zoom is down, or one partition cannot be fetched."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final, TypeAlias, TypeVar

import anyio

from .. import Zoom, ZoomError
from ..errors import CircuitOpen, GatewayError, ServerError, TransportError
from ..types import Api

T = TypeVar("T")

_OUTAGE_WAIT: Final = 30.0  # seconds; longer than most network interruptions
_VALID_SECONDS: Final = 5.0
_SHORTEST_WAIT: Final = 1.0
_Failure: TypeAlias = CircuitOpen | GatewayError | ServerError | TransportError


class OutageCheck:
    """The check of one run, after a call has failed for long, whether Zoom answers another call.

    If it does, the partition has failed. If it does not, Zoom is down: with *wait*, the partition is fetched again and
    again; otherwise `CircuitOpen` is raised. The other call lists the hosts of *day*.
    """

    def __init__(self, zoom: Zoom, day: date, *, wait: bool) -> None:
        self.api: Final[Api] = zoom.with_options(outage_wait=_OUTAGE_WAIT)
        """The endpoints with the options of the run."""
        self._day = day
        self._wait = wait
        self._lock = anyio.Lock()
        self._checked_at = float("-inf")
        self._answers = False

    async def during_outages(
        self, fetch: Callable[[], Awaitable[T]], *, needs_hosts: bool, is_stopped: Callable[[], bool]
    ) -> T:
        """Return the result of *fetch*, called again after an outage unless *is_stopped*.

        With *needs_hosts*, *fetch* lists the hosts itself.
        """
        is_second = False
        while True:
            try:
                return await fetch()
            except (CircuitOpen, GatewayError, ServerError, TransportError) as error:
                failure: _Failure = error
            if not failure.is_outage:
                raise failure
            if needs_hosts and not self._wait:
                raise failure
            if not needs_hosts and await self._zoom_answers():
                if not isinstance(failure, CircuitOpen):
                    raise failure
                if failure.is_retry or is_second or is_stopped():
                    raise failure.cause or failure
                is_second = True  # Zoom may have come back just now
            elif not self._wait:
                raise failure if isinstance(failure, CircuitOpen) else _circuit_open(failure)
            else:
                await anyio.sleep(_SHORTEST_WAIT)

    async def _zoom_answers(self) -> bool:
        """Return whether Zoom answers another call now. All partitions of the run share the answer for a moment."""
        async with self._lock:
            if anyio.current_time() - self._checked_at > _VALID_SECONDS:
                try:
                    await self.api.reports.users(self._day, self._day).first()
                except (CircuitOpen, GatewayError, ServerError, TransportError):
                    self._answers = False
                except ZoomError:
                    self._answers = True
                else:
                    self._answers = True
                self._checked_at = anyio.current_time()
            return self._answers


def _circuit_open(failure: GatewayError | ServerError | TransportError) -> CircuitOpen:
    return CircuitOpen(failure.call, 0.0, failure, is_retry=True)
