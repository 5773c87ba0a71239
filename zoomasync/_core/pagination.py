"""Async generator paginators: listings, page by page or row by row."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Generic, Protocol, TypeVar

from ..errors import InvalidArgument, PagingLoop
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


PageT = TypeVar("PageT", bound=Page[object])


class Paginator(Generic[PageT, RowT]):
    """A listing that is fetched page by page while it is read.

    ``async for row in paginator`` yields the rows of all pages. ``async for page in paginator.pages()`` yields the
    pages with their totals. Each loop fetches the listing anew. Nothing is fetched ahead, and nothing is held between
    two pages, so that a loop can end at any row.

    A page token is valid for 15 minutes: a slower loop raises `PageTokenExpired`. A listing that repeats a page token
    raises `PagingLoop`.
    """

    def __init__(self, fetch_page: Callable[[str], Awaitable[PageT]], name: str) -> None:
        """Paginate the listing *name*; *fetch_page* returns the page of a token, the first one for an empty token."""
        self._fetch_page = fetch_page
        self._name = name

    def __repr__(self) -> str:
        return f"<Paginator {self._name}>"

    async def pages(self) -> AsyncGenerator[PageT, None]:
        """Iterate over the pages."""
        tokens = {""}
        token = ""
        while True:
            page = await self._fetch_page(token)
            yield page
            token = page.next_page_token
            if not token:
                return
            if token in tokens:
                raise PagingLoop(self._name, len(tokens))
            tokens.add(token)

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


def paginate(session: Session, call: Call[PageT]) -> Paginator[PageT, RowT]:  # pyright: ignore[reportInvalidTypeVarUse]  the caller's annotation gives RowT
    """Return the paginator of *call*, whose pages *session* sends."""

    async def fetch_page(token: str) -> PageT:
        return await session.send(call.with_page_token(token) if token else call)

    return Paginator(fetch_page, call.name)
