"""The adaptive rate: lower the rate of a label after unexplained 429s, and raise it again slowly."""

from __future__ import annotations

from typing import Final

import msgspec

_LIMIT: Final = 3  # one 429 can be an accident, and so can two
_WITHIN_SECONDS: Final = 30.0
_FACTOR: Final = 0.75
_INCREMENT: Final = 0.05
_RAISE_AFTER_SECONDS: Final = 10.0
_MINIMUM: Final = 0.1


class AdaptiveRate(msgspec.Struct, frozen=True, omit_defaults=True):
    """The *fraction* of a label's rate that is in use (AIMD).

    A client that stays below its plan gets no 429, so repeated ones mean that other apps use the account's limit.
    Three of them within 30 seconds lower the fraction to three quarters. Seconds in which the label was paused do not
    count: with a long ``Retry-After``, three 429s could never fall into 30 seconds of wall time. 10 seconds without a
    429 raise the fraction by a twentieth.

    An instance is a value: a change returns a new one, so processes can share it. All times are seconds of one clock.
    """

    fraction: float = 1.0
    changed_at: float = 0.0
    limited_at: tuple[float, ...] = ()  # the last 429s, in time that was not paused
    paused_until: float = 0.0
    paused_for: float = 0.0  # all pauses together

    def on_rate_limited(self, now: float, seconds: float) -> AdaptiveRate:
        """Return the rate after a 429 that pauses the label for *seconds*."""
        paused_until = max(self.paused_until, now + seconds)
        paused_for = self.paused_for + paused_until - max(now, self.paused_until)
        if now < self.paused_until:  # the request was sent before the pause, so this is the same incident
            return msgspec.structs.replace(self, paused_until=paused_until, paused_for=paused_for)
        limited_at = (*self.limited_at, now - self.paused_for)[-_LIMIT:]
        lower = len(limited_at) == _LIMIT and limited_at[-1] - limited_at[0] <= _WITHIN_SECONDS
        return AdaptiveRate(
            fraction=max(_MINIMUM, round(self.fraction * _FACTOR, 3)) if lower else self.fraction,
            changed_at=now if lower else self.changed_at,
            limited_at=() if lower else limited_at,
            paused_until=paused_until,
            paused_for=paused_for,
        )

    def on_permit(self, now: float) -> AdaptiveRate:
        """Return the rate after a permit was granted: a step higher if there was no 429 for a while."""
        if self.fraction >= 1 or now - max(self.changed_at, self.paused_until) < _RAISE_AFTER_SECONDS:
            return self
        return msgspec.structs.replace(self, fraction=min(1.0, round(self.fraction + _INCREMENT, 3)), changed_at=now)
