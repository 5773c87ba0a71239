"""The options of `with_options`, and how views combine them."""

from __future__ import annotations

from datetime import date

from zoomasync import ExtraFields, InvalidRow, Label, Zoom
from zoomasync.testing import FakeZoom

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)
UUID = "m8Re/3nWTyrh2qUa+S1vZx=="
POLLS = "GET /report/meetings/{meetingId}/polls"
USERS = "GET /report/users"


async def test_view_keeps_unset_options(zoom: Zoom, fake: FakeZoom) -> None:
    """A view of a view keeps the options that it does not set."""
    first: list[object] = []
    second: list[object] = []
    outer = zoom.with_options(priority=True, on_invalid_row=first.append, on_extra_fields=first.append)

    for view in outer.with_options(on_invalid_row=second.append), outer.with_options():
        fake.respond(POLLS, status=200, body={"questions": [{"new": 1}, 7]})
        await view.reports.meeting_polls(UUID)

    assert [type(passed) for passed in first] == [ExtraFields, InvalidRow, ExtraFields]
    assert [type(passed) for passed in second] == [InvalidRow]


async def test_untyped_call_skips_callbacks(zoom: Zoom, fake: FakeZoom) -> None:
    fake.respond(USERS, status=200, body={"users": [{"new": 1}]})
    passed: list[object] = []

    view = zoom.with_options(on_invalid_row=passed.append, on_extra_fields=passed.append)
    response = await view.request("GET", "/report/users", label=Label.HEAVY)

    assert (response, passed) == ({"users": [{"new": 1}]}, [])
