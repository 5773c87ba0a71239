"""The page: headline, sections, charts and script, and the function that reads a store and writes its page."""

from __future__ import annotations

import hashlib
import html
from base64 import b64encode
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from string import Template

from ....errors import ConfigError, StoreError
from ...stores.sqlite.reader import reading
from ..call_history import CallHistory, call_history
from ..status import HarvestStatus, status_of
from ..summary_text import account_text, next_step, summary
from ._calls import calls_section, runs_section
from ._charts import calls_chart, patterns, states_chart
from ._html import MAX_LINES, Content, Html, data, join, tag
from ._partitions import RejectedRows, failures_section, partitions_section, read_rejected_rows, warnings_section
from ._script import charts_script, check_extra
from ._time_text import moment_text


def write_report(store: str | Path, to: str | Path | None = None) -> Path:
    """Write a report of *store* to the HTML file *to*, and return its path.

    The default is ``<store>.html`` in the folder of the store. An existing file is replaced. The same store gives the
    same bytes. A harvest may write to the store meanwhile. Needs the extra ``report``.

    Raises `ConfigError` if there is no such store or *to* is the store, and `StoreError` if reading or writing fails.
    """
    check_extra()
    path = Path(store)
    target = path.with_name(f"{path.name}.html") if to is None else Path(to)
    with reading(path) as connection:
        if target.exists() and target.samefile(path):
            raise ConfigError(f"the report would be written over the store {path}: choose another file")
        status = status_of(connection, limit=MAX_LINES)
        calls, rejected_rows = call_history(connection), read_rejected_rows(connection)
    try:
        target.write_text(_page(path.name, status, calls, *rejected_rows), encoding="utf-8", newline="\n")
    except OSError as error:
        raise StoreError(f"the report {target} cannot be written: {error.strerror}") from None
    return target


def _page(
    store: str, status: HarvestStatus, calls: CallHistory, rejected_rows: Sequence[RejectedRows], rejected_count: int
) -> str:
    title = f"Harvest of {status.days[0]} to {status.days[1]}" if status.days else "A harvest that has not begun"
    charts = {"states": states_chart(status)} if status.states else {}
    charts |= {f"calls-{n}": calls_chart(label, calls) for n, label in enumerate(calls.labels)}
    body = chain(
        _headline(store, title, status, calls),
        partitions_section(status),
        failures_section(status),
        warnings_section(status, rejected_rows, rejected_count),
        calls_section(calls),
        runs_section(status.runs),
        [tag("footer", *_footer(status))],
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


def _headline(store: str, title: str, status: HarvestStatus, calls: CallHistory) -> Iterable[Html]:
    account = f" of account {account_text(status)}" if status.account_id else ""
    yield tag("p", f"Zoom reports{account}, harvested into ", tag("code", store), class_="kicker")
    yield tag("h1", *(join((tag("span", word, class_="nowrap"), " ")) for word in title.split()))
    class_, word = ("complete", "✓ Complete.") if status.complete else ("incomplete", "△ Not complete.")
    unended = bool(status.runs) and status.runs[-1].ended_at is None
    run = "The last run has not ended: it is running, or its process was killed." if unended else ""
    sentences = [tag("p", text) for text in (summary(status), run, next_step(status)) if text]
    yield tag("div", tag("strong", word), *sentences, class_=f"summary {class_}")
    total = status.states.total()
    sent = sum(label.calls for label in calls.labels)
    retries = sum(label.retries for label in calls.labels)
    throttled = sum(label.throttled for label in calls.labels)
    tiles = (
        ("Partitions finished", _percentage(status.finished, total), f"{status.finished:,} of {total:,}"),
        ("Rows in the store", f"{status.rows:,}", f"and {status.invalid_rows:,} invalid"),
        ("Calls sent", f"{sent:,}", f"{retries:,} retries, 429s: {throttled:,}"),
        ("Calls remaining", f"{status.calls:,}", "at least" if status.calls else "as far as is known"),
    )
    yield tag(
        "dl",
        *(tag("div", tag("dt", name), tag("dd", value, tag("small", note))) for name, value, note in tiles),
        class_="tiles",
    )


def _percentage(part: int, total: int) -> str:
    """Return the percentage, rounded down: 100 % means all."""
    return f"{part * 1000 // total / 10:.1f} %".replace(".0 %", " %") if total else "none"


def _footer(status: HarvestStatus) -> Iterable[Content]:
    if status.fetched_at is not None:
        yield f"As of {moment_text(status.fetched_at)}, when the last partition was fetched. "
    yield "All times and days are UTC. "
    yield "The data of this page is in the tables partition, rejected_rows, run and call_samples of the store. "
    yield "This page loads nothing."
