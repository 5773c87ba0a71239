"""What has come of one partition while it is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import Final, cast

import msgspec

from ...streams import Unit
from ..base import Piece
from ..columns import Cell
from ..sqlite.schema import Table

_IN_MEMORY: Final = 2**19  # bytes: some 4,000 rows


class Draft:
    """What has come of one partition so far: in memory while it is little, then in a file that has no name."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.over: bool = datetime.now(UTC).date() > unit.days[1]
        self.rows: int = 0
        self.drifts: list[tuple[Cell, ...]] = []
        self._file = SpooledTemporaryFile[bytes](max_size=_IN_MEMORY)
        self._sizes: list[int] = []

    @property
    def pages(self) -> int:
        """How many replies it took."""
        return len(self._sizes)

    def take(self, table: Table, piece: Piece) -> None:
        """Add what one reply gave; with a first one, what there was goes."""
        stream, key = self.unit.stream.name, self.unit.key
        if piece.first:
            self.rows = 0
            self.drifts.clear()
            self._sizes.clear()
            self._file.seek(0)
        page = msgspec.msgpack.encode(table.lines(key, piece.rows))
        self._file.write(page)
        self._sizes.append(len(page))
        self.rows += len(piece.rows)
        for seq, drift in piece.drifts:
            self.drifts.append(
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
