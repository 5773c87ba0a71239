"""The page: its headline, its sections, its charts and the script that draws them."""

from __future__ import annotations

import hashlib
import html
from base64 import b64encode
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from string import Template

from ..call_history import CallHistory
from ..status import HarvestStatus
from ._bundle import charts_script
from ._calls import what_ran, what_was_sent
from ._charts import patterns, states_chart, traffic_chart
from ._drift import InvalidRow
from ._html import Content, Html, data, join, tag
from ._partitions import what_came, what_did_not, what_was_odd
from ._words import moment


def page_of(
    store: str, manifest: HarvestStatus, stats: CallHistory, invalid_rows: Sequence[InvalidRow], drift_count: int
) -> str:
    """Return the page about *store*, of which *drifts* are the most frequent of *drift_count*."""
    title = f"Harvest of {manifest.days[0]} to {manifest.days[1]}" if manifest.days else "A harvest that has not begun"
    charts = {"states": states_chart(manifest)} if manifest.states else {}
    charts |= {f"calls-{n}": traffic_chart(label, stats) for n, label in enumerate(stats.labels)}
    body = chain(
        _headline(store, title, manifest, stats),
        what_came(manifest),
        what_did_not(manifest),
        what_was_odd(manifest, invalid_rows, drift_count),
        what_was_sent(stats),
        what_ran(manifest.runs),
        [tag("footer", *_footer(manifest))],
    )
    script = charts_script()
    return Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(title),
        script_hash=f"sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
        patterns=patterns(),
        body="\n".join(body),
        specs="\n".join(data(name, spec) for name, spec in charts.items()),
        script=script,
    )


def _headline(store: str, title: str, manifest: HarvestStatus, stats: CallHistory) -> Iterable[Html]:
    yield tag("p", "Zoom reports, harvested into ", tag("code", store), class_="kicker")
    yield tag("h1", *(join((tag("span", word, class_="nowrap"), " ")) for word in title.split()))
    kind, word = ("good", "✓ Complete.") if manifest.complete else ("bad", "△ Not complete.")
    running = bool(manifest.runs) and manifest.runs[-1].ended_at is None
    going = "The last run has not ended: it goes on, or was killed." if running else ""
    said = [tag("p", words) for words in (manifest.verdict, going, manifest.remedy) if words]
    yield tag("div", tag("strong", word), *said, class_=f"verdict {kind}")
    known = manifest.states.total()
    rows = sum(stream.rows for stream in manifest.streams)
    invalid_rows = sum(stream.invalid_rows for stream in manifest.streams)
    calls = sum(label.calls for label in stats.labels)
    retries = sum(label.retries for label in stats.labels)
    throttled = sum(label.throttled for label in stats.labels)
    tiles = (
        ("Partitions accounted for", _share(manifest.finished, known), f"{manifest.finished:,} of {known:,}"),
        ("Rows in the store", f"{rows:,}", f"and {invalid_rows:,} kept raw"),
        ("Calls sent", f"{calls:,}", f"{retries:,} retries, 429s: {throttled:,}"),
        (
            "Calls to go",
            f"{manifest.calls:,}",
            "at least" if manifest.calls else "as far as is known",
        ),
    )
    yield tag(
        "dl",
        *(tag("div", tag("dt", name), tag("dd", value, tag("small", warning))) for name, value, warning in tiles),
        class_="tiles",
    )


def _share(part: int, whole: int) -> str:
    """Return the percentage, never rounded up: what is nearly all is not all."""
    return f"{part * 1000 // whole / 10:.1f} %".replace(".0 %", " %") if whole else "none"


def _footer(manifest: HarvestStatus) -> Iterable[Content]:
    if manifest.fetched_at is not None:
        yield f"As of {moment(manifest.fetched_at)}, when the last partition was fetched. "
    yield "All times and days are UTC. "
    yield "The tables partition, rejected_rows, run and call_samples of the store hold all that is here. "
    yield "This page loads nothing, from nowhere."
