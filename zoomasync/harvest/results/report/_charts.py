"""The charts, as Vega-Lite specifications.

Their colours are CSS variables of the page, so light mode, dark mode and print need no second chart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...partitions import FINAL, State
from ..call_history import CallHistory, LabelCalls
from ..status import HarvestStatus
from ..summary_text import state_text
from ._html import Html, as_json, join
from ._timeline import Timeline

if TYPE_CHECKING:
    import altair as alt

_NOT_FINAL = (State.PENDING, State.IN_PROGRESS, State.DEFERRED, State.FAILED)
STATES = (*FINAL, *_NOT_FINAL)
"""All states, the final ones first."""

LEGEND = Html("""<ul class="keys" aria-label="Legend">
<li><svg width="16" height="12" aria-hidden="true"><path d="M0 12V4H16V12Z" fill="var(--sent)"/></svg>sent</li>
<li><svg width="20" height="12" aria-hidden="true"><path d="M0 6H20" stroke="var(--ink)" stroke-width="1.5" \
stroke-dasharray="5 3"/></svg>allowed</li>
<li><svg width="12" height="12" aria-hidden="true"><path d="M6 1L12 11H0Z" fill="var(--alarm)"/></svg>429</li>
<li><svg width="8" height="12" aria-hidden="true"><path d="M4 1V11" stroke="var(--ink)" \
stroke-width="2"/></svg>retry</li>
</ul>""")


def patterns() -> Html:
    """Return the hatching patterns of the states that are not final: some readers cannot distinguish colours."""
    return join(
        Html(
            f'<pattern id="hatch-{state}" width="6" height="6" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)"><rect width="6" height="6" fill="var(--{state})"/>'
            '<rect width="2" height="6" fill="var(--stripe)"/></pattern>'
        )
        for state in _NOT_FINAL
    )


def _fill(state: State) -> str:
    return f"url(#hatch-{state})" if state in _NOT_FINAL else f"var(--{state})"


def states_chart(status: HarvestStatus) -> Mapping[str, object]:
    """Return the chart of each table's partitions by state."""
    import altair as alt  # noqa: PLC0415  needs the extra

    present = [state for state in STATES if status.states[state]]
    names = [state_text(state).capitalize() for state in present]
    rows = [
        {"table": stream.name, "state": names[n], "partitions": stream.states[state], "order": n}
        for stream in status.streams
        for n, state in enumerate(present)
        if stream.states[state]
    ]
    tables = [stream.name for stream in status.streams if stream.states]
    colors = alt.Scale(domain=names, range=list(map(_fill, present)))
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
            order="order:O",
            tooltip=["table:N", "state:N", alt.Tooltip("partitions:Q", format=",")],
        )
        .properties(width="container", height=24 * len(tables))
    )
    return _spec(chart)


def calls_chart(label: LabelCalls, history: CallHistory) -> Mapping[str, object]:
    """Return the chart of the calls of *label*, and of the rate that was allowed."""
    import altair as alt  # noqa: PLC0415  needs the extra

    timeline = Timeline(history.periods)
    ticks = timeline.ticks()
    axis = alt.Axis(
        values=list(ticks), labelExpr=f"({as_json(ticks)})[datum.value]", labelOverlap="greedy", grid=False, title="UTC"
    )
    highest = 1.2 * max(rate for point in label.points for rate in (point.rate, point.allowed))
    x = alt.X("at:Q", axis=axis, scale=alt.Scale(domain=[0, timeline.length], nice=False))
    y = alt.Y(
        "rate:Q", stack=None, title=None, axis=alt.Axis(tickCount=4), scale=alt.Scale(domain=[0, highest], nice=False)
    )
    tooltip = [
        alt.Tooltip("when:N", title="from"),
        alt.Tooltip("rate:Q", title="per second", format=".1f"),
        alt.Tooltip("allowed:Q", title="allowed"),
        alt.Tooltip("retries:Q", title="retries", format=","),
        alt.Tooltip("throttled:Q", title="429s", format=","),
    ]
    points = alt.Chart(alt.InlineData(values=_point_rows(label, timeline)))
    marks = points.transform_calculate(at="(datum.at + datum.to) / 2").encode(x=x, tooltip=tooltip)
    chart = alt.layer(
        alt.Chart(alt.InlineData(values=list(timeline.steps(label.points, "rate"))))
        .mark_area(interpolate="step-after", color="var(--sent)")
        .encode(x=x, y=y, detail="segment:N"),
        alt.Chart(alt.InlineData(values=[{"at": at} for at in timeline.gaps()]))
        .mark_rule(color="var(--soft)", strokeDash=[2, 3])
        .encode(x=x),
        alt.Chart(alt.InlineData(values=list(timeline.steps(label.points, "allowed"))))
        .mark_line(interpolate="step-after", color="var(--ink)", strokeWidth=1.5, strokeDash=[5, 3])
        .encode(x=x, y=y, detail="segment:N"),
        points.mark_rect(opacity=0).encode(x=x, x2="to:Q", tooltip=tooltip),
        marks.transform_filter("datum.retries > 0")
        .mark_tick(orient="vertical", thickness=1.5, size=8, color="var(--ink)", opacity=1)
        .encode(y=alt.value(_CHART_HEIGHT - 5)),
        marks.transform_filter("datum.throttled > 0")
        .mark_point(shape="triangle-up", filled=True, size=60, color="var(--alarm)", opacity=1)
        .encode(y=alt.value(8)),
    )
    description = f"{label.label} calls per second over time, and the allowed rate"
    return _spec(chart.properties(width="container", height=_CHART_HEIGHT, description=description))


_CHART_HEIGHT = 150


def _point_rows(label: LabelCalls, timeline: Timeline) -> list[dict[str, object]]:
    return [
        {
            "at": timeline.position(point.at),
            "to": timeline.position(point.at) + (point.to - point.at).total_seconds(),
            "when": f"{point.at:%Y-%m-%d %H:%M:%S} UTC",
            "rate": point.rate,
            "allowed": point.allowed or "unknown",
            "retries": point.retries,
            "throttled": point.throttled,
        }
        for point in label.points
    ]


def _spec(chart: alt.TopLevelMixin) -> Mapping[str, object]:
    """Return the Vega-Lite specification of *chart*, with the fonts and colours of the page."""
    text = {"labelColor": "var(--soft)", "titleColor": "var(--soft)", "labelFontSize": 12, "titleFontSize": 12}
    lines = {"gridColor": "var(--line)", "domainColor": "var(--line)", "tickColor": "var(--line)"}
    return chart.to_dict() | {
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": {
            "background": None,
            "font": "system-ui, sans-serif",
            "view": {"stroke": None},
            "axis": {**text, **lines, "titleFontWeight": "normal"},
        },
    }
