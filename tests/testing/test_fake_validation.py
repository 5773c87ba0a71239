"""Requests that the fake rejects, and its error responses."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from support.fake_http import calling

from zoomasync.testing import Account, FakeZoom

TODAY = date(2026, 3, 18)
RANGE = "from=2026-02-16&to=2026-03-18"
HOST = "/report/users/host1@northpier.example/meetings"


async def error(path: str, method: str = "GET") -> tuple[int, object, object]:
    account = Account(today=TODAY)
    account.add_instance(id=81)
    route, _, query = path.partition("?")
    async with calling(FakeZoom(account, plan=None)) as caller:
        parameters = dict(pair.split("=") for pair in query.split("&")) if query else {}
        response = await caller.send(method, route, **parameters)
    return response.status, response.code, response.error_field if "errors" in response.body else None


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{HOST}?{RANGE}&colour=red", "colour"),
        (f"{HOST}?to=2026-03-18", "from"),
        (f"{HOST}?from=2026-03-18", "to"),
        (f"{HOST}?from=2026-02-30&to=2026-03-18", "from"),
        (f"{HOST}?from=2026-2-3&to=2026-03-18", "from"),
        (f"{HOST}?from=20260203&to=2026-03-18", "from"),
        (f"{HOST}?from=2026-03-02&to=2026-03-01", "from"),
        (f"{HOST}?from=2026-02-15&to=2026-03-18", "to"),
        (f"{HOST}?from=2025-09-17&to=2025-09-30", "from"),
        (f"{HOST}?{RANGE}&page_size=0", "page_size"),
        (f"{HOST}?{RANGE}&page_size=301", "page_size"),
        (f"{HOST}?{RANGE}&page_size=ten", "page_size"),
        (f"{HOST}?{RANGE}&page_size=", "page_size"),
        (f"{HOST}?{RANGE}&type=future", "type"),
        (f"/report/users?{RANGE}&type=busy", "type"),
        (f"/report/users?{RANGE}&page_number=0", "page_number"),
        (f"/report/operationlogs?{RANGE}&category_type=cake", "category_type"),
        (f"/report/telephone?{RANGE}&type=4", "type"),
        (f"/report/telephone?{RANGE}&query_date_type=never", "query_date_type"),
        (f"/report/telephone?{RANGE}&query_date_type=meeting_end_time&page_number=1", "page_number"),
        (f"/report/upcoming_events?{RANGE}&type=party", "type"),
        ("/report/cloud_recording?from=2026-02-15&to=2026-03-17", "to"),
        ("/report/cloud_recording?from=2026-03-18&to=2026-03-18", "to"),
        ("/report/activities?from=2026-03-17&to=2026-03-16", "from"),
        ("/report/activities?to=0001-01-05", "from"),
        ("/report/daily?month=13", "month"),
        ("/report/billing/invoices", "billing_id"),
        ("/report/meetings/81/participants?include_fields=all", "include_fields"),
        ("/report/meetings/81?page_size=30", "page_size"),
        ("/past_meetings/81/instances?from=yesterday", "from"),
    ],
)
async def test_invalid_parameter_is_named(path: str, field: str) -> None:
    assert await error(path) == (400, 300, field)


@pytest.mark.parametrize(
    "path",
    [
        f"{HOST}?{RANGE}",
        f"{HOST}?from=2025-09-18&to=2025-10-18",
        f"{HOST}?{RANGE}&page_size=300&type=pastOne",
        "/report/cloud_recording?from=2026-02-16&to=2026-03-17",
        "/report/daily?year=2025&month=9",
    ],
)
async def test_limits_include_their_ends(path: str) -> None:
    assert await error(path) == (200, None, None)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/report/users/nobody/meetings?{RANGE}", 404, 1001),
        (f"/report/users/me/meetings?{RANGE}", 404, 1001),
        ("/report/meetings/99", 404, 3001),
        ("/report/webinars/99/polls", 404, 3001),
        ("/past_meetings/99", 404, 3001),
        ("/past_meetings/99/instances", 404, 3001),
        ("/report/billing/invoices?billing_id=none", 404, 5010),
        ("/report/nothing", 404, 2300),
        ("/report/users/", 404, 2300),
        ("/report/meetings//polls", 404, 2300),
    ],
)
async def test_unknown_resource(path: str, status: int, code: int) -> None:
    assert (await error(path))[:2] == (status, code)


async def test_wrong_method() -> None:
    assert (await error("/report/billing", method="POST"))[:2] == (405, 405)


@pytest.mark.parametrize(
    ("path", "month", "expected"),
    [
        ("/past_meetings/81", 3, (400, 12702)),
        ("/past_meetings/81/participants", 3, (400, 12702)),
        ("/past_meetings/81/polls", 3, (400, 12702)),
        ("/report/meetings/81", 3, (400, 12702)),
        ("/report/meetings/81/participants", 3, (400, 12702)),
        ("/report/meetings/81/polls", 3, (400, 12702)),
        ("/report/meetings/81/survey", 3, (400, 12702)),
        ("/report/meetings/81", 4, (200, None)),
        ("/past_meetings/81/qa", 1, (200, None)),
        ("/past_meetings/81/instances", 1, (200, None)),
    ],
)
async def test_instance_older_than_a_year(path: str, month: int, expected: tuple[int, object]) -> None:
    account = Account(today=TODAY)
    account.add_instance(id=81, start=datetime(2025, month, 17, 9, tzinfo=UTC))
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.get(path)

    assert (response.status, response.code) == expected


async def test_instance_exactly_a_year_old() -> None:
    account = Account(today=TODAY)
    account.add_instance(id=81, start=datetime(2025, 3, 18, 9, tzinfo=UTC))
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.get("/report/meetings/81")

    assert response.status == 200


async def test_parameter_given_twice() -> None:
    async with calling(FakeZoom(Account(today=TODAY), plan=None)) as caller:
        response = await caller.get("/report/daily", month="3&month=3")

    assert (response.status, response.code, response.error_field) == (400, 300, "month")


async def test_instance_older_than_fifteen_months() -> None:
    account = Account(today=TODAY)
    account.add_instance(id=81, start=datetime(2024, 12, 17, 9, tzinfo=UTC))
    async with calling(FakeZoom(account, plan=None)) as caller:
        responses = [await caller.get(f"/past_meetings/81/{tail}") for tail in ("qa", "instances")]

    assert [(response.status, response.code) for response in responses] == [(404, 3001), (404, 3001)]
