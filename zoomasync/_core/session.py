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
    RateLimited,
    ServerError,
    TLSError,
    TransportError,
    ZoomError,
)
from .access_token import Token, TokenSource
from .decoding import Drift, Unknown
from .endpoint import Call, Operation
from .rate_limiter import Budgets, DaySpent, EntityCounter, Release
from .responses import Reply, Request, day_spent, entity_spent, interpret, is_gone, token_was_rejected
from .retries import RetryPolicy, outcome_is_unknown
from .transport import Transport

T = TypeVar("T")


@dataclass(slots=True)
class Traffic:
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
        tokens: TokenSource,
        budgets: Budgets,
        entities: EntityCounter,
        retry: RetryPolicy,
    ) -> None:
        self.base_url = base_url
        self._transport = transport
        self._tokens = tokens
        self._budgets = budgets
        self._retry = retry
        self._traffic: defaultdict[str, Traffic] = defaultdict(Traffic)
        self._entities = entities
        self._one_by_one: dict[str, anyio.Lock] = {}
        self._urgent = False
        self._on_drift: Callable[[Drift], None] | None = None
        self._on_unknown: Callable[[Unknown], None] | None = None

    @property
    def traffic(self) -> Mapping[str, Traffic]:
        """What was sent so far, by route."""
        return dict(self._traffic)

    def urgent(self) -> Session:
        """Return this session with the right to go before calls that wait."""
        urgent = copy(self)
        urgent._urgent = True  # noqa: SLF001  its own class
        return urgent

    def lenient(
        self, on_drift: Callable[[Drift], None] | None, on_unknown: Callable[[Unknown], None] | None
    ) -> Session:
        """Return this session with somebody to tell of what is odd in replies; None leaves it as it is."""
        lenient = copy(self)
        lenient._on_drift = self._on_drift if on_drift is None else on_drift  # noqa: SLF001  its own class
        lenient._on_unknown = self._on_unknown if on_unknown is None else on_unknown  # noqa: SLF001  its own class
        return lenient

    async def send(self, call: Call[T], on_drift: Callable[[Drift], None] | None = None) -> T:
        """Send *call* until it succeeds or cannot, and return what came back.

        *on_drift* is told of bad rows instead of the session's own.
        """
        on_drift = self._on_drift if on_drift is None else on_drift
        attempt, renewed, may_have_run = 1, False, False
        while True:
            async with self._alone_if_needed(call):
                token, release = await self._admitted(call)
                try:
                    reply = await self._exchange(call, token, release)
                    answer = interpret(call, reply, on_drift, self._on_unknown)
                except ZoomError as error:
                    failure = error
                else:
                    self._entities.count(call.spends)
                    return answer
            if may_have_run and is_gone(call, failure):
                return cast("T", None)  # an attempt whose answer was lost has deleted it
            traffic = self._traffic[call.name]
            traffic.throttled += isinstance(failure, RateLimited)
            if token_was_rejected(failure) and not renewed:
                # The call was refused before it ran, so sending it again is safe for a write as well.
                renewed = True
                if await self._tokens.renew(token) != token:
                    traffic.retries += 1
                    continue
            await self._wait_or_raise(call, failure, attempt)
            may_have_run = may_have_run or isinstance(failure, TransportError | ServerError)
            traffic.retries += 1
            attempt += 1

    async def _admitted(self, call: Call[object]) -> tuple[Token, Release]:
        """Wait for this call's turn; return a token that is good now, and the release that it went with."""
        label = call.endpoint.label
        if (resumes_at := self._entities.spent(call.spends)) is not None:
            raise entity_spent(call, resumes_at)
        # A token first: slots that had to wait for one would all be used in the same moment.
        token = await self._tokens.get()
        try:
            release = await self._budgets.acquire(label, urgent=self._urgent)
        except DaySpent as spent:
            failure = day_spent(call, spent.resumes_at)
        else:
            return await self._still_good(token, release), release
        raise failure

    async def _still_good(self, token: Token, release: Release) -> Token:
        """Return *token*, or the one that has taken its place while the call waited in the queue."""
        try:
            fresh = await self._tokens.get()
        except BaseException:
            release.unsent()
            raise
        if fresh != token:
            release.went_late()
        return fresh

    async def _exchange(self, call: Call[object], token: Token, release: Release) -> Reply:
        self._traffic[call.name].calls += 1
        try:
            reply = await self._transport.send(self._request(call, token, release))
        except (ConnectError, TLSError):
            release.unsent()
            raise
        self._budgets.observe(call.endpoint.label, reply.headers)
        self._entities.observe(reply.headers)
        return reply

    def _alone_if_needed(self, call: Call[object]) -> AbstractAsyncContextManager[object]:
        """Hold back other writes on a resource of which Zoom has refused simultaneous ones."""
        lock = self._one_by_one.get(call.resource)
        return lock if lock is not None and call.endpoint.operation is not Operation.SAFE else nullcontext()

    async def _wait_or_raise(self, call: Call[object], failure: ZoomError, attempt: int) -> None:
        operation = call.endpoint.operation
        delay = self._retry.delay(failure, attempt=attempt, operation=operation)
        await self._take_note(call, failure, delay)
        if delay is None:
            raise OutcomeUnknown(call.name, failure) if outcome_is_unknown(failure, operation) else failure
        if type(failure) is not RateLimited:
            await anyio.sleep(delay)

    async def _take_note(self, call: Call[object], failure: ZoomError, delay: float | None) -> None:
        """Let the other calls know of a limit: it is theirs too, whether this one is sent again or not."""
        label = call.endpoint.label
        if isinstance(failure, DailyLimitReached):
            await self._budgets.spent(label, failure.resumes_at)
        elif isinstance(failure, ConcurrentRequest):
            self._one_by_one.setdefault(call.resource, anyio.Lock())
        elif type(failure) is RateLimited:
            # Everybody waits, in the queue, and this call with them.
            asked = 1.0 if failure.retry_after is None else failure.retry_after
            await self._budgets.throttled(label, min(asked, self._retry.max_wait) if delay is None else delay)

    def _request(self, call: Call[object], token: Token, release: Release) -> Request:
        headers = {
            "Authorization": f"Bearer {token.value}",
            "Accept": "application/json",
            "User-Agent": __about__.USER_AGENT,
        }
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        return Request(
            name=call.name,
            method=call.endpoint.method,
            url=self.base_url + call.target,
            headers=headers,
            body=call.body,
            went_late=release.went_late,
        )
