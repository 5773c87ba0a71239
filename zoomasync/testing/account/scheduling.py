"""Scheduled meetings and webinars made from the body of a request, and defaults for those added by a test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, cast
from zlib import crc32

from ..protocol import body_rules
from ..protocol.validation import Fault
from . import defaults
from .host import Host
from .meeting import INSTANT, SCHEDULED, TYPES_WITHOUT_START, Json, MeetingType, Poll, Registrant, ScheduledMeeting
from .recurrence import occurrences, time_zone

_FIRST_INVALID_YEAR: Final = 2200


def faults(body: Json) -> Iterator[Fault]:
    """Yield the faults in the body of a new meeting that the reference does not describe."""
    yield from body_rules.recurrence(body)
    if _fails(lambda: time_zone(_timezone(body))):
        yield "timezone", "Invalid field."
    elif _fails(lambda: _start(body)):
        yield "start_time", "Invalid field."
    rule = cast("Json", body.get("recurrence", {}))
    if "end_date_time" in rule and _fails(lambda: datetime.fromisoformat(str(rule["end_date_time"]))):
        yield "recurrence.end_date_time", "Invalid field."


def from_body(
    body: Json, host: Host, number: int, now: datetime, user: Host, default_type: MeetingType = SCHEDULED
) -> ScheduledMeeting:
    """Return the meeting or webinar that *user* schedules for *host* with a body without faults.

    A scheduled meeting without a start becomes an instant meeting. A start in the past is moved to *now*.
    """
    type_ = cast("MeetingType", body.get("type", default_type))
    start = _start(body)
    if type_ == SCHEDULED and start is None:
        type_ = INSTANT
    start = None if type_ in TYPES_WITHOUT_START else max(start or now, now)
    duration, timezone = cast("int", body.get("duration", 60)), _timezone(body)
    rule = cast("Json | None", body.get("recurrence"))
    return ScheduledMeeting(
        id=number,
        uuid=defaults.uuid(number, "meeting"),
        host=host,
        topic=str(body.get("topic", "Zoom Meeting")),
        created_at=now,
        type=type_,
        start_time=start,
        duration=duration,
        timezone=timezone,
        agenda=str(body.get("agenda", "")),
        password=str(body.get("password", "")) or (_passcode(number) if body.get("default_password", True) else ""),
        settings=cast("Json", body.get("settings", {})),
        recurrence=rule,
        occurrences=occurrences(start, duration, timezone, rule) if rule and start else (),
        tracking_fields=tuple(cast("list[Json]", body.get("tracking_fields", []))),
        assistant_id="" if user == host else user.id,
        template_id=str(body.get("template_id", "")),
        pre_schedule=bool(body.get("pre_schedule", False)),
        creation_source="open_api",
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


def registrant_id(number: int, email: str) -> str:
    """Return the registrant id of this address for the meeting with this number."""
    return defaults.opaque_id(f"registrant {email}", number)


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
