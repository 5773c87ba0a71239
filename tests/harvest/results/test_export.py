"""An export holds what the store holds, once, whole, and the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self, cast

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoomasync.errors import ConfigError, InvalidArgument, StoreError
from zoomasync.harvest import Harvest
from zoomasync.harvest.results.export import Format, export
from zoomasync.harvest.stores.columns import Cell, Column, Kind
from zoomasync.harvest.stores.parquet_file import BATCH, GROUP_ROWS, ParquetFile, read_columns, read_metadata
from zoomasync.harvest.stores.sqlite.reader import reading
from zoomasync.harvest.stores.sqlite.schema import APPLICATION_ID, OWN_TABLES, VERSION, Table, all_columns
from zoomasync.harvest.streams import STREAMS
from zoomasync.testing import Account, FakeZoom

pq = pytest.importorskip("pyarrow.parquet")

FORMATS: tuple[Format, ...] = ("parquet", "ndjson", "csv")
COMMAND = (sys.executable, "-W", "error", "-m", "zoomasync")
SPRING = (date(2026, 4, 1), date(2026, 5, 31))

Line = Mapping[str, Cell]


class Shelf:
    """A store that is filled by hand, partition by partition."""

    def __init__(self, path: Path, *streams: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(OWN_TABLES)
        self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._connection.execute(f"PRAGMA user_version = {VERSION}")
        for name in streams or STREAMS:
            self._connection.execute(Table(STREAMS[name]).create)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def execute(self, sql: str, *arguments: Cell) -> None:
        self._connection.execute(sql, arguments)

    def add(self, stream: str, key: str, lines: Iterable[Line], *, state: str = "done", drift: str = "") -> None:
        """Add a partition, with the *drift* of a row if there was one, in a transaction."""
        self._connection.execute("BEGIN")
        self._put(stream, key, lines, state=state, drift=drift)
        self._connection.execute("COMMIT")

    def add_both(self, first: str, second: str, key: str) -> None:
        """Add a partition of each of two streams, in one transaction."""
        self._connection.execute("BEGIN")
        self._put(first, key, [{}])
        self._put(second, key, [{}])
        self._connection.execute("COMMIT")

    def _put(self, stream: str, key: str, lines: Iterable[Line], *, state: str = "done", drift: str = "") -> None:
        names = [column.name for column in all_columns(STREAMS[stream])][2:]
        self._connection.execute(
            "INSERT INTO partition (stream, key, from_, to_, calls, state) VALUES (?, ?, '', '', 1, ?)",
            (stream, key, state),
        )
        table = Table(STREAMS[stream])
        table.put(self._connection, [(key, seq, *map(line.get, names)) for seq, line in enumerate(lines)])
        if drift:
            self._connection.execute(
                "INSERT INTO rejected_rows VALUES (?, ?, 99, '$.duration', 'Expected `int`', ?)", (stream, key, drift)
            )


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


def stored(path: Path, stream: str) -> list[tuple[Cell, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(Table(STREAMS[stream]).select + " ORDER BY _part, _seq").fetchall()


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def csv_lines(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_bytes().decode(), newline=""), strict=True))


def in_duckdb(folder: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as database:
        database.execute(f"SET file_search_path = '{folder}'")
        return cast("list[tuple[object, ...]]", database.execute(query).fetchall())


def command(*arguments: str | Path, folder: Path, script: str = "") -> subprocess.CompletedProcess[str]:
    """Run ``zoomasync export``, or *script* with these arguments, in *folder*."""
    run = ["-c", script] if script else ["-m", "zoomasync", "export"]
    return subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-W", "error", *run, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def only_text(path: Path, text: str, *, raw: bool = False) -> str:
    """Return what becomes of *text* in CSV."""
    with Shelf(path, "users") as shelf:
        shelf.add("users", "2026-05", [{"id": "u", "user_name": text}])
    export(path, path.parent / "out", format="csv", raw=raw)
    head, line = csv_lines(path.parent / "out" / "users.csv")
    return line[head.index("user_name")]


# What is in the files.


def as_python(column: Column, cell: Cell) -> object:
    """Return what *cell* stands for, told from its kind alone."""
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


def spelled(
    spell: Callable[[Column, Cell], object], columns: Sequence[Column], lines: Iterable[Sequence[Cell]]
) -> list[list[object]]:
    return [[spell(column, cell) for column, cell in zip(columns, line, strict=True)] for line in lines]


async def test_every_format_holds_the_rows_of_a_harvest_in_the_order_of_their_keys(tmp_path: Path) -> None:
    account = Account.simulated(7, today=date(2026, 6, 15), instances_per_month=12)
    store = await harvested(account, tmp_path / "h.sqlite")
    counts = [export(store, tmp_path / format_, format=format_, raw=True) for format_ in FORMATS]

    assert counts[0] == counts[1] == counts[2]
    assert counts[0].keys() == set(contents_of(store)) | {"rejected_rows"}
    assert all(counts[0][name] for name in ("user_meetings", "meeting_participants", "meeting_polls", "meeting_qa"))
    for name in contents_of(store):
        columns, lines = all_columns(STREAMS[name]), stored(store, name)
        assert counts[0][name] == len(lines)
        names = [column.name for column in columns]

        parquet = pq.read_table(tmp_path / "parquet" / f"{name}.parquet")
        assert parquet.column_names == names
        assert [list(row.values()) for row in parquet.to_pylist()] == spelled(as_python, columns, lines)

        objects = [json.loads(line) for line in (tmp_path / "ndjson" / f"{name}.ndjson").read_bytes().splitlines()]
        assert [list(row) for row in objects] == [names] * len(lines)
        assert json.dumps([list(row.values()) for row in objects]) == json.dumps(spelled(as_json, columns, lines))

        head, *rows = csv_lines(tmp_path / "csv" / f"{name}.csv")
        assert head == names
        assert rows == spelled(as_text, columns, lines)


def contents_of(store: Path) -> list[str]:
    with closing(sqlite3.connect(store)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return [name for name in STREAMS if name in tables]


@pytest.mark.parametrize("format_", FORMATS)
def test_only_partitions_that_are_done_are_exported(format_: Format, path: Path) -> None:
    with Shelf(path, "users") as shelf:
        for state in ("done", "in_progress", "pending", "failed", "deferred", "not_found", "rejected", "empty"):
            shelf.add("users", f"key {state}", [{"id": state}], state=state, drift='{"id":"x"}')

    counts = export(path, path.parent / "out", format=format_)

    assert counts == {"users": 1, "rejected_rows": 1}
    out = path.parent / "out"
    assert in_duckdb(out, f"SELECT _part, id FROM 'users.{format_}'") == [("key done", "done")]  # noqa: S608
    assert in_duckdb(out, f"SELECT _part, raw FROM 'rejected_rows.{format_}'") == [("key done", '{"id":"x"}')]  # noqa: S608


def test_what_did_not_fit_is_exported_to_the_last_character(path: Path) -> None:
    raw = '{"name" : "\\ud800",\n "duration": 12345678901234567890123}'
    with Shelf(path, "users") as shelf:
        shelf.add("users", "2026-05", [], drift=raw)

    export(path, path.parent / "out", format="ndjson")
    (row,) = (path.parent / "out" / "rejected_rows.ndjson").read_text(encoding="utf-8").splitlines()
    assert json.loads(row) == {
        "stream": "users",
        "_part": "2026-05",
        "_seq": 99,
        "path": "$.duration",
        "reason": "Expected `int`",
        "raw": raw,
    }


def test_a_line_of_ndjson_stays_one_line_whatever_is_nested_in_it(path: Path) -> None:
    nested = '{\n "a":\r\n "b\\nc\u2028"}'
    with Shelf(path, "users") as shelf:
        shelf.add("users", "2026-05", [{"id": "u", "user_name": "x\ny", "_extra": nested}, {"id": "v"}])

    export(path, path.parent / "out", format="ndjson")
    first, second, rest = (path.parent / "out" / "users.ndjson").read_bytes().split(b"\n")

    assert json.loads(first)["_extra"] == {"a": "b\nc\u2028"}
    assert json.loads(first)["user_name"] == "x\ny"
    assert (json.loads(second)["id"], rest) == ("v", b"")


def test_parquet_columns_have_the_types_of_what_they_hold(path: Path) -> None:
    with Shelf(path, "user_meetings") as shelf:
        shelf.add(
            "user_meetings",
            "u/2026-05",
            [
                {"uuid": "/a==", "id": 2**63 - 1, "start_time": "2026-05-01T09:00:00Z", "has_chat": 1, "_extra": "{}"},
                {"uuid": "b\0c", "id": -(2**63), "start_time": "2026-05-01T09:00:00.123456Z", "has_chat": 0},
            ],
        )

    export(path, path.parent / "out")
    table = pq.read_table(path.parent / "out" / "user_meetings.parquet")
    types = {field.name: (str(field.type), field.nullable) for field in table.schema}

    assert types["_part"] == ("string", False)
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


def test_a_column_that_an_older_store_lacks_is_empty(path: Path) -> None:
    with Shelf(path, "users") as shelf:
        shelf.add("users", "2026-05", [{"id": "u", "email": "ada@example.com", "dept": "Sea"}])
        shelf.execute("ALTER TABLE users DROP COLUMN email")

    export(path, path.parent / "out", format="ndjson")

    row = json.loads((path.parent / "out" / "users.ndjson").read_bytes())
    assert (row["id"], row["email"], row["dept"]) == ("u", None, "Sea")


# Spreadsheets.

HARMFUL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", " =1", "\u00a0=1", '"=1', "'=1", "\" '+1"]
FULL_WIDTH = ["\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)", "\u3000\uff1d1", "\u200b=1", "\ufeff=1"]


@pytest.mark.parametrize("text", [*HARMFUL, *FULL_WIDTH], ids=ascii)
def test_text_that_a_spreadsheet_would_take_for_a_formula_gets_an_apostrophe(text: str, path: Path) -> None:
    assert only_text(path, text) == "'" + text.replace("\0", "\ufffd")


@pytest.mark.parametrize("text", [*HARMFUL, *FULL_WIDTH], ids=ascii)
def test_raw_leaves_such_text_as_it_is(text: str, path: Path) -> None:
    assert only_text(path, text, raw=True) == text


@pytest.mark.parametrize("text", ["Ada", "a=1", "1-2", "mail@example.com", "{}", " ", "'", "ada, = bo"])
def test_other_text_is_left_alone(text: str, path: Path) -> None:
    assert only_text(path, text) == text


def test_numbers_times_and_booleans_are_neither_quoted_nor_changed(path: Path) -> None:
    with Shelf(path, "user_meetings") as shelf:
        line: Line = {"uuid": "a", "id": -5, "start_time": "2026-05-01T09:00:00Z", "has_chat": 0, "topic": ""}
        shelf.add("user_meetings", "u/2026-05", [line])

    export(path, path.parent / "out", format="csv")
    head, line_, rest = (path.parent / "out" / "user_meetings.csv").read_bytes().split(b"\r\n")
    cells = dict(zip(head.decode().split(","), line_.decode().split(","), strict=True))

    assert (cells["id"], cells["start_time"], cells["has_chat"]) == ("-5", "2026-05-01T09:00:00Z", "false")
    assert (cells["topic"], cells["user_name"]) == ('""', ""), "an empty text is not nothing"
    assert rest == b""


@settings(max_examples=40)  # each makes a store
@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=5))
def test_any_text_comes_back_from_raw_csv(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("any") / "h.sqlite"
    with Shelf(path, "users") as shelf:
        shelf.add("users", "2026-05", [{"id": text} for text in texts])

    export(path, path.parent / "out", format="csv", raw=True)

    assert [line[2] for line in csv_lines(path.parent / "out" / "users.csv")[1:]] == texts


@settings(max_examples=40)  # each makes a store
@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_text_in_csv_begins_like_a_formula(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    cell = only_text(tmp_path_factory.mktemp("any") / "h.sqlite", text)

    assert cell[0] == "'" or not re.match(r"[=+\-@\t\r\n\0]", cell.lstrip())
    assert cell.removeprefix("'" * (len(cell) - len(text))) == text.replace("\0", "\ufffd")


@pytest.mark.parametrize("format_", FORMATS)
def test_long_text_with_quotes_and_line_breaks_comes_back_in_duckdb(format_: Format, path: Path) -> None:
    text = 'He said: "no; not, ever"\r\nbut\rthen\n' * 2_000 + "🦀\\n end"
    with Shelf(path, "users") as shelf:
        shelf.add("users", "2026-05", [{"id": "u", "user_name": text, "meetings": -3}, {"id": "v"}])

    export(path, path.parent / "out", format=format_)

    rows = in_duckdb(path.parent / "out", f"SELECT id, user_name, meetings FROM 'users.{format_}' ORDER BY id")  # noqa: S608
    assert rows == [("u", text, -3), ("v", None, None)]


# The same bytes.


@pytest.mark.parametrize("format_", FORMATS)
def test_the_same_rows_give_the_same_bytes_in_whatever_order_they_came(format_: Format, tmp_path: Path) -> None:
    parts = [("users", f"2026-{month:02}") for month in range(1, 13)] + [
        ("meeting", f"{n * 7919 % 97}/=") for n in range(50)
    ]
    for name, order in (("a", parts), ("b b?", parts[::-1])):
        with Shelf(tmp_path / name) as shelf:
            for stream, key in order:
                shelf.add(
                    "users", f"{key} not done", [{"id": name}], state="in_progress"
                ) if stream == "users" else None
                column = "id" if stream == "users" else "uuid"
                shelf.add(stream, key, [{column: f"{key} {seq}"} for seq in range(3)], drift=f'"{key}"')

    for name, folder in (("a", "first"), ("a", "second"), ("b b?", "some where/else")):
        export(tmp_path / name, tmp_path / folder, format=format_)

    first = contents(tmp_path / "first")
    assert contents(tmp_path / "second") == contents(tmp_path / "some where/else") == first
    assert first.keys() == {f"{name}.{format_}" for name in (*STREAMS, "rejected_rows")}


async def test_two_harvests_of_an_account_give_the_same_files(tmp_path: Path) -> None:
    account = Account.simulated(3, today=date(2026, 6, 15), instances_per_month=4)
    for name in ("one", "two"):
        export(await harvested(account, tmp_path / f"{name}.sqlite"), tmp_path / name)

    assert contents(tmp_path / "one") == contents(tmp_path / "two")


# One moment.


def test_an_export_beside_a_harvest_shows_one_moment(path: Path) -> None:
    """What is written in one transaction is in all files, or in none."""
    stop = threading.Event()

    def write() -> None:
        with Shelf(path, "users", "webinar") as shelf:
            for n in range(1_000_000):
                if stop.is_set():
                    return
                shelf.add_both("users", "webinar", f"{n:06}")

    Shelf(path, "users", "webinar").__exit__()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen: list[int] = []
        while len(set(seen)) < 5:
            counts = export(path, path.parent / "out", format="ndjson")
            assert counts["users"] == counts["webinar"]
            seen.append(counts["users"])
    finally:
        stop.set()
        writer.join()


# Whole files only.


def filled(path: Path, rows: int) -> Path:
    with Shelf(path, "users", "webinar") as shelf:
        shelf.add("users", "2026-05", [{"id": "u"}])
        shelf.add("webinar", "w", ({"uuid": f"{n}", "topic": "x" * 1_000} for n in range(rows)))
    return path


@pytest.mark.parametrize("format_", FORMATS)
def test_an_export_that_is_killed_leaves_no_half_file_and_the_next_one_sweeps_up(format_: Format, path: Path) -> None:
    filled(path, 20_000)
    out = path.parent / "out"
    process = subprocess.Popen([*COMMAND, "export", str(path), "--to", str(out), "--format", format_])  # noqa: S603
    with process:
        while process.poll() is None and not any(file.stat().st_size for file in out.glob(".*webinar*")):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)

    assert process.returncode == -signal.SIGKILL
    left = [file.name for file in out.iterdir()]
    assert left
    assert all(name.startswith(".") for name in left)

    with Shelf(path.parent / "other.sqlite", "meeting"):
        export(path.parent / "other.sqlite", out, format=format_)
    assert {file.name for file in out.iterdir()} == {f"meeting.{format_}", f"rejected_rows.{format_}"}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
@pytest.mark.parametrize("format_", FORMATS)
def test_an_export_that_finds_the_disk_full_leaves_the_earlier_one_as_it_was(format_: Format, path: Path) -> None:
    filled(path, 3_000)
    out = path.parent / "out"
    export(path, out, format=format_)
    before = contents(out)
    with Shelf(path.parent / "more.sqlite", "users", "webinar") as shelf:
        shelf.add("users", "2026-04", [{"id": "v"}])
        shelf.add("webinar", "w", ({"uuid": f"{n}", "topic": os.urandom(400).hex()} for n in range(3_000)))
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000)); "
        "from zoomasync.cli import main; main()"
    )
    arguments = ("export", "more.sqlite", "--to", out, "--format", format_)

    done = command(*arguments, folder=path.parent, script=limited)

    assert done.returncode == 1
    assert done.stderr == f"zoomasync: the export cannot be written to {out}: File too large\n"
    assert contents(out) == before


def test_two_exports_into_one_folder_do_not_mix(path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    filled(path, 1)
    out = path.parent / "out"
    out.mkdir()
    handle = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        with pytest.raises(ConfigError, match="another export is under way in"):
            export(path, out, format="csv")
    finally:
        os.close(handle)

    export(path, out, format="csv")


@pytest.mark.parametrize("format_", FORMATS)
def test_an_export_holds_little_in_memory(format_: Format, path: Path) -> None:
    filled(path, 20_000)

    tracemalloc.start()
    try:
        export(path, path.parent / "out", format=format_)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert path.stat().st_size > 20_000_000
    assert peak < 10_000_000


# What cannot be exported.


def test_a_store_may_have_a_name_that_means_something_in_an_address(tmp_path: Path) -> None:
    path = tmp_path / "a b?mode=rwc#x%20&é.sqlite"
    with Shelf(path, "users") as shelf:
        shelf.add("users", "2026-05", [{"id": "u"}])

    assert export(path, tmp_path / "out #?%41", format="csv") == {"users": 1, "rejected_rows": 0}
    assert (tmp_path / "out #?%41" / "users.csv").is_file()


def nothing(path: Path) -> None:
    assert not path.exists()


def alien(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE users (_part, _seq, id)")


def newer(path: Path) -> None:
    with Shelf(path, "users") as shelf:
        shelf.execute(f"PRAGMA user_version = {VERSION + 1}")


def older(path: Path) -> None:
    with Shelf(path, "users") as shelf:
        shelf.execute(f"PRAGMA user_version = {VERSION - 2}")


def words(path: Path) -> None:
    path.write_text("not a database at all, but long enough to be looked at as one" * 20, encoding="utf-8")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (nothing, "there is no store"),
        (Path.mkdir, "there is no store"),
        (Path.touch, "is not a harvest store"),
        (alien, "is not a harvest store"),
        (words, "is not a harvest store"),
        (newer, f"is a harvest store of version {VERSION + 1}, and this zoomasync reads version {VERSION}: update"),
        (older, f"is a harvest store of version {VERSION - 2}, and this zoomasync reads version {VERSION}: read it"),
    ],
    ids=["missing", "folder", "empty", "another database", "text", "newer", "older"],
)
def test_what_is_no_store_is_one_clear_line_and_makes_no_folder(
    make: Callable[[Path], None], said: str, path: Path
) -> None:
    make(path)

    done = command(path.name, "--to", "out", folder=path.parent)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert path.name in done.stderr
    assert said in done.stderr
    assert not (path.parent / "out").exists()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can become somebody else")
def test_a_store_in_a_folder_that_must_not_be_written_to_says_so() -> None:
    script = (
        "import os, sys; from zoomasync.errors import ConfigError; from zoomasync.harvest import export\n"
        "os.setuid(65534)\n"
        "try: export(*sys.argv[1:], format='csv')\n"
        "except ConfigError as error: print(error)"
    )
    with TemporaryDirectory() as folder:  # a test's own is not for everybody to look into
        filled(Path(folder) / "h.sqlite", 1)
        Path(folder).chmod(0o755)

        done = command(f"{folder}/h.sqlite", f"{folder}/out", folder=Path.cwd(), script=script)

    assert done.stderr == ""
    assert "copy it elsewhere first" in done.stdout


def test_a_store_that_is_damaged_is_a_store_error(path: Path) -> None:
    filled(path, 1)
    with Shelf(path) as shelf:
        shelf.execute("DROP TABLE partition")

    with pytest.raises(StoreError, match=r"h\.sqlite cannot be read: no such table"):
        export(path, path.parent / "out", format="csv")
    assert contents(path.parent / "out") == {}


def test_a_reader_cannot_write(path: Path) -> None:
    filled(path, 1)

    with pytest.raises(ConfigError), reading(path) as connection:
        connection.execute("DELETE FROM users")
    assert stored(path, "users")


def test_a_folder_that_is_a_file_is_refused(path: Path) -> None:
    filled(path, 1)

    with pytest.raises(ConfigError, match=r"h\.sqlite cannot be made"):
        export(path, path, format="csv")


def test_an_unknown_format_is_refused(path: Path) -> None:
    with pytest.raises(InvalidArgument, match="unknown format 'xls': choose among parquet, ndjson, csv"):
        export(path, path.parent, format=cast("Format", "xls"))


# Parquet files by themselves.

USERS = STREAMS["users"]


def user_lines(count: int) -> list[tuple[Cell, ...]]:
    width = len(all_columns(USERS)) - 3
    return [("2026-05", n, f"user {n % 1_000}", *[None] * width) for n in range(count)]


def test_the_bytes_do_not_depend_on_how_lines_were_batched(tmp_path: Path) -> None:
    lines = user_lines(GROUP_ROWS + BATCH + 1)
    for name, size in (("a", len(lines)), ("b", 1_000), ("c", BATCH), ("d", 7_777)):
        with ParquetFile(tmp_path / name, USERS) as file:
            for start in range(0, len(lines), size):
                file.write(lines[start : start + size])

    assert len(set(contents(tmp_path).values())) == 1
    metadata = pq.read_metadata(tmp_path / "a")
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [GROUP_ROWS, BATCH + 1]


def test_a_row_group_of_long_rows_ends_early(tmp_path: Path) -> None:
    long = [(*line[:2], "x" * 6_000, *line[3:]) for line in user_lines(BATCH)]
    with ParquetFile(tmp_path / "a", USERS) as file:
        for _ in range(4):
            file.write(long)

    metadata = pq.read_metadata(tmp_path / "a")
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [3 * BATCH, BATCH]


def test_metadata_and_columns_can_be_read_back(tmp_path: Path) -> None:
    file = ParquetFile(tmp_path / "k=v.parquet", USERS, {"key": "u/2026-05 é", "a": ""})
    file.write(user_lines(3))
    file.close()

    assert read_metadata(tmp_path / "k=v.parquet") == {"key": "u/2026-05 é", "a": ""}
    assert read_columns(tmp_path / "k=v.parquet", ["id", "_seq"]) == {
        "id": ["user 0", "user 1", "user 2"],
        "_seq": [0, 1, 2],
    }


def test_a_file_of_no_lines_is_whole_and_has_its_columns(tmp_path: Path) -> None:
    with ParquetFile(tmp_path / "f.parquet", USERS):
        pass

    assert read_metadata(tmp_path / "f.parquet") == {}
    assert read_columns(tmp_path / "f.parquet", ["id"]) == {"id": []}


def test_a_file_whose_block_ends_in_an_error_does_not_exist(tmp_path: Path) -> None:
    def write_and_fail() -> None:
        with ParquetFile(tmp_path / "f.parquet", USERS) as file:
            file.write(user_lines(BATCH * 2))
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_and_fail()

    assert contents(tmp_path) == {}


@pytest.mark.parametrize("cell", ["soon", 2**70], ids=["text", "too large"])
def test_a_file_with_a_cell_that_does_not_fit_does_not_exist(cell: Cell, tmp_path: Path) -> None:
    line = dict.fromkeys((column.name for column in all_columns(USERS)), cast("Cell", None))
    line |= {"_part": "k", "_seq": 0, "meetings": cell}
    file = ParquetFile(tmp_path / "f.parquet", USERS)
    file.write([tuple(line.values())])

    with pytest.raises(StoreError, match="the column meetings has a cell that is no integer"):
        file.close()
    file.close()
    assert contents(tmp_path) == {}


def test_half_a_file_is_not_read(tmp_path: Path) -> None:
    with ParquetFile(tmp_path / "f.parquet", USERS) as file:
        file.write(user_lines(10))
    whole = (tmp_path / "f.parquet").read_bytes()
    (tmp_path / "f.parquet").write_bytes(whole[:-9])

    with pytest.raises(StoreError, match=r"f\.parquet is not a whole Parquet file"):
        read_metadata(tmp_path / "f.parquet")
    with pytest.raises(StoreError, match=r"f\.parquet is not a whole Parquet file"):
        read_columns(tmp_path / "f.parquet", ["id"])


# The command.


def test_the_command_lists_the_files_and_their_rows(path: Path) -> None:
    filled(path, 1_234)

    done = command("h.sqlite", "--to", "a/b", "--format", "csv", "--raw", folder=path.parent)

    lines = [line.split() for line in done.stdout.splitlines() if line.strip(" ─")]
    assert (done.returncode, done.stderr) == (0, "")
    assert lines == [["file", "rows"], ["users.csv", "1"], ["webinar.csv", "1,234"], ["rejected_rows.csv", "0"]]
    assert {file.name for file in (path.parent / "a" / "b").iterdir()} == {
        "users.csv",
        "webinar.csv",
        "rejected_rows.csv",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["h.sqlite", "--to", "out", "--format", "xls"], "xls"), (["h.sqlite"], "--to"), (["--to", "out"], "STORE")],
    ids=["format", "no folder", "no store"],
)
def test_wrong_use_exits_with_2_and_says_why(arguments: list[str], said: str, path: Path) -> None:
    filled(path, 1)

    done = command(*arguments, folder=path.parent)

    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert not (path.parent / "out").exists()


def test_without_pyarrow_parquet_says_what_to_install_and_the_rest_works(path: Path) -> None:
    filled(path, 1)
    script = "import sys; sys.modules['pyarrow'] = None; from zoomasync.cli import main; main()"
    arguments = ("export", "h.sqlite", "--to", "out")

    parquet = command(*arguments, folder=path.parent, script=script)
    ndjson = command(*arguments, "--format", "ndjson", folder=path.parent, script=script)

    assert parquet.returncode == 2
    assert parquet.stderr.count("\n") == 1
    assert "pip install 'zoomasync[parquet]'" in parquet.stderr
    assert ndjson.returncode == 0
