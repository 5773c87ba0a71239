from __future__ import annotations

import gc
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import in_virtual_time
from support.memory import LIST_ROWS, MemoryTransport, Row, RowPage, answering, open_session, response

from zoomasync import InvalidRow, Label, Paginator
from zoomasync._core.call_options import CallOptions
from zoomasync._core.endpoint import Call
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.pagination import next_number, paginate
from zoomasync.errors import DecodeError, PageTokenExpired, PagingLoop
from zoomasync.types import Endpoint


def _query(request: HttpRequest) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.url).query))


class Listing:
    """A listing of *pages* whose page tokens contain characters that need quoting."""

    def __init__(self, pages: Sequence[Sequence[int]], *, call: Call[RowPage] | None = None) -> None:
        self._pages = pages
        self.transport = MemoryTransport(self._respond)
        self.rows: Paginator[RowPage, Row] = paginate(open_session(self.transport), call or LIST_ROWS.at())

    async def _respond(self, request: HttpRequest) -> HttpResponse:
        number = int(_query(request).get("next_page_token", "=&0+").strip("=&+"))
        last = number + 1 >= len(self._pages)
        rows = [{"number": row} for row in self._pages[number]]
        return response(200, {"rows": rows, "next_page_token": "" if last else f"=&{number + 1}+"})


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=4), min_size=1, max_size=6), st.integers(0, 5))
@in_virtual_time
async def test_rows_keep_order(pages: list[list[int]], empty: int) -> None:
    """All rows are returned in order, also with two *empty* pages, and with rows that repeat."""
    pages = [[*page, number] for number, page in enumerate(pages)]
    pages[empty:empty] = [[], []]
    listing = Listing(pages)

    rows = [row.number async for row in listing.rows]

    assert rows == [row for page in pages for row in page]
    assert len(listing.transport.requests) == len(pages)


@in_virtual_time
async def test_pages_keep_boundaries() -> None:
    listing = Listing([[1, 2], [], [3]])

    pages = [[row.number for row in page.items] async for page in listing.rows.pages()]

    assert pages == [[1, 2], [], [3]]


@in_virtual_time
async def test_pages_repeat_filters() -> None:
    listing = Listing([[1], [2], [3]], call=LIST_ROWS.at(from_="2026-03-01", status="active"))

    async for _ in listing.rows:
        pass

    filters = {"from": "2026-03-01", "status": "active", "page_size": "300"}
    assert [_query(request) for request in listing.transport.requests] == [
        filters,
        {**filters, "next_page_token": "=&1+"},
        {**filters, "next_page_token": "=&2+"},
    ]


@in_virtual_time
async def test_break_ends_requests() -> None:
    listing = Listing([[1, 2], [3], [4]])

    async for row in listing.rows:
        if row.number == 2:
            break
    await anyio.sleep(60)

    assert len(listing.transport.requests) == 1


@in_virtual_time
async def test_next_page_is_lazy() -> None:
    """A page is requested only when all rows before it were read."""
    listing = Listing([[1, 2], [3]])
    rows = aiter(listing.rows)

    await anext(rows)
    await anext(rows)
    assert len(listing.transport.requests) == 1
    await anext(rows)
    assert len(listing.transport.requests) == 2


@in_virtual_time
async def test_loop_after_break_is_complete() -> None:
    """A loop that was left early does not disturb a later one, also after garbage collection."""
    listing = Listing([[1, 2], [3]])

    with anyio.fail_after(5):
        async for _ in listing.rows:
            break
    gc.collect()
    await anyio.sleep(10)

    assert [row.number async for row in listing.rows] == [1, 2, 3]


@in_virtual_time
async def test_each_loop_lists_again() -> None:
    listing = Listing([[1], [2]])

    assert [row.number async for row in listing.rows] == [row.number async for row in listing.rows]
    assert len(listing.transport.requests) == 4


@in_virtual_time
async def test_listing_starts_at_token() -> None:
    listing = Listing([[1], [2], [3]], call=LIST_ROWS.at(next_page_token="=&1+"))

    assert [row.number async for row in listing.rows] == [2, 3]


@pytest.mark.parametrize("tokens", ["aa", "abcb", "abca"])
@in_virtual_time
async def test_repeated_token_raises(tokens: str) -> None:
    pages = [response(200, {"rows": [{"number": 1}], "next_page_token": token}) for token in tokens]
    transport = MemoryTransport(answering(*pages))
    listing: Paginator[RowPage, Row] = paginate(open_session(transport), LIST_ROWS.at())
    rows = aiter(listing)

    assert [await anext(rows) for _ in tokens] == [Row(1)] * len(tokens)
    with pytest.raises(PagingLoop) as caught:
        await anext(rows)

    assert caught.value.pages == len(transport.requests) == len(tokens)
    assert "repeats an earlier page token" in str(caught.value)


EMPTY: list[int] = []
A, B, C, D, E = [1], [2, 3], [4], [5], [6]


def endless(*cycle: list[int], start: Sequence[list[int]] = ()) -> list[list[int]]:
    """Return many pages, which repeat *cycle* after those of *start*. `Listing` gives each a new token."""
    return [*start, *cycle * 200]


@pytest.mark.parametrize(
    ("pages", "read", "reason"),
    [
        pytest.param(endless([]), 3, "third empty page", id="empty pages"),
        pytest.param(endless([], start=[A, [], B]), 6, "third empty page", id="empty pages after rows"),
        pytest.param(endless(A), 4, "repeats the rows", id="one row"),
        pytest.param(endless(list(range(300))), 4, "repeats the rows", id="one full page"),
        pytest.param(endless(B, start=[A]), 6, "repeats the rows", id="the second page"),
        pytest.param(endless(A, []), 7, "repeats the rows", id="every second page empty"),
        pytest.param(endless([], [], A), 12, "repeats the rows", id="two of three pages empty"),
        pytest.param(endless(A, B), 7, "repeats the rows", id="two pages"),
        pytest.param(endless(A, B, C), 12, "repeats the rows", id="three pages"),
        pytest.param(endless(C, D, E, start=[A, B]), 12, "repeats the rows", id="three pages after two"),
        pytest.param(endless(A, A, B, B), 11, "repeats the rows", id="each of two pages twice"),
        pytest.param(endless(*([n] for n in range(50))), 213, "repeats the rows", id="fifty pages"),
    ],
)
@in_virtual_time
async def test_endless_listing_raises(pages: list[list[int]], read: int, reason: str) -> None:
    """A listing whose pages are empty or repeat ends, although each page has a new token."""
    listing = Listing(pages)

    with pytest.raises(PagingLoop, match=reason) as caught:
        await listing.rows.collect()

    assert caught.value.pages == len(listing.transport.requests) == read


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([[], [], A], id="two empty pages first"),
        pytest.param([A, [], [], B, [], [], C, [], []], id="two empty pages at a time"),
        pytest.param([A, A, B, B, C, C, A, A], id="each page twice"),
        pytest.param([A, A, A, B, B, B, C, C, C], id="each page three times"),
        pytest.param([A, B, A, C, D, A, E, A], id="one page often"),
        pytest.param([A, A, A, A], id="the last page repeats"),
        pytest.param([EMPTY, EMPTY, EMPTY], id="the last page is empty"),
        pytest.param([[number // 2] for number in range(400)], id="four hundred pages"),
    ],
)
@in_virtual_time
async def test_finite_listing_is_complete(pages: list[list[int]]) -> None:
    """Empty and equal pages of a listing that ends are read to the end."""
    assert [row.number async for row in Listing(pages).rows] == [row for page in pages for row in page]


class InvalidListing:
    """A listing with a new token on each page, whose page number *n* has one row, which is invalid: the text *n*."""

    def __init__(self, pages: int, *, equal: bool) -> None:
        self._pages = pages
        self._equal = equal
        self.invalid_rows: list[InvalidRow] = []
        session = open_session(MemoryTransport(self._respond))
        session = session.with_options(CallOptions(on_invalid_row=self.invalid_rows.append))
        self.rows: Paginator[RowPage, Row] = paginate(session, LIST_ROWS.at())

    async def _respond(self, request: HttpRequest) -> HttpResponse:
        number = int(_query(request).get("next_page_token", "0")) + 1
        row = {"number": "text" if self._equal else f"text {number}"}
        return response(200, {"rows": [row], "next_page_token": str(number) if number < self._pages else ""})


@in_virtual_time
async def test_page_of_invalid_rows_is_not_empty() -> None:
    """Pages whose rows were all left out as invalid are not taken for empty pages."""
    listing = InvalidListing(9, equal=False)

    assert await listing.rows.collect() == []
    assert len(listing.invalid_rows) == 9


@in_virtual_time
async def test_equal_invalid_rows_raise() -> None:
    """Invalid rows that repeat from page to page end the listing as valid rows do."""
    listing = InvalidListing(99, equal=True)

    with pytest.raises(PagingLoop, match="repeats the rows"):
        await listing.rows.collect()
    assert len(listing.invalid_rows) == 4


class NumberedPage(RowPage, frozen=True, kw_only=True):
    page_number: int | None = None
    page_count: int | None = None


LIST_NUMBERED = Endpoint(route="GET /rows", label=Label.HEAVY, response=NumberedPage, page_size=300)


class NumberedListing:
    """A listing that responds with *pages* in turn; page *n* has the row *n*, from 1."""

    def __init__(self, *pages: dict[str, object], by_token: bool = False) -> None:
        bodies = [{"rows": [{"number": number}], **page} for number, page in enumerate(pages, start=1)]
        self.transport = MemoryTransport(answering(*(response(200, body) for body in bodies)))
        self.rows: Paginator[NumberedPage, Row] = paginate(
            open_session(self.transport), LIST_NUMBERED.at(status="active"), None if by_token else next_number
        )

    @property
    def positions(self) -> list[str]:
        """The page number or token of each request, which has no other new parameter."""
        queries = [_query(request) for request in self.transport.requests]
        assert all(query.pop("status") == "active" and query.pop("page_size") == "300" for query in queries)
        return [" ".join(f"{name} {value}" for name, value in query.items()) for query in queries]


@pytest.mark.parametrize(
    ("pages", "positions"),
    [
        pytest.param([{"page_number": 1}], [""], id="no count"),
        pytest.param([{"page_count": 0, "page_number": 1}], [""], id="empty listing"),
        pytest.param([{"page_count": 1, "page_number": 0}], [""], id="one page, number 0"),
        pytest.param(
            [{"page_count": 3, "page_number": number} for number in (1, 2, 3)],
            ["", "page_number 2", "page_number 3"],
            id="numbers",
        ),
        pytest.param([{"page_count": 2}, {"page_count": 2}], ["", "page_number 2"], id="counts only"),
        pytest.param(
            [{"page_count": 2}, {"page_count": 3}, {"page_number": 3}],
            ["", "page_number 2", "page_number 3"],
            id="it grows",
        ),
        pytest.param([{"page_count": 3}, {"page_count": 2}], ["", "page_number 2"], id="it shrinks"),
        pytest.param(
            [{"page_count": 2, "page_number": 1, "next_page_token": "t"}, {"page_count": 2, "page_number": 1}],
            ["", "next_page_token t"],
            id="tokens, and the number is always 1",
        ),
        pytest.param(
            [{"page_count": 3, "next_page_token": "t"}, {"page_count": 3, "next_page_token": "u"}, {"page_count": 4}],
            ["", "next_page_token t", "next_page_token u"],
            id="tokens before counts",
        ),
        pytest.param(
            [{"page_count": 3}, {"page_count": 3, "next_page_token": "t"}, {"page_count": 3}],
            ["", "page_number 2", "next_page_token t"],
            id="a number, then a token",
        ),
    ],
)
@in_virtual_time
async def test_numbered_listing_is_complete(pages: list[dict[str, object]], positions: list[str]) -> None:
    """A listing is read by its page tokens if it has any, and else by numbers up to its count."""
    listing = NumberedListing(*pages)

    assert [row.number async for row in listing.rows] == list(range(1, len(pages) + 1))
    assert listing.positions == positions


@pytest.mark.parametrize(
    ("pages", "read"),
    [
        pytest.param([{"page_count": 9, "page_number": 1}] * 9, 2, id="always the first page"),
        pytest.param([{"page_count": 2, "page_number": 1}] * 2, 2, id="the first page is sent as the last"),
        pytest.param([{"page_count": 5}, {"page_count": 5, "page_number": 5}], 2, id="a page is skipped"),
    ],
)
@in_virtual_time
async def test_other_page_number_raises(pages: list[dict[str, object]], read: int) -> None:
    """A page that is not the requested one neither ends the listing silently nor repeats it for ever."""
    listing = NumberedListing(*pages)

    with pytest.raises(PagingLoop, match="repeats an earlier page number") as caught:
        await listing.rows.collect()

    assert caught.value.pages == len(listing.transport.requests) == read


@in_virtual_time
async def test_numbers_are_not_read_unasked() -> None:
    """A listing that is documented with page tokens ends without one, as its counts may be wrong."""
    listing = NumberedListing({"page_count": 2, "page_number": 1}, by_token=True)

    assert len(await listing.rows.collect()) == len(listing.transport.requests) == 1


@in_virtual_time
async def test_expired_page_token_raises() -> None:
    expired = response(400, {"code": 300, "message": "The next page token is invalid or expired."})
    transport = MemoryTransport(answering(response(200, {"rows": [{"number": 1}], "next_page_token": "t"}), expired))
    listing: Paginator[RowPage, Row] = paginate(open_session(transport), LIST_ROWS.at())
    rows = aiter(listing)

    assert await anext(rows) == Row(1)
    with pytest.raises(PageTokenExpired):
        await anext(rows)


@in_virtual_time
async def test_invalid_row_fails_page() -> None:
    """Without on_invalid_row, one invalid row raises before any row of its page is yielded."""
    transport = MemoryTransport(answering(response(200, {"rows": [{"number": 1}, {"number": "x"}]})))

    with pytest.raises(DecodeError, match=r"\$\.rows\[1\]\.number"):
        await anext(paginate(open_session(transport), LIST_ROWS.at()).pages())


@in_virtual_time
async def test_paginator_repr_is_route() -> None:
    assert repr(Listing([[1]], call=LIST_ROWS.at(key="jill@example.com")).rows) == "<Paginator GET /rows>"
