"""Handlers of webinars, as far as they differ from meetings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, cast

from ..account import scheduling
from ..account.host import Host
from ..account.meeting import WEBINAR, WEBINAR_NO_FIXED_TIME, Json, ScheduledMeeting
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, check_faults, invalid
from ..protocol.validation import Fault
from . import meetings
from .instance_rows import Row
from .webinar_rows import created_webinar_body, listed_webinar_row, tracking_source_row, webinar_body

_SIMULIVE_FIELDS: Final = frozenset({"is_simulive", "record_file_id", "simulive_delay_start", "transition_to_live"})
_LONGEST_DURATION: Final = 1440
"""The limit of a meeting, in minutes; the reference has none for webinars."""
_LONGEST_INTERVALS: Final = {1: 90, 2: 12, 3: 3}
"""The most days, weeks and months between two occurrences, which the reference has in its prose only."""


def listing(request: FakeRequest) -> Row:
    """Return the webinars of a user that have not expired, or those that are upcoming or live."""
    user, upcoming = request.scheduling_user(), request.query.get("type") == "upcoming"
    page = request.page(
        [
            each
            for each in request.account.scheduled_webinars
            if each.host.id == user.id and _is_listed(each, request.now, upcoming=upcoming)
        ],
        listed_webinar_row,
    )
    return {**page.numbered_envelope(), "webinars": page.rows}


def create(request: FakeRequest) -> Row:
    """Schedule a webinar for the user, or for the user whom `schedule_for` names."""
    user, body = request.scheduling_user(), request.body
    check_faults((*scheduling.faults({"type": WEBINAR, **body}), *_limit_faults(body)))
    host = meetings.scheduling_host(request, user, body.get("type"))
    simulive = _simulive(request, {}, body.get("type"), user)
    request.quota.schedule(host.id)
    body = {**body, "default_password": body.get("default_passcode", True)}
    number = request.account.next_meeting_number()
    webinar = scheduling.from_body(body, host, number, request.now, user, default_type=WEBINAR)
    webinar.simulive = simulive
    request.account.scheduled_webinars.append(webinar)
    request.announcements.scheduled("created", webinar, request.operator(host))
    return created_webinar_body(webinar)


def details(request: FakeRequest) -> Row:
    """Return a webinar, or one occurrence of it."""
    return meetings.details(request, webinar_body)


def update(request: FakeRequest) -> None:
    """Change a webinar or one occurrence, which cannot become simulive by itself."""
    webinar, body = _unstarted(request), request.body
    type_ = body.get("type") or webinar.type
    check_faults(_limit_faults(body))
    simulive = _simulive(request, webinar.simulive, type_, webinar.host)
    meetings.update(request)
    if "occurrence_id" not in request.query:
        webinar.simulive = simulive


def delete(request: FakeRequest) -> None:
    """Delete a webinar or one occurrence; no mails are sent."""
    if _unstarted(request).in_zoom_events:
        raise ErrorResponse(400, 3000, "Webinars created via event directory can not be updated or deleted.")
    meetings.delete(request)


def caption_token(request: FakeRequest) -> Row:
    """Return the URL to which captions of a running webinar are sent."""
    if request.meeting("captions").status != "started":
        raise ErrorResponse(400, 3000, f"Webinar {request.path_value} has not started.")
    return meetings.caption_token(request)


def sip_uri(request: FakeRequest) -> Row:
    """Return a SIP address; here, the error for an unknown webinar is 400 with code 3000."""
    number = request.path_value
    known = {str(each.id) for each in request.account.scheduled_webinars if not each.deleted}
    if number.isdigit() and number not in known:
        raise ErrorResponse(400, 3000, "Cannot access meeting information.")
    return meetings.sip_uri(request)


def tracking_sources(request: FakeRequest) -> Row:
    """Return the tracking sources; the total is that of the registrations, as documented."""
    webinar = request.meeting()
    rows = [tracking_source_row(webinar, each) for each in webinar.tracking_sources]
    return {"total_records": sum(cast("int", row["registration_count"]) for row in rows), "tracking_sources": rows}


def _is_listed(webinar: ScheduledMeeting, now: datetime, *, upcoming: bool) -> bool:
    ended = webinar.is_over(now) if upcoming else webinar.is_expired(now)
    return not webinar.deleted and (webinar.status == "started" or not ended)


def _unstarted(request: FakeRequest) -> ScheduledMeeting:
    """Return the webinar; raise an error for a simulive one that has started."""
    webinar = request.meeting()
    if webinar.is_simulive and webinar.status == "started":
        raise ErrorResponse(400, 3000, "You cannot update or delete simulive webinars that have started.")
    return webinar


def _limit_faults(body: Json) -> Iterator[Fault]:
    duration = cast("int | None", body.get("duration"))
    if duration is not None and not 1 <= duration <= _LONGEST_DURATION:
        yield "duration", "Invalid field."
    rule = cast("Json", body.get("recurrence") or {})
    if cast("int", rule.get("repeat_interval") or 1) > _LONGEST_INTERVALS.get(cast("int", rule.get("type")), 1):
        yield "recurrence.repeat_interval", "Invalid field."


def _simulive(request: FakeRequest, before: Json, type_: object, user: Host) -> Json:
    """Return the simulive fields *before*, changed by the body; raise an error for what cannot be.

    The reference has no error for a simulive webinar without a recording.
    """
    fields = {name: value for name, value in request.body.items() if name in _SIMULIVE_FIELDS}
    simulive = {name: value for name, value in {**before, **fields}.items() if value is not None}
    if not simulive.get("is_simulive"):
        return simulive
    request.check_feature(user, "simulive")
    if meetings.scheduling_host(request, user, type_) != user:
        raise invalid("schedule_for", "Can not schedule simulive webinar for others.")
    if type_ == WEBINAR_NO_FIXED_TIME:
        raise ErrorResponse(400, 4505, "Simulive can't select No Fixed Time.")
    file_id = simulive.get("record_file_id")
    if file_id and request.account.recording_file(str(file_id)) is None:
        raise invalid("record_file_id", "Record file does not exist.")
    return simulive
