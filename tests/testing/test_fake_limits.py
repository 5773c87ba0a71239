"""The fake's rate limits: every sliding second, by label."""

from __future__ import annotations

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from support.fake_http import calling

from zoomasync import rate_limits as limits
from zoomasync.testing import Account, FakeZoom
from zoomasync.testing.enforcement.rate_limits import SlidingWindow
from zoomasync.testing.handlers.routes import ROUTES

TIGHT = limits.Plan(light=2, medium=3, heavy=1)


def admitted(rate: float, arrivals: list[float]) -> list[float]:
    window = SlidingWindow(rate)
    return [at for at in arrivals if window.admit(at)]


@given(
    rate=st.floats(0.2, 50),
    gaps=st.lists(st.floats(0, 0.4), max_size=200),
)
def test_no_second_ever_holds_more_than_the_rate(rate: float, gaps: list[float]) -> None:
    arrivals = [math.fsum(gaps[:number]) for number in range(len(gaps))]
    passed = admitted(rate, arrivals)
    most = math.ceil(rate)

    for first, at in enumerate(passed):
        assert sum(later - at < most / rate for later in passed[first:]) <= most


def test_refused_calls_do_not_count() -> None:
    assert admitted(2, [0.0, 0.1, 0.2, 0.3, 0.9, 1.0, 1.05, 1.1]) == [0.0, 0.1, 1.0, 1.1]


def test_the_window_slides_over_the_turn_of_a_second() -> None:
    assert admitted(2, [0.75, 0.875, 1.125, 1.25, 1.75]) == [0.75, 0.875, 1.75]


def test_a_rate_between_two_numbers_holds_for_a_little_longer_than_a_second() -> None:
    assert admitted(2.5, [0.0, 0.1, 0.2, 1.1, 1.2, 1.3, 1.4]) == [0.0, 0.1, 0.2, 1.2, 1.3, 1.4]


def test_less_than_one_a_second_is_one_in_several_seconds() -> None:
    assert admitted(0.25, [0.0, 1.0, 3.9, 4.0, 7.0, 8.0]) == [0.0, 4.0, 8.0]


async def test_one_call_too_many_gets_zooms_per_second_429() -> None:
    async with calling(FakeZoom(Account(), plan=TIGHT)) as caller:
        answers = [await caller.get("/report/billing"), await caller.get("/report/billing")]

    refused = answers[1]
    assert [answer.status for answer in answers] == [200, 429]
    assert refused.body == {
        "code": 429,
        "message": "You have reached the maximum per-second rate limit for this API. Try again later.",
    }
    headers = {name.lower(): value for name, value in refused.headers.items()}
    assert headers["x-ratelimit-category"] == "Heavy"
    assert headers["x-ratelimit-type"] == "QPS"
    assert headers["x-ratelimit-limit"] == "1"
    assert headers["x-ratelimit-remaining"] == "0"
    assert "retry-after" not in headers


async def test_the_routes_of_a_label_share_a_limit_and_those_of_others_do_not() -> None:
    account = Account()
    number = account.add_instance().id
    async with calling(FakeZoom(account, plan=TIGHT)) as caller:
        await caller.get("/report/billing")
        same = await caller.get("/report/daily")
        other = [await caller.get(f"/past_meetings/{number}{tail}") for tail in ("", "/qa", "/polls", "/instances")]

    assert same.status == 429
    assert [answer.status for answer in other] == [200, 200, 200, 200]


async def test_without_a_plan_nothing_is_limited() -> None:
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        statuses = {(await caller.get("/report/billing")).status for _ in range(60)}

    assert statuses == {200}


async def test_token_requests_are_not_limited() -> None:
    async with calling(FakeZoom(Account(), plan=TIGHT)) as caller:
        statuses = {(await caller.ask_token()).status for _ in range(10)}

    assert statuses == {200}


async def test_a_request_is_logged_with_its_label() -> None:
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        await caller.get("/report/billing")

        assert caller.fake.requests[-1].label == "heavy"


def test_each_route_has_the_label_of_the_reference() -> None:
    """Single things are light, lists and changes of many medium, and every report is heavy."""
    labels = {route.template: route.label.value for route in ROUTES}

    assert Counter(labels.values()) == {"light": 20, "medium": 12, "heavy": 18}
    assert labels["GET /past_meetings/{meetingId}"] == "light"
    assert labels["GET /meetings/{meetingId}/registrants"] == "medium"
    assert labels["POST /meetings/{meetingId}/registrants"] == "light"
    assert labels["POST /users/{userId}/meetings"] == "medium"
    assert {label for template, label in labels.items() if template.startswith("GET /report/")} == {"heavy"}
