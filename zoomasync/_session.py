"""The way of one call: authorise, pace, send, interpret, retry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from copy import copy
from dataclasses import dataclass
from typing import TypeVar

import anyio

from . import __about__
from ._decode import Drift
from ._endpoint import Call, Operation
from ._retry import RetryPolicy, outcome_is_unknown
from ._transport import Transport
from ._wire import Reply, Request, day_spent, interpret, token_was_rejected
from .auth import Token, TokenKeeper
from .errors import ConcurrentRequest, DailyLimitReached, OutcomeUnknown, RateLimited, ZoomError
from .limits import Budgets, DaySpent

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
        self, *, base_url: str, transport: Transport, tokens: TokenKeeper, budgets: Budgets, retry: RetryPolicy
    ) -> None:
        self.base_url = base_url
        self._transport = transport
        self._tokens = tokens
        self._budgets = budgets
        self._retry = retry
        self._traffic: defaultdict[str, Traffic] = defaultdict(Traffic)
        self._one_by_one: dict[str, anyio.Lock] = {}
        self._urgent = False

    @property
    def traffic(self) -> Mapping[str, Traffic]:
        """What was sent so far, by route."""
        return self._traffic

    def urgent(self) -> Session:
        """Return this session with the right to go before calls that wait."""
        urgent = copy(self)
        urgent._urgent = True  # noqa: SLF001  its own class
        return urgent

    async def send(self, call: Call[T], on_drift: Callable[[Drift], None] | None = None) -> T:
        """Send *call* until it succeeds or cannot, and return what came back."""
        attempt, renewed = 1, False
        while True:
            async with self._alone_if_needed(call):
                token = await self._authorised(call)
                try:
                    return interpret(call, await self._exchange(call, token), on_drift)
                except ZoomError as error:
                    failure = error
            traffic = self._traffic[call.name]
            traffic.throttled += isinstance(failure, RateLimited)
            if token_was_rejected(failure) and not renewed:
                # The call was refused before it ran, so sending it again is safe for a write as well.
                renewed = True
                if await self._tokens.renew(token) != token:
                    traffic.retries += 1
                    continue
            await self._wait_or_raise(call, failure, attempt)
            traffic.retries += 1
            attempt += 1

    async def _authorised(self, call: Call[object]) -> Token:
        """Wait for this call's turn, and return a token that is good now."""
        label = call.endpoint.label
        # A token first: slots that had to wait for one would all be used in the same moment.
        await self._tokens.get()
        try:
            await self._budgets.acquire(label, urgent=self._urgent)
        except DaySpent as spent:
            failure = day_spent(call, spent.resumes_at)
        else:
            # The queue may have taken longer than the token had left; else this is the same one, at once.
            return await self._tokens.get()
        raise failure

    async def _exchange(self, call: Call[object], token: Token) -> Reply:
        self._traffic[call.name].calls += 1
        reply = await self._transport.send(self._request(call, token))
        self._budgets.observe(call.endpoint.label, reply.headers)
        return reply

    def _alone_if_needed(self, call: Call[object]) -> AbstractAsyncContextManager[object]:
        """Hold back other writes on a resource of which Zoom has refused simultaneous ones."""
        lock = self._one_by_one.get(call.resource)
        return lock if lock is not None and call.endpoint.operation is not Operation.SAFE else nullcontext()

    async def _wait_or_raise(self, call: Call[object], failure: ZoomError, attempt: int) -> None:
        operation, label = call.endpoint.operation, call.endpoint.label
        if isinstance(failure, DailyLimitReached):
            await self._budgets.spent(label, failure.resumes_at)
        if isinstance(failure, ConcurrentRequest):
            self._one_by_one.setdefault(call.resource, anyio.Lock())
        delay = self._retry.delay(failure, attempt=attempt, operation=operation)
        if delay is None:
            raise OutcomeUnknown(call.name, failure) if outcome_is_unknown(failure, operation) else failure
        if type(failure) is RateLimited:
            # The limit is the label's: everybody waits, in the queue, and this call with them.
            await self._budgets.throttled(label, delay)
        else:
            await anyio.sleep(delay)

    def _request(self, call: Call[object], token: Token) -> Request:
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
        )
