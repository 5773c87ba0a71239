"""Connections that the fake closes before a response is complete."""

from __future__ import annotations

import asyncio
import re
from typing import Literal, TypeAlias

import pytest
from aiohttp import ClientPayloadError, ServerDisconnectedError
from support.fake_http import Caller, calling
from yarl import URL

from zoomasync import RetryPolicy
from zoomasync.errors import OutcomeUnknown, PayloadError, TransportError
from zoomasync.models import NewRegistrant
from zoomasync.testing import Account, FakeZoom

AT_ONCE = RetryPolicy(base=0)
BILLING = "/report/billing"
DropPoint: TypeAlias = Literal["request", "handling", "headers", "half_body"]
EVERY_POINT: list[DropPoint] = ["request", "handling", "headers", "half_body"]


async def test_drop_after_request_sends_nothing() -> None:
    account = Account()
    path = f"/meetings/{account.add_meeting().id}/polls"
    async with calling(FakeZoom(account, plan=None)) as caller:
        caller.fake.drop_connection("meetings.polls.create", on_request=2)
        before = await caller.post(path, {"title": "One"})
        # A POST, because aiohttp sends a GET, PUT or DELETE a second time by itself.
        with pytest.raises(ServerDisconnectedError):
            await caller.post(path, {"title": "Two"})
        after = await caller.post(path, {"title": "Three"})
        statuses = [request.status for request in caller.fake.requests[1:]]

    assert (before.status, after.status) == (201, 201)
    assert statuses == [201, None, 201]
    assert [poll.title for poll in account.scheduled_meetings[0].polls] == ["One", "Three"]


async def test_drop_after_handling_sends_nothing() -> None:
    """The request has been carried out, a POST with a response and a PATCH without one alike."""
    account = Account()
    meeting = account.add_meeting()
    async with calling(FakeZoom(account, plan=None)) as caller:
        caller.fake.drop_connection("meetings.polls.create", after="handling")
        caller.fake.drop_connection("meetings.survey.update", after="handling")
        with pytest.raises(ServerDisconnectedError):
            await caller.post(f"/meetings/{meeting.id}/polls", {"title": "One"})
        with pytest.raises(ServerDisconnectedError):
            await caller.patch(f"/meetings/{meeting.id}/survey", {"third_party_survey": "https://x.example"})

        assert [request.status for request in caller.fake.requests[1:]] == [None, None]

    assert [poll.title for poll in meeting.polls] == ["One"]
    assert meeting.survey == {"third_party_survey": "https://x.example"}


async def sent_until_closed(caller: Caller) -> tuple[bytes, bytes]:
    """Return the headers and the part of the body that arrive before the connection closes."""
    url = URL(caller.fake.base_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    names = f"Host: {url.host}\r\nAuthorization: Bearer {caller.token}\r\nConnection: close"
    writer.write(f"GET /v2{BILLING} HTTP/1.1\r\n{names}\r\n\r\n".encode())
    headers, _, content = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return headers, content


@pytest.mark.parametrize(("after", "part"), [("headers", 0), ("half_body", 0.5)])
async def test_drop_inside_response(after: DropPoint, part: float) -> None:
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        caller.fake.drop_connection("GET /report/billing", after=after)
        headers, content = await sent_until_closed(caller)

    length = re.search(rb"Content-Length: (\d+)", headers)
    assert headers.startswith(b"HTTP/1.1 200 ")
    assert length
    assert len(content) == int(int(length[1]) * part)


@pytest.mark.parametrize(("drop_after", "content"), [("headers", b""), ("half_body", b'{"code":429')])
async def test_drop_inside_scripted_response(drop_after: Literal["headers", "half_body"], content: bytes) -> None:
    """A cut-off 429 has its status and its headers."""
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        body = b'{"code":429,"message":""}'[:22]
        caller.fake.respond(
            "reports.billing", status=429, body=body, headers={"Retry-After": "2"}, drop_after=drop_after
        )
        headers, received = await sent_until_closed(caller)
        statuses = [request.status for request in caller.fake.requests[1:]]

    assert headers.startswith(b"HTTP/1.1 429 ")
    assert b"\r\nRetry-After: 2\r\n" in headers + b"\r\n"
    assert b"\r\nContent-Length: 22\r\n" in headers + b"\r\n"
    assert (received, statuses) == (content, [429])


@pytest.mark.parametrize("after", EVERY_POINT)
async def test_client_get_is_retried(after: DropPoint) -> None:
    account = Account()
    meeting = account.add_meeting(registrants=3)
    async with FakeZoom(account, plan=None) as fake, fake.client(retry=AT_ONCE) as zoom:
        fake.drop_connection("meetings.registrants.list", after=after, times=2)
        emails = [person.email async for person in zoom.meetings.registrants.list(meeting.id)]
        routes = [request.route for request in fake.requests]

    assert emails == [person.email for person in meeting.registrants]
    assert routes.count("GET /meetings/{meetingId}/registrants") == 3


@pytest.mark.parametrize(
    ("after", "cause", "registered"),
    [
        ("request", TransportError, 0),
        ("handling", TransportError, 1),
        ("headers", PayloadError, 1),
        ("half_body", PayloadError, 1),
    ],
)
async def test_client_post_outcome_unknown(after: DropPoint, cause: type[TransportError], registered: int) -> None:
    """A POST is sent once; whether it was carried out depends on the part after which the connection closed."""
    account = Account()
    meeting = account.add_meeting()
    person = NewRegistrant(email="omar@lakeside.example", first_name="Omar")
    async with FakeZoom(account, plan=None) as fake, fake.client(retry=AT_ONCE) as zoom:
        fake.drop_connection("meetings.registrants.add", after=after)
        with pytest.raises(OutcomeUnknown) as caught:
            await zoom.meetings.registrants.add(meeting.id, person)
        sent = [request.route for request in fake.requests[1:]]

    assert type(caught.value.cause) is cause
    assert sent == ["POST /meetings/{meetingId}/registrants"]
    assert len(meeting.registrants) == registered


async def test_drop_of_empty_response() -> None:
    """A 204 has no body to cut, so the connection closes before its headers."""
    account = Account()
    meeting = account.add_meeting()
    async with calling(FakeZoom(account, plan=None)) as caller:
        caller.fake.drop_connection("meetings.survey.update", after="half_body")
        with pytest.raises(ServerDisconnectedError):
            await caller.patch(f"/meetings/{meeting.id}/survey", {"third_party_survey": "https://x.example"})

        assert caller.fake.requests[-1].status is None

    assert meeting.survey == {"third_party_survey": "https://x.example"}


async def test_client_token_is_requested_again() -> None:
    async with FakeZoom(Account(), plan=None) as fake, fake.client(retry=AT_ONCE) as zoom:
        fake.drop_connection("POST /oauth/token", times=2)
        await zoom.reports.billing().collect()
        statuses = [request.status for request in fake.requests]

    assert statuses == [None, None, 200, 200]


async def test_drop_cuts_an_error_response() -> None:
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        caller.fake.drop_connection("GET /example", after="headers")
        with pytest.raises(ClientPayloadError):
            await caller.get("/example")

        assert caller.fake.requests[-1].status == 404


def test_drop_at_unknown_point() -> None:
    with pytest.raises(ValueError, match="after must be one of request, handling, headers, half_body"):
        FakeZoom(Account()).drop_connection("reports.billing", after="body")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_respond_dropped_at_unknown_point() -> None:
    fake = FakeZoom(Account())
    with pytest.raises(ValueError, match="drop_after must be headers or half_body"):
        fake.respond("reports.billing", status=200, body={}, drop_after="request")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
