"""The command ``zoomasync status``."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from ...harvest import HarvestStatus, Partition, State, read_status
from ...harvest.results.status import Reason, Run, StreamStatus
from ...harvest.results.summary_text import account_text, expiry, final_text, growth, next_step, state_text, summary
from ..console import print_json, print_line, stdout
from ..exit_codes import Exit

_MAX_REASONS = 50
_MAX_WARNINGS = 10
_WIDE = 100  # columns of a terminal that has space for states without partitions


def print_status(*, store: Path, as_json: bool) -> int:
    """Print the status of *store*, and return whether it is complete."""
    status = read_status(store, limit=_MAX_REASONS)
    if as_json:
        print_json(_as_data(store, status))
    else:
        _print(store, status, stdout())
    return Exit.COMPLETE if status.complete else Exit.INCOMPLETE


def _print(store: Path, status: HarvestStatus, console: Console) -> None:
    days = "" if status.days is None else f": {status.days[0]} to {status.days[1]}"
    account = "" if status.account_id is None else f", account {account_text(status)}"
    print_line(f"{store}{days}{account}", console)
    if status.streams:
        for table in (_table(status, console.width), _days_table(status.streams)):
            console.print()
            console.print(table)
        console.print()
    for line in _lines(status):
        print_line(line, console)


def _lines(status: HarvestStatus) -> Iterator[str]:
    last = _last_run(status)
    if last is not None:
        yield f"Last run: {_run_text(last)}"
    yield from map(_reason_text, status.reasons)
    if status.reason_count > len(status.reasons):
        yield f"… and {status.reason_count - len(status.reasons):,} other reasons"
    yield from map(_warning_text, status.warnings[:_MAX_WARNINGS])
    if status.warning_count > _MAX_WARNINGS:
        more = status.warning_count - _MAX_WARNINGS
        yield f"… and {more:,} more warnings, in the column `warning` of the table `partition`"
    if growing := growth(status):
        yield growing
    yield from expiry(status, datetime.now(UTC).date())
    yield summary(status)
    step = next_step(status)
    if step and not (last and last.ended_at is None and _is_running(last)):
        yield step


def _last_run(status: HarvestStatus) -> Run | None:
    return status.runs[-1] if status.runs else None


def _table(status: HarvestStatus, width: int) -> Table:
    is_wide = width >= _WIDE
    states = [state for state in State if status.states[state] or is_wide]
    headings = ("rows", "invalid rows", *map(state_text, states))
    lines = [
        [f"{number:,}" for number in (stream.rows, stream.invalid_rows, *(stream.states[state] for state in states))]
        for stream in status.streams
    ]
    numbers = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    names = max(len(stream.name) for stream in status.streams)
    widths = [None] * len(headings) if is_wide else _widths(headings, numbers, width - names - len(headings))
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True, padding=(0, int(is_wide))
    )
    table.add_column("table", no_wrap=True)
    for heading, column_width in zip(headings, widths, strict=True):
        table.add_column(heading, justify="right", overflow="fold", width=column_width)
    for stream, line in zip(status.streams, lines, strict=True):
        table.add_row(stream.name, *line)
    return table


def _widths(headings: Sequence[str], numbers: Sequence[int], space: int) -> list[int]:
    """Return the widths of columns in a narrow terminal: *numbers* fit, and *headings* as far as there is space."""
    words = [max(map(len, heading.split())) for heading in headings]
    limit = next(
        (n for n in range(max(words), 0, -1) if sum(map(max, numbers, (min(n, w) for w in words))) <= space), 1
    )
    return [max(number, min(limit, word)) for number, word in zip(numbers, words, strict=True)]


def _days_table(streams: Sequence[StreamStatus]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for heading in ("table", "final until", "oldest missing", "expires"):
        table.add_column(heading, no_wrap=True)
    for stream in streams:
        missing = stream.oldest_missing
        days = ("", "") if missing is None else (f"{missing.day}", f"{missing.expires_on or 'never'}")
        table.add_row(stream.name, final_text(stream), *days)
    return table


def _run_text(run: Run) -> str:
    began = f"began at {_moment(run.started_at)} on {run.host} (process {run.process})"
    ended = f", ended at {_moment(run.ended_at)}" if run.ended_at else ""
    return f"{began}{ended}: {_outcome(run)}"


def _outcome(run: Run) -> str:
    if run.ended_at is not None:
        return run.outcome or "outcome not recorded"
    return {True: "running", False: "killed", None: "running or killed"}[_is_running(run)]


def _is_running(run: Run) -> bool | None:
    """Return whether the process of *run* exists, or None if it is on another machine."""
    if os.name != "posix" or run.host != platform.node():
        return None
    try:
        os.kill(run.process, 0)  # signal 0 only checks that the process exists
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _reason_text(reason: Reason) -> str:
    example = reason.example
    partitions = f"{example.stream} {example.key}{f' and {reason.count - 1:,} more' if reason.count > 1 else ''}"
    error = ": ".join(filter(None, (reason.error, reason.detail)))
    tracking = f" (tracking ID {example.tracking_id})" if example.tracking_id else ""
    return f"{state_text(reason.state).capitalize()}: {partitions}{f': {error}' if error else ''}{tracking}"


def _warning_text(partition: Partition) -> str:
    return f"Warning: {partition.stream} {partition.key}: {partition.warning}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _days(days: tuple[date, date]) -> dict[str, date]:
    return {"from": days[0], "to": days[1]}


def _as_data(store: Path, status: HarvestStatus) -> dict[str, object]:
    """Return the JSON object that ``--json`` prints."""
    states = status.states
    last = _last_run(status)
    return {
        "store": str(store),
        "account": {"id": status.account_id, "label": status.account_label},
        "days": status.days and _days(status.days),
        "complete": status.complete,
        "summary": summary(status),
        "next_step": next_step(status),
        "partitions": states.total(),
        "finished": status.finished,
        "states": {state: states[state] for state in State},
        "calls": status.calls,
        "fetched_at": status.fetched_at,
        "growing": [_days(days) for days in status.growing],
        "deferred_until": status.deferred_until and dict(zip(("first", "last"), status.deferred_until, strict=True)),
        "streams": [
            {
                "name": stream.name,
                "rows": stream.rows,
                "invalid_rows": stream.invalid_rows,
                "calls": stream.calls,
                "states": {state: stream.states[state] for state in State},
                "final_until": stream.final_until,
                "snapshot_at": stream.snapshot_at,
                "oldest_missing": stream.oldest_missing,
            }
            for stream in status.streams
        ],
        "runs": status.runs,
        "running": _is_running(last) if last and last.ended_at is None else False,
        "reasons": [
            {
                "state": reason.state,
                "error": reason.error,
                "detail": reason.detail,
                "partitions": reason.count,
                "example": reason.example,
            }
            for reason in status.reasons
        ],
        "reason_count": status.reason_count,
        "warnings": status.warnings,
        "warning_count": status.warning_count,
    }
