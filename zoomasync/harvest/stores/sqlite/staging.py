"""The rows of a partition that is fetched again: kept aside until they are whole, and then put in place of the old."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from ...columns import KEY_COLUMNS, SNAPSHOT_COLUMNS, Cell, key_columns, row_key
from ...tasks import PartitionTask
from .schema import REJECTED_ROW_COLUMNS, Table

Line: TypeAlias = tuple[Cell, ...]
_REJECTED = (  # by name: a migrated store has the columns in another order
    f"INSERT INTO rejected_rows ({', '.join(column.name for column in REJECTED_ROW_COLUMNS)}) "
    f"VALUES ({', '.join('?' * len(REJECTED_ROW_COLUMNS))})"
)
_SEQ: Final = len(KEY_COLUMNS) - 1
_SNAPSHOT: Final = len(SNAPSHOT_COLUMNS)


class _Batch(msgspec.Struct, array_like=True, frozen=True):
    columns: Sequence[Sequence[Cell]]
    rejected: Sequence[Line]


_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(_Batch)


def put_rejected(connection: sqlite3.Connection, lines: Sequence[Line]) -> None:
    """Insert *lines* into `rejected_rows`."""
    if lines:
        connection.executemany(_REJECTED, lines)


def stage(
    connection: sqlite3.Connection,
    task: PartitionTask,
    columns: Sequence[Sequence[Cell]],
    rejected: Sequence[Line],
    *,
    first: bool,
) -> None:
    """Keep a batch of *task* aside; the *first* one drops those of an earlier attempt."""
    if first:
        drop_staged(connection, task)
    batch = _encoder.encode(_Batch(columns, rejected))
    connection.execute(
        "INSERT INTO staged_rows SELECT ?1, ?2, count(*), ?3 FROM staged_rows WHERE stream = ?1 AND key = ?2",
        (task.stream.name, task.key, batch),
    )


def drop_staged(connection: sqlite3.Connection, task: PartitionTask) -> None:
    """Delete the staged rows of *task*."""
    connection.execute("DELETE FROM staged_rows WHERE stream = ? AND key = ?", (task.stream.name, task.key))


def replace_rows(connection: sqlite3.Connection, table: Table, task: PartitionTask, now: str) -> None:
    """Put the staged rows of *task* in place of its rows; a snapshot keeps those that are missing, and marks them."""
    id_ = (task.stream.name, task.key)
    connection.execute("DELETE FROM rejected_rows WHERE stream = ? AND _part = ?", id_)
    known = _KnownRows(connection, table, task) if task.stream.refresh.snapshot else None
    if known is None:
        connection.execute(f'DELETE FROM "{task.stream.name}" WHERE _part = ?', (task.key,))
    batches = "SELECT batch FROM staged_rows WHERE stream = ? AND key = ? ORDER BY number"
    for (batch,) in connection.execute(batches, id_).fetchall():
        rows = _decoder.decode(batch)
        if known is None:
            table.put_columns(connection, rows.columns)
        else:
            table.put(connection, [known.merged(line) for line in zip(*rows.columns, strict=True)])
        put_rejected(connection, rows.rejected)
    if known is not None:
        known.mark_missing(now)
    drop_staged(connection, task)


class _KnownRows:
    """The rows of a snapshot that are stored, by their row key. A row that is listed again keeps its `_seq`."""

    def __init__(self, connection: sqlite3.Connection, table: Table, task: PartitionTask) -> None:
        self._connection = connection
        self._table = task.stream.name
        self._part = task.key
        names = [column.name for column in table.columns]
        self._stream = task.stream
        self._key = [names.index(name) for name in key_columns(task.stream)]
        keys = ", ".join(f'"{name}"' for name in key_columns(task.stream))
        rows = connection.execute(
            f'SELECT _seq, _first_seen, {keys} FROM "{self._table}" WHERE _part = ?',
            (task.key,),
        )
        # Keys are different for Zoom. As hashes they may be equal: an e-mail address is hashed in lower case.
        self._rows: defaultdict[tuple[object, ...], list[tuple[int, str]]] = defaultdict(list)
        self._next = 0
        for seq, seen, *key in rows:
            self._rows[row_key(task.stream, key)].append((seq, seen))
            self._next = max(self._next, seq + 1)

    def merged(self, line: Line) -> Line:
        """Return *line* with the `_seq` and the `_first_seen` of the stored row, which it replaces."""
        known = self._rows[row_key(self._stream, [line[index] for index in self._key])]
        if not known:
            seq, self._next = self._next, self._next + 1
            return (*line[:_SEQ], seq, *line[_SEQ + 1 :])
        seq, first_seen = known.pop(0)
        self._connection.execute(
            f'DELETE FROM "{self._table}" WHERE _part = ? AND _seq = ?',
            (self._part, seq),
        )
        return (*line[:_SEQ], seq, *line[_SEQ + 1 : -_SNAPSHOT], first_seen, *line[-_SNAPSHOT + 1 :])

    def mark_missing(self, now: str) -> None:
        """Mark the stored rows that no merged line replaced."""
        self._connection.executemany(
            f'UPDATE "{self._table}" SET _missing_since = coalesce(_missing_since, ?) WHERE _part = ? AND _seq = ?',
            [(now, self._part, seq) for rows in self._rows.values() for seq, _ in rows],
        )
