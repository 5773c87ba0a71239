"""Scheduled meetings and webinars made and changed by the body of a request, and defaults for those added by a test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, cast
from zlib import crc32

from ..protocol import body_rules
from ..protocol.validation import Fault
from . import defaults
from .host import Host
from .meeting import (
    INSTANT,
    SCHEDULED,
    TYPES_WITH_OCCURRENCES,
    TYPES_WITHOUT_START,
    Json,
    MeetingType,
    Occurrence,
    Panelist,
    Poll,
    Registrant,
    ScheduledMeeting,
)
from .recurrence import occurrences, time_zone

_FIRST_INVALID_YEAR: Final = 2200
_OCCURRENCE_SETTINGS: Final = frozenset(
    {
        *("host_video", "participant_video", "panelist_video", "hd_video", "join_before_host", "mute_upon_entry"),
        *("waiting_room", "watermark", "auto_recording"),
    }
)
"""The settings that one occurrence of a meeting or webinar can have for itself."""


def faults(body: Json) -> Iterator[Fault]:
    """Yield the faults in the body of a new or changed meeting that the reference does not describe."""
    yield from body_rules.recurrence(body)
    end = cast("Json", body.get("recurrence", {})).get("end_date_time")
    if _fails(lambda: time_zone(_timezone(body))):
        yield "timezone", "Invalid field."
    elif _fails(lambda: _start(body)):
        yield "start_time", "Invalid field."
    elif end and (start := _start(body)) and datetime.fromisoformat(str(end)) < start:
        yield "recurrence.end_date_time", "Invalid field. It lies before the start."


def from_body(
    body: Json, host: Host, number: int, now: datetime, user: Host, default_type: MeetingType = SCHEDULED
) -> ScheduledMeeting:
    """Return the meeting or webinar that *user* schedules for *host* with a body without faults.

    A scheduled meeting without a start becomes an instant meeting. A start in the past is moved to *now*.
    """
    start = _start(body)
    meeting = ScheduledMeeting(
        id=number,
        uuid=defaults.uuid(number, "meeting"),
        host=host,
        topic="",
        created_at=now,
        password=str(body.get("password", "")) or (_passcode(number) if body.get("default_password", True) else ""),
        assistant_id="" if user == host else user.id,
        creation_source="open_api",
    )
    type_ = body.get("type", default_type)
    _set(meeting, {**body, "type": INSTANT if type_ == SCHEDULED and start is None else type_}, max(start or now, now))
    return meeting


def with_update(meeting: ScheduledMeeting, body: Json) -> Json:
    """Return the body that would create *meeting* as the *body* of an update changes it.

    Null resets a field to the default of a new meeting. Settings that *body* lacks are kept, and so is the recurrence
    unless the new type has none.
    """
    type_, settings = body.get("type") or meeting.type, cast("Json | None", body.get("settings", {}))
    whole: Json = {
        "topic": meeting.topic,
        "agenda": meeting.agenda,
        "duration": meeting.duration,
        "timezone": meeting.timezone,
        "password": meeting.password,
        "recurrence": meeting.recurrence if type_ in TYPES_WITH_OCCURRENCES else None,
        "tracking_fields": meeting.tracking_fields,
        "template_id": meeting.template_id,
        "pre_schedule": meeting.pre_schedule,
        **body,
        "type": type_,
        "settings": None if settings is None else {**meeting.settings, **settings},
    }
    return {name: value for name, value in whole.items() if value is not None}


def update(meeting: ScheduledMeeting, body: Json, now: datetime) -> None:
    """Change a meeting or webinar by the *body* of an update whose `with_update` has no faults.

    Zoom ignores a start in the past. If the recurrence, the start, the duration or the time zone changes, all
    occurrences are new; else each is kept. The reference does not state either for a changed time zone: the start stays
    the same moment. A meeting that had no start begins *now*.
    """
    whole = with_update(meeting, body)
    start = _start(whole)
    meeting.password = str(whole.get("password", ""))
    _set(meeting, whole, start if start and start > now else meeting.start_time or now)


def update_occurrence(meeting: ScheduledMeeting, occurrence: Occurrence, body: Json, now: datetime) -> None:
    """Change one occurrence of a meeting or webinar by the *body* of an update.

    Only the agenda, the start, the duration and some settings of an occurrence can change. The reference does not say
    what happens to other fields; they are ignored.
    """
    whole = with_update(meeting, body)
    start = _start(whole)
    settings = cast("Json", body.get("settings") or {})
    meeting.save_occurrence(
        replace(
            occurrence,
            first_start=occurrence.first_start or occurrence.start_time,
            start_time=start if start and start > now else occurrence.start_time,
            duration=cast("int", body.get("duration") or occurrence.duration),
            agenda=str(body["agenda"] or "") if "agenda" in body else occurrence.agenda,
            settings={
                **occurrence.settings,
                **{name: value for name, value in settings.items() if name in _OCCURRENCE_SETTINGS},
            },
        )
    )


def weekly(start: datetime, times: int) -> Json:
    """Return the recurrence of a meeting that is held *times* times, every week on the UTC weekday of *start*."""
    return {"type": 2, "repeat_interval": 1, "weekly_days": str(start.isoweekday() % 7 + 1), "end_times": times}


def registrants(
    given: int | Iterable[Registrant], number: int, created: datetime, *, pending: bool = False
) -> list[Registrant]:
    """Return the given registrants, or so many numbered ones who registered one minute apart."""

    def registrant(each: int) -> Registrant:
        email = f"guest{each}@elsewhere.example"
        return Registrant(
            id=registrant_id(number, email),
            email=email,
            first_name="Guest",
            last_name=str(each),
            status="pending" if pending else "approved",
            create_time=created + timedelta(minutes=each),
        )

    return defaults.given_or_numbered(given, registrant)


def polls(given: int | Iterable[Poll], number: int) -> list[Poll]:
    """Return the given polls, or so many with one question each."""
    question = {"name": "Which slot?", "type": "single", "answers": ["Morning", "Evening"]}

    def poll(each: int) -> Poll:
        return Poll(id=defaults.opaque_id(f"poll {number}", each), title=f"Poll {each}", questions=(question,))

    return defaults.given_or_numbered(given, poll)


def panelists(given: int | Iterable[Panelist], number: int) -> list[Panelist]:
    """Return the given panelists, or so many numbered ones."""

    def panelist(each: int) -> Panelist:
        email = f"panelist{each}@elsewhere.example"
        return Panelist(id=panelist_id(number, email), email=email, name=f"Panelist {each}")

    return defaults.given_or_numbered(given, panelist)


def panelist_id(number: int, email: str) -> str:
    """Return the panelist id of this address for the webinar with this number."""
    return defaults.opaque_id(f"panelist {email}", number)


def registrant_id(number: int, email: str) -> str:
    """Return the registrant id of this address for the meeting with this number."""
    return defaults.opaque_id(f"registrant {email}", number)


def _set(meeting: ScheduledMeeting, body: Json, start: datetime) -> None:
    """Set the fields that a body determines, with the defaults of a new meeting, and new occurrences if needed."""
    before = _times(meeting)
    meeting.type = cast("MeetingType", body["type"])
    meeting.topic = str(body.get("topic", "Webinar" if meeting.is_webinar else "Zoom Meeting"))
    meeting.start_time = None if meeting.type in TYPES_WITHOUT_START else start
    meeting.duration, meeting.timezone = cast("int", body.get("duration", 60)), _timezone(body)
    meeting.agenda = str(body.get("agenda", ""))
    meeting.settings = cast("Json", body.get("settings", {}))
    meeting.recurrence = rule = cast("Json | None", body.get("recurrence"))
    meeting.tracking_fields = tuple(cast("list[Json]", body.get("tracking_fields", ())))
    meeting.template_id = str(body.get("template_id", ""))
    meeting.pre_schedule = bool(body.get("pre_schedule", False))
    if _times(meeting) != before:
        meeting.occurrences = occurrences(start, meeting.duration, meeting.timezone, rule) if rule else ()


def _times(meeting: ScheduledMeeting) -> tuple[object, ...]:
    return meeting.start_time, meeting.duration, meeting.timezone, meeting.recurrence


def _start(body: Json) -> datetime | None:
    text = str(body.get("start_time", ""))
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.year >= _FIRST_INVALID_YEAR:
        raise ValueError(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=time_zone(_timezone(body)))).astimezone(UTC)


def _timezone(body: Json) -> str:
    return str(body.get("timezone", "UTC"))


def _fails(read: Callable[[], object]) -> bool:
    try:
        read()
    except (ValueError, OverflowError):
        return True
    return False


def _passcode(number: int) -> str:
    return f"{crc32(str(number).encode()) % 10**6:06d}"
