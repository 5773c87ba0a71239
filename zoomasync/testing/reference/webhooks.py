"""The events of `webhooks.toml`: Zoom's webhook events, and examples of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Final, cast

import msgspec

from .examples import example
from .notation import Shapes, Spec

_INHERIT: Final = "..."
_EVENT_TS: Final = 1773824400000  # 2026-03-18T09:00:00Z, the time of the other examples
_TEXTS: Final = MappingProxyType(
    {
        "account_id": "nOrthpierAccountIdxxxA",
        "client_id": "nOrthpierClientIdxxxxx",
        "host_id": "nOrthpierHostIdxxxxxxA",
        "operator_id": "nOrthpierHostIdxxxxxxA",
        "user_id": "nOrthpierHostIdxxxxxxA",
        "meeting_uuid": "m8Re/3nWTyrh2qUa+S1vZx==",
        "meeting_uuids": "m8Re/3nWTyrh2qUa+S1vZx==",
        "uuid": "m8Re/3nWTyrh2qUa+S1vZx==",
        "topic": "Harbour tour",
        "user_name": "Noor Pier",
        "first_name": "Noor",
        "last_name": "Pier",
        "timezone": "Europe/Berlin",
    }
)
_PLAIN_TOKEN: Final = "qgg8vlvZRS6UYooatFL8Aw"  # noqa: S105  the example of Zoom's page
APP_DEAUTHORIZED: Final = "app_deauthorized"
URL_VALIDATION: Final = "endpoint.url_validation"


@dataclass(frozen=True, kw_only=True, repr=False)
class WebhookEventSpec:
    """The description of one webhook event.

    *payload* describes the object of that name, and *envelope* the fields beside it, without event and event_ts.
    """

    name: str
    payload: Spec
    envelope: Mapping[str, Spec]
    sources: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Quirk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that differs from the description and was documented or seen: *value* is JSON, None is a missing key."""

    event: str
    path: str
    note: str
    sources: tuple[str, ...]
    value: str | None = None


class SignedMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request that Zoom signed, and the right *encrypted_token* of the response."""

    secret: str
    timestamp: str
    body: str
    signature: str
    encrypted_token: str
    note: str
    sources: tuple[str, ...]


class _Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plain token, and its right encrypted token."""

    secret: str
    plain_token: str
    encrypted_token: str
    sources: tuple[str, ...]


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request, and the message that is signed for it."""

    timestamp: str
    body: str
    message: str
    sources: tuple[str, ...]


class Delivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Zoom's rules for deliveries: the time to answer, and the minutes from each attempt to the next."""

    answer_within_seconds: int
    retry_after_minutes: tuple[int, ...]
    validation_hours: int
    validation_failures: int


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sources: tuple[str, ...]
    payload: dict[str, str]
    envelope: dict[str, str] = {}


class WebhookFacts(msgspec.Struct, frozen=True):
    """The content of `webhooks.toml`; *unused* are shapes that no event has."""

    events: Mapping[str, WebhookEventSpec]
    sources: Mapping[str, str]
    delivery: Delivery
    quirks: tuple[Quirk, ...]
    signed: tuple[SignedMessage, ...]
    tokens: tuple[_Token, ...]
    messages: tuple[_Message, ...]
    unused: frozenset[str]


def example_event(name: str) -> dict[str, object]:
    """Return an example of the event *name* with every field, as JSON data. Raises `KeyError` for an unknown one."""
    event = FACTS.events[name]
    payload = {field: example(spec) for field, spec in event.payload.fields.items()}
    body: dict[str, object] = {"event": name, "event_ts": _EVENT_TS, "payload": payload}
    if name == APP_DEAUTHORIZED:
        payload["event_ts"] = body.pop("event_ts")
    if name == URL_VALIDATION:
        payload["plainToken"] = _PLAIN_TOKEN
    body |= {field: example(spec) for field, spec in event.envelope.items()}
    return {field: _with_texts(field, value) for field, value in body.items()}


def _with_texts(field: str, value: object) -> object:
    """Return the example *value* of *field* with more telling texts."""
    if isinstance(value, dict):
        content = cast("dict[str, object]", value)
        return {name: _with_texts(name, each) for name, each in content.items()}
    if isinstance(value, list):
        return [_with_texts(field, each) for each in cast("list[object]", value)]
    return _TEXTS.get(field, value) if value == "text" else value


def _events(entries: Mapping[str, _Entry], shapes: Shapes) -> Iterator[WebhookEventSpec]:
    for name, entry in entries.items():
        payload = Spec(kind="object", fields=shapes.fields(entry.payload))
        yield WebhookEventSpec(
            name=name, payload=payload, envelope=shapes.fields(entry.envelope), sources=entry.sources
        )


def _inherit(shapes: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return the shapes with the fields of those that they name; a shape comes after the one that it names."""
    whole: dict[str, dict[str, str]] = {}
    for name, texts in shapes.items():
        own = dict(texts)
        base = own.pop(_INHERIT, None)
        whole[name] = own if base is None else whole[base] | own
    return whole


def _read() -> WebhookFacts:
    tables = tomllib.loads(files("zoomasync.testing").joinpath("webhooks.toml").read_text(encoding="utf-8"))
    shapes = msgspec.convert(tables.pop("shape"), dict[str, dict[str, str]])
    inherited = {texts[_INHERIT] for texts in shapes.values() if _INHERIT in texts}
    known = Shapes(_inherit(shapes), {})
    sources = msgspec.convert(tables.pop("source"), dict[str, str])
    delivery = msgspec.convert(tables.pop("delivery"), Delivery)
    quirks = msgspec.convert(tables.pop("quirk"), tuple[Quirk, ...])
    signed = msgspec.convert(tables.pop("vector"), tuple[SignedMessage, ...])
    tokens = msgspec.convert(tables.pop("token"), tuple[_Token, ...])
    messages = msgspec.convert(tables.pop("message"), tuple[_Message, ...])
    events = {event.name: event for event in _events(msgspec.convert(tables, dict[str, _Entry]), known)}
    return WebhookFacts(
        events=MappingProxyType(events),
        sources=MappingProxyType(sources),
        delivery=delivery,
        quirks=quirks,
        signed=signed,
        tokens=tokens,
        messages=messages,
        unused=frozenset(known.unused - inherited),
    )


FACTS: Final = _read()
"""Zoom's webhook events, the rules of their delivery, and signed examples."""
