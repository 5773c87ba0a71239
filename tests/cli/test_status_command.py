"""The command ``zoomasync status``, in a process of its own."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.environment import run_command
from support.stores import ACCOUNT_ID, CellsByName, partition_row, run_row, write_store
from support.terminal import run_on_terminal

from zoomasync.harvest import State
from zoomasync.harvest.streams import STREAMS


def failed(key: str, detail: str = "no response", **cells: str | float | None) -> CellsByName:
    return partition_row("meeting", key, "failed", error="TimedOut", detail=detail, **cells)


def deferred(key: str) -> CellsByName:
    return partition_row("meeting", key, "deferred", calls=2, deferred_until="2026-06-02T00:00:00Z")


async def test_status_of_complete_store(tmp_path: Path) -> None:
    write_store(
        tmp_path / "a.sqlite",
        partitions=[partition_row("meeting", "m1", rows=1_234), partition_row("meeting", "m2", "not_found")],
        runs=[run_row()],
    )

    code, output, errors = await run_command("status", "a.sqlite", folder=tmp_path)

    assert (code, errors) == (0, "")
    lines = output.splitlines()
    assert lines[0] == f"a.sqlite: 2026-04-01 to 2026-05-31, account {ACCOUNT_ID}"
    assert " ".join(lines[2].split()) == (
        "table rows invalid rows pending in progress done empty not found rejected deferred failed"
    )
    assert lines[6].split() == ["meeting", "1,234", "0", "0", "0", "1", "0", "1", "0", "0", "0"]
    assert "ended at 2026-06-01 12:00:00 UTC: complete" in output
    assert lines[8].split() == ["table", "final", "until", "oldest", "missing", "expires"]
    assert lines[-1] == "2 of 2 partitions are finished: 1 not found."


async def test_status_of_incomplete_store(tmp_path: Path) -> None:
    """The exit code is 3, and the output has the reasons and the next step."""
    write_store(
        tmp_path / "a.sqlite",
        partitions=[
            failed("m1", tracking_id="WEB_1"),
            failed("m2"),
            deferred("m3"),
            partition_row("meeting", "m4", rows=3, warning="3 rows, Zoom counts 4"),
        ],
    )

    code, output, _ = await run_command("status", "a.sqlite", folder=tmp_path)

    assert code == 3
    assert "Failed: meeting m1 and 1 more: TimedOut: no response (tracking ID WEB_1)\n" in output
    assert "Deferred: meeting m3\n" in output
    assert "Warning: meeting m4: 3 rows, Zoom counts 4\n" in output
    assert "1 of 4 partitions are finished. Missing: 2 failed, 1 deferred.\n" in output
    assert "(at least 4 calls). Deferred partitions can be fetched from 2026-06-02 00:00 UTC." in output


async def test_status_as_json(tmp_path: Path) -> None:
    rows = [
        failed("m1", tracking_id="WEB_1"),
        deferred("m2"),
        partition_row("meeting", "m3", rows=3, warning="3 rows, Zoom counts 4"),
    ]
    write_store(tmp_path / "a.sqlite", partitions=rows, runs=[run_row()])

    code, output, _ = await run_command("status", "a.sqlite", "--json", folder=tmp_path)

    data = json.loads(output)
    assert code == 3
    assert data["days"] == {"from": "2026-04-01", "to": "2026-05-31"}
    assert data["complete"] is False
    assert data["summary"] == "1 of 3 partitions are finished. Missing: 1 failed, 1 deferred."
    assert data["states"] == {state.value: 0 for state in State} | {"done": 1, "failed": 1, "deferred": 1}
    assert data["deferred_until"] == {"first": "2026-06-02T00:00:00Z", "last": "2026-06-02T00:00:00Z"}
    assert {stream["name"]: stream["rows"] for stream in data["streams"]}["meeting"] == 3
    assert [(reason["state"], reason["partitions"], reason["example"]["key"]) for reason in data["reasons"]] == [
        ("failed", 1, "m1"),
        ("deferred", 1, "m2"),
    ]
    assert [warning["key"] for warning in data["warnings"]] == ["m3"]
    assert data["account"] == {"id": ACCOUNT_ID, "label": None}
    assert (data["runs"][0]["outcome"], data["running"]) == ("complete", False)


def with_days() -> list[CellsByName]:
    """Return partitions with final days, a snapshot, a growing listing, and a missing partition that has expired."""
    months = [("2026-04-01", "2026-04-30"), ("2026-05-01", "2026-05-31")]
    return [
        *(partition_row("users", days[0][:7], from_=days[0], to_=days[1]) for days in months),
        partition_row("meeting", "m1", "pending", from_="2026-04-08", to_="2026-04-08"),
        partition_row("all_users", "active/account", "empty"),
    ]


async def test_status_as_json_has_days(tmp_path: Path) -> None:
    write_store(tmp_path / "a.sqlite", partitions=with_days())

    _, output, _ = await run_command("status", "a.sqlite", "--json", folder=tmp_path)

    data = json.loads(output)
    assert data["growing"] == [{"from": "2026-05-29", "to": "2026-05-31"}]
    missing = {"key": "m1", "state": "pending", "day": "2026-04-08", "expires_on": "2026-10-09"}
    assert [list(stream.values())[-3:] for stream in data["streams"]] == [
        ["2026-05-28", None, None],
        ["2026-05-28", None, None],
        ["2026-04-07", None, missing],
        [None, "2026-06-01T12:00:00Z", None],
    ]


async def test_status_has_days(tmp_path: Path) -> None:
    """The second table has the final days, and what expires is a warning."""
    write_store(tmp_path / "a.sqlite", partitions=with_days())

    _, output, _ = await run_command("status", "a.sqlite", folder=tmp_path)

    assert [line.split() for line in output.splitlines()[11:15]] == [
        ["users", "2026-05-28"],
        ["user_meetings", "2026-05-28"],
        ["meeting", "2026-04-07", "2026-04-08", "2026-10-09"],
        ["all_users", "snapshot", "2026-06-01", "12:00"],
    ]
    assert "Zoom may still add to 2026-05-29 to 2026-05-31: a run that includes" in output
    assert "Warning: the oldest missing partitions of meeting expire" in output


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
async def test_status_fits_80_columns(tmp_path: Path) -> None:
    """With all tables and states, no number is cut and no line of a table is broken."""
    states = [partition_row(name, state, state, rows=1_234_567) for name in STREAMS for state in State]
    write_store(tmp_path / "a.sqlite", partitions=states)

    _, output = await run_on_terminal("status", "a.sqlite", folder=tmp_path, COLUMNS="80", TERM="dumb")

    _, first, second, _ = output.replace("\r", "").split("\n\n")
    lines = [line.split() for line in first.splitlines()]
    assert lines[-len(STREAMS) :] == [[name, "9,876,536", "0", *"11111111"] for name in STREAMS]
    assert len(second.splitlines()) == 2 + len(STREAMS)
    assert max(map(len, (first + "\n" + second).splitlines())) <= 80


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def process_that_ended() -> int:
    """Return the number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("host", "process", "outcome"),
    [
        (platform.node(), os.getpid, "running"),
        (platform.node(), process_that_ended, "killed"),
        ("elsewhere", os.getpid, "running or killed"),
    ],
    ids=["running", "killed", "elsewhere"],
)
@pytest.mark.skipif(os.name != "posix", reason="the command checks processes with POSIX signals")
async def test_status_of_unended_run(host: str, process: Callable[[], int], outcome: str, tmp_path: Path) -> None:
    """A run without an end is running or killed; the next step is printed unless it is running."""
    number = process()
    run = run_row(ended_at=None, outcome=None, host=host, process=number)
    write_store(tmp_path / "a.sqlite", partitions=[partition_row("meeting", "m1", "pending")], runs=[run])

    _, output, _ = await run_command("status", "a.sqlite", folder=tmp_path)

    assert f"on {host} (process {number}): {outcome}\n" in output
    assert ("Run the same harvest again" in output) is (outcome != "running")


async def test_status_while_harvest_writes(tmp_path: Path) -> None:
    store = write_store(tmp_path / "a.sqlite", partitions=[partition_row("meeting", "m1", rows=1)])
    with closing(sqlite3.connect(store, isolation_level=None)) as harvest:
        harvest.execute("BEGIN IMMEDIATE")
        harvest.execute("UPDATE partition SET state = 'in_progress'")

        code, output, errors = await run_command("status", "a.sqlite", folder=tmp_path)

        harvest.execute("COMMIT")
    assert (code, errors) == (0, "")
    assert "1 of 1 partitions are finished." in output


async def test_status_of_new_store(tmp_path: Path) -> None:
    write_store(tmp_path / "a.sqlite", days=None)

    code, output, errors = await run_command("status", "a.sqlite", folder=tmp_path)

    assert (code, errors) == (3, "")
    assert output.splitlines()[0] == "a.sqlite"
    assert "Nothing has been listed yet.\n" in output


async def test_status_of_missing_store(tmp_path: Path) -> None:
    code, output, errors = await run_command("status", "none.sqlite", folder=tmp_path)

    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert "none.sqlite" in errors
    assert names(tmp_path) == []


async def test_status_prints_data_as_text(tmp_path: Path) -> None:
    """Markup and control characters in the store do not change the terminal."""
    write_store(tmp_path / "a.sqlite", partitions=[failed("[red]m1[/blue]", detail="\x1b[2Jlost\r\n")])

    code, output, _ = await run_command("status", "a.sqlite", folder=tmp_path)

    assert code == 3
    assert "Failed: meeting [red]m1[/blue]: TimedOut: \ufffd[2Jlost\ufffd\ufffd\n" in output
