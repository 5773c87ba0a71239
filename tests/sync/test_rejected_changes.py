"""Changes that Zoom rejects: the outcome, and the next plan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from zoomasync import Zoom
from zoomasync.models import NewRegistrant
from zoomasync.sync import Action, DesiredList, RegistrantSync, Result, SyncPolicy, SyncTarget
from zoomasync.testing import Account, FakeZoom


@pytest.mark.parametrize("on_absent", ["cancel", "deny"])
async def test_rejected_removal_is_not_repeated(
    on_absent: Literal["cancel", "deny"], account: Account, fake: FakeZoom, zoom: Zoom, tmp_path: Path
) -> None:
    meeting = account.add_meeting(registrants=2)
    desired = DesiredList(SyncTarget.meeting(meeting.id), [NewRegistrant(email="ada@x.example", first_name="Ada")])
    policy = SyncPolicy(on_absent=on_absent, absent_scope="all", list_delay=0)
    rejection = {"code": 300, "message": "The registrant cannot be changed."}
    fake.respond("meetings.registrants.update_status", status=400, body=rejection, times=3)

    async with RegistrantSync(zoom, journal=tmp_path / "journal.sqlite", policy=policy) as sync:
        async with (await sync.plan(desired)).apply() as outcomes:
            results = [outcome.result async for outcome in outcomes]
        plan = await sync.plan(desired)
        writes = plan.totals().writes
        again = [change for _, change in plan.changes(Action.IMPOSSIBLE)]

    assert results == [Result.IMPOSSIBLE, Result.IMPOSSIBLE, Result.ADDED]
    assert writes == 0
    assert [(change.code, change.message, change.status) for change in again] == [
        (300, "The registrant cannot be changed.", "approved")
    ] * 2


@pytest.mark.parametrize(
    ("status", "message", "result"),
    [
        (403, "No permission.", Result.FAILED),
        (409, "The webinar is locked.", Result.FAILED),
        (400, "The registrant cannot be changed.", Result.IMPOSSIBLE),
    ],
)
async def test_added_person_without_approval(
    status: int, message: str, result: Result, account: Account, fake: FakeZoom, zoom: Zoom, tmp_path: Path
) -> None:
    """The outcome says that the person was added, also for those whose approval was not sent any more."""
    webinar = account.add_meeting(type=5, approval_type=1, start_time=datetime.now(UTC) + timedelta(days=365))
    people = [NewRegistrant(email=f"p{number}@x.example", first_name="Ada") for number in range(35)]
    fake.respond("webinars.registrants.update_status", status=status, body={"code": 7, "message": message}, times=40)

    policy = SyncPolicy(approve="ours", list_delay=0)
    async with RegistrantSync(zoom, journal=tmp_path / "journal.sqlite", policy=policy) as sync:
        plan = await sync.plan(DesiredList(SyncTarget.webinar(webinar.id), people))
        async with plan.apply() as outcomes:
            found = [outcome async for outcome in outcomes]

    assert {(outcome.result, outcome.status, bool(outcome.registrant_id)) for outcome in found} == {
        (result, "pending", True)
    }
    assert all(outcome.reason.startswith("the person was added, but not approved: ") for outcome in found)
    assert len(found) == len(webinar.registrants) == 35


async def test_policy_decides_about_approval(account: Account, zoom: Zoom, tmp_path: Path) -> None:
    """With approve="never", people are pending, although their own data ask for an approval."""
    meeting = account.add_meeting(approval_type=1)
    person = NewRegistrant(email="ada@x.example", first_name="Ada", auto_approve=True)

    async with (
        RegistrantSync(zoom, journal=tmp_path / "journal.sqlite", policy=SyncPolicy(list_delay=0)) as sync,
        (await sync.plan(DesiredList(SyncTarget.meeting(meeting.id), [person]))).apply() as outcomes,
    ):
        assert [outcome.status async for outcome in outcomes] == ["pending"]
