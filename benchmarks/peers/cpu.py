"""The processor time of each peer over that of zoomasync, for a page of participants and for a meeting.

All programs run in one process, in pairs and in a new order in each round. No connection is encrypted: those of Zoom
cost more, and most peers open one for each request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from statistics import median
from typing import Final

from ..bodies import MEETING_NUMBER
from ..canned_server import CannedServer
from ..figures import Figure
from ..machine import paired, ratio
from ..overhead import UNCONTENDED
from .job import CANNED_ATTENDANCE, TOPIC, Account
from .libraries import ZOOMASYNC, Library
from .programs import Program

PAGE: Final = "page"
OBJECT: Final = "object of 1 KB"


def figures(server: CannedServer, peers: Sequence[Library], *, rounds: int, calls: int) -> Iterator[Figure]:
    """Measure the page and the object with every library that is installed."""
    with ExitStack() as stack:
        account = Account(server.url, UNCONTENDED)
        programs = {
            _key(library, way): stack.enter_context(closing(program(account)))
            for library in (ZOOMASYNC, *peers)
            if library.versions
            for way, program in library.programs.items()
        }
        for kind in (PAGE, OBJECT):
            works = {key: partial(_run, kind, program, calls) for key, program in programs.items()}
            paired(works, rounds=1)
            taken = paired(works, rounds=rounds)
            for peer in peers:
                yield _figure(kind, peer, taken, calls, server.name)


def _figure(kind: str, peer: Library, taken: dict[str, list[float]], calls: int, server: str) -> Figure:
    name = f"CPU per {kind}, {peer.name} over zoomasync"
    if not peer.versions:
        return peer.not_measured(name, "x")
    ours, theirs = taken[_key(ZOOMASYNC, ZOOMASYNC.way)], taken[_key(peer, peer.way)]
    value, spread = ratio(theirs, ours)
    micros = [1e6 * median(seconds) / calls for seconds in (theirs, ours)]
    remarks = [
        f"{micros[0]:.0f} µs over {micros[1]:.0f} µs in {peer.way}",
        *(f"{way} {ratio(taken[_key(peer, way)], ours)[0]:.2f} x" for way in peer.programs if way != peer.way),
        f"{peer.versions}: {peer.participants if kind == PAGE else peer.meeting}, {peer.remark}",
        spread,
        f"against {server}",
    ]
    return Figure(name=name, value=value, unit="x", note="; ".join(remarks))


def _key(library: Library, way: str) -> str:
    return f"{library.name}, {way}"


def _run(kind: str, program: Program, calls: int) -> None:
    """Ask for one meeting so many times, and check every answer."""
    meetings = [MEETING_NUMBER] * calls
    if kind == PAGE:
        assert program.attendances(meetings) == [CANNED_ATTENDANCE] * calls
    else:
        assert program.topics(meetings) == [TOPIC] * calls
