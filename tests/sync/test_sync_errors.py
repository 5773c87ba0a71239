"""Errors of a sync that are no errors of Zoom: plans that have ended, full disks, and rows that no file can have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zoomasync import Zoom
from zoomasync.errors import ConfigError, StoreError
from zoomasync.models import NewRegistrant
from zoomasync.sync import (
    Action,
    DesiredList,
    DesiredPerson,
    PlannedChange,
    RegistrantSync,
    RejectedRow,
    SyncPlan,
    SyncTarget,
)
from zoomasync.sync._spool import Spool
from zoomasync.testing import Account

USES: tuple[Callable[[SyncPlan], object], ...] = (
    str,
    repr,
    SyncPlan.totals,
    lambda plan: list(plan.changes()),
    lambda plan: list(plan.json()),
)
ADA = NewRegistrant(email="ada@x.example", first_name="Ada")


@pytest.mark.parametrize("use", USES)
async def test_ended_plan_raises_config_error(
    use: Callable[[SyncPlan], object], account: Account, zoom: Zoom, tmp_path: Path
) -> None:
    async with RegistrantSync(zoom, journal=tmp_path / "journal.sqlite") as sync:
        plan = await sync.plan(DesiredList(SyncTarget.meeting(account.add_meeting().id), [ADA]))

    with pytest.raises(ConfigError, match="inside the `async with`"):
        use(plan)


async def test_ended_plan_applies_nothing(account: Account, zoom: Zoom, tmp_path: Path) -> None:
    meeting = account.add_meeting()
    async with RegistrantSync(zoom, journal=tmp_path / "journal.sqlite") as sync:
        plan = await sync.plan(DesiredList(SyncTarget.meeting(meeting.id), [ADA]))

    with pytest.raises(ConfigError, match="inside the `async with`"):
        async with plan.apply() as outcomes:
            assert [outcome async for outcome in outcomes] == []
    assert meeting.registrants == []


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file grow beyond 64 KiB, as on a full disk."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_files")
def test_full_disk_raises_store_error() -> None:
    spool = Spool()
    changes = [(seq, PlannedChange(action=Action.ADD, email=f"{seq:0200}@x.example")) for seq in range(20_000)]

    with pytest.raises(StoreError, match="temporary file"):
        spool.add_changes(1, changes)
    spool.close()


@pytest.mark.parametrize(
    "row",
    [
        RejectedRow(row=1, reason="", email="ada@x.example"),
        RejectedRow(row=1, reason="\ud800", email="ada@x.example"),
        RejectedRow(row=1, reason="no first name", email="\ud800"),
        DesiredPerson(registrant=NewRegistrant(email="\ud800@x.example", first_name="Ada"), row=1),
        DesiredPerson(registrant=NewRegistrant(email="bo@x.example", first_name="\ud800"), row=1),
    ],
    ids=ascii,
)
async def test_odd_row_is_rejected(
    row: RejectedRow | DesiredPerson, account: Account, zoom: Zoom, tmp_path: Path
) -> None:
    """Another row with the same address is not affected."""
    rows = [row, DesiredPerson(registrant=ADA, row=2)]
    async with RegistrantSync(zoom, journal=tmp_path / "journal.sqlite") as sync:
        plan = await sync.plan(DesiredList(SyncTarget.meeting(account.add_meeting().id), rows))
        changes = [(change.row, change.action, bool(change.reason)) for _, change in plan.changes()]

    assert changes == [(1, Action.REJECTED, True), (2, Action.ADD, False)]
