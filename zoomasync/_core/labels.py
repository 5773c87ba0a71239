"""Corrections of rate-limit labels: Zoom names the label of a call in the header ``X-RateLimit-Category``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from .._label import Label
from ..events import Event, LabelCorrected
from .early_end import EarlyEnd
from .endpoint import Endpoint

_BY_NAME: Final = {label.value: label for label in Label}
_SLOWNESS: Final = {label: position for position, label in enumerate(Label)}
_AGREEING: Final = 3


def named_label(headers: Mapping[str, str]) -> Label | None:
    """Return the label that response *headers* (names in lower case) name, or None without a known one."""
    name = headers.get("x-ratelimit-category")
    return None if name is None else _BY_NAME.get(name.strip().lower())


class LabelCorrection(Struct, frozen=True):
    """The label that Zoom's responses give one route: *label*, or None while the endpoint's own holds.

    The first response that names a slower label corrects the route: too low a rate only costs time. A faster label
    takes *needed* responses in a row: three, and twice as many after each time that Zoom has gone back to a slower one.
    So a label that changes to and fro soon stays at the slower one. The latest *in_a_row* responses have *named* one
    label.
    """

    label: Label | None = None
    named: Label | None = None
    in_a_row: int = 0
    needed: int = _AGREEING
    was_faster: bool = False

    def after(self, named: Label, *, of_endpoint: Label) -> LabelCorrection:
        """Return the correction after a response that has *named* a label, for an endpoint whose own is given."""
        current = self.label or of_endpoint
        in_a_row = self.in_a_row + 1 if named is self.named else 1
        if _SLOWNESS[named] > _SLOWNESS[current]:
            needed = 2 * self.needed if self.was_faster else self.needed
            return LabelCorrection(named, named, in_a_row, needed)
        if named is not current and in_a_row >= self.needed:
            return LabelCorrection(named, named, in_a_row, self.needed, was_faster=True)
        return replace(self, named=named, in_a_row=in_a_row)


class LabelWait(EarlyEnd):
    """The context of a wait among *waiting*, under the label of *endpoint*. A wait that was ended is left silently."""

    __slots__ = ("_waiting", "endpoint")

    def __init__(self, waiting: dict[LabelWait, None], endpoint: Endpoint[object]) -> None:
        self._waiting = waiting
        self.endpoint: Endpoint[object] = endpoint

    def __enter__(self) -> None:
        self._enter_task()
        self._waiting[self] = None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        del self._waiting[self]
        return self._is_over and self._is_ended_by(kind)


class LabelCorrections:
    """The corrected labels of one client, by route. *on_event* receives `LabelCorrected`."""

    def __init__(self) -> None:
        self.on_event: Callable[[Event], None] | None = None
        self._corrections: dict[str, LabelCorrection] = {}
        self._waiting: dict[LabelWait, None] = {}  # in order of arrival

    def label(self, endpoint: Endpoint[object]) -> Label:
        """Return the label that calls to *endpoint* count under."""
        if not self._corrections:
            return endpoint.label
        correction = self._corrections.get(endpoint.route)
        return endpoint.label if correction is None else correction.label or endpoint.label

    def until_corrected(self, endpoint: Endpoint[object]) -> LabelWait:
        """Return the context of a wait under the label of *endpoint*, which a correction of that label ends."""
        return LabelWait(self._waiting, endpoint)

    def observe(self, endpoint: Endpoint[object], headers: Mapping[str, str]) -> None:
        """Read the label of *endpoint* from the *headers* of a successful response (names in lower case)."""
        named = named_label(headers)
        if named is None:
            return
        before, correction = self.label(endpoint), self._corrections.get(endpoint.route)
        if correction is None and named is before:
            return
        correction = (correction or LabelCorrection()).after(named, of_endpoint=endpoint.label)
        self._corrections[endpoint.route] = correction
        if self.label(endpoint) is before:
            return
        for wait in self._waiting:
            if wait.endpoint.route == endpoint.route:
                wait.end()
        if self.on_event is not None:
            self.on_event(LabelCorrected(endpoint.name, endpoint.label, named))
