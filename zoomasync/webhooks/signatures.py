"""The signatures of webhooks, and the answer to Zoom's question whether an endpoint has the secret."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from .._settings import Settings
from ..errors import ConfigError, InvalidArgument, WebhookError
from ..models.secret_fields import MaskedStruct, Secret
from .decoding import decode_event
from .events import WebhookEvent

SIGNATURE_HEADER: Final = "x-zm-signature"
"""The name of the header with the signature."""
TIMESTAMP_HEADER: Final = "x-zm-request-timestamp"
"""The name of the header with the time of the signature, in seconds since 1970."""
MAX_AGE: Final = timedelta(minutes=90)
"""The age up to which `verify` accepts a request: Zoom's last retry comes 85 minutes after the first attempt."""
MAX_AHEAD: Final = timedelta(minutes=5)
"""The time by which a request may be ahead of the clock, since clocks differ."""

_URL_VALIDATION: Final = "endpoint.url_validation"
# Digits of ASCII only: with a colon in the timestamp, a part of the body could pass as the timestamp.
_TIMESTAMP = re.compile(rb"[0-9]{1,15}")
# The text of a signed message has colons. The HMAC of a token without one is the signature of no event.
_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9+/=_.~-]{1,128}")


class UrlValidation(MaskedStruct, frozen=True, kw_only=True):
    """Zoom's question whether the endpoint has the secret. Answer 200 with *response_body*, which is JSON.

    Zoom asks when the endpoint is set up, and every 72 hours. The answer is made with the secret that signed the
    question.
    """

    plain_token: str
    response_body: Secret[bytes]


class _Payload(Struct):
    plain_token: str = msgspec.field(name="plainToken")


class _Question(Struct):
    payload: _Payload


_QUESTION: Final = msgspec.json.Decoder(_Question)


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secrets: str | Iterable[str],
    *,
    max_age: timedelta = MAX_AGE,
    now: datetime | None = None,
) -> WebhookEvent | UrlValidation:
    """Return the event that Zoom signed. Raises `WebhookError` for every other request.

    *headers* are those of the request, in upper or lower case. *body* holds its raw bytes: JSON that was decoded and
    encoded again has other bytes, and is rejected. *secrets* is the secret token of the app, or several of them while
    you replace one. A request may be as old as *max_age*, and up to 5 minutes ahead of *now*, which is the current time
    unless given.

    A signed event of a name or form that this package does not know is an `UnknownEvent`. Zoom sends events again, so
    that the same event may verify several times; `WebhookEvent.key` identifies it.
    """
    keys = _keys(secrets)
    message_body = _bytes(body)
    signature, timestamp = _header(headers, SIGNATURE_HEADER), _header(headers, TIMESTAMP_HEADER)
    if not _TIMESTAMP.fullmatch(timestamp):
        raise WebhookError("headers")
    # Each secret is tried, so that the time does not depend on which of them matches.
    matching = [key for key in keys if hmac.compare_digest(_signature(key, timestamp, message_body), signature)]
    if not matching:
        raise WebhookError("signature")
    age = (datetime.now(UTC) if now is None else now).timestamp() - int(timestamp)
    if age > max_age.total_seconds():
        raise WebhookError("too_old")
    if -age > MAX_AHEAD.total_seconds():
        raise WebhookError("in_future")
    event = decode_event(message_body)
    return _answer(message_body, matching[0]) if event.event == _URL_VALIDATION else event


def sign(body: bytes, secret: str, *, now: datetime | None = None) -> dict[str, str]:
    """Return the headers with which Zoom would send *body* now, or at the time *now*. It is for tests of a service."""
    (key,) = _keys(secret)
    timestamp = str(int((datetime.now(UTC) if now is None else now).timestamp()))
    return {
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: _signature(key, timestamp.encode(), _bytes(body)).decode(),
    }


def secrets_from_env(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the secrets in ZOOM_WEBHOOK_SECRET, or in the file that ZOOM_WEBHOOK_SECRET_FILE names.

    While you replace the secret, set both, the new one first, separated by a blank or on lines of their own. Raises
    `ConfigError` if there is none.
    """
    secrets = tuple(Settings(environ).require("ZOOM_WEBHOOK_SECRET").split())
    if not secrets:
        raise ConfigError("ZOOM_WEBHOOK_SECRET has blanks only: set it to the secret token of the app")
    return secrets


def encrypted_token(plain_token: str, secret: str) -> str:
    """Return the text that proves to Zoom that an endpoint has *secret*."""
    return _hmac(secret.encode(), plain_token.encode())


def _answer(body: bytes, key: bytes) -> UrlValidation:
    try:
        token = _QUESTION.decode(body).payload.plain_token
    except msgspec.ValidationError:
        raise WebhookError("plain_token") from None
    if not _PLAIN_TOKEN.fullmatch(token):
        raise WebhookError("plain_token")
    answer = {"plainToken": token, "encryptedToken": _hmac(key, token.encode())}
    return UrlValidation(plain_token=token, response_body=msgspec.json.encode(answer))


def _keys(secrets: str | Iterable[str]) -> list[bytes]:
    keys = [secret.encode() for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    if not keys or not all(keys):
        # Everyone could sign with an empty secret.
        raise ConfigError("a webhook secret is missing or empty: set it to the secret token of the app")
    return keys


def _bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    raise InvalidArgument("the body must be the raw bytes of the request: text may have other bytes than Zoom sent")


def _header(headers: Mapping[str, str], name: str) -> bytes:
    """Return the only value of the header *name*. Some frameworks have names, values, or both as bytes."""
    values = {_text(value) for key, value in headers.items() if _text(key).lower() == name.encode()}
    if len(values) != 1:
        raise WebhookError("headers")
    return values.pop()


def _text(value: object) -> bytes:
    """Return a name or value of a header as bytes; empty for a value that is neither text nor bytes."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return value if isinstance(value, bytes) else b""


def _signature(key: bytes, timestamp: bytes, body: bytes) -> bytes:
    return b"v0=" + _hmac(key, b"v0:" + timestamp + b":" + body).encode()


def _hmac(key: bytes, message: bytes) -> str:
    return hmac.digest(key, message, "sha256").hex()
