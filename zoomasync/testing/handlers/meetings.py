"""Handlers of a user's meetings, of one meeting, and of its invitation, links, status and tokens."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final, cast
from zlib import crc32

from ..account import scheduling
from ..account.host import Host
from ..account.meeting import INSTANT, NO_FIXED_TIME, SCHEDULED, Json, Occurrence, ScheduledMeeting, normalized_email
from ..account.recurrence import time_zone
from ..protocol import query
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, check_faults, invalid, missing
from .instance_rows import Row
from .meeting_rows import (
    SITE,
    created_meeting_body,
    listed_meeting_row,
    meeting_body,
    upcoming_meeting_row,
)

_HALF_YEAR: Final = timedelta(days=183)
_DAY: Final = timedelta(days=1)
_PRE_SCHEDULED_TYPES: Final = frozenset({SCHEDULED, NO_FIXED_TIME})
_SIP_LIFETIME_SECONDS: Final = 7200
_SIP_DOMAIN: Final = "zoomcrc.example"


def listing(request: FakeRequest) -> Row:
    """Return the meetings of a user, in the order of their creation; instant meetings only while they are live.

    A date range selects meetings by the days of their start times in `timezone`. It selects no meeting without a fixed
    time.
    """
    user = request.scheduling_user()
    list_type = request.query.get("type", "scheduled")
    first = query.day(request.query, "from", date.min)
    last = query.day(request.query, "to", date.max)
    if first > last:
        raise invalid("from", "The from date is later than the to date.")
    try:
        zone = time_zone(request.query.get("timezone", "UTC"))
    except ValueError:
        raise invalid("timezone") from None
    has_range = "from" in request.query or "to" in request.query
    page = request.page(
        [
            each
            for each in request.account.scheduled_meetings
            if each.host.id == user.id
            and _is_listed(each, list_type, request.now)
            and (not has_range or any(first <= start.astimezone(zone).date() <= last for start in each.start_times()))
        ],
        listed_meeting_row,
    )
    return {**page.numbered_envelope(), "meetings": page.rows}


def upcoming(request: FakeRequest) -> Row:
    """Return the meetings of the next 24 hours that the user hosts, may host, or is invited to."""
    user = request.user(unknown_code=3001)
    rows = [
        upcoming_meeting_row(meeting, start, user)
        for meeting in request.account.scheduled_meetings
        if not meeting.deleted and _includes_user(meeting, user)
        for start in meeting.start_times()
        if request.now <= start < request.now + _DAY
    ]
    return {"total_records": len(rows), "meetings": sorted(rows, key=lambda row: str(row["start_time"]))}


def create(request: FakeRequest) -> Row:
    """Schedule a meeting for the user, or for the user whom `schedule_for` names."""
    user, body = request.scheduling_user(), request.body
    check_faults(scheduling.faults(body))
    host = scheduling_host(request, user, body.get("type"))
    request.quota.schedule(host.id)
    meeting = scheduling.from_body(body, host, request.account.next_meeting_number(), request.now, user)
    request.account.scheduled_meetings.append(meeting)
    request.announcements.scheduled("created", meeting, request.operator(host))
    return created_meeting_body(meeting)


def details(request: FakeRequest, body: Callable[[ScheduledMeeting], Row] = meeting_body) -> Row:
    """Return the *body* of a meeting, or of one occurrence; past occurrences if `show_previous_occurrences` is true.

    The reference does not say when an occurrence is past; here it is once its scheduled end has come.
    """
    meeting = request.meeting()
    with_past = request.query.get("show_previous_occurrences") == "true"
    shown = tuple(each for each in meeting.occurrences if with_past or each.end_time > request.now)
    occurrence = _occurrence(request, meeting)
    if occurrence is None:
        return body(replace(meeting, occurrences=shown))
    seen = replace(
        meeting,
        occurrences=shown,
        start_time=occurrence.start_time,
        duration=occurrence.duration,
        agenda=meeting.agenda if occurrence.agenda is None else occurrence.agenda,
        settings={**meeting.settings, **occurrence.settings},
    )
    return body(seen)


def update(request: FakeRequest) -> None:
    """Change a meeting or one occurrence; `schedule_for` gives the meeting to another user.

    The reference has no error for an unknown occurrence, or for a user without access; those of `delete` and
    `update_status` are sent.
    """
    meeting, body = request.managed_meeting(), request.body
    whole = scheduling.with_update(meeting, body)
    check_faults(scheduling.faults(whole))
    occurrence = _occurrence(request, meeting)
    host = scheduling_host(request, meeting.host, whole["type"])
    if whole.get("pre_schedule") and whole["type"] not in _PRE_SCHEDULED_TYPES:
        raise ErrorResponse(400, 3000, "Prescheduling is only available for the meeting types 2 and 3.")
    request.quota.schedule(host.id)
    before, operator = request.announcements.state(meeting), request.operator(meeting.host)
    if occurrence is not None:
        scheduling.update_occurrence(meeting, occurrence, body, request.now)
    else:
        meeting.host = host
        scheduling.update(meeting, body, request.now)
    request.announcements.updated(meeting, before, operator, single=occurrence is not None)


def delete(request: FakeRequest) -> None:
    """Delete a meeting or one occurrence; no mails are sent. A user's personal room and conference cannot be deleted.

    The reference has no error for a user without access; that of `update_status` is sent.
    """
    meeting = request.managed_meeting()
    if str(meeting.id) == meeting.host.pmi:
        raise ErrorResponse(400, 3018, "Not allowed to delete PMI.")
    if meeting.id in {each.conference_id for each in meeting.host.pac_accounts or ()}:
        raise ErrorResponse(400, 3037, "Not allowed to delete PAC.")
    occurrence = _occurrence(request, meeting)
    if occurrence is None:
        meeting.delete()
    else:
        occurrence = replace(occurrence, status="deleted")
        meeting.save_occurrence(occurrence)
    request.announcements.scheduled("deleted", meeting, request.operator(meeting.host), occurrence)


def update_status(request: FakeRequest) -> None:
    """End a running meeting or webinar, or recover a deleted meeting; the reference has no errors for others."""
    action = request.body.get("action")
    if action is None:
        raise missing("action")
    meeting = request.managed_meeting(deleted=action == "recover")
    if action == "recover":
        if not meeting.deleted:
            raise ErrorResponse(400, 3000, "The meeting is not deleted.")
        meeting.deleted = False
        request.announcements.scheduled("recovered", meeting, request.operator(meeting.host))
        return
    if meeting.on_premise:
        raise ErrorResponse(400, 3063, "Can not end on-premise user's meeting.")
    if meeting.status != "started":
        raise request.error(400, 3000 if request.is_webinar else 4927, "The meeting is not running.")
    request.running.end_any(meeting)


def invitation(request: FakeRequest) -> Row:
    """Return the text of the invitation, with an address for SIP."""
    meeting = request.meeting()
    body = meeting_body(meeting)
    sip_link = f"{meeting.id}@{_SIP_DOMAIN}"
    lines = [
        f"{meeting.host.name} is inviting you to a scheduled Zoom meeting.",
        "",
        f"Topic: {meeting.topic}",
        *([f"Time: {body['start_time']}"] if meeting.start_time else []),
        f"Join Zoom Meeting: {body['join_url']}",
        f"Meeting ID: {meeting.id}",
        *([f"Passcode: {meeting.password}"] if meeting.password else []),
        f"Join by SIP: {sip_link}",
    ]
    return {"invitation": "\r\n".join(lines), "sip_links": [sip_link]}


def create_invite_links(request: FakeRequest) -> Row:
    """Return a new link for each name; the fake does not store links, so that none of them expires."""
    meeting = request.meeting()
    names = [each["name"] for each in cast("list[Json]", request.body.get("attendees", []))]
    return {
        "attendees": [
            {"name": name, "join_url": f"{SITE}/w/{meeting.id}?tk={secrets.token_urlsafe(16)}"} for name in names
        ]
    }


def caption_token(request: FakeRequest) -> Row:
    """Return the URL to which captions are sent."""
    meeting = request.meeting("captions")
    signature = f"id={meeting.id}&ns=Q2FwdA==&expire=86400&spparams=id%2Cns%2Cexpire&signature=sIg{meeting.uuid[:8]}"
    return {"token": f"{SITE}/closedcaption?{signature}"}


def sip_uri(request: FakeRequest) -> Row:
    """Return a SIP address with the given passcode, which the fake does not check."""
    meeting = request.meeting("sip")
    code = f"p{crc32(str(meeting.id).encode()) % 10**5:05d}"
    return {
        "sip_dialing": f"{meeting.id}.{request.body.get('passcode', '')}....{code}@{_SIP_DOMAIN}",
        "paid_crc_plan_participant": True,
        "participant_identifier_code": code,
        "expire_in": _SIP_LIFETIME_SECONDS,
    }


def _is_listed(meeting: ScheduledMeeting, list_type: str, now: datetime) -> bool:
    is_live = meeting.status == "started"
    if meeting.deleted or (meeting.type == INSTANT and not is_live):
        return False
    if list_type == "live":
        return is_live
    if list_type == "previous_meetings":
        return meeting.is_over(now) and any(start >= now - _HALF_YEAR for start in meeting.start_times())
    if list_type == "scheduled":
        return is_live or not meeting.is_expired(now)
    is_soon = not meeting.start_times() or min(meeting.start_times()) <= now + _HALF_YEAR
    return is_live or (is_soon and not meeting.is_over(now))


def _includes_user(meeting: ScheduledMeeting, user: Host) -> bool:
    invited = [str(each.get("email")) for each in cast("list[Json]", meeting.settings.get("meeting_invitees", []))]
    emails = {normalized_email(each) for each in (meeting.host.email, *meeting.alternative_hosts, *invited)}
    return normalized_email(user.email) in emails or user.id in meeting.alternative_hosts


def _occurrence(request: FakeRequest, meeting: ScheduledMeeting) -> Occurrence | None:
    """Return the occurrence that the query names, if it names one; the error of a webinar has a code of its own."""
    occurrence_id = request.query.get("occurrence_id")
    occurrence = None if occurrence_id is None else meeting.occurrence(occurrence_id)
    if occurrence_id is not None and occurrence is None:
        raise (
            ErrorResponse(400, 3000, "Webinar occurrence does not exist.")
            if request.is_webinar
            else invalid("occurrence_id", "Invalid parameter: occurrence_id.")
        )
    return occurrence


def scheduling_host(request: FakeRequest, user: Host, type_: object) -> Host:
    """Return the user whom `schedule_for` names, or *user* if it names none; raise an error for a wrong one.

    The reference has no error for an inactive or pending user; that of a user who may not schedule is sent.
    """
    name = str(request.body.get("schedule_for") or "")
    if name and type_ == INSTANT:
        raise ErrorResponse(400, 3000, "You cannot schedule an instant meeting for another user.")
    host = request.account.host(name) if name else user
    if host is None or host.other_account:
        raise invalid("schedule_for")
    if "scheduling" in host.disabled_features or host.status != "active":
        raise ErrorResponse(400, 3000, "You are not allowed to schedule meetings for this user.")
    request.check_scheduling(host)
    return host
