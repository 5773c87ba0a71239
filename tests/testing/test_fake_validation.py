"""What the fake refuses, and in which words."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from support.fake_http import calling

from zoomasync.testing import Account, FakeZoom

TODAY = date(2026, 3, 18)
RANGE = "from=2026-02-16&to=2026-03-18"
HOST = "/report/users/host1@northpier.example/meetings"


async def refusal(path: str, method: str = "GET") -> tuple[int, object, object]:
    account = Account(today=TODAY)
    account.add_instance(id=81)
    route, _, query = path.partition("?")
    async with calling(FakeZoom(account, plan=None)) as caller:
        given = dict(pair.split("=") for pair in query.split("&")) if query else {}
        answer = await caller.send(method, route, **given)
    return answer.status, answer.code, answer.error_field if "errors" in answer.body else None


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
        (f"/report/cloud_recording?{RANGE}", "to"),
        ("/report/activities?from=2026-03-17&to=2026-03-16", "from"),
        ("/report/daily?month=13", "month"),
        ("/report/daily?year=2025&month=8", "month"),
        ("/report/daily?year=2026&month=4", "month"),
        ("/report/billing/invoices", "billing_id"),
        ("/report/meetings/81/participants?include_fields=all", "include_fields"),
        ("/report/meetings/81?page_size=30", "page_size"),
        ("/past_meetings/81/instances?from=yesterday", "from"),
    ],
)
async def test_a_bad_parameter_is_named(path: str, field: str) -> None:
    assert await refusal(path) == (400, 300, field)


@pytest.mark.parametrize(
    "path",
    [
        f"{HOST}?{RANGE}",
        f"{HOST}?from=2025-09-18&to=2025-10-18",
        f"{HOST}?{RANGE}&page_size=300&type=pastOne",
        "/report/cloud_recording?from=2026-02-17&to=2026-03-18",
        "/report/daily?year=2025&month=9",
    ],
)
async def test_the_very_edge_of_a_limit_is_allowed(path: str) -> None:
    assert await refusal(path) == (200, None, None)


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
async def test_what_is_not_there_is_not_found(path: str, status: int, code: int) -> None:
    assert (await refusal(path))[:2] == (status, code)


async def test_another_method_is_not_allowed() -> None:
    assert (await refusal("/report/billing", method="POST"))[:2] == (405, 405)


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
async def test_sessions_grow_too_old(path: str, month: int, expected: tuple[int, object]) -> None:
    account = Account(today=TODAY)
    account.add_instance(id=81, start=datetime(2025, month, 17, 9, tzinfo=UTC))
    async with calling(FakeZoom(account, plan=None)) as caller:
        answer = await caller.get(path)

    assert (answer.status, answer.code) == expected


async def test_a_session_of_this_day_last_year_is_not_yet_too_old() -> None:
    account = Account(today=TODAY)
    account.add_instance(id=81, start=datetime(2025, 3, 18, 9, tzinfo=UTC))
    async with calling(FakeZoom(account, plan=None)) as caller:
        answer = await caller.get("/report/meetings/81")

    assert answer.status == 200


async def test_a_parameter_given_twice_is_named() -> None:
    async with calling(FakeZoom(Account(today=TODAY), plan=None)) as caller:
        answer = await caller.get("/report/daily", month="3&month=3")

    assert (answer.status, answer.code, answer.error_field) == (400, 300, "month")


async def test_questions_and_instances_are_unknown_after_fifteen_months() -> None:
    account = Account(today=TODAY)
    account.add_instance(id=81, start=datetime(2024, 12, 17, 9, tzinfo=UTC))
    async with calling(FakeZoom(account, plan=None)) as caller:
        answers = [await caller.get(f"/past_meetings/81/{tail}") for tail in ("qa", "instances")]

    assert [(answer.status, answer.code) for answer in answers] == [(404, 3001), (404, 3001)]
