"""Lists whose targets are some of the same occurrences of one meeting."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from zoomasync import Zoom
from zoomasync.errors import InvalidArgument
from zoomasync.models import NewRegistrant
from zoomasync.sync import DesiredList, RegistrantSync, SyncPolicy, SyncTarget
from zoomasync.testing import Account

ADA, BO = (NewRegistrant(email=f"{name}@x.example", first_name=name) for name in ("ada", "bo"))


async def counts_of(
    zoom: Zoom, account: Account, folder: Path, parts: tuple[slice, slice], scope: Literal["ours", "all"]
) -> dict[str, int]:
    """Plan one list for each part of the occurrences, and return the actions in words."""
    meeting = account.add_meeting(
        type=8,
        registrants=1,
        recurrence={"type": 1, "repeat_interval": 1, "end_times": 3},
        settings={"registration_type": 3},
    )
    occurrence_ids = [occurrence.occurrence_id for occurrence in meeting.occurrences]
    targets = [SyncTarget.meeting(meeting.id, *occurrence_ids[part]) for part in parts]
    lists = [DesiredList(target, [person]) for target, person in zip(targets, (ADA, BO), strict=True)]
    policy = SyncPolicy(on_absent="cancel", absent_scope=scope)
    async with RegistrantSync(zoom, journal=folder / "journal.sqlite", policy=policy) as sync:
        return {action.value: number for action, number in (await sync.plan(lists)).totals().counts.items()}


@pytest.mark.parametrize(
    "parts", [(slice(1), slice(2)), (slice(2), slice(1, 3)), (slice(0), slice(1)), (slice(3), slice(0))]
)
async def test_shared_occurrences_are_no_two_lists(
    parts: tuple[slice, slice], account: Account, zoom: Zoom, tmp_path: Path
) -> None:
    """Each list would cancel the people of the other."""
    with pytest.raises(InvalidArgument, match="part of another list"):
        await counts_of(zoom, account, tmp_path, parts, "all")


@pytest.mark.parametrize(
    ("parts", "scope", "counts"),
    [
        ((slice(1), slice(1, 3)), "all", {"add": 2, "cancel": 2}),
        ((slice(1), slice(2)), "ours", {"add": 2}),
    ],
)
async def test_two_lists_of_one_meeting(
    parts: tuple[slice, slice],
    scope: Literal["ours", "all"],
    counts: dict[str, int],
    account: Account,
    zoom: Zoom,
    tmp_path: Path,
) -> None:
    assert await counts_of(zoom, account, tmp_path, parts, scope) == counts
