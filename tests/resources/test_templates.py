"""`zoom.meetings.templates` and `zoom.webinars.templates` against the fake server."""

from __future__ import annotations

import pytest
from support.stories import last_body, last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest
from zoomasync.models import NewMeetingTemplate, NewWebinarTemplate
from zoomasync.testing import Account, FakeZoom


async def test_create_and_list(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    meeting = account.add_meeting()
    user = meeting.host.id

    created = await zoom.meetings.templates.create(
        user, NewMeetingTemplate(meeting_id=meeting.id, name="Weekly", save_recurrence=True)
    )

    assert last_request(fake)[0] == f"POST /v2/users/{user}/meeting_templates"
    assert last_body(fake) == {"meeting_id": meeting.id, "name": "Weekly", "save_recurrence": True}
    listed = [template async for template in zoom.meetings.templates.list(user)]
    assert last_request(fake)[0] == f"GET /v2/users/{user}/meeting_templates"
    assert [(template.id, template.name) for template in listed] == [(created.id, "Weekly")]


async def test_create_and_list_of_webinars(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    webinar = account.add_meeting(type=5)
    user = webinar.host.id

    created = await zoom.webinars.templates.create(user, NewWebinarTemplate(webinar_id=webinar.id, name="Talk"))

    assert last_request(fake)[0] == f"POST /v2/users/{user}/webinar_templates"
    assert last_body(fake) == {"webinar_id": webinar.id, "name": "Talk"}
    listed = await zoom.webinars.templates.list(user).collect()
    assert last_request(fake)[0] == f"GET /v2/users/{user}/webinar_templates"
    assert [(template.id, template.name) for template in listed] == [(created.id, "Talk")]
    assert await zoom.meetings.templates.list(user).collect() == []


async def test_create_duplicate_name_raises(zoom: Zoom, account: Account) -> None:
    meeting, other = account.add_meeting(), account.add_meeting()
    await zoom.meetings.templates.create(meeting.host.id, NewMeetingTemplate(meeting_id=meeting.id, name="Weekly"))

    with pytest.raises(BadRequest) as raised:
        await zoom.meetings.templates.create(other.host.id, NewMeetingTemplate(meeting_id=other.id, name="Weekly"))

    assert raised.value.code == 3000
