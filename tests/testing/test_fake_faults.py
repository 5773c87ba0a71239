"""Faults that a test can arm on the fake."""

from __future__ import annotations

import pytest
from support.fake_http import calling

from zoomasync.rate_limits import Plan
from zoomasync.testing import Account, FakeZoom

BILLING = "GET /report/billing"


def fake() -> FakeZoom:
    return FakeZoom(Account(), plan=None)


async def statuses(fake: FakeZoom, count: int) -> list[int]:
    async with calling(fake) as caller:
        return [(await caller.get("/report/billing")).status for _ in range(count)]


async def test_a_canned_reply_meets_the_chosen_requests_alone() -> None:
    ours = fake()
    ours.respond(BILLING, status=500, body={"code": 500, "message": "Oops"}, on_request=2, times=2)

    assert await statuses(ours, 5) == [200, 500, 500, 200, 200]


async def test_requests_are_counted_from_when_the_fault_is_armed() -> None:
    async with calling(fake()) as caller:
        await caller.get("/report/billing")
        caller.fake.respond(BILLING, status=503, body={})
        answers = [await caller.get("/report/daily"), await caller.get("/report/billing")]

    assert [answer.status for answer in answers] == [200, 503]


async def test_faults_of_one_route_each_have_their_turn() -> None:
    ours = fake()
    ours.respond(BILLING, status=500, body={})
    ours.respond(BILLING, status=503, body={}, on_request=2)

    assert await statuses(ours, 3) == [500, 503, 200]


async def test_of_two_faults_for_one_request_the_first_armed_is_met() -> None:
    ours = fake()
    ours.respond(BILLING, status=500, body={})
    ours.respond(BILLING, status=503, body={})

    assert await statuses(ours, 2) == [500, 200]


async def test_a_request_over_the_rate_limit_does_not_use_up_a_fault() -> None:
    ours = FakeZoom(Account(), plan=Plan(light=1, medium=1, heavy=1))
    ours.respond(BILLING, status=500, body={}, times=2)

    assert await statuses(ours, 2) == [500, 429]


async def test_bytes_and_headers_are_sent_as_they_are() -> None:
    body = b'{"code":104,"message":"' + b"quoted" + b'"}'
    async with calling(fake()) as caller:
        caller.fake.respond(BILLING, status=400, body=body, headers={"Retry-After": "2"})
        answer = await caller.get("/report/billing")

    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (400, 104, "2")


async def test_a_throttled_request_looks_like_zooms_own_429() -> None:
    async with calling(fake()) as caller:
        caller.fake.throttle(BILLING, retry_after=3)
        answer = await caller.get("/report/billing")
        after = await caller.get("/report/billing")

    assert (answer.status, answer.code, after.status) == (429, 429, 200)
    assert answer.headers["X-RateLimit-Category"] == "Heavy"
    assert answer.headers["X-RateLimit-Type"] == "QPS"
    assert answer.headers["Retry-After"] == "3"


async def test_an_unauthenticated_request_does_not_use_up_a_fault() -> None:
    async with calling(fake()) as caller:
        caller.fake.respond(BILLING, status=500, body={})
        token, caller.token = caller.token, ""
        refused = await caller.get("/report/billing")
        caller.token = token
        met = await caller.get("/report/billing")

    assert [refused.status, met.status] == [401, 500]


async def test_the_token_endpoint_can_fail_too() -> None:
    async with calling(fake()) as caller:
        caller.fake.respond("POST /oauth/token", status=502, body={})
        statuses = [(await caller.ask_token()).status for _ in range(2)]

    assert statuses == [502, 200]


def test_a_misspelt_route_is_noticed_at_once() -> None:
    with pytest.raises(ValueError, match="no such route"):
        fake().respond("GET /report/bills", status=500, body={})


def test_counting_starts_at_one() -> None:
    with pytest.raises(ValueError, match="count from 1"):
        fake().throttle(BILLING, on_request=0)
