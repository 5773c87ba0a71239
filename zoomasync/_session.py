"""The way of one call: authorise, pace, send, interpret, retry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import anyio

from . import __about__
from ._endpoint import Call
from ._retry import RetryPolicy, outcome_is_unknown
from ._transport import Transport
from ._wire import Request, interpret, token_was_rejected
from .auth import TokenKeeper
from .errors import OutcomeUnknown, RateLimited, ZoomError
from .limits import Buckets

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
        self, *, base_url: str, transport: Transport, tokens: TokenKeeper, buckets: Buckets, retry: RetryPolicy
    ) -> None:
        self.base_url = base_url
        self._transport = transport
        self._tokens = tokens
        self._buckets = buckets
        self._retry = retry
        self._traffic: defaultdict[str, Traffic] = defaultdict(Traffic)

    @property
    def traffic(self) -> Mapping[str, Traffic]:
        """What was sent so far, by route."""
        return self._traffic

    async def send(self, call: Call[T]) -> T:
        """Send *call* until it succeeds or cannot, and return what came back."""
        traffic = self._traffic[call.name]
        token = await self._tokens.get()
        attempt, renewed = 1, False
        while True:
            try:
                return await self._send_once(call, token, traffic)
            except ZoomError as error:
                failure = error
            traffic.throttled += isinstance(failure, RateLimited)
            if token_was_rejected(failure) and not renewed:
                # The call was refused before it ran, so sending it again is safe for a write as well.
                rejected, token, renewed = token, await self._tokens.renew(token), True
                if token != rejected:
                    traffic.retries += 1
                    continue
            await self._wait_or_raise(call, failure, attempt)
            traffic.retries += 1
            attempt += 1
            token = await self._tokens.get()

    async def _send_once(self, call: Call[T], token: str, traffic: Traffic) -> T:
        # The token comes first: slots that waited for one would all be used in the same moment.
        await self._buckets.acquire(call.endpoint.label)
        traffic.calls += 1
        return interpret(call, await self._transport.send(self._request(call, token)))

    async def _wait_or_raise(self, call: Call[T], failure: ZoomError, attempt: int) -> None:
        operation = call.endpoint.operation
        delay = self._retry.delay(failure, attempt=attempt, operation=operation)
        if delay is None:
            raise OutcomeUnknown(call.name, failure) if outcome_is_unknown(failure, operation) else failure
        if type(failure) is RateLimited:
            # The limit is the label's: everybody waits, in the queue, and this call with them.
            self._buckets.pause(call.endpoint.label, delay)
        else:
            await anyio.sleep(delay)

    def _request(self, call: Call[T], token: str) -> Request:
        headers = {
            "Authorization": f"Bearer {token}",
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
