"""`zoom.recordings.registrants` against the fake server."""

from __future__ import annotations

import pytest
from support.stories import last_body, last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest, NotFound
from zoomasync.models import (
    NewRecordingRegistrant,
    RecordingRegistrantKey,
    RecordingRegistrantStatusUpdate,
    RegistrationQuestionsUpdate,
    StandardQuestion,
)
from zoomasync.testing import Account, FakeZoom, Recording

ADA = NewRecordingRegistrant(email="ada@northpier.example", first_name="Ada")


def on_demand(account: Account, registrants: int = 0, *, approval_type: int = 0) -> Recording:
    return account.add_recording(registrants=registrants, settings={"on_demand": True, "approval_type": approval_type})


async def emails(zoom: Zoom, recording: Recording, status: str | None = None) -> list[str | None]:
    return [each.email async for each in zoom.recordings.registrants.list(recording.id, status=status)]


async def test_list_many_pages(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    recording = on_demand(account, 301)

    listed = await emails(zoom, recording)

    assert listed == [each.email for each in recording.registrants]
    method, query = last_request(fake)
    assert method == f"GET /v2/meetings/{recording.id}/recordings/registrants"
    assert query["page_size"] == "300"


async def test_add_without_approval(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A person is approved at once, and a second registration is the first one."""
    recording = on_demand(account)

    added = await zoom.recordings.registrants.add(recording.id, ADA)
    assert last_body(fake) == {"email": ADA.email, "first_name": "Ada"}
    other_name = NewRecordingRegistrant(email=ADA.email.upper(), first_name="Other")
    again = await zoom.recordings.registrants.add(recording.id, other_name)

    assert last_request(fake)[0] == f"POST /v2/meetings/{recording.id}/recordings/registrants"
    assert (added.id, added.topic, added.registrant_id) == (recording.id, recording.topic, again.registrant_id)
    assert added.share_url
    assert [each.first_name for each in recording.registrants] == ["Ada"]


async def test_update_status(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A pending person is approved, then denied."""
    recording = on_demand(account, approval_type=1)
    registrants = zoom.recordings.registrants
    added = await registrants.add(recording.id, ADA)
    keys = (RecordingRegistrantKey(id=added.registrant_id),)

    assert added.share_url is None
    assert await emails(zoom, recording, "pending") == [ADA.email]
    assert await emails(zoom, recording) == []
    for action, status in (("approve", "approved"), ("deny", "denied")):
        await registrants.update_status(recording.id, RecordingRegistrantStatusUpdate(action=action, registrants=keys))
        assert last_request(fake)[0] == f"PUT /v2/meetings/{recording.id}/recordings/registrants/status"
        assert last_body(fake) == {"action": action, "registrants": [{"id": added.registrant_id}]}
        assert await emails(zoom, recording, status) == [ADA.email]


async def test_unknown_registrant_changes_none(zoom: Zoom, account: Account) -> None:
    recording = on_demand(account, 1, approval_type=1)
    keys = (RecordingRegistrantKey(id=recording.registrants[0].id), RecordingRegistrantKey(id="unknown"))

    with pytest.raises(NotFound):
        await zoom.recordings.registrants.update_status(
            recording.id, RecordingRegistrantStatusUpdate(action="approve", registrants=keys)
        )

    assert recording.registrants[0].status == "pending"


async def test_questions_round_trip(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A question that is required makes a registration without an answer an error."""
    recording, registrants = on_demand(account), zoom.recordings.registrants
    required = StandardQuestion(field_name="org", required=True)

    await registrants.update_questions(recording.id, RegistrationQuestionsUpdate(questions=(required,)))
    assert last_request(fake)[0] == f"PATCH /v2/meetings/{recording.id}/recordings/registrants/questions"

    questions = await registrants.questions(recording.id)
    assert last_request(fake)[0] == f"GET /v2/meetings/{recording.id}/recordings/registrants/questions"
    assert questions.questions == (required,)
    with pytest.raises(BadRequest, match="org"):
        await registrants.add(recording.id, ADA)


@pytest.mark.parametrize("settings", [{}, {"on_demand": False}, {"on_demand": True, "approval_type": 2}])
async def test_without_registration_raises(settings: dict[str, object], zoom: Zoom, account: Account) -> None:
    recording = account.add_recording(settings=settings)

    with pytest.raises(NotFound):
        await zoom.recordings.registrants.add(recording.id, ADA)

    assert recording.registrants == []
