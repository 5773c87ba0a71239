"""Rows that state that a person has cancelled, beside rejected rows with the same address."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoomasync import Zoom
from zoomasync.models import NewRegistrant
from zoomasync.sync import Action, DesiredList, DesiredPerson, RegistrantSync, RejectedRow, SyncTarget
from zoomasync.testing import Account


@pytest.mark.parametrize("people", [1, 20])
async def test_rejected_row_keeps_cancelled_person(people: int, account: Account, zoom: Zoom, tmp_path: Path) -> None:
    """The rejected row may be the later one; no number of such people gets past the guard."""
    meeting = account.add_meeting(registrants=people)
    emails = [registrant.email for registrant in meeting.registrants]
    rows: list[DesiredPerson | RejectedRow] = [
        *(DesiredPerson(registrant=NewRegistrant(email=email, first_name="Guest"), cancel=True) for email in emails),
        *(RejectedRow(row=1, reason="no first name", email=email.upper()) for email in emails),
    ]

    async with RegistrantSync(zoom, journal=tmp_path / "journal.sqlite") as sync:
        plan = await sync.plan(DesiredList(SyncTarget.meeting(meeting.id), rows))
        counts = plan.totals().counts

    assert counts == {Action.UNCHANGED: people, Action.REJECTED: people}
