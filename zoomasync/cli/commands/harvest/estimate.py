"""The printed estimate of a harvest."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from ....harvest import HarvestEstimate, LabelEstimate
from ...console import number_text, table


def print_estimate(estimate: HarvestEstimate, console: Console) -> None:
    """Print the calls of each table, and the time of each rate-limit label."""
    streams = table("table", "label", "partitions", "calls", "skipped")
    for stream in estimate.streams:
        streams.add_row(stream.name, stream.label, *map(number_text, (stream.partitions, stream.calls, stream.skipped)))
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
    if estimate.discovery:
        hosts, history = estimate.discovery["hosts"], estimate.discovery["history"]
        console.print(f"Finding the instances takes at least {hosts:,} calls by hosts, or {history:,} by history.")
    if estimate.unlisted:
        console.print(f"{estimate.unlisted:,} listings failed. The estimate does not include their reports.")


def _estimate_cells(label: LabelEstimate) -> Sequence[str]:
    finishes_at = "never" if label.finishes_at is None else f"{label.finishes_at:%Y-%m-%d %H:%M} UTC"
    numbers = (label.per_day, label.remaining, label.unused)
    per_day, remaining, unused = ("no limit" if number is None else number_text(number) for number in numbers)
    return (
        number_text(label.calls),
        f"{label.rate:.3g}",
        per_day,
        remaining,
        number_text(label.days),
        finishes_at,
        unused,
    )
