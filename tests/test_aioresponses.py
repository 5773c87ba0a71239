"""For those who test with aioresponses: a client takes canned replies like any other user of aiohttp."""

from __future__ import annotations

from aiohttp import ClientSession
from support.canned import Canned
from yarl import URL

from zoomasync import StaticToken, Zoom

URL_OF_MEETING = "https://api.zoom.us/v2/past_meetings/84123450987"
MEETING = {
    "id": 84123450987,
    "uuid": "ajXp112QmuoKj4854875==",
    "topic": "Weekly",
    "start_time": "2026-03-18T12:00:00Z",
    "end_time": "2026-03-18T12:30:00Z",
    "duration": 30,
}


async def test_a_canned_reply_is_a_reply(canned: Canned) -> None:
    canned.get(URL_OF_MEETING, payload=MEETING)

    async with ClientSession() as session, Zoom(StaticToken("token"), http_session=session) as zoom:
        meeting = await zoom.past_meetings.get(84123450987)

    assert meeting.topic == "Weekly"
    ((sent,),) = canned.requests.values()
    assert sent.kwargs["headers"]["Authorization"] == "Bearer token"


async def test_a_canned_refusal_is_sat_out(canned: Canned) -> None:
    canned.get(URL_OF_MEETING, status=503, headers={"Retry-After": "0"})
    canned.get(URL_OF_MEETING, payload=MEETING)

    async with ClientSession() as session, Zoom(StaticToken("token"), http_session=session) as zoom:
        await zoom.past_meetings.get(84123450987)

    assert len(canned.requests["GET", URL(URL_OF_MEETING)]) == 2
