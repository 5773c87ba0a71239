"""The harvest: rows per second into a store, the memory of a million rows, and its use of the rate limit.

- Pages of 300 participants are decoded and written to a store from 32 partitions at a time, without HTTP. A ticker of
  one millisecond measures the longest stall of the event loop.
- The partitions of the default reports of 100,000 listed meetings are added to a store, and then again, as every later
  run does.
- A million rows go through a whole harvest, and through one loop over a listing, from a server in another process.
- 500 reports are fetched at 80 ms per response and 40 requests per second, after they were listed.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..figures import Figure
from . import children, makespan, memory, store


def measure(*, quick: bool = False) -> Iterator[Figure]:
    """Measure the store, the memory and the makespan."""
    yield from store.measure(meetings=40 if quick else 340, rounds=1 if quick else 5)
    yield from children.measure(instances=5_000 if quick else 100_000, rounds=1 if quick else 3)
    yield from memory.measure(meetings=10 if quick else 334)
    yield from makespan.measure(instances=80 if quick else 500, rounds=1 if quick else 3)
