"""The subscriptions of the fake, and the delivery of events to them with Zoom's retries."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Final

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from ..reference.webhooks import FACTS, URL_VALIDATION
from .delivery import DeliveryOutcome, WebhookDelivery, masked_event, outcome_of
from .signing import encrypted_token, signature

ZOOMS_RETRY_DELAYS: Final = tuple(60.0 * minutes for minutes in FACTS.delivery.retry_after_minutes)
ZOOMS_TIMEOUT: Final = float(FACTS.delivery.answer_within_seconds)
_DOWNLOAD_SECONDS: Final = 86_400
_VALIDATED: Final = 200
_READ_BYTES: Final = 65_536


@dataclass(kw_only=True)
class WebhookSubscription:
    """The events of a service at *url*, signed with *secret*; without *events* it has all of them.

    After six failed validations in a row (*failures*), Zoom disables it: it is not *active* any more.
    """

    url: str
    secret: str = field(repr=False)
    events: frozenset[str] | None = None
    retry_delays: tuple[float, ...] = ZOOMS_RETRY_DELAYS
    timeout: float = ZOOMS_TIMEOUT
    failures: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False, compare=False)

    @property
    def active(self) -> bool:
        """Whether events are delivered."""
        return self.failures < FACTS.delivery.validation_failures

    @property
    def turn(self) -> asyncio.Lock:
        """The lock of the attempts, of which one is made at a time."""
        return self._turn

    def takes(self, event: str) -> bool:
        """Return whether *event* is delivered."""
        return self.active and (self.events is None or event in self.events)


@dataclass(frozen=True, kw_only=True)
class Disturbance:
    """The deliveries of an event that is sent in so many *copies*, *delay* seconds late, and with an old timestamp."""

    copies: int = 1
    delay: float = 0.0
    age: float = 0.0


@dataclass(kw_only=True)
class _Scripted:
    event: str | None
    disturbance: Disturbance
    first: int
    last: float
    seen: int = 0


class WebhookSender:
    """The deliveries of one fake; *download_token* returns a token for so many seconds.

    Each subscription has one attempt at a time, and first attempts in the order of the events; Zoom promises no order.
    """

    def __init__(self, download_token: Callable[[int], str]) -> None:
        self._download_token = download_token
        self._session: ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._scripted: list[_Scripted] = []
        self._is_open = True
        self.subscriptions: list[WebhookSubscription] = []
        self.log: list[WebhookDelivery] = []

    async def subscribe(self, subscription: WebhookSubscription) -> None:
        """Add *subscription* once its URL is validated. Raises ValueError if it is not."""
        if problem := await self._validate(subscription):
            raise ValueError(f"no subscription of {_without_query(subscription.url)}: {problem}")
        self.subscriptions.append(subscription)

    async def revalidate(self) -> None:
        """Validate the URL of every active subscription again."""
        for subscription in self.subscriptions:
            if subscription.active:
                problem = await self._validate(subscription)
                subscription.failures = subscription.failures + 1 if problem else 0

    def disturb(self, event: str | None, disturbance: Disturbance, *, on_event: int, times: int | None) -> None:
        """Apply *disturbance* to the *on_event*-th event from now, and to the *times* - 1 after it, or all."""
        last = inf if times is None else on_event + times - 1
        self._scripted.append(_Scripted(event=event, disturbance=disturbance, first=on_event, last=last))

    def send(self, event: str, make: Callable[[], Mapping[str, object]]) -> bool:
        """Deliver the *event* whose JSON *make* returns, and return whether a subscription takes it.

        Between `close` and `open`, none does: a request may be under way when the fake ends.
        """
        takers = [each for each in self.subscriptions if self._is_open and each.takes(event)]
        if takers:
            disturbance, body = self._next_disturbance(event), make()
            for subscription in takers:
                for _ in range(disturbance.copies):
                    self._start(subscription, self._with_token(event, body), disturbance)
        return bool(takers)

    async def finish(self) -> None:
        """Wait until every event is delivered, rejected or given up."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def open(self) -> None:
        """Deliver events again, behind a `close`."""
        self._is_open = True

    async def close(self) -> None:
        """Stop all deliveries."""
        self._is_open = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        session, self._session = self._session, None
        if session:
            await session.close()

    def _start(self, subscription: WebhookSubscription, body: Mapping[str, object], disturbance: Disturbance) -> None:
        task = asyncio.create_task(self._deliver(subscription, body, disturbance))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _with_token(self, event: str, body: Mapping[str, object]) -> Mapping[str, object]:
        """Return *body* with a new download token, if the event has one: copies of an event were seen to differ so."""
        spec = FACTS.events.get(event)
        has_token = spec is not None and "download_token" in spec.envelope
        return {**body, "download_token": self._download_token(_DOWNLOAD_SECONDS)} if has_token else body

    def _next_disturbance(self, event: str) -> Disturbance:
        chosen: Disturbance | None = None
        for scripted in self._scripted:
            if scripted.event in {None, event}:
                scripted.seen += 1
                if scripted.first <= scripted.seen <= scripted.last:
                    chosen = chosen or scripted.disturbance
        self._scripted = [each for each in self._scripted if each.seen < each.last]
        return chosen or Disturbance()

    async def _deliver(
        self, subscription: WebhookSubscription, body: Mapping[str, object], disturbance: Disturbance
    ) -> None:
        content, delays = msgspec.json.encode(body), (disturbance.delay, *subscription.retry_delays)
        for attempt, delay in enumerate(delays, start=1):
            await asyncio.sleep(delay)
            async with subscription.turn:
                status, _ = await self._post(subscription, content, age=disturbance.age)
            outcome = outcome_of(status, is_last=attempt == len(delays))
            self._log(subscription, body, attempt, status, outcome)
            if outcome != "retried":
                return

    async def _validate(self, subscription: WebhookSubscription) -> str:
        """Send `endpoint.url_validation`, and return what is wrong with the response, or empty text."""
        token = secrets.token_urlsafe(16)
        event = {"event": URL_VALIDATION, "event_ts": time.time_ns() // 1_000_000, "payload": {"plainToken": token}}
        status, content = await self._post(subscription, msgspec.json.encode(event))
        problem = _wrong_answer(status, content, token, subscription)
        self._log(subscription, event, 1, status, "rejected" if problem else "delivered")
        return problem

    async def _post(
        self, subscription: WebhookSubscription, content: bytes, *, age: float = 0.0
    ) -> tuple[int | None, bytes]:
        """Send a signed request, and return the status and the start of the response, or None without one in time."""
        if self._session is None:
            self._session = ClientSession(connector=TCPConnector(force_close=True))
        timestamp = str(int(time.time() - age))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "x-zm-request-id": secrets.token_hex(16),
            "x-zm-request-timestamp": timestamp,
            "x-zm-signature": signature(subscription.secret, timestamp, content),
        }
        try:
            async with self._session.post(
                subscription.url,
                data=content,
                headers=headers,
                allow_redirects=False,
                timeout=ClientTimeout(total=subscription.timeout),
            ) as response:
                return response.status, await response.content.read(_READ_BYTES)
        except (ClientError, OSError, TimeoutError):
            return None, b""

    def _log(
        self,
        subscription: WebhookSubscription,
        body: Mapping[str, object],
        attempt: int,
        status: int | None,
        outcome: DeliveryOutcome,
    ) -> None:
        self.log.append(
            WebhookDelivery(
                event=str(body["event"]),
                url=_without_query(subscription.url),
                attempt=attempt,
                status=status,
                outcome=outcome,
                body=masked_event(body),
                at=time.monotonic(),
            )
        )


def _wrong_answer(status: int | None, content: bytes, token: str, subscription: WebhookSubscription) -> str:
    if status is None:
        return f"it did not answer endpoint.url_validation within {subscription.timeout:g} seconds"
    if status != _VALIDATED:
        return f"it answered endpoint.url_validation with {status} instead of 200"
    try:
        answer = msgspec.json.decode(content, type=dict[str, object])
    except msgspec.MsgspecError:
        return "its answer to endpoint.url_validation is not a JSON object"
    if answer.get("plainToken") != token:
        return "its answer to endpoint.url_validation does not repeat plainToken"
    if answer.get("encryptedToken") != encrypted_token(subscription.secret, token):
        return "its encryptedToken is not the HMAC-SHA256 of plainToken with the secret of the subscription, in hex"
    return ""


def _without_query(url: str) -> str:
    return url.partition("?")[0]
