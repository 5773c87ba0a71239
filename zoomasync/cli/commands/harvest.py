"""The command ``zoomasync harvest``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import anyio
from rich.console import Console
from rich.table import Table

from ... import Plan, Zoom
from ...errors import CircuitOpen, DailyLimitReached, EmbeddedError, PermissionDenied, ZoomError
from ...harvest import REPORTS, Harvest, HarvestEstimate, LabelEstimate, Partition, State, Summary
from ...types import CallStats
from ..client import connected
from ..console import stdout, table
from ..exit_codes import Exit
from ..harvest_options import HarvestOptions
from ..harvest_progress import HarvestView
from ..progress import show_progress
from ..signals import stopped_by_signals

_MAX_REASONS = 5


def run_harvest(options: HarvestOptions, plan: Plan) -> int:
    """Run a harvest on *plan* or estimate it, and return the exit code."""
    return anyio.run(_run, options, plan, stdout())


async def _run(options: HarvestOptions, plan: Plan, console: Console) -> Exit:
    codes: list[Exit] = []  # empty after a signal
    with stopped_by_signals() as stop:
        codes.append(await _harvest(options, plan, console))
    if codes:
        return codes[0]
    console.print("Interrupted. Finished partitions are stored. Run the same command again to fetch the rest.")
    return stop.exit_code


async def _harvest(options: HarvestOptions, plan: Plan, console: Console) -> Exit:
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(
            connected(plan, console, redis=options.redis, trust_env=options.trust_env, seed=options.seed)
        )
        zoom = connection.zoom
        to = options.to or zoom.server_time.date() - timedelta(days=1)
        from_ = options.from_ or to - timedelta(days=29)
        path = options.store or Path("harvest.sqlite" if options.seed is None else "simulated.sqlite")
        harvest = await stack.enter_async_context(
            Harvest(
                zoom,
                store=path,
                from_=from_,
                to=to,
                reports=_report_names(options.reports),
                recheck_days=options.recheck_days,
                durability=options.durability,
            )
        )
        account = "the account" if options.seed is None else f"the simulated account {options.seed}"
        action = "Estimating the harvest of" if options.estimate else "Harvesting"
        console.print(f"{action} {account} from {from_} to {to} into {path}", soft_wrap=True)
        estimate, summary = None, None
        async with show_progress(HarvestView(harvest.progress, zoom), console):
            if options.estimate:
                estimate = await _estimate(harvest, console)
            else:
                summary = await harvest.run(wait=options.wait)
    if summary is None:
        if estimate is not None:
            _print_estimate(estimate, console)
        return Exit.INCOMPLETE if estimate is None or estimate.unlisted else Exit.COMPLETE
    console.print(_summary_table(summary, zoom))
    _print_summary(summary, console)
    return Exit.COMPLETE if summary.complete else Exit.INCOMPLETE


async def _estimate(harvest: Harvest, console: Console) -> HarvestEstimate | None:
    try:
        return await harvest.estimate()
    except (DailyLimitReached, CircuitOpen) as reason:
        console.print(f"The listing is incomplete: {reason}", markup=False, soft_wrap=True)
        return None


def _report_names(reports: list[str] | None) -> tuple[str, ...]:
    """Return the names in *reports*, each of which may hold several, separated by commas."""
    if reports is None:
        return REPORTS
    return tuple(name for names in reports for name in names.split(",") if name)


def _print_estimate(estimate: HarvestEstimate, console: Console) -> None:
    streams = table("table", "label", "partitions", "calls", "skipped")
    for stream in estimate.streams:
        streams.add_row(stream.name, stream.label, *map(_number, (stream.partitions, stream.calls, stream.skipped)))
    console.print(streams)
    if not estimate.labels:
        console.print("Nothing is left to fetch.")
    else:
        labels = table(
            "label", "calls", "per second", "per day", "remaining today", "UTC days", "earliest end", "unused"
        )
        for label in estimate.labels:
            labels.add_row(label.label, *_estimate_cells(label))
        console.print(labels)
        console.print(
            "Calls and times are minimums: reports can have several pages, and other apps use the same limits."
        )
    for label in estimate.labels:
        if label.unused == 0:
            console.print(
                f"This uses all {label.label} calls of a day. With ZOOM_SHARE=0.8 this client uses four fifths of the "
                "plan, leaves the rest to other apps, and takes longer."
            )
    if estimate.unlisted:
        console.print(f"{estimate.unlisted:,} listings failed. The estimate does not include their reports.")


def _estimate_cells(label: LabelEstimate) -> Sequence[str]:
    finishes_at = "never" if label.finishes_at is None else f"{label.finishes_at:%Y-%m-%d %H:%M} UTC"
    numbers = (label.per_day, label.remaining, label.unused)
    per_day, remaining, unused = ("no limit" if number is None else _number(number) for number in numbers)
    return (_number(label.calls), f"{label.rate:.3g}", per_day, remaining, _number(label.days), finishes_at, unused)


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
        lines.add_row(stream.name, *map(_number, numbers))
    return lines


def _number(number: int) -> str:
    return f"{number:,}"


def _print_summary(summary: Summary, console: Console) -> None:
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
