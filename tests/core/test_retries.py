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
FULL_JITTER = RetryPolicy(random=lambda: 1.0)
"""The default policy with jitter at its maximum, so that delays are exact."""


def _rate_limited(error_type: type[RateLimited] = RateLimited, *, retry_after: float | None = None) -> RateLimited:
    failure = error_type(CALL, 429)
    failure.retry_after = retry_after
    if isinstance(failure, DailyLimitReached | ResourceLimitReached):
        failure.resumes_at = datetime(2026, 3, 19, tzinfo=UTC)
    return failure


def _server_error(status: int, *, retry_after: float | None = None) -> ServerError:
    failure = ServerError(CALL, status)
    failure.retry_after = retry_after
    return failure


FAILURES = [
    # failure, retry safeties with which it is retried, whether it leaves the outcome of a write unknown
    pytest.param(ConnectError(CALL, ""), {SAFE, IDEMPOTENT, NOT_IDEMPOTENT}, False, id="no connection"),
    pytest.param(TLSError(CALL, ""), set[RetrySafety](), False, id="TLS"),
    pytest.param(TransportError(CALL, ""), {SAFE, IDEMPOTENT}, True, id="connection lost"),
    pytest.param(TimedOut(CALL, ""), {SAFE, IDEMPOTENT}, True, id="timeout"),
    pytest.param(PayloadError(CALL, ""), {SAFE, IDEMPOTENT}, True, id="broken body"),
    pytest.param(PayloadError(CALL, "", max_retries=0), set[RetrySafety](), True, id="body too large"),
    pytest.param(DecodeError(CALL, "T", "$", ""), {SAFE, IDEMPOTENT}, True, id="not decodable"),
    pytest.param(_server_error(500), {SAFE, IDEMPOTENT}, True, id="500"),
    pytest.param(_server_error(500, retry_after=1), {SAFE, IDEMPOTENT}, True, id="500 with Retry-After"),
    pytest.param(_server_error(503), {SAFE, IDEMPOTENT}, True, id="503"),
    pytest.param(
        _server_error(503, retry_after=1), {SAFE, IDEMPOTENT, NOT_IDEMPOTENT}, False, id="503 with Retry-After"
    ),
    pytest.param(_rate_limited(), {SAFE, IDEMPOTENT, NOT_IDEMPOTENT}, False, id="per second"),
    pytest.param(_rate_limited(ConcurrentRequest), {SAFE, IDEMPOTENT, NOT_IDEMPOTENT}, False, id="concurrent"),
    pytest.param(_rate_limited(DailyLimitReached, retry_after=1), set[RetrySafety](), False, id="daily"),
    pytest.param(_rate_limited(ResourceLimitReached, retry_after=1), set[RetrySafety](), False, id="per host"),
    *(
        pytest.param(error_type(CALL, 400), set[RetrySafety](), False, id=error_type.__name__)
        for error_type in (
            BadRequest,
            PageTokenExpired,
            Unauthorized,
            PermissionDenied,
            NotFound,
            Conflict,
            EmbeddedError,
        )
    ),
    pytest.param(ConfigError(), set[RetrySafety](), False, id="ConfigError"),
    pytest.param(InvalidArgument(), set[RetrySafety](), False, id="InvalidArgument"),
    pytest.param(PagingLoop(CALL, 2), set[RetrySafety](), False, id="PagingLoop"),
    pytest.param(OutcomeUnknown(CALL, ZoomError()), set[RetrySafety](), False, id="OutcomeUnknown"),
]


@pytest.mark.parametrize(("failure", "retry_safeties", "unknown"), FAILURES)
def test_failure_decides_retry(
    failure: ZoomError,
    retry_safeties: set[RetrySafety],
    unknown: bool,  # noqa: FBT001
) -> None:
    """A call is retried only if a retry can succeed and cannot carry out a write twice."""
    retried = {
        safety for safety in RetrySafety if FULL_JITTER.delay(failure, attempt=1, retry_safety=safety) is not None
    }

    assert retried == retry_safeties
    assert outcome_is_unknown(failure, NOT_IDEMPOTENT) is unknown
    assert not outcome_is_unknown(failure, SAFE)
    assert not outcome_is_unknown(failure, IDEMPOTENT)


@pytest.mark.parametrize(
    ("failure", "delays"),
    [
        pytest.param(_server_error(502), [1, 2, 4, 8, 16, 20, 20, None], id="server error: doubles up to the cap"),
        pytest.param(_server_error(503, retry_after=7), [7] * 7 + [None], id="server error with Retry-After"),
        pytest.param(
            _rate_limited(), [2, 3, 5, 9, 17, 21, 21, None], id="429 without Retry-After: a second longer, doubles"
        ),
        pytest.param(_rate_limited(retry_after=1.5), [1.5] * 7 + [None], id="429 with Retry-After"),
        pytest.param(_rate_limited(retry_after=0), [0] * 7 + [None], id="Retry-After: 0"),
        pytest.param(_rate_limited(retry_after=60), [60] * 7 + [None], id="Retry-After at the limit"),
        pytest.param(_rate_limited(retry_after=60.1), [None] * 8, id="Retry-After above the limit"),
        pytest.param(_rate_limited(retry_after=999_999_999), [None] * 8, id="Retry-After of years"),
        pytest.param(DecodeError(CALL, "T", "$", ""), [1] + [None] * 7, id="undecodable body: one retry"),
    ],
)
def test_delay_by_attempt(failure: ZoomError, delays: list[float | None]) -> None:
    assert [FULL_JITTER.delay(failure, attempt=attempt, retry_safety=SAFE) for attempt in range(1, 9)] == delays


@given(st.integers(1, 5000), st.floats(0, 1, exclude_max=True))
def test_jitter_shortens_delay(attempt: int, jitter: float) -> None:
    """Jitter keeps the delay after a server error between zero and the cap."""
    delay = RetryPolicy(attempts=5001, random=lambda: jitter).delay(
        _server_error(500), attempt=attempt, retry_safety=SAFE
    )

    assert delay is not None
    assert 0 <= delay <= 20


@given(st.integers(1, 5000), st.floats(0, 1, exclude_max=True))
def test_429_delay_is_one_second_or_more(attempt: int, jitter: float) -> None:
    """A 429 without Retry-After waits at least a second, with any jitter."""
    delay = RetryPolicy(attempts=5001, random=lambda: jitter).delay(_rate_limited(), attempt=attempt, retry_safety=SAFE)

    assert delay is not None
    assert 1 <= delay <= 21


def test_single_attempt_never_retries() -> None:
    assert RetryPolicy(attempts=1).delay(ConnectError(CALL, ""), attempt=1, retry_safety=SAFE) is None


@pytest.mark.parametrize(
    "settings", [{"attempts": 0}, {"base": -1.0}, {"cap": -1.0}, {"max_retry_after": -1.0}], ids=str
)
def test_invalid_policy_raises(settings: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="attempts must be at least 1"):
        RetryPolicy(**settings)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  each setting is a number
