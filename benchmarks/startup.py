"""The time from the start of a process until it can make its first call, or until ``zoomasync --help`` has ended.

Each program runs in processes of its own, in a new order in every round, with the bytecode of all modules in a cache
that an earlier round has filled. The dependencies are imported before the package, so that the difference to a process
that imports nothing else is the package's own cost. A part that is loaded when it is first used only moves its cost, so
the programs also use a namespace, and make a call.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from .bodies import MEETING_NUMBER, meeting
from .canned_server import canned_server
from .figures import Figure

DEPENDENCIES: Final = "import aiohttp, msgspec, anyio, aiolimiter"
CLIENT: Final = "from zoomasync import StaticToken, Zoom; zoom = Zoom(StaticToken('token'))"
PROGRAMS: Final = {
    "`import zoomasync`": "import zoomasync",
    "`from zoomasync import Zoom`": "from zoomasync import Zoom",
    "a client and its zoom.reports": f"{CLIENT}; zoom.reports",
    "a client and its zoom.meetings": f"{CLIENT}; zoom.meetings",
}
"""The programs that are compared with the dependencies alone."""
TARGETS: Final = {"`import zoomasync`": 30.0, "`from zoomasync import Zoom`": 30.0}
PATH: Final = f"/meetings/{MEETING_NUMBER}"
CALL: Final = f"""{DEPENDENCIES}
import asyncio, sys
from zoomasync import StaticToken, Zoom
async def main():
    async with Zoom(StaticToken("token"), base_url=sys.argv[1]) as zoom:
        assert (await zoom.meetings.get({MEETING_NUMBER})).id == {MEETING_NUMBER}
asyncio.run(main())
"""
BARE_CALL: Final = f"""{DEPENDENCIES}
import asyncio, sys
class Meeting(msgspec.Struct):
    id: int
async def main():
    async with aiohttp.ClientSession(headers={{"Authorization": "Bearer token"}}) as session:
        async with session.get(sys.argv[1] + "{PATH}") as response:
            assert msgspec.json.decode(await response.read(), type=Meeting).id == {MEETING_NUMBER}
asyncio.run(main())
"""


class Spent(NamedTuple):
    """The milliseconds of one process, from its start until its end: by the clock, and of the processor."""

    wall: float
    cpu: float


def spent_by(arguments: Sequence[str], *, cache: str) -> Spent:
    """Run Python with *arguments* and the bytecode in the folder *cache*, or in the usual ones, and return its time."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
    output = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    began = time.perf_counter()
    process = os.posix_spawn(sys.executable, [sys.executable, *arguments], environment, file_actions=output)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - began
    assert os.waitstatus_to_exitcode(status) == 0, f"python {' '.join(arguments)} has failed"
    return Spent(1e3 * wall, 1e3 * (usage.ru_utime + usage.ru_stime))


def in_turn(programs: Mapping[str, Sequence[str]], *, rounds: int) -> dict[str, list[Spent]]:
    """Return the time of each of *programs* in every round. A round runs all of them, in a new order."""
    order, names = random.Random(1), list(programs)  # noqa: S311  an order, not a secret
    spent: dict[str, list[Spent]] = {name: [] for name in names}
    with TemporaryDirectory(prefix="zoomasync-") as cache:
        for number in range(-1, rounds):  # the first round fills the cache
            order.shuffle(names)
            for name in names:
                taken = spent_by(programs[name], cache=cache)
                if number >= 0:
                    spent[name].append(taken)
    return spent


def measure(*, quick: bool = False) -> Iterator[Figure]:
    """Measure the help text, the imports, a namespace and the first call."""
    rounds = 4 if quick else 40
    with canned_server({PATH: meeting()}) as server:
        programs = {
            "help": ("-m", "zoomasync", "--help"),
            "dependencies": ("-c", DEPENDENCIES),
            "call": ("-c", CALL, server.url),
            "bare call": ("-c", BARE_CALL, server.url),
            **{name: ("-c", f"{DEPENDENCIES}; {code}") for name, code in PROGRAMS.items()},
        }
        spent = in_turn(programs, rounds=rounds)
    yield _help(spent["help"])
    for name in PROGRAMS:
        yield above(f"{name}, above its dependencies", spent[name], spent["dependencies"], TARGETS.get(name))
    yield above("a process that makes one call, above bare aiohttp + msgspec", spent["call"], spent["bare call"])


def _help(spent: Sequence[Spent]) -> Figure:
    low, _, high = quantiles((taken.wall for taken in spent), n=4)
    note = f"half of {len(spent)} from {low:.0f} to {high:.0f} ms; CPU {median(taken.cpu for taken in spent):.0f} ms"
    return Figure(
        name="`zoomasync --help`", value=median(taken.wall for taken in spent), unit="ms", at_most=250, note=note
    )


def above(name: str, spent: Sequence[Spent], floor: Sequence[Spent], target: float | None = None) -> Figure:
    """Return the median of what *spent* has more than *floor*, pair by pair."""
    pairs = list(zip(spent, floor, strict=True))
    wall = [taken.wall - least.wall for taken, least in pairs]
    low, _, high = quantiles(wall, n=4)
    cpu = median(taken.cpu - least.cpu for taken, least in pairs)
    note = (
        f"over {median(least.wall for least in floor):.0f} ms; half of {len(pairs)} pairs from {low:.0f} to {high:.0f} "
        f"ms; CPU {cpu:.0f} ms"
    )
    return Figure(name=name, value=median(wall), unit="ms", at_most=target, note=note)
