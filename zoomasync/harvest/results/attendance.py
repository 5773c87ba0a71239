"""Who was in a session, and for how long: one line a person, where Zoom gives one a stay."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import TypeAlias

import msgspec

from ...errors import InvalidArgument
from ...models.instances import Visit
from ...models.reports import ReportParticipant
from ..partitions import FINAL, Partition, State
from ..stores.columns import Cell
from ..stores.sqlite.reader import reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """One person's time in one session.

    *name*, *email*, *id* (of the signed-in user) and *registrant_id* are those of the first stay that tells them, and
    None where none does. *joined* is the first join; *left* the last leave, None when Zoom does not say how the last
    stay ended. *stays* counts the rows that were merged. *seconds* are whole ones, in which time in two places at once,
    on two devices or around a breakout room, counts once.
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
        """The same time in minutes, not rounded."""
        return self.seconds / 60


def merge_visits(visits: Iterable[Visit]) -> list[Attendance]:
    """Return one line for each person in the *stays* of one session, by first join and then by name.

    Zoom has no name for a person that every stay carries: *user_id* is new at each rejoin, *id* is empty for guests,
    an e-mail address for most people of other accounts, and names are typed. In doubt a person has two lines, which
    can be seen and added up; two people on one line could not be told apart any more. So:

    - Stays with an *id* belong to that user, and never to another one, even where a registrant's link was passed on.
    - Stays without one belong together by registrant, by an app's *customer_key*, by e-mail address (trimmed, whatever
      the case) or by connection (the *user_id* of one room), also through others; and to the user who shares one of
      these. Where several users do, they are nobody's, and a line of their own.
    - Stays with nothing but a name belong to the fewest people of that name who can have made them, one after the
      other: who rejoins is one person, two who are there at the same time are two. Who comes back is taken for the one
      who left last. Different guests who use one name in turn ("iPhone") cannot be told from one, nor a guest on two
      devices from two; a rejoin before the lost connection timed out makes two lines as well.
    - Stays with no name either are one person each.

    Time in the waiting room is no attendance: who never got further has no line. Where a join or a leave is missing,
    or the leave lies before the join, *duration* fills in; with no times at all it is added to the rest. What is
    unknown after that counts 0 seconds, as in a big meeting that Zoom has not processed yet.
    """
    timed_visits = sorted((_with_times(visit) for visit in visits if visit.status != "in_waiting_room"), key=_order)
    lines = (_attendance(person) for person in _people(timed_visits))
    return sorted(lines, key=lambda line: (line.joined or _NEVER, line.name or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceAttendance:
    """Who was in one session.

    *people* is None, and not empty, when the store does not have them: *partition* says why, or is None itself where no
    report of participants was asked for. It is the one that was taken, of the session or of the past meeting. *people*
    without anybody is what Zoom said.
    """

    uuid: str
    topic: str | None
    start_time: datetime | None
    people: tuple[Attendance, ...] | None
    partition: Partition | None

    @property
    def complete(self) -> bool:
        """Whether the people are known, and no row of the report was left out because it could not be decoded."""
        return self.people is not None and self.partition is not None and not self.partition.invalid_rows


def attendance(store: str | Path, meeting: int | str) -> list[InstanceAttendance]:
    """Return who was in each session of *meeting* that the *store* knows, the oldest first.

    A number, also as text, means every time the meeting or webinar took place, a UUID that one time. A session whose
    participants failed, are still to come or are gone is among them, without people. Taken are those of the report if
    they came, else those of the past meeting.

    Raises `InvalidArgument` when the store has no such session, `ConfigError` where no store of this version is, and
    `StoreError` when it cannot be read. A harvest that writes meanwhile does not mind.
    """
    name = str(meeting).replace(" ", "")  # as Zoom prints numbers: 815 2847 1234
    with reading(store) as connection:
        found = _rows(connection, _BY_NUMBER if name.isdecimal() else _BY_UUID, name)
        if not found:
            raise InvalidArgument(f"{Path(store).name} has no session of this meeting: {_held(connection)}")
        instances = {str(row["uuid"]): row for row in found}
        return sorted((_instance(connection, row) for row in instances.values()), key=_age)


# --- The people of a session -----------------------------------------------------------------------------------------

_NEVER = datetime.max.replace(tzinfo=UTC)
_EVER_SINCE = datetime.min.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_CONNECTION = "connection"

_Link: TypeAlias = tuple[str, ...]
"""What several stays of one person share: of what kind it is, and its value."""


@dataclass(frozen=True, slots=True)
class _TimedVisit:
    """A stay, as far as its times can be known; *unplaced* are the seconds of one that has none."""

    visit: Visit
    joined: datetime | None
    left: datetime | None
    unplaced: int

    @property
    def start(self) -> datetime:
        return self.joined or self.left or _NEVER

    @property
    def end(self) -> datetime:
        return self.left or self.joined or _EVER_SINCE


def _with_times(visit: Visit) -> _TimedVisit:
    joined, left, seconds = visit.join_time, visit.leave_time, max(0, visit.duration or 0)
    if joined and left and left < joined:
        left = None
    if joined and left is None and seconds:
        left = _moved(joined, seconds)
    elif left and joined is None and seconds:
        joined = _moved(left, -seconds)
    return _TimedVisit(visit, joined, left, 0 if joined or left else seconds)


def _moved(moment: datetime, seconds: int) -> datetime | None:
    with suppress(OverflowError):  # a duration beyond the calendar is none
        return moment + timedelta(seconds=seconds)
    return None


def _order(timed: _TimedVisit) -> tuple[datetime, datetime, bytes]:
    """Return what puts visits in one order, whatever order they came in."""
    return timed.start, timed.end, msgspec.json.encode(timed.visit)


def _people(timed_visits: Sequence[_TimedVisit]) -> Iterator[Sequence[_TimedVisit]]:
    """Divide *visits* among people."""
    users: dict[str, list[_TimedVisit]] = {}
    users_of: dict[_Link, set[str]] = defaultdict(set)
    guests: list[_TimedVisit] = []
    for timed in timed_visits:
        if user := _user(timed.visit):
            users.setdefault(user, []).append(timed)
            for link in _links(timed.visit):
                users_of[link].add(user)
        else:
            guests.append(timed)
    strangers: dict[str, list[list[_TimedVisit]]] = {}
    for group in _linked(guests):
        links = {link for timed in group for link in _links(timed.visit)}
        owners = {user for link in links for user in users_of.get(link, ())}
        name = _folded(_first(timed.visit.name for timed in group) or "")
        if len(owners) == 1:
            users[owners.pop()] += group
        elif not name or any(kind != _CONNECTION for kind, *_ in links):
            yield group
        else:
            strangers.setdefault(name, []).append(group)
    yield from users.values()
    for groups in strangers.values():
        yield from _one_after_the_other(groups)


def _user(visit: Visit) -> str | None:
    newer = visit.participant_user_id if isinstance(visit, ReportParticipant) else None
    return _first((newer, visit.id))


def _links(visit: Visit) -> Iterator[_Link]:
    report = visit if isinstance(visit, ReportParticipant) else None
    room = (report.bo_mtg_id if report else None) or ""  # each counts its connections for itself
    for kind, value in (
        ("registrant", visit.registrant_id),
        ("customer", report.customer_key if report else None),
        ("e-mail", _folded(visit.user_email or "")),
        (_CONNECTION, visit.user_id),
    ):
        if text := (value or "").strip():
            yield (kind, text, room) if kind == _CONNECTION else (kind, text)


def _linked(timed_visits: Sequence[_TimedVisit]) -> Iterable[list[_TimedVisit]]:
    """Group the visits that share a link with each other, or with others that do."""
    above: dict[_Link, _Link] = {}

    def root(link: _Link) -> _Link:
        while (up := above.setdefault(link, link)) != link:
            above[link] = link = above[up]
        return link

    chains = [list(_links(timed.visit)) or [("none", str(n))] for n, timed in enumerate(timed_visits)]
    for first, *others in chains:
        for link in others:
            above[root(link)] = root(first)
    groups: dict[_Link, list[_TimedVisit]] = {}
    for timed, (first, *_) in zip(timed_visits, chains, strict=True):
        groups.setdefault(root(first), []).append(timed)
    return groups.values()


def _one_after_the_other(groups: Iterable[list[_TimedVisit]]) -> Iterator[list[_TimedVisit]]:
    """Give *groups* to the fewest people who can have made them."""
    people: list[tuple[datetime, list[_TimedVisit]]] = []  # ordered by when they left
    for (start, end), group in sorted(((_span(group), group) for group in groups), key=itemgetter(0)):
        gone = bisect_right(people, start, key=itemgetter(0))
        left, person = people.pop(gone - 1) if gone else (end, [])
        insort(people, (max(left, end), person + group), key=itemgetter(0))
    return (person for _, person in people)


def _span(timed_visits: Sequence[_TimedVisit]) -> tuple[datetime, datetime]:
    return min(timed.start for timed in timed_visits), max(timed.end for timed in timed_visits)


def _attendance(timed_visits: Sequence[_TimedVisit]) -> Attendance:
    timed_visits = sorted(timed_visits, key=_order)
    visits = [timed.visit for timed in timed_visits]
    return Attendance(
        name=_first(visit.name for visit in visits),
        email=_first(visit.user_email for visit in visits),
        id=_first(map(_user, visits)),
        registrant_id=_first(visit.registrant_id for visit in visits),
        joined=min((timed.joined for timed in timed_visits if timed.joined), default=None),
        left=_last_leave(timed_visits),
        visits=len(timed_visits),
        seconds=_seconds(timed_visits),
    )


def _last_leave(timed_visits: Sequence[_TimedVisit]) -> datetime | None:
    left = max((timed.left for timed in timed_visits if timed.left), default=None)
    unended = max((timed.joined for timed in timed_visits if timed.joined and not timed.left), default=None)
    return None if left and unended and unended >= left else left


def _seconds(timed_visits: Sequence[_TimedVisit]) -> int:
    """Return the time of *visits*, which are ordered by their start, whatever overlaps counted once."""
    total, until = timedelta(), None
    for timed in timed_visits:
        if timed.joined and timed.left and (until is None or timed.left > until):
            total += timed.left - (timed.joined if until is None else max(timed.joined, until))
            until = timed.left
    return total // _SECOND + sum(timed.unplaced for timed in timed_visits)


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text.strip() for text in texts if text and text.strip()), None)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


# --- The sessions of a store -----------------------------------------------------------------------------------------

_BY_NUMBER = "SELECT uuid, topic, start_time FROM user_meetings WHERE id = ? ORDER BY _part, _seq"
_BY_UUID = "SELECT uuid, topic, start_time FROM user_meetings WHERE uuid = ? ORDER BY _part, _seq"
_SOURCES = ("meeting_participants", "webinar_participants", "past_participants")
_ABOUT_PEOPLE = f"SELECT * FROM partition WHERE key = ? AND stream IN {_SOURCES}"  # noqa: S608  names of ours only
_LISTINGS_TO_COME = (
    "SELECT count(*) AS n FROM partition WHERE stream IN ('users', 'user_meetings') "  # noqa: S608  names of ours only
    f"AND state NOT IN {tuple(map(str, FINAL))}"
)

_Row: TypeAlias = dict[str, Cell]


def _rows(connection: sqlite3.Connection, sql: str, *parameters: Cell) -> list[_Row]:
    cursor = connection.execute(sql, parameters)
    names = [name for name, *_ in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _instance(connection: sqlite3.Connection, row: _Row) -> InstanceAttendance:
    uuid = str(row["uuid"])
    partitions = msgspec.convert(_rows(connection, _ABOUT_PEOPLE, uuid), list[Partition])
    partition = min(partitions, key=_preference, default=None)
    return InstanceAttendance(
        uuid=uuid,
        topic=None if row["topic"] is None else str(row["topic"]),
        start_time=msgspec.convert(row["start_time"], datetime | None),
        people=None if partition is None else _people_of(connection, partition),
        partition=partition,
    )


def _preference(partition: Partition) -> tuple[int, int]:
    """Return what is least for the partition to take: rows before none, what may still come before what will not."""
    order = {State.DONE: 0, State.EMPTY: 1, State.NOT_FOUND: 3, State.REJECTED: 3}
    return order.get(partition.state, 2), _SOURCES.index(partition.stream)


def _people_of(connection: sqlite3.Connection, partition: Partition) -> tuple[Attendance, ...] | None:
    if partition.state not in {State.DONE, State.EMPTY}:
        return None
    rows: list[_Row] = []
    if partition.state is State.DONE:
        rows = _rows(connection, f'SELECT * FROM "{partition.stream}" WHERE _part = ?', partition.key)  # noqa: S608  one of `_SOURCES`
    for row in rows:
        row.pop("failover", None)  # 0 or 1, and nothing here asks for it
    people = tuple(merge_visits(msgspec.convert(rows, list[ReportParticipant])))
    return None if partition.invalid_rows and not people else people


def _age(instance: InstanceAttendance) -> tuple[datetime, str]:
    return instance.start_time or _NEVER, instance.uuid


def _held(connection: sqlite3.Connection) -> str:
    """Return what there is instead, for the person who looks for a session that is not there."""
    days = [f"it is of {row['from_']} to {row['to_']}" for row in _rows(connection, "SELECT * FROM harvest")]
    ((count,),) = (row.values() for row in _rows(connection, _LISTINGS_TO_COME))
    listings = [f"{count} of its listings did not come yet"] if count else []
    return ", and ".join([*days, *listings]) or "nothing was harvested yet"
