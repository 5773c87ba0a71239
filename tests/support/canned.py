"""The part of aioresponses that tests use, with types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from yarl import URL


class CannedRequest(Protocol):
    @property
    def kwargs(self) -> Mapping[str, Mapping[str, str]]: ...


class Canned(Protocol):
    def get(
        self, url: str, *, status: int = 200, payload: object = None, headers: Mapping[str, str] | None = None
    ) -> None: ...

    @property
    def requests(self) -> Mapping[tuple[str, URL], Sequence[CannedRequest]]: ...
