"""Calls to endpoints without a method of their own, and the options of calls."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import date

import msgspec
import pytest

from zoomasync import InvalidRow, Label, RetryPolicy, Zoom
from zoomasync.errors import ConfigError, InvalidArgument, NotFound, PerSecondLimitReached
from zoomasync.rate_limits import LocalRateLimiter, Plan
from zoomasync.testing import Account, FakeZoom
from zoomasync.types import ResponseInfo

DAY = date(2026, 6, 1)
USERS = "GET /report/users"
PARTICIPANTS = "GET /report/meetings/{meetingId}/participants"


class Participant(msgspec.Struct):
    name: str


@pytest.fixture
async def uuid(account: Account) -> str:
    return account.add_instance(participants=450).uuid


@pytest.fixture
async def quick(fake: FakeZoom) -> AsyncIterator[Zoom]:
    """Give a client that retries without waiting."""
    async with fake.client(retry=RetryPolicy(base=0, random=lambda: 0)) as client:
        yield client


async def test_paginate_yields_rows_of_all_pages(zoom: Zoom, uuid: str) -> None:
    rows = await zoom.paginate(
        PARTICIPANTS, uuid, items="participants", label=Label.HEAVY, query={"page_size": 300}
    ).collect()

    assert len(rows) == 450
    assert rows[0]["name"] == (await zoom.reports.meeting_participants(uuid).collect(limit=1))[0].name


async def test_paginate_decodes_rows(zoom: Zoom, uuid: str) -> None:
    listing = zoom.paginate(PARTICIPANTS, uuid, items="participants", label=Label.HEAVY, row=Participant)

    first = await listing.first()

    assert isinstance(first, Participant)


@pytest.mark.parametrize("route", ["/users", "POST /users", "GET users", ""])
def test_paginate_rejects_other_routes(zoom: Zoom, route: str) -> None:
    with pytest.raises(InvalidArgument, match="GET /users"):
        zoom.paginate(route, items="users", label=Label.LIGHT)


@pytest.mark.parametrize(
    ("items", "row"), [("next_page_token", dict), (3, dict), ("users", "no type"), ("users", [int])]
)
def test_paginate_rejects_invalid_types(zoom: Zoom, items: str, row: type[object]) -> None:
    with pytest.raises(InvalidArgument):
        zoom.paginate("GET /users", items=items, label=Label.LIGHT, row=row)


async def test_paginate_reports_invalid_rows(zoom: Zoom, fake: FakeZoom) -> None:
    """Rows that are no objects are passed to on_invalid_row, and the others are returned."""
    fake.respond(USERS, status=200, body={"users": [{"id": "a"}, 7, {"id": "b"}]})
    invalid: list[InvalidRow] = []

    rows = await (
        zoom.with_options(on_invalid_row=invalid.append).paginate(USERS, items="users", label=Label.HEAVY).collect()
    )

    assert rows == [{"id": "a"}, {"id": "b"}]
    assert [row.row for row in invalid] == [1]


async def test_first_fetches_one_page(zoom: Zoom, fake: FakeZoom, uuid: str) -> None:
    assert await zoom.reports.meeting_participants(uuid).first() is not None
    assert [request.route for request in fake.requests].count(PARTICIPANTS) == 1


async def test_first_of_empty_listing_is_none(zoom: Zoom) -> None:
    assert await zoom.reports.users(DAY, DAY).first() is None


@pytest.mark.parametrize(
    ("limit", "rows", "calls"), [(0, 0, 0), (1, 1, 1), (300, 300, 1), (301, 301, 2), (None, 450, 2)]
)
async def test_collect_limit(zoom: Zoom, fake: FakeZoom, uuid: str, limit: int | None, rows: int, calls: int) -> None:
    """collect() returns at most *limit* rows and fetches no more pages than they need."""
    assert len(await zoom.reports.meeting_participants(uuid).collect(limit=limit)) == rows
    assert [request.route for request in fake.requests].count(PARTICIPANTS) == calls


async def test_collect_rejects_negative_limit(zoom: Zoom) -> None:
    with pytest.raises(InvalidArgument, match="limit"):
        await zoom.reports.users(DAY, DAY).collect(limit=-1)


async def test_on_response_sees_failed_attempts(quick: Zoom, fake: FakeZoom) -> None:
    """on_response receives status, headers and tracking id of every response, those of retried attempts too."""
    fake.respond(USERS, status=503, body={}, headers={"x-zm-trackingid": "WEB_1"})
    responses: list[ResponseInfo] = []

    await quick.with_options(on_response=responses.append).reports.users(DAY, DAY).collect()

    assert [(info.route, info.status, info.tracking_id) for info in responses] == [
        (USERS, 503, "WEB_1"),
        (USERS, 200, responses[1].headers.get("x-zm-trackingid")),
    ]
    assert "date" in responses[1].headers
    assert "WEB_1" not in repr(responses[0].headers) or "date" not in repr(responses[0])


async def test_options_combine(quick: Zoom, fake: FakeZoom) -> None:
    responses: list[ResponseInfo] = []
    view = quick.with_options(on_response=responses.append).with_options(retry=RetryPolicy(attempts=1))
    fake.respond(USERS, status=404, body={"code": 3001, "message": "No."})

    with pytest.raises(NotFound):
        await view.reports.users(DAY, DAY).collect()

    assert [info.status for info in responses] == [404]


async def test_callback_error_is_logged_once(zoom: Zoom, fake: FakeZoom, caplog: pytest.LogCaptureFixture) -> None:
    """An exception in a callback is logged once and never fails a call."""
    row = {"id": "h", "type": "many"}
    fake.respond(USERS, status=200, body={"users": [row, row], "next_page_token": ""}, times=2)

    def fail(_: InvalidRow) -> None:
        raise RuntimeError("the disk is full")

    view = zoom.with_options(on_invalid_row=fail)
    with caplog.at_level(logging.ERROR, logger="zoomasync"):
        assert await view.reports.users(DAY, DAY).collect() == []
        assert await view.reports.users(DAY, DAY).collect() == []

    assert len(caplog.records) == 1
    assert "the disk is full" in caplog.text


async def test_max_wait_raises_before_sending(fake: FakeZoom) -> None:
    plan = Plan(light=0.01, medium=0.01, heavy=0.01)
    limiter = LocalRateLimiter(plan)
    async with fake.client(rate_limiter=limiter) as zoom:
        await zoom.reports.users(DAY, DAY).collect()

        with pytest.raises(PerSecondLimitReached, match="was not sent") as caught:
            await zoom.with_options(max_wait=2).reports.users(DAY, DAY).collect()

    assert caught.value.retry_after == pytest.approx(100, rel=0.1)
    assert [request.route for request in fake.requests].count(USERS) == 1


@pytest.mark.parametrize(
    "options", [{"timeout": 0}, {"timeout": -1}, {"max_wait": -1}, {"timeout": float("nan")}, {"timeout": float("inf")}]
)
def test_invalid_options_are_rejected(zoom: Zoom, options: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="seconds"):
        zoom.with_options(timeout=options.get("timeout"), max_wait=options.get("max_wait"))
