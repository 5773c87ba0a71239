"""The session layer: authenticate, acquire a permit, send, decode, retry."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar, cast

import anyio
import msgspec

from .._version import USER_AGENT
from ..errors import (
    CircuitOpen,
    ConcurrentRequest,
    ConfigError,
    ConnectError,
    DailyLimitReached,
    OutcomeUnknown,
    PerSecondLimitReached,
    RateLimited,
    ResourceLimitReached,
    TLSError,
    ZoomError,
)
from .access_token import Token, TokenSource
from .api_urls import ApiUrls
from .call_events import CallEvents, EventPublisher, NoEvents
from .call_options import CallOptions
from .call_stats import CallStats
from .circuit import CircuitState, GuardedCall
from .decoding import InvalidRow
from .download import FILE_CALL, Download, FileSource
from .endpoint import Call, RetrySafety
from .http_messages import HttpRequest, HttpResponse, response_info
from .labels import named_label
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
from .shared_state import SharedState
from .transport import SessionTransport

T = TypeVar("T")

_END_OF_TIME = datetime(2999, 1, 1, tzinfo=UTC)
_OUTAGE_WAIT = 5.0
_TOO_MANY_REQUESTS = 429
_JSON_STARTS = (b"", b"{", b"[")  # of the bodies that Zoom's API sends; a login portal sends a page


class _CallState(msgspec.Struct):
    """The state of one call: the number of the *attempt*, and the *token* and *error* of the latest one that was sent.

    *unknown* is the error of an earlier attempt that Zoom may have carried out. *events* reports the call.
    """

    guard: GuardedCall
    events: CallEvents | NoEvents
    attempt: int = 1
    token: Token | None = None
    token_renewed: bool = False
    error: ZoomError | None = None
    unknown: ZoomError | None = None

    @property
    def is_retry(self) -> bool:
        return self.error is not None


class Session:
    """The session layer of one client.

    All its calls share the rate limiter, the access token, the quota of retries, the circuit, the statistics, the
    labels that Zoom has corrected, and those who listen to their *events*. With *shared*, those of other clients share
    some of it.
    """

    def __init__(
        self,
        *,
        base_url: str,
        transport: SessionTransport,
        token_source: TokenSource,
        rate_limiter: RateLimiter,
        resource_quotas: ResourceQuotaCounter,
        retry: RetryPolicy,
        circuit_state: CircuitState | None = None,
        shared: SharedState | None = None,
        use_api_url: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        shared = shared or SharedState(circuit_state, clock=clock)
        self.base_url = base_url
        self._api_urls = ApiUrls(base_url) if use_api_url else None
        self._transport = transport
        self._token_source = token_source
        self._rate_limiter = rate_limiter
        self._resource_quotas = resource_quotas
        self._shared = shared
        self._retry_quota = shared.retry_quota
        self._circuit = shared.circuit
        self._labels = shared.labels
        self.events: EventPublisher = shared.events
        self._options = CallOptions(retry=retry, outage_wait=_OUTAGE_WAIT)
        self._stats: defaultdict[str, CallStats] = defaultdict(CallStats)
        self._write_locks: dict[str, anyio.Lock] = {}

    @property
    def stats(self) -> Mapping[str, CallStats]:
        """The counts so far, by route."""
        return {route: replace(stats) for route, stats in self._stats.items()}

    def may_retry(self) -> bool:
        """Use one retry of the client's quota; return False if none is left, or while the circuit is open."""
        return self._shared.may_retry()

    def with_options(self, options: CallOptions) -> Session:
        """Return a session with those of *options* that are not None; it shares everything else with this one."""
        view = copy(self)
        view._options = self._options.override(options)  # noqa: SLF001  the same class
        return view

    def with_invalid_rows(self, invalid_rows: list[InvalidRow]) -> Session:
        """Return a session that also appends the rows that it passes to on_invalid_row to *invalid_rows*."""
        on_invalid_row = self._options.on_invalid_row
        if on_invalid_row is None:
            return self

        def append(row: InvalidRow) -> None:
            invalid_rows.append(row)
            on_invalid_row(row)

        return self.with_options(CallOptions(on_invalid_row=append))

    async def send(self, call: Call[T]) -> T:
        """Send *call*, retrying as the options allow, and return the decoded response."""
        with self.events.call(call.endpoint, self._labels) as events:
            state = _CallState(GuardedCall(self._circuit, call.endpoint.name, call.path, self._outage_wait), events)
            try:
                with self._transport.until_closed():
                    return await self._send(call, state)
            except ConfigError as error:  # for example, the client was closed between two attempts
                raise _final_error(call, error, state.unknown) from None

    def download(self, source: FileSource) -> Download:
        """Return the download of *source*. Raises `InvalidArgument` for a URL that is not Zoom's."""
        return Download(
            source,
            base_url=self.base_url,
            transport=self._transport,
            token_source=self._token_source,
            circuit=self._circuit,
            retry_quota=self._retry_quota,
            options=self._options,
            stats=self._stats[FILE_CALL.name],
            events=self.events.download(FILE_CALL.endpoint),
        )

    async def _send(self, call: Call[T], state: _CallState) -> T:
        while True:
            try:
                lock = self._write_lock(call) if self._write_locks else None
                if lock is None:
                    result = await self._attempt(call, state)
                else:
                    async with lock:
                        result = await self._attempt(call, state)
            except CircuitOpen as caught:
                raise _outage_error(call, caught, state) from None
            except ZoomError as caught:
                error = caught
            else:
                self._retry_quota.on_success()
                return result
            if not state.guard.is_sent:
                if not self._waits_for_token(error):
                    raise _final_error(call, error, state.unknown) if state.is_retry else error
                continue
            state.error = error
            if state.unknown is not None and is_already_deleted(call, error):
                return cast("T", None)  # an earlier attempt, whose response was lost, has deleted it
            self._stats[call.name].throttled += isinstance(error, RateLimited)
            await self._wait_or_raise(call, state, error)

    async def _attempt(self, call: Call[T], state: _CallState) -> T:
        """Send *call* once, when the circuit and the rate limits allow it, and return the decoded response."""
        options, events = self._options, state.events
        events.waited("write")
        while True:
            async with state.guard as guard:
                events.waited("outage")
                state.token, permit = await self._acquire(call, state)
                if guard.must_not_send:
                    permit.refund()
                    continue
                guard.is_sent = True
                response = await self._send_once(call, state, state.token, permit)
                guard.has_response = response.body.lstrip()[:1] in _JSON_STARTS
                result = interpret(call, response, events.reporting(options.on_invalid_row), options.on_extra_fields)
                guard.has_response = True
                self._labels.observe(call.endpoint, response.headers)
                if call.resource_quotas:
                    self._resource_quotas.count(call.resource_quotas)
                events.decoded(result)
                return result

    async def _acquire(self, call: Call[object], state: _CallState) -> tuple[Token, Permit]:
        """Wait for a valid access token and a permit. The probe of an outage passes the calls that wait for its end."""
        is_retry, events = state.error is not None, state.events
        if call.resource_quotas and (resumes_at := self._resource_quotas.exhausted_until(call.resource_quotas)):
            raise resource_limit_error(call, resumes_at, is_retry=is_retry)
        # The token comes first: callers that held permits while they wait for a token would all send at once.
        token = await self._token_source.get()
        events.waited("token")
        try:
            permit = await self._permit(call, priority=state.guard.is_probe or bool(self._options.priority))
        except DailyQuotaExhausted as exhausted:
            raise daily_limit_error(call, exhausted.resumes_at, is_retry=is_retry) from None
        except QueueTooLong as queue:
            raise max_wait_error(call, queue.delay, is_retry=is_retry) from None
        events.waited("rate_limit")
        return await self._current_token(token, permit), permit

    async def _permit(self, call: Call[object], *, priority: bool) -> Permit:
        """Wait for a permit. If the label of the route is corrected meanwhile, wait for one of the new label."""
        max_wait = self._options.max_wait
        give_up_at = None if max_wait is None else anyio.current_time() + max_wait
        while True:
            if give_up_at is not None:
                max_wait = max(0.0, give_up_at - anyio.current_time())
            with self._labels.until_corrected(call.endpoint):
                label = self._labels.label(call.endpoint)
                return await self._rate_limiter.acquire(label, priority=priority, max_wait=max_wait)

    async def _current_token(self, token: Token, permit: Permit) -> Token:
        """Return *token*, or the one that replaced it while the call waited for *permit*."""
        try:
            current = await self._token_source.get()
        except BaseException:
            permit.refund()
            raise
        if current is not token and current != token:
            permit.mark_sent()
        return current

    async def _send_once(self, call: Call[object], state: _CallState, token: Token, permit: Permit) -> HttpResponse:
        stats, events = self._stats[call.endpoint.name], state.events
        stats.calls += 1
        stats.retries += state.error is not None
        request = self._request(call, token, permit)
        events.request_sent(request, self._transport, permit, is_probe=state.guard.is_probe)
        try:
            response = await self._transport.send(request)
        except BaseException as error:
            if isinstance(error, ConfigError | ConnectError | TLSError):
                permit.refund()
            events.request_failed(error)
            raise
        events.response_received(response.status)
        headers = _account_headers(response)
        self._rate_limiter.observe(named_label(headers) or self._labels.label(call.endpoint), headers)
        self._resource_quotas.observe(headers)
        if self._options.on_response is not None:
            self._options.on_response(response_info(call.name, response.status, response.headers))
        return response

    def _write_lock(self, call: Call[object]) -> anyio.Lock | None:
        """Return the lock on a resource of which Zoom has rejected simultaneous writes, if *call* is such a write."""
        return None if call.endpoint.retry_safety is RetrySafety.SAFE else self._write_locks.get(call.resource)

    def _waits_for_token(self, error: ZoomError) -> bool:
        """Return whether a call that has no token because of *error* waits for the end of an outage."""
        may_retry = self._retry.delay(error, attempt=1, retry_safety=RetrySafety.SAFE) is not None
        return may_retry and self._circuit.is_open and error.is_outage

    async def _renew_token(self, state: _CallState, error: ZoomError) -> bool:
        """Fetch a new token if Zoom has rejected the token of the call; return whether there is one."""
        if state.token_renewed or state.token is None or not is_token_rejected(error):
            return False
        state.token_renewed = True
        # Zoom checks the token before it carries out a request, so that a write can be sent again too.
        is_renewed = await self._token_source.renew(state.token) != state.token
        state.events.waited("token")
        return is_renewed

    async def _wait_or_raise(self, call: Call[object], state: _CallState, error: ZoomError) -> None:
        """Wait before the next attempt, or raise *error*. With a new token, the call is sent again at once."""
        delay = None if await self._renew_token(state, error) else await self._delay_or_raise(call, state, error)
        state.events.retried(error, delay)
        if delay is not None:
            await anyio.sleep(delay)
            state.events.waited("retry")

    async def _delay_or_raise(self, call: Call[object], state: _CallState, error: ZoomError) -> float | None:
        """Return the seconds to wait before the next attempt, or None if it waits elsewhere. Or raise *error*."""
        if may_have_run(error):
            state.unknown = error
        delay = self._retry.delay(error, attempt=state.attempt, retry_safety=call.endpoint.retry_safety)
        await self._update_limits(call, error, delay)
        in_outage = self._circuit.is_open and error.is_outage
        if delay is None or not (in_outage or isinstance(error, RateLimited) or self._retry_quota.take()):
            raise _final_error(call, error, state.unknown)
        if in_outage:
            return None  # the circuit makes the call wait, and its probes do not count as attempts
        state.attempt += 1
        return None if isinstance(error, PerSecondLimitReached) else delay  # after that one, it waits in the queue

    async def _update_limits(self, call: Call[object], error: ZoomError, delay: float | None) -> None:
        """Make all callers respect a limit that *call* met, whether or not it is retried."""
        label = self._labels.label(call.endpoint)
        if isinstance(error, DailyLimitReached | ResourceLimitReached):
            # Without Retry-After, it was computed from the Date of this response, which may be wrong.
            until = _END_OF_TIME if error.retry_after is None else error.resumes_at
            error.resumes_at = self._resource_quotas.end_of_block(until)
        if isinstance(error, DailyLimitReached):
            await self._rate_limiter.on_daily_limit(label, error.resumes_at)
        elif isinstance(error, ConcurrentRequest):
            self._write_locks.setdefault(call.resource, anyio.Lock())
        elif isinstance(error, PerSecondLimitReached):
            if delay is None:
                delay = min(1.0 if error.retry_after is None else error.retry_after, self._retry.max_retry_after)
            await self._rate_limiter.on_rate_limited(label, delay)

    @property
    def _outage_wait(self) -> float:
        return cast("float", self._options.outage_wait)  # never replaced by None, like _retry

    @property
    def _retry(self) -> RetryPolicy:
        return cast("RetryPolicy", self._options.retry)  # given to __init__, and never replaced by None

    def _request(self, call: Call[object], token: Token, permit: Permit) -> HttpRequest:
        headers = {"Authorization": f"Bearer {token.value}", "Accept": "application/json", "User-Agent": USER_AGENT}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        return HttpRequest(
            name=call.endpoint.name,
            method=call.endpoint.method,
            url=(self.base_url if self._api_urls is None else self._api_urls.base_url(token)) + call.target,
            headers=headers,
            body=call.body,
            timeout=self._options.timeout,
            mark_sent=permit.mark_sent,
        )


def _final_error(call: Call[object], error: ZoomError, unknown: ZoomError | None) -> ZoomError:
    """Return the error to raise when *error* ended the last attempt, and *unknown* an earlier one."""
    retry_safety = call.endpoint.retry_safety
    if unknown is not None and retry_safety is not RetrySafety.SAFE and not may_have_run(error):
        return OutcomeUnknown(call.name, unknown)  # *error* says nothing about the earlier attempt
    return OutcomeUnknown(call.name, error) if outcome_is_unknown(error, retry_safety) else error


def _outage_error(call: Call[object], circuit_open: CircuitOpen, state: _CallState) -> ZoomError:
    """Return the error to raise when a call has waited for the end of an outage for too long."""
    if state.error is not None and call.endpoint.retry_safety is not RetrySafety.SAFE:
        return _final_error(call, state.error, state.unknown)
    return CircuitOpen(call.name, circuit_open.retry_after, state.error or circuit_open.cause, is_retry=state.is_retry)


def _account_headers(response: HttpResponse) -> Mapping[str, str]:
    """Return the headers that describe the account: a 429 may describe the limit of one host or registrant."""
    if response.status != _TOO_MANY_REQUESTS:
        return response.headers
    date = response.headers.get("date")
    return {} if date is None else {"date": date}
