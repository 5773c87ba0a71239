"""The merge of a person's visits into one attendance."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TypeAlias

import msgspec

from ...models.instance_reports import ReportParticipant
from ...models.instances import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """The attendance of one person in one instance.

    *name*, *email*, *id* (the ID of a signed-in user) and *registrant_id* come from the person's first visit that has
    them; each is None if no visit has it. *joined* is the first join. *left* is the last leave, or None if Zoom does
    not report when the last visit ended. *visits* is the number of merged rows. *seconds* are whole seconds; time that
    overlaps, on two devices or around a breakout room, counts once.
    """

    name: str | None
    email: str | None
    id: str | None
    registrant_id: str | None
    joined: datetime | None
    left: datetime | None
    visits: int
    seconds: int

    @property
    def minutes(self) -> float:
        """The duration in minutes, not rounded."""
        return self.seconds / 60


def merge_visits(visits: Iterable[Visit]) -> list[Attendance]:
    """Return one attendance per person for the *visits* of one instance, ordered by first join and then by name.

    No field identifies a person in every visit: *user_id* changes at each rejoin, *id* is empty for guests,
    *user_email* is empty for most people of other accounts, and people type their names. If the data is ambiguous, the
    result has two lines for one person rather than one line for two people: a reader can add up two lines, but cannot
    divide one. The rules are:

    - Visits with an *id* belong to that user only, even if two users shared the link of one registrant.
    - Visits without an *id* are grouped by the identifiers that they share, directly or through other visits: the
      registrant, an app's *customer_key*, the e-mail address (without case and surrounding spaces), or the connection
      (the *user_id* within one room). If one user shares an identifier with the group, the group belongs to that user.
      If several users do, the group is a line of its own.
    - Groups that have only a name are assigned to the smallest number of people of that name. Groups that overlap
      belong to two people. A later group belongs to the person who left last before it. Different guests who use one
      name in turn ("iPhone") therefore count as one person, and a guest on two devices counts as two. A guest who
      rejoins before the lost connection times out also counts as two.
    - A group without a name is one person.

    Time in the waiting room does not count, so a person who was never admitted has no line. If the join or the leave is
    missing, or the leave is before the join, *duration* replaces it. A visit without both adds its *duration* to the
    total. Time that is still unknown counts as 0 seconds, as for a big meeting that Zoom has not processed yet.
    """
    timed_visits = sorted((_with_times(visit) for visit in visits if visit.status != "in_waiting_room"), key=_sort_key)
    lines = (_attendance(person) for person in _group_by_person(timed_visits))
    return sorted(lines, key=lambda line: (line.joined or _LATEST, line.name or ""))


_LATEST = datetime.max.replace(tzinfo=UTC)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_CONNECTION = "connection"

_Identifier: TypeAlias = tuple[str, ...]
"""The kind and the value of a fact that several visits of one person share."""


@dataclass(frozen=True, slots=True)
class _TimedVisit:
    """A visit with the times that are known; *seconds* is its duration if it has neither time, otherwise 0."""

    visit: Visit
    joined: datetime | None
    left: datetime | None
    seconds: int

    @property
    def start(self) -> datetime:
        return self.joined or self.left or _LATEST

    @property
    def end(self) -> datetime:
        return self.left or self.joined or _EARLIEST


def _with_times(visit: Visit) -> _TimedVisit:
    joined, left, seconds = visit.join_time, visit.leave_time, max(0, visit.duration or 0)
    if joined and left and left < joined:
        left = None
    if joined and left is None and seconds:
        left = _add_seconds(joined, seconds)
    elif left and joined is None and seconds:
        joined = _add_seconds(left, -seconds)
    return _TimedVisit(visit, joined, left, 0 if joined or left else seconds)


def _add_seconds(moment: datetime, seconds: int) -> datetime | None:
    with suppress(OverflowError):  # ignore a duration that leads out of the calendar
        return moment + timedelta(seconds=seconds)
    return None


def _sort_key(timed: _TimedVisit) -> tuple[datetime, datetime, bytes]:
    """Return a key that gives the same order for the same visits, in any order of arrival."""
    return timed.start, timed.end, msgspec.json.encode(timed.visit)


def _group_by_person(timed_visits: Sequence[_TimedVisit]) -> Iterator[Sequence[_TimedVisit]]:
    users: dict[str, list[_TimedVisit]] = {}
    users_by_identifier: dict[_Identifier, set[str]] = defaultdict(set)
    guests: list[_TimedVisit] = []
    for timed in timed_visits:
        if user := _user_id(timed.visit):
            users.setdefault(user, []).append(timed)
            for identifier in _identifiers(timed.visit):
                users_by_identifier[identifier].add(user)
        else:
            guests.append(timed)
    guests_by_name: dict[str, list[list[_TimedVisit]]] = {}
    for group in _group_by_identifier(guests):
        identifiers = {identifier for timed in group for identifier in _identifiers(timed.visit)}
        owners = {user for identifier in identifiers for user in users_by_identifier.get(identifier, ())}
        name = _normalise(_first_text(timed.visit.name for timed in group) or "")
        if len(owners) == 1:
            users[owners.pop()] += group
        elif not name or any(kind != _CONNECTION for kind, *_ in identifiers):
            yield group
        else:
            guests_by_name.setdefault(name, []).append(group)
    yield from users.values()
    for groups in guests_by_name.values():
        yield from _assign_to_fewest_people(groups)


def _user_id(visit: Visit) -> str | None:
    newer_field = visit.participant_user_id if isinstance(visit, ReportParticipant) else None
    return _first_text((newer_field, visit.id))


def _identifiers(visit: Visit) -> Iterator[_Identifier]:
    report = visit if isinstance(visit, ReportParticipant) else None
    room = (report.bo_mtg_id if report else None) or ""  # each room numbers its own connections
    for kind, value in (
        ("registrant", visit.registrant_id),
        ("customer", report.customer_key if report else None),
        ("e-mail", _normalise(visit.user_email or "")),
        (_CONNECTION, visit.user_id),
    ):
        if text := (value or "").strip():
            yield (kind, text, room) if kind == _CONNECTION else (kind, text)


def _group_by_identifier(timed_visits: Sequence[_TimedVisit]) -> Iterable[list[_TimedVisit]]:
    """Group the visits that share an identifier, directly or through other visits."""
    parents: dict[_Identifier, _Identifier] = {}

    def root(identifier: _Identifier) -> _Identifier:
        while (parent := parents.setdefault(identifier, identifier)) != identifier:
            parents[identifier] = identifier = parents[parent]
        return identifier

    identifiers = [list(_identifiers(timed.visit)) or [("none", str(n))] for n, timed in enumerate(timed_visits)]
    for first, *others in identifiers:
        for other in others:
            parents[root(other)] = root(first)
    groups: dict[_Identifier, list[_TimedVisit]] = {}
    for timed, (first, *_) in zip(timed_visits, identifiers, strict=True):
        groups.setdefault(root(first), []).append(timed)
    return groups.values()


def _assign_to_fewest_people(groups: Iterable[list[_TimedVisit]]) -> Iterator[list[_TimedVisit]]:
    """Join the *groups* that do not overlap, so that the fewest people remain."""
    people: list[tuple[datetime, list[_TimedVisit]]] = []  # ordered by the time of leaving
    for (start, end), group in sorted(((_span(group), group) for group in groups), key=itemgetter(0)):
        count_left = bisect_right(people, start, key=itemgetter(0))
        left, person = people.pop(count_left - 1) if count_left else (end, [])
        insort(people, (max(left, end), person + group), key=itemgetter(0))
    return (person for _, person in people)


def _span(timed_visits: Sequence[_TimedVisit]) -> tuple[datetime, datetime]:
    return min(timed.start for timed in timed_visits), max(timed.end for timed in timed_visits)


def _attendance(timed_visits: Sequence[_TimedVisit]) -> Attendance:
    timed_visits = sorted(timed_visits, key=_sort_key)
    visits = [timed.visit for timed in timed_visits]
    return Attendance(
        name=_first_text(visit.name for visit in visits),
        email=_first_text(visit.user_email for visit in visits),
        id=_first_text(map(_user_id, visits)),
        registrant_id=_first_text(visit.registrant_id for visit in visits),
        joined=min((timed.joined for timed in timed_visits if timed.joined), default=None),
        left=_last_leave(timed_visits),
        visits=len(timed_visits),
        seconds=_total_seconds(timed_visits),
    )


def _last_leave(timed_visits: Sequence[_TimedVisit]) -> datetime | None:
    left = max((timed.left for timed in timed_visits if timed.left), default=None)
    unended = max((timed.joined for timed in timed_visits if timed.joined and not timed.left), default=None)
    return None if left and unended and unended >= left else left


def _total_seconds(timed_visits: Sequence[_TimedVisit]) -> int:
    """Return the time of visits that are ordered by their start; overlaps count once."""
    total, until = timedelta(), None
    for timed in timed_visits:
        if timed.joined and timed.left and (until is None or timed.left > until):
            total += timed.left - (timed.joined if until is None else max(timed.joined, until))
            until = timed.left
    return total // _SECOND + sum(timed.seconds for timed in timed_visits)


def _first_text(texts: Iterable[str | None]) -> str | None:
    return next((text.strip() for text in texts if text and text.strip()), None)


def _normalise(text: str) -> str:
    return " ".join(text.split()).casefold()
