"""Decoding of the body of a webhook to an event."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Final, cast

import msgspec
from msgspec import Struct

from .._core.decoding import InvalidBody, decode
from ..models.field_types import Timestamp
from .events import EVENTS, UnknownEvent, WebhookEvent

# Deliveries of one event have other links and another token for its recording.
_CHANGING: Final = frozenset({"download_token", "download_url", "play_url", "share_url"})


class _Time(Struct):
    event_ts: Timestamp | None = None


class _RawPayload(Struct):
    payload: msgspec.Raw = msgspec.Raw(b"null")


_RAW_PAYLOAD: Final = msgspec.json.Decoder(_RawPayload)


def decode_event(body: bytes) -> WebhookEvent:
    """Return the event in *body*: an `UnknownEvent` if it has no known name or form. It never raises an error.

    It verifies nothing. `verify` calls it after the check of the signature; call it for a body that you have verified
    and stored.
    """
    try:
        content = cast("object", msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # The text of a UnicodeDecodeError would show bytes of the body.
        text = str(error) if isinstance(error, msgspec.DecodeError) else "it is not UTF-8, or nested too deeply"
        return UnknownEvent(event="", key=_hash(body), body=body, reason=f"the body is not JSON: {text}")
    key = _key(content, body)
    envelope = cast("dict[str, object]", content) if isinstance(content, dict) else {}
    name, payload = envelope.get("event"), envelope.get("payload")
    fields = cast("dict[str, object]", payload) if isinstance(payload, dict) else None
    raw_payload = bytes(_RAW_PAYLOAD.decode(body).payload) if envelope else b"null"
    account_id = fields and fields.get("account_id")
    event = UnknownEvent(
        event=name if isinstance(name, str) else "",
        event_ts=_event_ts(body) or _event_ts(raw_payload),  # `app_deauthorized` has it in the payload
        account_id=account_id if isinstance(account_id, str) else None,
        key=key,
        body=body,
        payload=fields,
        reason="this package has no class for it" if isinstance(name, str) else "the body has no event name",
    )
    class_ = EVENTS.get(event.event)
    return event if class_ is None else _typed(class_, event, raw_payload, envelope.get("download_token"))


def _typed(class_: type[WebhookEvent], event: UnknownEvent, raw_payload: bytes, token: object) -> WebhookEvent:
    try:
        payload = decode(raw_payload, _payload_type(class_))
    except InvalidBody as fault:
        return msgspec.structs.replace(event, reason=f"{fault.reason} at $.payload{fault.path.removeprefix('$')}")
    tokens = (
        {"download_token": token} if "download_token" in class_.__struct_fields__ and isinstance(token, str) else {}
    )
    return cast("Callable[..., WebhookEvent]", class_)(
        event=event.event,
        event_ts=event.event_ts,
        account_id=event.account_id,
        key=event.key,
        body=event.body,
        payload=payload,
        **tokens,
    )


@cache
def _payload_type(class_: type[WebhookEvent]) -> type[object]:
    (field,) = (field for field in msgspec.structs.fields(class_) if field.name == "payload")
    return cast("type[object]", field.type)


def _event_ts(content: bytes) -> Timestamp | None:
    """Return the time in the JSON object *content*, or None if there is none that can be read."""
    try:
        return decode(content, _Time).event_ts
    except InvalidBody:
        return None


def _key(content: object, body: bytes) -> str:
    try:
        return _hash(msgspec.json.encode(_without_changing(content), order="sorted"))
    except (OverflowError, RecursionError):
        return _hash(body)  # a number or a depth that Python cannot encode


def _without_changing(value: object) -> object:
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {key: _without_changing(each) for key, each in items if key not in _CHANGING}
    if isinstance(value, list):
        return [_without_changing(each) for each in cast("list[object]", value)]
    return value


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
