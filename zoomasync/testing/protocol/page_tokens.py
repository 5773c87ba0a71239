"""Pages and the tokens that lead from one to the next."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from ..handlers.instance_rows import Row
from . import query as _query
from .errors import stale_page_token
from .query import Query

T = TypeVar("T")

_DEFAULT_SIZE: Final = 30
_MOST: Final = 300
_Listing = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class _Bookmark:
    listing: _Listing
    start: int
    dies_at: float


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a listing, with what the reports tell about the whole."""

    rows: list[Row]
    size: int
    number: int
    total: int
    next_page_token: str

    def envelope(self) -> Row:
        """Return what every paged reply tells."""
        return {"next_page_token": self.next_page_token, "page_size": self.size}

    def totals(self) -> Row:
        """Return what most paged replies tell besides; an empty listing is one empty page."""
        return {"page_count": max(-(-self.total // self.size), 1), "total_records": self.total}


class Pager:
    """Cuts listings into pages, and knows every token it gave out.

    A token is good for its own path and parameters, as often as it is sent, for *lifetime* seconds. A `page_size` over
    *cap* is cut to it without a word.
    """

    def __init__(self, clock: Callable[[], float], *, cap: int, lifetime: float) -> None:
        self._clock = clock
        self._cap = cap
        self._lifetime = lifetime
        self._bookmarks: dict[str, _Bookmark] = {}

    def page(self, path: str, query: Query, items: Sequence[T], row: Callable[[T], Row]) -> Page:
        """Return the page that *query* asks for, or refuse its token."""
        size = min(_query.whole(query, "page_size", default=_DEFAULT_SIZE, least=1, most=_MOST), self._cap)
        number = _query.whole(query, "page_number", default=1, least=1, most=10**9)
        listing = _listing(path, query)
        token = query.get("next_page_token")
        start = self._start(token, listing) if token else (number - 1) * size
        end = start + size
        return Page(
            rows=[row(item) for item in items[start:end]],
            size=size,
            number=start // size + 1,
            total=len(items),
            next_page_token=self._bookmark(listing, end) if end < len(items) else "",
        )

    def expire(self) -> None:
        """Make every token given out so far unknown."""
        self._bookmarks.clear()

    def _start(self, token: str, listing: _Listing) -> int:
        bookmark = self._bookmarks.get(token)
        if bookmark is None or bookmark.listing != listing or bookmark.dies_at <= self._clock():
            raise stale_page_token()
        return bookmark.start

    def _bookmark(self, listing: _Listing, start: int) -> str:
        token = secrets.token_urlsafe(18)
        self._bookmarks[token] = _Bookmark(listing, start, self._clock() + self._lifetime)
        return token


def _listing(path: str, query: Mapping[str, str]) -> _Listing:
    return path, frozenset(item for item in query.items() if item[0] != "next_page_token")
