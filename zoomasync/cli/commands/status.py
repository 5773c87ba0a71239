"""The command ``zoomasync status``."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from ...harvest import HarvestStatus, Partition, State, read_status
from ...harvest.results.status import Reason, Run
from ...harvest.results.summary_text import growth, next_step, state_text, summary
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
    print_line(f"{store}{days}", console)
    if status.streams:
        console.print(_table(status, [state for state in State if status.states[state] or console.width >= _WIDE]))
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
    yield summary(status)
    step = next_step(status)
    if step and not (last and last.ended_at is None and _is_running(last)):
        yield step


def _last_run(status: HarvestStatus) -> Run | None:
    return status.runs[-1] if status.runs else None


def _table(status: HarvestStatus, states: Sequence[State]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("table", no_wrap=True)
    lines = [
        [f"{number:,}" for number in (stream.rows, stream.invalid_rows, *(stream.states[state] for state in states))]
        for stream in status.streams
    ]
    for heading, *cells in zip(("rows", "invalid rows", *map(state_text, states)), *lines, strict=True):
        # In a narrow terminal, headings are broken and numbers are not.
        table.add_column(heading, justify="right", overflow="fold", min_width=max(map(len, cells)))
    for stream, line in zip(status.streams, lines, strict=True):
        table.add_row(stream.name, *line)
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


def _as_data(store: Path, status: HarvestStatus) -> dict[str, object]:
    """Return the JSON object that ``--json`` prints."""
    states = status.states
    last = _last_run(status)
    return {
        "store": str(store),
        "days": status.days and {"from": status.days[0], "to": status.days[1]},
        "complete": status.complete,
        "summary": summary(status),
        "next_step": next_step(status),
        "partitions": states.total(),
        "finished": status.finished,
        "states": {state: states[state] for state in State},
        "calls": status.calls,
        "fetched_at": status.fetched_at,
        "growing_months": status.growing_months,
        "deferred_until": status.deferred_until and dict(zip(("first", "last"), status.deferred_until, strict=True)),
        "streams": [
            {
                "name": stream.name,
                "rows": stream.rows,
                "invalid_rows": stream.invalid_rows,
                "calls": stream.calls,
                "states": {state: stream.states[state] for state in State},
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
