"""The scopes that a token lacks for the calls of a harvest."""

from __future__ import annotations

import pytest

from zoomasync import Label
from zoomasync.harvest._scopes import missing_scopes
from zoomasync.harvest.streams import STREAMS
from zoomasync.testing import FakeZoom
from zoomasync.types import Endpoint


def endpoint(name: str, *scopes: str, granular: tuple[str, ...] = ()) -> Endpoint[object]:
    return Endpoint(
        route=f"GET /report/{name}", label=Label.HEAVY, response=object, scopes=scopes, granular_scopes=granular
    )


DAILY = endpoint("daily", "report:read:admin", granular=("report:read:daily_usage:admin",))
BILLING = endpoint("billing", "report:read:admin", "report:master", granular=("report:read:billing:admin",))
FREE = endpoint("free")


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        pytest.param({"report:read:admin"}, set[str](), id="classic"),
        pytest.param({"report:read:daily_usage:admin", "report:read:billing:admin"}, set[str](), id="granular"),
        pytest.param({"report:read:daily_usage:admin", "report:master"}, set[str](), id="one of each list"),
        pytest.param({"report:read:billing:admin", "user:read:admin"}, {DAILY.route}, id="one endpoint"),
        pytest.param({"report:read", "report:read:billing"}, {DAILY.route, BILLING.route}, id="prefixes"),
        pytest.param(set[str](), {DAILY.route, BILLING.route}, id="none"),
    ],
)
def test_one_of_either_list_is_enough(granted: set[str], missing: set[str]) -> None:
    assert missing_scopes([DAILY, BILLING, FREE], frozenset(granted)).keys() == missing


def test_missing_scopes_are_named_in_order() -> None:
    """Each route has one line, also when several streams call it."""
    assert missing_scopes([BILLING, DAILY, BILLING], {"user:read:admin"}) == {
        "GET /report/billing": ("report:read:admin", "report:master", "report:read:billing:admin"),
        "GET /report/daily": ("report:read:admin", "report:read:daily_usage:admin"),
    }


def test_unknown_scopes_lack_nothing() -> None:
    assert missing_scopes([DAILY], None) == {}


async def test_token_with_scopes_of_reports() -> None:
    async with FakeZoom(scopes="report:read:admin") as fake, fake.client() as zoom:
        scopes = await zoom.scopes()

    endpoints = [STREAMS[name].endpoint for name in ("users", "meeting_participants", "past_meeting")]
    assert missing_scopes(endpoints, scopes).keys() == {"GET /past_meetings/{meetingId}"}
