"""The journal of a sync: what was about to be sent, written before it is sent, and what the sync knows of people."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, Self, TypeAlias, TypeVar

import anyio
import anyio.to_thread

from ..errors import ConfigError
from ._journal_file import KEPT_DAYS, journal_error, open_journal
from .desired import SyncTarget, email_key

T = TypeVar("T")

WriteKind: TypeAlias = Literal["add", "approve", "cancel", "deny"]
Knowledge: TypeAlias = Literal["adding", "registered", "removing", "removed", "gone"]
"""The knowledge of one person: an add or removal whose result is not known, or the result."""

_ADDS_PER_DAY: Final = 3
_STATUS_CHANGES_PER_DAY: Final = 10


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """The journal's knowledge of one person at one target.

    *ours* is true if a sync added the person. *kind* is the last write, which was sent or answered at *since*, in
    seconds of the epoch by Zoom's clock; *version* is its number, and 0 without one.
    """

    knowledge: Knowledge
    ours: bool
    registrant_id: str
    kind: str
    since: float
    version: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rejection by Zoom that another attempt with the same *change* would meet again."""

    change: str
    reason: str
    code: int | None
    message: str


class Journal:
    """The journal of the registrant syncs of one Zoom account, in a SQLite file that only its owner can read.

    Several processes can use it at the same time. It holds e-mail addresses and registrant ids; `forget` deletes those
    of a person or a target. Enter it with ``async with``. Raises `ConfigError`, and leaves the file unchanged, if it is
    not a journal or has another version, and `StoreError` if it cannot be read or written.
    """

    def __init__(self, path: str | Path) -> None:
        # The locks beside the journal must be the same for every name of it, also after a change of the folder.
        self.path: Path = Path(os.path.realpath(path))
        self._connection: sqlite3.Connection | None = None
        # Reads have a connection of their own: one that has begun to read cannot write after another process has.
        self._reader: sqlite3.Connection | None = None
        # One write at a time; a thread waits for the disk.
        self._limiter = anyio.CapacityLimiter(1)

    async def __aenter__(self) -> Self:
        await anyio.to_thread.run_sync(self._open)
        return self

    async def __aexit__(self, *_: object) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._close, limiter=self._limiter)

    def person(self, target: SyncTarget, email: str) -> KnownPerson | None:
        """Return the knowledge of one person, or None."""
        row = self._read(
            "SELECT knowledge, ours, registrant_id, kind, since, version FROM person WHERE target = ? AND email = ?",
            target_key(target),
            email_key(email),
        ).fetchone()
        return None if row is None else KnownPerson(row[0], bool(row[1]), *row[2:])

    def people(self, target: SyncTarget) -> int:
        """Return the number of people whom the journal knows at *target*."""
        (count,) = self._read("SELECT count(*) FROM person WHERE target = ?", target_key(target)).fetchone()
        return int(count)

    def is_used_up(self, target: SyncTarget, email: str, kind: WriteKind, now: datetime) -> bool:
        """Return whether Zoom's daily limit of one person is used up: three adds, or ten changes of the status."""
        (count,) = self._read(
            "SELECT count(*) FROM write WHERE meeting = ? AND email = ? AND day = ? AND (kind = 'add') = ?",
            meeting_key(target),
            email_key(email),
            _day(now),
            kind == "add",
        ).fetchone()
        return int(count) >= _per_day(kind)

    def rejection(self, target: SyncTarget, email: str, now: datetime) -> Rejection | None:
        """Return the latest rejection of a person, or with an empty *email* of the target; it counts for some days."""
        row = self._read(
            "SELECT change, reason, code, message FROM rejection WHERE target = ? AND email = ? "
            "AND julianday(?) - julianday(day) < ?",
            target_key(target),
            email_key(email),
            _day(now),
            KEPT_DAYS if email else 1,
        ).fetchone()
        return None if row is None else Rejection(*row)

    def seats(self, target: SyncTarget, now: datetime) -> int | None:
        """Return the seats of a target that was full today, or None."""
        row = self._read(
            "SELECT seats FROM capacity WHERE target = ? AND day = ?", target_key(target), _day(now)
        ).fetchone()
        return int(row[0]) if row else None

    async def begin(self, target: SyncTarget, emails: Sequence[str], kind: WriteKind, now: datetime) -> None:
        """Record that a write about the people with *emails* is about to be sent."""

        def begin(connection: sqlite3.Connection) -> None:
            knowledge = "adding" if kind == "add" else "removing" if kind in {"cancel", "deny"} else "registered"
            for email in map(email_key, emails):
                cursor = connection.execute(
                    "INSERT INTO write (meeting, email, kind, day) VALUES (?, ?, ?, ?)",
                    (meeting_key(target), email, kind, _day(now)),
                )
                connection.execute(
                    "INSERT INTO person VALUES (?1, ?2, ?3, 0, '', ?4, ?5, ?6) ON CONFLICT DO UPDATE SET "
                    # An addition without a result was made if the person can be approved or removed.
                    "ours = iif(knowledge = 'adding' AND ?4 != 'add', 1, ours), "
                    "knowledge = excluded.knowledge, kind = excluded.kind, since = excluded.since, "
                    "version = excluded.version",
                    (target_key(target), email, knowledge, kind, now.timestamp(), cursor.lastrowid),
                )

        await self._write(begin)

    async def record(
        self,
        target: SyncTarget,
        people: Mapping[str, str],
        knowledge: Knowledge,
        *,
        ours: bool | None = None,
        now: datetime | None = None,
    ) -> None:
        """Record the *knowledge* of *people*: registrant ids by address. *ours* None leaves that as it is.

        *now* is the time of the response to a write, which may be long after `begin`.
        """
        since = None if now is None else now.timestamp()

        def record(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT INTO person VALUES (?1, ?2, ?3, coalesce(?5, 0), ?4, '', coalesce(?6, 0), 0) "
                "ON CONFLICT DO UPDATE SET knowledge = ?3, registrant_id = iif(?4 = '', registrant_id, ?4), "
                "ours = coalesce(?5, ours), since = coalesce(?6, since)",
                [(target_key(target), email_key(email), knowledge, id_, ours, since) for email, id_ in people.items()],
            )
            connection.executemany(
                "DELETE FROM rejection WHERE target = ? AND email = ?",
                [(target_key(target), email_key(email)) for email in people],
            )

        await self._write(record)

    async def withdraw(
        self,
        target: SyncTarget,
        people: Mapping[str, KnownPerson | None],
        kind: WriteKind,
        *,
        rejections: Mapping[str, Rejection] = MappingProxyType({}),
        now: datetime,
    ) -> None:
        """Record that Zoom did not carry out the latest write about *people*, whom the journal knew as given before.

        Such a write does not count against the daily limit of a person.
        """

        def withdraw(connection: sqlite3.Connection) -> None:
            for email, known in ((email_key(email), known) for email, known in people.items()):
                key = (target_key(target), email)
                connection.execute(
                    "DELETE FROM write WHERE id = (SELECT max(id) FROM write WHERE meeting = ? AND email = ? AND "
                    "kind = ?)",
                    (meeting_key(target), email, kind),
                )
                connection.execute("DELETE FROM person WHERE target = ? AND email = ?", key)
                if known is not None:
                    connection.execute(
                        "INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                        (
                            *key,
                            known.knowledge,
                            known.ours,
                            known.registrant_id,
                            known.kind,
                            known.since,
                            known.version,
                        ),
                    )
            _reject(connection, target, rejections, now)

        await self._write(withdraw)

    async def reject(self, target: SyncTarget, rejections: Mapping[str, Rejection], now: datetime) -> None:
        """Record rejections by address; an empty address stands for the whole target."""
        await self._write(lambda connection: _reject(connection, target, rejections, now))

    async def learn_seats(self, target: SyncTarget, seats: int, now: datetime) -> None:
        """Record that *target* is full with so many people."""
        await self._write(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO capacity VALUES (?, ?, ?)", (target_key(target), seats, _day(now))
            )
        )

    async def forget(self, *, target: SyncTarget | None = None, email: str | None = None) -> int:
        """Delete a person, a target, or one person at one target, and return the number of deleted records.

        A person has one record per target. A *target* without occurrences includes the targets that are occurrences of
        it.

        A sync then no longer knows that it added these people, or that they were registered. The counts of today's
        writes stay until the end of Zoom's day. Raises `ConfigError` without *target* and *email*.
        """
        if target is None and email is None:
            raise ConfigError("forget needs a target, an e-mail address, or both")
        key = None if target is None else target_key(target)
        values = (key, None if target is None or target.occurrence_ids else f"{key}/%", email and email_key(email))
        of_target = "(?1 IS NULL OR target = ?1 OR target LIKE ?2)"

        def forget(connection: sqlite3.Connection) -> int:
            of_person = f"{of_target} AND (?3 IS NULL OR email = ?3)"
            if email is None:
                connection.execute(f"DELETE FROM capacity WHERE {of_target}", values[:2])  # noqa: S608  fixed texts
            connection.execute(f"DELETE FROM rejection WHERE {of_person}", values)  # noqa: S608  fixed texts
            return connection.execute(f"DELETE FROM person WHERE {of_person}", values).rowcount  # noqa: S608  fixed texts

        return await self._write(forget)

    async def exhaust(self, target: SyncTarget, email: str, kind: WriteKind, now: datetime) -> None:
        """Record that Zoom's daily limit of one person is used up, by other clients too."""

        def exhaust(connection: sqlite3.Connection) -> None:
            key = (meeting_key(target), email_key(email), kind, _day(now))
            connection.executemany(
                "INSERT INTO write (meeting, email, kind, day) VALUES (?, ?, ?, ?)", [key] * _per_day(kind)
            )

        await self._write(exhaust)

    def _read(self, query: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._opened(self._reader).execute(query, values)
        except sqlite3.Error as error:
            raise journal_error(self.path, "read", error) from None

    async def _write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        return await anyio.to_thread.run_sync(self._transact, change, limiter=self._limiter)

    def _transact(self, change: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._opened(self._connection)
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = change(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk rolls back by itself
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise journal_error(self.path, "written", error) from None
        return result

    def _open(self) -> None:
        self._connection, self._reader = open_journal(self.path)

    def _close(self) -> None:
        connections, self._connection, self._reader = (self._reader, self._connection), None, None
        for connection in connections:
            if connection is not None:
                connection.close()

    def _opened(self, connection: sqlite3.Connection | None) -> sqlite3.Connection:
        if connection is None:
            raise ConfigError("the journal is not open: enter it with `async with`")
        return connection


def target_key(target: SyncTarget) -> str:
    """Return the key of *target* in the journal."""
    return "/".join((meeting_key(target), *target.occurrence_ids))


def meeting_key(target: SyncTarget) -> str:
    """Return the key of the meeting or webinar of *target*, whose daily limits and lock all its occurrences share."""
    return f"{target.kind}/{target.id}"


def _reject(
    connection: sqlite3.Connection, target: SyncTarget, rejections: Mapping[str, Rejection], now: datetime
) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO rejection VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (target_key(target), email_key(email), each.change, each.reason, each.code, each.message, _day(now))
            for email, each in rejections.items()
        ],
    )


def _per_day(kind: WriteKind) -> int:
    return _ADDS_PER_DAY if kind == "add" else _STATUS_CHANGES_PER_DAY


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
