"""The spans of calls, pages, downloads and requests, by the real SDK of OpenTelemetry."""

from __future__ import annotations

import asyncio
import contextvars
import gc
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, asynccontextmanager

import anyio
import pytest
from aiohttp import ClientSession, TraceConfig, web
from msgspec.structs import replace
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor, create_trace_config
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import INVALID_SPAN, SpanKind, StatusCode, get_current_span
from support.canary_server import CANARIES, call_everything, canary_client
from support.files import PATH, TAGGED, FileServer, Response, always, cut
from support.memory import GET_ROW, MemoryTransport, open_session, response
from support.server import serving, talking
from support.telemetry import Telemetry, id_of, parent_of

from zoomasync import Label, RetryPolicy, StaticToken, Zoom, fan_out
from zoomasync.errors import NotFound
from zoomasync.events import Event, ResponseReceived
from zoomasync.integrations.opentelemetry import OpenTelemetry
from zoomasync.testing import Account, FakeZoom
from zoomasync.types import HttpRequest, HttpResponse, ResponseInfo

CALL, REQUEST = "Zoom GET /users/{userId}", "GET /users/{userId}"
PAGE = "Zoom GET /users"
QUICK = RetryPolicy(base=0.001)


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
async def fake() -> AsyncGenerator[FakeZoom, None]:
    """Serve an account of five users, two on a page."""
    account = Account()
    for _ in range(5):
        account.add_host()
    async with FakeZoom(account, plan=None, page_size_cap=2) as server:
        yield server


@pytest.fixture
async def zoom(fake: FakeZoom, telemetry: Telemetry) -> AsyncGenerator[Zoom, None]:
    """Yield a client of `fake` that has its token, and whose calls `telemetry` records."""
    async with fake.client(on_event=telemetry.listener, retry=QUICK) as client:
        await client.scopes()
        yield client


def failure_of(span: ReadableSpan) -> tuple[object, StatusCode, str | None]:
    return (span.attributes or {}).get("error.type"), span.status.status_code, span.status.description


def attributes_of(span: ReadableSpan) -> dict[str, object]:
    """Return the attributes of *span* without its waits, since a busy machine makes each call wait."""
    return {name: value for name, value in (span.attributes or {}).items() if not name.startswith("zoomasync.wait.")}


async def test_call_and_request(zoom: Zoom, fake: FakeZoom, telemetry: Telemetry) -> None:
    host = fake.account.hosts[0]

    await zoom.users.get(host.id)

    request, call = telemetry.spans
    port = int(fake.base_url.split(":")[2].split("/")[0])
    assert (call.name, call.kind, call.parent) == (CALL, SpanKind.INTERNAL, None)
    assert attributes_of(call) == {
        "http.request.method": "GET",
        "url.template": "/users/{userId}",
        "zoomasync.label": "light",
    }
    assert (request.name, request.kind, parent_of(request)) == (REQUEST, SpanKind.CLIENT, id_of(call))
    assert attributes_of(request) == {
        "http.request.method": "GET",
        "url.template": "/users/{userId}",
        "server.address": "127.0.0.1",
        "server.port": port,
        "http.response.status_code": 200,
    }
    assert failure_of(call) == failure_of(request) == (None, StatusCode.UNSET, None)
    assert get_current_span() is INVALID_SPAN


async def test_retries_are_requests(zoom: Zoom, fake: FakeZoom, telemetry: Telemetry) -> None:
    """A retried call has not failed; each of its requests has its own result, and counts from the second one on."""
    fake.respond("users.get", status=503, body={"code": 503, "message": "Busy."})
    fake.drop_connection("users.get", on_request=2)

    await zoom.users.get(fake.account.hosts[0].id)

    *requests, call = telemetry.spans
    assert failure_of(call) == (None, StatusCode.UNSET, None)
    assert [parent_of(request) for request in requests] == [id_of(call)] * 3
    results = [
        ((request.attributes or {}).get("http.request.resend_count"), failure_of(request)[:2]) for request in requests
    ]
    assert results == [
        (None, ("503", StatusCode.ERROR)),
        (1, ("TransportError", StatusCode.ERROR)),
        (2, (None, StatusCode.UNSET)),
    ]


async def test_failed_call(zoom: Zoom, telemetry: Telemetry) -> None:
    """The description of a failure is that of the event, without Zoom's text, and no exception is recorded."""
    with pytest.raises(NotFound):
        await zoom.users.get("nobody@example.com")

    request, call = telemetry.spans
    assert failure_of(request) == ("404", StatusCode.ERROR, None)
    error_type, status, description = failure_of(call)
    assert (error_type, status) == ("NotFound", StatusCode.ERROR)
    assert str(description).endswith("NotFound (status 404, Zoom code 1001)")
    assert [*request.events, *call.events] == []


async def test_cancelled_call(telemetry: Telemetry) -> None:
    """A cancelled call ends its spans, and the caller's span is current again."""
    never = asyncio.Event()

    async def app(_: web.BaseRequest) -> web.Response:
        await never.wait()
        return web.Response()

    async with serving(app) as url, Zoom(StaticToken("t"), base_url=url, on_event=telemetry.listener) as zoom:
        with telemetry.tracer.start_as_current_span("application") as own:
            with anyio.move_on_after(0.1):
                await zoom.request("GET", "/x", label=Label.LIGHT)
            assert get_current_span() is own
        never.set()

    request, call, _ = telemetry.spans
    assert [failure_of(span)[:2] for span in (request, call)] == [("CancelledError", StatusCode.ERROR)] * 2


async def test_span_per_page(zoom: Zoom, telemetry: Telemetry) -> None:
    """Each page has a span below the caller's, and none is current while the caller handles a page."""
    with telemetry.tracer.start_as_current_span("application") as own:
        async for _ in zoom.users.list().pages():
            assert get_current_span() is own

    pages = telemetry.named(PAGE)
    assert {parent_of(page) for page in pages} == {own.get_span_context().span_id}
    assert [(page.attributes or {})["zoomasync.rows"] for page in pages] == [2, 2, 1]


async def test_abandoned_listing(zoom: Zoom, telemetry: Telemetry, caplog: pytest.LogCaptureFixture) -> None:
    """A listing that is left at a row, and collected later, leaves no span open and none current."""
    with telemetry.tracer.start_as_current_span("application") as own:
        async for _ in zoom.users.list():
            break
        gc.collect()
        await asyncio.sleep(0)
        assert get_current_span() is own
    assert get_current_span() is INVALID_SPAN
    assert len(telemetry.named(PAGE)) == 1
    assert caplog.text == ""


async def test_page_cancelled_under_way(zoom: Zoom, telemetry: Telemetry, caplog: pytest.LogCaptureFixture) -> None:
    """A task that is cancelled while it reads a page ends the span of that page in its own context."""
    started = asyncio.Event()

    async def read() -> None:
        async with aclosing(zoom.users.list().pages()) as pages:
            await anext(pages)
            started.set()
            await anext(pages)

    reading = asyncio.create_task(read())
    await started.wait()
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])

    assert reading.cancelled()
    first, second = telemetry.named(PAGE)
    assert [failure_of(page)[0] for page in (first, second)] == [None, "CancelledError"]
    assert caplog.text == ""


async def test_call_ends_in_other_context(telemetry: Telemetry, caplog: pytest.LogCaptureFixture) -> None:
    """A call that is abandoned, and collected in another context, ends its span and changes no current span there."""

    async def app(_: HttpRequest) -> HttpResponse:
        await asyncio.Event().wait()
        return response(200)

    session = open_session(MemoryTransport(app))
    session.events.subscribe(telemetry.listener)
    call = session.send(GET_ROW.at("1"))
    contextvars.copy_context().run(call.send, None)
    with telemetry.tracer.start_as_current_span("application") as own:
        call.close()
        assert get_current_span() is own

    assert failure_of(telemetry.named("Zoom GET /rows/{rowId}")[0])[0] == "GeneratorExit"
    assert caplog.text == ""


async def test_two_listeners(telemetry: Telemetry, fake: FakeZoom) -> None:
    """The spans of two listeners end in the opposite order, so that neither is current behind the call."""
    other = Telemetry()
    async with fake.client(on_event=[telemetry.listener, other.listener], retry=QUICK) as zoom:
        await zoom.users.get(fake.account.hosts[0].id)
        assert get_current_span() is INVALID_SPAN
    async with (
        talking(FileServer([TAGGED]).talk) as url,
        Zoom(StaticToken("t"), base_url=url, on_event=[telemetry.listener, other.listener]) as zoom,
        zoom.recordings.stream(url + PATH) as chunks,
    ):
        async for _ in chunks:
            assert get_current_span() is INVALID_SPAN

    assert len(telemetry.spans) == len(other.spans) == 4


async def test_calls_at_once(zoom: Zoom, fake: FakeZoom, telemetry: Telemetry) -> None:
    """Each of many calls at a time is below the span of its own worker, and above its own request."""
    own: dict[str, int] = {}

    async def get(user_id: str) -> None:
        with telemetry.tracer.start_as_current_span(f"worker {user_id}") as span:
            own[user_id] = span.get_span_context().span_id
            await zoom.users.get(user_id)
            assert get_current_span() is span

    await fan_out(get, [host.id for host in fake.account.hosts] * 4, workers=5).collect()

    calls = telemetry.named(CALL)
    workers = [span for span in telemetry.spans if span.name.startswith("worker")]
    requests = telemetry.of_kind(SpanKind.CLIENT)
    assert sorted(parent_of(call) or 0 for call in calls) == sorted(map(id_of, workers))
    assert sorted(parent_of(request) or 0 for request in requests) == sorted(map(id_of, calls))
    assert len(calls) == 20


async def test_callbacks_are_in_call(zoom: Zoom, fake: FakeZoom, telemetry: Telemetry) -> None:
    """A span of the caller's callback is below that of the call."""

    def on_response(_: ResponseInfo) -> None:
        telemetry.tracer.start_span("callback").end()

    await zoom.with_options(on_response=on_response).users.get(fake.account.hosts[0].id)

    (callback,), (call,) = telemetry.named("callback"), telemetry.named(CALL)
    assert parent_of(callback) == id_of(call)


@asynccontextmanager
async def file_client(telemetry: Telemetry, *responses: Response) -> AsyncGenerator[tuple[Zoom, str], None]:
    """Yield a client whose calls *telemetry* records, and the URL of a file."""
    async with (
        talking(FileServer([*responses]).talk) as url,
        Zoom(StaticToken("t"), base_url=url, on_event=telemetry.listener, retry=QUICK) as zoom,
    ):
        yield zoom, url + PATH


async def test_download(telemetry: Telemetry) -> None:
    """A download has one span, which is never current while the caller handles a part; a redirect is a request."""
    redirect = always(302, Location=f"{PATH}/2")
    async with file_client(telemetry, redirect, cut(TAGGED, 150_000), TAGGED) as (zoom, url):
        with telemetry.tracer.start_as_current_span("application") as own:
            async with zoom.recordings.stream(url) as chunks:
                assert get_current_span() is own
                async for _ in chunks:
                    assert get_current_span() is own

    *requests, download, _ = telemetry.spans
    assert (download.name, download.kind) == ("Zoom GET download_url", SpanKind.INTERNAL)
    assert (download.attributes or {})["http.request.method"] == "GET"
    assert parent_of(download) == own.get_span_context().span_id
    assert [(request.name, parent_of(request)) for request in requests] == [("GET", id_of(download))] * 3
    attributes = [dict(request.attributes or {}) for request in requests]
    assert {(each["server.address"], each["http.request.method"]) for each in attributes} == {("127.0.0.1", "GET")}
    assert [(each.get("http.request.resend_count"), each["http.response.status_code"]) for each in attributes] == [
        (None, 302),
        (1, 200),
        (2, 206),
    ]
    assert failure_of(download) == (None, StatusCode.UNSET, None)


async def test_download_left_early(telemetry: Telemetry) -> None:
    async with file_client(telemetry, TAGGED) as (zoom, url), zoom.recordings.stream(url) as chunks:
        await anext(aiter(chunks))
        assert get_current_span() is INVALID_SPAN

    assert [(span.name, failure_of(span)[0]) for span in telemetry.spans] == [
        ("GET", None),
        ("Zoom GET download_url", None),
    ]


@pytest.fixture
def instrumentor(telemetry: Telemetry) -> Iterator[AioHttpClientInstrumentor]:
    """Instrument all sessions of aiohttp that are made from now on."""
    instrumentor = AioHttpClientInstrumentor()
    instrumentor.instrument(tracer_provider=telemetry.tracer_provider)
    yield instrumentor
    instrumentor.uninstrument()


def requests_of(telemetry: Telemetry) -> list[tuple[str, str, bool]]:
    """Return the library and name of each CLIENT span, and whether it is below a call."""
    calls = {id_of(span) for span in telemetry.of_kind(SpanKind.INTERNAL)}
    return [
        (span.instrumentation_scope.name.rpartition(".")[2], span.name, parent_of(span) in calls)
        for span in telemetry.of_kind(SpanKind.CLIENT)
        if span.instrumentation_scope is not None
    ]


@pytest.mark.usefixtures("instrumentor")
async def test_instrumented_aiohttp(telemetry: Telemetry, fake: FakeZoom) -> None:
    """The spans of aiohttp's instrumentation take the place of ours, below the span of the call."""
    async with fake.client(on_event=telemetry.listener, retry=QUICK) as zoom:
        await zoom.scopes()
        fake.respond("users.get", status=503, body={"code": 503, "message": "Busy."})
        await zoom.users.get(fake.account.hosts[0].id)

    assert requests_of(telemetry) == [("aiohttp_client", "POST", False), *[("aiohttp_client", "GET", True)] * 2]


@pytest.mark.usefixtures("instrumentor")
async def test_instrumented_download(telemetry: Telemetry) -> None:
    responses = cut(TAGGED, 150_000), TAGGED
    async with file_client(telemetry, *responses) as (zoom, url), zoom.recordings.stream(url) as chunks:
        async for _ in chunks:
            assert get_current_span() is INVALID_SPAN

    assert requests_of(telemetry) == [("aiohttp_client", "GET", True)] * 2


@pytest.mark.usefixtures("instrumentor")
async def test_instrumented_token_request(telemetry: Telemetry, fake: FakeZoom) -> None:
    """The request for an access token is below the call that needs the token."""
    async with fake.client(on_event=telemetry.listener) as zoom:
        await zoom.users.get(fake.account.hosts[0].id)

    assert requests_of(telemetry) == [("aiohttp_client", "POST", True), ("aiohttp_client", "GET", True)]


async def test_session_made_before_instrumentor(telemetry: Telemetry, fake: FakeZoom) -> None:
    """Whether aiohttp records a request depends on the session in use, and not on the instrumentor."""
    async with ClientSession() as plain:
        AioHttpClientInstrumentor().instrument(tracer_provider=telemetry.tracer_provider)
        try:
            async with (
                ClientSession() as released,
                fake.client(on_event=telemetry.listener, http_session=plain) as zoom,
                fake.client(on_event=telemetry.listener, http_session=released) as other,
            ):
                AioHttpClientInstrumentor.uninstrument_session(released)
                await zoom.users.get(fake.account.hosts[0].id)
                await other.users.get(fake.account.hosts[0].id)
        finally:
            AioHttpClientInstrumentor().uninstrument()

    assert requests_of(telemetry) == [("zoomasync", REQUEST, True)] * 2


async def test_given_trace_config(telemetry: Telemetry, fake: FakeZoom) -> None:
    """A session that its owner has instrumented is recognized, and one with another configuration is not."""

    async def on_request_start(*_: object) -> None:
        started.append(None)

    config, own, started = create_trace_config(tracer_provider=telemetry.tracer_provider), TraceConfig(), list[None]()
    own.on_request_start.append(on_request_start)
    async with (
        ClientSession(trace_configs=[own, config]) as instrumented,
        ClientSession(trace_configs=[own]) as other,
    ):
        for http_session in (instrumented, other):
            async with fake.client(on_event=telemetry.listener, http_session=http_session) as zoom:
                await zoom.scopes()
                await zoom.users.get(fake.account.hosts[0].id)

    assert requests_of(telemetry) == [
        ("aiohttp_client", "POST", False),
        ("aiohttp_client", "GET", True),
        ("zoomasync", REQUEST, True),
    ]
    assert len(started) == 4


async def test_ended_calls_are_forgotten(
    fake: FakeZoom, telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    """A listener keeps nothing of a call that has ended: a repeated event changes no span and no metric."""
    events = list[Event]()
    async with fake.client(on_event=[telemetry.listener, events.append]) as zoom:
        await zoom.scopes()
        events.clear()
        await zoom.users.get(fake.account.hosts[0].id)
    spans, points = len(telemetry.spans), telemetry.points()
    *_, received, ended = events
    assert isinstance(received, ResponseReceived)

    telemetry.listener(replace(received, seconds=100.0))
    telemetry.listener(ended)

    later = telemetry.points()
    assert later["http.client.request.duration"] == points["http.client.request.duration"]
    assert len(telemetry.spans) == spans
    assert caplog.text == ""


async def test_without_provider(fake: FakeZoom) -> None:
    """Without an SDK, calls work, and nothing is recorded."""
    async with fake.client(on_event=OpenTelemetry()) as zoom:
        user = await zoom.users.get(fake.account.hosts[0].id)

    assert user.id == fake.account.hosts[0].id


async def test_attributes_of_account(fake: FakeZoom) -> None:
    telemetry = Telemetry(account="north")
    async with fake.client(on_event=telemetry.listener) as zoom:
        await zoom.users.get(fake.account.hosts[0].id)

    assert [(span.attributes or {})["account"] for span in telemetry.spans] == ["north"] * 2
    assert {attributes["account"] for points in telemetry.points().values() for attributes, _ in points} == {"north"}


async def test_no_personal_data(telemetry: Telemetry) -> None:
    """No span and no metric names an id, an e-mail address, a query, a page token or a secret."""
    async with canary_client(telemetry.listener) as zoom:
        await call_everything(zoom)

    everything = f"{[span.to_json() for span in telemetry.spans]} {telemetry.points()}"
    assert len(telemetry.spans) > 40
    assert [canary for canary in CANARIES if canary in everything] == []
