"""Base structs of the pages of a listing. Each page has its rows in ``items``."""

from __future__ import annotations

from msgspec import Struct


class TokenPage(Struct, frozen=True, kw_only=True):
    """A page with the token of the next one, which is empty on the last page, and with its size in rows."""

    next_page_token: str = ""
    page_size: int | None = None


class CountedPage(TokenPage, frozen=True, kw_only=True):
    """A page that may also state the number of pages and rows of the listing."""

    page_count: int | None = None
    total_records: int | None = None


class SinglePage(Struct, frozen=True, kw_only=True):
    """The only page of a listing that Zoom sends in one response."""

    @property
    def next_page_token(self) -> str:
        """The empty string: there is no next page."""
        return ""


class NumberedPage(CountedPage, frozen=True, kw_only=True):
    """A page that may also state its number, from the time before page tokens."""

    page_number: int | None = None
