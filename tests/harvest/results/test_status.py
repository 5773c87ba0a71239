"""What a store says of itself, to a program and on a terminal."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from support.stores import DAYS, Line, a_partition, a_run, a_store, some_traffic

from zoomasync.errors import ConfigError
from zoomasync.harvest import State, read_status

START = datetime(2026, 6, 1, 11, tzinfo=UTC)


async def status(*arguments: str, folder: Path) -> tuple[int, str, str]:
    """Run ``zoomasync status`` in *folder*; return its exit code and what it printed and complained."""
    command = (sys.executable, "-W", "error", "-m", "zoomasync", "status", *arguments)
    with anyio.fail_after(60):
        done = await anyio.run_process(command, cwd=folder, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def failed(key: str, detail: str = "no reply", **cells: str | float | None) -> Line:
    return a_partition("meeting", key, "failed", error="TimedOut", detail=detail, **cells)


def deferred(key: str, until: str = "2026-06-02T00:00:00Z") -> Line:
    return a_partition("meeting", key, "deferred", calls=2, deferred_until=until)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


# To a program.


def test_a_manifest_counts_the_states_rows_and_calls_of_every_table_in_the_order_of_a_harvest(tmp_path: Path) -> None:
    store = a_store(
        tmp_path / "a.sqlite",
        partitions=[
            a_partition("meeting_qa", "m1", "empty"),
            a_partition("meeting", "m1", rows=1, calls=5),
            a_partition("meeting", "m2", rows=2, invalid_rows=1, calls=5),
            a_partition("meeting", "m3", "pending", calls=2),
            a_partition("meeting", "m4", "failed", calls=4),
            a_partition("users", "2026-05", rows=3),
        ],
    )

    manifest = read_status(store)

    assert manifest.days == DAYS
    assert [(stream.name, stream.rows, stream.invalid_rows, stream.calls) for stream in manifest.streams] == [
        ("users", 3, 0, 0),
        ("user_meetings", 0, 0, 0),
        ("meeting", 3, 1, 6),
        ("meeting_qa", 0, 0, 0),
    ]
    assert manifest.streams[2].states == Counter({State.DONE: 2, State.PENDING: 1, State.FAILED: 1})
    assert manifest.calls == 6
    assert manifest.fetched_at == datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("states", "complete"),
    [
        ("done empty not_found rejected", True),
        ("done pending", False),
        ("done in_progress", False),
        ("done deferred", False),
        ("done failed", False),
        ("", False),
    ],
)
def test_all_is_accounted_for_when_every_partition_is_done_empty_gone_or_refused(
    states: str, *, complete: bool, tmp_path: Path
) -> None:
    partitions = [a_partition("meeting", f"m{n}", state) for n, state in enumerate(states.split())]

    assert read_status(a_store(tmp_path / "a.sqlite", partitions=partitions)).complete is complete


def test_a_manifest_lists_no_more_than_was_asked_for_and_counts_all_there_is(tmp_path: Path) -> None:
    store = a_store(
        tmp_path / "a.sqlite",
        partitions=[
            a_partition("meeting", "in_progress", "in_progress"),
            *(deferred(f"parked{n}") for n in range(3)),
            *(failed(f"failed{n}", detail=f"reason {n}") for n in range(3)),
            *(a_partition("meeting", f"odd{n}", rows=1, warning="odd") for n in range(3)),
        ],
    )

    manifest = read_status(store, at_most=2)

    assert ([problem.key for problem in manifest.failures], manifest.failure_count) == (["failed0", "failed1"], 7)
    assert ([warning.key for warning in manifest.warnings], manifest.warning_count) == (["odd0", "odd1"], 3)
    assert ([reason.detail for reason in manifest.reasons], manifest.reason_count) == (["reason 0", "reason 1"], 5)


def test_partitions_that_lack_rows_for_the_same_reason_are_told_of_together(tmp_path: Path) -> None:
    store = a_store(
        tmp_path / "a.sqlite",
        partitions=[
            a_partition("meeting", "m0", "not_found", error="NotFound", detail="no longer there"),
            deferred("m1"),
            failed("m2"),
            failed("m3", tracking_id="WEB_1"),
            failed("m4", detail="reset"),
        ],
    )

    reasons = read_status(store).reasons

    assert [(reason.state, reason.detail, reason.count, reason.example.key) for reason in reasons] == [
        (State.FAILED, "no reply", 2, "m3"),  # the one that Zoom's support can look up
        (State.FAILED, "reset", 1, "m4"),
        (State.DEFERRED, None, 1, "m1"),
        (State.NOT_FOUND, "no longer there", 1, "m0"),
    ]
    assert reasons[0].example.tracking_id == "WEB_1"


def test_a_manifest_says_when_the_first_and_the_last_of_what_is_parked_can_go_on(tmp_path: Path) -> None:
    done = a_partition("meeting", "m3", deferred_until="2026-07-01T00:00:00Z")
    partitions = [deferred("m1", "2026-06-03T00:00:00Z"), deferred("m2"), done]

    resumes = read_status(a_store(tmp_path / "a.sqlite", partitions=partitions)).resumes

    assert resumes == (datetime(2026, 6, 2, tzinfo=UTC), datetime(2026, 6, 3, tzinfo=UTC))


def test_a_run_is_told_of_with_all_that_it_sent(tmp_path: Path) -> None:
    store = a_store(
        tmp_path / "a.sqlite",
        runs=[a_run(1), a_run(2, ended_at=None, outcome=None)],
        stats=[
            *some_traffic(start=START, seconds=30, rate=10, retries=2, throttled=1),
            *some_traffic(start=START, seconds=20, rate=1, label="light"),
        ],
    )

    first, second = read_status(store).runs

    assert (first.outcome, first.calls, first.retries, first.throttled) == ("complete", 320, 6, 3)
    assert (second.ended_at, second.outcome, second.calls) == (None, None, 0)


def test_a_manifest_is_not_read_from_what_is_no_store(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as other, other:
        other.execute("CREATE TABLE partition (stream TEXT)")

    for name in ("other.sqlite", "none.sqlite"):
        with pytest.raises(ConfigError):
            read_status(tmp_path / name)
    assert not (tmp_path / "none.sqlite").exists()


# On a terminal.


async def test_status_exits_with_0_when_all_is_accounted_for(tmp_path: Path) -> None:
    a_store(
        tmp_path / "a.sqlite",
        partitions=[a_partition("meeting", "m1", rows=1_234), a_partition("meeting", "m2", "not_found")],
        runs=[a_run()],
    )

    code, printed, complained = await status("a.sqlite", folder=tmp_path)

    assert (code, complained) == (0, "")
    lines = printed.splitlines()
    assert lines[0] == "a.sqlite: 2026-04-01 to 2026-05-31"
    assert lines[2].split() == ["table", "rows", "invalid_rows", *State]
    assert lines[6].split() == ["meeting", "1,234", "0", "0", "0", "1", "0", "1", "0", "0", "0"]
    assert "ended at 2026-06-01 12:00:00 UTC: complete" in printed
    assert lines[-1] == "All 2 partitions are accounted for: 1 gone from Zoom."


async def test_status_exits_with_3_and_says_what_is_missing_why_and_when_it_can_go_on(tmp_path: Path) -> None:
    a_store(
        tmp_path / "a.sqlite",
        partitions=[
            failed("m1", tracking_id="WEB_1"),
            failed("m2"),
            deferred("m3"),
            a_partition("meeting", "m4", rows=3, warning="3 rows came, Zoom counts 4"),
        ],
    )

    code, printed, _ = await status("a.sqlite", folder=tmp_path)

    assert code == 3
    assert "Failed: meeting m1 and 1 more: TimedOut: no reply (tracking id WEB_1)\n" in printed
    assert "Deferred: meeting m3\n" in printed
    assert "Odd: meeting m4: 3 rows came, Zoom counts 4\n" in printed
    assert "1 of 4 partitions are accounted for. Missing: 2 failed, 1 parked.\n" in printed
    assert "at least 4 calls. What is parked can go on at 2026-06-02 00:00 UTC." in printed


async def test_status_as_json_says_the_same(tmp_path: Path) -> None:
    partitions = [
        failed("m1", tracking_id="WEB_1"),
        deferred("m2"),
        a_partition("meeting", "m3", rows=3, warning="odd"),
    ]
    a_store(tmp_path / "a.sqlite", partitions=partitions, runs=[a_run()])

    code, printed, _ = await status("a.sqlite", "--json", folder=tmp_path)

    said = json.loads(printed)
    assert code == 3
    assert said["days"] == {"from": "2026-04-01", "to": "2026-05-31"}
    assert said["accounted"] is False
    assert said["states"] == {state.value: 0 for state in State} | {"done": 1, "failed": 1, "deferred": 1}
    assert said["resumes"] == {"first": "2026-06-02T00:00:00Z", "last": "2026-06-02T00:00:00Z"}
    assert {stream["name"]: stream["rows"] for stream in said["streams"]}["meeting"] == 3
    assert [(why["state"], why["partitions"], why["example"]["key"]) for why in said["reasons"]] == [
        ("failed", 1, "m1"),
        ("deferred", 1, "m2"),
    ]
    assert [warning["key"] for warning in said["notes"]] == ["m3"]
    assert (said["runs"][0]["outcome"], said["running"]) == ("complete", False)


def of_one_that_ended() -> int:
    """Return the number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("host", "process", "said"),
    [
        (platform.node(), os.getpid, "running"),
        (platform.node(), of_one_that_ended, "killed"),
        ("elsewhere", os.getpid, "running, or killed"),
    ],
    ids=["here", "no more", "elsewhere"],
)
@pytest.mark.skipif(os.name != "posix", reason="processes are looked at as POSIX has it")
async def test_status_says_whether_a_run_that_has_not_ended_goes_on(
    host: str, process: Callable[[], int], said: str, tmp_path: Path
) -> None:
    number = process()
    run = a_run(ended_at=None, outcome=None, host=host, process=number)
    a_store(tmp_path / "a.sqlite", partitions=[a_partition("meeting", "m1", "pending")], runs=[run])

    _, printed, _ = await status("a.sqlite", folder=tmp_path)

    assert f"on {host} (process {number}): {said}\n" in printed
    assert ("Run the same harvest again" in printed) is (said != "running")


async def test_status_reads_while_a_harvest_writes(tmp_path: Path) -> None:
    store = a_store(tmp_path / "a.sqlite", partitions=[a_partition("meeting", "m1", rows=1)])
    with closing(sqlite3.connect(store, isolation_level=None)) as harvest:
        harvest.execute("BEGIN IMMEDIATE")
        harvest.execute("UPDATE partition SET state = 'in_progress'")

        code, printed, complained = await status("a.sqlite", folder=tmp_path)

        harvest.execute("COMMIT")
    assert (code, complained) == (0, "")
    assert "All 1 partition is accounted for." in printed


async def test_status_of_a_store_that_no_run_has_begun_says_so(tmp_path: Path) -> None:
    a_store(tmp_path / "a.sqlite", days=None)

    code, printed, complained = await status("a.sqlite", folder=tmp_path)

    assert (code, complained) == (3, "")
    assert printed.splitlines()[0] == "a.sqlite"
    assert "Nothing has been listed yet.\n" in printed


async def test_status_of_no_store_exits_with_2_and_one_line(tmp_path: Path) -> None:
    code, printed, complained = await status("none.sqlite", folder=tmp_path)

    assert (code, printed, complained.count("\n")) == (2, "", 1)
    assert "none.sqlite" in complained
    assert names(tmp_path) == []


async def test_what_a_store_holds_is_neither_markup_nor_obeyed_by_a_terminal(tmp_path: Path) -> None:
    a_store(tmp_path / "a.sqlite", partitions=[failed("[red]m1[/blue]", detail="\x1b[2Jgone\r\n")])

    code, printed, _ = await status("a.sqlite", folder=tmp_path)

    assert code == 3
    assert "Failed: meeting [red]m1[/blue]: TimedOut: \ufffd[2Jgone\ufffd\ufffd\n" in printed
