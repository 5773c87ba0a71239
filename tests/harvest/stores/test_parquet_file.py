"""Parquet files of rows."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from zoomasync.errors import StoreError
from zoomasync.harvest.columns import Cell, all_columns
from zoomasync.harvest.stores.parquet_file import BATCH, GROUP_ROWS, ParquetFile
from zoomasync.harvest.streams import STREAMS

pq = pytest.importorskip("pyarrow.parquet")

COLUMNS = all_columns(STREAMS["users"])


def user_rows(count: int) -> list[tuple[Cell, ...]]:
    width = len(COLUMNS) - 4
    return [("account", "2026-05", n, f"user {n % 1_000}", *[None] * width) for n in range(count)]


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_bytes_ignore_batch_sizes(tmp_path: Path) -> None:
    """The same rows give the same bytes, however they are divided among calls of write."""
    rows = user_rows(GROUP_ROWS + BATCH + 1)
    for name, size in (("a", len(rows)), ("b", 1_000), ("c", BATCH), ("d", 7_777)):
        with ParquetFile(tmp_path / name, COLUMNS) as file:
            for start in range(0, len(rows), size):
                file.write(rows[start : start + size])

    assert len(set(contents(tmp_path).values())) == 1
    metadata = pq.read_metadata(tmp_path / "a")
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [GROUP_ROWS, BATCH + 1]


def test_long_rows_end_row_group_early(tmp_path: Path) -> None:
    long = [(*row[:3], "x" * 6_000, *row[4:]) for row in user_rows(BATCH)]
    with ParquetFile(tmp_path / "a", COLUMNS) as file:
        for _ in range(4):
            file.write(long)

    metadata = pq.read_metadata(tmp_path / "a")
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [3 * BATCH, BATCH]


def test_file_has_its_rows(tmp_path: Path) -> None:
    file = ParquetFile(tmp_path / "f.parquet", COLUMNS)
    file.write(user_rows(3))
    file.close()

    assert pq.read_table(tmp_path / "f.parquet", columns=["id", "_seq"]).to_pydict() == {
        "id": ["user 0", "user 1", "user 2"],
        "_seq": [0, 1, 2],
    }


def test_file_without_rows_has_columns(tmp_path: Path) -> None:
    with ParquetFile(tmp_path / "f.parquet", COLUMNS):
        pass

    table = pq.read_table(tmp_path / "f.parquet")
    assert (table.num_rows, table.column_names) == (0, [column.name for column in COLUMNS])


def test_error_in_block_deletes_file(tmp_path: Path) -> None:
    def write_and_fail() -> None:
        with ParquetFile(tmp_path / "f.parquet", COLUMNS) as file:
            file.write(user_rows(BATCH * 2))
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_and_fail()

    assert contents(tmp_path) == {}


@pytest.mark.parametrize("cell", ["soon", 2**70], ids=["text", "too large"])
def test_wrong_cell_deletes_file(cell: Cell, tmp_path: Path) -> None:
    row = dict.fromkeys((column.name for column in COLUMNS), cast("Cell", None))
    row |= {"_part": "k", "_seq": 0, "meetings": cell}
    file = ParquetFile(tmp_path / "f.parquet", COLUMNS)
    file.write([tuple(row.values())])

    with pytest.raises(StoreError, match="the column meetings has a cell that is not of the type integer"):
        file.close()
    file.close()
    assert contents(tmp_path) == {}
