"""The request bodies that the fake accepts, and the fields that its errors name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_http import Json, calling

from zoomasync.testing import Account, FakeZoom
from zoomasync.testing.protocol.validation import body_faults, masked
from zoomasync.testing.reference.notation import Shapes, Spec
from zoomasync.testing.reference.operations import OPERATIONS

INVALID_MEETINGS: list[tuple[object, str]] = [
    ({"colour": "red"}, "colour"),
    ({"settings": {"jbh_time": 7}}, "settings.jbh_time"),
    ({"settings": {"colour": "red"}}, "settings.colour"),
    ({"settings": {"breakout_room": {"rooms": [{"name": 1}]}}}, "settings.breakout_room.rooms[0].name"),
    ({"settings": {"waiting_room_options": {}}}, "settings.waiting_room_options.mode"),
    ({"settings": {"host_video": 1}}, "settings.host_video"),
    ({"settings": {"language_interpretation": {"interpreters": [{"languages": "US"}]}}},
     "settings.language_interpretation.interpreters[0].languages"),
    ({"settings": {"sign_language_interpretation": {"interpreters": [{}] * 21}}},
     "settings.sign_language_interpretation.interpreters"),
    ({"settings": []}, "settings"),
    ({"settings": None}, "settings"),
    ({"topic": "x" * 201}, "topic"),
    ({"topic": 5}, "topic"),
    ({"agenda": "x" * 2001}, "agenda"),
    ({"password": "x" * 11}, "password"),
    ({"type": 4}, "type"),
    ({"type": "2"}, "type"),
    ({"duration": 30.5}, "duration"),
    ({"duration": True}, "duration"),
    ({"duration": 0}, "duration"),
    ({"start_time": "2026-03-20"}, "start_time"),
    ({"start_time": "2026-03-20T09:00:00+01:00"}, "start_time"),
    ({"recurrence": {}}, "recurrence.type"),
    ({"recurrence": {"type": 2, "weekly_days": ["1", "2"]}}, "recurrence.weekly_days"),
    ({"recurrence": {"type": 2, "weekly_days": "0,8"}}, "recurrence.weekly_days"),
    ({"recurrence": {"type": 1, "end_times": 61}}, "recurrence.end_times"),
    ({"tracking_fields": [{"value": "x"}]}, "tracking_fields[0].field"),
    ({"tracking_fields": {"field": "x"}}, "tracking_fields"),
    ([], "body"),
    ("topic", "body"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "field"), INVALID_MEETINGS)
async def test_new_meeting_invalid_field(body: object, field: str) -> None:
    account = Account()
    host = account.add_host()
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.post(f"/users/{host.id}/meetings", body)

    assert (response.error, response.body["message"]) == ((400, 300), "Validation Failed.")
    assert response.error_field == field
    assert account.scheduled_meetings == []


INVALID_BODIES: list[tuple[str, str, Json, str]] = [
    ("POST", "registrants", {}, "email"),
    ("POST", "registrants", {"email": "omar@x.example"}, "first_name"),
    ("POST", "registrants", {"email": "omar", "first_name": "O"}, "email"),
    ("POST", "registrants", {"email": f"{'o' * 128}@x.example", "first_name": "O"}, "email"),
    ("POST", "registrants", {"email": "o@x.example", "first_name": "o" * 65}, "first_name"),
    ("POST", "registrants", {"email": "o@x.example", "first_name": "O", "no_of_employees": "500-1,000"},
     "no_of_employees"),
    ("POST", "registrants", {"email": "o@x.example", "first_name": "O", "city": None}, "city"),
    ("PUT", "registrants/status", {}, "action"),
    ("PUT", "registrants/status", {"action": "approved"}, "action"),
    ("PUT", "registrants/status", {"action": "deny", "registrants": [{"id": "x"}] * 31}, "registrants"),
    ("PATCH", "registrants/questions", {"questions": [{"field_name": "first_name"}]}, "questions[0].field_name"),
    ("POST", "polls", {"title": "x" * 65}, "title"),
    ("POST", "polls", {"questions": [{"type": "single", "answers": ["one"]}]}, "questions[0].answers"),
    ("POST", "polls", {"questions": [{"rating_max_value": 11}]}, "questions[0].rating_max_value"),
    ("POST", "polls", {"poll_type": 4}, "poll_type"),
    ("PATCH", "survey", {"custom_survey": {"questions": []}}, "custom_survey.questions"),
    ("PATCH", "survey", {"custom_survey": {"questions": [{}] * 101}}, "custom_survey.questions"),
    ("PATCH", "survey", {"custom_survey": {"questions": [{"answers": ["a", "x" * 201]}]}},
     "custom_survey.questions[0].answers[1]"),
    ("PATCH", "survey", {"third_party_survey": "https://" + "x" * 60}, "third_party_survey"),
    ("PATCH", "livestream", {"stream_url": "rtmp://x", "page_url": "https://x"}, "stream_key"),
    ("PATCH", "livestream", {"stream_url": "x", "stream_key": "k", "page_url": "https://x"}, "stream_url"),
    ("PATCH", "livestream", {"stream_url": "rtmp://x", "stream_key": None, "page_url": "https://x"}, "stream_key"),
    ("PATCH", "livestream/status", {"action": "begin"}, "action"),
    ("PATCH", "livestream/status", {"action": "start", "settings": {"display_name": ""}}, "settings.display_name"),
    ("PUT", "status", {"action": "pause"}, "action"),
    ("PATCH", "", {"password": "pa ss"}, "password"),
    ("PATCH", "", {"settings": {"enforce_login_domains": "a.example,b.example"}}, "settings.enforce_login_domains"),
    ("POST", "sip_dialing", {"passcode": 1}, "passcode"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "tail", "body", "field"), INVALID_BODIES)
async def test_other_body_invalid_field(method: str, tail: str, body: Json, field: str) -> None:
    account = Account()
    meeting = account.add_meeting()
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.send(method, f"/meetings/{meeting.id}/{tail}".rstrip("/"), body)

    assert (response.error, response.error_field) == ((400, 300), field)


async def test_body_error_names_all_fields() -> None:
    account = Account()
    host = account.add_host()
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.post(
            f"/users/{host.id}/meetings", {"type": 9, "colour": 1, "settings": {"jbh_time": 1}}
        )

    assert response.rows("errors") == [
        {"field": "colour", "message": "Invalid parameter: colour."},
        {"field": "settings.jbh_time", "message": "Invalid field."},
        {"field": "type", "message": "Invalid field."},
    ]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'{"title": "Vote"}', "text/plain"),
        (b"title=Vote", "application/x-www-form-urlencoded"),
        (b'{"title": ', "application/json"),
        (b"\xff", "application/json"),
        (b'{"title": "\xff"}', "application/json"),
        (b'{"title": "\\ud800"}', "application/json"),
        (b'{"poll_type": 1e999}', "application/json"),
        (b'{"questions": [{"answer_max_character": 9223372036854775808}]}', "application/json"),
        (b"", "application/json"),
        (b"[" * 100_000, "application/json"),
        (None, "application/json"),
    ],
)
async def test_body_not_json(content: bytes | None, content_type: str) -> None:
    account = Account()
    meeting = account.add_meeting()
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.send("POST", f"/meetings/{meeting.id}/polls", content, content_type)

    assert response.error == (400, 300)
    assert meeting.polls == []


async def test_content_type_with_charset() -> None:
    account = Account()
    meeting = account.add_meeting()
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.send(
            "POST", f"/meetings/{meeting.id}/polls", {"title": "Vote"}, "application/json; charset=utf-8"
        )

    assert response.status == 201


async def test_body_checked_after_token_and_query() -> None:
    account = Account()
    meeting = account.add_meeting()
    async with calling(FakeZoom(account, plan=None)) as caller:
        path = f"/meetings/{meeting.id}/registrants"
        query = await caller.post(path, {"colour": 1}, shape="round")
        caller.token = "none"
        unauthenticated = await caller.post(path, {"colour": 1})

    assert (query.error_field, unauthenticated.error) == ("shape", (401, 124))


SHAPES = Shapes(
    {
        "inner": {"d": "flag", "required": "text!"},
        "outer": {"a": "text!: x | y", "b": "[integer 1..9] <=2", "c": "inner", "e": "email"},
    },
    {"outer": ("a: x -> b!", "e -> no c", "b -> a: x")},
)


def shape() -> Spec:
    spec = SHAPES.shape_or_fields("outer", "", ())
    assert spec is not None
    return spec


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        ({"a": "y"}, []),
        ({"a": "x", "b": [1, 9], "c": {"d": True, "required": ""}}, []),
        ({}, ["a"]),
        ({"a": "z", "b": [0, 10, "1"], "c": {"e": 1}}, ["c.e", "c.required", "a", "b", "b[0]", "b[1]", "b[2]"]),
        ({"a": None, "c": None}, ["a", "c"]),
        ({"a": "x"}, ["b"]),
        ({"a": "x", "b": []}, ["b"]),
        ({"a": "y", "b": [1]}, ["b"]),
        ({"a": "y", "c": {"required": ""}, "e": "a@b.example"}, ["e"]),
        (None, ["body"]),
    ],
)
def test_body_faults(value: object, faults: list[str]) -> None:
    assert sorted(path for path, _ in body_faults(value, shape())) == sorted(faults)


def test_null_clears_optional_field() -> None:
    assert list(body_faults({"a": "y", "b": None}, shape(), nullable=True)) == []
    assert [path for path, _ in body_faults({"a": None}, shape(), nullable=True)] == ["a"]


@pytest.mark.parametrize("email", ["a@b.example", " a@b.example ", "ä@b"])
def test_email_with_blanks(email: str) -> None:
    assert list(body_faults({"a": "y", "e": email}, shape())) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    )
)
def test_any_value_is_accepted_or_named(value: object) -> None:
    """No JSON value makes the validation raise."""
    for name in ("meetings.create", "meetings.polls.create"):
        spec = OPERATIONS[name].body
        assert spec is not None
        faults = list(body_faults(value, spec))

        assert faults or value == {}
        masked(value, spec)
