"""The sections about calls and runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from ..call_history import CallHistory, LabelCalls
from ..status import Run
from ._charts import LEGEND
from ._html import MAX_LINES, Content, Html, figure, table, tag
from ._time_text import duration_text, moment_text, range_text


def calls_section(history: CallHistory) -> Iterable[Html]:
    """Yield the section about calls and rate limits."""
    yield tag("h2", "Calls and rate limits")
    if not history.labels:
        yield tag("p", "No calls are recorded.", class_="soft")
        return
    yield tag(
        "p",
        "Zoom limits calls by rate-limit label. It answers with 429 if there are too many, from this harvest or from "
        "other apps of the account. A call that gets a 429 is sent again.",
    )
    names = ("Calls", "Retries", "429s", "Active time", "Mean", "Busiest 10 s", "Allowed")
    columns = {"Label": "", **dict.fromkeys(names, "n")}
    caption = "Calls by rate-limit label. The mean covers the active time, in which calls were sent."
    yield table(caption, columns, map(_label, history.labels))
    yield LEGEND
    cut = "; a dotted line marks a pause of more than ten minutes, which is left out" if history.periods[1:] else ""
    for n, label in enumerate(history.labels):
        span = range_text(label.points[0].at, label.points[-1].to)
        text = f"{span}. Each step is {duration_text(history.step_seconds)}{cut}."
        yield figure(f"calls-{n}", f"{label.label.capitalize()} calls per second", text)


def _label(label: LabelCalls) -> Sequence[Content]:
    mean, busiest = f"{label.calls / label.active_seconds:.1f}/s", f"{label.busiest:.1f}/s"
    allowed = f"{label.allowed:.3g}/s" if label.allowed else "unknown"
    numbers = label.calls, label.retries, label.throttled
    return label.label, *numbers, duration_text(label.active_seconds), mean, busiest, allowed


def runs_section(runs: Sequence[Run]) -> Iterable[Html]:
    """Yield the section about runs."""
    yield tag("h2", "Runs")
    if not runs:
        yield tag("p", "There are no runs.", class_="soft")
        return
    columns = {"Began": "nowrap", "Duration": "n", "Outcome": "wide"}
    columns |= {"Calls": "n", "Retries": "n", "429s": "n", "Host and process": "nowrap"}
    lines = (
        (
            moment_text(run.started_at),
            _duration(run),
            _outcome(run, last=run is runs[-1]),
            run.calls,
            run.retries,
            run.throttled,
            f"{run.host}, process {run.process}",
        )
        for run in runs[-MAX_LINES:]
    )
    yield table("The runs of the harvest.", columns, lines)
    if len(runs) > MAX_LINES:
        yield tag("p", f"And {len(runs) - MAX_LINES:,} earlier runs, which are in the store.", class_="soft")


def _duration(run: Run) -> str:
    if run.ended_at is None:
        return "unknown"
    return duration_text((run.ended_at - run.started_at) // timedelta(seconds=1))


def _outcome(run: Run, *, last: bool) -> str:
    if run.ended_at is None:
        return "running or killed" if last else "killed"
    return run.outcome or "unknown"
