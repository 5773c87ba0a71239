"""Listings, page by page or row by row."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from ..errors import PagingLoop
from .decoding import InvalidRow
from .endpoint import Call
from .session import Session

ItemT = TypeVar("ItemT")
ItemT_co = TypeVar("ItemT_co", covariant=True)


class Page(Protocol[ItemT_co]):
    """One page of a listing: its rows, and the token of the next page (empty on the last)."""

    @property
    def items(self) -> Sequence[ItemT_co]:
        """The rows, in the order that Zoom gave."""
        ...

    @property
    def next_page_token(self) -> str:
        """What to ask the next page with; it lives 15 minutes."""
        ...


PageT = TypeVar("PageT", bound=Page[object])


class Paginator(Generic[PageT, ItemT]):
    """A listing that is fetched as it is read, one page at a time.

    ``async for row in paginator`` gives the rows of all pages; ``async for page in paginator.pages()`` gives the pages
    with their totals, and is quicker. Each loop starts a new listing. Nothing is fetched ahead and nothing is held
    between pages, so a loop may be left at any row.

    A page token lives 15 minutes: a slower loop ends in `PageTokenExpired`.
    """

    def __init__(self, session: Session, call: Call[PageT]) -> None:
        self._session = session
        self._call = call

    def __repr__(self) -> str:
        return f"<Paginator {self._call.name}>"

    async def pages(self, *, on_invalid_row: Callable[[InvalidRow], None] | None = None) -> AsyncGenerator[PageT, None]:
        """Iterate over the pages.

        A row that is not what the reference says raises `DecodeError`, which names it. With *on_invalid_row* it is left out
        of its page and shown to that instead, raw and with the reason, so that the other rows are not lost.

        Raises `PagingLoop` when a page token comes a second time.
        """
        call = self._call
        tokens: set[str] = set()
        while True:
            page = await self._session.send(call, on_invalid_row)
            yield page
            token = page.next_page_token
            if not token:
                return
            if token in tokens:
                raise PagingLoop(call.name, len(tokens) + 1)
            tokens.add(token)
            call = call.after(token)

    async def rows(self, *, on_invalid_row: Callable[[InvalidRow], None] | None = None) -> AsyncGenerator[ItemT, None]:
        """Iterate over the rows of all pages; *on_invalid_row* is as in `pages`."""
        async for page in self.pages(on_invalid_row=on_invalid_row):
            for row in page.items:
                yield row  # type: ignore[misc]  # pyright: ignore[reportReturnType]  ItemT is PageT's row: no type can say so

    def __aiter__(self) -> AsyncIterator[ItemT]:
        return self.rows()
