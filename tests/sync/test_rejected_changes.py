"""Changes that Zoom rejects: the outcome, and the next plan."""

from __future__ import annotations

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
