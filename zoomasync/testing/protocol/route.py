"""One operation of the API as the fake serves it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ..._label import Label
from ..handlers.instance_rows import Row
from .request import FakeRequest
from .schema import Fields

TOKEN_ROUTE: Final = "POST /oauth/token"  # noqa: S105 - a route


@dataclass(frozen=True)
class Route:
    """One operation as Zoom prints it, such as `GET /meetings/{meetingId}/polls/{pollId}`.

    *handler* returns the body of the response, or None for a 204; *status* is that of a response with a body. A route
    without a handler is not in the reference, and has scripted responses only. *parameters* are the names of the query
    parameters, and *body* is the shape of the request body.
    """

    template: str
    label: Label
    handler: Callable[[FakeRequest], Row | None] | None = None
    parameters: frozenset[str] = frozenset()
    body: Fields | None = None
    status: int = 200

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.template.partition(" ")[0]

    def match(self, path: str) -> tuple[str, ...] | None:
        """Return the segments of *path* that fill the placeholders, in order, or None for another path."""
        match = self._pattern.fullmatch(path)
        return match and match.groups()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(self.template.partition(" ")[2])))
