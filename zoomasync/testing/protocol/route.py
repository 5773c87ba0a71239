"""One operation of the API as the fake serves it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from ..._label import Label
from ..handlers.instance_rows import Row
from ..reference.operations import Operation
from .request import FakeRequest

TOKEN_ROUTE: Final = "POST /oauth/token"  # noqa: S105 - a route

Handler: TypeAlias = Callable[[FakeRequest], Row | None]
"""A function that returns the body of the response, or None for an empty one."""


@dataclass(frozen=True)
class Route:
    """One operation and its *handler*; an operation outside the reference has none, and scripted responses only."""

    operation: Operation
    handler: Handler | None = None

    @property
    def template(self) -> str:
        """The operation as Zoom prints it, such as `GET /meetings/{meetingId}/polls/{pollId}`."""
        return self.operation.route

    @property
    def label(self) -> Label:
        """The rate-limit label."""
        return Label(self.operation.label)

    def match(self, path: str) -> tuple[str, ...] | None:
        """Return the segments of *path* that fill the placeholders, in order, or None for another path."""
        match = self._pattern.fullmatch(path)
        return match and match.groups()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(self.template.partition(" ")[2])))
