"""The fake's rate limits per label: over any interval of one second, and per UTC day."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_http import calling

from zoomasync.rate_limits import Label, Plan
from zoomasync.testing import Account, FakeZoom
from zoomasync.testing.enforcement.rate_limits import SlidingWindow
from zoomasync.testing.handlers.routes import ROUTES

MIDNIGHT = datetime(2026, 3, 19, tzinfo=UTC)
ROOMY = Plan(light=99, medium=99, heavy=99, resource_intensive=99)
TIGHT = Plan(light=2, medium=3, heavy=1)


def admitted(rate: float, arrivals: list[float]) -> list[float]:
    window = SlidingWindow(rate)
    return [at for at in arrivals if window.admit(at)]


@given(
    rate=st.floats(0.2, 50),
    gaps=st.lists(st.floats(0, 0.4), max_size=200),
)
def test_window_never_exceeds_rate(rate: float, gaps: list[float]) -> None:
    arrivals = [math.fsum(gaps[:number]) for number in range(len(gaps))]
    passed = admitted(rate, arrivals)
    most = math.ceil(rate)

    for first, at in enumerate(passed):
        assert sum(later - at < most / rate for later in passed[first:]) <= most


def test_window_ignores_rejected_calls() -> None:
    assert admitted(2, [0.0, 0.1, 0.2, 0.3, 0.9, 1.0, 1.05, 1.1]) == [0.0, 0.1, 1.0, 1.1]


def test_window_spans_clock_seconds() -> None:
    assert admitted(2, [0.75, 0.875, 1.125, 1.25, 1.75]) == [0.75, 0.875, 1.75]


def test_window_fractional_rate() -> None:
    """2.5 calls per second are 3 calls in every 1.2 seconds."""
    assert admitted(2.5, [0.0, 0.1, 0.2, 1.1, 1.2, 1.3, 1.4]) == [0.0, 0.1, 0.2, 1.2, 1.3, 1.4]


def test_window_rate_below_one() -> None:
    """A rate below 1 per second admits one call in several seconds."""
    assert admitted(0.25, [0.0, 1.0, 3.9, 4.0, 7.0, 8.0]) == [0.0, 4.0, 8.0]


async def test_limit_exceeded_sends_zooms_429() -> None:
    async with calling(FakeZoom(Account(), plan=TIGHT)) as caller:
        responses = [await caller.get("/report/billing"), await caller.get("/report/billing")]

    limited = responses[1]
    assert [response.status for response in responses] == [200, 429]
    assert limited.body == {
        "code": 429,
        "message": "You have reached the maximum per-second rate limit for this API. Try again later.",
    }
    headers = {name.lower(): value for name, value in limited.headers.items()}
    assert headers["x-ratelimit-category"] == "Heavy"
    assert headers["x-ratelimit-type"] == "QPS"
    assert headers["x-ratelimit-limit"] == "1"
    assert headers["x-ratelimit-remaining"] == "0"
    assert "retry-after" not in headers


@pytest.mark.parametrize(
    ("plan", "limit", "remaining"),
    [
        (replace(ROOMY, heavy=5), "5", ["4", "3"]),
        (replace(ROOMY, heavy_per_day=7), "7", ["6", "5"]),
    ],
    ids=["second", "day"],
)
async def test_success_names_its_limit(plan: Plan, limit: str, remaining: list[str]) -> None:
    """A successful response names its label, and the daily limit of it, or that of a second without one."""
    async with calling(FakeZoom(Account(), plan=plan)) as caller:
        headers = [(await caller.get("/report/billing")).headers for _ in range(2)]

    assert [each["X-RateLimit-Category"] for each in headers] == ["Heavy", "Heavy"]
    assert [each["X-RateLimit-Limit"] for each in headers] == [limit, limit]
    assert [each["X-RateLimit-Remaining"] for each in headers] == remaining
    assert "X-RateLimit-Type" not in headers[0]


async def test_no_plan_names_label_only() -> None:
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        headers = (await caller.get("/report/billing")).headers

    assert {name: value for name, value in headers.items() if name.startswith("X-RateLimit")} == {
        "X-RateLimit-Category": "Heavy"
    }


async def test_other_responses_name_no_label() -> None:
    async with calling(FakeZoom(Account())) as caller:
        caller.fake.intercept("reports.billing", status=200)
        responses = [
            await caller.request_token(),
            await caller.get("/report/billing"),
            await caller.get("/meetings/81/survey"),
            await caller.get("/example"),
        ]

    assert [response.status for response in responses] == [200, 200, 404, 404]
    assert not any("X-RateLimit-Category" in response.headers for response in responses)


async def test_limit_shared_within_a_label() -> None:
    account = Account()
    number = account.add_instance().id
    async with calling(FakeZoom(account, plan=TIGHT)) as caller:
        await caller.get("/report/billing")
        same = await caller.get("/report/daily")
        other = [await caller.get(f"/past_meetings/{number}{tail}") for tail in ("", "/qa", "/polls", "/instances")]

    assert same.status == 429
    assert [response.status for response in other] == [200, 200, 200, 200]


@pytest.mark.parametrize("label", Label)
async def test_limit_of_each_label(label: Label) -> None:
    plan = Plan(**{each.name.lower(): 1 if each == label else 9 for each in Label})
    async with calling(FakeZoom(Account(), plan=plan)) as caller:
        for each in Label:
            caller.fake.respond(f"GET /example/{each}", status=200, body={}, label=each, times=2)
        responses = {each: [await caller.get(f"/example/{each}") for _ in range(2)] for each in Label}
        labels = [request.label for request in caller.fake.requests[1:]]

    assert {each: [response.status for response in two] for each, two in responses.items()} == {
        each: [200, 429 if each == label else 200] for each in Label
    }
    assert responses[label][1].headers["X-RateLimit-Category"] == label.value.capitalize()
    assert labels == [each for each in Label for _ in range(2)]


async def test_daily_limit_until_midnight() -> None:
    """The plan's daily limit holds for one UTC day, and for one label."""
    moments = [MIDNIGHT - timedelta(hours=1)]
    plan = replace(ROOMY, heavy_per_day=2, light_per_day=1)
    async with calling(FakeZoom(Account(), plan=plan, now=lambda: moments[-1])) as caller:
        responses = [await caller.get("/report/billing") for _ in range(4)]
        other = await caller.get("/meetings/81/survey")
        moments.append(MIDNIGHT)
        tomorrow = [(await caller.get("/report/billing")).status for _ in range(3)]

    limited = responses[-1]
    headers = {name.lower(): value for name, value in limited.headers.items()}
    assert [response.status for response in responses] == [200, 200, 429, 429]
    assert (other.status, tomorrow) == (404, [200, 200, 429])
    assert limited.body["message"] == "You have reached the maximum daily rate limit for this API."
    assert (headers["x-ratelimit-type"], headers["retry-after"]) == ("Daily-limit", "2026-03-19T00:00:00Z")
    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("2", "0")


async def test_daily_limit_of_zero() -> None:
    async with calling(FakeZoom(Account(), plan=replace(ROOMY, heavy_per_day=0))) as caller:
        response = await caller.get("/report/billing")

    assert (response.status, response.headers["X-RateLimit-Type"]) == (429, "Daily-limit")
    assert response.headers["X-RateLimit-Limit"] == "0"


@pytest.mark.parametrize(("own_limit", "second"), [(None, 429), (5, 200)])
async def test_daily_limit_shared_by_labels(own_limit: int | None, second: int) -> None:
    """Resource-intensive requests count as heavy ones, unless they have a limit of their own."""
    plan = replace(ROOMY, heavy_per_day=1, resource_intensive_per_day=own_limit)
    async with calling(FakeZoom(Account(), plan=plan)) as caller:
        caller.fake.respond("GET /example", status=200, body={}, label=Label.RESOURCE_INTENSIVE)
        statuses = [(await caller.get(path)).status for path in ("/report/billing", "/example")]

    assert statuses == [200, second]


async def test_daily_limit_ignores_rejected_calls() -> None:
    """A call over the per-second limit does not count in the day."""
    plan = replace(ROOMY, heavy=2, heavy_per_day=3)
    async with calling(FakeZoom(Account(), plan=plan)) as caller:
        at_once = [(await caller.get("/report/billing")).headers.get("X-RateLimit-Type") for _ in range(5)]
        await anyio.sleep(1.05)
        later = [(await caller.get("/report/billing")).headers.get("X-RateLimit-Type") for _ in range(2)]

    assert at_once == [None, None, "QPS", "QPS", "QPS"]
    assert later == [None, "Daily-limit"]


async def test_no_plan_no_limits() -> None:
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        statuses = {(await caller.get("/report/billing")).status for _ in range(60)}

    assert statuses == {200}


async def test_token_requests_unlimited() -> None:
    async with calling(FakeZoom(Account(), plan=TIGHT)) as caller:
        statuses = {(await caller.request_token()).status for _ in range(10)}

    assert statuses == {200}


async def test_log_holds_the_label() -> None:
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        await caller.get("/report/billing")

        assert caller.fake.requests[-1].label == "heavy"


def test_routes_have_the_reference_labels() -> None:
    """Single objects are light, lists and changes of many are medium, and every report is heavy."""
    labels = {route.template: route.label.value for route in ROUTES}

    assert labels["GET /past_meetings/{meetingId}"] == "light"
    assert labels["GET /meetings/{meetingId}/registrants"] == "medium"
    assert labels["POST /meetings/{meetingId}/registrants"] == "light"
    assert labels["POST /users/{userId}/meetings"] == "medium"
    assert {label for template, label in labels.items() if template.startswith("GET /report/")} == {"heavy"}
