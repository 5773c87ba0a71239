"""``zoomasync status``: what a store holds and what it lacks, also while a harvest writes to it."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from ...harvest import HarvestStatus, Partition, State, read_status
from ...harvest.results.status import Reason, Run
from ..console import stdout
from ..exit_codes import Exit

_SHOWN = 50
_SHOWN_NOTES = 10
_WIDE = 100  # a narrower terminal gets no columns of nothing but zeros


def status(*, store: Path, as_json: bool) -> int:
    """Print what became of the partitions of *store*, and return whether all are accounted for."""
    manifest = read_status(store, at_most=_SHOWN)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(_as_data(store, manifest))).decode())
    else:
        _print(store, manifest, stdout())
    return Exit.COMPLETE if manifest.complete else Exit.INCOMPLETE


def _print(store: Path, manifest: HarvestStatus, console: Console) -> None:
    days = "" if manifest.days is None else f": {manifest.days[0]} to {manifest.days[1]}"
    _say(f"{store}{days}", console)
    if manifest.streams:
        console.print(_table(manifest, [state for state in State if manifest.states[state] or console.width >= _WIDE]))
    last = _last_run(manifest)
    if last is not None:
        _say(f"Last run: {_ran(last)}", console)
    lines = [*map(_why, manifest.reasons)]
    if manifest.reason_count > len(manifest.reasons):
        lines.append(f"… and {manifest.reason_count - len(manifest.reasons):,} other reasons")
    lines += map(_note, manifest.warnings[:_SHOWN_NOTES])
    if manifest.warning_count > _SHOWN_NOTES:
        lines.append(
            f"… and {manifest.warning_count - _SHOWN_NOTES:,} more, in the table `partition`, where there is a note"
        )
    lines.append(manifest.verdict)
    if manifest.remedy and not (last and last.ended_at is None and _lives(last)):
        lines.append(manifest.remedy)
    for line in lines:
        _say(line, console)


def _last_run(manifest: HarvestStatus) -> Run | None:
    return manifest.runs[-1] if manifest.runs else None


def _table(manifest: HarvestStatus, states: Sequence[State]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("table", no_wrap=True)
    lines = [
        [f"{number:,}" for number in (stream.rows, stream.invalid_rows, *(stream.states[state] for state in states))]
        for stream in manifest.streams
    ]
    for name, *cells in zip(
        ("rows", "invalid_rows", *states), *lines, strict=True
    ):  # where it is narrow, headings break
        table.add_column(name, justify="right", overflow="fold", min_width=max(map(len, cells)))
    for stream, line in zip(manifest.streams, lines, strict=True):
        table.add_row(stream.name, *line)
    return table


def _ran(run: Run) -> str:
    began = f"began at {_moment(run.started_at)} on {run.host} (process {run.process})"
    ended = f", ended at {_moment(run.ended_at)}" if run.ended_at else ""
    return f"{began}{ended}: {_outcome(run)}"


def _outcome(run: Run) -> str:
    if run.ended_at is not None:
        return run.outcome or "it did not say how"
    return {True: "running", False: "killed", None: "running, or killed"}[_lives(run)]


def _lives(run: Run) -> bool | None:
    """Return whether the process of *run* is there, or None where that cannot be seen from here."""
    if os.name != "posix" or run.host != platform.node():
        return None
    try:
        os.kill(run.process, 0)  # sends nothing
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _why(reason: Reason) -> str:
    example = reason.example
    which = f"{example.stream} {example.key}{f' and {reason.count - 1:,} more' if reason.count > 1 else ''}"
    why = ": ".join(filter(None, (reason.error, reason.detail)))
    tracked = f" (tracking id {example.tracking_id})" if example.tracking_id else ""
    return f"{reason.state.capitalize()}: {which}{f': {why}' if why else ''}{tracked}"


def _note(partition: Partition) -> str:
    return f"Odd: {partition.stream} {partition.key}: {partition.warning}"


def _say(line: str, console: Console) -> None:
    """Print *line* as it is, but for what a terminal would obey."""
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
    console.print(plain, markup=False, highlight=False, soft_wrap=True)


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


# The same as JSON.


def _as_data(store: Path, manifest: HarvestStatus) -> dict[str, object]:
    states = manifest.states
    last = _last_run(manifest)
    return {
        "store": str(store),
        "days": manifest.days and _range("from", "to", manifest.days),
        "accounted": manifest.complete,
        "verdict": manifest.verdict,
        "remedy": manifest.remedy,
        "partitions": states.total(),
        "states": {state: states[state] for state in State},
        "calls": manifest.calls,
        "fetched_at": manifest.fetched_at,
        "resumes": manifest.resumes and _range("first", "last", manifest.resumes),
        "streams": [
            {
                "name": stream.name,
                "rows": stream.rows,
                "invalid_rows": stream.invalid_rows,
                "calls": stream.calls,
                "states": {state: stream.states[state] for state in State},
            }
            for stream in manifest.streams
        ],
        "runs": manifest.runs,
        "running": _lives(last) if last and last.ended_at is None else False,
        "reasons": [
            {
                "state": reason.state,
                "error": reason.error,
                "detail": reason.detail,
                "partitions": reason.count,
                "example": reason.example,
            }
            for reason in manifest.reasons
        ],
        "reason_count": manifest.reason_count,
        "notes": manifest.warnings,
        "note_count": manifest.warning_count,
    }


def _range(first: str, last: str, ends: Sequence[object]) -> dict[str, object]:
    return {first: ends[0], last: ends[1]}
