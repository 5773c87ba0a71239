"""What is scheduled in a simulated account: its own stream of chance, so that the past stays as it is."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from ..account import defaults as _build
from ..account import scheduling as _schedule
from ..account.host import DialInNumber, Host, PacAccount
from ..account.meeting import (
    FIXED_TIME,
    NO_FIXED_TIME,
    CustomAnswer,
    Json,
    MeetingTemplate,
    MeetingType,
    Poll,
    Registrant,
    RegistrantStatus,
    ScheduledMeeting,
)
from ..account.recurrence import occurrences
from ..protocol.bodies import COMPANY_SIZES, PURCHASE_ROLES, PURCHASE_TIMES
from .people import GUEST_NAMES, TOPICS
from .random_source import Chance

_CROWDS: Final = (650, 300, 31, 1)
"""How many are registered for the first meetings: several pages, one page, one more than a small one, one alone."""
_BY_HAND: Final = 1
_FATES: Final[tuple[RegistrantStatus, ...]] = ("approved", "approved", "pending", "denied", "cancelled")
_SINGLE: Final[Json] = {"name": "Which slot suits you?", "type": "single", "answers": ["Morning", "Evening"]}
_RATING: Final[Json] = {
    "name": "Rate the room", "type": "rating_scale", "rating_min_value": 0, "rating_max_value": 5,
    "rating_min_label": "Poor", "rating_max_label": "Great",
}  # fmt: skip
_MATCHING: Final[Json] = {
    "name": "Match city to river",
    "type": "matching",
    "answers": ["Seine", "Sequana", "Tagus", "Tejo"],
    "prompts": [
        {"prompt_question": "Paris", "prompt_right_answers": ["Seine", "Sequana"]},
        {"prompt_question": "Lisbon", "prompt_right_answers": ["Tagus", "Tejo"]},
    ],
}
_SURVEY: Final[Json] = {
    "show_in_the_browser": True,
    "custom_survey": {
        "title": "After the call",
        "anonymous": False,
        "numbered_questions": True,
        "show_question_type": False,
        "feedback": "Thanks for helping us plan.",
        "questions": [{"name": "Was the length right?", "type": "single", "answers": ["Too short", "Right"]}, _RATING],
    },
}


def meetings(rng: Chance, active: Sequence[Host], today: date) -> list[ScheduledMeeting]:
    """Invent what *active* hosts have scheduled: single, recurring and without fixed time, past and to come."""
    return [meeting for place, host in enumerate(active) for meeting in _of_host(rng, host, place, today)]


def templates(scheduled: Sequence[ScheduledMeeting]) -> list[MeetingTemplate]:
    """Make a template of every recurring meeting, and one of an administrator's for everybody."""
    own = [
        MeetingTemplate(
            id=_build.ident("template", each.id),
            name=each.topic,
            host=each.host,
            meeting_id=each.id,
            save_recurrence=True,
        )
        for each in scheduled
        if each.type == FIXED_TIME
    ]
    return [MeetingTemplate(id=_build.ident("template", 0), name="Board session"), *own]


def audio(number: int) -> tuple[PacAccount, ...]:
    """Return the personal audio conference of the user with this *number*."""
    account = PacAccount(
        conference_id=730_214 + number,
        participant_password=f"{451_209 + number}",
        listen_only_password=f"{813_402 + number}",
        dedicated_dial_in_number=(DialInNumber(country="IE", number="+35315550100"),),
        global_dial_in_numbers=(
            DialInNumber(country="PT", number="+351215550100"),
            DialInNumber(country="US", number="+12025550100"),
        ),
    )
    return (account,)


def _of_host(rng: Chance, host: Host, place: int, today: date) -> Iterator[ScheduledMeeting]:
    crowd = _CROWDS[place] if place < len(_CROWDS) else rng.below(12)
    yield _meeting(rng, host, 2, _at(today, 3 + place, 14), crowd=crowd)
    yield _meeting(rng, host, 2, _at(today, 1, 9 + place % 8), crowd=20, approval=_BY_HAND)
    yield _meeting(rng, host, 2, _at(today, -rng.below(20) - 2, 11))
    yield _meeting(rng, host, FIXED_TIME, _at(today, -6, 10), crowd=8)
    yield _meeting(rng, host, NO_FIXED_TIME, None)


def _meeting(
    rng: Chance, host: Host, type_: MeetingType, start: datetime | None, *, crowd: int = 0, approval: int = 0
) -> ScheduledMeeting:
    number = 81_000_000_000 + rng.below(18_999_999_999)
    made = datetime.combine(host.created + timedelta(days=1), time(8), UTC)
    created = min(made, start - timedelta(days=30)) if start else made
    duration = rng.choice((30, 45, 60))
    rule = _schedule.weekly(start, 8) if start and type_ == FIXED_TIME else None
    return ScheduledMeeting(
        id=number,
        uuid=b64encode(rng.randbytes(16)).decode(),
        host=host,
        topic=rng.choice(TOPICS),
        created_at=created,
        type=type_,
        start_time=start,
        duration=duration,
        timezone=rng.choice(("UTC", "Europe/Lisbon", "Asia/Tokyo")),
        agenda="Status, risks, and what else there is. " * rng.choice((0, 1, 9)),
        password=f"{rng.below(10**6):06d}",
        settings={
            "approval_type": approval if crowd else 2,
            "use_pmi": type_ == NO_FIXED_TIME,
            "waiting_room": rng.happens(0.5),
        },
        recurrence=rule,
        occurrences=occurrences(start, duration, "UTC", rule) if start and rule else (),
        registrants=[_registrant(rng, number, each, created, by_hand=approval == _BY_HAND) for each in range(crowd)],
        questions=[{"field_name": "last_name", "required": False}, {"field_name": "org", "required": False}],
        custom_questions=[{"title": "Dietary needs?", "type": "short", "required": False, "answers": []}],
        polls=_polls(number) if crowd else [],
        survey=dict(_SURVEY) if rng.happens(0.5) else {},
    )


def _registrant(rng: Chance, meeting: int, number: int, since: datetime, *, by_hand: bool) -> Registrant:
    email = f"guest{number}@elsewhere.example"
    person = Registrant(
        id=_schedule.registrant_id(meeting, email),
        email=email,
        first_name=GUEST_NAMES[number % len(GUEST_NAMES)] or "Guest",
        last_name="" if number % 3 else f"No. {number}",
        create_time=since + timedelta(minutes=number),
        status=_FATES[number % len(_FATES)] if by_hand else "approved",
        participant_pin_code=400_000 + number if number % 2 else None,
    )
    if number % 10:
        return person
    return replace(
        person,
        org="Lakeside Freight",
        country="IE",
        purchasing_time_frame=rng.choice(PURCHASE_TIMES),
        role_in_purchase_process=rng.choice(PURCHASE_ROLES),
        no_of_employees=rng.choice(COMPANY_SIZES),
        custom_questions=(CustomAnswer(title="Dietary needs?", value="none"),),
    )


def _polls(number: int) -> list[Poll]:
    ident = f"poll {number}"
    return [
        Poll(
            id=_build.ident(ident, 1), title="Slot vote", anonymous=True, status="ended", questions=(_SINGLE, _RATING)
        ),
        Poll(id=_build.ident(ident, 2), title="City quiz", poll_type=3, questions=(_MATCHING,)),
    ]


def _at(today: date, days: int, hour: int) -> datetime:
    return datetime.combine(today + timedelta(days=days), time(hour), UTC)
