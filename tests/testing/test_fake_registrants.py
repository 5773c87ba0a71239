"""Registrants of the fake's meetings: registration, lists, status, occurrences and questions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import quote

import pytest
from support.fake_http import Caller, Json, calling

from zoomasync.testing import Account, CustomAnswer, FakeZoom, Host, Registrant, ScheduledMeeting

TODAY = date(2026, 3, 18)
NOW = datetime(2026, 3, 18, 8, tzinfo=UTC)
OMAR: Json = {"email": "omar@lakeside.example", "first_name": "Omar"}


def new_account() -> Account:
    return Account(today=TODAY)


def fake(account: Account) -> FakeZoom:
    return FakeZoom(account, plan=None, now=lambda: NOW)


def registrants(meeting: ScheduledMeeting) -> str:
    return f"/meetings/{meeting.id}/registrants"


async def emails(caller: Caller, meeting: ScheduledMeeting, **query: object) -> list[object]:
    return [row["email"] for row in await caller.every(registrants(meeting), "registrants", **query)]


async def test_list_has_several_pages() -> None:
    account = new_account()
    meeting = account.add_meeting(registrants=650)
    async with calling(fake(account)) as caller:
        listed = await emails(caller, meeting, page_size=300)
        page = (await caller.get(registrants(meeting), page_number=2, page_size=300)).body

    assert listed == [registrant.email for registrant in meeting.registrants]
    assert [page[name] for name in ("page_number", "page_size", "page_count", "total_records")] == [2, 300, 3, 650]


async def test_registrant_has_all_fields() -> None:
    account = new_account()
    omar = Registrant(
        id="rG5tY2uIQoWpA1sDfGhJkL",
        email="omar@lakeside.example",
        first_name="Omar",
        org="Lakeside",
        create_time=NOW,
        custom_questions=(CustomAnswer(title="Dietary needs?", value="none"),),
        participant_pin_code=402917,
    )
    meeting = account.add_meeting(registrants=[omar])
    async with calling(fake(account)) as caller:
        row = (await caller.get(f"{registrants(meeting)}/{omar.id}")).body
        listed = (await caller.get(registrants(meeting))).rows("registrants")

    blank = dict.fromkeys(
        (
            *("last_name", "address", "city", "state", "zip", "country", "phone", "industry", "job_title", "comments"),
            *("purchasing_time_frame", "role_in_purchase_process", "no_of_employees"),
        ),
        "",
    )
    assert listed == [row]
    assert row == {
        **blank,
        "id": "rG5tY2uIQoWpA1sDfGhJkL",
        "email": "omar@lakeside.example",
        "first_name": "Omar",
        "org": "Lakeside",
        "custom_questions": [{"title": "Dietary needs?", "value": "none"}],
        "status": "approved",
        "create_time": "2026-03-18T08:00:00Z",
        "join_url": f"https://northpier.zoom.example/w/{meeting.id}?tk=rG5tY2uIQoWpA1sDfGhJkL",
        "participant_pin_code": 402917,
    }


async def test_add_then_get() -> None:
    account = new_account()
    meeting = account.add_meeting(topic="Crane")
    answers = [{"title": "Dietary needs?", "value": "none"}]
    async with calling(fake(account)) as caller:
        body = {**OMAR, "org": "Lakeside", "no_of_employees": "501-1,000", "custom_questions": answers}
        response = await caller.post(registrants(meeting), {**body, "language": "jp-JP"})
        row = (await caller.get(f"{registrants(meeting)}/{response.body['registrant_id']}")).body

    assert response.status == 201
    assert response.body == {
        "id": meeting.id,
        "topic": "Crane",
        "registrant_id": row["id"],
        "start_time": "2026-03-19T09:00:00Z",
        "join_url": row["join_url"],
    }
    assert (row["email"], row["org"], row["no_of_employees"]) == ("omar@lakeside.example", "Lakeside", "501-1,000")
    assert (row["custom_questions"], row["create_time"]) == (answers, "2026-03-18T08:00:00Z")
    assert meeting.registrants[0].language == "jp-JP"


async def test_pending_has_no_join_url() -> None:
    account = new_account()
    meeting = account.add_meeting(approval_type=1)
    async with calling(fake(account)) as caller:
        response = await caller.post(registrants(meeting), OMAR)
        approved = await caller.post(registrants(meeting), {**OMAR, "email": "lea@x.example", "auto_approve": True})
        (row,) = (await caller.get(registrants(meeting), status="pending")).rows("registrants")

    assert "join_url" not in response.body
    assert "join_url" not in row
    assert "join_url" in approved.body


async def test_status_transitions() -> None:
    """A registrant can be approved after any other status; no list has a cancelled one."""
    account = new_account()
    meeting = account.add_meeting(approval_type=1, registrants=1)
    (one,) = meeting.registrants
    states: list[object] = []
    async with calling(fake(account)) as caller:
        assert await emails(caller, meeting, status="pending") == [one.email]
        for action in ("approve", "deny", "approve", "cancel", "approve"):
            response = await caller.put(
                f"{registrants(meeting)}/status", {"action": action, "registrants": [{"id": one.id}]}
            )
            lists = {
                status for status in ("pending", "approved", "denied") if await emails(caller, meeting, status=status)
            }
            single = await caller.get(f"{registrants(meeting)}/{one.id}")
            states.append((response.status, lists, single.body.get("status"), "join_url" in single.body))

    assert states == [
        (204, {"approved"}, "approved", True),
        (204, {"denied"}, "denied", False),
        (204, {"approved"}, "approved", True),
        (204, set[str](), None, False),
        (204, {"approved"}, "approved", True),
    ]


async def test_status_change_is_atomic() -> None:
    """If one of the given registrants is unknown, no status changes."""
    account = new_account()
    meeting = account.add_meeting(registrants=3)
    first, second, _ = meeting.registrants
    async with calling(fake(account)) as caller:
        path = f"{registrants(meeting)}/status"
        wrong = await caller.put(path, {"action": "deny", "registrants": [{"id": first.id}, {"email": "no@x.example"}]})
        before = await emails(caller, meeting)
        await caller.put(path, {"action": "deny", "registrants": [{"id": first.id}, {"email": second.email.upper()}]})
        after = await emails(caller, meeting)
        invalid: list[list[Json]] = [[], [{}]]
        responses = [await caller.put(path, {"action": "deny", "registrants": references}) for references in invalid]

    assert wrong.error == (404, 1001)
    assert (len(before), after) == (3, ["guest3@elsewhere.example"])
    assert [response.error_field for response in responses] == ["registrants", "registrants[0].email"]


async def test_add_same_email_once() -> None:
    """Case and blanks do not make another address."""
    account = new_account()
    meeting = account.add_meeting()
    async with calling(fake(account)) as caller:
        first = await caller.post(registrants(meeting), OMAR)
        again = await caller.post(registrants(meeting), {"email": " OMAR@Lakeside.example ", "first_name": "O."})

    assert (again.status, again.body) == (201, first.body)
    assert [(each.email, each.first_name) for each in meeting.registrants] == [("omar@lakeside.example", "Omar")]


async def test_add_strips_email() -> None:
    account = new_account()
    meeting = account.add_meeting()
    async with calling(fake(account)) as caller:
        await caller.post(registrants(meeting), {**OMAR, "email": " omar@lakeside.example "})
        registered = await emails(caller, meeting)

    assert registered == ["omar@lakeside.example"]


async def test_add_replaces_cancelled() -> None:
    account = new_account()
    meeting = account.add_meeting(approval_type=1, registrants=1)
    (one,) = meeting.registrants
    meeting.save_registrant(replace(one, status="cancelled"))
    async with calling(fake(account)) as caller:
        response = await caller.post(registrants(meeting), {"email": one.email, "first_name": "Anew"})

    assert response.body["registrant_id"] == one.id
    assert [(each.first_name, each.status) for each in meeting.registrants] == [("Anew", "pending")]


async def test_full_meeting_rejects_others() -> None:
    """Registered people get their registration back; others can register after a removal or denial."""
    account = new_account()
    meeting = account.add_meeting(registrants=2, capacity=2)
    async with calling(fake(account)) as caller:
        full = await caller.post(registrants(meeting), OMAR)
        registered = await caller.post(registrants(meeting), {**OMAR, "email": meeting.registrants[0].email})
        await caller.delete(f"{registrants(meeting)}/{meeting.registrants[0].id}")
        free = await caller.post(registrants(meeting), OMAR)
        references = [{"id": meeting.registrants[0].id}]
        await caller.put(f"{registrants(meeting)}/status", {"action": "deny", "registrants": references})
        freed = await caller.post(registrants(meeting), {**OMAR, "email": "lea@x.example"})

    assert (full.error, registered.status, free.status, freed.status) == ((400, 3043), 201, 201, 201)


async def test_removed_is_not_found() -> None:
    account = new_account()
    meeting = account.add_meeting(registrants=2)
    one, two = meeting.registrants
    async with calling(fake(account)) as caller:
        path = f"{registrants(meeting)}/{one.id}"
        removed, again, read = [await caller.delete(path), await caller.delete(path), await caller.get(path)]
        malformed = await caller.delete(f"{registrants(meeting)}/{quote('who?')}")
        remaining = await emails(caller, meeting)

    assert (removed.status, again.error, read.error) == (204, (404, 1001), (404, 1001))
    assert malformed.error == (400, 300)
    assert remaining == [two.email]


async def test_basic_host_cannot_remove() -> None:
    account = new_account()
    meeting = account.add_meeting(Host(id="b", email="b@x.example", name="B", type=1), registrants=1)
    async with calling(fake(account)) as caller:
        response = await caller.delete(f"{registrants(meeting)}/{meeting.registrants[0].id}")

    assert response.error == (400, 200)


async def test_add_for_occurrences() -> None:
    """A registration can be for single occurrences, and a later one adds occurrences."""
    account = new_account()
    meeting = account.add_meeting(type=8, settings={"registration_type": 3})
    first, second, third, _ = [each.occurrence_id for each in meeting.occurrences]
    async with calling(fake(account)) as caller:
        response = await caller.post(registrants(meeting), OMAR, occurrence_ids=f"{first},{second}")
        await caller.post(registrants(meeting), OMAR, occurrence_ids=third)
        for_all = await caller.post(registrants(meeting), {**OMAR, "email": "lea@x.example"})
        unknown = await caller.post(registrants(meeting), OMAR, occurrence_ids="1")
        of_third = await emails(caller, meeting, occurrence_id=third)
        of_unknown = await caller.get(registrants(meeting), occurrence_id="1")

    assert [row["occurrence_id"] for row in response.rows("occurrences")] == [first, second]
    assert len(for_all.rows("occurrences")) == 4
    assert of_third == ["omar@lakeside.example", "lea@x.example"]
    assert (unknown.error_field, of_unknown.error_field) == ("occurrence_ids", "occurrence_id")


async def test_change_one_occurrence() -> None:
    """An occurrence can be cancelled, approved and removed; after the last, the registrant is removed."""
    account = new_account()
    meeting = account.add_meeting(type=8, registrants=1, settings={"registration_type": 2})
    (one,) = meeting.registrants
    first, *others = [each.occurrence_id for each in meeting.occurrences]
    references = [{"id": one.id}]
    async with calling(fake(account)) as caller:

        async def change_status(action: str) -> list[list[object]]:
            body = {"action": action, "registrants": references}
            await caller.put(f"{registrants(meeting)}/status", body, occurrence_id=first)
            return [await emails(caller, meeting, occurrence_id=each) for each in (first, others[0])]

        cancelled = await change_status("cancel")
        approved = await change_status("approve")
        no_occurrence = await caller.delete(f"{registrants(meeting)}/{one.id}")
        await caller.delete(f"{registrants(meeting)}/{one.id}", occurrence_id=first)
        removed = [await emails(caller, meeting, occurrence_id=each) for each in (first, others[0])]
        for each in others:
            await caller.delete(f"{registrants(meeting)}/{one.id}", occurrence_id=each)

    assert (cancelled, approved) == ([[], [one.email]], [[one.email], [one.email]])
    assert no_occurrence.error_field == "occurrence_id"
    assert removed == [[], [one.email]]
    assert meeting.registrants == []


async def test_deleted_occurrence_is_closed() -> None:
    """Nobody can register for a deleted occurrence, and a registration does not count it."""
    account = new_account()
    meeting = account.add_meeting(type=8, registrants=1, settings={"registration_type": 2})
    (one,) = meeting.registrants
    first, *others = [each.occurrence_id for each in meeting.occurrences]
    async with calling(fake(account)) as caller:
        await caller.delete(f"/meetings/{meeting.id}", occurrence_id=first)
        added = await caller.post(registrants(meeting), OMAR, occurrence_ids=first)
        listed = await caller.get(registrants(meeting), occurrence_id=first)
        for each in others:
            await caller.delete(f"{registrants(meeting)}/{one.id}", occurrence_id=each)

    assert (added.error_field, listed.error_field) == ("occurrence_ids", "occurrence_id")
    assert meeting.registrants == []


async def test_questions_round_trip() -> None:
    account = new_account()
    meeting = account.add_meeting()
    path = f"{registrants(meeting)}/questions"
    questions = [{"field_name": "last_name", "required": True}]
    custom = [{"title": "Track", "type": "single", "required": True, "answers": ["Dock", "Rail"]}]
    async with calling(fake(account)) as caller:
        before = await caller.get(path)
        changed = await caller.patch(path, {"questions": questions, "custom_questions": custom})
        both = await caller.get(path)
        await caller.patch(path, {"custom_questions": None})
        one = await caller.get(path)
        wrong = await caller.patch(path, {"custom_questions": [{"type": "single"}]})

    assert before.body == {"questions": [], "custom_questions": []}
    assert changed.status == 204
    assert both.body == {"questions": questions, "custom_questions": custom}
    assert one.body == {"questions": questions, "custom_questions": []}
    assert wrong.error_field == "custom_questions[0].answers"


@pytest.mark.parametrize("tail", ["", "/questions", "/rG5tY2uIQoWpA1sDfGhJkL"])
async def test_unknown_meeting_is_not_found(tail: str) -> None:
    async with calling(fake(new_account())) as caller:
        response = await caller.get(f"/meetings/99/registrants{tail}")

    assert response.error == (404, 3001)


async def test_add_to_unknown_meeting() -> None:
    """The code for an unknown meeting differs from that of the other operations."""
    async with calling(fake(new_account())) as caller:
        response = await caller.post("/meetings/99/registrants", OMAR)

    assert response.error == (404, 1001)
