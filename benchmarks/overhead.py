"""The processor time of a typed call over that of bare aiohttp.

The bare program is aiohttp as an expert tunes it: a connection pool without cookies, a URL that is encoded already,
constant headers, `read` and the same msgspec decoder. It has no limiter, no retries and no checks. Both run in one
process, in pairs and in a new order each time, with 16 calls at once. The server, in another process, has canned
bodies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from statistics import median
from typing import Final

import aiohttp
import msgspec
from yarl import URL

from zoomasync import Plan, StaticToken, Zoom
from zoomasync.models.instance_reports import ReportParticipantsPage
from zoomasync.models.meetings import Meeting

from .bodies import MEETING_NUMBER, meeting, participants_page
from .canned_server import canned_server
from .figures import Figure
from .machine import paired, ratio
from .processes import SPAWN

AT_ONCE: Final = 16
PROGRAMS: Final = ("typed", "bare")
PAGE, OBJECT = f"/report/meetings/{MEETING_NUMBER}/participants", f"/meetings/{MEETING_NUMBER}"
UNCONTENDED: Final = Plan(light=1_000_000, medium=1_000_000, heavy=1_000_000)  # a permit is free at each moment
TARGETS: Final = {"page": 1.10, "object": 1.20}
GATES: Final = {"page": 1.30, "object": 1.70}
NAMES: Final = {"page": "page of 300 rows (98 KB)", "object": "object of 1 KB"}


class Bare:
    """The calls of the bare program."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._headers = {"Authorization": "Bearer token", "Accept": "application/json", "User-Agent": "bare"}
        self._page = msgspec.json.Decoder(ReportParticipantsPage)
        self._object = msgspec.json.Decoder(Meeting)
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def page(self) -> None:
        """Fetch the page."""
        url = URL(f"{self._base_url}/report/meetings/{MEETING_NUMBER}/participants?page_size=300", encoded=True)
        async with self._session.get(url, headers=self._headers) as response:
            response.raise_for_status()
            assert len(self._page.decode(await response.read()).items) == 300  # noqa: PLR2004

    async def object(self) -> None:
        """Fetch the object."""
        url = URL(f"{self._base_url}/meetings/{MEETING_NUMBER}", encoded=True)
        async with self._session.get(url, headers=self._headers) as response:
            response.raise_for_status()
            assert self._object.decode(await response.read()).id == MEETING_NUMBER

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()


class Typed:
    """The calls of a client."""

    def __init__(self, zoom: Zoom) -> None:
        self._zoom = zoom

    async def page(self) -> None:
        """Fetch the page."""
        async for page in self._zoom.reports.meeting_participants(MEETING_NUMBER).pages():
            assert len(page.items) == 300  # noqa: PLR2004

    async def object(self) -> None:
        """Fetch the object."""
        assert (await self._zoom.meetings.get(MEETING_NUMBER)).id == MEETING_NUMBER


async def repeat(call: Callable[[], Awaitable[None]], times: int) -> None:
    """Make *call* so many times, with `AT_ONCE` tasks."""
    left = iter(range(times))

    async def work() -> None:
        for _ in left:
            await call()

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


def measure(*, quick: bool = False) -> Iterator[Figure]:
    """Measure the page and the object, in several processes: their memory differs, and with it the ratio."""
    processes, rounds, calls = (3, 8, 200) if quick else (9, 12, 500)
    bodies = {PAGE: participants_page(), OBJECT: meeting()}
    with (
        canned_server(bodies) as server,
        ProcessPoolExecutor(max_workers=1, mp_context=SPAWN, max_tasks_per_child=1) as pool,
    ):
        for kind, target in TARGETS.items():
            runs = [pool.submit(_paired, server.url, kind, rounds, calls).result() for _ in range(processes)]
            ratios = [ratio(taken["typed"], taken["bare"])[0] for taken in runs]
            micros = {
                name: 1e6 * median(seconds for taken in runs for seconds in taken[name]) / calls for name in PROGRAMS
            }
            yield Figure(
                name=f"CPU of a typed call over bare aiohttp + msgspec, {NAMES[kind]}",
                value=median(ratios),
                unit="x",
                at_most=target,
                gate=GATES[kind],
                note=(
                    f"{micros['typed']:.0f} µs over {micros['bare']:.0f} µs; {processes} processes with {rounds} pairs "
                    f"each: {min(ratios):.2f} to {max(ratios):.2f}; against {server.name}"
                ),
            )


def _paired(url: str, kind: str, rounds: int, calls: int) -> dict[str, list[float]]:
    """Return the CPU seconds of so many *calls* by each program in every round."""
    with asyncio.Runner() as runner:
        zoom = runner.run(Zoom(StaticToken("token"), plan=UNCONTENDED, base_url=url).__aenter__())
        bare = runner.run(_open(url))
        works = {
            name: partial(_run, runner, getattr(calls_of, kind), calls)
            for name, calls_of in zip(PROGRAMS, (Typed(zoom), bare), strict=True)
        }
        paired(works, rounds=2)
        taken = paired(works, rounds=rounds)
        runner.run(zoom.aclose())
        runner.run(bare.aclose())
    return taken


def _run(runner: asyncio.Runner, call: Callable[[], Awaitable[None]], times: int) -> None:
    runner.run(repeat(call, times))


async def _open(url: str) -> Bare:
    return Bare(url)
