"""The printed summary of a harvest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from .... import Zoom
from ....errors import DailyLimitReached, EmbeddedError, PermissionDenied, ZoomError
from ....harvest import Partition, State, Summary
from ....types import CallStats
from ...console import number_text, table

_MAX_REASONS = 5


def print_summary(summary: Summary, zoom: Zoom, console: Console) -> None:
    """Print the numbers of each table, and the reasons for missing rows."""
    console.print(_summary_table(summary, zoom))
    _print_reasons("Failed", summary.failures, console)
    _print_reasons("Rejected", summary.rejected, console)
    _print_reasons("Not ready", summary.not_ready, console)
    _print_reasons("Warning", summary.warnings, console)
    for stream in summary.streams:
        if stream.stopped_by is not None:
            console.print(
                f"Stopped: Zoom {_predicate(stream.stopped_by)} {stream.name}; {stream.unfinished:,} of its partitions "
                "are not fetched.",
                soft_wrap=True,
            )
    if summary.stopped_by is not None:
        console.print(f"Stopped: {summary.stopped_by}", markup=False, soft_wrap=True)
    if isinstance(summary.stopped_by, DailyLimitReached):
        resumes_at = f"{summary.stopped_by.resumes_at:%Y-%m-%d %H:%M} UTC"
        console.print(f"{summary.deferred:,} partitions are deferred. Run the same command again from {resumes_at}.")
    elif summary.complete:
        console.print("Complete.")
    else:
        console.print("Incomplete. Finished partitions are stored. Run the same command again to fetch the rest.")


def _summary_table(summary: Summary, zoom: Zoom) -> Table:
    results = ("rows", "invalid rows", "partitions", "skipped", "not found", "rejected", "failed")
    lines = table("table", *results, "calls", "retries", "429s")
    for stream in summary.streams:
        stats = zoom.stats.get(stream.route, CallStats())
        partitions = stream.partitions
        numbers = (
            stream.rows,
            stream.invalid_rows,
            partitions.total(),
            stream.skipped,
            partitions[State.NOT_FOUND],
            partitions[State.REJECTED],
            partitions[State.FAILED],
            stats.calls,
            stats.retries,
            stats.throttled,
        )
        lines.add_row(stream.name, *map(number_text, numbers))
    return lines


def _predicate(error: ZoomError) -> str:
    return "denies this token or account" if isinstance(error, PermissionDenied | EmbeddedError) else "fails for"


def _print_reasons(title: str, partitions: Sequence[Partition], console: Console) -> None:
    """Print the reasons of *partitions*, the most frequent first, with one example of each."""
    reasons = Counter((partition.stream, partition.detail or partition.warning) for partition in partitions)
    for (stream, reason), count in reasons.most_common(_MAX_REASONS):
        example = next(each for each in partitions if (each.stream, each.detail or each.warning) == (stream, reason))
        keys = example.key if count == 1 else f"{example.key} and {count - 1:,} more"
        tracking = f" [tracking ID {example.tracking_id}]" if example.tracking_id else ""
        console.print(f"{title}: {stream} {keys}: {reason}{tracking}", markup=False, soft_wrap=True)
    if len(reasons) > _MAX_REASONS:
        console.print(f"… and {len(reasons) - _MAX_REASONS:,} other reasons; `zoomasync status` prints them")
