"""People with two registrations, one after the other or at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from zoomasync import Zoom
from zoomasync.models import NewRegistrant
from zoomasync.sync import Action, DesiredList, RegistrantSync, SyncPolicy, SyncTarget
from zoomasync.testing import Account, FakeZoom

ADA, BO = (NewRegistrant(email=f"{name}@x.example", first_name="Ada") for name in ("ada", "bo"))
NEW_ID = "a" * 22


@pytest.mark.parametrize(
    ("policy", "listed", "action"),
    [
        (SyncPolicy(on_absent="cancel", list_delay=0), BO, Action.CANCEL),
        (SyncPolicy(approve="ours", list_delay=0), ADA, Action.APPROVE),
    ],
    ids=["cancel", "approve"],
)
@pytest.mark.parametrize("is_new", [False, True])
async def test_new_registration_is_not_ours(
    is_new: bool,  # noqa: FBT001  a parameter of the test
    policy: SyncPolicy,
    listed: NewRegistrant,
    action: Action,
    account: Account,
    zoom: Zoom,
    tmp_path: Path,
) -> None:
    """A person whom a sync added, and who has cancelled and registered again, made the second registration."""
    meeting = account.add_meeting(approval_type=1 if action is Action.APPROVE else 0)
    target = SyncTarget.meeting(meeting.id)
    async with (
        RegistrantSync(zoom, journal=tmp_path / "journal.sqlite", policy=SyncPolicy(list_delay=0)) as sync,
        (await sync.plan(DesiredList(target, [ADA]))).apply() as outcomes,
    ):
        assert len([outcome async for outcome in outcomes]) == 1
    if is_new:
        meeting.registrants[:] = [replace(meeting.registrants[0], id=NEW_ID)]

    async with RegistrantSync(zoom, journal=tmp_path / "journal.sqlite", policy=policy) as sync:
        plan = await sync.plan(DesiredList(target, [listed]))
        changes = [change.email for _, change in plan.changes(action)]

    assert changes == ([] if is_new else [ADA.email])


def row(id: str, email: str, first_name: str = "Ada") -> dict[str, Any]:
    return {"id": id, "email": email, "first_name": first_name}


@pytest.mark.parametrize(
    ("lists", "listed", "expected"),
    [
        ({"approved": [row("1", "ada@x.example")], "denied": [row("2", "ADA@x.example")]}, ADA, {}),
        ({"pending": [row("1", "ada@x.example")], "denied": [row("2", "ada@x.example")]}, ADA, {}),
        ({"pending": [row("1", "ada@x.example")], "denied": [row("1", "ada@x.example")]}, ADA, {Action.APPROVE: 1}),
        ({"denied": [row("2", "ada@x.example")]}, ADA, {Action.APPROVE: 1}),
        ({"approved": [row("1", "ada@x.example"), row("2", "Ada@X.example")]}, ADA, {}),
    ],
)
async def test_denied_beside_registered(
    lists: Mapping[str, list[dict[str, Any]]],
    listed: NewRegistrant,
    expected: Mapping[Action, int],
    account: Account,
    fake: FakeZoom,
    zoom: Zoom,
    tmp_path: Path,
) -> None:
    """A denied registration is not approved while the person has another one."""
    meeting = account.add_meeting()
    for number, status in enumerate(("pending", "approved", "denied"), 1):
        rows = lists.get(status, [])
        body = {"page_size": 300, "next_page_token": "", "total_records": len(rows), "registrants": rows}
        fake.respond("meetings.registrants.list", status=200, body=body, on_request=number)
    policy = SyncPolicy(on_denied="approve", list_delay=0)

    async with RegistrantSync(zoom, journal=tmp_path / "journal.sqlite", policy=policy) as sync:
        plan = await sync.plan(DesiredList(SyncTarget.meeting(meeting.id), [listed]))
        counts = plan.totals().counts

    assert counts == (expected or {Action.UNCHANGED: 1})
