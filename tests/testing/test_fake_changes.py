"""Changes and deletions of scheduled meetings, and of single occurrences, by the fake."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from support.fake_http import Json, Response, calling

from zoomasync.testing import Account, FakeZoom, Host, PacAccount, ScheduledMeeting

NOW = datetime(2026, 3, 18, 8, tzinfo=UTC)
FRIDAY = datetime(2026, 3, 20, 9, tzinfo=UTC)
DAILY: Json = {"type": 1, "end_times": 3}


def new_account() -> Account:
    return Account(today=date(2026, 3, 18))


def fake(account: Account) -> FakeZoom:
    return FakeZoom(account, plan=None, now=lambda: NOW)


async def change(account: Account, meeting: ScheduledMeeting, body: Json, **query: object) -> Response:
    async with calling(fake(account)) as caller:
        return await caller.patch(f"/{'webinars' if meeting.is_webinar else 'meetings'}/{meeting.id}", body, **query)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"topic": "Crane", "agenda": "Dates"}, {"topic": "Crane", "agenda": "Dates"}),
        ({"topic": None, "duration": None}, {"topic": "Zoom Meeting", "duration": 60}),
        ({"start_time": "2026-03-21T10:00:00Z"}, {"start_time": FRIDAY + timedelta(hours=25)}),
        (
            {"start_time": "2026-03-21T10:00:00", "timezone": "Asia/Tokyo"},
            {"start_time": FRIDAY + timedelta(hours=16), "timezone": "Asia/Tokyo"},
        ),
        ({"timezone": "Asia/Tokyo"}, {"start_time": FRIDAY, "timezone": "Asia/Tokyo"}),
        ({"start_time": "2026-03-18T07:59:59Z"}, {"start_time": FRIDAY}),
        ({"start_time": None}, {"start_time": FRIDAY}),
        ({"password": None}, {"password": ""}),
        ({"settings": {"audio": "voip"}}, {"settings": {"approval_type": 0, "host_video": True, "audio": "voip"}}),
        ({"settings": None}, {"settings": {}}),
        ({"type": 3}, {"type": 3, "start_time": None}),
        ({"pre_schedule": True}, {"pre_schedule": True}),
    ],
)
async def test_changed_fields(body: Json, expected: Json) -> None:
    """A change has only the given fields; null resets one, and a start in the past is ignored."""
    account = new_account()
    meeting = account.add_meeting(start_time=FRIDAY, duration=45, settings={"host_video": True})
    meeting.password = "x7"
    before = dict(vars(meeting))

    response = await change(account, meeting, body)

    assert (response.status, response.body) == (204, {})
    assert vars(meeting) == before | expected


async def test_meeting_without_start_gets_one() -> None:
    account = new_account()
    meeting = account.add_meeting(type=3)

    await change(account, meeting, {"type": 2})

    assert (meeting.type, meeting.start_time) == (2, NOW)


@pytest.mark.parametrize("body", [{"topic": "Crane"}, {"type": 8}, {"start_time": "2026-03-18T07:00:00Z"}])
async def test_change_keeps_occurrences(body: Json) -> None:
    """Occurrences that were deleted or changed stay, unless the times of the series change."""
    account = new_account()
    meeting = account.add_meeting(type=8, start_time=FRIDAY)
    meeting.save_occurrence(replace(meeting.occurrences[1], status="deleted"))
    kept = meeting.occurrences

    await change(account, meeting, body)

    assert meeting.occurrences == kept


@pytest.mark.parametrize(
    ("body", "days"),
    [
        ({"recurrence": DAILY}, [20, 21, 22]),
        ({"type": 8, "recurrence": DAILY, "start_time": "2026-03-21T09:00:00Z"}, [21, 22, 23]),
        ({"start_time": "2026-03-21T09:00:00Z"}, [27]),
        ({"type": 2}, []),
    ],
)
async def test_change_of_series(body: Json, days: list[int]) -> None:
    account = new_account()
    rule = {"type": 2, "weekly_days": "6", "end_times": 1}
    meeting = account.add_meeting(type=8, start_time=FRIDAY, recurrence=rule)

    response = await change(account, meeting, body)

    assert response.status == 204
    assert [each.start_time.day for each in meeting.occurrences] == days


async def test_change_of_occurrence() -> None:
    """Zoom changes only some fields of an occurrence, and the fake ignores the others."""
    account = new_account()
    meeting = account.add_meeting(type=8, start_time=FRIDAY)
    second = meeting.occurrences[1]
    before = dict(vars(meeting))
    body: Json = {"topic": "X", "duration": 10, "settings": {"waiting_room": True, "audio": "voip"}}

    await change(account, meeting, body, occurrence_id=second.occurrence_id)
    late: Json = {"start_time": "2027-01-01T09:00:00Z", "agenda": "Late"}
    await change(account, meeting, late, occurrence_id=second.occurrence_id)

    *others, last = meeting.occurrences
    assert vars(meeting) == before | {"occurrences": (*others, last)}
    assert (*others,) == tuple(each for each in before["occurrences"] if each != second)
    assert (last.occurrence_id, last.start_time.year, last.duration) == (second.occurrence_id, 2027, 10)
    assert (last.agenda, last.settings) == ("Late", {"waiting_room": True})


async def test_get_changed_occurrence() -> None:
    account = new_account()
    meeting = account.add_meeting(type=8, start_time=FRIDAY, settings={"watermark": True})
    second = meeting.occurrences[1]
    meeting.save_occurrence(replace(second, duration=5, settings={"waiting_room": True}))
    async with calling(fake(account)) as caller:
        path = f"/meetings/{meeting.id}"
        body = (await caller.get(path, occurrence_id=second.occurrence_id)).body
        whole = (await caller.get(path)).body

    assert (body["duration"], body["agenda"]) == (5, "")
    assert isinstance(body["settings"], dict)
    assert isinstance(whole["settings"], dict)
    assert (body["settings"]["waiting_room"], body["settings"]["watermark"]) == (True, True)
    assert (whole["duration"], whole["settings"]["waiting_room"]) == (60, False)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_unknown_occurrence_fails(method: str) -> None:
    """An occurrence that was deleted is as unknown as one that never was."""
    account = new_account()
    meeting = account.add_meeting(type=8, start_time=FRIDAY)
    deleted = replace(meeting.occurrences[0], status="deleted")
    meeting.save_occurrence(deleted)
    body: Json | None = {"agenda": "x"} if method == "PATCH" else None
    async with calling(fake(account)) as caller:
        responses = [
            await caller.send(method, f"/meetings/{meeting.id}", body, occurrence_id=each)
            for each in (deleted.occurrence_id, "7")
        ]

    assert [(response.error, response.error_field) for response in responses] == [((400, 300), "occurrence_id")] * 2
    assert not meeting.deleted


@pytest.mark.parametrize(
    ("body", "error", "field"),
    [
        ({"type": 8}, (400, 300), "recurrence"),
        ({"recurrence": DAILY}, (400, 300), "recurrence"),
        ({"type": 3, "recurrence": DAILY}, (400, 300), "recurrence"),
        ({"timezone": "Mars/Olympus"}, (400, 300), "timezone"),
        ({"schedule_for": "nobody"}, (400, 300), "schedule_for"),
        ({"schedule_for": "blocked@x.example"}, (400, 3000), None),
        ({"schedule_for": "other@x.example", "type": 1}, (400, 3000), None),
        ({"pre_schedule": True, "type": 10}, (400, 3000), None),
    ],
)
async def test_invalid_change_fails(body: Json, error: tuple[int, int], field: str | None) -> None:
    """A change that fails leaves the meeting as it was."""
    account = new_account()
    meeting = account.add_meeting(account.add_host())
    account.add_host(email="other@x.example")
    account.add_host(email="blocked@x.example", disabled_features=["scheduling"])
    before = dict(vars(meeting))

    response = await change(account, meeting, body)

    assert response.error == error
    assert field is None or response.error_field == field
    assert vars(meeting) == before


async def test_schedule_for_moves_meeting() -> None:
    """The meeting belongs to the other user, whose changes it counts among."""
    account = new_account()
    host, other = account.add_host(), account.add_host()
    meeting, others = account.add_meeting(host), account.add_meeting(other)
    async with calling(fake(account)) as caller:
        moved = await caller.patch(f"/meetings/{meeting.id}", {"schedule_for": other.email})
        of_other = {(await caller.patch(f"/meetings/{others.id}", {"topic": "x"})).status for _ in range(99)}
        rejected = await caller.patch(f"/meetings/{meeting.id}", {"topic": "x"})

    assert (moved.status, meeting.host, of_other, rejected.error) == (204, other, {204}, (429, 429))


@pytest.mark.parametrize(
    ("host", "code"),
    [
        (Host(id="h", email="h@x.example", name="H", pmi="81000000001"), 3018),
        (
            Host(
                id="h",
                email="h@x.example",
                name="H",
                pac_accounts=(
                    PacAccount(conference_id=81000000001, participant_password="1", listen_only_password="2"),
                ),
            ),
            3037,
        ),
    ],
    ids=["personal room", "audio conference"],
)
async def test_delete_of_personal_fails(host: Host, code: int) -> None:
    account = new_account()
    meeting = account.add_meeting(host, id=81000000001)
    async with calling(fake(account)) as caller:
        response = await caller.delete(f"/meetings/{meeting.id}")

    assert (response.error, meeting.deleted) == ((400, code), False)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_change_without_access_fails(method: str) -> None:
    """Others cannot change the meetings of a host without the feature, or of another account."""
    account = new_account()
    own = account.add_meeting(account.add_host(disabled_features=["management"]))
    foreign = account.add_meeting(account.add_host(other_account=True))
    body: Json | None = {} if method == "PATCH" else None
    async with calling(fake(account)) as caller:
        responses = [await caller.send(method, f"/meetings/{each.id}", body) for each in (own, foreign)]

    assert [response.error for response in responses] == [(400, 3003), (400, 1010)]
    assert not own.deleted
    assert not foreign.deleted


async def test_delete_ends_meeting() -> None:
    account = new_account()
    meeting = account.add_meeting()
    meeting.start()
    async with calling(fake(account)) as caller:
        statuses = [(await caller.delete(f"/meetings/{meeting.id}")).status for _ in range(2)]

    assert (statuses, meeting.status, meeting.deleted) == ([204, 404], "waiting", True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/invitation"),
        ("POST", "/invite_links"),
        ("GET", "/token"),
        ("GET", "/survey"),
        ("GET", "/registrants"),
    ],
)
async def test_unknown_meeting_is_not_found(method: str, path: str) -> None:
    """A webinar is no meeting, and most operations have an error for it."""
    account = new_account()
    webinar, *deleted = account.add_meeting(type=5), account.add_meeting(type=5), account.add_meeting()
    for each in deleted:
        each.delete()
    body: Json | None = {} if method in {"PATCH", "POST"} else None
    async with calling(fake(account)) as caller:
        unknown = [
            await caller.send(method, f"/meetings/{number}{path}", body)
            for number in (99, *(each.id for each in deleted))
        ]
        other_kind = await caller.send(method, f"/meetings/{webinar.id}{path}", body)
        invalid = await caller.send(method, f"/meetings/9x{path}", body)

    assert {response.error for response in unknown} == {(404, 3001)}
    assert other_kind.error == {"/invitation": (404, 3001), "/registrants": (400, 300)}.get(path, (400, 3000))
    assert invalid.error == (400, 300)


ELSEWHERE: list[tuple[str, tuple[int, int]]] = [
    ("/users/{user}/meetings", (404, 1001)),
    ("/users/{user}/upcoming_meetings", (404, 3001)),
    ("/users/{user}/meeting_templates", (404, 1001)),
    ("/users/{user}/pac", (404, 1001)),
    ("/report/users/{user}/meetings?from=2026-03-01&to=2026-03-18", (404, 1001)),
    ("/meetings/{meeting}", (400, 1010)),
    ("/meetings/{meeting}/invitation", (400, 1010)),
    ("/meetings/{meeting}/polls", (400, 1010)),
    ("/meetings/{meeting}/survey", (400, 1010)),
    ("/meetings/{uuid}/meeting_summary", (400, 1010)),
    ("/past_meetings/{number}/instances", (400, 1010)),
    ("/past_meetings/{number}/polls", (400, 1010)),
    ("/past_meetings/{number}/qa", (401, 1010)),
    ("/report/meetings/{number}", (400, 1010)),
    ("/report/meetings/{number}/survey", (400, 1010)),
]


@pytest.mark.parametrize(("path", "error"), ELSEWHERE)
async def test_other_account_is_closed(path: str, error: tuple[int, int]) -> None:
    """Nothing of a user of another account can be read."""
    account = new_account()
    user = account.add_host(other_account=True)
    meeting, instance = account.add_meeting(user), account.add_instance(user, summary=True)
    path, _, query = path.format(user=user.id, meeting=meeting.id, uuid=instance.uuid, number=instance.id).partition(
        "?"
    )
    async with calling(fake(account)) as caller:
        response = await caller.get(path, **dict(pair.split("=") for pair in query.split("&") if pair))

    assert response.error == error


async def test_invitation_without_time_or_passcode() -> None:
    account = new_account()
    timed, untimed = account.add_meeting(start_time=FRIDAY), account.add_meeting(type=3)
    timed.password = "x7"
    async with calling(fake(account)) as caller:
        texts = [str((await caller.get(f"/meetings/{m.id}/invitation")).body["invitation"]) for m in (timed, untimed)]

    assert [("Time: 2026-03-20T09:00:00Z" in text, "Passcode:" in text) for text in texts] == [
        (True, True),
        (False, False),
    ]
