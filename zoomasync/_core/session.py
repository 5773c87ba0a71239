"""The session layer: authenticate, acquire a permit, send, decode, retry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from copy import copy
from dataclasses import dataclass, replace
from typing import TypeVar, cast

import anyio

from .._version import USER_AGENT
from ..errors import (
    ConcurrentRequest,
    ConnectError,
    DailyLimitReached,
    OutcomeUnknown,
    PerSecondLimitReached,
    RateLimited,
    TLSError,
    ZoomError,
)
from .access_token import Token, TokenSource
from .call_options import CallOptions
from .endpoint import Call, RetrySafety
from .http_messages import HttpRequest, HttpResponse, ResponseInfo
from .rate_limiter import DailyQuotaExhausted, Permit, QueueTooLong, RateLimiter, ResourceQuotaCounter
from .responses import (
    daily_limit_error,
    interpret,
    is_already_deleted,
    is_token_rejected,
    max_wait_error,
    resource_limit_error,
)
from .retries import RetryPolicy, may_have_run, outcome_is_unknown
from .transport import Transport

T = TypeVar("T")


@dataclass(slots=True)
class CallStats:
    """Counts of one route: *calls* of all attempts to send, *retries* of those after the first, *throttled* of 429s."""

    calls: int = 0
    retries: int = 0
    throttled: int = 0


class Session:
    """The session layer of one client. All its calls share the rate limiter, the access token and the statistics."""

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
        self._resource_quotas = resource_quotas
        self._options = CallOptions(retry=retry)
        self._stats: defaultdict[str, CallStats] = defaultdict(CallStats)
        self._write_locks: dict[str, anyio.Lock] = {}

    @property
    def stats(self) -> Mapping[str, CallStats]:
        """The counts so far, by route."""
        return {route: replace(stats) for route, stats in self._stats.items()}

    def with_options(self, options: CallOptions) -> Session:
        """Return a session with those of *options* that are not None; it shares everything else with this one."""
        view = copy(self)
        view._options = self._options.override(options)  # noqa: SLF001  the same class
        return view

    async def send(self, call: Call[T]) -> T:
        """Send *call*, retrying as the options allow, and return the decoded response."""
        options = self._options
        attempt = 1
        is_retry = token_renewed = has_maybe_run = False
        while True:
            async with self._write_lock(call):
                token, permit = await self._acquire(call, is_retry=is_retry)
                try:
                    response = await self._send_once(call, token, permit, is_retry=is_retry)
                    result = interpret(call, response, options.on_invalid_row, options.on_extra_fields)
                except ZoomError as caught:
                    error = caught
                else:
                    self._resource_quotas.count(call.resource_quotas)
                    return result
            is_retry = True
            if has_maybe_run and is_already_deleted(call, error):
                return cast("T", None)  # an earlier attempt, whose response was lost, has deleted it
            self._stats[call.name].throttled += isinstance(error, RateLimited)
            if is_token_rejected(error) and not token_renewed:
                # Zoom checks the token before it carries out a request, so that a write can be sent again too.
                token_renewed = True
                if await self._token_source.renew(token) != token:
                    continue
            await self._wait_or_raise(call, error, attempt)
            has_maybe_run = has_maybe_run or may_have_run(error)
            attempt += 1

    async def _acquire(self, call: Call[object], *, is_retry: bool) -> tuple[Token, Permit]:
        """Wait for a valid access token and a permit."""
        options = self._options
        if (resumes_at := self._resource_quotas.exhausted_until(call.resource_quotas)) is not None:
            raise resource_limit_error(call, resumes_at, is_retry=is_retry)
        # The token comes first: callers that held permits while they wait for a token would all send at once.
        token = await self._token_source.get()
        try:
            permit = await self._rate_limiter.acquire(
                call.endpoint.label, priority=bool(options.priority), max_wait=options.max_wait
            )
        except DailyQuotaExhausted as exhausted:
            raise daily_limit_error(call, exhausted.resumes_at, is_retry=is_retry) from None
        except QueueTooLong as queue:
            raise max_wait_error(call, queue.delay, is_retry=is_retry) from None
        return await self._current_token(token, permit), permit

    async def _current_token(self, token: Token, permit: Permit) -> Token:
        """Return *token*, or the one that replaced it while the call waited for *permit*."""
        try:
            current = await self._token_source.get()
        except BaseException:
            permit.refund()
            raise
        if current != token:
            permit.mark_sent()
        return current

    async def _send_once(self, call: Call[object], token: Token, permit: Permit, *, is_retry: bool) -> HttpResponse:
        stats = self._stats[call.name]
        stats.calls += 1
        stats.retries += is_retry
        try:
            response = await self._transport.send(self._request(call, token, permit))
        except (ConnectError, TLSError):
            permit.refund()
            raise
        self._rate_limiter.observe(call.endpoint.label, response.headers)
        self._resource_quotas.observe(response.headers)
        if self._options.on_response is not None:
            self._options.on_response(ResponseInfo(call.name, response.status, response.headers, response.tracking_id))
        return response

    def _write_lock(self, call: Call[object]) -> AbstractAsyncContextManager[object]:
        """Return a lock on a resource of which Zoom has rejected simultaneous writes."""
        lock = self._write_locks.get(call.resource)
        return lock if lock is not None and call.endpoint.retry_safety is not RetrySafety.SAFE else nullcontext()

    async def _wait_or_raise(self, call: Call[object], error: ZoomError, attempt: int) -> None:
        retry, retry_safety = self._retry, call.endpoint.retry_safety
        delay = retry.delay(error, attempt=attempt, retry_safety=retry_safety)
        await self._update_limits(call, error, delay)
        if delay is None:
            raise OutcomeUnknown(call.name, error) if outcome_is_unknown(error, retry_safety) else error
        if not isinstance(error, PerSecondLimitReached):  # after that one, the call waits in the queue
            await anyio.sleep(delay)

    async def _update_limits(self, call: Call[object], error: ZoomError, delay: float | None) -> None:
        """Make all callers respect a limit that *call* met, whether or not it is retried."""
        label = call.endpoint.label
        if isinstance(error, DailyLimitReached):
            await self._rate_limiter.on_daily_limit(label, error.resumes_at)
        elif isinstance(error, ConcurrentRequest):
            self._write_locks.setdefault(call.resource, anyio.Lock())
        elif isinstance(error, PerSecondLimitReached):
            if delay is None:
                delay = min(1.0 if error.retry_after is None else error.retry_after, self._retry.max_retry_after)
            await self._rate_limiter.on_rate_limited(label, delay)

    @property
    def _retry(self) -> RetryPolicy:
        return cast("RetryPolicy", self._options.retry)  # given to __init__, and never replaced by None

    def _request(self, call: Call[object], token: Token, permit: Permit) -> HttpRequest:
        headers = {"Authorization": f"Bearer {token.value}", "Accept": "application/json", "User-Agent": USER_AGENT}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        return HttpRequest(
            name=call.name,
            method=call.endpoint.method,
            url=self.base_url + call.target,
            headers=headers,
            body=call.body,
            timeout=self._options.timeout,
            mark_sent=permit.mark_sent,
        )
