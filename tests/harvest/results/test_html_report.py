"""The report of a harvest, as text and in a browser."""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from support.browser import Element, elements, shown
from support.stores import DAYS, Line, a_partition, a_run, a_store, some_traffic

from zoomasync.errors import ConfigError, StoreError
from zoomasync.harvest import write_report
from zoomasync.harvest.results.call_history import CallHistory, call_history
from zoomasync.harvest.stores.sqlite.reader import reading

START = datetime(2026, 6, 1, 11, tzinfo=UTC)
A_DRIFT: Line = {
    "stream": "meeting_qa",
    "_part": "m1",
    "_seq": 1,
    "path": "$.question_details[0]",
    "reason": "Expected `str`, got `int`",
    "raw": '{"email": "jane@example.com"}',
}
EVIL = "</script></title><script>document.title='run'</script><img src=x onerror=\"document.title='run'\"><!--"


def a_harvest(path: Path, detail: str = "no reply in 60 s", label: str = "heavy") -> Path:
    """Write the store of a harvest to which a bit of everything has happened."""
    return a_store(
        path,
        partitions=[
            a_partition("users", "2026-05", rows=2),
            a_partition("meeting", "m1", rows=1_234),
            a_partition("meeting", "m2", "failed", error="TimedOut", detail=detail),
            a_partition("meeting", "m3", "rejected", error="BadRequest", detail="too old", tracking_id="WEB_3"),
            a_partition("meeting", "m4", "deferred", calls=7, deferred_until="2026-06-02T00:00:00Z"),
            a_partition("meeting_qa", "m1", rows=5, invalid_rows=1, warning=f"5 rows came, Zoom counts 6: {detail}"),
        ],
        invalid_rows=[{**A_DRIFT, "reason": detail}, {**A_DRIFT, "reason": detail, "_seq": 2}],
        runs=[a_run(1, outcome=detail, host=detail), a_run(2, ended_at=None, outcome=None)],
        stats=[
            *some_traffic(start=START, seconds=600, label=label, rate=9.5),
            *some_traffic(start=START + timedelta(hours=20), seconds=300, label=label, retries=2, throttled=1),
            *some_traffic(start=START, seconds=30, label="light", rate=30),
        ],
    )


def report_of(store: Path) -> list[Element]:
    return elements(write_report(store).read_text(encoding="utf-8"))


def texts(page: list[Element], name: str) -> list[str]:
    return [element.text for element in page if element.name == name]


def charts(page: list[Element]) -> list[str]:
    return [element.text for element in page if element.attributes.get("type") == "application/json"]


# As text.


def test_a_report_says_what_came_what_did_not_what_was_odd_and_what_was_sent(tmp_path: Path) -> None:
    page = report_of(a_harvest(tmp_path / "a.sqlite"))

    assert texts(page, "h1") == ["Harvest of 2026-04-01 to 2026-05-31"]
    (said,) = texts(page, "main")
    for words in (
        "Not complete. 4 of 6 partitions are accounted for. Missing: 1 failed, 1 parked.",
        "at least 8 calls. What is parked can go on at 2026-06-02 00:00 UTC.",
        "Partitions accounted for 66.6 % 4 of 6",
        "TimedOut no reply in 60 s",
        "As of 2026-06-01 12:00 UTC",
    ):
        assert words in said
    lines = texts(page, "tr")
    assert "meeting 1,234 0 4 1 0 0 1 0 0 1 1 8" in lines
    assert "Rejected 1 BadRequest too old meeting m3 WEB_3" in lines
    assert "meeting_qa m1 5 5 rows came, Zoom counts 6: no reply in 60 s" in lines
    assert "meeting_qa 2 $.question_details[0] no reply in 60 s" in lines
    assert "heavy 8,700 60 30 15 min 9.7/s 10.0/s 10/s" in lines


def test_a_report_of_all_that_there_is_says_so(tmp_path: Path) -> None:
    store = a_store(tmp_path / "a.sqlite", partitions=[a_partition("meeting", "m1", rows=1)], runs=[a_run()])

    (said,) = texts(report_of(store), "main")

    assert "✓ Complete. All 1 partition is accounted for." in said
    assert "Partitions accounted for 100 % 1 of 1" in said


def test_a_share_that_is_nearly_all_is_not_said_to_be_all(tmp_path: Path) -> None:
    partitions = [a_partition("meeting", f"m{n}", "done" if n else "failed") for n in range(10_000)]

    (said,) = texts(report_of(a_store(tmp_path / "a.sqlite", partitions=partitions)), "main")

    assert "Partitions accounted for 99.9 % 9,999 of 10,000" in said


def test_a_report_holds_nothing_of_the_rows(tmp_path: Path) -> None:
    written = write_report(a_harvest(tmp_path / "a.sqlite"))

    assert "jane@example.com" not in written.read_text(encoding="utf-8")


async def test_the_same_store_gives_the_same_bytes(tmp_path: Path) -> None:
    store = a_harvest(tmp_path / "a.sqlite")

    first, second = (write_report(store, tmp_path / name).read_bytes() for name in ("1.html", "2.html"))
    await zoomasync("report", "a.sqlite", "--to", "3.html", folder=tmp_path, PYTHONHASHSEED="7")

    assert first == second == (tmp_path / "3.html").read_bytes()


def test_a_report_names_nothing_to_load_and_allows_no_script_but_its_own(tmp_path: Path) -> None:
    page = report_of(a_harvest(tmp_path / "a.sqlite"))

    assert not [element for element in page if {"src", "href", "srcset", "data"} & element.attributes.keys()]
    (policy,) = [e.attributes["content"] for e in page if e.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")
    assert "unsafe-eval" not in policy


def test_what_a_store_holds_is_text_in_its_report(tmp_path: Path) -> None:
    page = report_of(a_harvest(tmp_path / f"{EVIL.replace('/', '')}.sqlite", detail=EVIL, label=EVIL))

    assert len([element for element in page if element.name == "script"]) == 1 + len(charts(page)) == 4
    assert not texts(page, "img")
    assert len([element for element in page if element.name == "td" and EVIL in element.text]) >= 4
    assert [json.loads(chart) for chart in charts(page)]


def test_every_table_has_a_caption_and_headings_and_every_chart_words(tmp_path: Path) -> None:
    page = report_of(a_harvest(tmp_path / "a.sqlite"))

    tables = len(texts(page, "table"))
    assert tables == len(list(filter(None, texts(page, "caption")))) == 6
    assert {element.attributes.get("scope") for element in page if element.name == "th"} == {"col", "row"}
    assert len(texts(page, "figure")) == len(list(filter(None, texts(page, "figcaption")))) == 3
    assert all(json.loads(chart)["description"] for chart in charts(page))


@pytest.mark.parametrize("days", [None, DAYS], ids=["new", "begun"])
def test_a_report_of_a_store_without_anything_is_a_page_all_the_same(
    days: tuple[date, date] | None, tmp_path: Path
) -> None:
    (said,) = texts(report_of(a_store(tmp_path / "a.sqlite", days=days)), "main")

    assert "Nothing has been listed yet." in said
    assert "Nothing has been asked for yet." in said


# Over time.


def history(store: Path, *, at_most: int = 500) -> CallHistory:
    with reading(store) as connection:
        return call_history(connection, at_most=at_most)


def test_traffic_is_told_of_in_steps_of_ten_seconds_while_there_are_few(tmp_path: Path) -> None:
    store = a_store(tmp_path / "a.sqlite", stats=some_traffic(start=START, seconds=30, rate=9, retries=1))

    (heavy,) = history(store).labels

    assert [(point.at, point.rate, point.allowed, point.retries) for point in heavy.points] == [
        (START + timedelta(seconds=10 * n), 9, 9, 1) for n in range(3)
    ]
    assert (heavy.calls, heavy.working, heavy.busiest, heavy.allowed) == (270, 30, 9, 9)


def test_a_harvest_of_days_is_told_of_in_so_many_steps_and_loses_no_429(tmp_path: Path) -> None:
    stats = some_traffic(start=START, seconds=200_000, throttled=1)

    seen = history(a_store(tmp_path / "a.sqlite", stats=stats))

    (heavy,) = seen.labels
    assert seen.seconds == 600
    assert 250 <= len(heavy.points) <= 500
    assert sum(point.throttled for point in heavy.points) == heavy.throttled == 20_000
    assert {point.rate for point in heavy.points} == {10}


def test_pauses_are_not_counted_among_the_steps(tmp_path: Path) -> None:
    days = [START + timedelta(days=n) for n in range(30)]
    stats = [line for day in days for line in some_traffic(start=day, seconds=100)]

    seen = history(a_store(tmp_path / "a.sqlite", stats=stats))

    assert seen.stretches == tuple((day, day + timedelta(seconds=100)) for day in days)
    assert seen.seconds == 10


def test_the_end_of_one_run_and_the_beginning_of_the_next_may_share_ten_seconds(tmp_path: Path) -> None:
    stats = [line for run in (1, 2) for line in some_traffic(start=START, seconds=10, run=run, rate=4)]

    (heavy,) = history(a_store(tmp_path / "a.sqlite", stats=stats)).labels

    assert [(point.rate, point.allowed) for point in heavy.points] == [(8, 4)]


# As a file.


async def zoomasync(*arguments: str, folder: Path, **env: str) -> tuple[int, str, str]:
    command = (sys.executable, "-W", "error", "-m", "zoomasync", *arguments)
    with anyio.fail_after(120):
        done = await anyio.run_process(command, cwd=folder, env=os.environ | env, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_the_command_writes_beside_the_store_and_says_where(tmp_path: Path) -> None:
    a_harvest(tmp_path / "a.sqlite")

    code, printed, complained = await zoomasync("report", "a.sqlite", folder=tmp_path)

    assert (code, printed, complained) == (0, "a.sqlite.html\n", "")
    assert (tmp_path / "a.sqlite.html").read_text(encoding="utf-8").startswith("<!doctype html>")


async def test_the_command_without_a_store_exits_with_2_and_leaves_no_file(tmp_path: Path) -> None:
    code, _, complained = await zoomasync("report", "none.sqlite", folder=tmp_path)

    assert (code, complained.count("\n")) == (2, 1)
    assert names(tmp_path) == []


@pytest.mark.parametrize("missing", ["altair", "vl_convert"])
async def test_without_its_extra_a_report_says_what_to_install(missing: str, tmp_path: Path) -> None:
    a_harvest(tmp_path / "a.sqlite")
    script = (
        f"import sys; sys.modules['{missing}'] = None\n"
        "from zoomasync.cli import main; sys.argv = ['zoomasync', 'report', 'a.sqlite']; main()"
    )
    done = await anyio.run_process([sys.executable, "-c", script], cwd=tmp_path, check=False)

    assert done.returncode == 2
    assert done.stderr.decode() == "zoomasync: a report needs the extra 'report': pip install 'zoomasync[report]'\n"


def test_a_report_is_never_written_over_its_store(tmp_path: Path) -> None:
    store = a_harvest(tmp_path / "a.sqlite")
    (tmp_path / "link.html").symlink_to(store)
    before = store.read_bytes()

    for to in (store, tmp_path / "link.html"):
        with pytest.raises(ConfigError, match="over the store"):
            write_report(store, to)

    assert store.read_bytes() == before


def test_a_report_that_cannot_be_written_is_an_error_of_the_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        write_report(a_harvest(tmp_path / "a.sqlite"), tmp_path / "none" / "a.html")


# In a browser.


def test_a_browser_draws_every_chart_and_has_nothing_to_complain_of(tmp_path: Path) -> None:
    seen = shown(write_report(a_harvest(tmp_path / "a.sqlite")))

    page = elements(seen.html)
    assert seen.console == []
    drawn = [element for element in page if element.name == "svg" and element.attributes.get("class") == "marks"]
    assert len(drawn) == 3
    assert not [element for element in page if element.name == "figure" and "hidden" in element.attributes]
    assert len(re.findall(r'fill="url\(#hatch-failed\)"|fill: url\("#hatch-failed"\)', seen.html)) == 1


def test_nothing_that_a_store_holds_runs_in_a_browser(tmp_path: Path) -> None:
    seen = shown(write_report(a_harvest(tmp_path / "a.sqlite", detail=EVIL, label=EVIL)))

    page = elements(seen.html)
    assert texts(page, "title")[0] == "Harvest of 2026-04-01 to 2026-05-31"
    assert seen.console == []


def test_a_browser_refuses_a_script_that_got_into_a_report_all_the_same(tmp_path: Path) -> None:
    report = write_report(a_harvest(tmp_path / "a.sqlite"))
    page = report.read_text(encoding="utf-8")
    report.write_text(page.replace("</main>", f"</main>{EVIL}-->", 1), encoding="utf-8")

    seen = shown(report)

    assert texts(elements(seen.html), "title")[0] == "Harvest of 2026-04-01 to 2026-05-31"
    assert len(seen.console) == 3  # the script, the picture and its handler


def test_a_browser_has_nothing_to_complain_of_in_a_report_of_nothing(tmp_path: Path) -> None:
    seen = shown(write_report(a_store(tmp_path / "a.sqlite", days=None)))

    assert seen.console == []
    assert "Nothing has been listed yet." in seen.html
