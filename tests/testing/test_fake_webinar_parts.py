"""Registrants, polls, surveys and livestreams of the fake's webinars: where they differ from those of meetings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from support.contract import OPERATIONS
from support.fake_http import Caller, Json, Response, calling
from support.kinds import WEBINARS, Kind

from zoomasync.testing import Account, FakeZoom, Feature, Host, Livestream, MeetingType, Registrant

TODAY = date(2026, 3, 18)
NOW = datetime(2026, 3, 18, 8, tzinfo=UTC)
OMAR: Json = {"email": "omar@lakeside.example", "first_name": "Omar"}
LEA: Json = {"email": "lea@lakeside.example", "first_name": "Lea"}
STREAM: Json = {"stream_url": "rtmp://live.example/app", "stream_key": "k3y", "page_url": "https://live.example/page"}
VOTE: Json = {"title": "Vote"}
BODIES: dict[str, Json] = {
    "livestream.update": STREAM,
    "livestream.update_status": {"action": "start"},
    "registrants.add": OMAR,
    "registrants.add_batch": {"registrants": [OMAR]},
    "registrants.update_status": {"action": "deny", "registrants": [{"id": "r"}]},
}
"""The operations with a body whose empty object is invalid, with the body to send."""
NAMES = [
    name.removeprefix("webinars.")
    for name in OPERATIONS
    if name.startswith(("webinars.registrants.", "webinars.polls.", "webinars.survey.", "webinars.livestream."))
]


def new_account() -> Account:
    return Account(today=TODAY)


def fake(account: Account) -> FakeZoom:
    return FakeZoom(account, plan=None, now=lambda: NOW)


async def call(caller: Caller, kind: Kind, name: str, number: int) -> Response:
    """Call an operation of the meeting or webinar with this number, for a registrant and a poll that it lacks."""
    operation = OPERATIONS[f"{kind}.{name}"]
    path = operation.route.partition(" ")[2].format(
        meetingId=number, webinarId=number, registrantId="rG5tY2uIQoWpA1sDfGhJkL", pollId="p"
    )
    body = None if operation.body is None else BODIES.get(name, {})
    return await caller.send(operation.verb, path, body)


# --- errors of every operation


def test_operations_of_both_kinds() -> None:
    assert len(NAMES) == 19


@pytest.mark.parametrize("name", NAMES)
async def test_unknown_webinar(name: str) -> None:
    """Every operation has the code 3001, where those of meetings have several; a meeting is no webinar."""
    account = new_account()
    meeting = account.add_meeting(polls=1)
    async with calling(fake(account)) as caller:
        response = await call(caller, WEBINARS, name, meeting.id)

    assert response.error == (404, 3001)
    assert response.body["message"] == f"Webinar does not exist: {meeting.id}."


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "host",
    [
        Host(id="h", email="h@x.example", name="H", disabled_features=frozenset({"webinars"})),
        Host(id="h", email="h@x.example", name="H", type=1),
        Host(id="h", email="h@x.example", name="H", disabled_features=frozenset({"management"})),
        Host(id="h", email="h@x.example", name="H", other_account=True),
    ],
    ids=["no-licence", "basic", "no-permission", "other-account"],
)
async def test_webinar_without_right_fails(name: str, host: Host) -> None:
    account = new_account()
    webinar = account.add_meeting(host, type=5, registrants=1, polls=1)
    async with calling(fake(account)) as caller:
        response = await call(caller, WEBINARS, name, webinar.id)

    assert response.error == (400, 200)


async def test_licence_is_for_webinars_only() -> None:
    account = new_account()
    meeting = account.add_meeting(account.add_host(disabled_features=["webinars"]), polls=1)
    async with calling(fake(account)) as caller:
        response = await caller.get(f"/meetings/{meeting.id}/polls")

    assert response.status == 200


@pytest.mark.parametrize(
    ("feature", "name", "code", "message"),
    [
        ("polls", "polls.list", 4400, "Webinar polls disabled"),
        ("polls", "polls.create", 4400, "Webinar polls disabled"),
        ("surveys", "survey.get", 3000, "Webinar survey disabled"),
        ("livestreams", "livestream.get", 200, "Custom live streaming is not enabled for this webinar"),
        ("livestreams", "livestream.update", 200, "Custom live streaming is not enabled for this webinar"),
    ],
)
async def test_webinar_feature_disabled(feature: Feature, name: str, code: int, message: str) -> None:
    account = new_account()
    webinar = account.add_meeting(account.add_host(disabled_features=[feature]), type=5)
    async with calling(fake(account)) as caller:
        response = await call(caller, WEBINARS, name, webinar.id)

    assert response.error == (400, code)
    assert str(response.body["message"]).startswith(message)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("polls", {"poll_type": 2}),
        ("survey", {"third_party_survey": "https://x.example"}),
    ],
)
async def test_webinar_option_disabled(path: str, body: Json) -> None:
    account = new_account()
    host = account.add_host(disabled_features=["advanced_polls", "third_party_surveys"])
    webinar = account.add_meeting(host, type=5)
    async with calling(fake(account)) as caller:
        method = "PATCH" if path == "survey" else "POST"
        response = await caller.send(method, f"/webinars/{webinar.id}/{path}", body)

    assert response.error == (400, 3000 if path == "survey" else 4400)


# --- registrants


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("registrants.get", 3079, "This registrant does not exist: rG5tY2uIQoWpA1sDfGhJkL."),
        ("registrants.remove", 3000, "Registrant rG5tY2uIQoWpA1sDfGhJkL was not found."),
        ("registrants.update_status", 3079, "This registrant does not exist: r."),
    ],
)
async def test_unknown_webinar_registrant(name: str, code: int, message: str) -> None:
    account = new_account()
    webinar = account.add_meeting(type=5)
    async with calling(fake(account)) as caller:
        response = await call(caller, WEBINARS, name, webinar.id)

    assert (response.error, response.body["message"]) == ((400, code), message)


async def test_webinar_rows_have_no_pin() -> None:
    """A pin code and a tracking source are in no row; the language is in that of one registrant."""
    account = new_account()
    omar = Registrant(
        id="rG5tY2uIQoWpA1sDfGhJkL",
        email="omar@lakeside.example",
        first_name="Omar",
        create_time=NOW,
        language="de-DE",
        source_id="48",
        participant_pin_code=402917,
    )
    webinar = account.add_meeting(type=5, registrants=[omar])
    path = f"/webinars/{webinar.id}"
    async with calling(fake(account)) as caller:
        one = (await caller.get(f"{path}/registrants/{omar.id}")).body
        [listed] = (await caller.get(f"{path}/registrants")).rows("registrants")
        [added] = (await caller.post(f"{path}/batch_registrants", {"registrants": [OMAR]})).rows("registrants")

    assert one == {**listed, "language": "de-DE"}
    assert not {"participant_pin_code", "source_id", "language"} & listed.keys()
    assert added == {"registrant_id": omar.id, "email": omar.email, "join_url": listed["join_url"]}


async def test_meeting_batch_has_pin() -> None:
    account = new_account()
    omar = Registrant(
        id="r", email="omar@lakeside.example", first_name="Omar", create_time=NOW, participant_pin_code=402917
    )
    meeting = account.add_meeting(registrants=[omar])
    async with calling(fake(account)) as caller:
        response = await caller.post(f"/meetings/{meeting.id}/batch_registrants", {"registrants": [OMAR]})

    assert response.rows("registrants")[0]["participant_pin_code"] == 402917


async def test_list_filters_by_source() -> None:
    account = new_account()
    webinar = account.add_meeting(type=5)
    path = f"/webinars/{webinar.id}/registrants"
    async with calling(fake(account)) as caller:
        await caller.post(path, {**OMAR, "source_id": "48"})
        await caller.post(path, LEA)
        listed = [
            [row["email"] for row in (await caller.get(path, **query)).rows("registrants")]
            for query in ({}, {"tracking_source_id": "48"}, {"tracking_source_id": "unknown"})
        ]

    assert listed == [[OMAR["email"], LEA["email"]], [OMAR["email"]], []]


@pytest.mark.parametrize(("capacity", "restricted"), [(1, 0), (4999, 1)])
async def test_full_webinar_rejects_others(capacity: int, restricted: int) -> None:
    account = new_account()
    settings = {"registrants_restrict_number": restricted}
    webinar = account.add_meeting(type=5, registrants=1, capacity=capacity, settings=settings)
    async with calling(fake(account)) as caller:
        one = await call(caller, WEBINARS, "registrants.add", webinar.id)
        several = await call(caller, WEBINARS, "registrants.add_batch", webinar.id)

    assert (one.error, several.error) == ((400, 3000), (400, 3043))
    assert one.body["message"] == (
        "You have reached the limit for the number of attendees you can add. Contact Zoom Support for more information."
    )
    assert several.body["message"] == "Webinar has reached maximum attendee capacity."


async def test_approval_needs_free_place() -> None:
    """A registrant who has a place already, or is named twice, needs one place at most; a denial needs none."""
    account = new_account()
    webinar = account.add_meeting(type=5, registrants=3, capacity=2)
    one, two, three = webinar.registrants
    for each in (two, three):
        webinar.save_registrant(replace(each, status="denied"))
    statuses: list[tuple[int, object]] = []
    messages = set[object]()
    async with calling(fake(account)) as caller:
        for action, people in (
            ("approve", [two, three]),
            ("approve", [one, two, two]),
            ("approve", [three]),
            ("deny", [one, three]),
        ):
            body = {"action": action, "registrants": [{"id": each.id} for each in people]}
            response = await caller.put(f"/webinars/{webinar.id}/registrants/status", body)
            statuses.append(response.error)
            messages.add(response.body.get("message"))

    assert statuses == [(400, 3035), (204, None), (400, 3035), (204, None)]
    assert messages == {None, "Webinar has reached maximum attendee capacity."}
    assert [each.status for each in webinar.registrants] == ["denied", "approved", "denied"]


QUESTION_TYPES = {"meetings": {"short", "single"}, "webinars": {"short", "single_radio", "single_dropdown", "multiple"}}


@pytest.mark.parametrize("type_", ["short", "single", "single_radio", "single_dropdown", "multiple"])
async def test_question_types_differ(kind: Kind, type_: str) -> None:
    """Each kind has question types of its own; all but short ones need answers."""
    account = new_account()
    path = f"/{kind}/{account.add_meeting(type=kind.scheduled).id}/registrants/questions"
    question: Json = {"title": "Track", "type": type_}
    async with calling(fake(account)) as caller:
        answered = await caller.patch(path, {"custom_questions": [{**question, "answers": ["Dock", "Rail"]}]})
        unanswered = await caller.patch(path, {"custom_questions": [question]})

    if type_ in QUESTION_TYPES[str(kind)]:
        assert answered.status == 204
        assert unanswered.status == (204 if type_ == "short" else 400)
    else:
        assert answered.error_field == "custom_questions[0].type"


# --- batches


async def test_batch_is_all_or_nothing(kind: Kind) -> None:
    """Nobody is registered if the last person is a host, or would exceed the capacity."""
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled, capacity=1)
    path = f"/{kind}/{meeting.id}/batch_registrants"
    async with calling(fake(account)) as caller:
        full = await caller.post(path, {"registrants": [OMAR, LEA]})
        of_host = await caller.post(path, {"registrants": [OMAR, {**OMAR, "email": meeting.host.email}]})
        nobody = await caller.post(path, {})
        before = list(meeting.registrants)
        one = await caller.post(path, {"registrants": [OMAR]})

    assert (full.error, of_host.error, nobody.error_field) == ((400, 3043), (400, 3027), "registrants")
    assert (before, one.status) == ([], 201)


async def test_batch_repeats_registration(kind: Kind) -> None:
    """An address that is registered, or is twice in a batch, has one registration."""
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled, registrants=1)
    [registered] = meeting.registrants
    people = [{**OMAR, "email": registered.email.upper()}, OMAR, {**OMAR, "first_name": "O."}]
    async with calling(fake(account)) as caller:
        response = await caller.post(f"/{kind}/{meeting.id}/batch_registrants", {"registrants": people})

    ids = [row["registrant_id"] for row in response.rows("registrants")]
    assert ids == [registered.id, meeting.registrants[1].id, meeting.registrants[1].id]
    assert [each.first_name for each in meeting.registrants] == ["Guest", "Omar"]


async def test_batch_needs_no_answers(kind: Kind) -> None:
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled)
    meeting.questions = [{"field_name": "org", "required": True}]
    async with calling(fake(account)) as caller:
        one = await call(caller, kind, "registrants.add", meeting.id)
        several = await call(caller, kind, "registrants.add_batch", meeting.id)

    assert (one.error_field, several.status) == ("org", 201)


@pytest.mark.parametrize("type_", [1, 3, 8, 6, 9])
async def test_batch_is_for_scheduled(type_: MeetingType) -> None:
    account = new_account()
    meeting = account.add_meeting(type=type_)
    path = f"/{'webinars' if meeting.is_webinar else 'meetings'}/{meeting.id}/batch_registrants"
    async with calling(fake(account)) as caller:
        response = await caller.post(path, {"registrants": [OMAR]})

    assert response.error == (400, 300 if meeting.is_webinar else 303)
    assert str(response.body["message"]).startswith("This API can only be used for scheduled")


# --- polls, survey and livestream


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_unknown_webinar_poll(method: str) -> None:
    account = new_account()
    path = f"/webinars/{account.add_meeting(type=5).id}/polls/nothing"
    async with calling(fake(account)) as caller:
        response = await caller.send(method, path, {} if method == "PUT" else None)

    assert response.error == (400, 4400)


async def test_fifty_polls_at_most(kind: Kind) -> None:
    account = new_account()
    path = f"/{kind}/{account.add_meeting(type=kind.scheduled, polls=49).id}/polls"
    async with calling(fake(account)) as caller:
        responses = [await caller.post(path, {"title": "Vote"}) for _ in range(2)]

    assert [response.error for response in responses] == [(201, None), (400, 4400)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"polls": [VOTE] * 3}, 4400),
        ({"polls": [VOTE, {"questions": [{"type": "single", "prompts": [{"prompt_question": "a"}] * 2}]}]}, 300),
        ({"polls": [VOTE, {"poll_type": 2}]}, 4400),
        ({"polls": []}, 300),
        ({"polls": [VOTE] * 26}, 300),
        ({}, 300),
    ],
    ids=["over-fifty", "invalid", "advanced", "empty", "over-25", "missing"],
)
async def test_poll_batch_is_all_or_nothing(body: Json, code: int) -> None:
    account = new_account()
    meeting = account.add_meeting(account.add_host(disabled_features=["advanced_polls"]), polls=48)
    async with calling(fake(account)) as caller:
        path = f"/meetings/{meeting.id}/batch_polls"
        response = await caller.post(path, body)
        before = len(meeting.polls)
        two = await caller.post(path, {"polls": [VOTE, VOTE]})

    assert response.error == (400, code)
    assert (before, two.status) == (48, 201)


async def test_poll_batch_for_unknown_meeting() -> None:
    async with calling(fake(new_account())) as caller:
        response = await caller.post("/meetings/99/batch_polls", {"polls": [VOTE]})

    assert response.error == (404, 3001)


async def test_webinar_without_survey() -> None:
    account = new_account()
    path = f"/webinars/{account.add_meeting(type=5).id}/survey"
    async with calling(fake(account)) as caller:
        read, deleted = await caller.get(path), await caller.delete(path)

    assert read.body == {
        "show_in_the_browser": True,
        "show_in_the_follow_up_email": False,
        "third_party_survey": "",
    }
    assert deleted.error == (404, 3001)


async def test_livestream_without_target(kind: Kind) -> None:
    """The target of none is empty; only a webinar needs one to start."""
    account = new_account()
    meeting = account.add_meeting(type=kind.scheduled)
    meeting.start()
    async with calling(fake(account)) as caller:
        read = await caller.get(f"/{kind}/{meeting.id}/livestream")
        started = await call(caller, kind, "livestream.update_status", meeting.id)

    assert read.body == dict.fromkeys(("stream_url", "stream_key", "page_url", "resolution"), "")
    assert started.error == ((400, 3000) if kind == WEBINARS else (204, None))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "mode"}, "action"),
        ({"action": "start", "settings": {"layout": "gallery_view"}}, "settings.layout"),
        ({"action": "start", "settings": {"display_name": "Dock"}}, "settings"),
    ],
)
async def test_running_webinar_stream(body: Json, field: str) -> None:
    """The livestream of a webinar has no layout, and its settings do not change while it runs."""
    account = new_account()
    webinar = account.add_meeting(type=5)
    webinar.start()
    webinar.livestream = Livestream(stream_url="rtmp://live.example/app", running=True)
    async with calling(fake(account)) as caller:
        response = await caller.patch(f"/webinars/{webinar.id}/livestream/status", body)

    assert response.error_field == field
