"""Reports that are not ready yet, and instances that enter a list late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

import pytest
from support.fake_http import Json, calling

from zoomasync.testing import Account, FakeZoom, MeetingType

START: Final = datetime(2026, 4, 30, 23, tzinfo=UTC)
READY: Final = datetime(2026, 5, 1, 6, tzinfo=UTC)
BEFORE: Final = READY - timedelta(seconds=1)
APRIL: Final[Json] = {"from_": "2026-04-01", "to": "2026-04-30"}
MEETING_ROUTES: Final = [
    "/report/meetings/{}",
    "/report/meetings/{}/participants",
    "/report/meetings/{}/polls",
    "/report/meetings/{}/qa",
    "/report/meetings/{}/survey",
    "/past_meetings/{}",
    "/past_meetings/{}/participants",
    "/past_meetings/{}/polls",
    "/past_meetings/{}/qa",
    "/meetings/{}/meeting_summary",
]
WEBINAR_ROUTES: Final = [
    "/report/webinars/{}",
    "/report/webinars/{}/participants",
    "/report/webinars/{}/polls",
    "/report/webinars/{}/qa",
    "/report/webinars/{}/survey",
    "/past_webinars/{}/absentees",
]


def account_in_may() -> Account:
    return Account(today=READY.date())


@pytest.mark.parametrize("route", [*MEETING_ROUTES, *WEBINAR_ROUTES])
async def test_report_is_404_until_ready(route: str) -> None:
    account = account_in_may()
    kind: MeetingType = 5 if "webinars" in route else 2
    late = account.add_instance(start=START, type=kind, summary=True, reports_ready_at=READY)
    account.add_meeting(type=kind, id=late.id)
    moments = [BEFORE]
    path = route.format(quote(quote(late.uuid, safe=""), safe=""))
    async with calling(FakeZoom(account, plan=None, now=lambda: moments[-1])) as caller:
        early = await caller.get(path)
        moments.append(READY)
        ready = await caller.get(path)

    assert (early.error, ready.status) == ((404, 3001), 200)
    assert str(early.body["message"]).startswith(f"{'Webinar' if kind == 5 else 'Meeting'} does not exist")


async def test_report_by_number_is_404_until_ready() -> None:
    """A number names the latest instance, also one whose reports are not ready."""
    account = account_in_may()
    account.add_instance(id=81, start=START - timedelta(days=7))
    account.add_instance(id=81, start=START, participants=5, reports_ready_at=READY)
    moments = [BEFORE]
    async with calling(FakeZoom(account, plan=None, now=lambda: moments[-1])) as caller:
        early = await caller.get("/report/meetings/81/participants")
        moments.append(READY)
        people = await caller.every("/report/meetings/81/participants", "participants")

    assert (early.error, len(people)) == ((404, 3001), 5)


async def test_late_report_is_listed() -> None:
    """An instance is listed although its reports are not ready."""
    account = account_in_may()
    late = account.add_instance(start=START, reports_ready_at=READY)
    async with calling(FakeZoom(account, plan=None, now=lambda: BEFORE)) as caller:
        listed = await caller.every(f"/report/users/{late.host.id}/meetings", "meetings", **APRIL)

    assert [row["uuid"] for row in listed] == [late.uuid]


async def test_late_listing() -> None:
    """Every list of instances leaves out the late one, which is known under its UUID."""
    account = account_in_may()
    host = account.add_host()
    first = account.add_instance(host, id=81, start=START - timedelta(days=7))
    late = account.add_instance(host, id=81, start=START, listed_at=READY)
    moments = [BEFORE]
    async with calling(FakeZoom(account, plan=None, now=lambda: moments[-1])) as caller:

        async def listed() -> tuple[list[object], list[object], list[object], object, int]:
            of_host = await caller.get(f"/report/users/{host.id}/meetings", **APRIL)
            of_number = await caller.get("/past_meetings/81/instances")
            history = await caller.get("/report/history_meetings", **APRIL)
            of_account = await caller.get("/report/users", **APRIL)
            days = (await caller.get("/report/daily", year=2026, month=4)).rows("dates")
            return (
                [row["uuid"] for row in of_host.rows("meetings")],
                [row["uuid"] for row in of_number.rows("meetings")],
                [row["meeting_uuid"] for row in history.rows("history_meetings")],
                of_account.body["total_meetings"],
                sum(int(str(day["meetings"])) for day in days),
            )

        early = await listed()
        report = await caller.get(f"/report/meetings/{quote(quote(late.uuid, safe=''), safe='')}")
        moments.append(READY)
        complete = await listed()

    both = [first.uuid, late.uuid]
    assert early == ([first.uuid], [first.uuid], [first.uuid], 1, 1)
    assert report.status == 200
    assert complete == (both, both, both, 2, 2)


async def test_late_listing_of_the_only_instance() -> None:
    """A number without a listed instance is unknown."""
    account = account_in_may()
    account.add_instance(id=81, start=START, listed_at=READY)
    async with calling(FakeZoom(account, plan=None, now=lambda: BEFORE)) as caller:
        response = await caller.get("/past_meetings/81/instances")

    assert response.error == (404, 3001)
