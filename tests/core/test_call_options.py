"""The options of `with_options`, and how views combine them."""

from __future__ import annotations

from datetime import date

import pytest
from support.clock import in_virtual_time, now
from support.memory import GET_ROW, LIST_ROWS, MemoryTransport, Row, answering, open_session, response

from zoomasync import ExtraFields, InvalidRow, Label, Plan, RetryPolicy, StaticToken, Zoom
from zoomasync._core.call_options import CallOptions
from zoomasync.errors import ConfigError, PerSecondLimitReached, ServerError
from zoomasync.testing import FakeZoom

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)
UUID = "m8Re/3nWTyrh2qUa+S1vZx=="
POLLS = "GET /report/meetings/{meetingId}/polls"
USERS = "GET /report/users"

ROW_1 = response(200, {"number": 1})
NO_ROWS = response(200, {"rows": []})


def test_options_combine() -> None:
    """Options that are not None replace those of the outer view, False and 0 included."""
    outer = CallOptions(timeout=1, retry=RetryPolicy(attempts=3), priority=True, max_wait=5)
    inner = CallOptions(timeout=2, priority=False, max_wait=0)

    assert outer.override(inner) == CallOptions(timeout=2, retry=RetryPolicy(attempts=3), priority=False, max_wait=0)
    assert outer.override(CallOptions()) == outer


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", 0),
        ("timeout", -1),
        ("timeout", float("nan")),
        ("timeout", float("inf")),
        ("max_wait", -1),
        ("max_wait", float("nan")),
        ("outage_wait", -1),
        ("outage_wait", float("nan")),
    ],
)
def test_invalid_options_raise(name: str, value: float) -> None:
    given = {name: value}

    with pytest.raises(ConfigError, match=f"^{name} must be a number of seconds"):
        Zoom(StaticToken("token")).with_options(
            timeout=given.get("timeout"), max_wait=given.get("max_wait"), outage_wait=given.get("outage_wait")
        )


@in_virtual_time
async def test_timeout_option_sets_requests() -> None:
    """Each request of the view has the timeout, retries included; other calls keep the default."""
    transport = MemoryTransport(answering(response(500), ROW_1))
    session = open_session(transport)

    await session.with_options(CallOptions(timeout=2.5)).send(GET_ROW.at("1"))
    await session.send(GET_ROW.at("1"))

    assert [request.timeout for request in transport.requests] == [2.5, 2.5, None]


@in_virtual_time
async def test_retry_option_replaces_policy() -> None:
    """The view uses its own retry policy; other calls keep that of the client."""
    transport = MemoryTransport(answering(response(500), response(500), ROW_1))
    session = open_session(transport)

    with pytest.raises(ServerError):
        await session.with_options(CallOptions(retry=RetryPolicy(attempts=1))).send(GET_ROW.at("1"))

    assert len(transport.requests) == 1
    assert await session.send(GET_ROW.at("1")) == Row(1)
    assert len(transport.requests) == 3


@in_virtual_time
async def test_max_wait_raises_before_send() -> None:
    """A call that would wait longer than max_wait raises at once; the error holds the expected wait."""
    transport = MemoryTransport(answering(NO_ROWS))
    session = open_session(transport, plan=Plan.FREE)
    view = session.with_options(CallOptions(max_wait=0.5))
    await view.send(LIST_ROWS.at())
    started = now()

    with pytest.raises(PerSecondLimitReached) as caught:
        await view.send(LIST_ROWS.at())

    assert now() - started < 0.1
    assert len(transport.requests) == 1
    assert caught.value.retry_after == pytest.approx(1, abs=0.1)
    await session.with_options(CallOptions(max_wait=2)).send(LIST_ROWS.at())
    assert len(transport.requests) == 2


@in_virtual_time
async def test_max_wait_ends_429_retry() -> None:
    """After a 429 with a Retry-After above max_wait, the call raises instead of waiting for its retry."""
    limited = response(429, {"code": 429, "message": "per-second"}, {"Retry-After": "5"})
    transport = MemoryTransport(answering(limited, NO_ROWS))
    started = now()

    with pytest.raises(PerSecondLimitReached) as caught:
        await open_session(transport).with_options(CallOptions(max_wait=1)).send(LIST_ROWS.at())

    assert now() - started < 0.1
    assert len(transport.requests) == 1
    assert caught.value.retry_after == pytest.approx(5, abs=0.1)


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
