"""The rows of one partition that is being fetched, kept aside until the partition is complete."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Final, cast

import msgspec

from ...streams import PartitionTask
from ..base import WriteBatch
from ..columns import Cell
from ..sqlite.schema import Table

_MEMORY_BYTES: Final = 2**19  # some 4,000 rows


class StagedPartition:
    """The rows of one partition so far: in memory, and in an unnamed file once they exceed 512 KiB."""

    def __init__(self, task: PartitionTask) -> None:
        self.task = task
        self.rows: int = 0
        self.invalid_rows: list[tuple[Cell, ...]] = []
        self._file = SpooledTemporaryFile[bytes](max_size=_MEMORY_BYTES)
        self._sizes: list[int] = []

    @property
    def pages(self) -> int:
        """The number of responses so far."""
        return len(self._sizes)

    def add(self, table: Table, batch: WriteBatch) -> None:
        """Add the rows of one response; the first batch replaces all earlier ones."""
        stream, key = self.task.stream.name, self.task.key
        if batch.first:
            self.rows = 0
            self.invalid_rows.clear()
            self._sizes.clear()
            self._file.seek(0)
        page = msgspec.msgpack.encode(table.lines(key, batch.rows))
        self._file.write(page)
        self._sizes.append(len(page))
        self.rows += len(batch.rows)
        for seq, row in batch.invalid_rows:
            raw = row.raw.decode(errors="backslashreplace")
            self.invalid_rows.append((stream, key, seq, row.path, row.reason, raw))

    def lines(self) -> Iterator[list[list[Cell]]]:
        """Yield the table's lines, one list per response."""
        self._file.seek(0)
        for size in self._sizes:
            yield cast("list[list[Cell]]", msgspec.msgpack.decode(self._file.read(size)))

    def close(self) -> None:
        """Discard the rows."""
        self._file.close()
