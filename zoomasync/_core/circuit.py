"""The circuit breaker of a client.

The circuit opens when the latest requests all failed: Zoom, or the network, is down. While it is open, one request at a
time is sent as a probe. The first one that succeeds closes the circuit.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol, Self, TypeVar

import anyio
from msgspec import Struct

from ..errors import CircuitOpen, DecodeError, RedisUnavailable, ServerError, ZoomError
from ..events import CircuitClosed, CircuitOpened, Event

T = TypeVar("T")

FAILURES: Final = 10
"""The number of failures in a row that opens the circuit."""
_SLOW_FAILURES, _SLOW_SECONDS = 5, 1.0  # five that span a second open it too: one call has only eight attempts
_FIRST_DELAY, _USUAL_DELAY, _LONGEST_DELAY = 0.25, 1.0, 120.0
_PART_OF_OUTAGE: Final = 1 / 20
_SHARE_SECONDS: Final = 2.0  # a call must not wait longer for the shared state


def probe_delay(outage: float) -> float:
    """Return the seconds before the next probe, *outage* seconds after the circuit opened.

    It is a twentieth of the outage, so that Zoom's return is noticed soon after a short outage and a long one costs few
    requests: about 45 in the first minute, 130 in the first hour.
    """
    usual = min(_USUAL_DELAY, _FIRST_DELAY + outage)
    return min(_LONGEST_DELAY, max(usual, outage * _PART_OF_OUTAGE))


class CircuitView(Struct, frozen=True):
    """The state of a circuit. With *is_probe*, the process that asked may send a probe now.

    Otherwise it may ask again in *retry_in* seconds.
    """

    is_open: bool
    is_probe: bool = False
    retry_in: float = 0.0


class CircuitState(Protocol):
    """The state of a circuit, which processes may share, such as `zoomasync.redis.RedisCircuitState`.

    Each method raises `RedisUnavailable` while a shared state cannot be reached.
    """

    async def report_failure(self, *, opens: bool) -> CircuitView:
        """Return the state after a failed request. With *opens*, open the circuit if it is closed."""
        ...

    async def request_probe(self) -> CircuitView:
        """Return the state, with *is_probe* for one process at a time, when a probe is due."""
        ...

    async def probe_failed(self) -> CircuitView:
        """Return the state after this process's probe failed."""
        ...

    async def release_probe(self) -> None:
        """Release the right to probe: the probe was not sent."""
        ...

    async def close(self) -> None:
        """Close the circuit: a request succeeded."""
        ...


class LocalCircuitState:
    """The state of the circuit of one process. *clock* is monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._opened_at: float | None = None
        self._probe_at = 0.0
        self._is_probing = False

    async def report_failure(self, *, opens: bool) -> CircuitView:
        """Return the state after a failed request. With *opens*, open the circuit if it is closed."""
        if opens and self._opened_at is None:
            self._opened_at, self._is_probing = self._clock(), False
            self._probe_at = self._opened_at + probe_delay(0.0)
        return self._view()

    async def request_probe(self) -> CircuitView:
        """Return the state, with *is_probe* for one caller at a time, when a probe is due."""
        is_probe = self._opened_at is not None and not self._is_probing and self._clock() >= self._probe_at
        self._is_probing = self._is_probing or is_probe
        return self._view(is_probe=is_probe)

    async def probe_failed(self) -> CircuitView:
        """Return the state after the probe failed."""
        self._is_probing = False
        if self._opened_at is not None:
            now = self._clock()
            self._probe_at = now + probe_delay(now - self._opened_at)
        return self._view()

    async def release_probe(self) -> None:
        """Release the right to probe: the probe was not sent."""
        self._is_probing = False

    async def close(self) -> None:
        """Close the circuit."""
        self._opened_at, self._is_probing = None, False

    def _view(self, *, is_probe: bool = False) -> CircuitView:
        retry_in = _USUAL_DELAY if self._is_probing else max(0.0, self._probe_at - self._clock())
        return CircuitView(self._opened_at is not None, is_probe, retry_in)


class GuardedCall:
    """One call behind the circuit. Each attempt enters it, waits while the circuit is open, and reports its result.

    All attempts together wait for up to *outage_wait* seconds; then `CircuitOpen` is raised. Set *is_sent* when the
    request is sent, and *has_response* when Zoom has responded.
    """

    __slots__ = ("_circuit", "has_response", "is_probe", "is_sent", "outage_wait", "path", "route")

    def __init__(self, circuit: Circuit, route: str, path: str, outage_wait: float) -> None:
        self._circuit = circuit
        self.route: str = route
        self.path: str = path
        self.outage_wait: float = outage_wait
        self.is_probe: bool = False
        self.is_sent: bool = False
        self.has_response: bool = False

    @property
    def must_not_send(self) -> bool:
        """Whether the circuit has opened since the attempt began."""
        return self._circuit.is_open and not self.is_probe

    async def __aenter__(self) -> Self:
        self.is_probe = self.is_sent = self.has_response = False
        if self._circuit.is_open:
            self.is_probe = await self._circuit.wait(self)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, ZoomError) and error.is_outage:
            opens = not self.is_sent and self._circuit.opens_without_token
            await self._circuit.on_failure(error, self.path, is_probe=self.is_probe, opens=opens)
        elif isinstance(error, DecodeError) and not self.has_response:  # the page of a login portal, for example
            await self._circuit.on_failure(error, self.path, is_probe=self.is_probe, opens=False)
        elif self.is_probe:
            await (self._circuit.on_probe_success() if self.has_response else self._circuit.on_not_sent())
        elif self.has_response:
            self._circuit.on_response()


class Circuit:
    """The circuit breaker of one client. *shared* is the state that it shares with other processes, if any.

    While *shared* cannot be reached, the process follows a state of its own. *on_event* receives `CircuitOpened` and
    `CircuitClosed`. With *opens_without_token*, one failure to fetch a token opens it: no call can be sent without one.
    """

    def __init__(
        self,
        shared: CircuitState | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        opens_without_token: bool = True,
    ) -> None:
        self.opens_without_token: bool = opens_without_token
        self.is_open: bool = False
        self.on_event: Callable[[Event], None] | None = None
        self._local = LocalCircuitState(clock)
        self._shared = shared
        self._clock = clock
        self._failures = 0  # in a row
        self._first_failed_at = 0.0
        self._opened_at = 0.0
        self._ask_at = 0.0  # when to request the next probe
        self._has_probe = False
        self._cause: ZoomError | None = None
        self._failed_path = ""  # of the latest failure
        self._waiting: Counter[str] = Counter()  # by path
        self._changed = anyio.Event()

    async def wait(self, call: GuardedCall) -> bool:
        """Wait while the circuit is open; return True if the request is to be the probe. Raises `CircuitOpen`."""
        began = self._clock()
        give_up_at = began + call.outage_wait
        self._waiting[call.path] += 1
        try:
            while self.is_open:
                now = self._clock()
                # One path that always fails is no outage, so the next probe is one of another path if there is any.
                is_next = not self._has_probe and (call.path != self._failed_path or len(self._waiting) == 1)
                if is_next and now >= self._ask_at:
                    if await self._request_probe():
                        return True
                elif now >= give_up_at:
                    raise CircuitOpen(call.route, max(0.0, self._ask_at - now), self._cause)
                else:
                    changed = self._changed
                    with anyio.move_on_after((min(give_up_at, self._ask_at) if is_next else give_up_at) - now):
                        await changed.wait()
            return False
        finally:
            call.outage_wait -= self._clock() - began
            self._waiting[call.path] -= 1
            if not self._waiting[call.path]:
                del self._waiting[call.path]
                self._notify()

    def on_response(self) -> None:
        """Record that Zoom has responded to a request that was not a probe."""
        if not self.is_open:  # otherwise it responds to a request that was sent before the outage
            self._failures = 0

    async def on_probe_success(self) -> None:
        """Close the circuit: Zoom has responded to the probe."""
        self._has_probe = False
        await self._apply(CircuitView(is_open=False))  # at once: a shared state may take its time to answer
        await self._in_both(lambda state: state.close())

    async def on_failure(self, error: ZoomError, path: str, *, is_probe: bool, opens: bool) -> None:
        """Record a failed request. It opens the circuit with *opens*, or after enough failures in a row."""
        self._cause, self._failed_path = error, path
        if is_probe:
            try:
                view = await self._in_both(lambda state: state.probe_failed())
            finally:
                self._has_probe = False
                self._notify()
            await self._apply(view)
        elif not self.is_open:
            now = self._clock()
            self._first_failed_at = self._first_failed_at if self._failures else now
            self._failures += 1
            is_slow = now - self._first_failed_at >= _SLOW_SECONDS
            opens = opens or self._failures >= (_SLOW_FAILURES if is_slow else FAILURES)
            if opens:  # at once: a shared state may take its time to answer
                await self._apply(await self._local.report_failure(opens=True))
            view = await self._in_both(lambda state: state.report_failure(opens=opens))
            if view.is_open:  # otherwise the answer may be older than an opening by another call
                await self._apply(view)
        if isinstance(error, ServerError) and error.retry_after is not None:
            self._ask_at = max(self._ask_at, self._clock() + min(error.retry_after, _LONGEST_DELAY))

    async def on_not_sent(self) -> None:
        """Record that the probe was not sent, so that another request can be the probe."""
        # Shielded, since the call may be cancelled. Without this message, the right to probe expires.
        try:
            with anyio.CancelScope(shield=True):
                await self._in_both(lambda state: state.release_probe())
        finally:
            self._has_probe = False
            self._ask_at = self._clock()
            self._notify()

    async def _request_probe(self) -> bool:
        self._has_probe = True  # while it is requested, so that no other call requests it
        view = CircuitView(is_open=True)
        try:
            view = await self._in_both(lambda state: state.request_probe())
        finally:
            self._has_probe = view.is_probe
            if not view.is_probe:
                await self._local.release_probe()
            await self._apply(view)
        return view.is_probe

    async def _in_both(self, action: Callable[[CircuitState], Awaitable[T]]) -> T:
        """Call *action* with both states; return the shared result, or the local one if Redis does not answer soon."""
        result = await action(self._local)
        if self._shared is not None:
            with suppress(RedisUnavailable), anyio.move_on_after(_SHARE_SECONDS):
                return await action(self._shared)
        return result

    async def _apply(self, view: CircuitView) -> None:
        now = self._clock()
        self._ask_at = now + view.retry_in
        if view.is_open is not self.is_open:
            self.is_open = view.is_open
            if view.is_open:
                self._opened_at = now
                event: Event = CircuitOpened(self._cause)
            else:
                self._failures = 0
                await self._local.close()  # another process may have closed the shared state
                event = CircuitClosed(now - self._opened_at)
            if self.on_event is not None:
                self.on_event(event)
        self._notify()

    def _notify(self) -> None:
        """Wake all waiting calls, which look at the state again."""
        self._changed.set()
        self._changed = anyio.Event()
