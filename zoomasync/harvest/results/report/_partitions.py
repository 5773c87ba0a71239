"""The sections about what was fetched, what was not, and what was odd."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...partitions import Partition, State
from ..status import HarvestStatus, Reason
from ._charts import STATES
from ._drift import InvalidRow
from ._html import Column, Content, Html, figure, join, table, tag
from ._words import moment

_MEANINGS = {
    State.DONE: "Its rows are in the store.",
    State.EMPTY: "Zoom answered, and there was nothing.",
    State.NOT_FOUND: "Zoom has it no longer (404): reports expire.",
    State.REJECTED: "Zoom will never give it (400): the session is too old, or the feature was off.",
    State.PENDING: "Known, and still to be fetched.",
    State.IN_PROGRESS: "Begun: what there is of it is dropped, and fetched again.",
    State.DEFERRED: "The day's budget of calls was spent before its turn came.",
    State.FAILED: "Something went wrong that another run may not meet.",
}


def what_came(manifest: HarvestStatus) -> Iterable[Html]:
    """Yield what the section says of what was fetched."""
    yield tag("h2", "What was fetched")
    yield tag(
        "p",
        "A partition is what is fetched as a whole: the hosts of a month, the meetings of a host in a month, or one "
        "report of one session.",
    )
    if not manifest.states:
        yield tag("p", "There are none yet.", class_="soft")
        return
    there = [state for state in STATES if manifest.states[state]]
    keys = tag("ul", *(tag("li", _state(state)) for state in there), class_="keys", aria_label="Signs in the chart")
    text = "Share of the partitions of each table by state. The table below has the numbers."
    yield figure("states", "How far each table is", text, keys)
    states = [Column(state.capitalize(), "n") for state in STATES]
    columns = [Column("Table"), Column("Rows", "n"), Column("Drifted", "n"), Column("Partitions", "n")]
    total = manifest.states
    yield _states_table(
        [*columns, *states, Column("Calls to go", "n")],
        [
            (
                tag("code", stream.name),
                stream.rows,
                stream.invalid_rows,
                stream.states.total(),
                *(stream.states[state] for state in STATES),
                stream.calls,
            )
            for stream in manifest.streams
        ],
        (
            "All",
            sum(stream.rows for stream in manifest.streams),
            sum(stream.invalid_rows for stream in manifest.streams),
            total.total(),
            *(total[state] for state in STATES),
            manifest.calls,
        ),
    )
    yield tag(
        "details",
        tag("summary", "What the states mean"),
        tag("dl", *(join((tag("dt", _state(s)), tag("dd", meaning))) for s, meaning in _MEANINGS.items())),
    )


def _states_table(columns: Sequence[Column], lines: Iterable[Sequence[Content]], total: Sequence[Content]) -> Html:
    return table("Rows, and partitions by state. Drifted rows are kept raw.", columns, lines, total)


def _state(state: State) -> Html:
    return join((tag("span", class_=f"sw {state}", aria_hidden="true"), state.capitalize()))


def what_did_not(manifest: HarvestStatus) -> Iterable[Html]:
    """Yield what the section says of partitions without rows."""
    yield tag("h2", "What was not fetched")
    if not manifest.reasons:
        waiting = manifest.states[State.PENDING]
        said = f"Nothing has failed or was refused so far; {waiting:,} are waiting." if waiting else "Nothing."
        yield tag("p", said if manifest.states else "Nothing has been asked for yet.", class_="soft")
        return
    columns = (
        Column("State", "nowrap"),
        Column("Partitions", "n"),
        Column("Why", "wide"),
        Column("For example", "wide"),
        Column("Tracking id", "key"),
    )
    caption = "Why partitions have no rows, the same reasons together. Zoom's support asks for the tracking id."
    yield table(caption, columns, map(_reason, manifest.reasons))
    yield from _more(manifest.reason_count - len(manifest.reasons), "reasons")


def _reason(reason: Reason) -> Sequence[Content]:
    example = reason.example
    why = reason.detail or _MEANINGS[reason.state]
    if example.deferred_until is not None:
        why = f"{why} It can go on at {moment(example.deferred_until)}."
    error = [tag("code", reason.error), " "] if reason.error else []
    return (
        _state(reason.state),
        reason.count,
        join([*error, why]),
        _which(example),
        example.tracking_id or "",
    )


def _which(partition: Partition) -> Html:
    return join((tag("code", partition.stream), " ", tag("span", partition.key, class_="key")))


def what_was_odd(manifest: HarvestStatus, invalid_rows: Sequence[InvalidRow], drift_count: int) -> Iterable[Html]:
    """Yield what the section says of rows that do not add up, and of *drifts*, of *drift_count*."""
    yield tag("h2", "What was odd")
    if not manifest.warnings and not invalid_rows:
        yield tag("p", "Nothing.", class_="soft")
    if manifest.warnings:
        lines = [(_which(partition), partition.rows, partition.warning or "") for partition in manifest.warnings]
        columns = (Column("Partition"), Column("Rows", "n"), Column("Note", "wide"))
        yield table("Partitions whose rows came, and did not add up.", columns, lines)
        yield from _more(manifest.warning_count - len(manifest.warnings), "partitions")
    if invalid_rows:
        rows = [(tag("code", d.stream), d.rows, tag("span", d.path, class_="key"), d.reason) for d in invalid_rows]
        heads = (Column("Table"), Column("Rows", "n"), Column("Where", "wide"), Column("What is wrong", "wide"))
        yield table("Rows that are not what Zoom's reference says: kept raw in the table rejected_rows.", heads, rows)
        yield from _more(drift_count - len(invalid_rows), "kinds")


def _more(number: int, of: str) -> Iterable[Html]:
    if number > 0:
        yield tag("p", f"And {number:,} more {of}, which are in the store.", class_="soft")
