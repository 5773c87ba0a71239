"""The copy of a desired list in the spool."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from dataclasses import replace
from typing import Final, TypeVar

import msgspec
from anyio.lowlevel import checkpoint

from ..models import NewRegistrant
from . import _checks
from ._spool import Spool
from .desired import DesiredList, DesiredPerson, DesiredRow, RejectedRow

T = TypeVar("T")

_BLOCK: Final = 200


async def stage(spool: Spool, no: int, desired: DesiredList) -> bool:
    """Copy the list to the spool; return whether all its addresses are readable.

    The person of a rejected row without a readable address could be anyone.
    """
    readable, block, first = not desired.unreadable, list[DesiredPerson | RejectedRow](), 0
    async for row in each_of(desired.people):
        person = _checked(row)
        readable = readable and (isinstance(person, DesiredPerson) or _checks.is_address(person.email))
        block.append(person)
        if len(block) == _BLOCK:
            spool.add_desired(no, block, first)
            first += len(block)
            block.clear()
            await checkpoint()
    spool.add_desired(no, block, first)
    return readable


async def each_of(values: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    """Iterate over *values*, which may be asynchronous or not."""
    if isinstance(values, AsyncIterable):
        async for value in values:
            yield value
    else:
        for value in values:
            yield value


def _checked(row: DesiredRow) -> DesiredPerson | RejectedRow:
    """Return *row* as a person, or as a rejected row if it has no address or cannot be sent to Zoom."""
    person = DesiredPerson(registrant=row) if isinstance(row, NewRegistrant) else row
    try:
        msgspec.convert(msgspec.json.decode(msgspec.json.encode(person)), type(person))
    except (msgspec.MsgspecError, TypeError, ValueError):
        return RejectedRow(row=person.row, reason="a value of the row cannot be sent to Zoom as text")
    if isinstance(person, RejectedRow):
        return replace(person, reason=person.reason or "the row describes no person")
    if not _checks.is_address(person.registrant.email):
        return RejectedRow(row=person.row, reason="the e-mail address is not valid")
    return person
