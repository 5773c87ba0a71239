"""Times in response headers: HTTP dates, ISO 8601, and text that is neither."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from zoomasync._core.http_dates import parse_http_date, parse_time

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["Wed, 18 Mar 2026 12:00:00 GMT", "Wed, 18 Mar 2026 14:00:00 +0200", "18 Mar 2026 12:00:00 -0000"]
)
def test_http_date(text: str) -> None:
    assert parse_http_date(text) == parse_time(text) == NOON


@pytest.mark.parametrize("text", ["2026-03-18T12:00:00Z", "2026-03-18T14:00:00+02:00", "2026-03-18T12:00:00"])
def test_iso_time_is_no_http_date(text: str) -> None:
    assert parse_time(text) == NOON
    assert parse_http_date(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "Wed, 18 Mar 1999 12:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Mon, 15 Jun 99999999999999999999 12:00:00 GMT",
        "Mon, 15 Jun 2026 12:00:00 +9999",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:59:59-02:00",
        "3000-01-01T00:00:00Z",
    ],
)
def test_unusable_time(text: str) -> None:
    """A year in which arithmetic could overflow is as unusable as text without a time."""
    assert parse_time(text) is None
    assert parse_http_date(text) is None
