"""Signatures of webhooks: right ones are accepted, and no other request is."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from zoomasync.errors import ConfigError, InvalidArgument
from zoomasync.testing.reference.webhooks import FACTS, example_event
from zoomasync.webhooks import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    AppDeauthorized,
    MeetingStarted,
    UnknownEvent,
    UrlValidation,
    WebhookError,
    encrypted_token,
    sign,
    verify,
)

SECRET = "rE7kq0aNQbWcYx1mUo2pZw"
NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
BODY = msgspec.json.encode(example_event("meeting.started"))


def question(token: str) -> bytes:
    return json.dumps({"event": "endpoint.url_validation", "payload": {"plainToken": token}}).encode()


def signed(body: bytes, secret: str = SECRET, timestamp: str = str(int(NOW.timestamp()))) -> dict[str, str]:
    """Return headers as Zoom makes them, by other means than `sign`."""
    message = b":".join((b"v0", timestamp.encode(), body))
    return {
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: "v0=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest(),
    }


def fault(headers: Mapping[str, object], body: bytes = BODY, *secrets: str) -> str:
    """Return the reason why a request is rejected."""
    with pytest.raises(WebhookError) as caught:
        verify(cast("Mapping[str, str]", headers), body, secrets or SECRET, now=NOW)
    return caught.value.reason


# --- Right requests --------------------------------------------------------------------------------------------------


def test_signed_event_is_typed() -> None:
    event = verify(signed(BODY), BODY, SECRET, now=NOW)

    assert isinstance(event, MeetingStarted)
    assert event.object.topic == "Harbour tour"
    assert event.body == BODY


def test_sign_makes_right_headers() -> None:
    assert sign(BODY, SECRET, now=NOW) == signed(BODY)


def test_signature_is_of_now() -> None:
    assert isinstance(verify(sign(BODY, SECRET), BODY, SECRET), MeetingStarted)


@pytest.mark.parametrize("vector", FACTS.signed, ids=lambda vector: vector.timestamp)
def test_vectors_of_zoom(vector: object) -> None:
    """A question that Zoom signed verifies, and has the right answer."""
    message = msgspec.convert(vector, type(FACTS.signed[0]))
    headers = {TIMESTAMP_HEADER: message.timestamp, SIGNATURE_HEADER: message.signature}
    now = datetime.fromtimestamp(int(message.timestamp), UTC)

    answer = verify(headers, message.body.encode(), message.secret, now=now)

    assert isinstance(answer, UrlValidation)
    assert json.loads(answer.response_body) == {
        "plainToken": answer.plain_token,
        "encryptedToken": message.encrypted_token,
    }


def test_message_of_zooms_page() -> None:
    """The signature is of the message that Zoom's page prints."""
    (vector,) = FACTS.messages
    expected = hmac.new(SECRET.encode(), vector.message.encode(), hashlib.sha256).hexdigest()
    now = datetime.fromtimestamp(int(vector.timestamp), UTC)

    assert sign(vector.body.encode(), SECRET, now=now)[SIGNATURE_HEADER] == f"v0={expected}"


def test_token_of_zooms_page() -> None:
    (vector,) = FACTS.tokens

    assert encrypted_token(vector.plain_token, vector.secret) == vector.encrypted_token


@pytest.mark.parametrize("minutes", [0, 5, 25, 85, 90, -5])
def test_retries_are_accepted(minutes: int) -> None:
    """Zoom's last retry comes 85 minutes after the first attempt, perhaps with the first signature."""
    now = NOW + timedelta(minutes=minutes)

    assert isinstance(verify(signed(BODY), BODY, SECRET, now=now), MeetingStarted)


def test_duplicates_are_accepted() -> None:
    """The same request verifies twice, and so does one that is signed again later, with an equal key."""
    first, again = (verify(signed(BODY), BODY, SECRET, now=NOW) for _ in range(2))
    resigned = verify(sign(BODY, SECRET, now=NOW + timedelta(minutes=5)), BODY, SECRET, now=NOW)

    assert isinstance(first, MeetingStarted)
    assert isinstance(resigned, MeetingStarted)
    assert first == again == resigned


@pytest.mark.parametrize("secret", ["new", "old"])
def test_secrets_in_rotation(secret: str) -> None:
    assert isinstance(verify(signed(BODY, secret), BODY, ["new", "old"], now=NOW), MeetingStarted)


@pytest.mark.parametrize(
    "headers",
    [
        {name.title(): value for name, value in signed(BODY).items()},
        {name.upper(): value for name, value in signed(BODY).items()},
        {name.encode(): value.encode() for name, value in signed(BODY).items()},
        CIMultiDictProxy(CIMultiDict(signed(BODY))),
        signed(BODY) | {"x-zm-request-id": "6009d653_d487", "Host": "example.com"},
    ],
    ids=["title", "upper", "bytes", "multidict", "others"],
)
def test_forms_of_headers(headers: Mapping[str, str]) -> None:
    assert isinstance(verify(headers, BODY, SECRET, now=NOW), MeetingStarted)


@pytest.mark.parametrize(
    "body",
    [
        '{"event": "meeting.started", "payload": {"object": {"topic": "Größe 🎈", "uuid": "a"}}}'.encode(),
        '{"event": "x"}'.encode("utf-16"),
        b"\xff\xfe\x00",
        b"",
        b"not JSON",
        b"[]",
        b"null",
        b'{"event": 7}',
        b'{"event": "meeting.started", "payload": {"object": {}}}',
        b'{"event": "a.new_event", "payload": {"object": {}}}',
        b"[" * 100_000,
        b'{"event": "x", "n": ' + b"9" * 5_000 + b"}",
    ],
)
def test_any_signed_body_is_an_event(body: bytes) -> None:
    event = verify(signed(body), body, SECRET, now=NOW)

    assert not isinstance(event, UrlValidation)
    assert event.body == body
    assert isinstance(event, UnknownEvent) != isinstance(event, MeetingStarted)


# --- Wrong requests --------------------------------------------------------------------------------------------------


def test_forged_signature_is_rejected() -> None:
    assert fault(signed(BODY, "a guess")) == "signature"
    assert fault(signed(BODY) | {SIGNATURE_HEADER: "v0=" + "0" * 64}) == "signature"


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace(b"Harbour", b"Harbuor"),
        BODY + b" ",
        b"",
        json.dumps(json.loads(BODY)).encode(),  # decoded and encoded again
        json.dumps(json.loads(BODY), separators=(",", ":"), sort_keys=True).encode(),
    ],
    ids=["changed", "blank", "empty", "spaces", "order"],
)
def test_altered_body_is_rejected(body: bytes) -> None:
    assert fault(signed(BODY), body) == "signature"


def test_altered_timestamp_is_rejected() -> None:
    assert fault(signed(BODY) | {TIMESTAMP_HEADER: str(int(NOW.timestamp()) + 1)}) == "signature"


@pytest.mark.parametrize(
    ("seconds", "reason"), [(90 * 60 + 1, "too_old"), (86_400, "too_old"), (-301, "in_future"), (-86_400, "in_future")]
)
def test_other_times_are_rejected(seconds: int, reason: str) -> None:
    with pytest.raises(WebhookError) as caught:
        verify(signed(BODY), BODY, SECRET, now=NOW + timedelta(seconds=seconds))

    assert caught.value.reason == reason


def test_max_age_can_be_set() -> None:
    with pytest.raises(WebhookError, match="the webhook is rejected"):
        verify(signed(BODY), BODY, SECRET, now=NOW + timedelta(seconds=61), max_age=timedelta(minutes=1))


def test_milliseconds_are_in_the_future() -> None:
    assert fault(signed(BODY, timestamp=f"{int(NOW.timestamp())}000")) == "in_future"


@pytest.mark.parametrize(
    "change",
    [
        {SIGNATURE_HEADER: None},
        {TIMESTAMP_HEADER: None},
        {SIGNATURE_HEADER: "v0=größe"},
        {SIGNATURE_HEADER: "v0=\udcff"},
        {SIGNATURE_HEADER: ["v0=00"]},
        {SIGNATURE_HEADER: signed(BODY)[SIGNATURE_HEADER].upper()},
        {SIGNATURE_HEADER: signed(BODY)[SIGNATURE_HEADER].removeprefix("v0=")},
        {SIGNATURE_HEADER.upper(): "v0=another"},
        {TIMESTAMP_HEADER: "١٧٧٣٨٢٤٤٠٠"},
        {TIMESTAMP_HEADER: "1773824400.0"},
        {TIMESTAMP_HEADER: "-1"},
        {TIMESTAMP_HEADER: " 1773824400"},
        {TIMESTAMP_HEADER: "1773824400\n"},
        {TIMESTAMP_HEADER: "9" * 400},
        {TIMESTAMP_HEADER: 1773824400},
        {TIMESTAMP_HEADER: ""},
    ],
    ids=repr,
)
def test_odd_headers_are_rejected(change: dict[str, object]) -> None:
    assert fault({**signed(BODY), **change}) in {"headers", "signature"}


def test_missing_headers_are_rejected() -> None:
    assert fault({}) == "headers"


def test_part_of_body_as_timestamp() -> None:
    """Only digits are a timestamp: the same message could be divided at another colon."""
    head, _, tail = BODY.partition(b":")
    headers = signed(BODY)
    moved = headers | {TIMESTAMP_HEADER: f"{headers[TIMESTAMP_HEADER]}:{head.decode()}"}

    assert fault(moved, tail) == "headers"


def test_all_rejections_have_one_text() -> None:
    texts = {str(WebhookError(reason)) for reason in ("headers", "signature", "too_old", "in_future", "plain_token")}

    assert len(texts) == 1


@pytest.mark.parametrize("secrets", ["", [], ["right", ""]])
def test_empty_secrets_are_an_error(secrets: str | list[str]) -> None:
    """Everyone can sign with an empty secret, as an unset variable gives."""
    with pytest.raises(ConfigError, match="set it to the secret token"):
        verify(signed(BODY), BODY, secrets, now=NOW)


def test_text_as_body_is_an_error() -> None:
    with pytest.raises(InvalidArgument, match="raw bytes"):
        verify(signed(BODY), cast("bytes", BODY.decode()), SECRET, now=NOW)


# --- The question about the endpoint ---------------------------------------------------------------------------------


def test_question_is_answered() -> None:
    body = question("qgg8vlvZRS6UYooatFL8Aw")

    answer = verify(signed(body), body, SECRET, now=NOW)

    assert isinstance(answer, UrlValidation)
    assert json.loads(answer.response_body) == {
        "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
        "encryptedToken": hmac.new(SECRET.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest(),
    }


@pytest.mark.parametrize("secret", ["new", "old"])
def test_answer_has_the_secret_of_the_question(secret: str) -> None:
    body = question("qgg8vlvZRS6UYooatFL8Aw")

    answer = verify(signed(body, secret), body, ["new", "old"], now=NOW)

    assert isinstance(answer, UrlValidation)
    assert json.loads(answer.response_body)["encryptedToken"] == encrypted_token("qgg8vlvZRS6UYooatFL8Aw", secret)


def test_unsigned_question_is_rejected() -> None:
    body = question("qgg8vlvZRS6UYooatFL8Aw")

    assert fault({}, body) == "headers"
    assert fault(signed(body, "a guess"), body) == "signature"


def test_oracle_signs_no_event() -> None:
    """The answer to a question is an HMAC with the secret: that of a forged event must not be one of them.

    The attacker asks for the token `v0:<timestamp>:<body>` and would send its HMAC as the signature of the body.
    """
    forged = b'{"event":"app_deauthorized","payload":{"user_id":"victim"}}'
    timestamp = str(int(NOW.timestamp()))
    token = f"v0:{timestamp}:{forged.decode()}"
    body = question(token)
    would_be = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: f"v0={encrypted_token(token, SECRET)}"}

    assert isinstance(verify(would_be, forged, SECRET, now=NOW), AppDeauthorized)  # such an answer would forge it
    assert fault({}, body) == "headers"  # without a signature
    assert fault(signed(body), body) == "plain_token"  # and if Zoom were made to sign the question


@pytest.mark.parametrize(
    "token",
    ["", "v0:1:{}", "a:b", "a b", "a\nb", "größe", "a" * 129, "{}", 'a"b', "a,b"],
    ids=ascii,
)
def test_other_tokens_are_rejected(token: str) -> None:
    body = question(token)

    assert fault(signed(body), body) == "plain_token"


@pytest.mark.parametrize(
    "payload", ["null", "{}", '{"plainToken": null}', '{"plainToken": ["a"]}', '{"plainToken": 1}']
)
def test_question_without_token_is_rejected(payload: str) -> None:
    body = f'{{"event": "endpoint.url_validation", "payload": {payload}}}'.encode()

    assert fault(signed(body), body) == "plain_token"


# --- Any request -----------------------------------------------------------------------------------------------------

_NAMES = st.sampled_from([SIGNATURE_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER.title()]) | st.text() | st.binary()
_VALUES = st.text() | st.binary() | st.none() | st.integers() | st.lists(st.text(), max_size=2)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=8), values, max_size=3),
    max_leaves=10,
)


@given(headers=st.dictionaries(_NAMES, _VALUES, max_size=4), body=st.binary())
@settings(max_examples=100)
def test_any_request_is_an_event_or_rejected(headers: Mapping[str, str], body: bytes) -> None:
    with pytest.raises(WebhookError):
        verify(headers, body, SECRET, now=NOW)


@given(body=st.binary() | _JSON.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=100)
def test_any_signed_body_verifies(body: bytes) -> None:
    assert isinstance(verify(signed(body), body, SECRET, now=NOW), UnknownEvent)


@given(name=st.sampled_from(sorted(FACTS.events)), payload=_JSON, place=st.sampled_from(["payload", "object", "field"]))
@settings(max_examples=100)
def test_any_payload_of_known_events(name: str, payload: object, place: str) -> None:
    """Known events with any content are events, of their class or unknown ones; a question may be rejected."""
    data = example_event(name)
    if place == "payload":
        data["payload"] = payload
    elif place == "object":
        data["payload"] = {"object": payload}
    else:
        whole = cast("dict[str, object]", data["payload"])
        data["payload"] = {field: payload if index % 2 else value for index, (field, value) in enumerate(whole.items())}
    body = json.dumps(data).encode()
    try:
        event = verify(signed(body), body, SECRET, now=NOW)
    except WebhookError:
        assert name == "endpoint.url_validation"
    else:
        assert isinstance(event, UrlValidation) or event.event in {name, ""}
