"""E-mails that Zoom would send to registrants."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from .meeting import Registrant, RegistrantStatus, ScheduledMeeting

MailKind = Literal["confirmation", "approval", "cancellation", "denial"]
_KIND_BY_STATUS: Final = MappingProxyType[RegistrantStatus, MailKind](
    {"approved": "approval", "cancelled": "cancellation", "denied": "denial"}
)


@dataclass(frozen=True, kw_only=True)
class Mail:
    """An e-mail to a registrant of the meeting or webinar with the number *meeting_id*.

    A "confirmation" follows a registration that was approved at once, and the other kinds a change of the status.
    """

    meeting_id: int
    address: str
    kind: MailKind


class Outbox:
    """The e-mails so far, in the order in which Zoom would send them."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def confirm(self, meeting: ScheduledMeeting, registrant: Registrant, *, wanted: bool | None = None) -> None:
        """Send a confirmation to *registrant* if approved, and if it is *wanted*, which the settings decide by default.

        `registrants_confirmation_email` has an effect only with `registrants_email_notification`. The reference does
        not say what happens without the latter: here, no confirmation is sent.
        """
        if wanted is None:
            wanted = _is_on(meeting, "registrants_email_notification") and _is_on(
                meeting, "registrants_confirmation_email"
            )
        if wanted and registrant.status == "approved":
            self.mails.append(Mail(meeting_id=meeting.id, address=registrant.email, kind="confirmation"))

    def notify(self, meeting: ScheduledMeeting, registrant: Registrant, status: RegistrantStatus) -> None:
        """Send the e-mail about a new *status* of *registrant*, unless `registrants_email_notification` is off."""
        if _is_on(meeting, "registrants_email_notification"):
            kind = _KIND_BY_STATUS[status]
            self.mails.append(Mail(meeting_id=meeting.id, address=registrant.email, kind=kind))


def _is_on(meeting: ScheduledMeeting, setting: str) -> bool:
    return meeting.settings.get(setting) is not False
