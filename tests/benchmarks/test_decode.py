"""The measurement `decode`: its pages and bodies, and the names of its figures."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import msgspec
import pytest

from benchmarks.bodies import ROWS, participants_page
from benchmarks.decode import (
    decoding,
    encoding,
    harvest,
    harvested_pages,
    inconsistent_pages,
    request_bodies,
)
from zoomasync._core.decoding import decode
from zoomasync.models.instance_reports import ReportParticipantsPage

DOCUMENTED = msgspec.json.decode(participants_page(), type=ReportParticipantsPage)


@pytest.mark.parametrize("name", inconsistent_pages())
def test_inconsistent_page(name: str) -> None:
    """msgspec alone rejects the page. The client decodes it as the documented one, except for what Zoom left empty."""
    body = inconsistent_pages()[name]

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=ReportParticipantsPage)
    page = decode(body, ReportParticipantsPage)

    if name == "empty texts for numbers and times":
        assert [(row.duration, row.leave_time) for row in page.items] == [(None, None)] * ROWS
    else:
        assert page == DOCUMENTED


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("as documented", (300, 0, 0)),
        ("a new key in every row", (300, 0, 300)),
        ("one invalid row", (299, 1, 0)),
    ],
)
def test_harvested_page(name: str, numbers: tuple[int, int, int]) -> None:
    """Each page has the numbers of rows, invalid rows and rows with extra fields that its name says."""
    page, invalid_rows, extra_fields = harvest(harvested_pages()[name])

    assert (len(page.items), len(invalid_rows), len(extra_fields)) == numbers


@pytest.fixture
def frozen() -> Iterator[None]:
    """Keep the objects of all other tests out of the collections of garbage: one comes before each reading."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("frozen")
def test_figures() -> None:
    figures = [*decoding(rounds=2, times=1), *encoding(rounds=2, times=1)]

    assert len({figure.name for figure in figures}) == len(figures) == 11
    assert [figure.name for figure in figures if figure.target] == ["Decode a page of 300 rows, times without a zone"]
    assert [figure.unit for figure in figures[-2:]] == ["µs"] * len(request_bodies())
