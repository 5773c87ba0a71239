"""The circuit breaker and the retry quota of a client, through the session layer in virtual time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

import anyio
import pytest
from support.clock import in_virtual_time, now
from support.events import into
from support.memory import (
    CREATE_ROW,
    GET_ROW,
    PUT_ROW,
    MemoryTransport,
    NumberedTokens,
    Row,
    answering,
    open_session,
    response,
)

from zoomasync import Label, Plan, RetryPolicy, ZoomError
from zoomasync._core.call_options import CallOptions
from zoomasync._core.circuit import FAILURES, CircuitView, LocalCircuitState, probe_delay
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.session import Session
from zoomasync.auth import Token
from zoomasync.errors import (
    CircuitOpen,
    ConnectError,
    DecodeError,
    GatewayError,
    OutcomeUnknown,
    PayloadError,
    RedisUnavailable,
    ServerError,
    TimedOut,
    TLSError,
    TransportError,
)
from zoomasync.events import CircuitClosed, CircuitOpened, Event
from zoomasync.types import Endpoint, Transport

ROW_1 = response(200, {"number": 1})
PLAN = Plan(light=40, medium=40, heavy=40)
PATIENT = CallOptions(outage_wait=math.inf)
ONCE = RetryPolicy(attempts=1)
QUOTA = 50
CALLS_ONCE = CallOptions(retry=RetryPolicy(attempts=1))
IMPATIENT = CallOptions(outage_wait=0)
MEDIUM_ROW = Endpoint(route="GET /medium/{rowId}", label=Label.MEDIUM, response=Row)


class Outage:
    """An app that is down from *begin* to *end*, in seconds from now, and records the times of its requests."""

    def __init__(self, begin: float, end: float, *, failure: HttpResponse | ZoomError | None = None) -> None:
        start = now()
        self.begin, self.end = start + begin, start + end
        self.during: list[float] = []
        self.after: list[float] = []
        self._failure = failure or response(503)

    @property
    def is_on(self) -> bool:
        return self.begin <= now() < self.end

    async def __call__(self, _: HttpRequest) -> HttpResponse:
        is_on = self.is_on
        await anyio.sleep(0.05)
        if not is_on:
            self.after.append(now())
            return ROW_1
        self.during.append(now())
        if isinstance(self._failure, ZoomError):
            raise self._failure
        return self._failure


async def call_until(end: float, session: Session) -> list[tuple[float, ZoomError | None]]:
    """Call in a loop until *end*; return when each call ended, and how."""
    results: list[tuple[float, ZoomError | None]] = []
    while now() < end:
        try:
            await session.send(GET_ROW.at("1"))
        except ZoomError as error:
            results.append((now(), error))
        else:
            results.append((now(), None))
    return results


FAULTS = [
    pytest.param(lambda: response(503), id="503"),
    pytest.param(lambda: response(500), id="500"),
    pytest.param(lambda: ConnectError("GET /rows/{rowId}", "refused"), id="refused"),
    pytest.param(lambda: TimedOut("GET /rows/{rowId}", "late"), id="timed out"),
    pytest.param(lambda: TransportError("GET /rows/{rowId}", "lost"), id="lost"),
    pytest.param(lambda: response(408, b"<html>"), id="gateway 408"),
    pytest.param(lambda: response(404, b"<html>"), id="gateway 404"),
]


@pytest.mark.parametrize("failure", FAULTS)
@in_virtual_time
async def test_outage_of_30_seconds(failure: Callable[[], HttpResponse | ZoomError]) -> None:
    """64 callers send at most the quota, and the client is back within two seconds."""
    outage = Outage(3, 33, failure=failure())
    session = open_session(MemoryTransport(outage), plan=PLAN, retry=RetryPolicy())

    results = await asyncio.gather(*(call_until(outage.end + 6, session) for _ in range(64)))

    assert len(outage.during) <= QUOTA
    assert min(at for at in outage.after if at > outage.end) < outage.end + 2
    ended = [at for caller in results for at, error in caller if error is not None]
    assert len(ended) >= 64 * 4


@in_virtual_time
async def test_outage_of_an_hour() -> None:
    """A patient call waits for Zoom, and costs under 200 requests."""
    outage = Outage(0, 3600)
    session = open_session(MemoryTransport(outage), plan=PLAN).with_options(PATIENT)

    rows = await asyncio.gather(*(session.send(GET_ROW.at("1")) for _ in range(32)))

    assert rows == [Row(1)] * 32
    assert len(outage.during) < 200


@in_virtual_time
async def test_outage_of_token_endpoint() -> None:
    """A failing token endpoint opens the circuit too, and a patient call waits for it."""
    end, sent = now() + 3600, list[float]()

    class FailingTokens(NumberedTokens):
        async def fetch(self, transport: Transport) -> Token:
            sent.append(now())
            if now() < end:
                raise ServerError("POST /oauth/token", 503)
            return await super().fetch(transport)

    session = open_session(MemoryTransport(answering(ROW_1)), credentials=FailingTokens()).with_options(PATIENT)

    assert await asyncio.gather(*(session.send(GET_ROW.at("1")) for _ in range(32))) == [Row(1)] * 32
    assert len(sent) < 200


@in_virtual_time
async def test_one_probe_at_a_time() -> None:
    open_requests, most = 0, 0

    async def app(_: HttpRequest) -> HttpResponse:
        nonlocal open_requests, most
        open_requests += 1
        most = max(most, open_requests) if now() > began + 5 else 0
        await anyio.sleep(3)
        open_requests -= 1
        return response(503)

    began = now()
    session = open_session(MemoryTransport(app), plan=PLAN).with_options(CallOptions(outage_wait=60))

    await asyncio.gather(*(session.send(GET_ROW.at("1")) for _ in range(20)), return_exceptions=True)

    assert most == 1


async def open_circuit(session: Session, *, failures: int = FAILURES) -> None:
    once = session.with_options(CALLS_ONCE)
    for _ in range(failures):
        with pytest.raises(ServerError):
            await once.send(GET_ROW.at("1"))


@in_virtual_time
async def test_call_in_outage_is_not_sent() -> None:
    """The error says so, with the cause and the time of the next probe."""
    transport = MemoryTransport(answering(response(503)))
    session = open_session(transport)
    await open_circuit(session)

    with pytest.raises(CircuitOpen) as caught:
        await session.with_options(IMPATIENT).send(GET_ROW.at("1"))

    assert len(transport.requests) == FAILURES
    assert caught.value.retry_after == pytest.approx(0.25)
    assert isinstance(caught.value.cause, ServerError)


@in_virtual_time
async def test_sent_get_raises_circuit_open() -> None:
    """A GET that was sent before the circuit opened says so, with the error of its last attempt."""
    session = open_session(MemoryTransport(answering(response(503, {"code": 7, "message": "Maintenance."}))))

    errors = await asyncio.gather(*(session.send(GET_ROW.at("1")) for _ in range(FAILURES)), return_exceptions=True)

    assert {(type(error), "not sent again" in str(error), "Maintenance" in str(error)) for error in errors} == {
        (CircuitOpen, True, True)
    }


@in_virtual_time
async def test_sent_put_raises_its_own_error() -> None:
    """A PUT that was sent before the circuit opened may have been carried out."""
    session = open_session(MemoryTransport(answering(response(503))))

    errors = await asyncio.gather(*(session.send(PUT_ROW.at("1")) for _ in range(FAILURES)), return_exceptions=True)

    assert {type(error) for error in errors} == {ServerError}


@in_virtual_time
async def test_post_probe_is_not_repeated() -> None:
    """A POST that fails as the probe has an unknown outcome; one that was not sent does not."""
    transport = MemoryTransport(answering(response(503)))
    session = open_session(transport)
    await open_circuit(session)

    with pytest.raises(OutcomeUnknown):
        await session.send(CREATE_ROW.at())
    with pytest.raises(CircuitOpen):
        await session.with_options(IMPATIENT).send(CREATE_ROW.at())

    assert len(transport.requests) == FAILURES + 1


@pytest.mark.parametrize(
    "received",
    [
        pytest.param(response(404, {"code": 3001, "message": "Meeting does not exist."}), id="Zoom's 404"),
        pytest.param(response(404, {"code": 2300, "message": "Not recognized."}), id="code 2300"),
        pytest.param(ROW_1, id="success"),
    ],
)
@in_virtual_time
async def test_response_of_zoom_resets_count(received: HttpResponse) -> None:
    """Only failures in a row open the circuit."""
    transport = MemoryTransport(answering(*[response(503)] * (FAILURES - 1), received, *[response(503)] * 9, ROW_1))
    session = open_session(transport)
    await open_circuit(session, failures=FAILURES - 1)
    with anyio.move_on_after(1):
        await asyncio.gather(session.send(GET_ROW.at("1")), return_exceptions=True)
    await open_circuit(session, failures=FAILURES - 1)

    assert await session.with_options(IMPATIENT).send(GET_ROW.at("1")) == Row(1)


@pytest.mark.parametrize("kind", [TransportError, ConnectError, PayloadError])
@in_virtual_time
async def test_final_fault_is_no_outage(kind: type[TransportError]) -> None:
    """Faults that no retry helps, such as the password of a proxy, do not open the circuit."""
    final = kind("GET /rows/{rowId}", "final", max_retries=0)
    session = open_session(MemoryTransport(answering(*[final] * FAILURES, ROW_1)))
    for _ in range(FAILURES):
        with pytest.raises(kind):
            await session.send(GET_ROW.at("1"))

    assert await session.with_options(IMPATIENT).send(GET_ROW.at("1")) == Row(1)


@in_virtual_time
async def test_cancelled_probe_is_replaced() -> None:
    """The next call becomes the probe at once."""

    async def app(_: HttpRequest) -> HttpResponse:
        if len(transport.requests) <= FAILURES:
            return response(503)
        if len(transport.requests) == FAILURES + 1:
            await anyio.sleep(50)
        return ROW_1

    transport = MemoryTransport(app)
    session = open_session(transport)
    await open_circuit(session)
    await anyio.sleep(1)

    with anyio.move_on_after(1):
        await session.send(GET_ROW.at("1"))

    assert await session.with_options(IMPATIENT).send(GET_ROW.at("1")) == Row(1)


@in_virtual_time
async def test_probe_without_permit_is_replaced() -> None:
    """A probe that finds the daily quota used up leaves the probe to other labels."""
    plan = Plan(light=40, medium=40, heavy=40, medium_per_day=0)
    transport = MemoryTransport(answering(*[response(503)] * FAILURES, ROW_1))
    session = open_session(transport, plan=plan)
    await open_circuit(session)
    await anyio.sleep(1)

    with pytest.raises(ZoomError):
        await session.send(MEDIUM_ROW.at("1"))

    assert await session.with_options(IMPATIENT).send(GET_ROW.at("1")) == Row(1)


@in_virtual_time
async def test_queued_calls_are_not_sent_in_outage() -> None:
    """Calls that wait for a permit when the circuit opens do not go out one by one."""
    transport = MemoryTransport(answering(response(503)))
    session = open_session(transport, plan=Plan(light=10, medium=1, heavy=1), retry=ONCE)

    await asyncio.gather(*(session.send(GET_ROW.at("1")) for _ in range(60)), return_exceptions=True)

    assert len(transport.requests) <= FAILURES + 15


@in_virtual_time
async def test_retry_after_delays_probe() -> None:
    transport = MemoryTransport(answering(response(503, b"", {"Retry-After": "30"})))
    session = open_session(transport, retry=RetryPolicy(max_retry_after=5)).with_options(CallOptions(outage_wait=29))
    await open_circuit(session)

    with pytest.raises(CircuitOpen):
        await session.send(GET_ROW.at("1"))

    assert len(transport.requests) == FAILURES


@in_virtual_time
async def test_circuit_events() -> None:
    events: list[Event] = []
    outage = Outage(0, 10)
    session = open_session(MemoryTransport(outage), plan=PLAN).with_options(PATIENT)
    session.events.subscribe(into(events))

    await asyncio.gather(*(session.send(GET_ROW.at("1")) for _ in range(20)))

    opened, closed = events
    assert isinstance(opened, CircuitOpened)
    assert isinstance(opened.cause, ServerError)
    assert isinstance(closed, CircuitClosed)
    assert 9 < closed.seconds < 13
    assert "503" in str(opened)
    assert "available again after" in str(closed)


@in_virtual_time
async def test_single_call_opens_circuit() -> None:
    """A call that is alone opens the circuit before it has used its attempts, and waits for the end of the outage."""
    outage = Outage(0, 120)
    session = open_session(MemoryTransport(outage), retry=RetryPolicy()).with_options(PATIENT)

    assert await session.send(GET_ROW.at("1")) == Row(1)
    assert len(outage.during) < 80


@in_virtual_time
async def test_probe_passes_waiting_calls() -> None:
    """The probe does not wait behind the calls that are in the queue of its label."""
    outage = Outage(1, 4)
    session = open_session(MemoryTransport(outage), plan=Plan(light=10, medium=1, heavy=1), retry=RetryPolicy())

    await asyncio.gather(*(session.send(GET_ROW.at("1")) for _ in range(400)), return_exceptions=True)

    assert min(at for at in outage.after if at > outage.end) < outage.end + 2


@in_virtual_time
async def test_page_of_portal_closes_no_circuit() -> None:
    """A page with status 200 does not count as a response of Zoom."""
    portal = response(200, b"<html>Log in</html>", {"Content-Type": "text/html"})
    session = open_session(MemoryTransport(answering(*[response(503)] * FAILURES, portal, portal, ROW_1)))
    await open_circuit(session)

    with pytest.raises(DecodeError):
        await session.with_options(PATIENT).send(GET_ROW.at("1"))
    with pytest.raises(CircuitOpen):
        await session.with_options(IMPATIENT).send(GET_ROW.at("1"))
    assert await session.with_options(PATIENT).send(GET_ROW.at("1")) == Row(1)


@pytest.mark.parametrize(
    "error", [GatewayError("POST /oauth/token", 404), TLSError("POST /oauth/token", "expired")], ids=["page", "TLS"]
)
@in_virtual_time
async def test_final_token_error_raises_at_once(error: ZoomError) -> None:
    """A call does not wait for the end of an outage that no wait can end."""

    class FailingTokens(NumberedTokens):
        async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  the protocol's
            raise error

    session = open_session(MemoryTransport(answering(ROW_1)), credentials=FailingTokens()).with_options(PATIENT)
    began = now()

    with pytest.raises(type(error)):
        await session.send(GET_ROW.at("1"))

    assert now() - began < 1


@pytest.mark.parametrize("callers", [1, 3, 20, 64])
@in_virtual_time
async def test_one_bad_path_is_no_outage(callers: int) -> None:
    """Calls of a path that always fails do not keep those of other paths from Zoom."""

    async def app(request: HttpRequest) -> HttpResponse:
        await anyio.sleep(0.05)
        return response(503) if request.url.endswith("/bad") else ROW_1

    session = open_session(MemoryTransport(app), plan=PLAN, retry=RetryPolicy())
    end = now() + 30
    good: list[ZoomError | None] = []

    async def call(path: str, pause: float) -> None:
        while now() < end:
            error: ZoomError | None = None
            try:
                await session.send(GET_ROW.at(path))
            except ZoomError as caught:
                error = caught
            if path == "good":
                good.append(error)
            await anyio.sleep(pause)

    await asyncio.gather(*(call("bad", 0) for _ in range(callers)), call("good", 0.5))

    assert set(good) == {None}
    assert len(good) >= 15


@pytest.mark.parametrize("body", [b"\n{}", b"{}", b"null", b'"text"'])
@in_virtual_time
async def test_any_decoded_response_closes_circuit(body: bytes) -> None:
    session = open_session(MemoryTransport(answering(*[response(503)] * FAILURES, response(200, body))))
    anything = Endpoint(route="GET /rows", label=Label.LIGHT, response=object).at()
    await open_circuit(session)
    await session.send(anything)

    await session.with_options(IMPATIENT).send(anything)


@in_virtual_time
async def test_pages_of_portal_open_circuit() -> None:
    """A login page in place of every response is an outage too."""
    portal = response(200, b"<html>Log in</html>", {"Content-Type": "text/html"})
    transport = MemoryTransport(answering(portal))
    session = open_session(transport)

    await asyncio.gather(*(session.send(GET_ROW.at("1")) for _ in range(200)), return_exceptions=True)

    assert len(transport.requests) < 40


class SlowState(LocalCircuitState):
    """A shared state that takes half a second to answer, and is unavailable after *seconds*.

    A right to probe expires after three seconds.
    """

    def __init__(self, *, seconds: float = math.inf) -> None:
        super().__init__(now)
        self._down_from = now() + seconds
        self._probe_expires_at = math.inf
        self.requests = 0

    async def _answer(self) -> None:
        self.requests += 1
        await anyio.sleep(0.5)
        if now() > self._down_from:
            raise RedisUnavailable("Redis did not answer")

    async def report_failure(self, *, opens: bool) -> CircuitView:
        await self._answer()
        return await super().report_failure(opens=opens)

    async def request_probe(self) -> CircuitView:
        await self._answer()
        if now() > self._probe_expires_at:
            await super().release_probe()
        view = await super().request_probe()
        if view.is_probe:
            self._probe_expires_at = now() + 3
        return view

    async def probe_failed(self) -> CircuitView:
        await self._answer()
        return await super().probe_failed()

    async def release_probe(self) -> None:
        await self._answer()
        await super().release_probe()

    async def close(self) -> None:
        await self._answer()
        await super().close()


@in_virtual_time
async def test_shared_circuit_opens_for_all() -> None:
    """After one failure, a client learns that another one has opened the circuit."""
    state = SlowState()
    transport = MemoryTransport(answering(response(503)))
    first, second = (open_session(transport, circuit_state=state) for _ in range(2))
    await open_circuit(first)
    with pytest.raises(CircuitOpen):
        await first.send(GET_ROW.at("1"))  # probes for five seconds

    with pytest.raises(ServerError):
        await second.with_options(CALLS_ONCE).send(GET_ROW.at("1"))
    with pytest.raises(CircuitOpen):
        await second.with_options(IMPATIENT).send(GET_ROW.at("1"))


@in_virtual_time
async def test_shared_circuit_has_one_probe() -> None:
    """Two clients with one state send one probe at a time, and both return after the outage."""
    state, outage = SlowState(), Outage(0, 60)
    transport = MemoryTransport(outage)
    sessions = [open_session(transport, plan=PLAN, circuit_state=state).with_options(PATIENT) for _ in range(2)]

    rows = await asyncio.gather(*(sessions[n % 2].send(GET_ROW.at("1")) for n in range(64)))

    assert rows == [Row(1)] * 64
    assert len(outage.during) <= 2 * FAILURES + 60
    assert max(outage.after) < outage.end + 10


@in_virtual_time
async def test_probe_is_requested_once() -> None:
    """Of all calls that wait, one at a time asks the shared state."""
    state = SlowState()
    session = open_session(MemoryTransport(answering(response(503))), circuit_state=state)
    await open_circuit(session)
    before = state.requests

    await asyncio.gather(*(session.send(GET_ROW.at("1")) for _ in range(50)), return_exceptions=True)

    assert state.requests - before < 20


@pytest.mark.parametrize("seconds", [0, 1, 5, 5.6, 30])
@in_virtual_time
async def test_circuit_without_redis(seconds: float) -> None:
    """While the shared state cannot be reached, the client follows its own failures."""
    state, outage = SlowState(seconds=seconds), Outage(0, 60)
    session = open_session(MemoryTransport(outage), plan=PLAN, circuit_state=state).with_options(PATIENT)

    rows = await asyncio.gather(*(session.send(GET_ROW.at("1")) for _ in range(32)))

    assert rows == [Row(1)] * 32
    assert len(outage.during) <= QUOTA


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.6, 0.9, 1.3])
@in_virtual_time
async def test_cancelled_report_of_probe(seconds: float) -> None:
    """A call that is cancelled while it reports the result of its probe blocks no later probe."""
    state = SlowState()
    transport = MemoryTransport(answering(*[response(503)] * (FAILURES + 1), ROW_1))
    session = open_session(transport, circuit_state=state)
    await open_circuit(session)
    await anyio.sleep(5)

    probe = asyncio.create_task(session.send(GET_ROW.at("1")))
    await anyio.sleep(seconds)
    probe.cancel()
    await asyncio.wait([probe])

    assert await session.with_options(PATIENT).send(GET_ROW.at("1")) == Row(1)


@in_virtual_time
async def test_hanging_state_delays_briefly() -> None:
    """A shared state that never answers delays a failed call by two seconds at most."""

    class HangingState(SlowState):
        async def _answer(self) -> None:
            await anyio.sleep_forever()

    session = open_session(MemoryTransport(answering(response(503))), circuit_state=HangingState())
    began = now()

    with pytest.raises(ServerError):
        await session.with_options(CALLS_ONCE).send(GET_ROW.at("1"))

    assert now() - began < 3


@in_virtual_time
async def test_retry_quota_limits_retries() -> None:
    """When half of all requests fail, the retries are the quota and a tenth of the successes."""
    count = 0

    async def app(_: HttpRequest) -> HttpResponse:
        nonlocal count
        count += 1
        return response(503) if count % 2 else ROW_1

    transport = MemoryTransport(app)
    session = open_session(transport)
    calls = 400

    for _ in range(calls):
        await asyncio.gather(session.send(GET_ROW.at("1")), return_exceptions=True)

    retries = sum(stats.retries for stats in session.stats.values())
    assert retries == pytest.approx(QUOTA + 0.1 * (count - count // 2), abs=12)
    assert len(transport.requests) == calls + retries


@pytest.mark.parametrize(
    ("outage", "delay"), [(0, 0.25), (0.25, 0.5), (5, 1), (20, 1), (30, 1.5), (600, 30), (3600, 120), (86_400, 120)]
)
def test_probe_delay(outage: float, delay: float) -> None:
    assert probe_delay(outage) == pytest.approx(delay)
