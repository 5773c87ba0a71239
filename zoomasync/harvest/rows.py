"""The conversion of fetched rows to the lines of a table, with their lineage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import msgspec

from .. import __version__
from ..errors import InvalidArgument
from ._page_tracker import WriteBatch
from ._row_cleaner import row_cleaner
from .columns import Cell, Cells, utc_text
from .privacy import Privacy
from .streams import Stream
from .tasks import PartitionTask


def run_name(start: datetime, *, after: str | None = None) -> str:
    """Return the name of the run that begins at *start*, a time in UTC. Names of later runs sort after it.

    It also sorts *after* the name of the last run, if the clock was set back since.
    """
    name = f"{start.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
    if after is None or after < name:
        return name
    return run_name(datetime.fromisoformat(after) + timedelta(microseconds=1))


def run_name_of(since: str | date) -> str:
    """Return *since*, a time or the name of a run, as the names of runs have times. Raises `InvalidArgument`."""
    try:
        moment = datetime.fromisoformat(since) if isinstance(since, str) else since
    except ValueError:
        raise InvalidArgument(
            f"changed_since is {str(since)[:40]!r}, and must be the name of a run or a time in ISO 8601"
        ) from None
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return run_name(moment if moment.tzinfo is None else moment.astimezone(UTC))


class RowEncoder:
    """Converts the rows of *stream* to cells, as the run *run* of the account *account_id* stores them.

    No personal data or secret that *privacy* excludes leaves it; by default these are the secrets.
    """

    def __init__(self, stream: Stream, *, account_id: str, run: str, privacy: Privacy | None = None) -> None:
        self._stream = stream
        self._cells = _cells_of(stream)
        self._cleaner = row_cleaner(privacy or Privacy(), stream)
        self._account_id = account_id
        self._run = run

    def columns(self, task: PartitionTask, batch: WriteBatch) -> list[Sequence[Cell]]:
        """Return the cells of *batch* by column, in the order of `all_columns`.

        A number beyond 64 bits goes to ``_extra``.
        """
        count = len(batch.rows)
        if not count:
            return []
        positions, structs, extra_fields = zip(*batch.rows, strict=True)
        cells, too_large = self._cells(structs)
        extras: list[str | None] = list(extra_fields)
        for index, numbers in too_large.items():
            keys = msgspec.json.decode(extras[index] or "{}", type=dict[str, msgspec.Raw])
            extras[index] = msgspec.json.encode({**keys, **numbers}).decode()
        self._cleaner.clean(cells, extras)
        fetched_at = utc_text(batch.fetched_at)
        seen = (fetched_at, fetched_at, None) if self._stream.refresh.snapshot else ()
        return [
            [self._account_id] * count,
            [task.key] * count,
            positions,
            *cells,
            extras,
            *([each] * count for each in (fetched_at, self._run, __version__, *seen)),
        ]

    def rejected(self, task: PartitionTask, batch: WriteBatch) -> list[tuple[Cell, ...]]:
        """Return the lines of the table `rejected_rows` for the invalid rows of *batch*."""
        lineage = (utc_text(batch.fetched_at), self._run, __version__)
        return [
            (
                *(self._account_id, self._stream.name, task.key, seq, row.path, row.reason),
                *(self._cleaner.clean_rejected(row.raw.decode()), *lineage),
            )
            for seq, row in batch.invalid_rows
        ]


_cells_of = cache(Cells)  # an encoder per partition is cheap this way
