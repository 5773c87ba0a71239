"""The limiter of one rate-limit label that leases its permits from Redis."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from .._core.call_events import current_call
from .._label import Label
from ..errors import RedisUnavailable
from ..rate_limits import DailyQuotaExhausted, QueueTooLong, RateLimitStatus
from ..rate_limits._server_clock import running_seconds
from ..rate_limits._wait_queue import WaitQueue
from ._limits_client import LeasedPermit, LeaseRequest, LimitsClient, LimitsResponse, PermitReport

_LEASE_SECONDS: Final = 0.1  # of permits in one lease; a longer lease would delay other processes
_VALID_SECONDS: Final = 1.0  # Redis is not asked again in that time after it had no permits, or was unavailable
_LEAD_SECONDS: Final = 0.02  # from the next lease to the last permit of this one, at least
_AWAKE_LEAD_SECONDS: Final = 0.03  # the same, if the process is awake already
_LONGEST_ROUND_TRIP: Final = 0.65  # of which permits are leased ahead; Redis grants none that are much later


@dataclass(frozen=True, slots=True)
class _Exhausted:
    """A daily quota without requests *until* then. Redis is asked again from *retry_at* of `running_seconds` on."""

    until: datetime
    retry_at: float
    blocked: bool  # by an answer of Zoom


class RedisLabelLimiter:
    """A limiter that serves callers at moments that Redis gives to no other process, those with priority first.

    It reports to Redis when each permit was used, so that Redis moves the permits of one second later: at once if the
    delay was more than the latency jitter. A permit that is more than a tenth of a second late is returned unused. If a
    request takes longer than that, less delay is allowed, and a lease is longer by the time of the request.
    *on_fraction* receives each change of the fraction of the rate that is in use.
    """

    def __init__(self, client: LimitsClient, label: Label, on_fraction: Callable[[Label, float], None]) -> None:
        self.unshared_calls = 0
        """Calls that were sent without Redis and that it has not counted."""
        self._client = client
        self._label = label
        self._rate = client.plan.rate(label)
        self._on_fraction = on_fraction
        self._queue = WaitQueue(self, dismissible=False)
        self._permits = deque[LeasedPermit]()
        self._prepaid = 0  # counted in the daily quota: one per leased permit, and per permit that was too late
        self._immediate_reports = list[PermitReport]()  # sent at once
        self._reports = list[PermitReport]()  # sent with the next request
        self._fraction = 1.0
        self._request_from = -math.inf
        self._taken: LeasedPermit | None = None
        self._exhausted: _Exhausted | None = None
        self._exchange_task: asyncio.Task[None] | None = None
        self._unavailable: tuple[RedisUnavailable, float] | None = None  # and until when this is not tried again
        self._sleeping: asyncio.Future[None] | None = None  # of the leader, in `_sleep`

    def __repr__(self) -> str:
        of_plan = "" if self._fraction == 1 else f" of {self._rate:g}/s"
        return f"<RedisLabelLimiter {self._rate * self._fraction:g}/s{of_plan}, {self._queue.waiting} waiting>"

    async def acquire(self, *, priority: bool = False, max_wait: float | None = None) -> Callable[[], None]:
        """Wait for a permit, and return its `Permit.mark_sent`. A cancelled caller does not consume a permit.

        Raises `DailyQuotaExhausted`, `QueueTooLong`, and `RedisUnavailable` without Redis.
        """
        if max_wait is not None:
            await self._check_delay(max_wait, priority=priority)
        try:
            while True:
                await self._queue.wait_turn(priority=priority)
                permit = self._taken
                if permit is not None:
                    break
                priority = True  # its permit was too late, after a stall of the event loop: it must not queue again
        finally:
            self._return_unused()

        def mark_sent() -> None:
            self._immediate_reports.append(permit.report(delay=time.monotonic() - permit.at))
            self._return_unused()

        return mark_sent

    async def _check_delay(self, max_wait: float, *, priority: bool) -> None:
        """Raise `QueueTooLong` if a new caller would wait for more than *max_wait* seconds."""
        self._raise_known_failure()
        if self._exchange_task is not None:  # its permits are for callers that wait already
            await self._end_of(self._exchange_task)
        if (ahead := self._queue.ahead(priority=priority)) < len(self._permits):
            delay = self._permits[ahead].at - time.monotonic()
        else:
            response = await self._client.lease(self._label, LeaseRequest())
            if response.remaining == 0:
                return  # to wait for a permit raises DailyQuotaExhausted
            # Read again, so that callers that ask at the same time count each other.
            ahead = max(0, self._queue.ahead(priority=priority) - len(self._permits))
            delay = max(response.available_in, self._client.clock.round_trip) + ahead / (self._rate * response.fraction)
        if delay > max_wait:
            raise QueueTooLong(delay)

    async def wait(self) -> None:
        """Wait until a permit is available."""
        while True:
            self._raise_known_failure()
            now = time.monotonic()
            while self._permits and now - self._permits[0].at > self._client.latest_use:
                self._immediate_reports.append(self._permits.popleft().report(delay=None))
            permit_at = self._permits[0].at if self._permits else math.inf
            if self._exchange_task is None and self._request_at(_AWAKE_LEAD_SECONDS) <= now:
                self._start_exchange()
            if permit_at <= now:
                return
            if (exchange := self._exchange_task) is None:
                await self._sleep(min(permit_at, self._request_at(_LEAD_SECONDS)) - now)
            else:
                await self._sleep(permit_at - now)  # or until it has ended, or the label is blocked
                if exchange.done():
                    exchange.result()

    def take(self) -> float:
        """Use the available permit, and return the current time. A permit that is too late or gone is not used."""
        now = time.monotonic()
        self._taken = permit = self._permits.popleft() if self._permits else None
        if permit is None:
            return now
        delay = now - permit.at
        if delay > self._client.latest_use:
            self._taken = None
            self._immediate_reports.append(permit.report(delay=None))
            return now
        self._prepaid -= 1
        reports = self._immediate_reports if delay > self._client.latency_jitter else self._reports
        reports.append(permit.report(delay=max(0.0, delay)))
        return now

    def discard_permits(self, *, retry_in: float = 0.0) -> None:
        """Return the leased permits unused, and request others in *retry_in* seconds."""
        self._return_permits()
        self._request_from = max(self._request_from, time.monotonic() + retry_in)
        self._wake()

    def block(self, until: datetime) -> None:
        """Grant no permit before *until*. Waiting callers raise `DailyQuotaExhausted`."""
        self._return_permits()
        seconds = (until - self._client.zoom_clock.now()).total_seconds()
        self._exhausted = _Exhausted(until, running_seconds() + max(_VALID_SECONDS, seconds), blocked=True)
        self._wake()

    async def status(self) -> RateLimitStatus:
        """Return the state of the label in Redis."""
        response = await self._client.lease(self._label, LeaseRequest())
        rate = self._rate * response.fraction
        delay = response.available_in + self._queue.waiting / rate
        if response.remaining == 0:
            delay = max(delay, (response.resumes_at - self._client.zoom_clock.now()).total_seconds())
        return RateLimitStatus(
            label=self._label,
            rate=rate,
            delay=delay,
            used=response.used,
            remaining=response.remaining,
            resets_at=response.resumes_at,
        )

    async def reconnect(self) -> None:
        """Send open reports and unshared calls to Redis. Raises `RedisUnavailable` if that fails."""
        self._unavailable = None
        if self._exchange_task is None:
            self._start_exchange()
        await self.finish_exchanges()
        if self._unavailable is not None:
            raise self._unavailable[0]

    async def aclose(self) -> None:
        """Return the leased permits, if Redis is available."""
        await self.finish_exchanges()
        self._return_unused()
        await self.finish_exchanges()

    async def finish_exchanges(self) -> None:
        """Wait until no request is under way."""
        while self._exchange_task is not None:
            await self._end_of(self._exchange_task)

    @staticmethod
    async def _end_of(task: asyncio.Task[None]) -> None:
        await asyncio.wait([task])  # unlike `await task`, this does not cancel the task with a cancelled caller
        task.result()

    def _raise_known_failure(self) -> None:
        exhausted = self._exhausted
        # Prepaid requests may be sent although the quota is used up, unless Zoom would reject them.
        if (
            exhausted is not None
            and running_seconds() < exhausted.retry_at
            and (exhausted.blocked or not self._prepaid)
        ):
            raise DailyQuotaExhausted(exhausted.until)
        if self._unavailable is not None and time.monotonic() < self._unavailable[1]:
            raise RedisUnavailable(self._unavailable[0].reason)

    def _request_at(self, lead: float) -> float:
        """Return when to send a request: at once if a report is immediate, or before the last leased permit is used."""
        if self._immediate_reports:
            return -math.inf
        leased, waiting = len(self._permits), self._queue.waiting
        if leased >= waiting or (self._exhausted is not None and leased >= self._prepaid > 0):
            return math.inf
        if not self._permits:
            return self._request_from
        # While most of the lease is left, a request would lease only the permits of the few that came meanwhile.
        if 2 * leased > waiting:
            lead = 0.0
        return max(self._request_from, self._permits[-1].at - max(lead, 2 * self._client.clock.round_trip))

    def _start_exchange(self) -> None:
        self._exchange_task = asyncio.create_task(self._exchange(), name=f"zoomasync {self._label} lease")

    def _return_unused(self) -> None:
        """Start to return permits and counts that no caller needs, if Redis is available."""
        needed = self._immediate_reports or self._prepaid > self._queue.waiting
        if needed and self._exchange_task is None and not self._client.unavailable:
            self._start_exchange()

    async def _exchange(self) -> None:
        """Send the reports, return permits that no caller needs, and lease those that are needed."""
        current_call.set(None)  # in the context of this task: the call that started it has not changed the rate
        try:
            request = self._lease_request()
            response = await self._client.lease(self._label, request)
            self.unshared_calls -= request.unshared
        except RedisUnavailable as error:
            self._unavailable = error, time.monotonic() + _VALID_SECONDS
        else:
            self._unavailable = None
            self._receive(response)
        finally:
            self._exchange_task = None
            self._wake()
        self._return_unused()

    def _lease_request(self) -> LeaseRequest:
        waiting = self._queue.waiting
        while len(self._permits) > waiting:
            self._immediate_reports.append(self._permits.pop().report(delay=None))
        refunded = max(0, self._prepaid - waiting)
        self._prepaid -= refunded
        reports = (*self._reports, *self._immediate_reports)
        self._reports, self._immediate_reports = [], []
        missing = waiting - len(self._permits) if time.monotonic() >= self._request_at(_AWAKE_LEAD_SECONDS) else 0
        seconds = _LEASE_SECONDS + min(self._client.clock.round_trip, _LONGEST_ROUND_TRIP)
        if not self._client.clock.observed:
            missing = 0  # Redis must know first how exactly this process maps its clock
        return LeaseRequest(
            permits=min(max(1, int(self._rate * seconds)), missing),
            prepaid=self._prepaid - len(self._permits),
            refunded=refunded,
            unshared=self.unshared_calls,
            reports=reports,
        )

    def _return_permits(self) -> None:
        self._immediate_reports.extend(permit.report(delay=None) for permit in self._permits)
        self._permits.clear()

    def _receive(self, response: LimitsResponse) -> None:
        now = time.monotonic()
        self._permits.extend(map(self._client.permit, response.permits))
        self._prepaid += response.counted
        if response.retry_in:
            self._request_from = max(self._request_from, now + response.retry_in)
        self._exhausted = None
        if response.exhausted:
            retry_at = running_seconds() + _VALID_SECONDS
            self._exhausted = _Exhausted(response.resumes_at, retry_at, blocked=response.blocked)
        if response.blocked:
            self._return_permits()
        if response.fraction != self._fraction:
            self._fraction = response.fraction
            self._on_fraction(self._label, response.fraction)

    async def _sleep(self, seconds: float) -> None:
        """Sleep until *seconds* have passed or `_wake` is called."""
        loop = asyncio.get_running_loop()
        self._sleeping = loop.create_future()
        # Event loops count whole milliseconds: uvloop would wake up at once for the rest of one, again and again.
        timer = loop.call_later(math.ceil(1000 * seconds) / 1000, self._wake) if seconds < math.inf else None
        try:
            await self._sleeping
        finally:
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if self._sleeping is not None and not self._sleeping.done():
            self._sleeping.set_result(None)
