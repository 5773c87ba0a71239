"""The present state of a target at Zoom: settings, questions, panelists and registrants."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from .. import Zoom
from ..models.meetings import Meeting
from ..models.registrants import Registrant, RegistrationQuestions
from ..models.webinars import Webinar
from ..resources.meetings.registrants import MeetingRegistrants
from ..resources.webinars.registrants import WebinarRegistrants
from ..types import Api
from ._spool import Spool
from .desired import SyncTarget, email_key

RegistrantMethods: TypeAlias = MeetingRegistrants | WebinarRegistrants

# In this order, a registrant whose status changes meanwhile is listed at least once, unless a denied one is approved.
STATUSES: Final = ("pending", "approved", "denied")
_MANUAL_APPROVAL, _NO_REGISTRATION = 1, 2
_EACH_OCCURRENCE = 2
_PER_OCCURRENCE = (2, 3)
_MEETING_SEATS = 4_999
_ATTEMPTS = 3


class IncompleteList(Exception):
    """A list of registrants that holds fewer or more people than Zoom counts."""


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """The facts that decide which people can be registered.

    *obstacle* is the reason why nobody can be added, or empty. With *wrong_occurrences*, it is that the occurrences of
    the target have no registrants of their own: those listed are registered for other occurrences too. *seats* is the
    most people, or None if that is not known. *confirms* and *notifies* state whether Zoom mails a confirmation and the
    other changes; None is unknown.
    """

    obstacle: str
    wrong_occurrences: bool
    listed: bool
    manual_approval: bool
    seats: int | None
    hosts: frozenset[str]
    panelists: frozenset[str]
    questions: RegistrationQuestions
    confirms: bool | None
    notifies: bool | None


_NO_QUESTIONS = RegistrationQuestions(questions=())


def registrants_of(zoom: Api, target: SyncTarget) -> RegistrantMethods:
    """Return the methods for the registrants of *target*."""
    return zoom.webinars.registrants if target.kind == "webinar" else zoom.meetings.registrants


async def read_facts(zoom: Zoom, target: SyncTarget) -> TargetFacts:
    """Read the settings, panelists and questions of a target, in two or three light or medium calls.

    Without registration, only the settings are read.
    """
    is_webinar = target.kind == "webinar"
    meeting = await (zoom.webinars.get(target.id) if is_webinar else zoom.meetings.get(target.id))
    settings = meeting.settings
    approval = settings.approval_type if settings else None
    confirms = settings.registrants_confirmation_email if settings else None
    if confirms is None and isinstance(meeting, Webinar):
        confirms = meeting.registrants_confirmation_email
    listed = approval != _NO_REGISTRATION
    wrong_occurrences = _wrong_occurrences(meeting, target) if listed else ""
    return TargetFacts(
        obstacle=wrong_occurrences or _obstacle(meeting, target, zoom.server_time),
        wrong_occurrences=bool(wrong_occurrences),
        listed=listed,
        manual_approval=approval == _MANUAL_APPROVAL,
        seats=_seats(meeting),
        hosts=_hosts(meeting),
        panelists=frozenset(
            [email_key(each.email or "") async for each in zoom.webinars.panelists.list(target.id)]
            if is_webinar and listed
            else ()
        ),
        questions=await registrants_of(zoom, target).questions(target.id) if listed else _NO_QUESTIONS,
        confirms=confirms,
        notifies=settings.registrants_email_notification if settings else None,
    )


async def read_registrants(zoom: Zoom, target: SyncTarget, spool: Spool, no: int) -> int:
    """Read all registrants of *target* into the spool in place of those there, and return the number of calls.

    Raises `IncompleteList` if the lists do not hold as many people as Zoom counts, also after two more attempts.
    """
    calls = 0
    for attempt in range(1, _ATTEMPTS + 1):
        spool.clear_actual(no)
        calls = 0
        try:
            for place, occurrence_id in enumerate(target.occurrence_ids or (None,)):
                for status in STATUSES:
                    async for registrants in _pages(registrants_of(zoom, target), target.id, status, occurrence_id):
                        spool.add_actual(no, registrants, status, place)
                        calls += 1
        except IncompleteList:
            if attempt == _ATTEMPTS:
                raise
        else:
            break
    return calls


async def _pages(
    registrants: RegistrantMethods, meeting_id: int, status: str, occurrence_id: str | None
) -> AsyncIterator[Sequence[Registrant]]:
    rows, total = 0, None
    async for page in registrants.list(meeting_id, status=status, occurrence_id=occurrence_id).pages():
        rows += len(page.items)
        total = page.total_records
        yield page.items
    if total is not None and total != rows:
        raise IncompleteList(
            f"the list of {status} registrants has {rows:,} people, but Zoom counts {total:,}: run again"
        )


def _wrong_occurrences(meeting: Meeting | Webinar, target: SyncTarget) -> str:
    """Return the reason why the occurrences of *target* have no registrants of their own, or empty text."""
    if not target.occurrence_ids:
        return ""
    registration_type = meeting.settings.registration_type if meeting.settings else None
    if registration_type not in _PER_OCCURRENCE:
        return f"this {target.kind} has one registration for all occurrences: leave the occurrence IDs out"
    if registration_type == _EACH_OCCURRENCE and len(target.occurrence_ids) > 1:
        return f"this {target.kind} has a registration for each occurrence: give each occurrence a list of its own"
    if not {*target.occurrence_ids} <= {each.occurrence_id for each in meeting.occurrences}:
        return f"this {target.kind} has no such occurrence"
    return ""


def _obstacle(meeting: Meeting | Webinar, target: SyncTarget, now: datetime) -> str:
    """Return the reason why nobody can be registered, or empty text."""
    settings, kind = meeting.settings, target.kind
    if settings is not None and settings.approval_type == _NO_REGISTRATION:
        return f"registration is off for this {kind}"
    closes = kind == "webinar" or bool(settings and settings.close_registration)
    return f"this {kind} is over" if closes and _is_over(meeting, target, now) else ""


def _is_over(meeting: Meeting | Webinar, target: SyncTarget, now: datetime) -> bool:
    minutes = meeting.duration or 0
    if meeting.occurrences:
        chosen = [
            each
            for each in meeting.occurrences
            if each.status != "deleted" and (not target.occurrence_ids or each.occurrence_id in target.occurrence_ids)
        ]
        ends = [
            None if each.start_time is None else each.start_time + timedelta(minutes=each.duration or minutes)
            for each in chosen
        ]
    else:
        ends = [None if meeting.start_time is None else meeting.start_time + timedelta(minutes=minutes)]
    return all(end is not None and end <= now for end in ends)


def _seats(meeting: Meeting | Webinar) -> int | None:
    if isinstance(meeting, Webinar):
        return (meeting.settings.registrants_restrict_number if meeting.settings else None) or None
    return _MEETING_SEATS


def _hosts(meeting: Meeting | Webinar) -> frozenset[str]:
    """Return the addresses of the host and the alternative hosts; those given by user id are left out."""
    others = (meeting.settings.alternative_hosts if meeting.settings else None) or ""
    names = (meeting.host_email or "", *others.replace(",", ";").split(";"))
    return frozenset(email_key(name) for name in names if "@" in name)
