"""The scopes that a token lacks for the calls of a harvest."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path
from typing import Self

import pytest

from zoomasync import Label, StaticToken, Zoom
from zoomasync.errors import Unauthorized
from zoomasync.harvest import Harvest, State
from zoomasync.harvest._scopes import missing_scopes, scopes_to_add
from zoomasync.harvest.streams import STREAMS
from zoomasync.testing import Account, FakeZoom
from zoomasync.types import Endpoint


def endpoint(name: str, *scopes: str, granular: tuple[str, ...] = ()) -> Endpoint[object]:
    return Endpoint(
        route=f"GET /report/{name}", label=Label.HEAVY, response=object, scopes=scopes, granular_scopes=granular
    )


DAILY = endpoint("daily", "report:read:admin", granular=("report:read:daily_usage:admin",))
BILLING = endpoint("billing", "report:read:admin", "report:master", granular=("report:read:billing:admin",))
FREE = endpoint("free")
DAY = date(2026, 5, 10)


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


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("daily", "report:read:admin or the granular report:read:daily_usage:admin", id="one of each"),
        pytest.param("all_users", "user:read:admin or the granular user:read:list_users:admin", id="read, of admin"),
        pytest.param(
            "recordings",
            "recording:read:admin or the granular cloud_recording:read:list_user_recordings:admin",
            id="several granular",
        ),
    ],
)
def test_scopes_to_add_are_the_least(name: str, text: str) -> None:
    assert scopes_to_add(STREAMS[name].endpoint) == text


def test_scopes_to_add_of_one_kind() -> None:
    assert [scopes_to_add(each) for each in (endpoint("x", "a"), endpoint("x", granular=("b",)))] == ["a", "b"]


class Log(logging.Handler):
    """The messages of the package, each with the number of requests that *fake* had received."""

    def __init__(self, fake: FakeZoom) -> None:
        super().__init__()
        self.lines: list[tuple[int, str]] = []
        self._fake = fake

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((len(self._fake.requests), record.getMessage()))

    def __enter__(self) -> Self:
        logging.getLogger("zoomasync").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("zoomasync").removeHandler(self)


def harvest_of(zoom: Zoom, folder: Path, *reports: str, account_id: str | None = None) -> Harvest:
    return Harvest(zoom, store=folder / "h.sqlite", from_=DAY, to=DAY, reports=reports, account_id=account_id)


async def test_run_warns_before_first_call(tmp_path: Path) -> None:
    """The run fetches the other tables."""
    async with (
        FakeZoom(Account(today=DAY), plan=None, scopes="report:read:admin") as fake,
        fake.client() as zoom,
        harvest_of(zoom, tmp_path, "daily", "all_users", "recordings") as harvest,
    ):
        missing = await harvest.missing_scopes()
        sent = len(fake.requests)
        with Log(fake) as log:
            summary = await harvest.run()

    assert {name: scopes[0] for name, scopes in missing.items()} == {
        "all_users": "user:read",
        "recordings": "recording:read:admin",
    }
    assert log.lines == [
        (sent, f"the token lacks a scope for {name}: add {scopes_to_add(STREAMS[name].endpoint)} to the app")
        for name in ("all_users", "recordings")
    ]
    assert [stream.name for stream in summary.streams if stream.partitions[State.DONE]] == ["daily"]


async def test_unknown_scopes_warn_of_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Those of a token that the caller obtains are unknown."""
    async with (
        FakeZoom(Account(today=DAY), plan=None) as fake,
        Zoom(StaticToken("x"), base_url=fake.base_url) as zoom,
        harvest_of(zoom, tmp_path, "daily", account_id="a") as harvest,
    ):
        assert await harvest.missing_scopes() == {}
        with pytest.raises(Unauthorized):
            await harvest.run()

    assert caplog.messages == []
