"""The sections about partitions: their states, failures, and warnings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from ...partitions import Partition, State
from ..status import HarvestStatus, Reason, StreamStatus
from ..summary_text import final_text, growth, state_text
from ._charts import STATES
from ._html import MAX_LINES, Content, Html, figure, join, table, tag
from ._time_text import moment_text

_MEANINGS = {
    State.DONE: "The rows are in the store.",
    State.EMPTY: "Zoom has no rows for it.",
    State.NOT_FOUND: "Zoom does not have it (404). Reports expire.",
    State.REJECTED: "Zoom rejects it (400): the instance is too old, or the feature was off.",
    State.PENDING: "It is still to be fetched.",
    State.IN_PROGRESS: "A run began to fetch it. Another run fetches it again.",
    State.DEFERRED: "The daily quota was used up before it was fetched.",
    State.FAILED: "It ended in an error that another run may not meet.",
}


def partitions_section(status: HarvestStatus) -> Iterable[Html]:
    """Yield the section about the states of all partitions."""
    yield tag("h2", "Partitions")
    yield tag(
        "p",
        "A partition is fetched and replaced as a unit, such as the hosts of a month, one day of a log, or one report "
        "of one instance.",
    )
    if not status.states:
        yield tag("p", "There are no partitions yet.", class_="soft")
        return
    present = [state for state in STATES if status.states[state]]
    keys = tag("ul", *(tag("li", _state(state)) for state in present), class_="keys", aria_label="Legend")
    text = "Share of the partitions of each table by state. The table below has the numbers."
    yield figure("states", "Progress of each table", text, keys)
    names = ("Rows", "Invalid", "Partitions", *(state_text(state).capitalize() for state in STATES), "Calls remaining")
    total = StreamStatus(
        name="All", states=status.states, rows=status.rows, invalid_rows=status.invalid_rows, calls=status.calls
    )
    yield table(
        "Rows, and partitions by state. The table rejected_rows has the invalid rows.",
        {"Table": "", **dict.fromkeys(names, "n")},
        ((tag("code", stream.name), *_numbers(stream)) for stream in status.streams),
        ("All", *_numbers(total)),
    )
    yield from _days(status)
    yield tag(
        "details",
        tag("summary", "Meaning of the states"),
        tag("dl", *(join((tag("dt", _state(s)), tag("dd", meaning))) for s, meaning in _MEANINGS.items())),
    )


def _days(status: HarvestStatus) -> Iterable[Html]:
    """Yield the table of the days up to which each table is final, and of the oldest missing partitions."""
    columns = {
        "Table": "",
        "Final until": "nowrap",
        "Oldest missing": "nowrap",
        "Expires": "nowrap",
        "Partition": "key",
    }
    caption = "The day up to which each table is final, and its oldest missing partition, until that expires at Zoom."
    yield table(caption, columns, map(_day_cells, status.streams))
    if growing := growth(status):
        yield tag("p", growing, class_="soft")


def _day_cells(stream: StreamStatus) -> Sequence[Content]:
    missing = stream.oldest_missing
    oldest = ("", "", "") if missing is None else (f"{missing.day}", f"{missing.expires_on or 'never'}", missing.key)
    return tag("code", stream.name), final_text(stream), *oldest


def _numbers(stream: StreamStatus) -> Sequence[int]:
    states = (stream.states[state] for state in STATES)
    return stream.rows, stream.invalid_rows, stream.states.total(), *states, stream.calls


def _state(state: State) -> Html:
    return join((tag("span", class_=f"sw {state}", aria_hidden="true"), state_text(state).capitalize()))


def failures_section(status: HarvestStatus) -> Iterable[Html]:
    """Yield the section about partitions whose latest fetch had no rows."""
    yield tag("h2", "Not fetched")
    if not status.reasons:
        pending = status.states[State.PENDING]
        text = (
            f"Nothing has failed or been rejected so far; {pending:,} partitions are pending." if pending else "None."
        )
        yield tag("p", text if status.states else "Nothing has been requested yet.", class_="soft")
        return
    columns = {"State": "nowrap", "Partitions": "n", "Reason": "wide", "Example": "wide", "Tracking ID": "key"}
    caption = (
        "Partitions whose latest fetch had no rows, grouped by reason; the rows of an earlier fetch stay. Zoom's "
        "support can look up the tracking ID."
    )
    yield table(caption, columns, map(_reason, status.reasons))
    yield from _more(status.reason_count - len(status.reasons), "reasons")


def _reason(reason: Reason) -> Sequence[Content]:
    example = reason.example
    text = reason.detail or _MEANINGS[reason.state]
    if example.deferred_until is not None:
        text = f"{text} It can be fetched from {moment_text(example.deferred_until)}."
    error = [tag("code", reason.error), " "] if reason.error else []
    return _state(reason.state), reason.count, join([*error, text]), _key(example), example.tracking_id or ""


def _key(partition: Partition) -> Html:
    return join((tag("code", partition.stream), " ", tag("span", partition.key, class_="key")))


RejectedRows: TypeAlias = tuple[str, str, str, int]
"""A stream, a JSON path, a reason, and the number of the stream's rows that are invalid there for this reason."""


def read_rejected_rows(connection: sqlite3.Connection) -> tuple[Sequence[RejectedRows], int]:
    """Return the largest groups of invalid rows, and the number of all groups."""
    groups = connection.execute(
        "SELECT stream, path, reason, count(*) FROM rejected_rows GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3"
    ).fetchall()
    return groups[:MAX_LINES], len(groups)


def warnings_section(
    status: HarvestStatus, rejected_rows: Sequence[RejectedRows], rejected_count: int
) -> Iterable[Html]:
    """Yield the section about warnings and invalid rows; *rejected_rows* are the first of *rejected_count* groups."""
    yield tag("h2", "Warnings")
    if not status.warnings and not rejected_rows:
        yield tag("p", "None.", class_="soft")
    if status.warnings:
        stored = [(_key(partition), partition.rows, partition.warning or "") for partition in status.warnings]
        columns = {"Partition": "", "Rows": "n", "Warning": "wide"}
        yield table("Partitions whose rows are stored but do not add up.", columns, stored)
        yield from _more(status.warning_count - len(status.warnings), "partitions")
    if rejected_rows:
        invalid = [
            (tag("code", stream), rows, tag("span", path, class_="key"), reason)
            for stream, path, reason, rows in rejected_rows
        ]
        columns = {"Table": "", "Rows": "n", "Path": "wide", "Reason": "wide"}
        yield table("Invalid rows. The table rejected_rows has their JSON.", columns, invalid)
        yield from _more(rejected_count - len(rejected_rows), "groups")


def _more(count: int, of: str) -> Iterable[Html]:
    if count > 0:
        yield tag("p", f"And {count:,} more {of}, which are in the store.", class_="soft")
