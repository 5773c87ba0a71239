"""Users of a simulated account and the meetings and webinars that they held."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from ..account import defaults
from ..account.host import CustomAttribute, Host, UserStatus
from ..account.instance import WEBINAR_TYPES, CustomKey, Instance, TrackingField, Visit
from ..account.meeting import FIXED_TIME, INSTANT, NO_FIXED_TIME, SCHEDULED
from ..protocol.times import at, month_end, months_before
from . import answers
from .meetings import pac_accounts
from .people import DEPTS, HOST_NAMES, TOPICS, Person, VisitGenerator, guests, host_as_person
from .seeded_random import SeededRandom

_RECURRING_TYPES: Final = (FIXED_TIME, NO_FIXED_TIME, 4)
_WEBINAR: Final = 5
_RECURRING_WEBINAR: Final = 9
_OTHER_STATUSES: Final[tuple[UserStatus, ...]] = ("inactive", "inactive", "pending", "pending")
_VISIT_COUNTS: Final = (30, 300, 301, 412, 600, 655)
"""Numbers of visits that fill one or two pages exactly, exceed a page by one, or end within a page."""


@dataclass(frozen=True, kw_only=True)
class _Meeting:
    """A meeting or webinar number with its topic and host; one that recurs has several instances."""

    number: int
    topic: str
    type: int
    host: Host


def simulate_hosts(rng: SeededRandom, count: int, today: date) -> list[Host]:
    """Return *count* users; every fourth is in the group "gR0upNorth"."""
    return [
        Host(
            id=urlsafe_b64encode(rng.randbytes(16)).decode().rstrip("="),
            email=f"host{number}@northpier.example",
            name=HOST_NAMES[number % len(HOST_NAMES)],
            dept=DEPTS[number % len(DEPTS)],
            type=2 if (number + 1) % 5 else 1,
            custom_attributes=(CustomAttribute(key="cAttr01", name="site", value="north"),) if number % 2 else (),
            group_ids=("gR0upNorth",) if number % 4 == 0 else (),
            created=today - timedelta(days=rng.randrange(1, 700)),
            pac_accounts=pac_accounts(number) if number % 3 == 0 else None,
            pmi=str(5_550_100_200 + number),
        )
        for number in range(count)
    ]


def simulate_other_users(today: date) -> list[Host]:
    """Return two inactive and two pending users; the invitation of the last one has expired."""
    return [
        Host(
            id="" if status == "pending" else defaults.opaque_id("other user", number),
            email=f"{status}{number}@northpier.example",
            name=HOST_NAMES[-number],
            status=status,
            disabled_features=frozenset({"scheduling"}),
            created=today - timedelta(days=20 * number),
            invitation_expired=number == len(_OTHER_STATUSES),
        )
        for number, status in enumerate(_OTHER_STATUSES, start=1)
    ]


def simulate_instances(
    rng: SeededRandom, active: Sequence[Host], today: date, *, months: int, per_month: int
) -> list[Instance]:
    """Return the instances that the *active* hosts held before *today*, the oldest first."""
    if not active:
        return []
    generator = _InstanceGenerator(rng, active)
    first = months_before(today, months)
    days = (first + timedelta(days=rng.randrange((today - first).days)) for _ in range(months * per_month))
    instances = [
        *(generator.everyday(day) for day in days),
        *generator.many_visits(today),
        *generator.month_boundaries(first, today),
        *generator.special_uuids(today),
        *generator.beyond_look_back(today),
    ]
    return sorted(instances, key=lambda instance: (instance.start_time, instance.uuid))


class _InstanceGenerator:
    """A generator of past meetings and webinars; the order of the calls determines the random values."""

    def __init__(self, rng: SeededRandom, active: Sequence[Host]) -> None:
        self._rng = rng
        self._active = active
        self._hosts = [host_as_person(host) for host in active]
        self._guests = guests(rng, 60)
        self._recurring = [self._new_meeting(host, type_) for host in active for type_ in _RECURRING_TYPES]
        self._recurring.append(self._new_meeting(active[0], _RECURRING_WEBINAR))

    def everyday(self, day: date) -> Instance:
        """Return an instance of usual size, of a recurring meeting or of a single one."""
        rng = self._rng
        meeting = rng.choice(self._recurring) if rng.chance(0.6) else self._single_meeting()
        visits = 1 if rng.chance(0.1) else rng.randrange(2, 12)
        if rng.chance(0.04):
            visits = rng.randrange(31, 90)
        return self._instance(meeting, rng.time_on(day, range(6, 22)), visits)

    def many_visits(self, today: date) -> Iterator[Instance]:
        """Yield meetings with many visits, a webinar of several pages, and two instances of a recurring webinar."""
        host, webinar = self._active[0], self._recurring[-1]
        for back, visits in enumerate(_VISIT_COUNTS, start=2):
            yield self._instance(self._new_meeting(host, SCHEDULED), at(today, 14, days=-back), visits)
        yield self._instance(self._new_meeting(host, _WEBINAR), at(today, 14, days=-9), 640)
        yield self._instance(webinar, at(today, 14, days=-10), 12)
        yield self._instance(webinar, at(today, 14, days=-17), 12)

    def month_boundaries(self, first: date, today: date) -> Iterator[Instance]:
        """Yield instances that start at 23:59 on the last day of a month, and at 00:00 on the first day of the next."""
        day = month_end(first)
        while day < today - timedelta(days=1):
            midnight = at(day, 0, days=1)
            yield self._instance(self._recurring[0], midnight - timedelta(minutes=1), 3)
            yield self._instance(self._recurring[0], midnight, 3)
            day = month_end(midnight.date())

    def special_uuids(self, today: date) -> Iterator[Instance]:
        """Yield instances whose UUIDs need encoding, one with a single visit, and one with unusual visits."""
        start = at(today, 10, days=-3)
        for template in ("/{}==", "{:.8}//{:.12}==", "{:.8}/{:.12}==", "{:.8}+{:.12}=="):
            start += timedelta(minutes=20)
            body = self._rng.randbytes(18).hex()[:22]
            yield replace(self._instance(self._recurring[0], start, 5), uuid=template.format(body, body[8:]))
        yield self._instance(self._recurring[1], start + timedelta(hours=1), 1)
        yield self._unusual_visits(start + timedelta(hours=2))

    def beyond_look_back(self, today: date) -> Iterator[Instance]:
        """Yield one instance beyond each look-back limit: six, twelve and fifteen months."""
        for months in (8, 13, 16):
            yield self._instance(self._recurring[0], at(months_before(today, months), 9), 4)

    def _instance(self, meeting: _Meeting, start: datetime, visit_count: int) -> Instance:
        rng = self._rng
        end = start + timedelta(seconds=rng.randrange(600, 5400))
        webinar = meeting.type in WEBINAR_TYPES
        host = host_as_person(meeting.host)
        others: Sequence[Person] = self._guests
        if rng.chance(0.7):
            others = [person for person in self._hosts if person != host] + self._guests
        visits = VisitGenerator(rng, start, end, webinar=webinar).visits(host, others, visit_count)
        people = _first_visits(visits) if visit_count > 1 and meeting.type != INSTANT else []
        return Instance(
            uuid=b64encode(rng.randbytes(16)).decode(),
            id=meeting.number,
            topic=meeting.topic,
            type=meeting.type,
            host=meeting.host,
            start_time=start,
            end_time=end,
            participants=visits,
            schedule_time=None if meeting.type == INSTANT else start.replace(second=0),
            source="Dock Scheduler" if rng.chance(0.1) else "Zoom",
            custom_keys=(CustomKey(key="site", value="north"),) if rng.chance(0.3) else (),
            tracking_fields=(TrackingField(field="Project", value="Harbour"),) if rng.chance(0.3) else (),
            has_chat=rng.chance(0.5),
            has_recording=rng.chance(0.3),
            has_screen_share=rng.chance(0.5),
            has_meeting_summary=(has_summary := rng.chance(0.2)),
            summary=answers.summary(meeting.topic, meeting.number) if has_summary and not webinar else None,
            meeting_encryption_status=1 if rng.chance(0.1) else 2,
            fraction_digits=rng.choice((0, 0, 2, 3)),
            omitted_keys=frozenset(("participants_count_my_account", "session_key") if rng.chance(0.2) else ()),
            polls=answers.polls(rng, start, people) if people and rng.chance(0.3) else (),
            qa=answers.qa(rng, start, people) if people and rng.chance(0.2) else (),
            survey=answers.survey(rng, end, people) if people and rng.chance(0.2) else None,
        )

    def _unusual_visits(self, start: datetime) -> Instance:
        """Return an instance whose guest waits, rejoins, uses a breakout room and has no recorded end."""
        instance = self._instance(self._new_meeting(self._active[0], SCHEDULED), start, 3)
        waiting = Visit(
            user_id="16999424",
            name="Guest at the gate",
            join_time=start + timedelta(seconds=40, microseconds=660_000),
            leave_time=start + timedelta(seconds=75),
            status="in_waiting_room",
            customer_key="dock-7",
            fraction_digits=2,
        )
        admitted = replace(waiting, user_id="17000448", join_time=start + timedelta(seconds=75), status="in_meeting")
        rejoined = replace(admitted, user_id="17001472", leave_time=None, bo_mtg_id="27510336", attentiveness_score="")
        incomplete = replace(
            admitted, user_id="17002496", omitted_keys=frozenset({"join_time", "leave_time", "duration", "failover"})
        )
        people = _first_visits(instance.participants)
        return replace(
            instance,
            participants=(*instance.participants, waiting, admitted, rejoined, incomplete),
            polls=answers.polls(self._rng, start, people),
            qa=answers.qa(self._rng, start, people),
            survey=answers.survey(self._rng, instance.end_time, people),
            fraction_digits=2,
        )

    def _single_meeting(self) -> _Meeting:
        return self._new_meeting(self._rng.choice(self._active), self._rng.choice((1, 2, 2, 2, 2, 5)))

    def _new_meeting(self, host: Host, type_: int) -> _Meeting:
        number = self._rng.randrange(81_000_000_000, 99_999_999_999)
        return _Meeting(number=number, topic=self._rng.choice(TOPICS), type=type_, host=host)


def _first_visits(visits: Sequence[Visit]) -> list[Visit]:
    """Return the first visit of each person among the first six visits."""
    return list({visit.person_key: visit for visit in reversed(visits[:6])}.values())[::-1]
