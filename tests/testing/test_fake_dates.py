"""The `Date` header of the fake's responses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from support.fake_http import calling

from zoomasync.testing import Account, FakeZoom

BILLING = "/report/billing"
PARIS = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2031, 1, 1, tzinfo=UTC), "Wed, 01 Jan 2031 00:00:00 GMT"),
        (datetime(2031, 1, 1, 1, 30, tzinfo=PARIS), "Tue, 31 Dec 2030 23:30:00 GMT"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"),
        ("yesterday", "yesterday"),
    ],
)
async def test_set_date_on_one_response(moment: datetime | str, text: str) -> None:
    """The response is the account's, also if it is an error."""
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        caller.fake.set_date("reports.billing", moment)
        caller.fake.set_date("reports.meeting", moment)
        wrong, after = await caller.get(BILLING), await caller.get(BILLING)
        error = await caller.get("/report/meetings/81")

    assert (wrong.status, wrong.body, wrong.headers["Date"]) == (200, after.body, text)
    assert (error.error, error.headers["Date"]) == ((404, 3001), text)
    assert abs(parsedate_to_datetime(after.headers["Date"]) - datetime.now(UTC)) < timedelta(hours=1)


async def test_set_date_on_chosen_requests() -> None:
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        caller.fake.set_date("reports.billing", "?", on_request=2, times=2)
        dates = [(await caller.get(BILLING)).headers["Date"] for _ in range(4)]

    assert [text == "?" for text in dates] == [False, True, True, False]


async def test_now_is_the_date() -> None:
    """A given time is that of every response of Zoom, but not of a gateway."""
    now = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)
    async with calling(FakeZoom(Account(), plan=None, now=lambda: now)) as caller:
        caller.fake.intercept("reports.daily")
        responses = [await caller.get(BILLING), await caller.get("/unknown"), await caller.request_token()]
        intercepted = await caller.get("/report/daily")

    assert {response.headers["Date"] for response in responses} == {"Wed, 18 Mar 2026 09:30:00 GMT"}
    assert intercepted.headers["Date"] != "Wed, 18 Mar 2026 09:30:00 GMT"


async def test_default_now_is_on_the_day() -> None:
    """A new meeting is created on the day of the account, whose responses have the clock's `Date`."""
    account = Account(today=date(2026, 3, 18))
    host = account.add_host()
    async with calling(FakeZoom(account, plan=None)) as caller:
        created = await caller.post(f"/users/{host.id}/meetings", {"topic": "T"})

    assert str(created.body["created_at"])[:10] in {"2026-03-18", "2026-03-19"}
    assert abs(parsedate_to_datetime(created.headers["Date"]) - datetime.now(UTC)) < timedelta(hours=1)
