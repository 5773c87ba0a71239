"""The pictures of measurements in the documentation, which `draw_all` draws.

``rate_limits.svg`` comes from a run of its own: one client of the Pro plan, and a server in another process that
enforces the plan. A harvest sends as fast as it is allowed to, and a service makes a light call every half second. The
picture shows the requests of each label in every sliding second on arrival, with the limit, and the duration of each
call. ``cost.svg`` shows the processor time of the peers, from the figures of a run. Needs matplotlib (extra ``dev``).
"""

# pyright: reportUnknownMemberType=false
# Some types of matplotlib are incomplete.

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import matplotlib as mpl
from matplotlib.figure import Figure as Drawing

from zoomasync import Label, Plan, Zoom

from .enforcer import Enforcer, Received, enforcers
from .figures import Figure, Run

PICTURES: Final = Path(__file__).parents[1] / "docs" / "pictures"
SECONDS: Final = 12.0
COLOURS: Final = {Label.HEAVY: "#b3261e", Label.MEDIUM: "#1a73e8", Label.LIGHT: "#188038"}
OWN, OTHERS = "#1a73e8", "#9aa0a6"


@dataclass(frozen=True, slots=True)
class Made:
    """A call that was made: its label, when it began, and the *seconds* that it took, with its wait."""

    label: Label
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Service:
    """The requests that the server of a service and a harvest *received*, and the calls that both made."""

    received: list[Received]
    calls: list[Made] = field(default_factory=list[Made])


def draw_all(run: Run) -> None:
    """Draw the figures of *run*, and a run of twelve seconds on the Pro plan."""
    draw_cost(run, PICTURES / "cost.svg")
    with enforcers([Plan.PRO]) as (server,):
        calls = asyncio.run(make_calls(server, SECONDS))
        draw_rate_limits(Service(server.received(), calls), PICTURES / "rate_limits.svg")


async def make_calls(server: Enforcer, seconds: float) -> list[Made]:
    """Harvest and serve for so many *seconds*, and return the calls."""
    calls: list[Made] = []

    async def keep(label: Label, call: Callable[[], Awaitable[object]], pause: float = 0) -> None:
        while True:
            began = time.monotonic()
            await call()
            calls.append(Made(label, began, time.monotonic() - began))
            await anyio.sleep(pause)

    async with Zoom(server.auth, plan=Plan.PRO, base_url=server.base_url) as zoom:
        (user,) = await zoom.users.list().collect()
        assert user.id
        today = date.today()  # noqa: DTZ011  any day
        with anyio.move_on_after(seconds):
            async with anyio.create_task_group() as tasks:
                for _ in range(12):
                    tasks.start_soon(keep, Label.HEAVY, zoom.reports.daily(year=today.year, month=today.month).collect)
                for _ in range(8):
                    tasks.start_soon(keep, Label.MEDIUM, zoom.users.list().collect)
                tasks.start_soon(keep, Label.LIGHT, partial(zoom.users.get, user.id), 0.5)
    return calls


def draw_rate_limits(service: Service, target: Path) -> None:
    """Draw the requests and the calls of *service* into *target*."""
    start = min(request.at for request in service.received)
    drawing = _drawing(4.6)
    above, below = drawing.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    for label, colour in COLOURS.items():
        limit = Plan.PRO.rate(label)
        times = sorted(request.at - start for request in service.received if request.label == label)
        within = [bisect_left(times, at + 1e-9) - bisect_left(times, at - 1) for at in times]
        above.step(times, within, where="post", color=colour, label=f"{label}, limit {limit:g}/s")
        above.axhline(limit, color=colour, linestyle=":", linewidth=1)
        calls = [call for call in service.calls if call.label == label]
        seconds = [call.seconds for call in calls]
        below.plot([call.at - start for call in calls], seconds, ".", color=colour, markersize=3)
    rejected = sum(request.is_rejected for request in service.received)
    above.set_title(
        f"Requests in the last second, as they arrived: {len(service.received)} in all, {rejected} with status 429",
        loc="left",
    )
    above.legend(loc="upper right", bbox_to_anchor=(1.0, 0.9), frameon=False, ncols=3)
    above.set_ylim(top=34)
    below.set_title("Duration of each call, with its wait (s)", loc="left")
    below.set_xlabel("seconds from a cold start")
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_ylim(bottom=0)
    _save(drawing, target)


def costs(run: Run) -> list[tuple[str, float]]:
    """Return the CPU per page over that of zoomasync, by program and in order, as far as *run* has measured it."""
    found = [("zoomasync", 1.0)]
    for figure in _pages(run.figures.get("overhead", ())):
        found += [("bare aiohttp + msgspec", 1 / figure.value)] if figure.value else []
    for figure in _pages(run.figures.get("peers", ())):
        name = figure.name.partition(", ")[2].removesuffix(" over zoomasync")
        found += [(name, figure.value)] if figure.value and figure.unit == "x" else []
    return sorted(found, key=lambda each: each[1])


def _pages(figures: Sequence[Figure]) -> list[Figure]:
    """Return those of *figures* that are the CPU of a page."""
    return [figure for figure in figures if figure.name.startswith("CPU") and "page" in figure.name]


def draw_cost(run: Run, target: Path) -> None:
    """Draw the CPU per page of each program in *run* into *target*."""
    names, values = zip(*costs(run), strict=True)
    drawing = _drawing(0.6 + 0.3 * len(names))
    axes = drawing.subplots()
    bars = axes.barh(names, values, color=[OWN if name == "zoomasync" else OTHERS for name in names], height=0.6)
    axes.bar_label(bars, labels=[f"{value:.2g}x" for value in values], padding=4)
    axes.set_title(f"CPU per page of 300 rows, compared with zoomasync ({run.day})", loc="left")
    axes.invert_yaxis()  # the least at the top
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.tick_params(left=False, bottom=False, labelbottom=False)
    _save(drawing, target)


def _drawing(height: float) -> Drawing:
    """Return an empty drawing of this *height* in inches. Texts stay texts, and the same data give the same file."""
    mpl.rcParams.update({"font.size": 9, "svg.hashsalt": "zoomasync", "svg.fonttype": "none"})
    return Drawing(figsize=(8, height))


def _save(drawing: Drawing, target: Path) -> None:
    drawing.tight_layout()
    drawing.savefig(target, metadata={"Date": None})
