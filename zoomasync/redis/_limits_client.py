"""The client of the script limits.lua: one request to Redis per lease, for all labels of one process."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec

from .._label import Label
from ..errors import RedisUnavailable
from ..rate_limits import Plan
from ..rate_limits._adaptive import AdaptiveRate
from ..rate_limits._daily_quota import remaining_in_headers
from ..rate_limits._server_clock import ServerClock
from ._connection import RedisConnection, Script, hash_tag

_MICRO: Final = 1_000_000
_DISTANT_SECONDS: Final = 0.1  # a longer round trip makes Redis distant: reports of late use arrive too late
_LATEST_SECONDS: Final = 0.1  # Redis has not yet granted the permits of a second later, so this delay is safe
_LATEST_SECONDS_DISTANT: Final = 0.05  # the window is longer by as much, since Redis may have granted them
_LONGEST_DELAY: Final = 0.25
_SPEED_DIFFERENCE: Final = 0.0005  # the largest difference in speed of two clocks
_SAME_MAPPING_SECONDS: Final = 0.005
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class PermitReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """The use of the permit *id* at *used_at*, in microseconds of Redis's clock, or None if it was not used."""

    id: int
    used_at: int | None = None


class LeasedPermit(NamedTuple):
    """A permit to send one request at *at* of this process's monotonic clock. In Redis it has the key *id*."""

    at: float
    id: int

    def report(self, *, delay: float | None) -> PermitReport:
        """Return the report that the permit was used *delay* seconds late, or (None) not at all."""
        return PermitReport(self.id, None if delay is None else self.id + round(delay * _MICRO))


class LeaseRequest(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A request for *permits*, *prepaid* of which are counted in the daily quota already.

    *refunded* are counted requests that were not sent, *unshared* are sent requests that Redis has not counted. The
    client adds the remaining daily quota that Zoom reported, the last state that Redis reported, and the *turn* of this
    process.
    """

    permits: int = 0
    prepaid: int = 0
    refunded: int = 0
    unshared: int = 0
    reports: tuple[PermitReport, ...] = ()
    zoom_remaining: int | None = None
    known_day: int = 0
    known_used: int = 0
    turn: int | None = None


class _AdaptiveRateChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change from the `AdaptiveRate` *old* to *new*, both as JSON text. Redis only compares and keeps the text."""

    new: str
    fraction: float
    old: str | None = None


class _Action(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The purpose of a request: exactly one field is set."""

    lease: LeaseRequest | None = None
    pause: int | None = None
    block_until: int | None = None
    adaptive_rate: _AdaptiveRateChange | None = None


class _LimitsRequest(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The argument of the script."""

    label: Label
    quota_label: Label
    rate: float
    latency_jitter: int
    process: str  # of the same clock: all permits of one are late by the same time
    spread: int
    round_trip: int
    delay: int
    per_day: int | None = None
    created: int | None = None  # the state that granted the permits of this process
    was_disconnected: bool = False
    zoom_offset: int | None = None  # Zoom's clock minus Redis's
    action: _Action


class LimitsResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The result of the script: the ids of the granted *permits*, and the state of the label.

    *counted* of the permits were counted in the daily quota now; *retry_in* is the seconds until permits can be granted
    again, or 0. *turn* is the microsecond at which this process may ask again, if it asked too early. *exhausted* means
    that the daily quota is used up, *blocked* that Zoom has answered so. The next free permit is *available_in* seconds
    away.
    """

    now: int
    created: int
    day: int
    permits: tuple[int, ...] = ()
    counted: int
    retry_in: float
    turn: int | None = None
    exhausted: bool
    blocked: bool
    resumes_at: datetime
    used: int
    remaining: int | None = None
    fraction: float
    adaptive_rate: str | None = None
    available_in: float


_LIMITS: Final = Script("limits", LimitsResponse)


class RedisClock:
    """The mapping of Redis's clock to the monotonic clock of this process.

    Its result is never too early, and at most *spread* seconds too late.
    """

    def __init__(self) -> None:
        self._bounds = 0.0, 0.0  # of the difference of the clocks
        self._observed_at: float | None = None
        self.round_trip = 0.0
        """The seconds that a request to Redis takes."""
        self.delay = 0.0
        """The seconds that a response takes longer than the fastest."""
        self.name = secrets.token_hex(8)
        """A name for this mapping, which is new when the mapping has changed."""

    @property
    def observed(self) -> bool:
        """Whether Redis has answered before."""
        return self._observed_at is not None

    @property
    def spread(self) -> float:
        """The seconds that a result may be too late."""
        earliest, latest = self._bounds
        return latest - earliest

    def observe(self, server: float, *, sent: float, received: float) -> None:
        """Record that Redis's clock showed *server* between *sent* and *received*."""
        earliest, latest = sent - server, received - server
        if self._observed_at is not None:
            # All responses together are the most exact, but clocks differ in speed and may be set.
            slack = _SPEED_DIFFERENCE * (received - self._observed_at)
            both = max(self._bounds[0] - slack, earliest), min(self._bounds[1] + slack, latest)
            if both[0] <= both[1]:
                earliest, latest = both
            if abs(latest - self._bounds[1]) > _SAME_MAPPING_SECONDS:
                self.name = secrets.token_hex(8)
        self._bounds, self._observed_at = (earliest, latest), received
        self.round_trip = max(received - sent, 0.8 * self.round_trip)
        self.delay = max(received - self.local(server), 0.8 * self.delay)

    def local(self, server: float) -> float:
        """Return the moment *server* on the clock of this process."""
        return server + self._bounds[1]


class LimitsClient:
    """The requests of one process about *plan*, which all processes with the same *name* share."""

    def __init__(self, connection: RedisConnection, plan: Plan, *, name: str, latency_jitter: float) -> None:
        self.plan = plan
        self.latency_jitter = latency_jitter
        self.clock = RedisClock()
        self.zoom_clock = ServerClock()
        self.unavailable = False
        """Whether the last request failed."""
        self.latest_use: float = _LATEST_SECONDS
        """The seconds that a permit may be used too late."""
        self._connection = connection
        self._key = f"{hash_tag(name)}:limits"
        self._zoom_remaining = dict[Label, int]()  # from headers and not yet sent to Redis, by quota label
        self._created = dict[Label, int]()
        self._disconnected = set[Label]()
        self._used = dict[Label, tuple[int, int]]()  # the day and its used requests, by quota label
        self._remaining = dict[Label, int]()
        self._turns = dict[Label, int | None]()

    @property
    def is_distant(self) -> bool:
        """Whether a round trip takes so long that Redis cannot react to the late use of a permit."""
        return self.clock.round_trip > _DISTANT_SECONDS

    def permit(self, id_: int) -> LeasedPermit:
        """Return the permit *id_* of a response."""
        return LeasedPermit(self.clock.local(id_ / _MICRO), id_)

    def last_remaining(self) -> Mapping[Label, int]:
        """Return the remaining daily quota that Redis last reported, for labels that have one."""
        return self._remaining

    def observe(self, label: Label, headers: Mapping[str, str]) -> None:
        """Read Zoom's clock and the remaining daily quota from response *headers*."""
        self.zoom_clock.observe(headers)
        remaining = remaining_in_headers(headers, self.plan.per_day(label))
        if remaining is not None:
            quota_label = self.plan.quota_label(label)
            self._zoom_remaining[quota_label] = min(remaining, self._zoom_remaining.get(quota_label, remaining))

    def on_disconnected(self) -> None:
        """Record that this process has sent requests without Redis."""
        self._disconnected.update(Label)

    async def lease(self, label: Label, request: LeaseRequest) -> LimitsResponse:
        """Lease permits and report used ones. An empty request returns the state."""
        quota_label = self.plan.quota_label(label)
        day, used = self._used.get(quota_label, (0, 0))
        lease = msgspec.structs.replace(
            request,
            zoom_remaining=self._zoom_remaining.pop(quota_label, None),
            known_day=day,
            known_used=used,
            turn=self._turns.get(label),
        )
        response = await self._send(label, _Action(lease=lease))
        if request.permits:
            self._turns[label] = response.turn
        self._created[label] = response.created
        self._disconnected.discard(label)
        self._used[quota_label] = response.day, response.used
        if response.remaining is not None:
            self._remaining[label] = response.remaining
        if response.permits:
            with suppress(RedisUnavailable):  # the permits are granted already
                fraction = await self._adapt(label, response, lambda rate, now: rate.on_permit(now))
                return msgspec.structs.replace(response, fraction=fraction)
        return response

    async def pause(self, label: Label, seconds: float) -> None:
        """Pause *label* in all processes for *seconds*. Repeated pauses lower its rate."""
        response = await self._send(label, _Action(pause=round(seconds * _MICRO)))
        await self._adapt(label, response, lambda rate, now: rate.on_rate_limited(now, seconds))

    async def block(self, label: Label, until: datetime) -> None:
        """Block the daily quota of *label* in all processes."""
        await self._send(label, _Action(block_until=round((until - _EPOCH).total_seconds()) * _MICRO))

    async def _adapt(
        self, label: Label, response: LimitsResponse, change: Callable[[AdaptiveRate, float], AdaptiveRate]
    ) -> float:
        """Apply *change* to the shared adaptive rate, and return the fraction that is in use.

        If another process changes it first, *change* is applied to the new value, with the time of the same *response*:
        so processes that get 429s in one incident lower the rate once.
        """
        now = response.now / _MICRO
        while True:
            text = response.adaptive_rate
            old = AdaptiveRate(response.fraction) if text is None else msgspec.json.decode(text, type=AdaptiveRate)
            new = change(old, now)
            if new == old:
                return response.fraction
            new_text = msgspec.json.encode(new).decode()
            adaptive_rate = _AdaptiveRateChange(new_text, new.fraction, text)
            response = await self._send(label, _Action(adaptive_rate=adaptive_rate))
            if response.adaptive_rate == new_text:
                return response.fraction

    async def _send(self, label: Label, action: _Action) -> LimitsResponse:
        sent = time.monotonic()
        late_use = _LATEST_SECONDS_DISTANT if self.is_distant else 0.0
        request = _LimitsRequest(
            label=label,
            quota_label=self.plan.quota_label(label),
            rate=self.plan.rate(label),
            latency_jitter=round((self.latency_jitter + late_use / 2) * _MICRO),
            process=self.clock.name,
            spread=round((self.clock.spread + late_use) * _MICRO),
            round_trip=round(self.clock.round_trip * _MICRO),
            delay=round(min(self.clock.delay, _LONGEST_DELAY) * _MICRO),
            per_day=self.plan.per_day(label),
            created=self._created.get(label),
            was_disconnected=label in self._disconnected,
            zoom_offset=self._zoom_offset(sent),
            action=action,
        )
        try:
            response = await self._connection.run(_LIMITS, [self._key, f"{self._key}:{label}"], request)
        except RedisUnavailable:
            self.unavailable = True
            raise
        self.unavailable = False
        self.clock.observe(response.now / _MICRO, sent=sent, received=time.monotonic())
        self.latest_use = _LATEST_SECONDS_DISTANT if self.is_distant else _LATEST_SECONDS
        return response

    def _zoom_offset(self, now: float) -> int | None:
        """Return how far Zoom's clock is ahead of Redis's in microseconds, if both are known."""
        if not (self.zoom_clock.observed and self.clock.observed):
            return None
        zoom = (self.zoom_clock.now() - _EPOCH).total_seconds() + 0.5  # Zoom's clock shows whole seconds
        return round((zoom - (now - self.clock.local(0.0))) * _MICRO)
