"""Retry-After and Date headers, and the time at which a daily limit ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.memory import SERVER_TIME, error_body, raised_by, response

from zoomasync._core.responses import retry_after
from zoomasync.errors import DailyLimitReached, ResourceLimitReached

DATE = {"Date": "Wed, 18 Mar 2026 12:00:00 GMT"}


DAILY = error_body(429, "You have reached the maximum daily rate limit for this API.")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1", 1.0),
        ("0", 0.0),
        ("2.5", 2.5),
        (" 3 ", 3.0),
        ("999999999", 999_999_999.0),
        ("2026-03-18T12:00:05Z", 5.0),
        ("2026-03-18T14:00:05+02:00", 5.0),
        ("2026-03-18T12:00:05", 5.0),
        ("Wed, 18 Mar 2026 12:00:05 GMT", 5.0),
        ("2026-03-18T12:00:00Z", 0.0),
        ("2026-03-18T11:59:59Z", None),
        ("-1", None),
        ("", None),
        ("soon", None),
        ("1e9", None),
        ("nan", None),
        ("inf", None),
        ("Mon, 99 Foo 99999999999999999999 99:99:99 +999999", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
)
def test_retry_after_formats(text: str, seconds: float | None) -> None:
    """Retry-After may be seconds, an ISO 8601 time or an HTTP date; times are compared with Date."""
    assert retry_after({"retry-after": text, "date": DATE["Date"]}) == seconds


def test_retry_after_time_needs_date() -> None:
    """A Retry-After time is ignored without a valid Date header; seconds are not."""
    assert retry_after({"retry-after": "2026-03-18T12:00:05Z"}) is None
    assert retry_after({"retry-after": "2026-03-18T12:00:05Z", "date": "garbage"}) is None
    assert retry_after({"retry-after": "5"}) == 5.0
    assert retry_after({}) is None


MIDNIGHT = datetime(2026, 3, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "resumes_at"),
    [
        pytest.param({**DATE, "Retry-After": "2026-03-19T00:00:00Z"}, MIDNIGHT, id="a time"),
        pytest.param({**DATE, "Retry-After": "43200"}, MIDNIGHT, id="seconds"),
        pytest.param(DATE, MIDNIGHT, id="missing: next midnight"),
        pytest.param({**DATE, "Retry-After": "garbage"}, MIDNIGHT, id="invalid: next midnight"),
        pytest.param({**DATE, "Retry-After": "999999999"}, MIDNIGHT, id="years: next midnight"),
        pytest.param(
            {"Date": "2026-03-19T01:30:00+02:00"}, MIDNIGHT, id="missing, Date with an offset: next midnight UTC"
        ),
    ],
)
@pytest.mark.parametrize(
    "body",
    [DAILY, error_body(429, "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests.")],
    ids=["account", "host"],
)
def test_daily_limit_resumes_at(body: object, headers: dict[str, str], resumes_at: datetime) -> None:
    """A daily limit resumes at the time that Zoom gives, or else at the next midnight UTC."""
    error = raised_by(response(429, body, headers))

    assert isinstance(error, DailyLimitReached | ResourceLimitReached)
    assert error.resumes_at == resumes_at
    assert "2026-03-19T00:00:00Z" in str(error)


def test_daily_limit_without_date() -> None:
    """Without a Date header, a daily limit resumes at the next midnight UTC of the local clock."""
    error = raised_by(response(429, DAILY))

    assert isinstance(error, DailyLimitReached)
    assert (error.resumes_at.hour, error.resumes_at.minute, error.resumes_at.tzinfo) == (0, 0, UTC)
    assert error.resumes_at > SERVER_TIME


def test_date_of_year_9999_is_ignored() -> None:
    error = raised_by(response(429, DAILY, {"Date": "9999-12-31T12:00:00Z"}))

    assert isinstance(error, DailyLimitReached)
    assert error.resumes_at.year < 9999
