"""The contents of exported files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import duckdb
import pytest
from support.stores import ACCOUNT_ID, RUN, StoreWriter, table_names, table_rows

from zoomasync.errors import InvalidArgument
from zoomasync.harvest import Harvest, State, export_tables
from zoomasync.harvest.columns import Cell, Column, Kind, all_columns
from zoomasync.harvest.results.export import Format
from zoomasync.harvest.streams import STREAMS
from zoomasync.testing import Account, FakeZoom

pq = pytest.importorskip("pyarrow.parquet")

FORMATS: tuple[Format, ...] = ("parquet", "ndjson", "csv")
SPRING = (date(2026, 4, 1), date(2026, 5, 31))
OWN_TABLES = {"instances", "rejected_rows", "partitions", "runs"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "h.sqlite"


async def harvested(account: Account, path: Path) -> Path:
    async with (
        FakeZoom(account, plan=None) as fake,
        fake.client() as zoom,
        Harvest(zoom, store=path, from_=SPRING[0], to=SPRING[1]) as harvest,
    ):
        assert (await harvest.run()).complete
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def csv_rows(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_bytes().decode(), newline=""), strict=True))


def query(folder: Path, sql: str) -> list[tuple[object, ...]]:
    """Return the result of *sql* in DuckDB, with files of *folder* as tables."""
    with duckdb.connect() as database:
        database.execute(f"SET file_search_path = '{folder}'")
        return cast("list[tuple[object, ...]]", database.execute(sql).fetchall())


def as_python(column: Column, cell: Cell) -> object:
    """Return the Python value of *cell* by the kind of its column."""
    if cell is None:
        return None
    match column.kind:
        case Kind.BOOLEAN:
            return bool(cell)
        case Kind.TIME:
            return datetime.fromisoformat(str(cell))
        case Kind.DAY:
            return date.fromisoformat(str(cell))
        case _:
            return cell


def as_json(column: Column, cell: Cell) -> object:
    if cell is None:
        return None
    return json.loads(str(cell)) if column.kind is Kind.JSON else bool(cell) if column.kind is Kind.BOOLEAN else cell


def as_text(column: Column, cell: Cell) -> str:
    if cell is None:
        return ""
    return str(bool(cell)).lower() if column.kind is Kind.BOOLEAN else str(cell)


def converted(
    convert: Callable[[Column, Cell], object], columns: Sequence[Column], rows: Iterable[Sequence[Cell]]
) -> list[list[object]]:
    return [[convert(column, cell) for column, cell in zip(columns, row, strict=True)] for row in rows]


async def test_every_format_has_all_rows(tmp_path: Path) -> None:
    """The files of every format hold the rows of a harvest, in the order of their keys."""
    account = Account.simulated(7, today=date(2026, 6, 15), instances_per_month=12)
    store = await harvested(account, tmp_path / "h.sqlite")
    counts = [export_tables(store, tmp_path / format_, format=format_, raw=True) for format_ in FORMATS]

    assert counts[0] == counts[1] == counts[2]
    assert counts[0].keys() == set(table_names(store)) | OWN_TABLES
    assert all(counts[0][name] for name in ("user_meetings", "meeting_participants", "meeting_polls", "meeting_qa"))
    for name in table_names(store):
        columns, rows = all_columns(STREAMS[name]), table_rows(store, name)
        assert counts[0][name] == len(rows)
        names = [column.name for column in columns]

        parquet = pq.read_table(tmp_path / "parquet" / f"{name}.parquet")
        assert parquet.column_names == names
        assert [list(row.values()) for row in parquet.to_pylist()] == converted(as_python, columns, rows)

        objects = [json.loads(line) for line in (tmp_path / "ndjson" / f"{name}.ndjson").read_bytes().splitlines()]
        assert [list(row) for row in objects] == [names] * len(rows)
        assert json.dumps([list(row.values()) for row in objects]) == json.dumps(converted(as_json, columns, rows))

        header, *lines = csv_rows(tmp_path / "csv" / f"{name}.csv")
        assert header == names
        assert lines == converted(as_text, columns, rows)


@pytest.mark.parametrize("format_", FORMATS)
def test_only_whole_partitions_exported(format_: Format, path: Path) -> None:
    """The rows are those of the last whole fetch, also if a later one failed."""
    with StoreWriter(path, "users") as store:
        for state in State:
            rows = [] if state is State.EMPTY else [{"id": state}]
            store.add("users", f"key {state}", rows, state=state, invalid_row='{"id":"x"}')
        store.execute("UPDATE partition SET run = ? WHERE state = 'failed'", RUN)

    counts = export_tables(path, path.parent / "out", format=format_)

    assert counts == {"users": 2, "instances": 0, "rejected_rows": 3, "partitions": 8, "runs": 0}
    out = path.parent / "out"
    whole = ["key done", "key empty", "key failed"]
    assert query(out, f"SELECT _part, id FROM 'users.{format_}'") == [("key done", "done"), ("key failed", "failed")]  # noqa: S608  our own names
    assert query(out, f"SELECT _part, raw FROM 'rejected_rows.{format_}'") == [(key, '{"id":"x"}') for key in whole]  # noqa: S608  our own names
    states = sorted((f"key {state}", str(state)) for state in State)
    assert query(out, f"SELECT _part, state FROM 'partitions.{format_}'") == states  # noqa: S608  our own names


def test_rejected_row_is_unchanged(path: Path) -> None:
    """The JSON of a rejected row is exported without any change."""
    raw = '{"name" : "\\ud800",\n "duration": 12345678901234567890123}'
    with StoreWriter(path, "users") as store:
        store.add("users", "2026-05", [], invalid_row=raw)

    export_tables(path, path.parent / "out", format="ndjson")
    (row,) = (path.parent / "out" / "rejected_rows.ndjson").read_text(encoding="utf-8").splitlines()
    assert json.loads(row) == {
        "_account": ACCOUNT_ID,
        "stream": "users",
        "_part": "2026-05",
        "_seq": 99,
        "path": "$.duration",
        "reason": "Expected `int`",
        "raw": raw,
        "_fetched_at": None,
        "_run": None,
        "_version": None,
    }


def test_ndjson_row_is_one_line(path: Path) -> None:
    """Line breaks in nested JSON do not break a line of NDJSON."""
    nested = '{\n "a":\r\n "b\\nc\u2028"}'
    with StoreWriter(path, "users") as store:
        store.add("users", "2026-05", [{"id": "u", "user_name": "x\ny", "_extra": nested}, {"id": "v"}])

    export_tables(path, path.parent / "out", format="ndjson")
    first, second, rest = (path.parent / "out" / "users.ndjson").read_bytes().split(b"\n")

    assert json.loads(first)["_extra"] == {"a": "b\nc\u2028"}
    assert json.loads(first)["user_name"] == "x\ny"
    assert (json.loads(second)["id"], rest) == ("v", b"")


def test_parquet_columns_have_types(path: Path) -> None:
    with StoreWriter(path, "user_meetings") as store:
        store.add(
            "user_meetings",
            "u/2026-05",
            [
                {"uuid": "/a==", "id": 2**63 - 1, "start_time": "2026-05-01T09:00:00Z", "has_chat": 1, "_extra": "{}"},
                {"uuid": "b\0c", "id": -(2**63), "start_time": "2026-05-01T09:00:00.123456Z", "has_chat": 0},
            ],
        )

    export_tables(path, path.parent / "out")
    table = pq.read_table(path.parent / "out" / "user_meetings.parquet")
    types = {field.name: (str(field.type), field.nullable) for field in table.schema}

    assert types["_account"] == types["_part"] == ("string", False)
    assert types["_seq"] == ("int64", False)
    assert types["uuid"] == ("string", True)
    assert types["start_time"] == ("timestamp[us, tz=UTC]", True)
    assert types["has_chat"] == ("bool", True)
    assert types["custom_keys"] == ("string", True)
    first, second = table.select(["uuid", "id", "start_time", "has_chat", "_extra"]).to_pylist()
    assert first == {
        "uuid": "/a==",
        "id": 2**63 - 1,
        "start_time": datetime(2026, 5, 1, 9, tzinfo=UTC),
        "has_chat": True,
        "_extra": "{}",
    }
    assert second["start_time"] == datetime(2026, 5, 1, 9, 0, 0, 123456, tzinfo=UTC)
    assert (second["uuid"], second["id"], second["has_chat"], second["_extra"]) == ("b\0c", -(2**63), False, None)


def test_column_missing_in_store_is_empty(path: Path) -> None:
    with StoreWriter(path, "users") as store:
        store.add("users", "2026-05", [{"id": "u", "email": "ada@example.com", "dept": "Sea"}])
        store.execute("ALTER TABLE users DROP COLUMN email")

    export_tables(path, path.parent / "out", format="ndjson")

    row = json.loads((path.parent / "out" / "users.ndjson").read_bytes())
    assert (row["id"], row["email"], row["dept"]) == ("u", None, "Sea")


@pytest.mark.parametrize("format_", FORMATS)
def test_long_text_round_trips_in_duckdb(format_: Format, path: Path) -> None:
    text = 'He said: "no; not, ever"\r\nbut\rthen\n' * 2_000 + "🦀\\n end"
    with StoreWriter(path, "users") as store:
        store.add("users", "2026-05", [{"id": "u", "user_name": text, "meetings": -3}, {"id": "v"}])

    export_tables(path, path.parent / "out", format=format_)

    rows = query(path.parent / "out", f"SELECT id, user_name, meetings FROM 'users.{format_}' ORDER BY id")  # noqa: S608  our own names
    assert rows == [("u", text, -3), ("v", None, None)]


# Determinism.


@pytest.mark.parametrize("format_", FORMATS)
def test_same_rows_give_same_bytes(format_: Format, tmp_path: Path) -> None:
    """The bytes depend on the rows only, not on the order in which they were stored."""
    keys = [("users", f"2026-{month:02}") for month in range(1, 13)] + [
        ("meeting", f"{n * 7919 % 97}/=") for n in range(50)
    ]
    for name, order in (("a", keys), ("b b?", keys[::-1])):
        with StoreWriter(tmp_path / name) as store:
            for stream, key in order:
                if stream == "users":
                    store.add("users", f"{key} not done", [{"id": name}], state="in_progress")
                column = "id" if stream == "users" else "uuid"
                store.add(stream, key, [{column: f"{key} {seq}"} for seq in range(3)], invalid_row=f'"{key}"')

    for name, folder in (("a", "first"), ("a", "second"), ("b b?", "some where/else")):
        export_tables(tmp_path / name, tmp_path / folder, format=format_)

    first = contents(tmp_path / "first")
    assert contents(tmp_path / "second") == contents(tmp_path / "some where/else") == first
    assert first.keys() == {f"{name}.{format_}" for name in {*STREAMS, *OWN_TABLES}}


async def test_two_harvests_give_same_rows(tmp_path: Path) -> None:
    """The rows of two harvests of an account differ in their times and runs only."""
    account = Account.simulated(3, today=date(2026, 6, 15), instances_per_month=4)
    for name in ("one", "two"):
        export_tables(await harvested(account, tmp_path / f"{name}.sqlite"), tmp_path / name)

    for name in {*table_names(tmp_path / "one.sqlite"), "instances", "rejected_rows"}:
        one, two = (pq.read_table(tmp_path / folder / f"{name}.parquet") for folder in ("one", "two"))
        assert one.drop_columns(["_fetched_at", "_run"]) == two.drop_columns(["_fetched_at", "_run"])


def test_unknown_format(path: Path) -> None:
    StoreWriter(path, "users").__exit__()

    with pytest.raises(InvalidArgument, match="unknown format 'xls': choose among parquet, ndjson, csv"):
        export_tables(path, path.parent, format=cast("Format", "xls"))
