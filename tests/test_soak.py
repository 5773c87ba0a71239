"""The soak of `benchmarks.soak`: under faults of every kind, no call is lost, carried out twice or reported wrongly."""

from __future__ import annotations

import pytest

from benchmarks.faulty_server import DAILY, FAULTS, FIRST_NUMBER, Arrival
from benchmarks.soak import OPERATIONS, Operation, Outcome, offences_of, soak
from zoomasync import ZoomError
from zoomasync.errors import (
    BadRequest,
    ConnectError,
    DecodeError,
    EmbeddedError,
    NotFound,
    OutcomeUnknown,
    PayloadError,
    ServerError,
    TimedOut,
)

GET, POST, DELETE = (
    next(operation for operation in OPERATIONS if operation.name == name) for name in ("GET", "POST", "DELETE")
)
DONE, NOT_DONE = Arrival("fault", carried_out=True), Arrival("fault", carried_out=False)
VALUE = Outcome(FIRST_NUMBER + 7)
NOTHING = Outcome(None)


async def test_soak_is_right() -> None:
    report = await soak(requests=2_000, faulted=0.3, tasks=64, seed=5)

    assert report.is_right, report.text(limit=20)
    assert 500 <= report.faulted <= 1_000
    assert {fault.name for fault in FAULTS} <= set(report.faults)
    assert report.outcomes["success"] > 1_200, report.text(limit=20)


@pytest.mark.parametrize(
    ("operation", "outcomes", "arrivals", "figure"),
    [
        pytest.param(POST, [], [DONE], "lost", id="no outcome"),
        pytest.param(POST, [VALUE, VALUE], [DONE], "lost", id="two outcomes"),
        pytest.param(POST, [Outcome(OverflowError())], [], "lost", id="another error"),
        pytest.param(POST, [Outcome(ZoomError())], [], "lost", id="an error without a class"),
        pytest.param(POST, [VALUE], [DONE, DONE], "carried out twice", id="two POSTs"),
        pytest.param(POST, [Outcome(BadRequest("POST", 400))], [DONE], "denied but done", id="400"),
        pytest.param(POST, [Outcome(ServerError("POST", 500))], [DONE], "denied but done", id="500 of a POST"),
        pytest.param(POST, [Outcome(TimedOut("POST", ""))], [DONE], "denied but done", id="timeout of a POST"),
        pytest.param(DELETE, [Outcome(NotFound("DELETE", 404))], [DONE, NOT_DONE], "denied but done", id="404"),
        pytest.param(DELETE, [Outcome(ConnectError("DELETE", ""))], [DONE], "denied but done", id="unsent later"),
        pytest.param(DELETE, [NOTHING], [NOT_DONE], "done but never ran", id="success of a DELETE"),
        pytest.param(DELETE, [NOTHING], [], "done but never ran", id="nothing arrived"),
        pytest.param(
            POST,
            [Outcome(OutcomeUnknown("POST", PayloadError("POST", "", status=201)))],
            [NOT_DONE],
            "done but never ran",
            id="unknown with status 201",
        ),
        pytest.param(GET, [Outcome(FIRST_NUMBER + 8)], [DONE], "wrong value", id="value of another call"),
        pytest.param(DELETE, [Outcome([1])], [DONE], "wrong value", id="value where none is due"),
    ],
)
def test_offence_is_counted(
    operation: Operation, outcomes: list[Outcome], arrivals: list[Arrival], figure: str
) -> None:
    assert offences_of(operation, 7, outcomes, arrivals) == {figure}


@pytest.mark.parametrize(
    ("operation", "outcome", "arrivals"),
    [
        pytest.param(GET, VALUE, [NOT_DONE, DONE, DONE], id="GET twice"),
        pytest.param(POST, VALUE, [NOT_DONE, DONE], id="POST"),
        pytest.param(POST, Outcome(EmbeddedError("POST", 200)), [NOT_DONE], id="rejected POST"),
        pytest.param(POST, Outcome(OutcomeUnknown("POST", TimedOut("POST", ""))), [DONE], id="unknown, done"),
        pytest.param(POST, Outcome(OutcomeUnknown("POST", TimedOut("POST", ""))), [], id="unknown, not done"),
        pytest.param(DELETE, NOTHING, [DONE, NOT_DONE], id="DELETE"),
        pytest.param(DELETE, Outcome(DecodeError("DELETE", "T", "$", "")), [DONE], id="unclear DELETE"),
    ],
)
def test_right_call_is_not_counted(operation: Operation, outcome: Outcome, arrivals: list[Arrival]) -> None:
    assert offences_of(operation, 7, [outcome], arrivals) == set()


def test_daily_limit_is_rare() -> None:
    """Only one operation meets the daily limit, which stops its whole label."""
    limited = [
        operation.name
        for operation in OPERATIONS
        for fault in FAULTS
        if fault.name == DAILY and fault.suits(operation.expected(1))
    ]

    assert limited == ["POST with a daily limit"]
