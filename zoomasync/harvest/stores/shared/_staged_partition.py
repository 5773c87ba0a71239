"""What has come of one partition while it is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import Final, cast

import msgspec

from ...streams import PartitionTask
from ..base import WriteBatch
from ..columns import Cell
from ..sqlite.schema import Table

_IN_MEMORY: Final = 2**19  # bytes: some 4,000 rows


class StagedPartition:
    """What has come of one partition so far: in memory while it is little, then in a file that has no name."""

    def __init__(self, task: PartitionTask) -> None:
        self.task = task
        self.over: bool = datetime.now(UTC).date() > task.days[1]
        self.rows: int = 0
        self.invalid_rows: list[tuple[Cell, ...]] = []
        self._file = SpooledTemporaryFile[bytes](max_size=_IN_MEMORY)
        self._sizes: list[int] = []

    @property
    def pages(self) -> int:
        """How many replies it took."""
        return len(self._sizes)

    def take(self, table: Table, piece: WriteBatch) -> None:
        """Add what one reply gave; with a first one, what there was goes."""
        stream, key = self.task.stream.name, self.task.key
        if piece.first:
            self.rows = 0
            self.invalid_rows.clear()
            self._sizes.clear()
            self._file.seek(0)
        page = msgspec.msgpack.encode(table.lines(key, piece.rows))
        self._file.write(page)
        self._sizes.append(len(page))
        self.rows += len(piece.rows)
        for seq, drift in piece.invalid_rows:
            self.invalid_rows.append(
                (stream, key, seq, drift.path, drift.reason, drift.raw.decode(errors="backslashreplace"))
            )

    def lines(self) -> Iterator[list[list[Cell]]]:
        """Yield the lines of the table, reply by reply."""
        self._file.seek(0)
        for size in self._sizes:
            yield cast("list[list[Cell]]", msgspec.msgpack.decode(self._file.read(size)))

    def close(self) -> None:
        """Throw it away."""
        self._file.close()
