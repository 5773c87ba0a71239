"""Scheduled webinars and their panelists and tracking sources in the JSON format of Zoom's API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..account.meeting import Panelist, ScheduledMeeting, TrackingSource
from ..reference.notation import Spec
from ..reference.operations import OPERATIONS
from .instance_rows import Row, without_keys
from .meeting_rows import SITE, listed_meeting_row, recurrence_fields

_NO_MAIL: Final[Row] = {"enable": False, "type": 0}
_FLAGS_ON: Final = (
    "panelists_invitation_email_notification", "registrants_confirmation_email", "registrants_email_notification",
)  # fmt: skip
_UNLISTED: Final = frozenset({"notify_registrants"})
"""Settings that no response has: this one is an instruction for a change."""
_OTHER_DEFAULTS: Final[Row] = {
    "alternative_hosts": "",
    "approval_type": 2,
    "attendees_and_panelists_reminder_email_notification": _NO_MAIL,
    "audio": "both",
    "auto_recording": "none",
    "email_language": "en-US",
    "follow_up_absentees_email_notification": _NO_MAIL,
    "follow_up_attendees_email_notification": _NO_MAIL,
    "global_dial_in_countries": [],
    "global_dial_in_numbers": [],
    "language_interpretation": {"enable": False},
    "question_and_answer": {"enable": False},
    "registrants_restrict_number": 0,
    "sign_language_interpretation": {"enable": False},
}


def _flags() -> Row:
    """Return the defaults of the settings that are on or off."""
    body = OPERATIONS["webinars.create"].body
    settings: Mapping[str, Spec] = body.fields["settings"].fields if body else {}
    flags = {name for name, spec in settings.items() if spec.kind == "flag"}
    return {name: name in _FLAGS_ON for name in flags - _UNLISTED}


_DEFAULTS: Final = dict(sorted({**_flags(), **_OTHER_DEFAULTS}.items()))
"""All settings, in alphabetical order."""


def webinar_body(webinar: ScheduledMeeting) -> Row:
    """Return a webinar in full."""
    row: Row = {
        **listed_webinar_row(webinar),
        "agenda": webinar.agenda,
        "host_email": webinar.host.email,
        "start_url": f"{SITE}/s/{webinar.id}?zak=zAk{webinar.uuid[:8]}",
        "creation_source": webinar.creation_source,
        "settings": _settings(webinar),
        "tracking_fields": list(webinar.tracking_fields),
        **recurrence_fields(webinar),
        **webinar.simulive,
    }
    if webinar.password:
        row |= {
            "password": webinar.password,
            "h323_passcode": webinar.password,
            "encrypted_passcode": f"eNc{webinar.uuid[:8]}.1",
        }
    return row


def created_webinar_body(webinar: ScheduledMeeting) -> Row:
    """Return a webinar in full, with the fields that only the response to its creation has."""
    confirmed = _settings(webinar)["registrants_confirmation_email"]
    template: Row = {"template_id": webinar.template_id} if webinar.template_id else {}
    return {**webinar_body(webinar), "registrants_confirmation_email": confirmed, **template}


def listed_webinar_row(webinar: ScheduledMeeting) -> Row:
    """Return one row of the list of a user's webinars; it contains only the start of a long agenda."""
    return {**listed_meeting_row(webinar), "is_simulive": webinar.is_simulive}


def panelist_row(webinar: ScheduledMeeting, panelist: Panelist) -> Row:
    """Return a panelist with the personal link."""
    return {**vars(panelist), "join_url": f"{SITE}/w/{webinar.id}?tk={panelist.id}"}


def tracking_source_row(webinar: ScheduledMeeting, source: TrackingSource) -> Row:
    """Return a tracking source with the number of registrants that it led to the webinar."""
    return {
        **vars(source),
        "registration_count": sum(each.source_id == source.id for each in webinar.registrants),
        "tracking_url": f"{SITE}/webinar/register/{source.id}/WN_{webinar.id}",
    }


def _settings(webinar: ScheduledMeeting) -> Row:
    """Return the settings of *webinar*, completed by the defaults."""
    row: Row = {
        **_DEFAULTS,
        "contact_name": webinar.host.name,
        "contact_email": webinar.host.email,
        **webinar.settings,
    }
    if webinar.has_occurrences:
        row.setdefault("registration_type", 1)
    return without_keys(row, _UNLISTED)
