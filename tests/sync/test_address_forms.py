"""Forms of e-mail addresses: those of one person, and those that are unreadable, so that nobody is absent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unicodedata import normalize

import pytest

from zoomasync import Zoom
from zoomasync.models import NewRegistrant
from zoomasync.sync import Action, DesiredList, RegistrantSync, RejectedRow, StagedFile, SyncPolicy, SyncTarget
from zoomasync.testing import Account, Registrant, ScheduledMeeting

CANCEL_ALL = SyncPolicy(on_absent="cancel", absent_scope="all", list_delay=0)


def meeting_with(account: Account, *emails: str) -> ScheduledMeeting:
    people = [
        Registrant(id=f"{number:022}", email=email, first_name="Ada", create_time=account.add_meeting().created_at)
        for number, email in enumerate(emails)
    ]
    return account.add_meeting(registrants=people)


async def planned(
    zoom: Zoom, folder: Path, meeting: ScheduledMeeting, rows: Sequence[NewRegistrant | RejectedRow]
) -> dict[str, Action]:
    """Return the planned action for each address, with the cancellation of everyone who is absent."""
    async with RegistrantSync(zoom, journal=folder / "journal.sqlite", policy=CANCEL_ALL) as sync:
        plan = await sync.plan(DesiredList(SyncTarget.meeting(meeting.id), rows))
        return {change.email: change.action for _, change in plan.changes()}


@pytest.mark.parametrize(
    ("listed", "registered"),
    [
        (" Ada@X.Example\u00a0", "ada@x.example"),
        (normalize("NFD", "Zo\u00eb@x.example"), "zo\u00eb@x.example"),
        ("ZO\u00cb@x.example", normalize("NFD", "zo\u00eb@x.example")),
        ("ada@m\u00fcnchen.example", normalize("NFD", "ada@m\u00fcnchen.example")),
        ("\u0130lker@x.example", "i\u0307lker@x.example"),
    ],
)
async def test_one_person_in_two_spellings(
    listed: str, registered: str, account: Account, zoom: Zoom, tmp_path: Path
) -> None:
    meeting = meeting_with(account, registered)

    actions = await planned(zoom, tmp_path, meeting, [NewRegistrant(email=listed, first_name="Ada")])

    assert list(actions.values()) == [Action.UNCHANGED]


@pytest.mark.parametrize("listed", ["ada+list@x.example", "a.da@x.example", "\u0131da@x.example"])
async def test_similar_addresses_are_two_people(listed: str, account: Account, zoom: Zoom, tmp_path: Path) -> None:
    meeting = meeting_with(account, "ada@x.example", "ida@x.example")

    actions = await planned(zoom, tmp_path, meeting, [NewRegistrant(email=listed, first_name="Ada")])

    assert sorted(actions.values()) == [Action.ADD, Action.CANCEL, Action.CANCEL]


@pytest.mark.parametrize(
    "unreadable",
    [
        "ada@x.example\u200b",
        "\ufeffada@x.example",
        "a\u00adda@x.example",
        "ada@x.example\u202c",
        "ada\ud800@x.example",
        "ada@x..example",
        "ada@x.example.",
        "ada@.x.example",
        ".ada@x.example",
        "ada.@x.example",
        "ada..ada@x.example",
        "ada@x.example'",
        "ada@x.example/",
        "ada@x.example!",
        "ada@-x.example",
        "ada@x.example-",
        "ada@x",
        "n/a",
    ],
)
@pytest.mark.parametrize("rejected", [False, True])
async def test_unreadable_address_cancels_nobody(
    rejected: bool,  # noqa: FBT001  a parameter of the test
    unreadable: str,
    account: Account,
    zoom: Zoom,
    tmp_path: Path,
) -> None:
    meeting = meeting_with(account, "ada@x.example")
    row = (
        RejectedRow(row=1, reason="no first name", email=unreadable.replace("\ud800", " "))
        if rejected
        else NewRegistrant(email=unreadable, first_name="Ada")
    )

    actions = await planned(zoom, tmp_path, meeting, [row])

    assert list(actions.values()) == [Action.REJECTED]


@pytest.mark.parametrize(
    "email", ["o'neil@x.example", "a&b/c@x.example", "ada@x-y.example", "ada@1.x_y.example", "\u7532@\u4f8b.example"]
)
async def test_unusual_address_is_added(email: str, account: Account, zoom: Zoom, tmp_path: Path) -> None:
    actions = await planned(zoom, tmp_path, account.add_meeting(), [NewRegistrant(email=email, first_name="Ada")])

    assert actions == {email: Action.ADD}


@pytest.mark.parametrize(("address", "unreadable"), [("ada@x.example", False), ("n/a", True), ("ada@x..example", True)])
def test_unreadable_row_without_target(address: str, unreadable: bool, tmp_path: Path) -> None:  # noqa: FBT001  as above
    """Nobody is absent if a row has neither a readable target nor a readable address."""
    path = tmp_path / "list.csv"
    path.write_text(f"email,first_name,meeting_id\nbo@x.example,Bo,85000000001\n{address},Ada,8.5E+10\n")

    with StagedFile(path) as file:
        assert [desired.unreadable for desired in file.lists()] == [unreadable]
