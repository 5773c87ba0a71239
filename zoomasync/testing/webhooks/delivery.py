"""One attempt to deliver a webhook, as the log shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal, TypeAlias, cast

from ..protocol.validation import MASK
from ..reference.notation import Spec
from ..reference.webhooks import FACTS

_LINK: Final = "join_url"  # anybody can join with it
DeliveryOutcome: TypeAlias = Literal["delivered", "retried", "rejected", "given_up"]


@dataclass(frozen=True, kw_only=True)
class WebhookDelivery:
    """One attempt to deliver an event to *url*, which is shown without its query.

    *attempt* counts from 1. *status* is that of the receiver's response, or None without a response in time. After a
    5xx and without a response, Zoom tries again ("retried"), and after the last attempt it has "given_up". Any other
    status than a 2xx is final ("rejected"). *body* has the event, with `***` in place of secrets and unknown fields.
    *at* is `time.monotonic()` when the attempt ended.
    """

    event: str
    url: str
    attempt: int
    status: int | None
    outcome: DeliveryOutcome
    body: Mapping[str, object]
    at: float


def outcome_of(status: int | None, *, is_last: bool) -> DeliveryOutcome:
    """Return the outcome of an attempt with this *status*."""
    if status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return "delivered" if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES else "rejected"
    return "given_up" if is_last else "retried"


def masked_event(body: Mapping[str, object]) -> Mapping[str, object]:
    """Return the JSON of an event without secrets, and without fields that are not in the data file."""
    spec = FACTS.events.get(str(body["event"]))
    payload = Spec(kind="object", fields=spec.payload.fields if spec else {})
    known = {"event": Spec(kind="text"), "event_ts": Spec(kind="integer"), "payload": payload}
    return {name: _masked(value, known.get(name)) for name, value in body.items()}


def _masked(value: object, spec: Spec | None) -> object:
    """Return *value* without secrets; unlike in requests, an id may be text where the data file has a number."""
    if spec is None or spec.form == "secret":
        return MASK
    if isinstance(value, dict):
        values = cast("dict[str, object]", value)
        return {name: _masked(each, None if name == _LINK else spec.fields.get(name)) for name, each in values.items()}
    if isinstance(value, list):
        return [_masked(each, spec.item) for each in cast("list[object]", value)]
    return value
