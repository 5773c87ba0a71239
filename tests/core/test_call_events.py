"""The events of calls: their order, ids, attempts and waits, and who receives them."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import logging
from dataclasses import replace
from typing import cast

import anyio
import pytest
from support.clock import in_virtual_time
from support.events import into, lines
from support.memory import (
    CREATE_ROW,
    GET_ROW,
    LIST_ROWS,
    PUT_ROW,
    MemoryTransport,
    NumberedTokens,
    Row,
    RowPage,
    answering,
    open_session,
    response,
)
from support.profiles import counted_calls

from zoomasync import Label, Plan, RetryPolicy
from zoomasync._core.call_events import current_call
from zoomasync._core.call_options import CallOptions
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.pagination import paginate
from zoomasync._core.routes import route_of
from zoomasync._core.session import Session
from zoomasync.errors import (
    CircuitOpen,
    ConnectError,
    NotFound,
    OutcomeUnknown,
    PerSecondLimitReached,
    TransportError,
)
from zoomasync.events import (
    CallEnded,
    CallEvent,
    CallStarted,
    CircuitClosed,
    CircuitOpened,
    Event,
    LabelCorrected,
    RateAdjusted,
    RequestFailed,
    RequestSent,
    ResponseReceived,
    Retried,
    Waited,
)
from zoomasync.rate_limits import LocalRateLimiter
from zoomasync.testing.reference.operations import OPERATIONS
from zoomasync.types import Endpoint, InvalidRow, Paginator

ROW = response(200, {"number": 1})
LIMITED = response(
    429, {"code": 429, "message": "You have reached the maximum per-second rate limit."}, {"Retry-After": "5"}
)
EXPIRED = response(401, {"code": 124, "message": "Access token is expired."})
BUSY = response(503, {"code": 5010, "message": "canary 987654321"})
MISSING = response(404, {"code": 3001, "message": "Meeting does not exist: 987654321."})
UNCOUNTED = Plan(light=80, medium=60, heavy=40)
GET = "GET /rows/{rowId}"


def heard(session: Session) -> list[Event]:
    """Return the list to which the events of *session* are added."""
    events = list[Event]()
    session.events.subscribe(events.append)
    return events


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


@in_virtual_time
async def test_call_alone() -> None:
    session = open_session(MemoryTransport(answering(ROW)), plan=replace(Plan.PRO, light_per_day=6000))
    events = heard(session)

    await session.send(GET_ROW.at("987654321"))

    started, sent, received, ended = events
    assert isinstance(started, CallStarted)
    assert (started.route, started.label, started.attempt, started.is_download) == (GET, Label.LIGHT, 1, False)
    assert isinstance(sent, RequestSent)
    assert (sent.host, sent.port, sent.is_probe, sent.remaining) == ("api.zoom.test", 443, False, 5999)
    assert isinstance(received, ResponseReceived)
    assert received.status == 200
    assert isinstance(ended, CallEnded)
    assert (ended.error, ended.error_type) == (None, None)
    assert {event.call_id for event in events} == {started.call_id}
    assert lines(events) == [
        f"1 {GET}: started",
        f"1 {GET}: sent; 5999 left of the daily quota",
        f"1 {GET}: response 200 after 0.000 s",
        f"1 {GET}: done after 0.000 s",
    ]


@in_virtual_time
async def test_retries_and_waits() -> None:
    """Each request is an attempt: after an error, a 429 and a rejected token. Waits have their reasons and seconds."""
    transport = MemoryTransport(answering(BUSY, LIMITED, EXPIRED, ROW))
    session = open_session(transport, credentials=NumberedTokens(), retry=RetryPolicy(random=lambda: 1.0))
    events = heard(session)

    await session.send(GET_ROW.at("1"))

    assert lines(events) == [
        f"1 {GET}: started",
        f"1 {GET}: waited 1.000 s for an access token",
        f"1 {GET}: sent",
        f"1 {GET}: response 503 after 0.000 s",
        f"1 {GET}: will be sent again in 1.000 s: ServerError (status 503, Zoom code 5010)",
        f"2 {GET}: waited 1.000 s before the next attempt",
        f"2 {GET}: sent",
        f"2 {GET}: response 429 after 0.000 s",
        f"2 {GET}: will be sent again in 0.000 s: PerSecondLimitReached (status 429, Zoom code 429)",
        f"3 {GET}: waited 5.000 s for the rate limit",
        f"3 {GET}: sent",
        f"3 {GET}: response 401 after 0.000 s",
        f"3 {GET}: waited 1.000 s for an access token",
        f"3 {GET}: will be sent again in 0.000 s: Unauthorized (status 401, Zoom code 124)",
        f"4 {GET}: sent",
        f"4 {GET}: response 200 after 0.000 s",
        f"4 {GET}: done after 8.000 s",
    ]


@in_virtual_time
async def test_slow_listener() -> None:
    """The time of a listener is part of the call, but no wait of it, and no time of a response."""
    session, times = open_session(MemoryTransport(answering(ROW))), itertools.count(10.0, 10.0)

    def on_event(event: Event) -> None:
        events.append(event)
        now[0] = next(times)

    events, now = list[Event](), [0.0]
    session.events.clock = lambda: now[0]
    session.events.subscribe(on_event)
    await session.send(GET_ROW.at("1"))

    assert lines(events) == [
        f"1 {GET}: started",
        f"1 {GET}: sent",
        f"1 {GET}: response 200 after 0.000 s",
        f"1 {GET}: done after 30.000 s",
    ]


@in_virtual_time
async def test_lost_write() -> None:
    transport = MemoryTransport(answering(TransportError("POST /rows", "the connection was lost")))
    session = open_session(transport)
    events = heard(session)

    with pytest.raises(OutcomeUnknown) as caught:
        await session.send(CREATE_ROW.at())

    failed, ended = events[-2:]
    assert isinstance(failed, RequestFailed)
    assert (failed.error, failed.error_type) == (caught.value.cause, "TransportError")
    assert isinstance(ended, CallEnded)
    assert (ended.error, ended.error_type) == (caught.value, "OutcomeUnknown")
    assert lines(events)[-2:] == [
        "1 POST /rows: no response after 0.000 s: TransportError (the connection was lost)",
        "1 POST /rows: failed after 0.000 s: OutcomeUnknown after TransportError (the connection was lost)",
    ]


@in_virtual_time
async def test_rejected_call() -> None:
    """The text of an event has the status and code of an error, and not the text of Zoom, which may name ids."""
    session = open_session(MemoryTransport(answering(MISSING)))
    events = heard(session)

    with pytest.raises(NotFound) as caught:
        await session.send(GET_ROW.at("987654321"))

    assert cast("CallEnded", events[-1]).error is caught.value
    assert lines(events)[-1] == f"1 {GET}: failed after 0.000 s: NotFound (status 404, Zoom code 3001)"
    assert "987654321" in str(caught.value)
    assert "987654321" not in f"{lines(events)} {events}"


@in_virtual_time
async def test_failure_before_request() -> None:
    """A call that is not sent ends without a request."""
    session = open_session(MemoryTransport(answering(ROW)), plan=Plan(light=1, medium=1, heavy=1))
    await session.send(GET_ROW.at("1"))
    events = heard(session)

    with pytest.raises(PerSecondLimitReached):
        await session.with_options(CallOptions(max_wait=0.5)).send(GET_ROW.at("1"))

    assert kinds(events) == ["CallStarted", "CallEnded"]
    assert cast("CallEnded", events[-1]).error_type == "PerSecondLimitReached"


@pytest.mark.parametrize(
    ("cancelled_after", "expected"),
    [
        (0.5, ["CallStarted", "CallEnded"]),
        (1.5, ["CallStarted", "Waited", "RequestSent", "RequestFailed", "CallEnded"]),
    ],
)
@in_virtual_time
async def test_cancelled_call(cancelled_after: float, expected: list[str]) -> None:
    """A call that is cancelled while it waits for a token, or for its response, ends with CancelledError."""

    async def app(_: HttpRequest) -> HttpResponse:
        await anyio.sleep(10)
        return ROW

    session = open_session(MemoryTransport(app), credentials=NumberedTokens())
    events = heard(session)
    with anyio.move_on_after(cancelled_after):
        await session.send(GET_ROW.at("1"))

    assert kinds(events) == expected
    ended = cast("CallEnded", events[-1])
    assert (ended.error, ended.error_type) == (None, "CancelledError")
    assert ended.seconds == pytest.approx(cancelled_after, abs=0.01)
    if isinstance(failed := events[-2], RequestFailed):
        assert (failed.error, failed.error_type) == (None, "CancelledError")


@in_virtual_time
async def test_error_of_others_is_named_only() -> None:
    """The text of an exception that is not of this package may hold anything."""
    session = open_session(MemoryTransport(answering(RuntimeError("canary"))))
    events = heard(session)

    with pytest.raises(RuntimeError):
        await session.send(GET_ROW.at("1"))

    ended = cast("CallEnded", events[-1])
    assert (ended.error, ended.error_type) == (None, "RuntimeError")
    assert "canary" not in f"{lines(events)} {events}"


@in_virtual_time
async def test_outage() -> None:
    """During an outage, the probes count as attempts, and the other calls report one wait."""
    down = True

    async def app(_: HttpRequest) -> HttpResponse:
        return BUSY if down else ROW

    session = open_session(MemoryTransport(app), retry=RetryPolicy(attempts=1))
    events = list[Event]()
    await asyncio.gather(*(session.send(GET_ROW.at("1")) for _ in range(10)), return_exceptions=True)
    patient = session.with_options(CallOptions(outage_wait=60, retry=RetryPolicy()))
    session.events.subscribe(events.append)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(patient.send, GET_ROW.at("1"))
        tasks.start_soon(patient.send, GET_ROW.at("1"))
        await anyio.sleep(5)
        down = False

    first, second = sorted({event.call_id for event in events if event.call_id is not None})
    probes = [event for event in events if isinstance(event, RequestSent) and event.is_probe]
    assert {event.call_id for event in probes} == {first}
    assert [event.attempt for event in probes] == list(range(1, len(probes) + 1))
    assert len(probes) > 3
    (wait,) = [event for event in events if isinstance(event, Waited) and event.call_id == second]
    assert wait.reason == "outage"
    assert wait.seconds == pytest.approx(5, abs=1)
    (closed,) = [event for event in events if isinstance(event, CircuitClosed)]
    assert (closed.call_id, closed.attempt) == (first, len(probes))
    assert str(probes[0]) == f"{GET}: sent as the probe of an outage"


@in_virtual_time
async def test_circuit_opened() -> None:
    """The circuit names the call whose failure opened it, and the cause without Zoom's text."""
    session = open_session(MemoryTransport(answering(BUSY)), retry=RetryPolicy(attempts=1))
    events = list[Event]()
    session.events.subscribe(into(events))
    await asyncio.gather(*(session.send(GET_ROW.at("1")) for _ in range(10)), return_exceptions=True)
    with pytest.raises(CircuitOpen):
        await session.with_options(CallOptions(outage_wait=0)).send(GET_ROW.at("1"))

    (opened,) = events
    assert isinstance(opened, CircuitOpened)
    assert opened.call_id is not None
    assert opened.attempt == 1
    assert str(opened).endswith("The last failure: ServerError (status 503, Zoom code 5010)")


@in_virtual_time
async def test_wait_for_other_write() -> None:
    """After Zoom has rejected simultaneous writes, the next write waits for the one before."""
    concurrent = response(429, {"code": 429, "message": "Too many concurrent requests. Try again later."})
    answers = iter([concurrent, *[response(204)] * 3])

    async def app(_: HttpRequest) -> HttpResponse:
        await anyio.sleep(0.5)
        return next(answers)

    session = open_session(MemoryTransport(app))
    await session.send(PUT_ROW.at("1"))
    events = heard(session)

    await asyncio.gather(session.send(PUT_ROW.at("1")), session.send(PUT_ROW.at("1")))

    (wait,) = [event for event in events if isinstance(event, Waited)]
    assert wait.reason == "write"
    assert str(wait) == "PUT /rows/{rowId}: waited 0.500 s for another write on the same resource"


@in_virtual_time
async def test_pages_and_invalid_rows() -> None:
    """A page is reported in its call, with the rows that were left out, and no value of a row."""
    first = response(200, {"rows": [{"number": 1}, {"number": "canary"}, {}], "next_page_token": "canary"})
    last = response(200, {"rows": [{"number": 2}]})
    session, rows = open_session(MemoryTransport(answering(first, last)), plan=UNCOUNTED), list[InvalidRow]()
    events = heard(session)

    view = session.with_options(CallOptions(on_invalid_row=rows.append))
    listing: Paginator[RowPage, Row] = paginate(view, LIST_ROWS.at())

    assert await listing.collect() == [Row(1), Row(2)]
    assert len(rows) == 2
    assert [line for line in lines(events) if "response" not in line] == [
        "1 GET /rows: started",
        "1 GET /rows: sent",
        "1 GET /rows: row 1 is invalid: Expected `int`, got `str` at $.rows[1].number",
        "1 GET /rows: row 2 is invalid: Object missing required field `number` at $.rows[2]",
        "1 GET /rows: page of 1 rows, 2 invalid",
        "1 GET /rows: done after 0.000 s",
        "1 GET /rows: started",
        "1 GET /rows: sent",
        "1 GET /rows: page of 1 rows",
        "1 GET /rows: done after 0.000 s",
    ]
    assert len({event.call_id for event in events}) == 2
    assert "canary" not in f"{lines(events)} {events}"


@pytest.mark.parametrize(
    ("error", "remaining"),
    [(ConnectError(GET, "cannot connect"), [9, 9]), (TransportError(GET, "the connection was lost"), [9, 8])],
)
@in_virtual_time
async def test_failed_request_is_retried(error: TransportError, remaining: list[int]) -> None:
    """A request without a response is an attempt. Only one that was not sent is not counted in the daily quota."""
    session = open_session(MemoryTransport(answering(error, ROW)), plan=replace(Plan.PRO, light_per_day=10))
    events = heard(session)

    await session.send(GET_ROW.at("1"))

    assert [(event.attempt, type(event).__name__) for event in events] == [
        (1, "CallStarted"),
        (1, "RequestSent"),
        (1, "RequestFailed"),
        (1, "Retried"),
        (2, "RequestSent"),
        (2, "ResponseReceived"),
        (2, "CallEnded"),
    ]
    assert [event.remaining for event in events if isinstance(event, RequestSent)] == remaining


@in_virtual_time
async def test_calls_at_once_have_own_ids() -> None:
    """The events of each of many calls at a time are in order, and belong to one id."""
    session = open_session(MemoryTransport(answering(BUSY, LIMITED, ROW, BUSY, ROW)))
    events = heard(session)

    await asyncio.gather(*(session.send(GET_ROW.at(number)) for number in range(50)))

    by_call: dict[int, list[CallEvent]] = {}
    for event in events:
        if isinstance(event, CallEvent):
            by_call.setdefault(event.call_id, []).append(event)
    assert len(by_call) == 50
    for call in by_call.values():
        sent = [event.attempt for event in call if isinstance(event, RequestSent)]
        received = [event.attempt for event in call if isinstance(event, ResponseReceived)]
        assert sent == received == list(range(1, len(sent) + 1))
        assert (type(call[0]), type(call[-1])) == (CallStarted, CallEnded)
        assert sum(isinstance(event, Retried) for event in call) == len(sent) - 1


@in_virtual_time
async def test_client_events_have_call_id() -> None:
    """A corrected label, and a lowered rate, name the call that caused them."""
    limiter = LocalRateLimiter(Plan.PRO, clock=asyncio.get_running_loop().time)
    heavy = response(200, {"number": 1}, {"X-RateLimit-Category": "Heavy"})
    session = open_session(MemoryTransport(answering(LIMITED, LIMITED, LIMITED, heavy)), rate_limiter=limiter)
    events = heard(session)
    limiter.subscribe(session.events.publish)

    await session.send(GET_ROW.at("1"))

    (adjusted,) = [event for event in events if isinstance(event, RateAdjusted)]
    (corrected,) = [event for event in events if isinstance(event, LabelCorrected)]
    assert adjusted == RateAdjusted(Label.LIGHT, 22.5, 30)
    assert (adjusted.call_id, adjusted.attempt) == (events[0].call_id, 3)
    assert (corrected.call_id, corrected.attempt) == (events[0].call_id, 4)
    assert cast("CallEnded", events[-1]).label is Label.LIGHT  # its permit was of this label


@in_virtual_time
async def test_corrected_label_of_waiting_call() -> None:
    """A call that waits while its label is corrected reports the new one from then on."""

    async def app(_: HttpRequest) -> HttpResponse:
        await anyio.sleep(1)
        return response(200, {"number": 1}, {"X-RateLimit-Category": "Heavy"})

    session = open_session(MemoryTransport(app), plan=Plan(light=0.1, medium=1, heavy=2))
    events = heard(session)
    await asyncio.gather(session.send(GET_ROW.at("1")), session.send(GET_ROW.at("2")))

    reported = [event for event in events if isinstance(event, CallStarted | RequestSent | Waited)]
    labels = [(type(event).__name__, event.label) for event in reported]
    assert labels == [
        ("CallStarted", Label.LIGHT),
        ("CallStarted", Label.LIGHT),
        ("RequestSent", Label.LIGHT),
        ("Waited", Label.HEAVY),
        ("RequestSent", Label.HEAVY),
    ]


@in_virtual_time
async def test_current_call_ends_with_call() -> None:
    """The context of the caller names a call only while it runs, and only if somebody listens."""
    seen = list[object]()

    async def app(_: HttpRequest) -> HttpResponse:
        seen.append(current_call.get())
        return ROW

    session = open_session(MemoryTransport(app))
    await session.send(GET_ROW.at("1"))
    assert seen == [None]
    events = heard(session)
    await session.send(GET_ROW.at("1"))

    assert getattr(seen[1], "call_id", None) == events[0].call_id
    assert current_call.get() is None


def test_call_that_ends_elsewhere() -> None:
    """A call whose loop was closed in the middle of it ends where it is collected, without an exception."""
    events = list[Event]()
    sent = asyncio.Event()

    async def app(_: HttpRequest) -> HttpResponse:
        if sent.is_set():
            await asyncio.Event().wait()
        return ROW

    async def main() -> None:
        session = open_session(MemoryTransport(app))
        await session.send(GET_ROW.at("1"))
        sent.set()
        session.events.subscribe(events.append)
        call = session.send(GET_ROW.at("1"))
        context = contextvars.copy_context()
        while "RequestSent" not in kinds(events):
            context.run(call.send, None)
        call.close()

    asyncio.run(main())

    without_waits = [kind for kind in kinds(events) if kind != "Waited"]  # a busy machine may add one
    assert without_waits == ["CallStarted", "RequestSent", "RequestFailed", "CallEnded"]
    assert cast("CallEnded", events[-1]).error_type == "GeneratorExit"


@in_virtual_time
async def test_listener_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """An exception of one listener is logged once; the call and the other listeners continue."""

    def fail(event: Event) -> None:
        raise ValueError(type(event).__name__)

    session, events = open_session(MemoryTransport(answering(ROW))), list[Event]()
    session.events.subscribe(fail, events.append)

    await session.send(GET_ROW.at("1"))

    assert kinds(events) == ["CallStarted", "RequestSent", "ResponseReceived", "CallEnded"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "ValueError: CallStarted" in caplog.text


@in_virtual_time
async def test_log_without_listener(caplog: pytest.LogCaptureFixture) -> None:
    """At level DEBUG, every event is one line of a logger of its part; above it, there is none."""
    heavy = response(200, {"number": 1}, {"X-RateLimit-Category": "Heavy"})
    session = open_session(MemoryTransport(answering(heavy)))
    caplog.set_level(logging.INFO)
    await session.send(GET_ROW.at("987654321"))
    assert caplog.records == []

    caplog.set_level(logging.DEBUG, "zoomasync")
    session = open_session(MemoryTransport(answering(heavy)))
    await session.send(GET_ROW.at("987654321"))

    logged = [(record.name, record.levelname, record.getMessage()) for record in caplog.records]
    prefix = logged[0][2].partition(": ")[0]
    assert prefix.startswith("call ")
    assert logged == [
        ("zoomasync.calls", "DEBUG", f"{prefix}: {GET}: started"),
        ("zoomasync.calls", "DEBUG", f"{prefix}: {GET}: sent"),
        ("zoomasync.calls", "DEBUG", f"{prefix}: {GET}: response 200 after 0.000 s"),
        (
            *("zoomasync.rate_limits", "DEBUG"),
            f"{prefix}: {GET}: counted as heavy from now on: Zoom names this label instead of light",
        ),
        ("zoomasync.calls", "DEBUG", f"{prefix}: {GET}: done after 0.000 s"),
    ]


@pytest.mark.parametrize(
    ("route", "shown"),
    [
        ("GET /meetings/987654321", "GET /meetings/{}"),
        ("GET /users/ada%40example.com/settings", "GET /users/{}/settings"),
        ("GET /past_meetings/4444AAAiAAAAAiAiAiiAii==/{x}", "GET /past_meetings/{}/{x}"),
        ("GET /users/KDcuGIm1QgePTO8WbOqwIQ", "GET /users/{}"),
    ],
)
@in_virtual_time
async def test_ids_in_routes_are_hidden(route: str, shown: str) -> None:
    """Ids that a caller has written into the path are in no event."""
    heavy = response(200, {}, {"X-RateLimit-Category": "Heavy"})
    session = open_session(MemoryTransport(answering(heavy)))
    events = heard(session)

    endpoint = Endpoint(route=route, label=Label.LIGHT, response=object)
    await session.send(endpoint.at(*["x"] * route.count("{")))

    assert {event.route for event in events if isinstance(event, CallEvent | LabelCorrected)} == {shown}


def test_routes_of_zoom_are_shown() -> None:
    routes = {operation.route for operation in OPERATIONS.values()}
    assert len(routes) > 100
    assert {route for route in routes if route_of(route).name != route} == set()


@in_virtual_time
async def test_cost_without_listener() -> None:
    """A call that nobody listens to makes few function calls for its events, and creates none."""
    session = open_session(MemoryTransport(answering(ROW)))
    call = GET_ROW.at("1")
    await session.send(call)

    with counted_calls() as counts:
        await session.send(call)

    parts = ("zoomasync._core.call_events", "zoomasync.events", "logging")
    assert {name: number for name, number in counts.items() if name.startswith(parts)} == {
        "zoomasync._core.call_events.EventPublisher.call": 1,
        "logging.Logger.isEnabledFor": 1,
        "zoomasync._core.call_events.NoEvents.__enter__": 1,
        "zoomasync._core.call_events.NoEvents.__exit__": 1,
        "zoomasync._core.call_events.NoEvents.reporting": 1,
        "zoomasync._core.call_events.NoEvents.waited": 4,
        "zoomasync._core.call_events.NoEvents.request_sent": 1,
        "zoomasync._core.call_events.NoEvents.response_received": 1,
        "zoomasync._core.call_events.NoEvents.decoded": 1,
    }
    assert "zoomasync._core.session.Session.send" in counts
