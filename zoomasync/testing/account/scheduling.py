"""Making a scheduled meeting, of a request's body or of a test's few words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, cast
from zlib import crc32

from ..protocol import body_rules as _rules
from ..protocol.schema import Fault
from . import defaults as _build
from .host import Host
from .meeting import INSTANT, NO_FIXED_TIME, Json, MeetingType, Poll, Registrant, ScheduledMeeting
from .recurrence import occurrences, zone

_SCHEDULED: Final = 2
_TOO_FAR: Final = 2200


def faults(body: Json) -> Iterator[Fault]:
    """Tell what is wrong with the body of a new meeting beyond its shape."""
    yield from _rules.recurrence(body)
    if _fails(lambda: zone(_timezone(body))):
        yield "timezone", "Invalid field."
    elif _fails(lambda: _start(body)):
        yield "start_time", "Invalid field."
    rule = cast("Json", body.get("recurrence", {}))
    if "end_date_time" in rule and _fails(lambda: datetime.fromisoformat(str(rule["end_date_time"]))):
        yield "recurrence.end_date_time", "Invalid field."


def of_body(body: Json, host: Host, number: int, now: datetime, assistant: Host) -> ScheduledMeeting:
    """Make a meeting of a body without faults.

    A scheduled meeting without a start becomes an instant one, and a start that is past is moved to now.
    """
    kind = cast("MeetingType", body.get("type", _SCHEDULED))
    start = _start(body)
    if kind == _SCHEDULED and start is None:
        kind = INSTANT
    start = None if kind in {INSTANT, NO_FIXED_TIME} else max(start or now, now)
    duration, timezone = cast("int", body.get("duration", 60)), _timezone(body)
    rule = cast("Json | None", body.get("recurrence"))
    wants_password = body.get("default_password", True)
    return ScheduledMeeting(
        id=number,
        uuid=_build.uuid(number, "meeting"),
        host=host,
        topic=str(body.get("topic", "Zoom Meeting")),
        created_at=now,
        type=kind,
        start_time=start,
        duration=duration,
        timezone=timezone,
        agenda=str(body.get("agenda", "")),
        password=str(body.get("password", "")) or (_passcode(number) if wants_password else ""),
        settings=cast("Json", body.get("settings", {})),
        recurrence=rule,
        occurrences=occurrences(start, duration, timezone, rule) if rule and start else (),
        tracking_fields=tuple(cast("list[Json]", body.get("tracking_fields", []))),
        assistant_id="" if assistant == host else assistant.id,
        template_id=str(body.get("template_id", "")),
        pre_schedule=bool(body.get("pre_schedule", False)),
        creation_source="open_api",
    )


def weekly(start: datetime, times: int) -> Json:
    """Return the rule of a meeting that recurs every week on the day of *start*, in UTC."""
    return {"type": 2, "repeat_interval": 1, "weekly_days": str(start.isoweekday() % 7 + 1), "end_times": times}


def registrants(
    wanted: int | Iterable[Registrant], number: int, created: datetime, *, waiting: bool = False
) -> list[Registrant]:
    """Return the given registrants, or so many numbered ones, a minute apart."""
    if not isinstance(wanted, int):
        return list(wanted)
    return [
        Registrant(
            id=registrant_id(number, f"guest{each}@elsewhere.example"),
            email=f"guest{each}@elsewhere.example",
            first_name="Guest",
            last_name=str(each),
            status="pending" if waiting else "approved",
            create_time=created + timedelta(minutes=each),
        )
        for each in range(1, wanted + 1)
    ]


def polls(wanted: int | Iterable[Poll], number: int) -> list[Poll]:
    """Return the given polls, or so many of one question each."""
    if not isinstance(wanted, int):
        return list(wanted)
    question = {"name": "Which slot?", "type": "single", "answers": ["Morning", "Evening"]}
    return [
        Poll(id=_build.ident(f"poll {number}", each), title=f"Poll {each}", questions=(question,))
        for each in range(1, wanted + 1)
    ]


def registrant_id(number: int, email: str) -> str:
    """Return the id under which this address is registered for the meeting with this number."""
    return _build.ident(f"registrant {email}", number)


def _start(body: Json) -> datetime | None:
    text = str(body.get("start_time", ""))
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.year >= _TOO_FAR:
        raise ValueError(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone(_timezone(body)))).astimezone(UTC)


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
