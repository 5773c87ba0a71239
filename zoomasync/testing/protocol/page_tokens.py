"""Pages of listings, and the tokens that lead from one page to the next."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, TypeVar

from ..handlers.instance_rows import Row
from . import query as _query
from .query import Query
from .responses import ErrorResponse

T = TypeVar("T")

_DEFAULT_SIZE: Final = 30
PageRepeat: TypeAlias = Literal["empty", "equal", "same_token"]
"""The kinds of an endless listing: empty or equal pages with a new token each, or a token that repeats."""
_Listing = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a listing, with the counts of the whole listing."""

    rows: list[Row]
    size: int
    number: int
    total: int
    next_page_token: str

    def envelope(self) -> Row:
        """Return the fields that every paged response has."""
        return {"next_page_token": self.next_page_token, "page_size": self.size}

    def totals(self) -> Row:
        """Return the counts that most paged responses have too; an empty listing counts as one page."""
        return {"page_count": max(-(-self.total // self.size), 1), "total_records": self.total}

    def numbered_envelope(self) -> Row:
        """Return the fields of a response that also has the counts and the number of the page."""
        return {**self.envelope(), **self.totals(), "page_number": self.number}


class PageTokens:
    """The page tokens of one account, and the pages that they stand for.

    A token is valid for its own path and parameters, any number of times, for *lifetime* seconds. A `page_size` above
    *cap* is lowered to it without an error, as Zoom does.
    """

    def __init__(self, clock: Callable[[], float], *, cap: int, lifetime: float) -> None:
        self._clock = clock
        self._cap = cap
        self._lifetime = lifetime
        self._issued: dict[str, tuple[_Listing, int, float]] = {}
        """The listing, the number of the first row, and the time of expiry of each token."""

    def page(
        self,
        path: str,
        query: Query,
        items: Sequence[T],
        row: Callable[[T], Row],
        repeat: PageRepeat | None = None,
        *,
        largest: int = 300,
    ) -> Page:
        """Return the page of *items* that *query* requests, or raise the error for an invalid token.

        The largest `page_size` is *largest*. With *repeat*, the page is followed by itself.
        """
        size = min(_query.integer(query, "page_size", default=_DEFAULT_SIZE, minimum=1, maximum=largest), self._cap)
        number = _query.integer(query, "page_number", default=1, minimum=1, maximum=10**9)
        listing = path, frozenset(item for item in query.items() if item[0] != "next_page_token")
        token = query.get("next_page_token")
        start = self._start(token, listing) if token else (number - 1) * size
        end = start + size
        if repeat is not None:
            following = token if token and repeat == "same_token" else self._issue(listing, start)
        else:
            following = self._issue(listing, end) if end < len(items) else ""
        return Page(
            rows=[] if repeat == "empty" else [row(item) for item in items[start:end]],
            size=size,
            number=start // size + 1,
            total=len(items),
            next_page_token=following,
        )

    def expire(self) -> None:
        """Expire every token issued so far."""
        self._issued.clear()

    def _start(self, token: str, listing: _Listing) -> int:
        issued_for, start, expires_at = self._issued.get(token, (None, 0, 0.0))
        if issued_for != listing or expires_at <= self._clock():
            raise ErrorResponse(400, 300, "The next page token is invalid or expired.")
        return start

    def _issue(self, listing: _Listing, start: int) -> str:
        token = secrets.token_urlsafe(18)
        self._issued[token] = listing, start, self._clock() + self._lifetime
        return token
