"""The report of a harvest: one HTML file that needs nothing else, for people who were not there.

Its tables are plain HTML, its charts are drawn by Vega, which is inside (extra ``report``). The page says itself that
nothing may be loaded and that no other script may run, and all that the store holds is text in it.
"""

from __future__ import annotations

import hashlib
import html
import json
import sqlite3
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from itertools import accumulate, chain, zip_longest
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ..errors import ConfigError
from ._reading import StoreError, reading
from .manifest import LabelTraffic, Manifest, Point, Reason, Run, TrafficHistory, manifest_of, traffic_of
from .partition import SETTLED, Partition, State

if TYPE_CHECKING:
    import altair as alt

_Spec: TypeAlias = Mapping[str, Any]

_MOST_LINES = 50


def write_report(store: str | Path, to: str | Path | None = None) -> Path:
    """Write what became of the harvest in *store* to the HTML file *to*, and return its path.

    It is ``<store>.html`` beside the store unless told otherwise, and replaced when it is there. The same store gives
    the same bytes. A harvest may go on meanwhile. Needs the extra ``report``.

    Raises `ConfigError` when there is no such store or *to* is the store, and `StoreError` when reading or writing
    fails.
    """
    _check_extra()
    path = Path(store)
    target = path.with_name(f"{path.name}.html") if to is None else Path(to)
    with reading(path) as connection:
        if target.exists() and target.samefile(path):
            raise ConfigError(f"the report cannot be written over the store {path}: give another file")
        manifest = manifest_of(connection, at_most=_MOST_LINES)
        traffic = traffic_of(connection)
        drifts, drift_count = _drifts(connection)
    page = _page(path.name, manifest, traffic, drifts, drift_count)
    try:
        target.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        failure = StoreError(f"the report {target} cannot be written: {error.strerror}")
        raise failure from None
    return target


@dataclass(frozen=True, slots=True)
class _Drift:
    """How many rows of a stream were not what the reference says, at one place and for one reason."""

    stream: str
    path: str
    reason: str
    rows: int


def _drifts(connection: sqlite3.Connection) -> tuple[Sequence[_Drift], int]:
    lines = connection.execute(
        "SELECT stream, path, reason, count(*) FROM drift GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3"
    ).fetchall()
    return [_Drift(*line) for line in lines[:_MOST_LINES]], len(lines)


# HTML, in which what is not markup of ours is escaped.


class _Html(str):
    """Markup. All other text becomes text."""

    __slots__ = ()


_Content: TypeAlias = str | int


def _tag(name: str, *content: _Content, **attributes: str) -> _Html:
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{html.escape(v)}"' for key, v in attributes.items())
    return _Html(f"<{name}{given}>{_join(content)}</{name}>")


def _join(content: Iterable[_Content]) -> _Html:
    return _Html("".join(map(_markup, content)))


def _markup(content: _Content) -> str:
    if isinstance(content, int):
        return f"{content:,}"
    return content if isinstance(content, _Html) else html.escape(content)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column's heading, and the class of its cells."""

    heading: str
    kind: str = ""


def _table(
    caption: str, columns: Sequence[_Column], lines: Iterable[Sequence[_Content]], total: Sequence[_Content] = ()
) -> _Html:
    """Return a table that scrolls where it is wider than the page. The first cell of a line is its heading."""
    heads = (_tag("th", column.heading, scope="col", class_=column.kind) for column in columns)
    rows = (_line(columns, line) for line in lines)
    foot = [_tag("tfoot", _line(columns, total))] if total else []
    table = _tag(
        "table", _tag("caption", _tag("span", caption)), _tag("thead", _tag("tr", *heads)), _tag("tbody", *rows), *foot
    )
    return _tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _line(columns: Sequence[_Column], cells: Sequence[_Content]) -> _Html:
    first, *others = cells
    rest = (
        _tag("td", cell, class_=f"{column.kind} zero" if cell == 0 else column.kind)
        for column, cell in zip(columns[1:], others, strict=True)
    )
    return _tag("tr", _tag("th", first, scope="row"), *rest)


# The page.

_MEANINGS = {
    State.DONE: "Its rows are in the store.",
    State.EMPTY: "Zoom answered, and there was nothing.",
    State.GONE: "Zoom has it no longer (404): reports expire.",
    State.REFUSED: "Zoom will never give it (400): the session is too old, or the feature was off.",
    State.WAITING: "Known, and still to be fetched.",
    State.OPEN: "Begun: what there is of it is dropped, and fetched again.",
    State.PARKED: "The day's budget of calls was spent before its turn came.",
    State.FAILED: "Something went wrong that another run may not meet.",
}
_UNSETTLED = (State.WAITING, State.OPEN, State.PARKED, State.FAILED)
_STATES = (*SETTLED, *_UNSETTLED)


def _page(store: str, manifest: Manifest, traffic: TrafficHistory, drifts: Sequence[_Drift], drift_count: int) -> str:
    title = f"Harvest of {manifest.days[0]} to {manifest.days[1]}" if manifest.days else "A harvest that has not begun"
    charts = {"states": _states_chart(manifest)} if manifest.states else {}
    charts |= {f"traffic-{n}": _traffic_chart(label, traffic) for n, label in enumerate(traffic.labels)}
    body = chain(
        _headline(store, title, manifest, traffic),
        _what_came(manifest),
        _what_did_not(manifest),
        _what_was_odd(manifest, drifts, drift_count),
        _what_was_sent(traffic),
        _runs(manifest.runs),
        [_tag("footer", *_footer(manifest))],
    )
    script = _script()
    return Template(_beside("report.html")).substitute(
        title=html.escape(title),
        script_hash=f"sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
        patterns=_join(map(_pattern, _UNSETTLED)),
        body="\n".join(body),
        specs="\n".join(_data(name, spec) for name, spec in charts.items()),
        script=script,
    )


def _headline(store: str, title: str, manifest: Manifest, traffic: TrafficHistory) -> Iterable[_Html]:
    yield _tag("p", "Zoom reports, harvested into ", _tag("code", store), class_="kicker")
    yield _tag("h1", *(_join((_tag("span", word, class_="nowrap"), " ")) for word in title.split()))
    kind, word = ("good", "✓ Complete.") if manifest.accounted else ("bad", "△ Not complete.")
    running = bool(manifest.runs) and manifest.runs[-1].ended_at is None
    going = "The last run has not ended: it goes on, or was killed." if running else ""
    said = [_tag("p", words) for words in (manifest.verdict, going, manifest.remedy) if words]
    yield _tag("div", _tag("strong", word), *said, class_=f"verdict {kind}")
    known = manifest.states.total()
    rows = sum(stream.rows for stream in manifest.streams)
    drifted = sum(stream.drifted for stream in manifest.streams)
    calls = sum(label.calls for label in traffic.labels)
    retries = sum(label.retries for label in traffic.labels)
    throttled = sum(label.throttled for label in traffic.labels)
    tiles = (
        ("Partitions accounted for", _share(manifest.settled, known), f"{manifest.settled:,} of {known:,}"),
        ("Rows in the store", f"{rows:,}", f"and {drifted:,} kept raw"),
        ("Calls sent", f"{calls:,}", f"{retries:,} retries, 429s: {throttled:,}"),
        (
            "Calls to go",
            f"{manifest.calls:,}",
            "at least" if manifest.calls else "as far as is known",
        ),
    )
    yield _tag(
        "dl",
        *(_tag("div", _tag("dt", name), _tag("dd", value, _tag("small", note))) for name, value, note in tiles),
        class_="tiles",
    )


def _share(part: int, whole: int) -> str:
    """Return the percentage, never rounded up: what is nearly all is not all."""
    return f"{part * 1000 // whole / 10:.1f} %".replace(".0 %", " %") if whole else "none"


def _what_came(manifest: Manifest) -> Iterable[_Html]:
    yield _tag("h2", "What was fetched")
    yield _tag(
        "p",
        "A partition is what is fetched as a whole: the hosts of a month, the meetings of a host in a month, or one "
        "report of one session.",
    )
    if not manifest.states:
        yield _tag("p", "There are none yet.", class_="soft")
        return
    there = [state for state in _STATES if manifest.states[state]]
    keys = _tag("ul", *(_tag("li", _state(state)) for state in there), class_="keys", aria_label="Signs in the chart")
    text = "Share of the partitions of each table by state. The table below has the numbers."
    yield _figure("states", "How far each table is", text, keys)
    states = [_Column(state.capitalize(), "n") for state in _STATES]
    columns = [_Column("Table"), _Column("Rows", "n"), _Column("Drifted", "n"), _Column("Partitions", "n")]
    total = manifest.states
    yield _states_table(
        [*columns, *states, _Column("Calls to go", "n")],
        [
            (
                _tag("code", stream.name),
                stream.rows,
                stream.drifted,
                stream.states.total(),
                *(stream.states[state] for state in _STATES),
                stream.calls,
            )
            for stream in manifest.streams
        ],
        (
            "All",
            sum(stream.rows for stream in manifest.streams),
            sum(stream.drifted for stream in manifest.streams),
            total.total(),
            *(total[state] for state in _STATES),
            manifest.calls,
        ),
    )
    yield _tag(
        "details",
        _tag("summary", "What the states mean"),
        _tag("dl", *(_join((_tag("dt", _state(s)), _tag("dd", meaning))) for s, meaning in _MEANINGS.items())),
    )


def _states_table(columns: Sequence[_Column], lines: Iterable[Sequence[_Content]], total: Sequence[_Content]) -> _Html:
    return _table("Rows, and partitions by state. Drifted rows are kept raw.", columns, lines, total)


def _state(state: State) -> _Html:
    return _join((_tag("span", class_=f"sw {state}", aria_hidden="true"), state.capitalize()))


def _what_did_not(manifest: Manifest) -> Iterable[_Html]:
    yield _tag("h2", "What was not fetched")
    if not manifest.reasons:
        waiting = manifest.states[State.WAITING]
        said = f"Nothing has failed or was refused so far; {waiting:,} are waiting." if waiting else "Nothing."
        yield _tag("p", said if manifest.states else "Nothing has been asked for yet.", class_="soft")
        return
    columns = (
        _Column("State", "nowrap"),
        _Column("Partitions", "n"),
        _Column("Why", "wide"),
        _Column("For example", "wide"),
        _Column("Tracking id", "key"),
    )
    caption = "Why partitions have no rows, the same reasons together. Zoom's support asks for the tracking id."
    yield _table(caption, columns, map(_reason, manifest.reasons))
    yield from _more(manifest.reason_count - len(manifest.reasons), "reasons")


def _reason(reason: Reason) -> Sequence[_Content]:
    example = reason.example
    why = reason.detail or _MEANINGS[reason.state]
    if example.parked_until is not None:
        why = f"{why} It can go on at {_moment(example.parked_until)}."
    error = [_tag("code", reason.error), " "] if reason.error else []
    return (
        _state(reason.state),
        reason.count,
        _join([*error, why]),
        _which(example),
        example.tracking_id or "",
    )


def _which(partition: Partition) -> _Html:
    return _join((_tag("code", partition.stream), " ", _tag("span", partition.key, class_="key")))


def _what_was_odd(manifest: Manifest, drifts: Sequence[_Drift], drift_count: int) -> Iterable[_Html]:
    yield _tag("h2", "What was odd")
    if not manifest.notes and not drifts:
        yield _tag("p", "Nothing.", class_="soft")
    if manifest.notes:
        lines = [(_which(partition), partition.rows, partition.note or "") for partition in manifest.notes]
        columns = (_Column("Partition"), _Column("Rows", "n"), _Column("Note", "wide"))
        yield _table("Partitions whose rows came, and did not add up.", columns, lines)
        yield from _more(manifest.note_count - len(manifest.notes), "partitions")
    if drifts:
        rows = [(_tag("code", d.stream), d.rows, _tag("span", d.path, class_="key"), d.reason) for d in drifts]
        heads = (_Column("Table"), _Column("Rows", "n"), _Column("Where", "wide"), _Column("What is wrong", "wide"))
        yield _table("Rows that are not what Zoom's reference says: kept raw in the table drift.", heads, rows)
        yield from _more(drift_count - len(drifts), "kinds")


def _more(number: int, of: str) -> Iterable[_Html]:
    if number > 0:
        yield _tag("p", f"And {number:,} more {of}, which are in the store.", class_="soft")


def _what_was_sent(traffic: TrafficHistory) -> Iterable[_Html]:
    yield _tag("h2", "Calls and the budget")
    if not traffic.labels:
        yield _tag("p", "None has been written down.", class_="soft")
        return
    yield _tag(
        "p",
        "Zoom limits calls by label. With a 429 it says that they were too many, these or those of other apps of the "
        "account; what got one is sent again.",
    )
    columns = [_Column("Label")]
    names = ("Calls", "Retries", "429s", "Time at work", "Mean", "Busiest 10 s", "Allowed")
    columns += [_Column(name, "n") for name in names]
    caption = "Calls by label. The mean is of the time at work, in which any were sent."
    yield _table(caption, columns, map(_sent, traffic.labels))
    yield _Html(_KEYS)
    cut = "; pauses of more than ten minutes are cut out, where a dotted line is" if traffic.stretches[1:] else ""
    for n, label in enumerate(traffic.labels):
        text = f"{_span(label.points[0].at, label.points[-1].to)}. Each step is {_duration(traffic.seconds)}{cut}."
        yield _figure(f"traffic-{n}", f"{label.label.capitalize()} calls a second", text)


def _sent(label: LabelTraffic) -> Sequence[_Content]:
    mean, busiest = f"{label.calls / label.working:.1f}/s", f"{label.busiest:.1f}/s"
    allowed = f"{label.allowed:.3g}/s" if label.allowed else "unknown"
    numbers = label.calls, label.retries, label.throttled
    return label.label, *numbers, _duration(label.working), mean, busiest, allowed


def _runs(runs: Sequence[Run]) -> Iterable[_Html]:
    yield _tag("h2", "Runs")
    if not runs:
        yield _tag("p", "There was none.", class_="soft")
        return
    columns = (
        _Column("Began", "nowrap"),
        _Column("Took", "n"),
        _Column("Outcome", "wide"),
        *(_Column(name, "n") for name in ("Calls", "Retries", "429s")),
        _Column("Where", "nowrap"),
    )
    lines = [
        (
            _moment(run.started_at),
            "not known" if run.ended_at is None else _duration((run.ended_at - run.started_at) // timedelta(seconds=1)),
            _outcome(run, last=run is runs[-1]),
            run.calls,
            run.retries,
            run.throttled,
            f"{run.host}, process {run.process}",
        )
        for run in runs[-_MOST_LINES:]
    ]
    yield _table("The runs of the harvest.", columns, lines)
    if len(runs) > _MOST_LINES:
        yield _tag("p", f"And {len(runs) - _MOST_LINES:,} earlier ones, which are in the store.", class_="soft")


def _outcome(run: Run, *, last: bool) -> str:
    if run.ended_at is None:
        return "running, or killed" if last else "killed"
    return run.outcome or "not known"


def _footer(manifest: Manifest) -> Iterable[_Content]:
    if manifest.fetched_at is not None:
        yield f"As of {_moment(manifest.fetched_at)}, when the last partition was fetched. "
    yield "All times and days are UTC. "
    yield "The tables partition, drift, run and traffic of the store hold all that is here. "
    yield "This page loads nothing, from nowhere."


def _figure(name: str, title: str, text: str, keys: _Html | None = None) -> _Html:
    caption = _tag("figcaption", _tag("b", title), _Html("<br>"), text, keys or _Html())
    figure = _tag("figure", caption, _tag("div", class_="chart"), data_chart=name)
    return _Html(figure.replace("<figure", "<figure hidden", 1))  # the script shows it


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _span(start: datetime, end: datetime) -> str:
    till = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {till} UTC"


def _duration(seconds: int) -> str:
    """Return the two largest units of so many *seconds*."""
    units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
    words: list[str] = []
    for unit, length in units:
        number, seconds = divmod(seconds, length)
        if number:
            words.append(f"{number} {unit}")
    return " ".join(words[:2]) or "0 s"


# The charts. Their colours are the page's own, by CSS: light, dark and on paper without being drawn again.

_KEYS = """<ul class="keys" aria-label="Signs in the charts">
<li><svg width="16" height="12" aria-hidden="true"><path d="M0 12V4H16V12Z" fill="var(--sent)"/></svg>sent</li>
<li><svg width="20" height="12" aria-hidden="true"><path d="M0 6H20" stroke="var(--ink)" stroke-width="1.5" \
stroke-dasharray="5 3"/></svg>allowed</li>
<li><svg width="12" height="12" aria-hidden="true"><path d="M6 1L12 11H0Z" fill="var(--alarm)"/></svg>429</li>
<li><svg width="8" height="12" aria-hidden="true"><path d="M4 1V11" stroke="var(--ink)" \
stroke-width="2"/></svg>retry</li>
</ul>"""


def _pattern(state: State) -> _Html:
    """Return the hatching of a state that is not settled: colour alone tells nobody who cannot see it."""
    return _Html(
        f'<pattern id="hatch-{state}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="6" height="6" fill="var(--{state})"/><rect width="2" height="6" fill="var(--stripe)"/></pattern>'
    )


def _fill(state: State) -> str:
    return f"url(#hatch-{state})" if state in _UNSETTLED else f"var(--{state})"


def _states_chart(manifest: Manifest) -> _Spec:
    """Return the chart of the share of each state in every table."""
    import altair as alt  # noqa: PLC0415  needs the extra

    there = [state for state in _STATES if manifest.states[state]]
    rows = [
        {"table": stream.name, "state": state.capitalize(), "partitions": stream.states[state], "place": place}
        for stream in manifest.streams
        for place, state in enumerate(there)
        if stream.states[state]
    ]
    tables = [stream.name for stream in manifest.streams if stream.states]
    colors = alt.Scale(domain=[state.capitalize() for state in there], range=list(map(_fill, there)))
    chart = (
        alt.Chart(alt.InlineData(values=rows), description="Share of the partitions of each table by state")
        .mark_bar(stroke="var(--card)", strokeWidth=1)
        .encode(
            x=alt.X("partitions:Q", stack="normalize", title=None, axis=alt.Axis(format="%", tickCount=5)),
            y=alt.Y(
                "table:N",
                sort=tables,
                title=None,
                axis=alt.Axis(ticks=False, domain=False, labelLimit=150, labelPadding=6),
            ),
            color=alt.Color("state:N", scale=colors, legend=None),
            order="place:O",
            tooltip=["table:N", "state:N", alt.Tooltip("partitions:Q", format=",")],
        )
        .properties(width="container", height=24 * len(tables))
    )
    return _spec(chart)


def _traffic_chart(label: LabelTraffic, traffic: TrafficHistory) -> _Spec:
    """Return the chart of what was sent with *label* against what was allowed."""
    import altair as alt  # noqa: PLC0415  needs the extra

    line = _TimeLine(traffic.stretches)
    ticks = line.ticks()
    labels = alt.Axis(
        values=list(ticks), labelExpr=f"({_json(ticks)})[datum.value]", labelOverlap="greedy", grid=False, title="UTC"
    )
    top = 1.2 * max(point_rate for point in label.points for point_rate in (point.rate, point.allowed))
    x = alt.X("at:Q", axis=labels, scale=alt.Scale(domain=[0, line.length], nice=False))
    heights = alt.Scale(domain=[0, top], nice=False)
    y = alt.Y("rate:Q", stack=None, title=None, axis=alt.Axis(tickCount=4), scale=heights)
    each = [
        {
            "at": line.place(point.at),
            "to": line.place(point.at) + (point.to - point.at).total_seconds(),
            "when": _moment_to_the_second(point.at),
            "rate": point.rate,
            "allowed": point.allowed or "unknown",
            "retries": point.retries,
            "throttled": point.throttled,
        }
        for point in label.points
    ]
    tips = [
        alt.Tooltip("when:N", title="from"),
        alt.Tooltip("rate:Q", title="a second", format=".1f"),
        alt.Tooltip("allowed:Q", title="allowed"),
        alt.Tooltip("retries:Q", title="retries", format=","),
        alt.Tooltip("throttled:Q", title="429s", format=","),
    ]
    spans = alt.Chart(alt.InlineData(values=each))
    middles = spans.transform_calculate(at="(datum.at + datum.to) / 2").encode(x=x, tooltip=tips)
    chart = alt.layer(
        alt.Chart(alt.InlineData(values=list(line.steps(label.points, "rate"))))
        .mark_area(interpolate="step-after", color="var(--sent)")
        .encode(x=x, y=y, detail="piece:N"),
        alt.Chart(alt.InlineData(values=[{"at": at} for at in line.seams()]))
        .mark_rule(color="var(--soft)", strokeDash=[2, 3])
        .encode(x=x),
        alt.Chart(alt.InlineData(values=list(line.steps(label.points, "allowed"))))
        .mark_line(interpolate="step-after", color="var(--ink)", strokeWidth=1.5, strokeDash=[5, 3])
        .encode(x=x, y=y, detail="piece:N"),
        spans.mark_rect(opacity=0).encode(x=x, x2="to:Q", tooltip=tips),
        middles.transform_filter("datum.retries > 0")
        .mark_tick(orient="vertical", thickness=1.5, size=8, color="var(--ink)", opacity=1)
        .encode(y=alt.value(_CHART_HEIGHT - 5)),
        middles.transform_filter("datum.throttled > 0")
        .mark_point(shape="triangle-up", filled=True, size=60, color="var(--alarm)", opacity=1)
        .encode(y=alt.value(8)),
    )
    words = f"{label.label} calls a second over time, and how many were allowed"
    return _spec(chart.properties(width="container", height=_CHART_HEIGHT, description=words))


_CHART_HEIGHT = 150


class _TimeLine:
    """Where a moment is on an axis of seconds from which the pauses between *stretches* are cut out."""

    def __init__(self, stretches: Sequence[tuple[datetime, datetime]]) -> None:
        lengths = [(end - start).total_seconds() for start, end in stretches]
        self._seam = sum(lengths) * min(0.012, 0.3 / len(stretches))
        self._starts = [start for start, _ in stretches]
        self._places = [before + n * self._seam for n, before in enumerate(accumulate(lengths, initial=0.0))]
        self._lengths = lengths
        self.length = self._places[-1] - self._seam

    def place(self, moment: datetime) -> float:
        """Return the place of *moment*."""
        n = bisect_right(self._starts, moment) - 1
        return self._places[n] + (moment - self._starts[n]).total_seconds()

    def seams(self) -> list[float]:
        """Return where a pause was cut out."""
        return [place - self._seam / 2 for place in self._places[1:-1]]

    def steps(self, points: Sequence[Point], name: Literal["rate", "allowed"]) -> Iterator[Mapping[str, float]]:
        """Yield the corners of a line of steps; it is broken where nothing was sent, and a new *piece* begins."""
        piece = 0
        for point, following in zip_longest(points, points[1:]):
            at = self.place(point.at)
            yield {"at": at, "rate": getattr(point, name), "piece": piece}
            if following is None or following.at != point.to:
                yield {"at": at + (point.to - point.at).total_seconds(), "rate": getattr(point, name), "piece": piece}
                piece += 1

    def ticks(self) -> dict[int, str]:
        """Return what to write where: the beginning of each stretch, and round times inside long ones."""
        step = next(step for step in _TICKS if self.length <= step * 8)
        found: dict[int, str] = {}
        for start, place, length in zip(self._starts, self._places, self._lengths, strict=False):
            found[round(place)] = f"{_day(start)} {_clock(start, step)}"
            for second in range(int(start.timestamp()) // step * step, int(start.timestamp() + length), step):
                since = second - start.timestamp()
                if length >= self.length / 2 and self.length / 10 < since < length - self.length / 10:
                    moment = datetime.fromtimestamp(second, UTC)
                    found[round(place + since)] = _clock(moment, step) if second % 86_400 else _day(moment)
        return found


_TICKS = (10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, *range(86_400, 10**8, 86_400))


def _clock(moment: datetime, step: int) -> str:
    return f"{moment:%H:%M:%S}" if step % 60 else f"{moment:%H:%M}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}"


def _moment_to_the_second(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _spec(chart: alt.TopLevelMixin) -> _Spec:
    """Return what Vega-Lite draws, in the page's letters and colours."""
    quiet = {"labelColor": "var(--soft)", "titleColor": "var(--soft)", "labelFontSize": 12, "titleFontSize": 12}
    lines = {"gridColor": "var(--line)", "domainColor": "var(--line)", "tickColor": "var(--line)"}
    return chart.to_dict() | {
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": {
            "background": None,
            "font": "system-ui, sans-serif",
            "view": {"stroke": None},
            "axis": {**quiet, **lines, "titleFontWeight": "normal"},
        },
    }


# What goes into the page as it is.


def _data(name: str, spec: _Spec) -> _Html:
    """Return *spec* as data for the script. Nothing in it can end its element, or begin a comment."""
    return _Html(f'<script type="application/json" id="{name}">{_json(spec)}</script>')


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")


@cache
def _script() -> str:
    """Return Vega with what starts it."""
    import altair as alt  # noqa: PLC0415  needs the extra
    import vl_convert  # noqa: PLC0415  the same

    version = ".".join(alt.SCHEMA_VERSION.split(".")[:2])
    bundle: str = vl_convert.javascript_bundle(_beside("report.js"), version)
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _check_extra() -> None:
    for name in ("altair", "vl_convert"):
        if find_spec(name) is None:
            raise ModuleNotFoundError("a report needs the extra 'report': pip install 'zoomasync[report]'", name=name)
