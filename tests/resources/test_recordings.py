"""`zoom.recordings` against the fake server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

import pytest

from zoomasync import Zoom
from zoomasync.errors import InvalidArgument
from zoomasync.testing import FakeZoom

LISTINGS: Final[dict[str, Callable[[Zoom, date | None, date | None], object]]] = {
    "list": lambda zoom, from_, to: zoom.recordings.list("me", from_=from_, to=to),
    "analytics_details": lambda zoom, from_, to: zoom.recordings.analytics_details(1, from_=from_, to=to),
    "analytics_summary": lambda zoom, from_, to: zoom.recordings.analytics_summary(1, from_=from_, to=to),
}


@pytest.mark.parametrize("method", LISTINGS)
@pytest.mark.parametrize(
    ("from_", "to", "message"),
    [
        (date(2026, 5, 2), date(2026, 5, 1), "after"),
        (date(2026, 5, 1), date(2026, 6, 1), "more than 31 days"),
        (None, datetime(2026, 5, 1, tzinfo=UTC), "takes a date"),
    ],
    ids=["reversed", "over-31-days", "datetime"],
)
async def test_invalid_range_raises(
    method: str, from_: date | None, to: date | None, message: str, zoom: Zoom, fake: FakeZoom
) -> None:
    """An invalid range raises before a request is sent."""
    with pytest.raises(InvalidArgument, match=message):
        LISTINGS[method](zoom, from_, to)

    assert fake.requests == ()


@pytest.mark.parametrize("method", LISTINGS)
@pytest.mark.parametrize(
    ("from_", "to"), [(date(2026, 5, 1), date(2026, 5, 31)), (date(2026, 5, 1), None), (None, None)]
)
async def test_range_of_a_month(method: str, from_: date | None, to: date | None, zoom: Zoom) -> None:
    """A range may span a month, and may lack its ends."""
    assert LISTINGS[method](zoom, from_, to)


@pytest.mark.parametrize("ttl", [-1, 604_801])
async def test_invalid_ttl_raises(ttl: int, zoom: Zoom, fake: FakeZoom) -> None:
    with pytest.raises(InvalidArgument, match="ttl"):
        await zoom.recordings.get(1, include_fields="download_access_token", ttl=ttl)

    assert fake.requests == ()
