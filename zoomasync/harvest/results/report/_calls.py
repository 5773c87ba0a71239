"""The sections about calls and about runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from ..call_history import CallHistory, LabelCalls
from ..status import Run
from ._charts import KEYS
from ._html import MOST_LINES, Column, Content, Html, figure, table, tag
from ._words import duration, moment, span


def what_was_sent(stats: CallHistory) -> Iterable[Html]:
    """Yield what the section says of calls."""
    yield tag("h2", "Calls and the budget")
    if not stats.labels:
        yield tag("p", "None has been written down.", class_="soft")
        return
    yield tag(
        "p",
        "Zoom limits calls by label. With a 429 it says that they were too many, these or those of other apps of the "
        "account; what got one is sent again.",
    )
    columns = [Column("Label")]
    names = ("Calls", "Retries", "429s", "Time at work", "Mean", "Busiest 10 s", "Allowed")
    columns += [Column(name, "n") for name in names]
    caption = "Calls by label. The mean is of the time at work, in which any were sent."
    yield table(caption, columns, map(_sent, stats.labels))
    yield KEYS
    cut = "; pauses of more than ten minutes are cut out, where a dotted line is" if stats.stretches[1:] else ""
    for n, label in enumerate(stats.labels):
        text = f"{span(label.points[0].at, label.points[-1].to)}. Each step is {duration(stats.seconds)}{cut}."
        yield figure(f"calls-{n}", f"{label.label.capitalize()} calls a second", text)


def _sent(label: LabelCalls) -> Sequence[Content]:
    mean, busiest = f"{label.calls / label.working:.1f}/s", f"{label.busiest:.1f}/s"
    allowed = f"{label.allowed:.3g}/s" if label.allowed else "unknown"
    numbers = label.calls, label.retries, label.throttled
    return label.label, *numbers, duration(label.working), mean, busiest, allowed


def what_ran(runs: Sequence[Run]) -> Iterable[Html]:
    """Yield what the section says of runs."""
    yield tag("h2", "Runs")
    if not runs:
        yield tag("p", "There was none.", class_="soft")
        return
    columns = (
        Column("Began", "nowrap"),
        Column("Took", "n"),
        Column("Outcome", "wide"),
        *(Column(name, "n") for name in ("Calls", "Retries", "429s")),
        Column("Where", "nowrap"),
    )
    lines = [
        (
            moment(run.started_at),
            "not known" if run.ended_at is None else duration((run.ended_at - run.started_at) // timedelta(seconds=1)),
            _outcome(run, last=run is runs[-1]),
            run.calls,
            run.retries,
            run.throttled,
            f"{run.host}, process {run.process}",
        )
        for run in runs[-MOST_LINES:]
    ]
    yield table("The runs of the harvest.", columns, lines)
    if len(runs) > MOST_LINES:
        yield tag("p", f"And {len(runs) - MOST_LINES:,} earlier ones, which are in the store.", class_="soft")


def _outcome(run: Run, *, last: bool) -> str:
    if run.ended_at is None:
        return "running, or killed" if last else "killed"
    return run.outcome or "not known"
