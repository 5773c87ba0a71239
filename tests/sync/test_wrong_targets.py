"""Targets whose occurrences have no registrants of their own: nobody's status is changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest

from zoomasync import Zoom
from zoomasync.models import NewRegistrant
from zoomasync.sync import Action, DesiredList, DesiredPerson, RegistrantSync, SyncPolicy, SyncTarget
from zoomasync.testing import Account, ScheduledMeeting

EACH_DAY: Mapping[str, object] = {"type": 1, "repeat_interval": 1, "end_times": 3}
CANCELLED, LISTED = (NewRegistrant(email=f"guest{number}@elsewhere.example", first_name="Guest") for number in (1, 2))
ROWS = (DesiredPerson(registrant=CANCELLED, cancel=True), LISTED, NewRegistrant(email="new@x.example", first_name="N"))


async def actions_for(
    zoom: Zoom, folder: Path, meeting: ScheduledMeeting, on_absent: Literal["cancel", "deny"], *occurrence_ids: str
) -> dict[str, Action]:
    """Return the planned action for each address, of a policy that changes everyone."""
    policy = SyncPolicy(on_absent=on_absent, absent_scope="all", approve="all", max_cancel="100%", list_delay=0)
    target = SyncTarget("webinar" if meeting.is_webinar else "meeting", meeting.id, occurrence_ids)
    async with RegistrantSync(zoom, journal=folder / "journal.sqlite", policy=policy) as sync:
        plan = await sync.plan(DesiredList(target, ROWS))
        assert plan.totals().writes == 0
        return {change.email: change.action for _, change in plan.changes()}


@pytest.mark.parametrize("on_absent", ["cancel", "deny"])
@pytest.mark.parametrize("type", [8, 9])
@pytest.mark.parametrize(("registration_type", "occurrences"), [(1, 1), (1, 2), (2, 2)])
async def test_wrong_occurrences_change_nobody(
    registration_type: int,
    occurrences: int,
    type: Literal[8, 9],
    on_absent: Literal["cancel", "deny"],
    account: Account,
    zoom: Zoom,
    tmp_path: Path,
) -> None:
    """An occurrence shows the registrants of all occurrences if there is one registration for all."""
    meeting = account.add_meeting(
        type=type, registrants=3, recurrence=EACH_DAY, settings={"registration_type": registration_type}
    )
    chosen = [occurrence.occurrence_id for occurrence in meeting.occurrences[:occurrences]]

    actions = await actions_for(zoom, tmp_path, meeting, on_absent, *chosen)

    assert actions == {
        CANCELLED.email: Action.IMPOSSIBLE,
        LISTED.email: Action.UNCHANGED,
        "new@x.example": Action.IMPOSSIBLE,
    }
