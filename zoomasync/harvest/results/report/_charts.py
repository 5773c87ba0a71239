"""The charts. Their colours are the page's own, by CSS: light, dark and on paper without being drawn again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate, zip_longest
from typing import TYPE_CHECKING, Literal

from ...partitions import FINAL, State
from ..call_history import CallHistory, LabelCalls, Point
from ..status import HarvestStatus
from ._html import Html, as_json, join

if TYPE_CHECKING:
    import altair as alt

_UNSETTLED = (State.PENDING, State.IN_PROGRESS, State.DEFERRED, State.FAILED)
STATES = (*FINAL, *_UNSETTLED)

KEYS = Html("""<ul class="keys" aria-label="Signs in the charts">
<li><svg width="16" height="12" aria-hidden="true"><path d="M0 12V4H16V12Z" fill="var(--sent)"/></svg>sent</li>
<li><svg width="20" height="12" aria-hidden="true"><path d="M0 6H20" stroke="var(--ink)" stroke-width="1.5" \
stroke-dasharray="5 3"/></svg>allowed</li>
<li><svg width="12" height="12" aria-hidden="true"><path d="M6 1L12 11H0Z" fill="var(--alarm)"/></svg>429</li>
<li><svg width="8" height="12" aria-hidden="true"><path d="M4 1V11" stroke="var(--ink)" \
stroke-width="2"/></svg>retry</li>
</ul>""")


def patterns() -> Html:
    """Return the hatchings of the states that are not settled."""
    return join(map(_pattern, _UNSETTLED))


def _pattern(state: State) -> Html:
    """Return the hatching of a state that is not settled: colour alone tells nobody who cannot see it."""
    return Html(
        f'<pattern id="hatch-{state}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="6" height="6" fill="var(--{state})"/><rect width="2" height="6" fill="var(--stripe)"/></pattern>'
    )


def _fill(state: State) -> str:
    return f"url(#hatch-{state})" if state in _UNSETTLED else f"var(--{state})"


def states_chart(manifest: HarvestStatus) -> Mapping[str, object]:
    """Return the chart of the share of each state in every table."""
    import altair as alt  # noqa: PLC0415  needs the extra

    there = [state for state in STATES if manifest.states[state]]
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


def traffic_chart(label: LabelCalls, stats: CallHistory) -> Mapping[str, object]:
    """Return the chart of what was sent with *label* against what was allowed."""
    import altair as alt  # noqa: PLC0415  needs the extra

    line = _TimeLine(stats.stretches)
    ticks = line.ticks()
    labels = alt.Axis(
        values=list(ticks), labelExpr=f"({as_json(ticks)})[datum.value]", labelOverlap="greedy", grid=False, title="UTC"
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


def _spec(chart: alt.TopLevelMixin) -> Mapping[str, object]:
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
