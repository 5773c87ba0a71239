"""Reports of an account that lacks a feature which they need."""

from __future__ import annotations

from datetime import date
from typing import Final
from urllib.parse import parse_qsl

import pytest
from support.fake_http import calling

from zoomasync.testing import Account, AccountFeature, FakeZoom

TODAY: Final = date(2026, 6, 15)
RANGE: Final = "from=2026-05-01&to=2026-05-30"
REPORTS: Final = {
    "billing": "/report/billing",
    "invoices": "/report/billing/invoices?billing_id=b",
    "telephone": f"/report/telephone?{RANGE}",
    "history": f"/report/history_meetings?{RANGE}",
    "daily": "/report/daily",
    "meeting": "/report/meetings/81",
    "webinar": "/report/webinars/82",
    "webinar polls": "/report/webinars/82/polls",
    "past webinar": "/past_webinars/82/participants",
    "past meeting": "/past_meetings/81",
    "users": "/users",
}


@pytest.mark.parametrize(
    ("feature", "error", "reports"),
    [
        (
            "paid_plan",
            (400, 200),
            {"billing", "invoices", "telephone", "history", "daily", "meeting", "webinar", "webinar polls"},
        ),
        ("webinar_plan", (400, 200), {"webinar", "webinar polls", "past webinar"}),
        ("department_billing", (400, 200), {"billing", "invoices"}),
        ("audio_plan", (200, 200), {"telephone"}),
        ("toll_report", (200, 200), {"telephone"}),
    ],
)
async def test_missing_feature(feature: AccountFeature, error: tuple[int, int], reports: set[str]) -> None:
    """Every report that needs the feature fails, and no other; it works again when the account has the feature."""
    account = Account(today=TODAY)
    account.add_instance(id=81)
    account.add_instance(id=82, type=5)
    async with calling(FakeZoom(account, plan=None)) as caller:

        async def errors() -> dict[str, tuple[int, object]]:
            responses: dict[str, tuple[int, object]] = {}
            for name, path in REPORTS.items():
                route, _, query = path.partition("?")
                responses[name] = (await caller.get(route, **dict(parse_qsl(query)))).error
            return responses

        usual = await errors()
        account.disabled_features.add(feature)
        without = await errors()
        account.disabled_features.clear()
        again = await errors()

    assert {name for name, each in without.items() if each != usual[name]} == reports
    assert {without[name] for name in reports} == {error}
    assert again == usual


async def test_missing_plan_names_account() -> None:
    account = Account(today=TODAY, id="aCc7", disabled_features={"paid_plan"})
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.get("/report/billing")

    assert response.body == {"code": 200, "message": "Only available for Paid or ZMP account: aCc7."}
