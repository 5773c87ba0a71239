from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoomasync import RetryPolicy, ZoomError
from zoomasync._core.endpoint import RetrySafety
from zoomasync._core.retries import outcome_is_unknown
from zoomasync.errors import (
    BadRequest,
    ConcurrentRequest,
    ConfigError,
    Conflict,
    ConnectError,
    DailyLimitReached,
    DecodeError,
    EmbeddedError,
    InvalidArgument,
    NotFound,
    OutcomeUnknown,
    PageTokenExpired,
    PagingLoop,
    PayloadError,
    PermissionDenied,
    RateLimited,
    ResourceLimitReached,
    ServerError,
    TimedOut,
    TLSError,
    TransportError,
    Unauthorized,
)

CALL = "GET /users"
SAFE, IDEMPOTENT, NOT_IDEMPOTENT = RetrySafety.SAFE, RetrySafety.IDEMPOTENT, RetrySafety.NOT_IDEMPOTENT
SURE = RetryPolicy(random=lambda: 1.0)
"""The policy with the dice at their highest, so that waits can be told to the second."""


def _limited(kind: type[RateLimited] = RateLimited, *, retry_after: float | None = None) -> RateLimited:
    failure = kind(CALL, 429)
    failure.retry_after = retry_after
    if isinstance(failure, DailyLimitReached | ResourceLimitReached):
        failure.resumes_at = datetime(2026, 3, 19, tzinfo=UTC)
    return failure


def _failed(status: int, *, retry_after: float | None = None) -> ServerError:
    failure = ServerError(CALL, status)
    failure.retry_after = retry_after
    return failure


FAILURES = [
    # failure, which operations are sent again, of which a write's outcome is unknown
    pytest.param(ConnectError(CALL, ""), {SAFE, IDEMPOTENT, NOT_IDEMPOTENT}, False, id="connection refused"),
    pytest.param(TLSError(CALL, ""), set[RetrySafety](), False, id="certificate"),
    pytest.param(TransportError(CALL, ""), {SAFE, IDEMPOTENT}, True, id="connection lost"),
    pytest.param(TimedOut(CALL, ""), {SAFE, IDEMPOTENT}, True, id="timeout"),
    pytest.param(PayloadError(CALL, ""), {SAFE, IDEMPOTENT}, True, id="body cut off"),
    pytest.param(PayloadError(CALL, "", transient=False), set[RetrySafety](), True, id="body too large"),
    pytest.param(DecodeError(CALL, "T", "$", ""), {SAFE, IDEMPOTENT}, True, id="not decodable"),
    pytest.param(_failed(500), {SAFE, IDEMPOTENT}, True, id="500"),
    pytest.param(_failed(500, retry_after=1), {SAFE, IDEMPOTENT}, True, id="500 with Retry-After"),
    pytest.param(_failed(503), {SAFE, IDEMPOTENT}, True, id="503"),
    pytest.param(_failed(503, retry_after=1), {SAFE, IDEMPOTENT, NOT_IDEMPOTENT}, True, id="503 with Retry-After"),
    pytest.param(_limited(), {SAFE, IDEMPOTENT, NOT_IDEMPOTENT}, False, id="per second"),
    pytest.param(_limited(ConcurrentRequest), {SAFE, IDEMPOTENT, NOT_IDEMPOTENT}, False, id="concurrent"),
    pytest.param(_limited(DailyLimitReached, retry_after=1), set[RetrySafety](), False, id="daily"),
    pytest.param(_limited(ResourceLimitReached, retry_after=1), set[RetrySafety](), False, id="per host"),
    *(
        pytest.param(kind(CALL, 400), set[RetrySafety](), False, id=kind.__name__)
        for kind in (BadRequest, PageTokenExpired, Unauthorized, PermissionDenied, NotFound, Conflict, EmbeddedError)
    ),
    pytest.param(ConfigError(), set[RetrySafety](), False, id="ConfigError"),
    pytest.param(InvalidArgument(), set[RetrySafety](), False, id="InvalidArgument"),
    pytest.param(PagingLoop(CALL, 2), set[RetrySafety](), False, id="PagingLoop"),
    pytest.param(OutcomeUnknown(CALL, ZoomError()), set[RetrySafety](), False, id="OutcomeUnknown"),
]


@pytest.mark.parametrize(("failure", "sent_again", "unknown"), FAILURES)
def test_a_call_is_sent_again_only_where_that_can_help_and_cannot_harm(
    failure: ZoomError,
    sent_again: set[RetrySafety],
    unknown: bool,  # noqa: FBT001
) -> None:
    repeated = {op for op in RetrySafety if SURE.delay(failure, attempt=1, retry_safety=op) is not None}

    assert repeated == sent_again
    assert outcome_is_unknown(failure, NOT_IDEMPOTENT) is unknown
    assert not outcome_is_unknown(failure, SAFE)
    assert not outcome_is_unknown(failure, IDEMPOTENT)


@pytest.mark.parametrize(
    ("failure", "waits"),
    [
        pytest.param(_failed(502), [1, 2, 4, 8, 16, 20, 20, None], id="server errors double up to the cap"),
        pytest.param(_failed(503, retry_after=7), [7] * 7 + [None], id="Retry-After of a server"),
        pytest.param(_limited(), [2, 3, 5, 9, 17, 21, 21, None], id="429 without a word: a second more, doubling"),
        pytest.param(_limited(retry_after=1.5), [1.5] * 7 + [None], id="Retry-After"),
        pytest.param(_limited(retry_after=0), [0] * 7 + [None], id="at once"),
        pytest.param(_limited(retry_after=60), [60] * 7 + [None], id="the longest wait"),
        pytest.param(_limited(retry_after=60.1), [None] * 8, id="longer than the longest wait"),
        pytest.param(_limited(retry_after=999_999_999), [None] * 8, id="for years"),
        pytest.param(DecodeError(CALL, "T", "$", ""), [1] + [None] * 7, id="a reply that makes no sense, once"),
    ],
)
def test_waits_grow_and_end(failure: ZoomError, waits: list[float | None]) -> None:
    assert [SURE.delay(failure, attempt=attempt, retry_safety=SAFE) for attempt in range(1, 9)] == waits


@given(st.integers(1, 5000), st.floats(0, 1, exclude_max=True))
def test_chance_only_ever_shortens_the_wait_of_a_server_error(attempt: int, dice: float) -> None:
    delay = RetryPolicy(attempts=5001, random=lambda: dice).delay(_failed(500), attempt=attempt, retry_safety=SAFE)

    assert delay is not None
    assert 0 <= delay <= 20


@given(st.integers(1, 5000), st.floats(0, 1, exclude_max=True))
def test_a_429_without_a_word_waits_a_second_at_least(attempt: int, dice: float) -> None:
    delay = RetryPolicy(attempts=5001, random=lambda: dice).delay(_limited(), attempt=attempt, retry_safety=SAFE)

    assert delay is not None
    assert 1 <= delay <= 21


def test_one_attempt_never_sends_again() -> None:
    assert RetryPolicy(attempts=1).delay(ConnectError(CALL, ""), attempt=1, retry_safety=SAFE) is None


@pytest.mark.parametrize(
    "settings", [{"attempts": 0}, {"base": -1.0}, {"cap": -1.0}, {"max_retry_after": -1.0}], ids=str
)
def test_a_policy_that_cannot_work_is_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="a RetryPolicy needs"):
        RetryPolicy(**settings)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  one number a setting
