"""The rows that are lost when 5 % of the requests fail with an empty 503, the same requests for each program.

A meeting has two pages of participants. The peers do not repeat a request, so one that fails loses its meeting, unless
the caller repeats it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Final

from ..bodies import MEETING_NUMBER
from ..figures import Figure
from .libraries import ZOOMASYNC, Library
from .server import Behaviour, Server

FAILING: Final = 0.05


def figures(server: Server, peers: Sequence[Library], *, count: int) -> Iterator[Figure]:
    """Run *count* meetings with every library that is installed, in its usual way."""
    behaviour = Behaviour(failing=FAILING, pages=2)
    rows = count * behaviour.answer.visits
    for library in (ZOOMASYNC, *peers):
        name = f"Rows lost when 5 % of requests fail, {library.name}"
        if not library.versions:
            yield library.not_measured(name, "%")
            continue
        account = server.new_account(behaviour)
        with closing(library.program(account)) as program:
            answers = program.attendances(range(MEETING_NUMBER, MEETING_NUMBER + count))
        assert set(answers) <= {behaviour.answer, None}
        lost = answers.count(None) * behaviour.answer.visits
        counts = server.counts(account)
        note = f"{lost:,} of {rows:,} rows; {counts.failed} of {counts.requests:,} requests failed; {library.versions}"
        yield Figure(name=name, value=100 * lost / rows, unit="%", note=note)
