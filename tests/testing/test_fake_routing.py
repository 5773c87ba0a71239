"""The route that a request to the fake matches."""

from __future__ import annotations

import re

import pytest

from zoomasync.testing.handlers.routes import ROUTES, find_route, match_route
from zoomasync.testing.protocol.responses import ErrorResponse
from zoomasync.testing.protocol.route import Route

POLL = find_route("GET /meetings/{meetingId}/polls/{pollId}")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.template)
def test_each_route_matches_its_path(route: Route) -> None:
    names = [part for part in route.template.split("/") if part.startswith("{")]
    path = re.sub(r"\{\w+\}", "81", route.template.partition(" ")[2])
    matched, values = match_route(route.operation.verb, path)

    assert matched is route
    assert len(values) == len(names)


def test_match_keeps_order_and_escapes() -> None:
    assert POLL.match("/meetings/81/polls/%2Fa%3D") == ("81", "%2Fa%3D")


@pytest.mark.parametrize(
    "path", ["/meetings/81/polls/", "/meetings//polls/a", "/meetings/81/polls/a/b", "/meetings/81"]
)
def test_placeholder_is_one_segment(path: str) -> None:
    assert POLL.match(path) is None


def test_match_is_exact() -> None:
    assert find_route("GET /report/users").match("/report/usersx") is None
    assert match_route("GET", "/meetings/81/polls")[0].template == "GET /meetings/{meetingId}/polls"


def test_match_prefers_fewer_placeholders() -> None:
    assert match_route("GET", "/meetings/81/registrants/questions")[1] == ("81",)
    assert match_route("GET", "/meetings/81/registrants/other")[1] == ("81", "other")
    with pytest.raises(ErrorResponse, match="not supported"):
        match_route("DELETE", "/meetings/81/registrants/questions")
