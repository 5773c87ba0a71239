"""Two syncs that change one meeting: only one of them may, under any name of the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import chdir
from pathlib import Path

import anyio
import pytest

from zoomasync import Zoom
from zoomasync.errors import StoreError
from zoomasync.models import NewRegistrant
from zoomasync.sync import DesiredList, PersonOutcome, RegistrantSync, Result, SyncPlan, SyncPolicy, SyncTarget
from zoomasync.testing import Account, FakeZoom, ScheduledMeeting

POLICY = SyncPolicy(list_delay=0)


def desired(meeting: ScheduledMeeting) -> DesiredList:
    people = [NewRegistrant(email=f"p{number}@x.example", first_name="Ada") for number in range(3)]
    return DesiredList(SyncTarget.meeting(meeting.id), people)


async def outcomes_of(plan: SyncPlan) -> list[PersonOutcome]:
    async with plan.apply() as outcomes:
        return [outcome async for outcome in outcomes]


@pytest.fixture
async def slow_zoom(account: Account) -> AsyncIterator[Zoom]:
    """Yield a client of a fake whose writes overlap if two syncs write."""
    async with FakeZoom(account, plan=None, write_seconds=0.1) as fake, fake.client() as zoom:
        yield zoom


@pytest.mark.parametrize("name", ["link.sqlite", "folder/journal.sqlite", "folder/link.sqlite"])
async def test_second_name_of_journal_has_same_locks(
    name: str, account: Account, slow_zoom: Zoom, tmp_path: Path
) -> None:
    (tmp_path / "link.sqlite").symlink_to("journal.sqlite")
    (tmp_path / "folder").symlink_to(tmp_path)
    meeting = account.add_meeting()
    results = Counter[Result]()

    async def count(plan: SyncPlan) -> None:
        results.update(outcome.result for outcome in await outcomes_of(plan))

    async with (
        RegistrantSync(slow_zoom, journal=tmp_path / "journal.sqlite", policy=POLICY) as one,
        RegistrantSync(slow_zoom, journal=f"{tmp_path}/{name}", policy=POLICY) as other,
    ):
        plans = [await sync.plan(desired(meeting)) for sync in (one, other)]
        async with anyio.create_task_group() as tasks:
            for plan in plans:
                tasks.start_soon(count, plan)

    assert results == {Result.ADDED: 3, Result.FAILED: 3}


async def test_relative_journal_keeps_its_folder(account: Account, zoom: Zoom, tmp_path: Path) -> None:
    meeting = account.add_meeting()
    other = tmp_path / "other"
    other.mkdir()
    with chdir(tmp_path):
        async with RegistrantSync(zoom, journal="journal.sqlite", policy=POLICY) as sync:
            plan = await sync.plan(desired(meeting))
            with chdir(other):
                await outcomes_of(plan)

    assert list(other.iterdir()) == []
    assert (tmp_path / "journal.sqlite.locks").is_dir()


@pytest.mark.parametrize("locks", ["a file", "a folder in place of a lock"])
async def test_unusable_locks_raise_store_error(locks: str, account: Account, zoom: Zoom, tmp_path: Path) -> None:
    meeting = account.add_meeting()
    folder = tmp_path / "journal.sqlite.locks"
    if locks == "a file":
        folder.touch()
    else:
        (folder / f"meeting-{meeting.id}.lock").mkdir(parents=True)

    async with RegistrantSync(zoom, journal=tmp_path / "journal.sqlite", policy=POLICY) as sync:
        plan = await sync.plan(desired(meeting))
        with pytest.raises(StoreError, match=r"journal\.sqlite\.locks"):
            await outcomes_of(plan)

    assert meeting.registrants == []
