"""Exported files as files: complete or absent, and errors about stores and folders."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from support.environment import COMMAND
from support.stores import StoreWriter, table_rows

from zoomasync.errors import ConfigError, StoreError
from zoomasync.harvest import export_tables
from zoomasync.harvest.results.export import Format
from zoomasync.harvest.stores.sqlite.reader import reading
from zoomasync.harvest.stores.sqlite.schema import VERSION

pytest.importorskip("pyarrow")

FORMATS: tuple[Format, ...] = ("parquet", "ndjson", "csv")
OWN_TABLES = ("instances", "rejected_rows", "partitions", "runs")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "h.sqlite"


def filled(path: Path, rows: int) -> Path:
    """Write a store with one user, and a webinar with *rows* rows of 1 KB."""
    with StoreWriter(path, "users", "webinar") as store:
        store.add("users", "2026-05", [{"id": "u"}])
        store.add("webinar", "w", ({"uuid": f"{n}", "topic": "x" * 1_000} for n in range(rows)))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def run_export(*arguments: str | Path, folder: Path, script: str = "") -> subprocess.CompletedProcess[str]:
    """Run ``zoomasync export``, or *script* with these arguments, in *folder*."""
    command = (sys.executable, "-W", "error", "-c", script) if script else (*COMMAND, "export")
    return subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  our own command


def test_export_shows_one_moment(path: Path) -> None:
    """While a harvest writes, the rows of one transaction are in all files or in none."""
    stop = threading.Event()

    def write() -> None:
        with StoreWriter(path, "users", "webinar") as store:
            for n in range(1_000_000):
                if stop.is_set():
                    return
                store.add_both("users", "webinar", f"{n:06}")

    StoreWriter(path, "users", "webinar").__exit__()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen: list[int] = []
        while len(set(seen)) < 5:
            counts = export_tables(path, path.parent / "out", format="ndjson")
            assert counts["users"] == counts["webinar"]
            seen.append(counts["users"])
    finally:
        stop.set()
        writer.join()


@pytest.mark.parametrize("format_", FORMATS)
def test_killed_export_leaves_no_part(format_: Format, path: Path) -> None:
    """A killed export leaves only hidden files, and the next export deletes them."""
    filled(path, 20_000)
    out = path.parent / "out"
    process = subprocess.Popen([*COMMAND, "export", str(path), "--to", str(out), "--format", format_])  # noqa: S603  our own command
    with process:
        while process.poll() is None and not any(file.stat().st_size for file in out.glob(".*webinar*")):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)

    assert process.returncode == -signal.SIGKILL
    left = [file.name for file in out.iterdir()]
    assert left
    assert all(name.startswith(".") for name in left)

    with StoreWriter(path.parent / "other.sqlite", "meeting"):
        export_tables(path.parent / "other.sqlite", out, format=format_)
    assert {file.name for file in out.iterdir()} == {f"{name}.{format_}" for name in ("meeting", *OWN_TABLES)}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
@pytest.mark.parametrize("format_", FORMATS)
def test_full_disk_keeps_earlier_export(format_: Format, path: Path) -> None:
    filled(path, 3_000)
    out = path.parent / "out"
    export_tables(path, out, format=format_)
    before = contents(out)
    with StoreWriter(path.parent / "more.sqlite", "users", "webinar") as store:
        store.add("users", "2026-04", [{"id": "v"}])
        store.add("webinar", "w", ({"uuid": f"{n}", "topic": os.urandom(400).hex()} for n in range(3_000)))
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000)); "
        "from zoomasync.cli import main; main()"
    )
    arguments = ("export", "more.sqlite", "--to", out, "--format", format_)

    done = run_export(*arguments, folder=path.parent, script=limited)

    assert done.returncode == 1
    assert done.stderr == f"zoomasync: the export cannot be written to {out}: File too large\n"
    assert contents(out) == before


def test_second_export_to_same_folder(path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    filled(path, 1)
    out = path.parent / "out"
    out.mkdir()
    handle = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        with pytest.raises(ConfigError, match="another export is writing to"):
            export_tables(path, out, format="csv")
    finally:
        os.close(handle)

    export_tables(path, out, format="csv")


@pytest.mark.parametrize("format_", FORMATS)
def test_export_uses_little_memory(format_: Format, path: Path) -> None:
    export_tables(filled(path.parent / "small.sqlite", 1), path.parent / "small", format=format_)  # imports pyarrow
    filled(path, 20_000)

    tracemalloc.start()
    try:
        export_tables(path, path.parent / "out", format=format_)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert path.stat().st_size > 20_000_000
    assert peak < 10_000_000


# Errors.


def test_store_name_with_url_characters(tmp_path: Path) -> None:
    path = tmp_path / "a b?mode=rwc#x%20&é.sqlite"
    with StoreWriter(path, "users") as store:
        store.add("users", "2026-05", [{"id": "u"}])

    assert export_tables(path, tmp_path / "out #?%41", format="csv")["users"] == 1
    assert (tmp_path / "out #?%41" / "users.csv").is_file()


def no_file(path: Path) -> None:
    assert not path.exists()


def other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE users (_part, _seq, id)")


def newer_store(path: Path) -> None:
    with StoreWriter(path, "users") as store:
        store.execute(f"PRAGMA user_version = {VERSION + 1}")


def older_store(path: Path) -> None:
    with StoreWriter(path, "users") as store:
        store.execute(f"PRAGMA user_version = {VERSION - 3}")


def text_file(path: Path) -> None:
    path.write_text("This is not a database, but it is long enough to be read as one. " * 20, encoding="utf-8")


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (no_file, "there is no store"),
        (Path.mkdir, "there is no store"),
        (Path.touch, "is not a harvest store"),
        (other_database, "is not a harvest store"),
        (text_file, "is not a harvest store"),
        (newer_store, f"is a harvest store of version {VERSION + 1}, and this zoomasync reads version {VERSION}: upd"),
        (older_store, f"is a harvest store of version {VERSION - 3}, and this zoomasync reads version {VERSION}: rea"),
    ],
    ids=["missing", "folder", "empty", "another database", "text", "newer", "older"],
)
def test_export_of_no_store(make: Callable[[Path], None], error: str, path: Path) -> None:
    """The error is one line, and the command creates no folder."""
    make(path)

    done = run_export(path.name, "--to", "out", folder=path.parent)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert path.name in done.stderr
    assert error in done.stderr
    assert not (path.parent / "out").exists()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can become another user")
def test_store_in_read_only_folder() -> None:
    script = (
        "import os, sys; from zoomasync.errors import ConfigError; from zoomasync.harvest import export_tables\n"
        "os.setuid(65534)\n"
        "try: export_tables(*sys.argv[1:], format='csv')\n"
        "except ConfigError as error: print(error)"
    )
    with TemporaryDirectory() as folder:  # other users cannot read pytest's own folder
        filled(Path(folder) / "h.sqlite", 1)
        Path(folder).chmod(0o755)

        done = run_export(f"{folder}/h.sqlite", f"{folder}/out", folder=Path.cwd(), script=script)

    assert done.stderr == ""
    assert "copy it elsewhere first" in done.stdout


def test_damaged_store(path: Path) -> None:
    filled(path, 1)
    with StoreWriter(path) as store:
        store.execute("DROP TABLE partition")

    with pytest.raises(StoreError, match=r"h\.sqlite cannot be read: no such table"):
        export_tables(path, path.parent / "out", format="csv")
    assert contents(path.parent / "out") == {}


def test_reader_cannot_write(path: Path) -> None:
    filled(path, 1)

    with pytest.raises(ConfigError), reading(path) as connection:
        connection.execute("DELETE FROM users")
    assert table_rows(path, "users")


def test_folder_that_is_a_file(path: Path) -> None:
    filled(path, 1)

    with pytest.raises(ConfigError, match=r"h\.sqlite cannot be created"):
        export_tables(path, path, format="csv")


# The command.


def test_command_lists_files(path: Path) -> None:
    filled(path, 1_234)

    done = run_export("h.sqlite", "--to", "a/b", "--format", "csv", "--raw", folder=path.parent)

    lines = [line.split() for line in done.stdout.splitlines() if line.strip(" ─")]
    assert (done.returncode, done.stderr) == (0, "")
    counts = {"users": "1", "webinar": "1,234", "instances": "0", "rejected_rows": "0", "partitions": "2", "runs": "0"}
    assert lines == [["file", "rows"], *([f"{name}.csv", count] for name, count in counts.items())]
    assert {file.name for file in (path.parent / "a" / "b").iterdir()} == {f"{name}.csv" for name in counts}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [(["h.sqlite", "--to", "out", "--format", "xls"], "xls"), (["h.sqlite"], "--to"), (["--to", "out"], "STORE")],
    ids=["format", "no folder", "no store"],
)
def test_wrong_use_exits_with_2(arguments: list[str], error: str, path: Path) -> None:
    filled(path, 1)

    done = run_export(*arguments, folder=path.parent)

    assert done.returncode == 2
    assert error in done.stdout + done.stderr
    assert not (path.parent / "out").exists()


def test_export_without_pyarrow(path: Path) -> None:
    """Without the extra, the error about parquet names it, and the other formats work."""
    filled(path, 1)
    script = "import sys; sys.modules['pyarrow'] = None; from zoomasync.cli import main; main()"
    arguments = ("export", "h.sqlite", "--to", "out")

    parquet = run_export(*arguments, folder=path.parent, script=script)
    ndjson = run_export(*arguments, "--format", "ndjson", folder=path.parent, script=script)

    assert parquet.returncode == 2
    assert parquet.stderr.count("\n") == 1
    assert "pip install 'zoomasync[parquet]'" in parquet.stderr
    assert ndjson.returncode == 0
