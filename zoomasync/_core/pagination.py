"""Async generator paginators: listings, page by page or row by row."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Generic, Protocol, TypeAlias, TypeVar

from ..errors import InvalidArgument, PagingLoop
from .decoding import InvalidRow
from .endpoint import Call
from .session import Session

RowT = TypeVar("RowT")
RowT_co = TypeVar("RowT_co", covariant=True)


class Page(Protocol[RowT_co]):
    """One page of a listing."""

    @property
    def items(self) -> Sequence[RowT_co]:
        """The rows, in Zoom's order."""
        ...

    @property
    def next_page_token(self) -> str:
        """The token of the next page, valid for 15 minutes; empty on the last page."""
        ...


class Numbered(Protocol):
    """The place of a page in a listing, as Zoom states it or not."""

    @property
    def page_number(self) -> int | None:
        """The number of the page, from 1."""
        ...

    @property
    def page_count(self) -> int | None:
        """The number of pages of the listing."""
        ...


PageT = TypeVar("PageT", bound=Page[object])

Position: TypeAlias = str | int
"""The position of a page in its listing: a page token, a page number, or the empty string for the first page."""


class Paginator(Generic[PageT, RowT]):
    """A listing that is fetched page by page while it is read.

    ``async for row in paginator`` yields the rows of all pages. ``async for page in paginator.pages()`` yields the
    pages with their totals. Each loop fetches the listing anew. Nothing is fetched ahead, and nothing is held between
    two pages, so that a loop can end at any row.

    A page token is valid for 15 minutes: a slower loop raises `PageTokenExpired`.

    A listing that would never end raises `PagingLoop` after its last page was read. It has more pages, and

    - its page token or number repeats an earlier one, or
    - the page is the third empty one in a row, or
    - its rows are those of an earlier page for the third time, as in A A A A or A B A B A B A. Fewer repeats are
      accepted, since equal rows may be real. Empty pages do not count here.

    Rows that were left out as invalid count as rows. Zoom's totals are not used, since they change while a listing is
    read; only a listing without page tokens ends at its number of pages.
    """

    def __init__(
        self,
        fetch_page: Callable[[Position, list[InvalidRow]], Awaitable[PageT]],
        name: str,
        next_number: Callable[[PageT, Position], int] | None = None,
    ) -> None:
        """Paginate the listing *name*.

        *fetch_page* returns the page at a position, and appends the invalid rows that the page lacks to a list.
        *next_number* returns the number of the page after one without a page token, or 0 for none.
        """
        self._fetch_page = fetch_page
        self._name = name
        self._next_number = next_number

    def __repr__(self) -> str:
        return f"<Paginator {self._name}>"

    async def pages(self) -> AsyncGenerator[PageT, None]:
        """Iterate over the pages."""
        loop: _LoopDetector | None = None
        position: Position = ""
        while True:
            invalid_rows: list[InvalidRow] = []
            page = await self._fetch_page(position, invalid_rows)
            yield page
            number = self._next_number(page, position) if self._next_number else 0
            position = page.next_page_token or number
            if not position:
                return
            loop = loop or _LoopDetector()  # most listings have one page
            if (reason := loop.reason_to_end(position, page.items, invalid_rows)) is not None:
                raise PagingLoop(self._name, loop.pages, reason)

    async def rows(self) -> AsyncGenerator[RowT, None]:
        """Iterate over the rows of all pages."""
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                for row in page.items:
                    yield row  # type: ignore[misc]  # pyright: ignore[reportReturnType]  RowT is the row of PageT, which no annotation can express

    def __aiter__(self) -> AsyncIterator[RowT]:
        return self.rows()

    async def first(self) -> RowT | None:
        """Return the first row, or None when the listing is empty. Fetches no more pages than that takes."""
        async with aclosing(self.rows()) as rows:
            return await anext(rows, None)

    async def collect(self, *, limit: int | None = None) -> list[RowT]:
        """Return all rows, or the first *limit* rows. Fetches no more pages than that takes."""
        if limit is not None and limit < 0:
            raise InvalidArgument("limit must be 0 or more")
        collected: list[RowT] = []
        if limit == 0:
            return collected
        async with aclosing(self.rows()) as rows:
            async for row in rows:
                collected.append(row)
                if len(collected) == limit:
                    break
        return collected


class _LoopDetector:
    """The detector of a listing that would never end, by the rules of `Paginator`. It keeps the rows of one page.

    It replaces that page after 1, 2, 4, 8 … other pages in a row, so that it finds a loop of any length.
    """

    def __init__(self) -> None:
        self.pages = 0
        self._positions: set[Position] = {""}
        self._empty_pages = 0
        self._kept: object = None
        self._repeats = 0
        self._other_pages = 0
        self._most_other_pages: int = 1

    def reason_to_end(
        self, position: Position, rows: Sequence[object], invalid_rows: Sequence[InvalidRow]
    ) -> str | None:
        """Return the reason why the listing would never end after a page of *rows* that leads to *position*."""
        self.pages += 1
        if position in self._positions:
            return f"repeats an earlier page {'number' if isinstance(position, int) else 'token'}"
        self._positions.add(position)
        if not rows and not invalid_rows:
            self._empty_pages += 1
            return "is the third empty page in a row" if self._empty_pages == _EMPTY_PAGES else None
        self._empty_pages = 0
        return "repeats the rows of earlier pages" if self._is_repeated((rows, invalid_rows)) else None

    def _is_repeated(self, page: object) -> bool:
        self._other_pages += 1
        if page == self._kept:
            self._other_pages = 0
            self._repeats += 1
        elif self._other_pages == self._most_other_pages:
            self._kept = page
            self._other_pages = self._repeats = 0
            self._most_other_pages *= 2
        return self._repeats == _REPEATED_PAGES


_EMPTY_PAGES = 3
_REPEATED_PAGES = 3


class _Chain(Paginator[PageT, RowT]):
    """Several listings, read one after the other."""

    def __init__(self, listings: Sequence[Paginator[PageT, RowT]]) -> None:
        super().__init__(listings[0]._fetch_page, listings[0]._name)  # noqa: SLF001  the same class
        self._listings = listings

    async def pages(self) -> AsyncGenerator[PageT, None]:
        for listing in self._listings:
            async with aclosing(listing.pages()) as pages:
                async for page in pages:
                    yield page


def chain(listings: Sequence[Paginator[PageT, RowT]]) -> Paginator[PageT, RowT]:
    """Return a paginator of all rows of *listings*, one listing after the other."""
    return _Chain(listings) if len(listings) > 1 else listings[0]


def next_number(page: Numbered, position: Position) -> int:
    """Return the number of the page after *page*, which lies at *position*, or 0 for none.

    A listing that has led to a page token is read by tokens: its last page has none, and may have any number.
    """
    if isinstance(position, str) and position:
        return 0
    number = int(position or 1)
    if number > 1 and page.page_number not in {None, number}:
        return number  # Zoom did not send the page that was requested, so this repeats an earlier number
    return number + 1 if number < (page.page_count or 0) else 0


def paginate(
    session: Session, call: Call[PageT], next_number: Callable[[PageT, Position], int] | None = None
) -> Paginator[PageT, RowT]:  # pyright: ignore[reportInvalidTypeVarUse]  the caller's annotation gives RowT
    """Return the paginator of *call*, whose pages *session* sends.

    *next_number* is for a listing that may have page numbers instead of page tokens.
    """

    async def fetch_page(position: Position, invalid_rows: list[InvalidRow]) -> PageT:
        view = session.with_invalid_rows(invalid_rows)
        return await view.send(call.at_page(position) if position else call)

    return Paginator(fetch_page, call.name, next_number)
