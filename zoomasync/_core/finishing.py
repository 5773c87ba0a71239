"""Work that ends before its caller does."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import anyio

T = TypeVar("T")


async def finish(work: asyncio.Future[T]) -> T:
    """Return the result of *work*. A cancelled caller waits for its end, too, and is cancelled then.

    A shield of anyio alone does not hold up a cancellation by asyncio, such as that of a timeout.
    """
    cancelled: asyncio.CancelledError | None = None
    with anyio.CancelScope(shield=True):
        while not work.done():
            try:
                await asyncio.wait([work])
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is not None:
        if not work.cancelled():
            work.exception()  # marks it as retrieved
        raise cancelled
    return work.result()
