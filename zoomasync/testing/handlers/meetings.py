"""What `/users/{userId}/meetings` and the single facts of a scheduled meeting answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, cast
from zlib import crc32

from ..account import scheduling as _schedule
from ..account.host import Host
from ..account.meeting import INSTANT, Json, ScheduledMeeting, same_address
from ..account.recurrence import zone
from ..protocol import query as _query
from ..protocol.errors import Refusal, invalid, no_such_instance, not_valid, paid_only
from ..protocol.request import FakeRequest
from . import meeting_rows as _meeting_rows
from .instance_rows import Row

_LISTS: Final = ("scheduled", "live", "upcoming", "upcoming_meetings", "previous_meetings")
_HALF_A_YEAR: Final = timedelta(days=183)
_A_DAY: Final = timedelta(days=1)
_BASIC: Final = 1
_SIP_SECONDS: Final = 7200
_WITHHELD: Final = MappingProxyType(
    {
        "email_only": "The meeting summary can only be shared by email.",
        "ip_rule": "The meeting summary is not accessible from this IP address.",
        "trash": "The meeting summary is in the trash.",
    }
)


def listing(request: FakeRequest) -> Row:
    """Answer with the meetings that a user hosts, in the order in which they were made; instant ones only while live.

    A date range goes by the days on which a meeting starts, in `timezone`; without a fixed time it starts on none.
    """
    user, query = request.scheduling_user(), request.query
    kind = _query.choice(query, "type", _LISTS, default="scheduled")
    first = _query.day(query, "from", request.today.min)
    last = _query.day(query, "to", request.today.max)
    if first > last:
        raise invalid("from", "The from date is later than the to date.")
    try:
        where = zone(query.get("timezone", "UTC"))
    except ValueError:
        raise invalid("timezone") from None
    ranged = "from" in query or "to" in query
    page = request.page(
        [
            each
            for each in request.account.scheduled
            if each.host.id == user.id
            and _in_list(each, kind, request.now)
            and (not ranged or any(first <= start.astimezone(where).date() <= last for start in each.starts()))
        ],
        _meeting_rows.listed,
    )
    return {**page.envelope(), **page.totals(), "page_number": page.number, "meetings": page.rows}


def upcoming(request: FakeRequest) -> Row:
    """Answer with what starts in the next 24 hours and has the user for host, alternative host or invited."""
    user = request.user(unknown_code=3001)
    rows = [
        _meeting_rows.upcoming(meeting, start, user)
        for meeting in request.account.scheduled
        if not meeting.deleted and _concerns(meeting, user)
        for start in meeting.starts()
        if request.now <= start < request.now + _A_DAY
    ]
    return {"total_records": len(rows), "meetings": sorted(rows, key=lambda row: str(row["start_time"]))}


def create(request: FakeRequest) -> Row:
    """Schedule a meeting, for the user or for whom `schedule_for` names."""
    user, body = request.scheduling_user(), request.body
    if faults := list(_schedule.faults(body)):
        raise not_valid(faults)
    host = _host(request, user, body)
    request.quota.schedule(host.id)
    meeting = _schedule.of_body(body, host, request.account.next_number(), request.now, user)
    request.account.scheduled.append(meeting)
    return _meeting_rows.created(meeting)


def update_status(request: FakeRequest) -> None:
    """End a running meeting, or bring back a deleted one; the refusals of what is neither are our choice."""
    action = request.body.get("action")
    if action is None:
        raise invalid("action", "The parameter is required: action.")
    meeting = request.managed_meeting(deleted=action == "recover")
    if action == "recover":
        if not meeting.deleted:
            raise Refusal(400, 3000, "The meeting is not deleted.")
        meeting.deleted = False
        return
    if meeting.on_premise:
        raise Refusal(400, 3063, "Can not end on-premise user's meeting.")
    if meeting.status != "started":
        raise Refusal(400, 4927, "The meeting is not running.")
    meeting.end()


def caption_token(request: FakeRequest) -> Row:
    """Answer with the URL to which captions are sent."""
    _query.choice(request.query, "type", ("closed_caption_token",), default="closed_caption_token")
    meeting = request.meeting()
    if "captions" in meeting.host.switched_off:
        raise Refusal(400, 3000, "Closed captions are not enabled for this meeting.")
    signature = f"id={meeting.id}&ns=Q2FwdA==&expire=86400&spparams=id%2Cns%2Cexpire&signature=sIg{meeting.uuid[:8]}"
    return {"token": f"{_meeting_rows.SITE}/closedcaption?{signature}"}


def sip_uri(request: FakeRequest) -> Row:
    """Answer with an address to dial; the passcode is put into it, and checked by nobody."""
    meeting = request.meeting()
    if "sip" in meeting.host.switched_off:
        raise Refusal(400, 3000, "Can not get the SIP URI of this meeting.")
    code = f"p{crc32(str(meeting.id).encode()) % 10**5:05d}"
    return {
        "sip_dialing": f"{meeting.id}.{request.body.get('passcode', '')}....{code}@zoomcrc.example",
        "paid_crc_plan_participant": True,
        "participant_identifier_code": code,
        "expire_in": _SIP_SECONDS,
    }


def summary(request: FakeRequest) -> Row:
    """Answer with the summary of one session, which a UUID alone names."""
    if request.path_value.isdigit():
        raise invalid("meetingId", "A meeting UUID is expected.")
    instance = request.instance(max_age_months=None)
    if instance.host.type == _BASIC:
        raise paid_only(request.account.id)
    if instance.summary is None:
        raise no_such_instance(request.path_value)
    if instance.summary.withheld:
        raise Refusal(403, 2305, _WITHHELD[instance.summary.withheld])
    return _meeting_rows.summary(instance, instance.summary)


def _in_list(meeting: ScheduledMeeting, kind: str, now: datetime) -> bool:
    live = meeting.status == "started"
    if meeting.deleted or (meeting.type == INSTANT and not live):
        return False
    if kind == "live":
        return live
    if kind == "previous_meetings":
        return meeting.over(now) and max(meeting.starts()) >= now - _HALF_A_YEAR
    if kind == "scheduled":
        return live or not meeting.expired(now)
    soon = not meeting.starts() or min(meeting.starts()) <= now + _HALF_A_YEAR
    return live or (soon and not meeting.over(now))


def _concerns(meeting: ScheduledMeeting, user: Host) -> bool:
    invited = [str(each.get("email")) for each in cast("list[Json]", meeting.settings.get("meeting_invitees", []))]
    names = {same_address(name) for name in (meeting.host.email, *meeting.alternative_hosts, *invited)}
    return same_address(user.email) in names or user.id in meeting.alternative_hosts


def _host(request: FakeRequest, user: Host, body: Json) -> Host:
    name = str(body.get("schedule_for", ""))
    if not name:
        return user
    if body.get("type") == INSTANT:
        raise Refusal(400, 3000, "You cannot schedule an instant meeting for another user.")
    host = request.account.host(name)
    if host is None:
        raise invalid("schedule_for")
    if "scheduling" in host.switched_off:
        raise Refusal(400, 3000, "You are not allowed to schedule meetings for this user.")
    return host
