"""The last request that a fake server received, for assertions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from zoomasync.testing import FakeZoom


def last_request(fake: FakeZoom) -> tuple[str, Mapping[str, str]]:
    """Return the method with the raw path, and the query, of the last request."""
    request = fake.requests[-1]
    return f"{request.method} {request.raw_path}", request.query


def last_body(fake: FakeZoom) -> dict[str, object]:
    """Return the decoded body of the last request with a body."""
    bodies = [request.body for request in fake.requests if request.body is not None]
    return cast("dict[str, object]", bodies[-1])
