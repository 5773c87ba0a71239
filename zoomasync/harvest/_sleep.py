"""A sleep until a moment by Zoom's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import anyio

_LONGEST_SLEEP = 60.0
_SHORTEST_SLEEP = 1.0


async def sleep_until(moment: datetime, now: Callable[[], datetime]) -> None:
    """Sleep until *now* returns *moment* or a later time, and at least one second.

    It asks for the time once per minute, since the machine may be suspended meanwhile.
    """
    await anyio.sleep(_SHORTEST_SLEEP)  # if the moment is past, a caller that tries again must not do so in a loop
    while (left := (moment - now()).total_seconds()) > 0:  # noqa: ASYNC110  a clock has no event
        await anyio.sleep(min(left, _LONGEST_SLEEP))
