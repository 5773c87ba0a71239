"""The way of one call: authorise, pace, send, interpret, retry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from copy import copy
from dataclasses import dataclass
from typing import TypeVar, cast

import anyio

from .. import _version as __about__
from ..errors import (
    ConcurrentRequest,
    ConnectError,
    DailyLimitReached,
    OutcomeUnknown,
    PerSecondLimitReached,
    RateLimited,
    ServerError,
    TLSError,
    TransportError,
    ZoomError,
)
from .access_token import Token, TokenSource
from .call_options import CallOptions
from .decoding import InvalidRow
from .endpoint import Call, RetrySafety
from .rate_limiter import DailyQuotaExhausted, Permit, QueueTooLong, RateLimiter, ResourceQuotaCounter
from .responses import (
    HttpRequest,
    HttpResponse,
    daily_quota_exhausted,
    interpret,
    is_already_deleted,
    is_token_rejected,
    queue_too_long,
    resource_limit_reached,
)
from .retries import RetryPolicy, outcome_is_unknown
from .transport import Transport

T = TypeVar("T")


@dataclass(slots=True)
class CallStats:
    """What was sent for one operation: *calls* counts every send, *retries* those after the first, *throttled* 429s."""

    calls: int = 0
    retries: int = 0
    throttled: int = 0


class Session:
    """Sends calls for one client, in step with all its other calls."""

    def __init__(
        self,
        *,
        base_url: str,
        transport: Transport,
        token_source: TokenSource,
        rate_limiter: RateLimiter,
        resource_quotas: ResourceQuotaCounter,
        retry: RetryPolicy,
    ) -> None:
        self.base_url = base_url
        self._transport = transport
        self._token_source = token_source
        self._rate_limiter = rate_limiter
        self._retry = retry
        self._traffic: defaultdict[str, CallStats] = defaultdict(CallStats)
        self._resource_quotas = resource_quotas
        self._write_locks: dict[str, anyio.Lock] = {}
        self.options: CallOptions = CallOptions()

    @property
    def stats(self) -> Mapping[str, CallStats]:
        """What was sent so far, by route."""
        return dict(self._traffic)

    @property
    def _retry_policy(self) -> RetryPolicy:
        return self.options.retry or self._retry

    def with_options(self, options: CallOptions) -> Session:
        """Return a session with those of *options* that are not None; it shares everything else with this one."""
        view = copy(self)
        view.options = self.options.override(options)
        return view

    async def send(self, call: Call[T], on_invalid_row: Callable[[InvalidRow], None] | None = None) -> T:
        """Send *call* until it succeeds or cannot, and return what came back.

        *on_invalid_row* is told of bad rows instead of the session's own.
        """
        on_invalid_row = self.options.on_invalid_row if on_invalid_row is None else on_invalid_row
        attempt, renewed, may_have_run = 1, False, False
        while True:
            async with self._write_lock(call):
                token, permit = await self._acquire(call)
                try:
                    response = await self._exchange(call, token, permit)
                    answer = interpret(call, response, on_invalid_row, self.options.on_extra_fields)
                except ZoomError as error:
                    failure = error
                else:
                    self._resource_quotas.count(call.resource_quotas)
                    return answer
            if may_have_run and is_already_deleted(call, failure):
                return cast("T", None)  # an attempt whose answer was lost has deleted it
            stats = self._traffic[call.name]
            stats.throttled += isinstance(failure, RateLimited)
            if is_token_rejected(failure) and not renewed:
                # The call was refused before it ran, so sending it again is safe for a write as well.
                renewed = True
                if await self._token_source.renew(token) != token:
                    stats.retries += 1
                    continue
            await self._wait_or_raise(call, failure, attempt)
            may_have_run = may_have_run or isinstance(failure, TransportError | ServerError)
            stats.retries += 1
            attempt += 1

    async def _acquire(self, call: Call[object]) -> tuple[Token, Permit]:
        """Wait for this call's turn; return a token that is good now, and the release that it went with."""
        label = call.endpoint.label
        if (resumes_at := self._resource_quotas.exhausted_until(call.resource_quotas)) is not None:
            raise resource_limit_reached(call, resumes_at)
        # A token first: slots that had to wait for one would all be used in the same moment.
        token = await self._token_source.get()
        try:
            permit = await self._rate_limiter.acquire(
                label, priority=bool(self.options.priority), max_wait=self.options.max_wait
            )
        except DailyQuotaExhausted as exhausted:
            failure: RateLimited = daily_quota_exhausted(call, exhausted.resumes_at)
        except QueueTooLong as queue:
            failure = queue_too_long(call, queue.delay)
        else:
            return await self._still_good(token, permit), permit
        raise failure

    async def _still_good(self, token: Token, permit: Permit) -> Token:
        """Return *token*, or the one that has taken its place while the call waited in the queue."""
        try:
            fresh = await self._token_source.get()
        except BaseException:
            permit.refund()
            raise
        if fresh != token:
            permit.mark_sent()
        return fresh

    async def _exchange(self, call: Call[object], token: Token, permit: Permit) -> HttpResponse:
        self._traffic[call.name].calls += 1
        try:
            response = await self._transport.send(self._request(call, token, permit))
        except (ConnectError, TLSError):
            permit.refund()
            raise
        self._rate_limiter.observe(call.endpoint.label, response.headers)
        self._resource_quotas.observe(response.headers)
        return response

    def _write_lock(self, call: Call[object]) -> AbstractAsyncContextManager[object]:
        """Hold back other writes on a resource of which Zoom has refused simultaneous ones."""
        lock = self._write_locks.get(call.resource)
        return lock if lock is not None and call.endpoint.retry_safety is not RetrySafety.SAFE else nullcontext()

    async def _wait_or_raise(self, call: Call[object], failure: ZoomError, attempt: int) -> None:
        retry_safety = call.endpoint.retry_safety
        delay = self._retry_policy.delay(failure, attempt=attempt, retry_safety=retry_safety)
        await self._report_limit(call, failure, delay)
        if delay is None:
            raise OutcomeUnknown(call.name, failure) if outcome_is_unknown(failure, retry_safety) else failure
        if not isinstance(failure, PerSecondLimitReached):
            await anyio.sleep(delay)

    async def _report_limit(self, call: Call[object], failure: ZoomError, delay: float | None) -> None:
        """Let the other calls know of a limit: it is theirs too, whether this one is sent again or not."""
        label = call.endpoint.label
        if isinstance(failure, DailyLimitReached):
            await self._rate_limiter.on_daily_limit(label, failure.resumes_at)
        elif isinstance(failure, ConcurrentRequest):
            self._write_locks.setdefault(call.resource, anyio.Lock())
        elif isinstance(failure, PerSecondLimitReached):
            # Everybody waits, in the queue, and this call with them.
            asked = 1.0 if failure.retry_after is None else failure.retry_after
            await self._rate_limiter.on_rate_limited(
                label, min(asked, self._retry_policy.max_retry_after) if delay is None else delay
            )

    def _request(self, call: Call[object], token: Token, permit: Permit) -> HttpRequest:
        headers = {
            "Authorization": f"Bearer {token.value}",
            "Accept": "application/json",
            "User-Agent": __about__.USER_AGENT,
        }
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        return HttpRequest(
            name=call.name,
            method=call.endpoint.method,
            url=self.base_url + call.target,
            headers=headers,
            body=call.body,
            mark_sent=permit.mark_sent,
            timeout=self.options.timeout,
        )
