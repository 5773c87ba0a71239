"""The makespan of 500 meetings at the limits of the plan Pro, the 429s that it causes, and the meetings that it loses.

The participants of past meetings have the label Medium, which the plan Pro limits to 20 requests per second. The server
responds after 80 ms. The peers know no limits and do not repeat a request after a 429, so a short makespan means that
most meetings are lost. The loops over one meeting after the other run at the same time, since they wait mostly.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Final, NamedTuple

from zoomasync import Plan

from ..bodies import MEETING_NUMBER
from ..figures import Figure
from .libraries import ONE_BY_ONE, ZOOMASYNC, Library
from .server import Behaviour, Server

BEHAVIOUR: Final = Behaviour(plan=Plan.PRO, latency=0.08)


class Outcome(NamedTuple):
    """The seconds of a run, the 429s that it caused, and the meetings without an answer."""

    seconds: float
    rejected: int
    lost: int


def figures(server: Server, peers: Sequence[Library], *, count: int) -> Iterator[Figure]:
    """Run *count* meetings with every library that is installed, in each of its ways."""
    for library in (ZOOMASYNC, *peers):
        names = [f"{of} of {count} meetings at Pro limits, {library.name}" for of in ("Makespan", "429s", "Losses")]
        if library.versions:
            outcome = _run(server, library, library.way, count)
            yield _makespan(names[0], outcome, library.way, count)
            yield Figure(name=names[1], value=outcome.rejected, unit="responses", note=library.versions)
            yield Figure(name=names[2], value=outcome.lost, unit="meetings", note=library.versions)
        else:
            for name, unit in zip(names, ("s", "responses", "meetings"), strict=True):
                yield library.not_measured(name, unit)
    loops = [peer for peer in peers if peer.versions and ONE_BY_ONE in peer.programs]
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(_run, server, peer, ONE_BY_ONE, count) for peer in loops]
    for peer, run in zip(loops, runs, strict=True):
        name = f"Makespan of {count} meetings at Pro limits, {peer.name} {ONE_BY_ONE}"
        yield _makespan(name, run.result(), "a loop", count)


def _run(server: Server, library: Library, way: str, count: int) -> Outcome:
    account = server.new_account(BEHAVIOUR)
    with closing(library.programs[way](account)) as program:
        began = time.perf_counter()
        answers = program.attendances(range(MEETING_NUMBER, MEETING_NUMBER + count))
        seconds = time.perf_counter() - began
    assert set(answers) <= {BEHAVIOUR.answer, None}
    return Outcome(seconds, server.counts(account).rejected, answers.count(None))


def _makespan(name: str, outcome: Outcome, way: str, count: int) -> Figure:
    least = (count - 1) / Plan.PRO.medium + BEHAVIOUR.latency
    note = f"{way}; {outcome.rejected} 429s, {outcome.lost} of {count} meetings lost; all need {least:.1f} s or more"
    return Figure(name=name, value=outcome.seconds, unit="s", note=note)
