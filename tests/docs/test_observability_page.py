"""The code blocks of docs/observability.md run, against a fake account."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.environment import environment_of
from support.pages import Page, run_python, run_shell

from zoomasync.events import CallEvent, ClientEvent
from zoomasync.testing import Account, FakeZoom

PAGE = Page("docs/observability.md")
(EVENTS,) = PAGE.take("python", "Events")
(LOGS,) = PAGE.take("python", "Logs")
(INSTALL,) = PAGE.take("sh")
(TELEMETRY,) = PAGE.take("python", "OpenTelemetry")
(INSTRUMENTED,) = PAGE.take("python", "With the instrumentation of aiohttp")
NUMBER = "81000000001"


@pytest.fixture
def account() -> Account:
    account = Account()
    host = account.add_host("Ada", email="ada@lakeside.example")
    account.add_host("Bo")
    account.add_meeting(host, id=int(NUMBER), topic="Harbour")
    return account


def shown(section: str) -> str:
    """Return the output that the page shows in *section*."""
    match = re.search(r"^```text\n(.*?)^```", PAGE.text.partition(f"\n## {section}\n")[2], re.DOTALL | re.MULTILINE)
    assert match
    return match[1]


def without_times(text: str) -> str:
    """Return *text* without durations, and without the waits that a busy machine adds."""
    lines = [line for line in text.splitlines() if "waited" not in line or "access token" in line]
    return re.sub(r"\d\.\d{3} s", "_ s", "\n".join(lines))


async def test_events_block(fake: FakeZoom, tmp_path: Path) -> None:
    output = await run_python(EVENTS, tmp_path, environment_of(fake))

    assert without_times(output) == without_times(shown("Events"))


async def test_logs_block(fake: FakeZoom, tmp_path: Path) -> None:
    output = await run_python(LOGS, tmp_path, environment_of(fake))

    assert without_times(output) == without_times(shown("Logs"))


async def test_telemetry_block(fake: FakeZoom, tmp_path: Path) -> None:
    """The program prints its page between the spans, and one JSON document of metrics."""
    await run_shell(INSTALL, tmp_path)

    output = await run_python(TELEMETRY, tmp_path, environment_of(fake))

    request, call, page, metrics = output.split("\n", 3)
    assert request.startswith("CLIENT GET /users {'http.request.method': 'GET', 'url.template': '/users'")
    assert call.startswith("INTERNAL Zoom GET /users {'http.request.method': 'GET', 'url.template': '/users'")
    assert page == "2 users"
    documented = set(re.findall(r"^\| `([\w.]+)` \| (?:requests|responses|seconds)", PAGE.text, re.MULTILINE))
    assert set(re.findall(r'"name": "((?:zoomasync|http)\.[\w.]+)"', metrics)) == documented - {
        "zoomasync.rate_limited",
        "zoomasync.daily_quota.remaining",
    }


async def test_instrumented_block(fake: FakeZoom, tmp_path: Path) -> None:
    output = await run_python(INSTRUMENTED, tmp_path, environment_of(fake))

    lines = output.splitlines()
    assert [" ".join(line.split()[:2]) for line in lines] == ["CLIENT POST", "CLIENT GET", "INTERNAL Zoom", "Harbour"]
    assert NUMBER not in output


def test_table_lists_all_events() -> None:
    """Each event is in the table."""
    listed = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[A-Z].*?) \|", PAGE.text, re.MULTILINE))))

    assert listed == {kind.__name__ for base in (CallEvent, ClientEvent) for kind in base.__subclasses__()}
