"""Scheduled meetings, webinars and templates of a simulated account."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from ..account import defaults, scheduling
from ..account.host import DialInNumber, Host, PacAccount
from ..account.instance import Instance
from ..account.meeting import (
    FIXED_TIME,
    MANUAL_APPROVAL,
    NO_FIXED_TIME,
    NO_REGISTRATION,
    SCHEDULED,
    TYPES_WITH_OCCURRENCES,
    WEBINAR,
    WEBINAR_FIXED_TIME,
    WEBINAR_NO_FIXED_TIME,
    CustomAnswer,
    Json,
    Livestream,
    MeetingTemplate,
    MeetingType,
    Poll,
    Registrant,
    RegistrantStatus,
    ScheduledMeeting,
    TrackingSource,
)
from ..account.recurrence import occurrences
from ..protocol.times import at
from ..reference.operations import OPERATIONS
from .people import GUEST_NAMES, TOPICS
from .seeded_random import SeededRandom

_REGISTRANT_COUNTS: Final = (650, 300, 31, 1)
"""Registrants of the first hosts' meetings: several pages, one full page, one more than a default page, one person."""
_STATUSES: Final[tuple[RegistrantStatus, ...]] = ("approved", "approved", "pending", "denied", "cancelled")
_LANGUAGES: Final = ("", "en-US", "fr-FR")
_SOURCES: Final = (
    TrackingSource(id="4816766181770", source_name="https://news.elsewhere.example", visitor_count=120),
    TrackingSource(id="5516482804110", source_name="https://social.elsewhere.example", visitor_count=64),
)
_SOURCE_IDS: Final = ("", *(each.id for each in _SOURCES))
"""The tracking sources that led the registrants of webinars; some came by none."""
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


def simulate_meetings(
    rng: SeededRandom, active: Sequence[Host], today: date, held: Sequence[Instance]
) -> list[ScheduledMeeting]:
    """Return five meetings of each *active* host: upcoming, past, recurring and without a fixed time.

    Those with approval by hand, with occurrences and without a fixed time have numbers that the host has *held*.
    """
    return [meeting for index, host in enumerate(active) for meeting in _meetings_of(rng, host, index, today, held)]


def simulate_webinars(
    rng: SeededRandom, active: Sequence[Host], today: date, held: Sequence[Instance]
) -> list[ScheduledMeeting]:
    """Return three webinars of each of the first two *active* hosts: upcoming, recurring and without a fixed time.

    The first two have the numbers of webinars of their kind that the host has *held*, if there are any.
    """
    hosts = enumerate(active[:2])
    return [webinar for index, host in hosts for webinar in _webinars_of(rng, host, index, today, held)]


def simulate_templates(scheduled: Sequence[ScheduledMeeting]) -> list[MeetingTemplate]:
    """Return a template of an administrator, and one of the host for each meeting and webinar with occurrences."""
    own = [
        MeetingTemplate(
            id=defaults.opaque_id("template", each.id),
            name=each.topic,
            host=each.host,
            meeting_id=each.id,
            save_recurrence=True,
            webinar=each.is_webinar,
        )
        for each in scheduled
        if each.has_occurrences
    ]
    return [MeetingTemplate(id=defaults.opaque_id("template", 0), name="Board session"), *own]


def pac_accounts(number: int) -> tuple[PacAccount, ...]:
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


def _meetings_of(
    rng: SeededRandom, host: Host, index: int, today: date, held: Sequence[Instance]
) -> Iterator[ScheduledMeeting]:
    single, recurring, open_end = (_held(held, host, each) for each in (SCHEDULED, FIXED_TIME, NO_FIXED_TIME))
    count = _REGISTRANT_COUNTS[index] if index < len(_REGISTRANT_COUNTS) else rng.below(12)
    yield _meeting(rng, host, SCHEDULED, at(today, 14, days=3 + index), registrants=count)
    soon = at(today, 9 + index % 8, days=1)
    yield _meeting(rng, host, SCHEDULED, soon, registrants=20, approval_type=MANUAL_APPROVAL, number=single)
    yield _meeting(rng, host, SCHEDULED, at(today, 11, days=-rng.below(20) - 2))
    yield _meeting(rng, host, FIXED_TIME, at(today, 10, days=-6), registrants=8, number=recurring)
    yield _meeting(rng, host, NO_FIXED_TIME, None, number=open_end)


def _webinars_of(
    rng: SeededRandom, host: Host, index: int, today: date, held: Sequence[Instance]
) -> Iterator[ScheduledMeeting]:
    start = at(today, 15, days=4 + index)
    single, recurring_number = _held(held, host, WEBINAR), _held(held, host, WEBINAR_FIXED_TIME)
    upcoming = _meeting(rng, host, WEBINAR, start, registrants=45, approval_type=MANUAL_APPROVAL, number=single)
    upcoming.survey = {**_SURVEY, "show_in_the_follow_up_email": True}
    upcoming.livestream = Livestream(
        stream_url="rtmp://live.example/app",
        stream_key=f"k3y{upcoming.id}",
        page_url="https://live.example/page",
        resolution="720p",
    )
    upcoming.panelists = scheduling.panelists(3, upcoming.id)
    upcoming.tracking_sources = list(_SOURCES)
    last_start = at(today, 16, days=-3)
    recurring = _meeting(rng, host, WEBINAR_FIXED_TIME, last_start, registrants=12, number=recurring_number)
    for webinar in (upcoming, recurring, _meeting(rng, host, WEBINAR_NO_FIXED_TIME, None)):
        webinar.settings = {"approval_type": webinar.approval_type}  # webinars lack the others
        webinar.registrants = [
            replace(each, participant_pin_code=None, language=_LANGUAGES[number % 3], source_id=_SOURCE_IDS[number % 3])
            for number, each in enumerate(webinar.registrants)
        ]
        yield webinar


def _held(held: Sequence[Instance], host: Host, type_: int) -> int | None:
    """Return the number of the latest instance of this type that *host* has held with others, or None."""
    numbers = (each.id for each in reversed(held) if (each.host, each.type) == (host, type_) and not each.one_person)
    return next(numbers, None)


def _meeting(
    rng: SeededRandom,
    host: Host,
    type_: MeetingType,
    start: datetime | None,
    *,
    registrants: int = 0,
    approval_type: int = 0,
    number: int | None = None,
) -> ScheduledMeeting:
    new_number = 81_000_000_000 + rng.below(18_999_999_999)  # always drawn, so that the other values do not change
    number = number or new_number
    usual = at(host.created, 8, days=1)
    created = min(usual, start - timedelta(days=30)) if start else usual
    duration = rng.choice((30, 45, 60))
    rule = scheduling.weekly(start, 8) if start and type_ in TYPES_WITH_OCCURRENCES else None
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
            "approval_type": approval_type if registrants else NO_REGISTRATION,
            "use_pmi": type_ == NO_FIXED_TIME,
            "waiting_room": rng.chance(0.5),
        },
        recurrence=rule,
        occurrences=occurrences(start, duration, "UTC", rule) if start and rule else (),
        registrants=[
            _registrant(rng, number, each, created, manual=approval_type == MANUAL_APPROVAL)
            for each in range(registrants)
        ],
        questions=[{"field_name": "last_name", "required": False}, {"field_name": "org", "required": False}],
        custom_questions=[{"title": "Dietary needs?", "type": "short", "required": False, "answers": []}],
        polls=_polls(number) if registrants else [],
        survey=dict(_SURVEY) if rng.chance(0.5) else {},
    )


def _registrant(rng: SeededRandom, meeting: int, number: int, created: datetime, *, manual: bool) -> Registrant:
    email = f"guest{number}@elsewhere.example"
    registrant = Registrant(
        id=scheduling.registrant_id(meeting, email),
        email=email,
        first_name=GUEST_NAMES[number % len(GUEST_NAMES)] or "Guest",
        last_name="" if number % 3 else f"No. {number}",
        create_time=created + timedelta(minutes=number),
        status=_STATUSES[number % len(_STATUSES)] if manual else "approved",
        participant_pin_code=400_000 + number if number % 2 else None,
    )
    if number % 10:
        return registrant
    return replace(
        registrant,
        org="Lakeside Freight",
        country="IE",
        purchasing_time_frame=_answer(rng, "purchasing_time_frame"),
        role_in_purchase_process=_answer(rng, "role_in_purchase_process"),
        no_of_employees=_answer(rng, "no_of_employees"),
        custom_questions=(CustomAnswer(title="Dietary needs?", value="none"),),
    )


def _answer(rng: SeededRandom, question: str) -> str:
    """Return one of the documented answers to a standard question of the registration form."""
    body = OPERATIONS["meetings.registrants.add"].body
    return str(rng.choice(body.fields[question].values)) if body else ""


def _polls(number: int) -> list[Poll]:
    return [
        Poll(
            id=defaults.opaque_id(f"poll {number}", 1),
            title="Slot vote",
            anonymous=True,
            status="ended",
            questions=(_SINGLE, _RATING),
        ),
        Poll(id=defaults.opaque_id(f"poll {number}", 2), title="City quiz", poll_type=3, questions=(_MATCHING,)),
    ]
