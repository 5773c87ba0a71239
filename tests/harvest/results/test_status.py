"""The status of a store, and the sentences about it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from support.stores import ACCOUNT_ID, DAYS, CellsByName, call_sample_rows, partition_row, run_row, write_store

from zoomasync.errors import ConfigError
from zoomasync.harvest import HarvestStatus, State, read_status
from zoomasync.harvest.results.summary_text import expiry, final_text, growth, next_step, state_text, summary

START = datetime(2026, 6, 1, 11, tzinfo=UTC)


def failed(key: str, detail: str = "no response", **cells: str | float | None) -> CellsByName:
    return partition_row("meeting", key, "failed", error="TimedOut", detail=detail, **cells)


def deferred(key: str, until: str = "2026-06-02T00:00:00Z") -> CellsByName:
    return partition_row("meeting", key, "deferred", calls=2, deferred_until=until)


def status_of(path: Path, *partitions: CellsByName) -> HarvestStatus:
    return read_status(write_store(path / "a.sqlite", partitions=partitions))


def test_status_counts_each_table(tmp_path: Path) -> None:
    """The tables are in the order of a harvest, with their states, rows and remaining calls."""
    status = status_of(
        tmp_path,
        partition_row("meeting_qa", "m1", "empty"),
        partition_row("meeting", "m1", rows=1, calls=5),
        partition_row("meeting", "m2", rows=2, invalid_rows=1, calls=5),
        partition_row("meeting", "m3", "pending", calls=2),
        partition_row("meeting", "m4", "failed", calls=4),
        partition_row("users", "2026-05", rows=3),
    )

    assert status.days == DAYS
    assert [(stream.name, stream.rows, stream.invalid_rows, stream.calls) for stream in status.streams] == [
        ("users", 3, 0, 0),
        ("user_meetings", 0, 0, 0),
        ("meeting", 3, 1, 6),
        ("meeting_qa", 0, 0, 0),
    ]
    assert status.streams[2].states == Counter({State.DONE: 2, State.PENDING: 1, State.FAILED: 1})
    assert (status.rows, status.invalid_rows, status.calls) == (6, 1, 6)
    assert status.fetched_at == datetime(2026, 6, 1, 12, tzinfo=UTC)


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
def test_complete_if_all_are_final(states: str, *, complete: bool, tmp_path: Path) -> None:
    rows = [partition_row("meeting", f"m{n}", state) for n, state in enumerate(states.split())]

    assert status_of(tmp_path, *rows).complete is complete


def test_status_limit_keeps_counts(tmp_path: Path) -> None:
    """A limit cuts the lists, and the counts still include the rest."""
    store = write_store(
        tmp_path / "a.sqlite",
        partitions=[
            partition_row("meeting", "in_progress", "in_progress"),
            *(deferred(f"deferred{n}") for n in range(3)),
            *(failed(f"failed{n}", detail=f"reason {n}") for n in range(3)),
            *(partition_row("meeting", f"warning{n}", rows=1, warning="4 rows are missing") for n in range(3)),
        ],
    )

    status = read_status(store, limit=2)

    assert ([failure.key for failure in status.failures], status.failure_count) == (["failed0", "failed1"], 7)
    assert ([warning.key for warning in status.warnings], status.warning_count) == (["warning0", "warning1"], 3)
    assert ([reason.detail for reason in status.reasons], status.reason_count) == (["reason 0", "reason 1"], 5)


def test_reasons_group_partitions(tmp_path: Path) -> None:
    """Partitions without rows are grouped by reason, with an example that has a tracking ID if one does."""
    reasons = status_of(
        tmp_path,
        partition_row("meeting", "m0", "not_found", error="NotFound", detail="no longer there"),
        deferred("m1"),
        failed("m2"),
        failed("m3", tracking_id="WEB_1"),
        failed("m4", detail="reset"),
    ).reasons

    assert [(reason.state, reason.detail, reason.count, reason.example.key) for reason in reasons] == [
        (State.FAILED, "no response", 2, "m3"),
        (State.FAILED, "reset", 1, "m4"),
        (State.DEFERRED, None, 1, "m1"),
        (State.NOT_FOUND, "no longer there", 1, "m0"),
    ]
    assert reasons[0].example.tracking_id == "WEB_1"


def test_reasons_ignore_ids(tmp_path: Path) -> None:
    """Texts that differ in a meeting's number or UUID are one reason."""
    texts = ("GET -> 404 (Zoom code 3001): no 81528471234", "GET -> 404 (Zoom code 3001): no 4444AAAiAAAAAiAiAiiAii==")
    rows = [partition_row("meeting", f"m{n}", "not_found", error="NotFound", detail=t) for n, t in enumerate(texts)]

    (reason,) = status_of(tmp_path, *rows).reasons

    assert (reason.detail, reason.count) == ("GET -> 404 (Zoom code 3001): no …", 2)
    assert reason.example.detail == texts[0]


def test_status_names_account(tmp_path: Path) -> None:
    store = write_store(tmp_path / "a.sqlite")
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE harvest SET account_label = 'north'")

    status = read_status(store)

    assert (status.account_id, status.account_label) == (ACCOUNT_ID, "north")


def test_deferred_until_first_and_last(tmp_path: Path) -> None:
    done = partition_row("meeting", "m3", deferred_until="2026-07-01T00:00:00Z")

    status = status_of(tmp_path, deferred("m1", "2026-06-03T00:00:00Z"), deferred("m2"), done)

    assert status.deferred_until == (datetime(2026, 6, 2, tzinfo=UTC), datetime(2026, 6, 3, tzinfo=UTC))


def test_run_has_its_calls(tmp_path: Path) -> None:
    store = write_store(
        tmp_path / "a.sqlite",
        runs=[run_row(1), run_row(2, ended_at=None, outcome=None)],
        call_samples=[
            *call_sample_rows(start=START, seconds=30, rate=10, retries=2, throttled=1),
            *call_sample_rows(start=START, seconds=20, rate=1, label="light"),
        ],
    )

    first, second = read_status(store).runs

    assert (first.outcome, first.calls, first.retries, first.throttled) == ("complete", 320, 6, 3)
    assert (second.ended_at, second.outcome, second.calls) == (None, None, 0)


def test_status_of_another_database(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as other, other:
        other.execute("CREATE TABLE partition (stream TEXT)")

    for name in ("other.sqlite", "none.sqlite"):
        with pytest.raises(ConfigError):
            read_status(tmp_path / name)
    assert not (tmp_path / "none.sqlite").exists()


# Sentences.


def test_summary_of_complete_store(tmp_path: Path) -> None:
    lost = [partition_row("meeting", "m2", "not_found"), partition_row("meeting", "m3", "rejected")]

    status = status_of(tmp_path, partition_row("meeting", "m1", rows=1), *lost)

    assert summary(status) == "3 of 3 partitions are finished: 1 not found, 1 rejected."
    assert next_step(status) == ""


def test_summary_of_incomplete_store(tmp_path: Path) -> None:
    states = ("done", "in_progress", "pending", "pending")

    status = status_of(
        tmp_path, failed("f"), deferred("d"), *(partition_row("meeting", f"m{n}", s) for n, s in enumerate(states))
    )

    assert summary(status) == (
        "1 of 6 partitions are finished. Missing: 1 failed, 1 deferred, 1 in progress, 2 pending."
    )
    assert next_step(status) == (
        "Run the same harvest again to fetch the rest (at least 6 calls). "
        "Deferred partitions can be fetched from 2026-06-02 00:00 UTC. "
        "Read the reasons for failures first: some need a change before another run."
    )


def test_summary_of_new_store(tmp_path: Path) -> None:
    status = status_of(tmp_path)

    assert (summary(status), next_step(status)) == ("Nothing has been listed yet.", "Run the harvest.")


def test_growth_names_ranges(tmp_path: Path) -> None:
    days = [f"2026-05-{day:02}" for day in (3, 28, 29, 30, 31)]
    fetched = {"fetched_at": "2026-05-31T01:00:00Z"}
    parts = [partition_row("history_meetings", day, from_=day, to_=day, **fetched) for day in days]
    early = partition_row("users", "2026-04", from_="2026-04-01", to_="2026-04-30", fetched_at="2026-05-03T01:00:00Z")

    assert growth(status_of(tmp_path, *parts, early)) == (
        "Zoom may still add to 2026-04-30, 2026-05-28 to 2026-05-31: a run that includes these days lists them again."
    )


def test_complete_listing_has_no_growth(tmp_path: Path) -> None:
    assert growth(status_of(tmp_path, partition_row("users", "2026-05", from_="2026-05-01", to_="2026-05-28"))) == ""


@pytest.mark.parametrize(
    ("today", "warning"),
    [
        (date(2026, 11, 1), None),
        (date(2026, 11, 2), "expire on 2026-11-09: fetch them before that day."),
        (date(2026, 11, 8), "expire on 2026-11-09: fetch them before that day."),
        (date(2026, 11, 9), "expired on 2026-11-09: Zoom may no longer have them."),
    ],
)
def test_warning_a_week_before_expiry(today: date, warning: str | None, tmp_path: Path) -> None:
    day = {"from_": "2026-05-08", "to_": "2026-05-08"}
    late = [partition_row(stream, "m1", "pending", **day) for stream in ("meeting", "meeting_qa", "past_meeting")]
    status = status_of(tmp_path, *late, partition_row("meeting_polls", "m1", **day))

    expected = [] if warning is None else [f"Warning: the oldest missing partitions of meeting, meeting_qa {warning}"]
    assert expiry(status, today) == expected


def test_final_text(tmp_path: Path) -> None:
    """A table has its final day, and a snapshot its time."""
    days = {"from_": "2026-04-01", "to_": "2026-05-31"}
    rows = [partition_row("users", key, **days) for key in ("2026-04", "2026-05")]
    status = status_of(tmp_path, *rows, partition_row("billing", "account"), partition_row("meeting", "m1", "pending"))

    assert [(stream.name, final_text(stream)) for stream in status.streams] == [
        ("users", "2026-05-28"),
        ("user_meetings", "2026-05-28"),
        ("meeting", "2026-04-30"),
        ("billing", "snapshot 2026-06-01 12:00"),
    ]


def test_state_text_has_no_underscore() -> None:
    assert [state_text(state) for state in (State.NOT_FOUND, State.IN_PROGRESS, State.DONE)] == [
        "not found",
        "in progress",
        "done",
    ]
