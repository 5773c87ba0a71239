"""Responses that a test scripts on the fake."""

from __future__ import annotations

import pytest
from support.fake_http import calling

from zoomasync.rate_limits import Label, Plan
from zoomasync.testing import Account, FakeZoom

BILLING = "GET /report/billing"
UNLISTED = "GET /report/billing/invoices/unknown"


def unlimited() -> FakeZoom:
    return FakeZoom(Account(), plan=None)


async def statuses(fake: FakeZoom, count: int, path: str = "/report/billing") -> list[int]:
    async with calling(fake) as caller:
        return [(await caller.get(path)).status for _ in range(count)]


async def test_respond_chosen_requests_only() -> None:
    fake = unlimited()
    fake.respond(BILLING, status=500, body={"code": 500, "message": "Oops"}, on_request=2, times=2)

    assert await statuses(fake, 5) == [200, 500, 500, 200, 200]


async def test_respond_counts_from_its_call() -> None:
    async with calling(unlimited()) as caller:
        await caller.get("/report/billing")
        caller.fake.respond(BILLING, status=503, body={})
        responses = [await caller.get("/report/daily"), await caller.get("/report/billing")]

    assert [response.status for response in responses] == [200, 503]


async def test_respond_twice_in_sequence() -> None:
    fake = unlimited()
    fake.respond(BILLING, status=500, body={})
    fake.respond(BILLING, status=503, body={}, on_request=2)

    assert await statuses(fake, 3) == [500, 503, 200]


async def test_respond_twice_first_one_wins() -> None:
    """Of two responses for the same request, the one that was scripted first is sent."""
    fake = unlimited()
    fake.respond(BILLING, status=500, body={})
    fake.respond(BILLING, status=503, body={})

    assert await statuses(fake, 2) == [500, 200]


async def test_respond_over_limit_not_counted() -> None:
    """A request over the rate limit does not use up a scripted response."""
    fake = FakeZoom(Account(), plan=Plan(light=1, medium=1, heavy=1))
    fake.respond(BILLING, status=500, body={}, times=2)

    assert await statuses(fake, 2) == [500, 429]


async def test_respond_without_token_not_counted() -> None:
    async with calling(unlimited()) as caller:
        caller.fake.respond(BILLING, status=500, body={})
        token, caller.token = caller.token, ""
        unauthenticated = await caller.get("/report/billing")
        caller.token = token
        scripted = await caller.get("/report/billing")

    assert [unauthenticated.status, scripted.status] == [401, 500]


async def test_respond_sends_bytes_unchanged() -> None:
    body = b'{"code":104,"message":"' + b"quoted" + b'"}'
    async with calling(unlimited()) as caller:
        caller.fake.respond(BILLING, status=400, body=body, headers={"Retry-After": "2"})
        response = await caller.get("/report/billing")

    assert (response.status, response.code, response.headers["Retry-After"]) == (400, 104, "2")


async def test_respond_token_endpoint() -> None:
    async with calling(unlimited()) as caller:
        caller.fake.respond("POST /oauth/token", status=502, body={})
        statuses = [(await caller.request_token()).status for _ in range(2)]

    assert statuses == [502, 200]


async def test_respond_to_a_method_name() -> None:
    account = Account()
    meeting = account.add_meeting()
    async with calling(FakeZoom(account, plan=None)) as caller:
        caller.fake.respond("meetings.registrants.add", status=500, body={})
        caller.fake.respond("reports.billing", status=503, body={})
        written = await caller.post(f"/meetings/{meeting.id}/registrants", {})
        read = await caller.get("/report/billing")

    assert [written.status, read.status] == [500, 503]
    assert meeting.registrants == []


async def test_clear_responses_discards_all() -> None:
    fake = unlimited()
    fake.respond(BILLING, status=500, body={}, times=9)
    fake.respond(UNLISTED, status=200, body={})
    fake.clear_responses()

    assert await statuses(fake, 1) == [200]
    assert await statuses(fake, 1, "/report/billing/invoices/unknown") == [404]


async def test_respond_unlisted_route() -> None:
    """A route outside the reference has its scripted responses, and is unknown before and after them."""
    async with calling(unlimited()) as caller:
        caller.fake.respond(UNLISTED, status=200, body={"id": "5"}, on_request=2, label=Label.HEAVY)
        responses = [await caller.get("/report/billing/invoices/unknown", id="5") for _ in range(3)]
        logged = [(request.route, request.label) for request in caller.fake.requests[1:]]

    assert [response.status for response in responses] == [404, 200, 404]
    assert [response.code for response in responses] == [2300, None, 2300]
    assert logged == [(UNLISTED, "heavy"), (UNLISTED, "heavy"), (None, None)]


async def test_respond_unlisted_placeholder() -> None:
    """A placeholder matches one segment, other characters match literally, and the label is Light."""
    async with calling(unlimited()) as caller:
        caller.fake.respond("PATCH /files.v1/{fileId}/data", status=204, body=b"", times=9)
        responses = [
            await caller.patch(path, {"name": "x"})
            for path in ("/files.v1/5/data", "/files-v1/5/data", "/files.v1/5/6/data", "/files.v1/5/data/")
        ]
        other_method = await caller.get("/files.v1/5/data")

        assert caller.fake.requests[1].label == "light"

    assert [response.status for response in responses] == [204, 404, 404, 404]
    assert other_method.status == 404


async def test_respond_unlisted_method() -> None:
    async with calling(unlimited()) as caller:
        caller.fake.respond("DELETE /report/billing", status=204, body=b"")
        responses = [await caller.delete("/report/billing"), await caller.get("/report/billing")]
        after = await caller.delete("/report/billing")

    assert [response.status for response in [*responses, after]] == [204, 200, 405]


async def test_respond_unlisted_needs_token() -> None:
    async with calling(unlimited()) as caller:
        caller.fake.respond(UNLISTED, status=200, body={})
        caller.token = ""
        response = await caller.get("/report/billing/invoices/unknown")

    assert response.status == 401


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("registrants.add", r"did you mean .*meetings\.registrants\.add"),
        ("reports.user", r"did you mean reports\.users or"),
        ("/report/users", "no method '/report/users'"),
        ("nonsense", 'a route such as "GET /report/users"'),
        ("get /report/users", "not a route"),
        ("GET report/users", "not a route"),
        ("GET /report/users?type=active", "not a route"),
        ("GET /v2/report/users", "never matches: Zoom prints routes without /v2"),
        ("GET /v2/example", "never matches: Zoom prints routes without /v2"),
        ("GET /report/meetings/{uuid}", "is served as 'GET /report/meetings/{meetingId}'"),
        ("GET /report/meetings/81", "is served as 'GET /report/meetings/{meetingId}'"),
    ],
)
def test_respond_unknown_operation(operation: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        unlimited().respond(operation, status=500, body={})


def test_respond_contradicting_label() -> None:
    fake = unlimited()
    fake.respond(BILLING, status=500, body={}, label=Label.HEAVY)

    with pytest.raises(ValueError, match="has the label heavy"):
        fake.respond(BILLING, status=500, body={}, label=Label.LIGHT)


async def test_respond_without_end() -> None:
    """A response with *times* None is sent until it is cleared."""
    fake = unlimited()
    fake.respond(BILLING, status=500, body={}, on_request=2, times=None)

    assert await statuses(fake, 9) == [200, *[500] * 8]

    fake.clear_responses()

    assert await statuses(fake, 1) == [200]


@pytest.mark.parametrize(("on_request", "times"), [(0, 1), (1, 0), (-1, None)])
def test_respond_counts_from_one(on_request: int, times: int | None) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        unlimited().respond(BILLING, status=500, body={}, on_request=on_request, times=times)


@pytest.mark.parametrize("name", ["Content-Type", "content-type"])
async def test_respond_replaces_header(name: str) -> None:
    """A header replaces the fake's own, in upper or lower case."""
    async with calling(unlimited()) as caller:
        caller.fake.respond(BILLING, status=200, body=b"<html>", headers={name: "text/html"})
        response = await caller.get("/report/billing")

    assert (response.content, response.headers["Content-Type"]) == (b"<html>", "text/html")


async def test_respond_embedded_error() -> None:
    """An error of more than 16 KB inside HTTP 200 is sent whole."""
    async with calling(unlimited()) as caller:
        caller.fake.respond(BILLING, status=200, body={"code": 300, "message": "x" * 20_000})
        response = await caller.get("/report/billing")

    assert (response.status, response.body) == (200, {"code": 300, "message": "x" * 20_000})


@pytest.mark.parametrize("page", [rb'{"participants":[{"name":"\ud83d"}]}', b'{"name":"\xff"}', b"\xef\xbb\xbf{}"])
async def test_respond_invalid_text(page: bytes) -> None:
    async with calling(unlimited()) as caller:
        caller.fake.respond(BILLING, status=200, body=page, headers={"Content-Type": "text/plain"})

        assert (await caller.get("/report/billing")).content == page


@pytest.mark.parametrize("operation", [BILLING, "reports.billing"])
async def test_set_label_counts_requests(operation: str) -> None:
    """The fake counts an operation under the label that is set, and names it in the responses and the log."""
    fake = FakeZoom(Account(), plan=Plan(light=3, medium=9, heavy=1))
    fake.set_label(operation, Label.LIGHT)
    async with calling(fake) as caller:
        responses = [await caller.get("/report/billing") for _ in range(4)]
        other = await caller.get("/report/daily")

    assert [response.status for response in responses] == [200, 200, 200, 429]
    assert {response.headers["X-RateLimit-Category"] for response in responses} == {"Light"}
    assert {request.label for request in fake.requests[1:5]} == {Label.LIGHT}
    assert (other.status, other.headers["X-RateLimit-Category"]) == (200, "Heavy")


async def test_set_label_of_scripted_429() -> None:
    fake = unlimited()
    fake.throttle(BILLING)
    fake.set_label(BILLING, Label.MEDIUM)
    async with calling(fake) as caller:
        response = await caller.get("/report/billing")

    assert (response.status, response.headers["X-RateLimit-Category"]) == (429, "Medium")


async def test_clear_responses_restores_label() -> None:
    fake = unlimited()
    fake.set_label(BILLING, Label.LIGHT)
    fake.clear_responses()
    async with calling(fake) as caller:
        response = await caller.get("/report/billing")

    assert response.headers["X-RateLimit-Category"] == "Heavy"


@pytest.mark.parametrize("operation", ["POST /oauth/token", "reports.user", "GET report/users"])
def test_set_label_unknown_operation(operation: str) -> None:
    with pytest.raises(ValueError, match=r"no label|no method|not a route"):
        unlimited().set_label(operation, Label.LIGHT)
