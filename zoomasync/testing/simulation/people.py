"""The people of a simulated account and their stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from ..account.host import Host
from ..account.instance import Visit
from .random_source import Chance

HOST_NAMES: Final = (
    "Nadia Orr", "Ivo Lind", "Zoë Müller", "山本 さくら", "Ольга Ким", "عمر الحداد", "Ngọc Ánh Trần", "נועה לוי",
    "प्रिया शर्मा", "Αλέξης Νικολάου", "王小雨", "김하늘", "Ana María Núñez", "Jürgen Weiß",
)  # fmt: skip
GUEST_NAMES: Final = (
    "Guest from depot", "iPhone", "Łukasz Żak", "😀 Sam 🎉", "👩‍👩‍👧 Family", "\u200fفرح\u200e (dial-in)", "שרה כהן",
    "佐藤 健", "สมชาย ใจดี", "O'Brien, \"Kit\"", "Zoe\u0308 (decomposed)", "Галина Петрова", "தமிழ்செல்வி",
    "Élodie / Paris; Ops", "",    "Room 4\\North", "李 雷", "Guðrún Ósk", "ደስታ አበበ", "Conference\tRoom",
)  # fmt: skip
_ODDITIES: Final[tuple[Callable[[Visit], Visit], ...]] = (
    lambda visit: replace(visit, leave_time=None),
    lambda visit: replace(visit, absent=frozenset({"failover", "status"})),
    lambda visit: replace(visit, attentiveness_score=""),
    lambda visit: replace(visit, failover=True),
)
_WEBINAR_ODDITIES: Final[tuple[Callable[[Visit], Visit], ...]] = (
    *_ODDITIES,
    lambda visit: replace(visit, user_email=visit.user_email or " "),
)
TOPICS: Final = ("Harbour project", "Open office hour", "Réunion d'équipe", "採用面談", "בוקר טוב", "Bridge works 🌉")
DEPTS: Final = ("Works", "", "Finance", "Öffentlichkeit")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who may join sessions; guests have no id and no address."""

    name: str
    id: str = ""
    email: str = ""
    registrant_id: str = ""
    customer_key: str = ""
    internal: bool = False


def as_person(host: Host) -> Person:
    """Return *host* as one who joins."""
    return Person(name=host.name, id=host.id, email=host.email, internal=True)


def outsiders(rng: Chance, count: int) -> list[Person]:
    """Invent people from outside: most unknown to Zoom, some registered, some through an app of the SDK."""
    people: list[Person] = []
    for number in range(count):
        name = GUEST_NAMES[number % len(GUEST_NAMES)]
        if number >= len(GUEST_NAMES) and name:
            name = f"{name} {number}"
        if rng.happens(0.25):
            token = f"rG{rng.getrandbits(64):016x}"
            people.append(Person(name=name, email=f"guest{number}@elsewhere.example", registrant_id=token))
        else:
            people.append(Person(name=name, customer_key=f"dock-{number}" if rng.happens(0.15) else ""))
    return people


class Roster:
    """Fills one session with exactly as many stays as asked for, the host's first."""

    def __init__(self, rng: Chance, start: datetime, end: datetime, *, webinar: bool = False) -> None:
        self._rng = rng
        self._start = start
        self._seconds = int((end - start).total_seconds())
        self._webinar = webinar
        self._seat = 16_778_240

    def fill(self, host: Person, others: Sequence[Person], rows: int) -> tuple[Visit, ...]:
        """Return the host's stay and *rows* - 1 more by *others*, who may wait, rejoin or go to a breakout room."""
        visits = [self._stay(host, 0, self._seconds)]
        while len(visits) < rows:
            visits.extend(self._visits(others[self._rng.below(len(others))]))
        return tuple(visits[:rows])

    def _visits(self, person: Person) -> Iterator[Visit]:
        rng, moment = self._rng, self._rng.below(self._seconds // 2)
        if rng.happens(0.1):
            arrival = moment
            moment += 1 + rng.below(90)
            yield replace(self._stay(person, arrival, moment), status="in_waiting_room")
        leaving = moment + rng.below(self._seconds - moment)
        yield self._odd(self._stay(person, moment, leaving))
        if rng.happens(0.2):
            yield self._odd(self._stay(person, leaving + rng.below(self._seconds - leaving), self._seconds))

    def _odd(self, visit: Visit) -> Visit:
        """Give a few stays one of the things that Zoom is known to leave out or to put in."""
        if self._rng.happens(0.06):
            visit = replace(visit, bo_mtg_id="Dk8/qZ1xV2cB3nM4lK5j+g==" if self._webinar else "27510336")
        if self._rng.happens(0.06):
            visit = self._rng.choice(_WEBINAR_ODDITIES if self._webinar else _ODDITIES)(visit)
        return visit

    def _stay(self, person: Person, joined: int, left: int) -> Visit:
        self._seat += 1024
        digits = self._rng.choice((1, 2, 3, 6, 9)) if self._rng.happens(0.4) else 0
        microseconds = self._rng.below(1_000_000) if digits else 0
        return Visit(
            user_id=f"KQ{self._seat:X}" if self._webinar and not person.id else str(self._seat),
            name=person.name,
            join_time=self._start + timedelta(seconds=joined, microseconds=microseconds),
            leave_time=self._start + timedelta(seconds=left, microseconds=microseconds),
            id=person.id,
            user_email=person.email,
            registrant_id=person.registrant_id,
            customer_key=person.customer_key,
            internal_user=person.internal,
            fraction_digits=digits,
        )
