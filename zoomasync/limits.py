"""How much to send: an account's plan, and the budgets that hold a client to it.

Zoom counts requests by rate-limit label: so many a second, and for some labels so many a UTC day, for the whole
account. A `Plan` says how much of that a client may use. `Budgets` are what makes it keep to it: in one process by
default, over many with `zoomasync.redis`.

Source: https://developers.zoom.us/docs/api/rate-limits/
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from ._endpoint import Label
from .errors import ConfigError

__all__ = ["Budgets", "DaySpent", "Label", "LabelBudget", "Plan", "Release"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a client may send, by label: requests a second, and a UTC day where that is limited (None is no limit).

    Take ``Plan.FREE``, ``Plan.PRO`` or ``Plan.BUSINESS`` (which is also Education, Enterprise and Partner), or give the
    numbers of another agreement. No API tells an app its account's plan. Without a day's limit of its own, the
    resource-intensive label spends the heavy one's.

    The limits are the account's: all its apps share them. Leave the others their part with ``Plan.PRO.share(0.5)``.
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
                raise ConfigError(f"Plan: {label.value} must be a number of requests a second above 0")
            if per_day is not None and not (_is_number(per_day, int) and per_day >= 0):
                raise ConfigError(f"Plan: {label.value} must have a whole number of requests a day, or None")

    @classmethod
    def named(cls, name: str) -> Plan:
        """Return the plan called *name*: free, pro or business, in any case."""
        plans = {"free": cls.FREE, "pro": cls.PRO, "business": cls.BUSINESS}
        try:
            return plans[name.strip().lower()]
        except KeyError:
            raise ConfigError(f"unknown plan {name[:40]!r}: choose one of {', '.join(plans)}") from None

    def share(self, fraction: float) -> Plan:
        """Return the plan for a *fraction* of the account's limits, above 0 and up to 1; nothing is rounded up."""
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
        """Return the requests a second for *label*."""
        return {
            Label.LIGHT: self.light,
            Label.MEDIUM: self.medium,
            Label.HEAVY: self.heavy,
            Label.RESOURCE_INTENSIVE: self.resource_intensive,
        }[label]

    def purse(self, label: Label) -> Label:
        """Return the label whose budget of the day *label* spends: its own, but for the one that shares heavy's."""
        shares = label is Label.RESOURCE_INTENSIVE and self.resource_intensive_per_day is None
        return Label.HEAVY if shares else label

    def per_day(self, label: Label) -> int | None:
        """Return the requests a UTC day of the budget that *label* spends, or None where there is no limit."""
        return {
            Label.LIGHT: self.light_per_day,
            Label.MEDIUM: self.medium_per_day,
            Label.HEAVY: self.heavy_per_day,
            Label.RESOURCE_INTENSIVE: self.resource_intensive_per_day,
        }[self.purse(label)]


def _is_number(value: object, kind: type[float]) -> bool:
    """Tell whether *value* is one: not every caller has a type checker."""
    return isinstance(value, (int, kind)) and not isinstance(value, bool)


Plan.FREE = Plan(
    light=4,
    medium=2,
    heavy=1,
    light_per_day=6_000,
    medium_per_day=2_000,
    heavy_per_day=1_000,
    resource_intensive_per_day=30_000,  # more than heavy's, in every copy of the reference
)
Plan.PRO = Plan(light=30, medium=20, heavy=10, heavy_per_day=30_000)
Plan.BUSINESS = Plan(light=80, medium=60, heavy=40, resource_intensive=20 / 60, heavy_per_day=60_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelBudget:
    """How one label stands.

    *rate* is the requests a second that are let through now, *wait* the seconds that a call would wait. *used* (sent,
    or waiting to be) and *left* count the UTC day's budget, which it may share with another label; *left* is None where
    the plan has no limit. The day ends at *resets_at*, by Zoom's clock.
    """

    label: Label
    rate: float
    wait: float
    used: int
    left: int | None
    resets_at: datetime


class DaySpent(Exception):
    """The day's budget is spent until *resumes_at*: what `Budgets.acquire` raises, and calls turn into an error."""

    def __init__(self, resumes_at: datetime) -> None:
        super().__init__(resumes_at)
        self.resumes_at = resumes_at


@dataclass(frozen=True, slots=True)
class Release:
    """One call that was let through.

    *went_late* is called when it may have arrived as late as now, because it had to wait for a connection or a token:
    its second begins only then. *unsent* is called when nothing was sent: it costs nothing of the day.
    """

    went_late: Callable[[], None]
    unsent: Callable[[], None]


class Budgets(Protocol):
    """Holds all calls of a client to its plan. An implementation may share the plan with other processes."""

    async def acquire(self, label: Label, *, urgent: bool = False) -> Release:
        """Wait until a request of *label* may be sent, and count it; an urgent one goes before the others.

        Raises `DaySpent` at once when the day has none left.
        """
        ...

    async def throttled(self, label: Label, seconds: float) -> None:
        """Take note of a 429 of the label's second: nobody sends for *seconds*."""
        ...

    async def spent(self, label: Label, until: datetime) -> None:
        """Take note of a 429 of the label's day: nobody sends before *until*."""
        ...

    def observe(self, label: Label, headers: Mapping[str, str]) -> None:
        """Learn from the headers of a reply (names in lower case): Zoom's clock, and what it says is left."""
        ...

    async def status(self) -> Mapping[Label, LabelBudget]:
        """Return how every label stands."""
        ...

    async def aclose(self) -> None:
        """Let go of what the budgets hold. Closing twice does no harm."""
        ...
