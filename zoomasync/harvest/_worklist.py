"""What a store still has to fetch: SQL on its table `partition`, which is the list of the work."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from .. import ZoomError, months
from ._columns import utc_text
from ._place import Outstanding, Scope, widened
from ._schema import delete_rows
from .partition import Partition, State, settled
from .streams import (
    LISTINGS,
    STREAMS,
    USERS,
    Days,
    ListingStream,
    SessionStream,
    Stream,
    Unit,
    found_in,
)

_CHUNK = 1_000


def drop_open(connection: sqlite3.Connection) -> None:
    """Forget what a run that was killed had begun."""
    for stream, key in connection.execute("SELECT stream, key FROM partition WHERE state = 'open'").fetchall():
        connection.execute(delete_rows(stream), (key,))
        connection.execute("DELETE FROM drift WHERE stream = ? AND _part = ?", (stream, key))
    connection.execute("UPDATE partition SET state = 'waiting', pages = 0, rows = 0, drifted = 0 WHERE state = 'open'")


def prepare(connection: sqlite3.Connection, name: str, scope: Scope) -> None:
    """Let the months of *scope* be listed, as far as they are not, and let what failed have another try."""
    first, last = _widened(connection, name, scope.days)
    expect(
        connection,
        (
            Unit(USERS, f"{from_:%Y-%m}", (from_, to))
            for from_, to in months(first, last)
            if scope.months[0] <= f"{from_:%Y-%m}" <= scope.months[1]
        ),
    )
    inside = _Inside(scope, (*LISTINGS, *scope.reports))
    connection.execute(f"UPDATE partition SET state = 'waiting' WHERE state IN ('failed', 'parked') AND {inside}")
    listings = _Inside(scope, LISTINGS)
    # A day that was not over when it was listed may have gone on.
    connection.execute(f"UPDATE partition SET state = 'waiting' WHERE substr(fetched_at, 1, 10) <= to_ AND {listings}")
    if scope.since is not None:
        since = scope.since.isoformat()
        connection.execute(f"UPDATE partition SET state = 'waiting' WHERE to_ >= '{since}' AND {listings}")
        late = _Inside(scope, scope.reports)
        connection.execute(
            f"UPDATE partition SET state = 'waiting' WHERE state IN ('gone', 'empty') AND from_ >= '{since}' AND {late}"
        )


def _widened(connection: sqlite3.Connection, name: str, days: Days) -> Days:
    held = connection.execute("SELECT from_, to_ FROM harvest").fetchone()
    if held is not None:
        days = widened(name, (date.fromisoformat(held[0]), date.fromisoformat(held[1])), days)
    connection.execute("INSERT OR REPLACE INTO harvest VALUES (1, ?, ?)", (days[0].isoformat(), days[1].isoformat()))
    return days


def expect(connection: sqlite3.Connection, units: Iterable[Unit]) -> None:
    """Put *units* on the list, but those that are there; a listing that is of other days now is to be fetched again."""
    for unit in units:
        again = _LISTING_AGAIN if isinstance(unit.stream, ListingStream) else _SESSION_AGAIN
        first, last = unit.days
        line = (unit.stream.name, unit.key, first.isoformat(), last.isoformat(), unit.calls)
        connection.execute(_EXPECT + again, line)


_EXPECT = "INSERT INTO partition (stream, key, from_, to_, calls, state) VALUES (?, ?, ?, ?, ?, 'waiting') "
_LISTING_AGAIN = (
    "ON CONFLICT DO UPDATE SET from_ = excluded.from_, to_ = excluded.to_, state = 'waiting' "
    "WHERE from_ != excluded.from_ OR to_ != excluded.to_"
)
_SESSION_AGAIN = "ON CONFLICT DO UPDATE SET calls = excluded.calls WHERE calls != excluded.calls"


def expand(connection: sqlite3.Connection, listing: ListingStream, scope: Scope) -> None:
    """Put what the listings of *scope* lead to on the list: hosts to their meetings, meetings to their reports."""
    names = ", ".join(f"t.{column}" for column in listing.leads)
    found = connection.execute(
        f"SELECT p.key, p.from_, p.to_, {names} FROM partition p JOIN {listing.name} t ON t._part = p.key "
        f"WHERE p.state = 'done' AND {_Inside(scope, (listing,))}"
    ).fetchall()
    for key, from_, to, *values in found:
        unit = Unit(listing, key, (date.fromisoformat(from_), date.fromisoformat(to)))
        expect(connection, found_in(unit, [listing.lead(values)], scope.reports))


def chunks(connection: sqlite3.Connection, scope: Scope, streams: Sequence[Stream]) -> Iterator[list[Unit]]:
    """Yield what waits of *streams*, the oldest first, since reports expire; each part is read when it is asked for."""
    after = ("", "", "")
    inside = _Inside(scope, streams)
    while True:
        lines = connection.execute(
            f"SELECT from_, stream, key, to_, calls FROM partition WHERE (from_, stream, key) > (?, ?, ?) "
            f"AND state = 'waiting' AND {inside} ORDER BY from_, stream, key LIMIT {_CHUNK}",
            after,
        ).fetchall()
        if not lines:
            return
        after = lines[-1][:3]
        yield [
            Unit(STREAMS[stream], key, (date.fromisoformat(from_), date.fromisoformat(to)), calls)
            for from_, stream, key, to, calls in lines
        ]


def counts(connection: sqlite3.Connection, scope: Scope) -> Mapping[str, Mapping[State, Outstanding]]:
    """Return how many partitions of each stream and state *scope* has, and the calls that they take."""
    found: dict[str, dict[State, Outstanding]] = {}
    for stream, state, partitions, calls in connection.execute(
        f"SELECT stream, state, count(*), sum(calls) FROM partition "
        f"WHERE {_Inside(scope, (*LISTINGS, *scope.reports))} GROUP BY stream, state"
    ):
        found.setdefault(stream, {})[State(state)] = Outstanding(partitions, calls)
    return found


def park(connection: sqlite3.Connection, scope: Scope, until: datetime) -> None:
    """Let everything that waits wait until a new day's budget."""
    connection.execute(
        f"UPDATE partition SET state = 'parked', parked_until = ? "
        f"WHERE state = 'waiting' AND {_Inside(scope, (*LISTINGS, *scope.reports))}",
        (utc_text(until),),
    )


def unpark(connection: sqlite3.Connection, scope: Scope) -> None:
    """Let what was parked be fetched."""
    connection.execute(
        f"UPDATE partition SET state = 'waiting' "
        f"WHERE state = 'parked' AND {_Inside(scope, (*LISTINGS, *scope.reports))}"
    )


def settle(
    connection: sqlite3.Connection, unit: Unit, error: ZoomError | None, note: str | None, now: datetime
) -> Partition:
    """Write down what became of *unit*.

    Rows that came before an *error* are dropped, and those of an earlier listing stay until there is a better one.
    """
    of_unit = (unit.stream.name, unit.key)
    was, pages, rows, drifted = connection.execute(
        "SELECT state, pages, rows, drifted FROM partition WHERE stream = ? AND key = ?", of_unit
    ).fetchone()
    if error is not None and was == State.OPEN:
        empty(connection, unit)
        pages = rows = drifted = 0
    partition = settled(unit, error, note, pages=pages, rows=rows, drifted=drifted, now=now)
    connection.execute(
        "UPDATE partition SET state = ?, pages = ?, rows = ?, drifted = ?, fetched_at = ?, parked_until = ?, "
        "error = ?, detail = ?, tracking_id = ?, note = ? WHERE stream = ? AND key = ?",
        (
            partition.state,
            pages,
            rows,
            drifted,
            utc_text(now),
            None if partition.parked_until is None else utc_text(partition.parked_until),
            partition.error,
            partition.detail,
            partition.tracking_id,
            note,
            *of_unit,
        ),
    )
    return partition


def empty(connection: sqlite3.Connection, unit: Unit) -> None:
    """Take the rows of *unit* out."""
    connection.execute(delete_rows(unit.stream.name), (unit.key,))
    connection.execute("DELETE FROM drift WHERE stream = ? AND _part = ?", (unit.stream.name, unit.key))


class _Inside:
    """The SQL condition that a partition belongs to *scope* and is one of *streams*. No value of it comes from data."""

    def __init__(self, scope: Scope, streams: Iterable[Stream]) -> None:
        listings = [stream.name for stream in streams if isinstance(stream, ListingStream)]
        reports = [stream.name for stream in streams if isinstance(stream, SessionStream)]
        first_month, last_month = scope.months
        first, last = scope.days
        self._sql = (
            f"((stream IN ({_quoted(listings)}) AND substr(from_, 1, 7) BETWEEN '{first_month}' AND '{last_month}') "
            f"OR (stream IN ({_quoted(reports)}) AND from_ BETWEEN '{first}' AND '{last}'))"
        )

    def __str__(self) -> str:
        return self._sql


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
