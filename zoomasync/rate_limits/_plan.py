"""The limits of a Zoom plan.

Source: https://developers.zoom.us/docs/api/rate-limits/
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .._label import Label
from .._settings import Settings
from ..errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The limits of a Zoom subscription: requests per second and per UTC day for each label. None is no daily limit.

    Use ``Plan.FREE``, ``Plan.PRO`` or ``Plan.BUSINESS`` (also for Education, Enterprise and Partner accounts), or pass
    the numbers of another agreement. No API returns the plan of an account. If the resource-intensive label has no
    daily limit of its own, it shares the daily quota of the heavy label.

    All apps of an account share its limits. ``Plan.PRO.share(0.5)`` leaves half of them to the other apps.
    """

    light: float
    medium: float
    heavy: float
    resource_intensive: float = 10 / 60
    light_per_day: int | None = None
    medium_per_day: int | None = None
    heavy_per_day: int | None = None
    resource_intensive_per_day: int | None = None

    FREE: ClassVar[Plan]
    PRO: ClassVar[Plan]
    BUSINESS: ClassVar[Plan]

    def __post_init__(self) -> None:
        for label in Label:
            rate, per_day = self.rate(label), self.per_day(label)
            if not (_is_number(rate, float) and math.isfinite(rate) and rate > 0):
                raise ConfigError(f"Plan: {label.value} must be a number of requests per second above 0")
            if per_day is not None and not (_is_number(per_day, int) and per_day >= 0):
                raise ConfigError(f"Plan: the daily limit of {label.value} must be a whole number, or None")

    @classmethod
    def named(cls, name: str) -> Plan:
        """Return the plan with this *name*: free, pro or business, in upper or lower case."""
        plans = {"free": cls.FREE, "pro": cls.PRO, "business": cls.BUSINESS}
        try:
            return plans[name.strip().lower()]
        except KeyError:
            raise ConfigError(f"unknown plan {name[:40]!r}: choose one of {', '.join(plans)}") from None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Plan:
        """Return the plan that the environment variables describe.

        ``ZOOM_PLAN`` is free, pro (the default) or business. ``ZOOM_SHARE`` is the fraction of the plan to use, above 0
        and at most 1. ``ZOOM_PLAN_FILE`` and ``ZOOM_SHARE_FILE`` can name files that contain these values instead.
        """
        settings = Settings(environ)
        plan = cls.named(settings.get("ZOOM_PLAN") or "pro")
        try:
            return plan.share(float(settings.get("ZOOM_SHARE") or 1))
        except ValueError:
            raise ConfigError("ZOOM_SHARE must be a number above 0 and at most 1") from None

    def share(self, fraction: float) -> Plan:
        """Return a plan with a *fraction* of these limits, above 0 and at most 1. Daily limits are rounded down."""
        if not 0 < fraction <= 1:
            raise ConfigError("the share of a plan must be above 0 and at most 1")

        def of(per_day: int | None) -> int | None:
            return None if per_day is None else math.floor(per_day * fraction)

        return Plan(
            light=self.light * fraction,
            medium=self.medium * fraction,
            heavy=self.heavy * fraction,
            resource_intensive=self.resource_intensive * fraction,
            light_per_day=of(self.light_per_day),
            medium_per_day=of(self.medium_per_day),
            heavy_per_day=of(self.heavy_per_day),
            resource_intensive_per_day=of(self.resource_intensive_per_day),
        )

    def rate(self, label: Label) -> float:
        """Return the requests per second for *label*."""
        return {
            Label.LIGHT: self.light,
            Label.MEDIUM: self.medium,
            Label.HEAVY: self.heavy,
            Label.RESOURCE_INTENSIVE: self.resource_intensive,
        }[label]

    def quota_label(self, label: Label) -> Label:
        """Return the label whose daily quota the requests of *label* count in."""
        shares = label is Label.RESOURCE_INTENSIVE and self.resource_intensive_per_day is None
        return Label.HEAVY if shares else label

    def per_day(self, label: Label) -> int | None:
        """Return the requests per UTC day in the daily quota of *label*, or None where there is no limit."""
        return {
            Label.LIGHT: self.light_per_day,
            Label.MEDIUM: self.medium_per_day,
            Label.HEAVY: self.heavy_per_day,
            Label.RESOURCE_INTENSIVE: self.resource_intensive_per_day,
        }[self.quota_label(label)]


def _is_number(value: object, kind: type[float]) -> bool:
    """Return whether *value* is of *kind* or an int. Callers without a type checker may pass anything."""
    return isinstance(value, (int, kind)) and not isinstance(value, bool)


Plan.FREE = Plan(
    light=4,
    medium=2,
    heavy=1,
    light_per_day=6_000,
    medium_per_day=2_000,
    heavy_per_day=1_000,
    resource_intensive_per_day=30_000,  # higher than the heavy label's in every copy of the reference
)
Plan.PRO = Plan(light=30, medium=20, heavy=10, heavy_per_day=30_000)
Plan.BUSINESS = Plan(light=80, medium=60, heavy=40, resource_intensive=20 / 60, heavy_per_day=60_000)
