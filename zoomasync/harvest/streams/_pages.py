"""Functions that turn the responses of endpoints into rows."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec import Struct

from ...types import Api
from ._stream import Days, Fetch, PageRows

if TYPE_CHECKING:
    from ..tasks import PartitionTask

ReportT = TypeVar("ReportT", bound=Struct)


class ListingPage(Protocol):
    """A page of a listing. It may also have the fields ``from_``, ``to`` and ``total_records``."""

    @property
    def items(self) -> Sequence[Struct]:
        """The rows of the page."""
        ...


class Listing(Protocol):
    """A paginator of any pages."""

    def pages(self) -> AsyncGenerator[ListingPage, None]:
        """Iterate over the pages."""
        ...


def page_rows(page: ListingPage, requested: Days | None = None) -> PageRows:
    """Return the rows of one *page* of a listing, of the range *requested* if it is not that of the partition."""
    from_, to = getattr(page, "from_", None), getattr(page, "to", None)
    days = None if from_ is None or to is None else (from_, to)
    return PageRows([(row,) for row in page.items], getattr(page, "total_records", None), days, requested)


def listing(paginate: Callable[[Api, PartitionTask], Listing]) -> Fetch:
    """Return the function that fetches a listing, which *paginate* starts."""

    async def fetch(zoom: Api, task: PartitionTask) -> AsyncGenerator[PageRows, None]:
        async for page in paginate(zoom, task).pages():
            yield page_rows(page)

    return fetch


def report(
    get: Callable[[Api, str], Awaitable[ReportT]], rows: Callable[[ReportT], Sequence[Struct]] | None = None
) -> Fetch:
    """Return the function that fetches one report of an instance: one row, or *rows*, each beside the report."""

    async def fetch(zoom: Api, task: PartitionTask) -> AsyncGenerator[PageRows, None]:
        found = await get(zoom, task.parent_key)
        yield PageRows([(found,)] if rows is None else [(found, row) for row in rows(found)])

    return fetch
