"""The temporary database of a sync: lists, registrants and plans, which need not fit into memory."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from ..errors import ConfigError, InvalidArgument
from ..models.registrants import Registrant
from ._temporary import storing
from .desired import DesiredPerson, RejectedRow, SyncTarget, email_key
from .journal import meeting_key, target_key
from .plan import Action, PlannedChange, TargetPlan

_Value: TypeAlias = str | int | bytes | None

_BLOCK: Final = 200
# `target`: the targets of all plans; `no` identifies one, `position` is its place in its plan. `desired`, `actual`: the
# rows of the list and the registrants of a target that is being planned or applied; `place` is the number of the
# occurrence, and `places` counts the occurrences.
_TABLES: Final = """
CREATE TABLE target (
    no INTEGER PRIMARY KEY, plan INTEGER, position INTEGER, key TEXT, data BLOB, UNIQUE (plan, key)
);
CREATE TABLE change (target INTEGER, seq INTEGER, action TEXT, data BLOB, PRIMARY KEY (target, seq)) WITHOUT ROWID;
CREATE INDEX change_by_action ON change (target, action, seq);
CREATE TABLE desired (
    target INTEGER, seq INTEGER, email TEXT, row INTEGER, cancel INTEGER, reason TEXT, data BLOB,
    PRIMARY KEY (target, seq)
) WITHOUT ROWID;
CREATE INDEX desired_by_email ON desired (target, email, reason, cancel, seq);
CREATE TABLE actual (
    target INTEGER, email TEXT, id TEXT, status TEXT, place INTEGER, places INTEGER, data BLOB,
    PRIMARY KEY (target, email)
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class StagedRow:
    """A row of a desired list. *person* is None for a rejected row, which has a *reason*."""

    seq: int
    email: str
    row: int | None
    reason: str
    person: DesiredPerson | None


@dataclass(frozen=True, slots=True)
class Actual:
    """A registration as Zoom lists it: "approved", "pending" or "denied", for so many *places* (occurrences)."""

    email: str
    id: str
    status: str
    places: int
    registrant: Registrant

    @property
    def is_registered(self) -> bool:
        """Whether the registration takes a seat."""
        return self.status != "denied"


class _Database:
    """The connection to a database without a name, whose errors are those of the package."""

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = sqlite3.connect("", isolation_level=None)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def execute(self, query: str, values: Sequence[_Value] = ()) -> sqlite3.Cursor:
        with storing("plan"):
            return self._opened().execute(query, values)

    def executemany(self, query: str, rows: Iterable[Sequence[_Value]]) -> None:
        try:
            with storing("plan"):
                self._opened().executemany(query, rows)
        except OverflowError:
            raise InvalidArgument("the number of a row is too large") from None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ConfigError("the plan has ended with its sync: use it inside the `async with` of `RegistrantSync`")
        return self._connection


class Spool:
    """A database on disk, without a name, that SQLite removes when it is closed or the process ends."""

    def __init__(self) -> None:
        self._database = _Database()
        for statement in _TABLES.split(";"):
            self._database.execute(statement)
        self._plans = 0

    def close(self) -> None:
        """Discard everything."""
        self._database.close()

    def new_plan(self) -> int:
        """Return the number of a new plan."""
        self._plans += 1
        return self._plans

    # --- targets and changes

    def add_target(self, plan: int, position: int, target: SyncTarget) -> int:
        """Add a target to a plan and return its number. Raises `InvalidArgument` if the plan has it already."""
        with suppress(sqlite3.IntegrityError):
            query = "INSERT INTO target (plan, position, key, data) VALUES (?, ?, ?, ?)"
            plan_of = msgspec.json.encode(TargetPlan(target=target))
            return self._database.execute(query, (plan, position, target_key(target), plan_of)).lastrowid or 0
        raise InvalidArgument(f"{target} has two lists: give one list per target")

    def overlaps(self, plan: int, target: SyncTarget) -> bool:
        """Return whether another target of a plan has some of the occurrences of *target*; all of them without any."""
        key, chosen = meeting_key(target), {*target.occurrence_ids}
        query = "SELECT data FROM target WHERE plan = ? AND (key = ? OR key > ? AND key < ?)"
        rows = self._database.execute(query, (plan, key, f"{key}/", f"{key}0")).fetchall()  # "0" comes after "/"
        others = (_decode_target(data).target for (data,) in rows)
        return any(
            other != target and not (chosen and other.occurrence_ids and chosen.isdisjoint(other.occurrence_ids))
            for other in others
        )

    def save_target(self, no: int, plan: TargetPlan) -> None:
        """Save the numbers of a planned target."""
        self._database.execute("UPDATE target SET data = ? WHERE no = ?", (msgspec.json.encode(plan), no))

    def targets(self, plan: int) -> Iterator[tuple[int, TargetPlan]]:
        """Iterate over the targets of a plan, with their numbers, in the order in which they were given."""
        position = -1
        while rows := self._database.execute(
            "SELECT position, no, data FROM target WHERE plan = ? AND position > ? ORDER BY position LIMIT ?",
            (plan, position, _BLOCK),
        ).fetchall():
            for _, no, data in rows:
                yield no, _decode_target(data)
            position = rows[-1][0]

    def add_changes(self, no: int, changes: Iterable[tuple[int, PlannedChange]]) -> None:
        """Add planned changes, each with its place in the plan of the target."""
        rows = [(no, seq, change.action.value, _encode(change)) for seq, change in changes]
        self._database.executemany("INSERT INTO change VALUES (?, ?, ?, ?)", rows)

    def changes(self, no: int, *actions: Action) -> Iterator[tuple[int, PlannedChange]]:
        """Iterate over the changes of a target with one of *actions*, or all, in their order."""
        chosen = f"AND action IN ({', '.join('?' * len(actions))})" if actions else ""
        query = f"SELECT seq, data FROM change WHERE target = ? AND seq > ? {chosen} ORDER BY seq LIMIT ?"  # noqa: S608  placeholders only
        seq = -1
        while rows := self._database.execute(query, (no, seq, *(each.value for each in actions), _BLOCK)).fetchall():
            for at, data in rows:
                yield at, _decode_change(data)
            seq = rows[-1][0]

    def counts(self, no: int) -> dict[Action, int]:
        """Return the number of changes per action."""
        query = "SELECT action, count(*) FROM change WHERE target = ? GROUP BY action"
        counted = Counter({Action(action): count for action, count in self._database.execute(query, (no,))})
        return {action: counted[action] for action in Action if counted[action]}

    # --- the desired list

    def add_desired(self, no: int, rows: Sequence[DesiredPerson | RejectedRow], first: int) -> None:
        """Add rows of the desired list; the first has the place *first*."""
        self._database.executemany(
            "INSERT INTO desired VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (no, seq, email_key(each.email), each.row, 0, each.reason, None)
                if isinstance(each, RejectedRow)
                else (no, seq, email_key(each.registrant.email), each.row, each.cancel, "", _encode(each))
                for seq, each in enumerate(rows, first)
            ],
        )

    def desired(self, no: int) -> Iterator[StagedRow]:
        """Iterate over the rows of the desired list in their order."""
        query = "SELECT seq, email, row, reason, data FROM desired WHERE target = ? AND seq > ? ORDER BY seq LIMIT ?"
        seq = -1
        while rows := self._database.execute(query, (no, seq, _BLOCK)).fetchall():
            for at, email, row, reason, data in rows:
                yield StagedRow(at, email, row, reason, None if data is None else _decode_person(data))
            seq = rows[-1][0]

    def rows_of(self, no: int, email: str) -> list[StagedRow]:
        """Return the rows with an address that are not rejected: first those that are not cancelled, in their order."""
        rows = self._database.execute(
            "SELECT seq, email, row, reason, data FROM desired WHERE target = ? AND email = ? AND reason = '' "
            "ORDER BY cancel, seq LIMIT ?",
            (no, email, _BLOCK),
        ).fetchall()
        return [StagedRow(seq, email, row, reason, _decode_person(data)) for seq, _, row, reason, data in rows]

    def is_rejected(self, no: int, email: str) -> bool:
        """Return whether an address is on a rejected row."""
        query = "SELECT EXISTS (SELECT * FROM desired WHERE target = ? AND email = ? AND reason != '')"
        return bool(self._database.execute(query, (no, email)).fetchone()[0])

    def cancelled(self, no: int) -> Iterator[StagedRow]:
        """Iterate over the addresses that are on cancelled rows only, one row each."""
        query = (
            "SELECT min(seq), email FROM desired AS d WHERE target = ? AND email > ? AND reason = '' AND cancel "
            "AND NOT EXISTS (SELECT * FROM desired WHERE target = d.target AND email = d.email AND NOT cancel) "
            "GROUP BY email ORDER BY email LIMIT ?"
        )
        email = ""
        while rows := self._database.execute(query, (no, email, _BLOCK)).fetchall():
            for seq, address in rows:
                yield StagedRow(seq, address, None, "", None)
            email = rows[-1][1]

    # --- the registrants

    def add_actual(self, no: int, registrants: Iterable[Registrant], status: str, place: int) -> None:
        """Add registrants of one listing: those with *status* of the occurrence number *place*.

        A registrant whose status changes meanwhile is in two listings of one occurrence: the later one counts. A person
        with two registrations, one of them denied, counts as registered.
        """
        self._database.executemany(
            "INSERT INTO actual VALUES (?, ?, ?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET id = excluded.id, "
            "status = excluded.status, places = places + (place != excluded.place), place = excluded.place, "
            "data = excluded.data WHERE excluded.status != 'denied' OR excluded.id = id",
            [(no, email_key(each.email), each.id, status, place, _encode(each)) for each in registrants],
        )

    def clear_actual(self, no: int) -> None:
        """Remove the registrants of a target."""
        self._database.execute("DELETE FROM actual WHERE target = ?", (no,))

    def clear_desired(self, no: int) -> None:
        """Remove the desired list of a target."""
        self._database.execute("DELETE FROM desired WHERE target = ?", (no,))

    def actual(self, no: int, email: str) -> Actual | None:
        """Return the registration with an address, or None."""
        row = self._database.execute(
            "SELECT email, id, status, places, data FROM actual WHERE target = ? AND email = ?", (no, email)
        ).fetchone()
        return None if row is None else _actual(row)

    def registered(self, no: int) -> int:
        """Return the number of people who are approved or pending."""
        query = "SELECT count(*) FROM actual WHERE target = ? AND status != 'denied'"
        return int(self._database.execute(query, (no,)).fetchone()[0])

    def absent(self, no: int) -> Iterator[Actual]:
        """Iterate over the people who are approved or pending and on no row of the desired list."""
        query = (
            "SELECT email, id, status, places, data FROM actual AS a WHERE target = ? AND email > ? "
            "AND status != 'denied' AND NOT EXISTS (SELECT * FROM desired WHERE target = a.target AND email = a.email) "
            "ORDER BY email LIMIT ?"
        )
        email = ""
        while rows := self._database.execute(query, (no, email, _BLOCK)).fetchall():
            yield from map(_actual, rows)
            email = rows[-1][0]


def _actual(row: tuple[str, str, str, int, bytes]) -> Actual:
    email, id_, status, places, data = row
    return Actual(email, id_, status, places, _decode_registrant(data))


_encode = msgspec.json.Encoder().encode
_decode_change = msgspec.json.Decoder(PlannedChange).decode
_decode_person = msgspec.json.Decoder(DesiredPerson).decode
_decode_registrant = msgspec.json.Decoder(Registrant).decode
_decode_target = msgspec.json.Decoder(TargetPlan).decode
