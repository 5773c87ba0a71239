"""The tables of docs/endpoints.md are those of the client and the reference, and its code blocks run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.endpoints_page import COMMAND, with_tables
from support.environment import environment_of
from support.pages import Page, run_python

from zoomasync import Zoom
from zoomasync.testing import FakeZoom
from zoomasync.testing.reference.operations import OPERATIONS

PAGE = Page("docs/endpoints.md")
TEXT = PAGE.text
BLOCKS = PAGE.take("python")


def rows(title: str) -> list[tuple[str, ...]]:
    """Return the cells of the rows of the table in one section."""
    _, _, rest = TEXT.partition(f"\n## {title}\n")
    lines = re.findall(r"^\| (.*) \|$", rest.partition("\n## ")[0], re.MULTILINE)
    return [tuple(re.sub(r"`|\[(?=`)|\]\(.*?\)", "", line).split(" | ")) for line in lines[2:]]


def labels_without_method() -> list[tuple[str, str]]:
    return [(route, label) for route, _, label in rows("Without a method")]


def test_tables_are_up_to_date() -> None:
    assert with_tables(TEXT) == TEXT, f"run {COMMAND}"


def test_methods_on_page() -> None:
    """The page has the methods of the client and no others."""
    methods = {(method, each.route, str(each.label)) for method, each in Zoom.endpoints().items()}

    assert sorted(rows("With a method")) == sorted(methods)


def test_operations_without_method_on_page() -> None:
    """The page has all other operations of the reference, and none that has a method."""
    with_method = {endpoint.route for endpoint in Zoom.endpoints().values()}
    others = {(each.route, each.label) for each in OPERATIONS.values() if each.route not in with_method}

    assert sorted(labels_without_method()) == sorted(others)


@pytest.mark.parametrize(
    ("block", "sent", "output"),
    [
        (BLOCKS[0], ("PATCH /live_meetings/{meetingId}/events", "medium", 202), ""),
        (BLOCKS[1], ("GET /archive_files", "medium", 200), "text\n"),
    ],
    ids=["request", "paginate"],
)
async def test_page_block_runs(block: str, sent: tuple[str, str, int], output: str, tmp_path: Path) -> None:
    """A block sends the request of an operation without a method, under the label of the table."""
    async with FakeZoom(plan=None) as fake:
        printed = await run_python(block, tmp_path, {**environment_of(fake), "MEETING_ID": "81528471234"})

    assert printed == output
    _, request = fake.requests
    assert (request.route, request.label, request.status) == sent
    assert sent[:2] in labels_without_method()
    assert f"label=Label.{sent[1].upper()}" in block
