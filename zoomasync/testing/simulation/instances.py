"""An invented past for an account: its hosts and their sessions, always the same for the same seed."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from ..account.host import CustomAttribute, Host
from ..account.instance import CustomKey, Instance, TrackingField, Visit
from ..protocol.times import month_end, months_before
from . import answers
from .meetings import audio
from .people import DEPTS, HOST_NAMES, TOPICS, Person, Roster, as_person, outsiders
from .random_source import Chance

_PAGES: Final = (30, 300, 301, 412, 600, 655)
"""Rosters whose sizes lie on, just over and far over the edges of pages."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """A number with a topic: its sessions are instances of it when it recurs."""

    number: int
    topic: str
    type: int
    host: Host


def hosts(rng: Chance, count: int, today: date) -> list[Host]:
    """Invent *count* users; every fourth is in the group "gR0upNorth"."""
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
            pac_accounts=audio(number) if number % 3 == 0 else None,
            pmi=str(5_550_100_200 + number),
        )
        for number in range(count)
    ]


def instances(rng: Chance, active: Sequence[Host], today: date, *, months: int, a_month: int) -> list[Instance]:
    """Invent the sessions that *active* hosts held before *today*, oldest first."""
    if not active:
        return []
    past = _Past(rng, active)
    first = months_before(today, months)
    held = [past.ordinary(_some_day(rng, first, today)) for _ in range(months * a_month)]
    held += past.long_rosters(today)
    held += past.month_edges(first, today)
    held += past.strange_uuids(today)
    held += past.bygone(today)
    return sorted(held, key=lambda instance: (instance.start_time, instance.uuid))


class _Past:
    """Invents sessions one at a time, by one source of chance."""

    def __init__(self, rng: Chance, active: Sequence[Host]) -> None:
        self._rng = rng
        self._active = active
        self._insiders = [as_person(host) for host in active]
        self._outsiders = outsiders(rng, 60)
        self._series = [self._new_series(host, type_) for host in active for type_ in (8, 3, 4)]
        self._series.append(self._new_series(active[0], 9))

    def ordinary(self, day: date) -> Instance:
        """Hold a session of everyday size: another instance of a series, or one of its own."""
        rng = self._rng
        series = rng.choice(self._series) if rng.happens(0.6) else self._one_off()
        rows = 1 if rng.happens(0.1) else rng.randrange(2, 12)
        if rng.happens(0.04):
            rows = rng.randrange(31, 90)
        start = datetime.combine(day, time(rng.randrange(6, 22), rng.randrange(60), rng.randrange(60)), UTC)
        return self._hold(series, start, rows)

    def long_rosters(self, today: date) -> Iterator[Instance]:
        """Hold meetings whose rosters end on and around the edges of pages, and one webinar of several pages."""
        for back, rows in enumerate(_PAGES, start=2):
            yield self._hold(self._new_series(self._active[0], 2), _at(today - timedelta(days=back), 14), rows)
        yield self._hold(self._new_series(self._active[0], 5), _at(today - timedelta(days=9), 14), 640)
        yield self._hold(self._series[-1], _at(today - timedelta(days=10), 14), 12)
        yield self._hold(self._series[-1], _at(today - timedelta(days=17), 14), 12)

    def month_edges(self, first: date, today: date) -> Iterator[Instance]:
        """Hold sessions that start at midnight of a month's first day and at 23:59 of its last one."""
        day = month_end(first)
        while day < today - timedelta(days=1):
            yield self._hold(self._series[0], datetime.combine(day, time(23, 59), UTC), 3)
            yield self._hold(self._series[0], datetime.combine(day + timedelta(days=1), time(0), UTC), 3)
            day = month_end(day + timedelta(days=1))

    def strange_uuids(self, today: date) -> Iterator[Instance]:
        """Hold sessions with everything that made a roster or a UUID trip somebody."""
        start = _at(today - timedelta(days=3), 10)
        for sign in ("/{}==", "{:.8}//{:.12}==", "{:.8}/{:.12}==", "{:.8}+{:.12}=="):
            start += timedelta(minutes=20)
            body = self._rng.randbytes(18).hex()[:22]
            yield replace(self._hold(self._series[0], start, 5), uuid=sign.format(body, body[8:]))
        yield self._hold(self._series[1], start + timedelta(hours=1), 1)
        yield self._full_of_oddities(start + timedelta(hours=2))

    def bygone(self, today: date) -> Iterator[Instance]:
        """Hold one session for each look-back limit: past the reports' range, a year and fifteen months."""
        for months in (8, 13, 16):
            yield self._hold(self._series[0], _at(months_before(today, months), 9), 4)

    def _hold(self, series: Series, start: datetime, rows: int) -> Instance:
        rng = self._rng
        end = start + timedelta(seconds=rng.randrange(600, 5400))
        webinar = series.type in {5, 9}
        own = as_person(series.host)
        others: Sequence[Person] = self._outsiders
        if rng.happens(0.7):
            others = [person for person in self._insiders if person != own] + self._outsiders
        visits = Roster(rng, start, end, webinar=webinar).fill(own, others, rows)
        people = _first_stays(visits) if rows > 1 and series.type != 1 else []
        return Instance(
            uuid=b64encode(rng.randbytes(16)).decode(),
            id=series.number,
            topic=series.topic,
            type=series.type,
            host=series.host,
            start_time=start,
            end_time=end,
            participants=visits,
            schedule_time=None if series.type == 1 else start.replace(second=0),
            source="Dock Scheduler" if rng.happens(0.1) else "Zoom",
            custom_keys=(CustomKey(key="site", value="north"),) if rng.happens(0.3) else (),
            tracking_fields=(TrackingField(field="Project", value="Harbour"),) if rng.happens(0.3) else (),
            has_chat=rng.happens(0.5),
            has_recording=rng.happens(0.3),
            has_screen_share=rng.happens(0.5),
            has_meeting_summary=(noted := rng.happens(0.2)),
            summary=answers.summary(series.topic, series.number) if noted and not webinar else None,
            meeting_encryption_status=1 if rng.happens(0.1) else 2,
            fraction_digits=rng.choice((0, 0, 2, 3)),
            absent=frozenset({"participants_count_my_account", "session_key"}) if rng.happens(0.2) else frozenset(),
            polls=answers.polls(rng, start, people) if people and rng.happens(0.3) else (),
            qa=answers.qa(rng, start, people) if people and rng.happens(0.2) else (),
            survey=answers.survey(rng, end, people) if people and rng.happens(0.2) else None,
        )

    def _full_of_oddities(self, start: datetime) -> Instance:
        """Hold a session in which a guest waits, rejoins, sits in a breakout room and is never seen leaving."""
        instance = self._hold(self._new_series(self._active[0], 2), start, 3)
        guest = Visit(
            user_id="16999424",
            name="Guest at the gate",
            join_time=start + timedelta(seconds=40, microseconds=660_000),
            leave_time=start + timedelta(seconds=75),
            status="in_waiting_room",
            customer_key="dock-7",
            fraction_digits=2,
        )
        inside = replace(guest, user_id="17000448", join_time=start + timedelta(seconds=75), status="in_meeting")
        rejoined = replace(inside, user_id="17001472", leave_time=None, bo_mtg_id="27510336", attentiveness_score="")
        terse = replace(
            inside, user_id="17002496", absent=frozenset({"join_time", "leave_time", "duration", "failover"})
        )
        people = _first_stays(instance.participants)
        return replace(
            instance,
            participants=(*instance.participants, guest, inside, rejoined, terse),
            polls=answers.polls(self._rng, start, people),
            qa=answers.qa(self._rng, start, people),
            survey=answers.survey(self._rng, instance.end_time, people),
            fraction_digits=2,
        )

    def _one_off(self) -> Series:
        return self._new_series(self._rng.choice(self._active), self._rng.choice((1, 2, 2, 2, 2, 5)))

    def _new_series(self, host: Host, type_: int) -> Series:
        number = self._rng.randrange(81_000_000_000, 99_999_999_999)
        return Series(number=number, topic=self._rng.choice(TOPICS), type=type_, host=host)


def _some_day(rng: Chance, first: date, today: date) -> date:
    return first + timedelta(days=rng.randrange((today - first).days))


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def _first_stays(visits: Sequence[Visit]) -> list[Visit]:
    """Return the first stay of each of the first few people."""
    return list({visit.person: visit for visit in reversed(visits[:6])}.values())[::-1]
