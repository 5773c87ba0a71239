"""`zoom.webinars` where the server differs from the fake: pages without tokens, and a host's limit."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from support.clock import in_virtual_time
from support.memory import MemoryTransport, answering, open_session, response

from zoomasync.errors import ResourceLimitReached
from zoomasync.models import NewMeeting, NewWebinar
from zoomasync.resources.meetings import Meetings
from zoomasync.resources.webinars import Webinars


@in_virtual_time
async def test_list_webinars_by_number() -> None:
    """Pages without a page token are read by number, up to the count."""
    pages = [{"page_count": 2, "page_number": number, "webinars": [{"id": number}]} for number in (1, 2)]
    transport = MemoryTransport(answering(*(response(200, page) for page in pages)))

    listed = await Webinars(open_session(transport)).list("u", type_="upcoming").collect()

    assert [webinar.id for webinar in listed] == [1, 2]
    queries = [dict(parse_qsl(urlsplit(request.url).query)) for request in transport.requests]
    first = {"type": "upcoming", "page_size": "300"}
    assert queries == [first, {**first, "page_number": "2"}]


@pytest.mark.parametrize("schedule_for", [None, "host@example.com"])
@in_virtual_time
async def test_webinars_and_meetings_share_host_limit(schedule_for: str | None) -> None:
    """The 101st meeting or webinar of one host on one day is not sent."""
    transport = MemoryTransport(answering(response(201, {"id": 1})))
    session = open_session(transport)
    for _ in range(50):
        await Webinars(session).create("u", NewWebinar(schedule_for=schedule_for))
        await Meetings(session).create(schedule_for or "u", NewMeeting())

    with pytest.raises(ResourceLimitReached):
        await Webinars(session).create("u", NewWebinar(schedule_for=schedule_for))

    assert len(transport.requests) == 100
    await Webinars(session).create("other", NewWebinar())
