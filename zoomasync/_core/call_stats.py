"""Counts of the requests of a client."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class CallStats:
    """Counts of one route: *calls* of all attempts to send, *retries* of those after the first, *throttled* of 429s."""

    calls: int = 0
    retries: int = 0
    throttled: int = 0
