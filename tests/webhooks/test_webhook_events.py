"""The classes of webhook events, compared with the facts of `webhooks.toml` in both directions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, cast, get_origin

import msgspec
import pytest
from msgspec import inspect

from zoomasync.models.meeting_settings import MeetingSettings
from zoomasync.models.recordings import ParticipantAudioFile, RecordingFile
from zoomasync.models.secret_fields import is_secret
from zoomasync.models.webinars import WebinarSettings
from zoomasync.testing.reference.notation import Spec
from zoomasync.testing.reference.webhooks import FACTS, Quirk, example_event
from zoomasync.webhooks import (
    EVENTS,
    MAX_AGE,
    AppDeauthorized,
    InstanceWithParticipant,
    MeetingEnded,
    MeetingParticipantJoined,
    MeetingRegistrationCreated,
    MeetingStarted,
    MeetingUpdated,
    ObjectEvent,
    RecordingCompleted,
    UnknownEvent,
    WebhookEvent,
    WebinarStarted,
    decode_event,
)

NOON: Final = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
QUESTION: Final = "endpoint.url_validation"
NAMES: Final = sorted(FACTS.events.keys() - {QUESTION})
SHARED: Final = (MeetingSettings, WebinarSettings, RecordingFile, ParticipantAudioFile)
"""Structs of responses, which have more fields."""
KINDS: Final = {
    "text": inspect.StrType,
    "integer": inspect.IntType,
    "flag": inspect.BoolType,
    "time": inspect.DateTimeType,
    "day": inspect.DateType,
}


def body_of(name: str, **changes: object) -> bytes:
    return json.dumps(example_event(name) | changes).encode()


def event_of(data: object) -> WebhookEvent:
    return decode_event(json.dumps(data).encode())


def plain(type_: inspect.Type) -> inspect.Type:
    """Return the type of a field without None, literals and metadata."""
    while isinstance(type_, inspect.Metadata | inspect.UnionType):
        if isinstance(type_, inspect.Metadata):
            type_ = type_.type
        else:
            (type_,) = (each for each in type_.types if not isinstance(each, inspect.NoneType | inspect.LiteralType))
    return type_


def differences(type_: inspect.Type, spec: Spec, path: str = "$", *, shared: bool = False) -> Iterator[str]:
    """Yield the differences between a struct and its description; a *shared* struct may have more fields."""
    type_ = plain(type_)
    if spec.item is not None:
        assert isinstance(type_, inspect.VarTupleType)
        yield from differences(type_.item_type, spec.item, f"{path}[]", shared=shared)
    elif spec.kind != "object":
        if not isinstance(type_, KINDS[spec.kind]):
            yield f"{path} is {type_}, not {spec.kind}"
    else:
        assert isinstance(type_, inspect.StructType)
        fields = {field.encode_name: field for field in type_.fields}
        class_ = get_origin(type_.cls) or type_.cls  # a payload is a generic class
        hints = {field.encode_name: field.type for field in msgspec.structs.fields(type_.cls)}
        if missing := spec.fields.keys() - fields:
            yield f"{path} lacks {sorted(missing)}"
        shared = shared or issubclass(class_, SHARED)
        if not shared and (more := fields.keys() - spec.fields):
            yield f"{path} has also {sorted(more)}"
        for name, field in fields.items():
            if name in spec.fields:
                yield from differences(field.type, spec.fields[name], f"{path}.{name}", shared=shared)
                if field.required != spec.fields[name].required:
                    yield f"{path}.{name} is required in one of the two"
                if spec.fields[name].form == "secret" and not is_secret(hints[name]):
                    yield f"{path}.{name} is shown in the repr"


# --- The facts -------------------------------------------------------------------------------------------------------


def test_every_event_has_a_class() -> None:
    assert sorted(EVENTS) == NAMES
    assert {name: class_.NAME for name, class_ in EVENTS.items()} == {name: name for name in NAMES}


def test_class_names_follow_from_events() -> None:
    """`meeting.participant_joined` is `MeetingParticipantJoined`."""
    expected = {name: name.replace(".", "_").title().replace("_", "") for name in NAMES}

    assert {name: class_.__name__ for name, class_ in EVENTS.items()} == expected


@pytest.mark.parametrize("name", NAMES)
def test_payload_matches_facts(name: str) -> None:
    (payload,) = (field.type for field in msgspec.structs.fields(EVENTS[name]) if field.name == "payload")
    spec = FACTS.events[name].payload
    if name == "app_deauthorized":
        spec = spec.without(["event_ts"])  # which is the time of the event

    assert list(differences(inspect.type_info(payload), spec)) == []


@pytest.mark.parametrize("name", NAMES)
def test_envelope_matches_facts(name: str) -> None:
    more = set(EVENTS[name].__struct_fields__) - {*WebhookEvent.__struct_fields__, "payload"}

    assert more == set(FACTS.events[name].envelope)


def test_facts_have_sources() -> None:
    named = [event.sources for event in FACTS.events.values()] + [quirk.sources for quirk in FACTS.quirks]

    assert () not in named
    assert {source for sources in named for source in sources} <= set(FACTS.sources)
    assert FACTS.unused == frozenset()


def test_max_age_covers_retries() -> None:
    assert timedelta(minutes=sum(FACTS.delivery.retry_after_minutes)) < MAX_AGE


# --- Decoding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_example_is_typed(name: str) -> None:
    event = decode_event(body_of(name))

    assert type(event) is EVENTS[name]
    assert event.event == name
    assert event.event_ts == NOON
    assert event.account_id == "nOrthpierAccountIdxxxA"


@pytest.mark.parametrize("quirk", FACTS.quirks, ids=lambda quirk: f"{quirk.event}-{quirk.path}-{quirk.value}")
def test_odd_values_are_typed(quirk: Quirk) -> None:
    data = example_event(quirk.event)
    *parents, last = quirk.path.split(".")
    place = data
    for parent in parents:
        place = cast("dict[str, object]", place[parent])
    del place[last]
    if quirk.value is not None:
        place[last] = json.loads(quirk.value)

    assert type(event_of(data)) is EVENTS[quirk.event]


def test_ids_are_text_or_numbers() -> None:
    texts = event_of({"event": "meeting.started", "payload": {"object": {"uuid": "m8Re/3==", "id": "98884753832"}}})
    numbers = event_of({"event": "webinar.started", "payload": {"object": {"uuid": "m8Re/3==", "id": 98884753832}}})

    assert isinstance(texts, MeetingStarted)
    assert isinstance(numbers, WebinarStarted)
    assert texts.object == numbers.object


def test_update_has_old_object() -> None:
    event = event_of(
        {
            "event": "meeting.updated",
            "event_ts": 1617628464664,
            "payload": {
                "object": {"id": 94890226305, "settings": {"audio": "voip"}, "recurrence": {"end_times": 3}},
                "old_object": {"id": 94890226305, "settings": {"audio": "telephony"}},
                "time_stamp": 1617628464664,
            },
        }
    )

    assert isinstance(event, MeetingUpdated)
    assert event.payload.old_object is not None
    assert event.payload.old_object.settings is not None
    assert event.payload.old_object.settings.audio == "telephony"
    assert event.object.recurrence is not None
    assert event.object.recurrence.end_times == 3


def test_app_deauthorized_has_its_own_time() -> None:
    data = example_event("app_deauthorized")
    cast("dict[str, object]", data["payload"])["event_ts"] = "2024-09-08 15:58:40"

    event = event_of(data)

    assert isinstance(event, AppDeauthorized)
    assert event.user_id == "nOrthpierHostIdxxxxxxA"
    assert event.event_ts == datetime(2024, 9, 8, 15, 58, 40, tzinfo=UTC)


@pytest.mark.parametrize("token", [None, 7, ["sEcReT7"]])
def test_odd_token_is_left_out(token: object) -> None:
    event = event_of(example_event("recording.completed") | {"download_token": token})

    assert isinstance(event, RecordingCompleted)
    assert event.download_token is None


def test_extra_keys_are_ignored() -> None:
    data = example_event("meeting.started") | {"new": [1]}
    cast("dict[str, object]", data["payload"])["new"] = {"a": None}

    assert isinstance(event_of(data), MeetingStarted)


def test_events_match_by_class() -> None:
    """A `match` statement takes an event apart."""
    found: list[object] = []
    for name in ("meeting.started", "webinar.participant_left", "recording.completed", "user.created"):
        match decode_event(body_of(name)) if name in EVENTS else event_of({"event": name}):
            case MeetingStarted(object=meeting):
                found.append(meeting.topic)
            case ObjectEvent(object=InstanceWithParticipant(participant=person)):
                found.append(person.user_name)
            case RecordingCompleted(object=recording, download_token=token):
                found.append((recording.recording_count, token))
            case UnknownEvent(event=unknown):
                found.append(unknown)
            case _:
                raise AssertionError

    assert found == ["Harbour tour", "Noor Pier", (7, "sEcReT7"), "user.created"]


def test_repr_hides_secrets() -> None:
    texts = [repr(decode_event(body_of(name))) for name in NAMES]
    texts.append(repr(event_of({"event": "a.b", "payload": {"password": "sEcReT7"}})))

    assert [text for text in texts if "sEcReT7" in text] == []


# --- Unknown events --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "name", "reason"),
    [
        (b"\xff{}", "", "the body is not JSON: JSON is malformed: invalid character (byte 0)"),
        (b'"\xff"', "", "the body is not JSON: it is not UTF-8, or nested too deeply"),
        (b"[1]", "", "the body has no event name"),
        (b'{"event": 7}', "", "the body has no event name"),
        (b'{"event": "user.created", "payload": {"id": 1}}', "user.created", "this package has no class for it"),
        (b'{"event": "meeting.started"}', "meeting.started", "Expected `object`, got `null` at $.payload"),
        (
            b'{"event": "meeting.started", "payload": {"object": {"id": "abc", "uuid": "u"}}}',
            "meeting.started",
            "Expected `int | null`, got `str` at $.payload.object.id",
        ),
        (
            b'{"event": "meeting.ended", "payload": {"object": {"uuid": ""}}}',
            "meeting.ended",
            "Expected `str` of length >= 1 at $.payload.object.uuid",
        ),
    ],
    ids=["no json", "no utf-8", "no object", "no name", "other name", "no payload", "odd id", "no uuid"],
)
def test_unknown_event_has_reason(body: bytes, name: str, reason: str) -> None:
    event = decode_event(body)

    assert isinstance(event, UnknownEvent)
    assert (event.event, event.reason, event.body) == (name, reason, body)


def test_unknown_event_has_content() -> None:
    event = event_of({"event": "user.created", "event_ts": 1773824400000, "payload": {"account_id": "a", "x": [1]}})

    assert isinstance(event, UnknownEvent)
    assert (event.event_ts, event.account_id) == (NOON, "a")
    assert event.payload == {"account_id": "a", "x": [1]}


_THREADS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from zoomasync.webhooks import UnknownEvent, decode_event

bodies, together = sys.stdin.buffer.read().splitlines(), Barrier(8)

def decode(_):
    together.wait()
    return [type(decode_event(body)).__name__ for body in bodies]

with ThreadPoolExecutor(8) as threads:
    print({len(set(names) - {"UnknownEvent"}) for names in threads.map(decode, range(8))})
"""


def test_threads_may_decode_at_once() -> None:
    """The first events of a WSGI server with threads: msgspec does not survive two threads that build decoders."""
    bodies = b"\n".join(body_of(name) for name in NAMES)

    decoded = subprocess.run([sys.executable, "-c", _THREADS], input=bodies, capture_output=True, check=True)  # noqa: S603  our own

    assert decoded.stdout == f"{{{len(NAMES)}}}\n".encode()


# --- Keys ------------------------------------------------------------------------------------------------------------


def test_key_is_of_content() -> None:
    """The order of the keys and blanks do not matter."""
    data = example_event("meeting.ended")
    turned = json.dumps(dict(reversed(data.items())), indent=1).encode()

    assert decode_event(turned).key == event_of(data).key


def test_key_ignores_links_of_recordings() -> None:
    """Zoom has sent a recording twice at once, with other links and another token."""
    first = body_of("recording.completed")
    again = first.replace(b'_url": "sEcReT7', b'_url": "another').replace(b'_token": "sEcReT7', b'_token": "another')

    assert again != first
    assert decode_event(again).key == decode_event(first).key


@pytest.mark.parametrize(
    "change", [{"event_ts": 1773824400001}, {"event": "meeting.started"}, {"payload": {"object": {"uuid": "other"}}}]
)
def test_other_events_have_other_keys(change: dict[str, object]) -> None:
    assert decode_event(body_of("meeting.ended", **change)).key != decode_event(body_of("meeting.ended")).key


def test_examples_have_different_keys() -> None:
    assert len({decode_event(body_of(name)).key for name in NAMES}) == len(NAMES)


def test_keys_of_bodies_without_content() -> None:
    bodies = (b"", b" ", b"{}", b"[]", b"1" * 5_000, b"1" * 30, b"[" * 5_000, b"[" * 600 + b"]" * 600)

    assert len({decode_event(body).key for body in bodies}) == len(bodies)


def test_person_of_event_is_typed() -> None:
    """Types of the attributes, for type checkers."""
    joined, registered = (
        decode_event(body_of("meeting.participant_joined")),
        decode_event(body_of("meeting.registration_created")),
    )
    ended = decode_event(body_of("meeting.ended"))

    assert isinstance(joined, MeetingParticipantJoined)
    assert joined.object.participant.join_time == NOON
    assert isinstance(registered, MeetingRegistrationCreated)
    assert registered.object.registrant.email == "noor@northpier.example"
    assert isinstance(ended, MeetingEnded)
    assert ended.object.end_time == NOON
