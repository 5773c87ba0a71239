"""Counts of function calls, which a busy machine does not change."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def counted_calls() -> Generator[Counter[str], None, None]:
    """Count the calls in the block, by module and name of the function: ``zoomasync._core.session.Session.send``.

    A coroutine counts once for each time that it runs. All functions that are not written in Python count as "C".
    """
    calls = Counter[str]()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            calls[f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_qualname}"] += 1
        elif event == "c_call":
            calls["C"] += 1

    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def calls_of(package: str, calls: Counter[str]) -> int:
    """Return the number of *calls* of functions of *package*."""
    return sum(number for name, number in calls.items() if name.startswith(f"{package}."))
