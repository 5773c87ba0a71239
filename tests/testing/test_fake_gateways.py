"""Responses of gateways and login portals in front of the fake, and outages."""

from __future__ import annotations

from contextlib import suppress

import pytest
from aiohttp import ServerDisconnectedError
from support.fake_http import calling

from zoomasync.rate_limits import Plan
from zoomasync.testing import Account, FakeZoom

BILLING = "/report/billing"


def unlimited() -> FakeZoom:
    return FakeZoom(Account(), plan=None)


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (400, "400 Bad Request"),
        (403, "403 Forbidden"),
        (404, "404 Not Found"),
        (407, "407 Proxy Authentication Required"),
        (408, "408 Request Timeout"),
        (421, "421 Misdirected Request"),
        (425, "425 Too Early"),
        (502, "502 Bad Gateway"),
        (520, "520 Error"),
        (200, "Sign in"),
    ],
)
async def test_intercept_sends_html(status: int, title: str) -> None:
    async with calling(unlimited()) as caller:
        caller.fake.intercept("reports.billing", status=status)
        response, after = await caller.get(BILLING), await caller.get(BILLING)

    assert (response.status, after.status) == (status, 200)
    assert response.headers["Content-Type"] == "text/html"
    assert f"<title>{title}</title>" in response.content.decode()


async def test_intercept_has_no_header_of_zoom() -> None:
    async with calling(unlimited()) as caller:
        caller.fake.intercept("reports.billing", headers={"Via": "1.1 gateway"})
        response = await caller.get(BILLING)

    assert {name.lower() for name in response.headers} == {"content-type", "content-length", "date", "server", "via"}


async def test_intercept_empty_body() -> None:
    async with calling(unlimited()) as caller:
        caller.fake.intercept("reports.billing", status=421, body=b"")
        response = await caller.get(BILLING)

    assert (response.status, response.content) == (421, b"")
    assert "Content-Type" not in response.headers


async def test_intercepted_write_never_runs() -> None:
    account = Account()
    meeting = account.add_meeting(polls=1)
    async with calling(FakeZoom(account, plan=None)) as caller:
        caller.fake.intercept("meetings.polls.delete", status=200)
        response = await caller.delete(f"/meetings/{meeting.id}/polls/{meeting.polls[0].id}")

    assert response.status == 200
    assert len(meeting.polls) == 1


async def test_intercept_token_requests() -> None:
    async with calling(unlimited()) as caller:
        caller.fake.intercept("POST /oauth/token", status=502)
        statuses = [(await caller.request_token()).status for _ in range(2)]

    assert statuses == [502, 200]


async def test_outage_fails_every_request() -> None:
    async with calling(unlimited()) as caller:
        with caller.fake.outage(retry_after=2):
            failed = [
                await caller.get(BILLING),
                await caller.post("/meetings/1/polls", {"title": "T"}),
                await caller.get("/unknown"),
                await caller.request_token(),
            ]
        recovered = [await caller.get(BILLING), await caller.request_token()]
        logged = [(request.route, request.status) for request in caller.fake.requests[1:5]]

    assert [response.status for response in failed] == [503] * 4
    assert {response.headers["Retry-After"] for response in failed} == {"2"}
    assert all(b"<title>503 Service Unavailable</title>" in response.content for response in failed)
    assert [response.status for response in recovered] == [200, 200]
    assert logged == [
        ("GET /report/billing", 503),
        ("POST /meetings/{meetingId}/polls", 503),
        (None, 503),
        ("POST /oauth/token", 503),
    ]


async def test_outage_without_token_endpoint() -> None:
    async with calling(unlimited()) as caller:
        with caller.fake.outage(status=502, token_endpoint=False):
            statuses = [(await caller.request_token()).status, (await caller.get(BILLING)).status]

    assert statuses == [200, 502]


async def test_outage_closes_connections() -> None:
    async with calling(unlimited()) as caller:
        with caller.fake.outage(status=None):
            # A POST, because aiohttp sends a GET, PUT or DELETE a second time by itself.
            with pytest.raises(ServerDisconnectedError):
                await caller.post("/meetings/1/polls", {"title": "T"})
            with pytest.raises(ServerDisconnectedError):
                await caller.request_token()

        assert [request.status for request in caller.fake.requests[1:]] == [None, None]


async def test_outage_counts_for_nothing() -> None:
    """A request in an outage uses up no rate limit and no scripted fault."""
    fake = FakeZoom(Account(), plan=Plan(light=9, medium=9, heavy=1, heavy_per_day=1))
    async with calling(fake) as caller:
        fake.respond("reports.billing", status=418, body={})
        with fake.outage():
            during = [(await caller.get(BILLING)).status for _ in range(3)]
        after = await caller.get(BILLING)

    assert (during, after.status) == ([503] * 3, 418)


async def test_outage_ends_with_its_block() -> None:
    """An inner outage, also one that ends with an exception, restores the outer one."""
    statuses: list[int] = []
    async with calling(unlimited()) as caller:
        with caller.fake.outage(status=502):
            with suppress(ZeroDivisionError), caller.fake.outage(status=503):
                statuses.append((await caller.get(BILLING)).status)
                _ = 1 // 0
            statuses.append((await caller.get(BILLING)).status)
        statuses.append((await caller.get(BILLING)).status)

    assert statuses == [503, 502, 200]
