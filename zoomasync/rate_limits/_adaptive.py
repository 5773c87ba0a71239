"""Lower the rate of a label after unexplained 429s, and raise it again slowly."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from .._label import Label
from ..events import Event, RateAdjusted
from ._token_bucket import TokenBucket

_REFUSALS = 3  # so many, each after the pause of the one before, are no accident
_WITHIN_SECONDS = 30.0
_LOWER_BY = 0.75
_RAISE_BY = 0.05
_RAISE_EVERY_SECONDS = 10.0
_LEAST = 0.1


class AdaptiveRate:
    """Notices that others spend the account's limit: our own pace never gives Zoom a reason to refuse."""

    def __init__(
        self,
        label: Label,
        rate: float,
        bucket: TokenBucket,
        on_event: Callable[[Event], None] | None,
        clock: Callable[[], float],
    ) -> None:
        self._label = label
        self._rate = rate
        self._bucket = bucket
        self._on_event = on_event
        self._clock = clock
        self._refusals: deque[float] = deque(maxlen=_REFUSALS)  # in time that was not paused
        self._paused_until = -math.inf
        self._paused_for = 0.0
        self._changed = -math.inf
        self._fraction = 1.0

    def on_rate_limited(self, seconds: float) -> None:
        """Take note of a 429 that pauses the label for *seconds*."""
        now = self._clock()
        if now < self._paused_until:
            return  # under way when the pause began: the same refusal
        self._refusals.append(now - self._paused_for)
        self._paused_until, self._paused_for = now + seconds, self._paused_for + seconds
        if len(self._refusals) == _REFUSALS and self._refusals[-1] - self._refusals[0] <= _WITHIN_SECONDS:
            self._refusals.clear()
            self._set(max(_LEAST, self._fraction * _LOWER_BY))

    def on_permit(self) -> None:
        """Take note of a call that goes out; after a while without a refusal, go a little faster."""
        quiet_since = max(self._changed, self._paused_until)
        if self._fraction < 1 and self._clock() - quiet_since >= _RAISE_EVERY_SECONDS:
            self._set(min(1.0, self._fraction + _RAISE_BY))

    def _set(self, fraction: float) -> None:
        self._fraction, self._changed = fraction, self._clock()
        self._bucket.set_fraction(fraction)
        if self._on_event is not None:
            self._on_event(RateAdjusted(self._label, self._rate * fraction, self._rate))
