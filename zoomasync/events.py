"""Events: those that a client passes to its ``on_event`` callback, and the progress of a download."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ._label import Label
from .errors import ZoomError

__all__ = ["CircuitClosed", "CircuitOpened", "DownloadProgress", "Event", "LabelCorrected", "RateAdjusted"]


@dataclass(frozen=True, slots=True)
class RateAdjusted:
    """A change of the rate of *label* to *rate* requests per second, of *plan_rate* in the plan.

    Zoom answers 429 although this client stays below its plan: another app uses the same account, or the account has a
    smaller plan. The rate rises again in small steps when the 429s end.
    """

    label: Label
    rate: float
    plan_rate: float

    def __str__(self) -> str:
        if self.rate < self.plan_rate:
            return (
                f"{self.label}: limited to {self.rate:.3g} of {self.plan_rate:.3g} requests per second after Zoom "
                "answered 429: another app uses the same account, or the account has a smaller plan"
            )
        return f"{self.label}: back at {self.plan_rate:.3g} requests per second"


@dataclass(frozen=True, slots=True)
class CircuitOpened:
    """The beginning of an outage: the latest calls all failed, the last one with *cause*.

    From now on the client sends one call at a time, until one succeeds. The others raise
    `zoomasync.errors.CircuitOpen` after *outage_wait* seconds, an option of `Zoom.with_options`.
    """

    cause: ZoomError | None

    def __str__(self) -> str:
        cause = "" if self.cause is None else f" The last failure: {self.cause}"
        return f"Zoom is not available: the latest calls all failed. One call at a time is sent from now on.{cause}"


@dataclass(frozen=True, slots=True)
class CircuitClosed:
    """The end of an outage after *seconds*: a call has succeeded."""

    seconds: float

    def __str__(self) -> str:
        return f"Zoom is available again after {self.seconds:.0f} s"


@dataclass(frozen=True, slots=True)
class LabelCorrected:
    """A change of the label that the calls of *route* count under, to *zoom_label*, which Zoom named in its responses.

    *label* is that of the reference, or the one that was passed to `Zoom.request` or `Zoom.paginate`. A slower label
    holds from the first successful response that names it. A faster one takes three in a row, and more if Zoom has gone
    back to a slower one before.
    """

    route: str
    label: Label
    zoom_label: Label

    def __str__(self) -> str:
        if self.zoom_label is self.label:
            return f"{self.route}: counted as {self.label} again, which Zoom now names too"
        return f"{self.route}: counted as {self.zoom_label} from now on: Zoom names this label instead of {self.label}"


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """The progress of one download, for its *on_progress*: *received* of *total* bytes; None if Zoom sent no total.

    *received* includes the bytes of an earlier download that was continued. It falls if the file is read again.
    """

    received: int
    total: int | None

    def __str__(self) -> str:
        return f"{self.received:,} bytes" if self.total is None else f"{self.received:,} of {self.total:,} bytes"


Event: TypeAlias = RateAdjusted | CircuitOpened | CircuitClosed | LabelCorrected
