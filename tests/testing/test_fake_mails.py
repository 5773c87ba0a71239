"""The e-mails that Zoom would send to registrants."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal

import pytest
from support.fake_http import Json, calling
from support.kinds import MEETINGS, WEBINARS, Kind

from zoomasync.testing import Account, FakeZoom, Mail, ScheduledMeeting

NOW = datetime(2026, 3, 18, 8, tzinfo=UTC)
OMAR: Json = {"email": "Omar@lakeside.example", "first_name": "Omar"}
KIT: Json = {"email": "kit@lakeside.example", "first_name": "Kit"}
QUIET: Json = {"registrants_confirmation_email": False}
SILENT: Json = {"registrants_email_notification": False}


def new_fake(
    kind: Kind, *, approval_type: Literal[0, 1] = 0, registrants: int = 0, settings: Json | None = None
) -> tuple[FakeZoom, ScheduledMeeting, str]:
    """Return a fake, its one meeting, and the path of the meeting."""
    account = Account(today=date(2026, 3, 18))
    meeting = account.add_meeting(
        type=kind.scheduled, approval_type=approval_type, registrants=registrants, settings=settings
    )
    return FakeZoom(account, plan=None, now=lambda: NOW), meeting, f"/{kind}/{meeting.id}"


def kinds(fake: FakeZoom) -> list[str]:
    return [mail.kind for mail in fake.mails]


async def test_registration_is_confirmed(kind: Kind) -> None:
    fake, meeting, path = new_fake(kind)
    async with calling(fake) as caller:
        await caller.post(f"{path}/registrants", OMAR)

    assert fake.mails == (Mail(meeting_id=meeting.id, address="Omar@lakeside.example", kind="confirmation"),)


async def test_second_registration_is_confirmed(kind: Kind) -> None:
    fake, _, path = new_fake(kind)
    async with calling(fake) as caller:
        for _ in range(2):
            await caller.post(f"{path}/registrants", OMAR)

    assert kinds(fake) == ["confirmation", "confirmation"]


@pytest.mark.parametrize("action", ["approve", "deny", "cancel"])
async def test_pending_is_notified_of_decision(action: str, kind: Kind) -> None:
    """A pending registration, also a repeated one, is not confirmed."""
    fake, _, path = new_fake(kind, approval_type=1)
    async with calling(fake) as caller:
        for _ in range(2):
            await caller.post(f"{path}/registrants", OMAR)
        before = fake.mails
        await caller.put(f"{path}/registrants/status", {"action": action, "registrants": [{"email": OMAR["email"]}]})

    assert before == ()
    assert kinds(fake) == [{"approve": "approval", "deny": "denial", "cancel": "cancellation"}[action]]


async def test_unchanged_status_is_not_notified(kind: Kind) -> None:
    fake, meeting, path = new_fake(kind, registrants=1)
    async with calling(fake) as caller:
        references = [{"id": meeting.registrants[0].id}]
        await caller.put(f"{path}/registrants/status", {"action": "approve", "registrants": references})

    assert fake.mails == ()


@pytest.mark.parametrize(("settings", "sent"), [(QUIET, ["denial"]), (SILENT, []), ({**QUIET, **SILENT}, [])])
async def test_settings_suppress_mails(settings: Json, sent: list[str], kind: Kind) -> None:
    fake, _, path = new_fake(kind, settings=settings)
    async with calling(fake) as caller:
        await caller.post(f"{path}/registrants", OMAR)
        await caller.put(f"{path}/registrants/status", {"action": "deny", "registrants": [{"email": OMAR["email"]}]})

    assert kinds(fake) == sent


@pytest.mark.parametrize("settings", [{}, QUIET, SILENT], ids=["default", "no-confirmation", "no-mail"])
@pytest.mark.parametrize("wanted", [True, False, None])
async def test_batch_of_meeting_is_confirmed(wanted: bool | None, settings: Json) -> None:  # noqa: FBT001 - a parameter
    """The field of the body wins over the settings of the meeting."""
    fake, _, path = new_fake(MEETINGS, settings=settings)
    field: Json = {} if wanted is None else {"registrants_confirmation_email": wanted}
    async with calling(fake) as caller:
        await caller.post(f"{path}/batch_registrants", {"registrants": [OMAR, KIT], **field})

    confirmed = not settings if wanted is None else wanted
    assert [mail.address for mail in fake.mails] == ([OMAR["email"], KIT["email"]] if confirmed else [])


@pytest.mark.parametrize("settings", [{}, QUIET, SILENT], ids=["default", "no-confirmation", "no-mail"])
async def test_batch_of_webinar_is_confirmed(settings: Json) -> None:
    """The settings of a webinar have no effect on a batch."""
    fake, _, path = new_fake(WEBINARS, settings=settings)
    async with calling(fake) as caller:
        await caller.post(f"{path}/batch_registrants", {"registrants": [OMAR]})

    assert kinds(fake) == ["confirmation"]


async def test_pending_batch_is_not_confirmed(kind: Kind) -> None:
    fake, _, path = new_fake(kind, approval_type=1)
    async with calling(fake) as caller:
        await caller.post(f"{path}/batch_registrants", {"registrants": [OMAR]})
        await caller.post(f"{path}/batch_registrants", {"registrants": [KIT], "auto_approve": True})

    assert [mail.address for mail in fake.mails] == [KIT["email"]]


@pytest.mark.parametrize("tail", ["registrants", "batch_registrants"])
async def test_rejected_registration_has_no_mail(tail: str, kind: Kind) -> None:
    fake, meeting, path = new_fake(kind)
    host: Json = {**OMAR, "email": meeting.host.email}
    async with calling(fake) as caller:
        rejected = await caller.post(f"{path}/{tail}", host if tail == "registrants" else {"registrants": [OMAR, host]})

    assert (rejected.status, fake.mails) == (400, ())


async def test_removal_has_no_mail(kind: Kind) -> None:
    fake, meeting, path = new_fake(kind, registrants=1)
    async with calling(fake) as caller:
        removed = await caller.delete(f"{path}/registrants/{meeting.registrants[0].id}")

    assert (removed.status, fake.mails) == (204, ())
