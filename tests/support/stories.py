"""What a story looks at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from zoomasync.testing import FakeZoom


def seen(fake: FakeZoom) -> tuple[str, Mapping[str, str]]:
    """Return the last request as the server saw it: method and raw path, and the query."""
    request = fake.requests[-1]
    return f"{request.method} {request.raw_path}", request.query


def sent(fake: FakeZoom) -> dict[str, object]:
    """Return the body of the last request that had one, as the server decoded it."""
    bodies = [request.body for request in fake.requests if request.body is not None]
    return cast("dict[str, object]", bodies[-1])
