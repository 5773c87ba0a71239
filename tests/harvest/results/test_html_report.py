"""The HTML report of a harvest, as text and in a browser."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from support.browser import Element, elements, render
from support.environment import run_command
from support.stores import ACCOUNT_ID, DAYS, CellsByName, call_sample_rows, partition_row, run_row, write_store

from zoomasync.errors import ConfigError, StoreError
from zoomasync.harvest import State, write_report

START = datetime(2026, 6, 1, 11, tzinfo=UTC)
REJECTED_ROW: CellsByName = {
    "_account": ACCOUNT_ID,
    "stream": "meeting_qa",
    "_part": "m1",
    "_seq": 1,
    "path": "$.question_details[0]",
    "reason": "Expected `str`, got `int`",
    "raw": '{"email": "jane@example.com"}',
}
EVIL = "</script></title><script>document.title='run'</script><img src=x onerror=\"document.title='run'\"><!--"


def mixed_store(path: Path, detail: str = "no response in 60 s", label: str = "heavy") -> Path:
    """Write a store with partitions of several states, invalid rows, runs and calls."""
    return write_store(
        path,
        partitions=[
            partition_row("users", "2026-05", rows=2),
            partition_row("meeting", "m1", rows=1_234),
            partition_row("meeting", "m2", "failed", error="TimedOut", detail=detail),
            partition_row("meeting", "m3", "rejected", error="BadRequest", detail="too old", tracking_id="WEB_3"),
            partition_row("meeting", "m4", "deferred", calls=7, deferred_until="2026-06-02T00:00:00Z"),
            partition_row("meeting_qa", "m1", rows=5, invalid_rows=1, warning=f"5 rows, Zoom counts 6: {detail}"),
        ],
        rejected_rows=[{**REJECTED_ROW, "reason": detail}, {**REJECTED_ROW, "reason": detail, "_seq": 2}],
        runs=[run_row(1, outcome=detail, host=detail), run_row(2, ended_at=None, outcome=None)],
        call_samples=[
            *call_sample_rows(start=START, seconds=600, label=label, rate=9.5),
            *call_sample_rows(start=START + timedelta(hours=20), seconds=300, label=label, retries=2, throttled=1),
            *call_sample_rows(start=START, seconds=30, label="light", rate=30),
        ],
    )


def report_of(store: Path) -> list[Element]:
    return elements(write_report(store).read_text(encoding="utf-8"))


def texts(page: list[Element], name: str) -> list[str]:
    return [element.text for element in page if element.name == name]


def charts(page: list[Element]) -> list[str]:
    return [element.text for element in page if element.attributes.get("type") == "application/json"]


# As text.


def test_report_of_incomplete_store(tmp_path: Path) -> None:
    """The page has the summary, the partitions, the reasons, the warnings, the invalid rows and the calls."""
    page = report_of(mixed_store(tmp_path / "a.sqlite"))

    assert texts(page, "h1") == ["Harvest of 2026-04-01 to 2026-05-31"]
    (text,) = texts(page, "main")
    for words in (
        "Not complete. 4 of 6 partitions are finished. Missing: 1 failed, 1 deferred.",
        "(at least 8 calls). Deferred partitions can be fetched from 2026-06-02 00:00 UTC.",
        "Partitions finished 66.6 % 4 of 6",
        "TimedOut no response in 60 s",
        "As of 2026-06-01 12:00 UTC",
    ):
        assert words in text
    lines = texts(page, "tr")
    assert "meeting 1,234 0 4 1 0 0 1 0 0 1 1 8" in lines
    assert "meeting 2026-05-01 2026-11-02 m2" in lines
    assert "Rejected 1 BadRequest too old meeting m3 WEB_3" in lines
    assert "meeting_qa m1 5 5 rows, Zoom counts 6: no response in 60 s" in lines
    assert "meeting_qa 2 $.question_details[0] no response in 60 s" in lines
    assert "heavy 8,700 60 30 15 min 9.7/s 10.0/s 10/s" in lines


def test_report_of_complete_store(tmp_path: Path) -> None:
    store = write_store(tmp_path / "a.sqlite", partitions=[partition_row("meeting", "m1", rows=1)], runs=[run_row()])

    (text,) = texts(report_of(store), "main")

    assert "✓ Complete. 1 of 1 partitions are finished." in text
    assert "Partitions finished 100 % 1 of 1" in text


def test_report_has_final_days(tmp_path: Path) -> None:
    """The page names the final day of each table, the time of a snapshot, and the days that may grow."""
    months = [("2026-04-01", "2026-04-30"), ("2026-05-01", "2026-05-31")]
    parts = [partition_row("users", days[0][:7], from_=days[0], to_=days[1]) for days in months]
    store = write_store(tmp_path / "a.sqlite", partitions=[*parts, partition_row("all_users", "active/account")])

    page = report_of(store)

    assert {"users 2026-05-28", "all_users snapshot 2026-06-01 12:00"} < set(texts(page, "tr"))
    assert "Zoom may still add to 2026-05-29 to 2026-05-31: a run" in texts(page, "main")[0]


def test_percentage_is_rounded_down(tmp_path: Path) -> None:
    partitions = [partition_row("meeting", f"m{n}", "done" if n else "failed") for n in range(10_000)]

    (text,) = texts(report_of(write_store(tmp_path / "a.sqlite", partitions=partitions)), "main")

    assert "Partitions finished 99.9 % 9,999 of 10,000" in text


def test_every_state_has_a_colour(tmp_path: Path) -> None:
    """The page defines a colour in light and dark mode for each state, and names it without underscores."""
    store = write_store(tmp_path / "a.sqlite", partitions=[partition_row("meeting", state, state) for state in State])

    html = write_report(store).read_text(encoding="utf-8")

    for state in State:
        assert html.count(f"--{state}: #") == 2
        assert f".sw.{state} {{ background-color: var(--{state}); }}" in html
    headings = [element.text for element in elements(html) if element.attributes.get("scope") == "col"]
    assert {"Not found", "In progress"} < set(headings)


def test_report_omits_invalid_rows_json(tmp_path: Path) -> None:
    html = write_report(mixed_store(tmp_path / "a.sqlite")).read_text(encoding="utf-8")

    assert "jane@example.com" not in html


async def test_same_store_gives_same_bytes(tmp_path: Path) -> None:
    store = mixed_store(tmp_path / "a.sqlite")

    first, second = (write_report(store, tmp_path / name).read_bytes() for name in ("1.html", "2.html"))
    await run_command("report", "a.sqlite", "--to", "3.html", folder=tmp_path, PYTHONHASHSEED="7")

    assert first == second == (tmp_path / "3.html").read_bytes()


def test_report_loads_nothing(tmp_path: Path) -> None:
    """The page has no external resource, and its policy allows no script but its own."""
    page = report_of(mixed_store(tmp_path / "a.sqlite"))

    assert not [element for element in page if {"src", "href", "srcset", "data"} & element.attributes.keys()]
    (policy,) = [e.attributes["content"] for e in page if e.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")
    assert "unsafe-eval" not in policy


def test_store_data_is_escaped(tmp_path: Path) -> None:
    page = report_of(mixed_store(tmp_path / f"{EVIL.replace('/', '')}.sqlite", detail=EVIL, label=EVIL))

    assert len([element for element in page if element.name == "script"]) == 1 + len(charts(page)) == 4
    assert not texts(page, "img")
    assert len([element for element in page if element.name == "td" and EVIL in element.text]) >= 4
    assert [json.loads(chart) for chart in charts(page)]


def test_tables_and_charts_have_captions(tmp_path: Path) -> None:
    page = report_of(mixed_store(tmp_path / "a.sqlite"))

    tables = len(texts(page, "table"))
    assert tables == len(list(filter(None, texts(page, "caption")))) == 7
    assert {element.attributes.get("scope") for element in page if element.name == "th"} == {"col", "row"}
    assert len(texts(page, "figure")) == len(list(filter(None, texts(page, "figcaption")))) == 3
    assert all(json.loads(chart)["description"] for chart in charts(page))


@pytest.mark.parametrize("days", [None, DAYS], ids=["new", "begun"])
def test_report_of_empty_store(days: tuple[date, date] | None, tmp_path: Path) -> None:
    (text,) = texts(report_of(write_store(tmp_path / "a.sqlite", days=days)), "main")

    assert "Nothing has been listed yet." in text
    assert "Nothing has been requested yet." in text


# As a file.


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_report_command_prints_path(tmp_path: Path) -> None:
    mixed_store(tmp_path / "a.sqlite")

    code, output, errors = await run_command("report", "a.sqlite", folder=tmp_path)

    assert (code, output, errors) == (0, "a.sqlite.html\n", "")
    assert (tmp_path / "a.sqlite.html").read_text(encoding="utf-8").startswith("<!doctype html>")


async def test_report_command_without_store(tmp_path: Path) -> None:
    code, _, errors = await run_command("report", "none.sqlite", folder=tmp_path)

    assert (code, errors.count("\n")) == (2, 1)
    assert names(tmp_path) == []


@pytest.mark.parametrize("missing", ["altair", "vl_convert"])
async def test_report_without_its_extra(missing: str, tmp_path: Path) -> None:
    mixed_store(tmp_path / "a.sqlite")
    script = (
        f"import sys; sys.modules['{missing}'] = None\n"
        "from zoomasync.cli import main; sys.argv = ['zoomasync', 'report', 'a.sqlite']; main()"
    )
    done = await anyio.run_process([sys.executable, "-c", script], cwd=tmp_path, check=False)

    assert done.returncode == 2
    assert done.stderr.decode() == "zoomasync: a report needs the extra 'report': pip install 'zoomasync[report]'\n"


def test_report_does_not_replace_store(tmp_path: Path) -> None:
    store = mixed_store(tmp_path / "a.sqlite")
    (tmp_path / "link.html").symlink_to(store)
    before = store.read_bytes()

    for to in (store, tmp_path / "link.html"):
        with pytest.raises(ConfigError, match="over the store"):
            write_report(store, to)

    assert store.read_bytes() == before


def test_report_into_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        write_report(mixed_store(tmp_path / "a.sqlite"), tmp_path / "none" / "a.html")


# In a browser.


def test_browser_draws_every_chart(tmp_path: Path) -> None:
    rendered = render(write_report(mixed_store(tmp_path / "a.sqlite")))

    page = elements(rendered.html)
    assert rendered.console == []
    drawn = [element for element in page if element.name == "svg" and element.attributes.get("class") == "marks"]
    assert len(drawn) == 3
    assert not [element for element in page if element.name == "figure" and "hidden" in element.attributes]
    assert len(re.findall(r'fill="url\(#hatch-failed\)"|fill: url\("#hatch-failed"\)', rendered.html)) == 1


def test_browser_runs_no_store_data(tmp_path: Path) -> None:
    rendered = render(write_report(mixed_store(tmp_path / "a.sqlite", detail=EVIL, label=EVIL)))

    assert texts(elements(rendered.html), "title")[0] == "Harvest of 2026-04-01 to 2026-05-31"
    assert rendered.console == []


def test_browser_blocks_other_scripts(tmp_path: Path) -> None:
    """The security policy blocks a script that is inserted into the page."""
    report = write_report(mixed_store(tmp_path / "a.sqlite"))
    page = report.read_text(encoding="utf-8")
    report.write_text(page.replace("</main>", f"</main>{EVIL}-->", 1), encoding="utf-8")

    rendered = render(report)

    assert texts(elements(rendered.html), "title")[0] == "Harvest of 2026-04-01 to 2026-05-31"
    assert len(rendered.console) == 3  # the script, the image and its event handler


def test_browser_shows_empty_report(tmp_path: Path) -> None:
    rendered = render(write_report(write_store(tmp_path / "a.sqlite", days=None)))

    assert rendered.console == []
    assert "Nothing has been listed yet." in rendered.html
