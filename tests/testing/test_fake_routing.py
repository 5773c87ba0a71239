"""Which route of the fake a request meets."""

from __future__ import annotations

import pytest

from zoomasync.testing.handlers.routes import ROUTES, find_route, match_route
from zoomasync.testing.protocol.errors import Refusal
from zoomasync.testing.protocol.route import Route

POLL = find_route("GET /meetings/{meetingId}/polls/{pollId}")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.template)
def test_every_route_meets_its_own_path(route: Route) -> None:
    names = [part for part in route.template.split("/") if part.startswith("{")]
    path = route.template.partition(" ")[2].format(
        meetingId="81", webinarId="81", userId="u", pollId="p", registrantId="r"
    )
    found, values = match_route(route.method, path)

    assert (found, len(values)) == (route, len(names))


def test_the_values_come_in_order_and_untouched() -> None:
    assert POLL.match("/meetings/81/polls/%2Fa%3D") == ("81", "%2Fa%3D")


@pytest.mark.parametrize(
    "path", ["/meetings/81/polls/", "/meetings//polls/a", "/meetings/81/polls/a/b", "/meetings/81"]
)
def test_a_placeholder_stands_for_one_whole_segment(path: str) -> None:
    assert POLL.match(path) is None


def test_a_template_is_no_pattern() -> None:
    assert find_route("GET /report/users").match("/report/usersx") is None
    assert match_route("GET", "/meetings/81/polls")[0].template == "GET /meetings/{meetingId}/polls"


def test_the_plainer_template_counts() -> None:
    assert match_route("GET", "/meetings/81/registrants/questions")[1] == ("81",)
    assert match_route("GET", "/meetings/81/registrants/other")[1] == ("81", "other")
    with pytest.raises(Refusal, match="not supported"):
        match_route("DELETE", "/meetings/81/registrants/questions")
