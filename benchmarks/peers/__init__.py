"""The same job on zoomasync and on its peers, with the same answers checked, each as its users would write it.

The job asks for the attendance of past meetings, or for the topics of meetings. The synchronous libraries run it in a
pool of 16 threads, the asynchronous ones in 16 tasks. No program adds retries or limits of its own: it counts a meeting
as lost if the library raises an error. ``pip install zoomasync[peers]`` installs the peers.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..canned_server import canned_server
from ..figures import Figure
from . import cpu, losses, makespan
from .job import canned_bodies
from .libraries import PEERS
from .server import running

__all__ = ["measure"]


def measure(*, quick: bool = False) -> Iterator[Figure]:
    """Measure the processor time, the makespan and the losses of zoomasync and its peers."""
    rounds, calls = (3, 12) if quick else (20, 64)
    with canned_server(canned_bodies()) as canned:
        yield from cpu.figures(canned, PEERS, rounds=rounds, calls=calls)
    with running() as server:
        yield from makespan.figures(server, PEERS, count=22 if quick else 500)
        yield from losses.figures(server, PEERS, count=30 if quick else 500)
