"""The people of a simulated account and their visits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from ..account.host import Host
from ..account.instance import Visit
from .seeded_random import SeededRandom

HOST_NAMES: Final = (
    "Nadia Orr", "Ivo Lind", "Zoë Müller", "山本 さくら", "Ольга Ким", "عمر الحداد", "Ngọc Ánh Trần", "נועה לוי",
    "प्रिया शर्मा", "Αλέξης Νικολάου", "王小雨", "김하늘", "Ana María Núñez", "Jürgen Weiß",
)  # fmt: skip
GUEST_NAMES: Final = (
    "Guest from depot", "iPhone", "Łukasz Żak", "😀 Sam 🎉", "👩‍👩‍👧 Family", "\u200fفرح\u200e (dial-in)", "שרה כהן",
    "佐藤 健", "สมชาย ใจดี", "O'Brien, \"Kit\"", "Zoe\u0308 (decomposed)", "Галина Петрова", "தமிழ்செல்வி",
    "Élodie / Paris; Ops", "",    "Room 4\\North", "李 雷", "Guðrún Ósk", "ደስታ አበበ", "Conference\tRoom",
)  # fmt: skip
_VARIATIONS: Final[tuple[Callable[[Visit], Visit], ...]] = (
    lambda visit: replace(visit, leave_time=None),
    lambda visit: replace(visit, omitted_keys=frozenset({"failover", "status"})),
    lambda visit: replace(visit, attentiveness_score=""),
    lambda visit: replace(visit, failover=True),
)
_WEBINAR_VARIATIONS: Final[tuple[Callable[[Visit], Visit], ...]] = (
    *_VARIATIONS,
    lambda visit: replace(visit, user_email=visit.user_email or " "),
)
TOPICS: Final = ("Harbour project", "Open office hour", "Réunion d'équipe", "採用面談", "בוקר טוב", "Bridge works 🌉")
DEPTS: Final = ("Works", "", "Finance", "Öffentlichkeit")


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person who may join instances. Guests have no id, and only registered guests have an e-mail address."""

    name: str
    id: str = ""
    email: str = ""
    registrant_id: str = ""
    customer_key: str = ""
    internal: bool = False


def host_as_person(host: Host) -> Person:
    """Return *host* as a person who joins instances."""
    return Person(name=host.name, id=host.id, email=host.email, internal=True)


def guests(rng: SeededRandom, count: int) -> list[Person]:
    """Return people from outside the account; some are registered, and some join through an app with a customer key."""
    people: list[Person] = []
    for number in range(count):
        name = GUEST_NAMES[number % len(GUEST_NAMES)]
        if number >= len(GUEST_NAMES) and name:
            name = f"{name} {number}"
        if rng.chance(0.25):
            token = f"rG{rng.getrandbits(64):016x}"
            people.append(Person(name=name, email=f"guest{number}@elsewhere.example", registrant_id=token))
        else:
            people.append(Person(name=name, customer_key=f"dock-{number}" if rng.chance(0.15) else ""))
    return people


class VisitGenerator:
    """A generator of the visits to one instance."""

    def __init__(self, rng: SeededRandom, start: datetime, end: datetime, *, webinar: bool = False) -> None:
        self._rng = rng
        self._start = start
        self._seconds = int((end - start).total_seconds())
        self._webinar = webinar
        self._user_id = 16_778_240

    def visits(self, host: Person, others: Sequence[Person], count: int) -> tuple[Visit, ...]:
        """Return exactly *count* visits: one of the host, then some of *others*, who may wait or rejoin."""
        visits = [self._visit(host, 0, self._seconds)]
        while len(visits) < count:
            visits.extend(self._visits_of(others[self._rng.below(len(others))]))
        return tuple(visits[:count])

    def _visits_of(self, person: Person) -> Iterator[Visit]:
        rng, joined = self._rng, self._rng.below(self._seconds // 2)
        if rng.chance(0.1):
            arrived = joined
            joined += 1 + rng.below(90)
            yield replace(self._visit(person, arrived, joined), status="in_waiting_room")
        left = joined + rng.below(self._seconds - joined)
        yield self._varied(self._visit(person, joined, left))
        if rng.chance(0.2):
            yield self._varied(self._visit(person, left + rng.below(self._seconds - left), self._seconds))

    def _varied(self, visit: Visit) -> Visit:
        """Return *visit*, now and then with a breakout room or with a variation that Zoom's rows are known to have."""
        if self._rng.chance(0.06):
            visit = replace(visit, bo_mtg_id="Dk8/qZ1xV2cB3nM4lK5j+g==" if self._webinar else "27510336")
        if self._rng.chance(0.06):
            visit = self._rng.choice(_WEBINAR_VARIATIONS if self._webinar else _VARIATIONS)(visit)
        return visit

    def _visit(self, person: Person, joined: int, left: int) -> Visit:
        self._user_id += 1024
        digits = self._rng.choice((1, 2, 3, 6, 9)) if self._rng.chance(0.4) else 0
        microseconds = self._rng.below(1_000_000) if digits else 0
        return Visit(
            user_id=f"KQ{self._user_id:X}" if self._webinar and not person.id else str(self._user_id),
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
