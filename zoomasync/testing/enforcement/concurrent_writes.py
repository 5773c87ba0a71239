"""Simultaneous writes of the registrants of one meeting or webinar, of which Zoom rejects the later one."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

Target: TypeAlias = tuple[bool, str]
"""Whether it is a webinar, and its number as in the path."""


class ConcurrentWrites:
    """The writes in progress; each takes *seconds* after its change, before its response. 0 makes none simultaneous."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._targets: set[Target] = set()

    def in_progress(self, target: Target) -> bool:
        """Return whether a write of *target* is in progress."""
        return target in self._targets

    def begin(self, target: Target) -> None:
        """Begin a write of *target*, whose change has just been made."""
        if self._seconds:
            self._targets.add(target)

    async def finish(self, target: Target) -> None:
        """Wait for the end of a write of *target*."""
        if target in self._targets:
            try:
                await asyncio.sleep(self._seconds)
            finally:
                self._targets.discard(target)
