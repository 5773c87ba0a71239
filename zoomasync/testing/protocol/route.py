"""One operation, and how its path is read."""

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

    *body* is what it takes and *status* what a success with content has; an answer of None is a 204.
    """

    template: str
    label: Label
    answer: Callable[[FakeRequest], Row | None]
    parameters: frozenset[str] = frozenset()
    body: Fields | None = None
    status: int = 200

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.template.partition(" ")[0]

    def match(self, path: str) -> tuple[str, ...] | None:
        """Return what stands for the placeholders in *path*, in order, or None when it does not match."""
        found = self._pattern.fullmatch(path)
        return found and found.groups()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{\w+\}", "([^/]+)", self.template.partition(" ")[2]))
