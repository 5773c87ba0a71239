"""Tests with aioresponses: a client on a given http_session accepts canned responses."""

from __future__ import annotations

from aiohttp import ClientSession
from support.canned import Canned
from yarl import URL

from zoomasync import StaticToken, Zoom

MEETING_URL = "https://api.zoom.us/v2/past_meetings/84123450987"
MEETING = {
    "id": 84123450987,
    "uuid": "ajXp112QmuoKj4854875==",
    "topic": "Weekly",
    "start_time": "2026-03-18T12:00:00Z",
    "end_time": "2026-03-18T12:30:00Z",
    "duration": 30,
}


async def test_canned_response_is_decoded(canned: Canned) -> None:
    canned.get(MEETING_URL, payload=MEETING)

    async with ClientSession() as http_session, Zoom(StaticToken("token"), http_session=http_session) as zoom:
        meeting = await zoom.past_meetings.get(84123450987)

    assert meeting.topic == "Weekly"
    ((request,),) = canned.requests.values()
    assert request.kwargs["headers"]["Authorization"] == "Bearer token"


async def test_canned_503_is_retried(canned: Canned) -> None:
    canned.get(MEETING_URL, status=503, headers={"Retry-After": "0"})
    canned.get(MEETING_URL, payload=MEETING)

    async with ClientSession() as http_session, Zoom(StaticToken("token"), http_session=http_session) as zoom:
        await zoom.past_meetings.get(84123450987)

    assert len(canned.requests["GET", URL(MEETING_URL)]) == 2
