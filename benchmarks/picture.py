"""The picture in the README of requests per second, from a real run.

``python benchmarks/picture.py [FILE]`` runs one client of the Pro plan against a server in another process that
enforces the plan: a harvest that sends as fast as it is allowed to, and a service that makes a light call every half
second. The picture shows the requests of each label in every sliding second on arrival, with the limit, and the
duration of each call. Needs matplotlib (extra ``dev``).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from bisect import bisect_left
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import anyio
import matplotlib as mpl
from matplotlib import pyplot as plt

from zoomasync import Label, Plan, ServerToServer, Zoom

SECONDS = 12
COLOURS = {Label.HEAVY: "#b3261e", Label.MEDIUM: "#1a73e8", Label.LIGHT: "#188038"}
_SERVER = """
import asyncio, json, sys
from zoomasync import Plan
from zoomasync.testing import Account, FakeZoom

async def main():
    account = Account()
    meeting = account.add_meeting()
    async with FakeZoom(account, plan=Plan.PRO) as fake:
        auth = fake.credentials
        print(json.dumps([fake.base_url, fake.token_url, auth.account_id, auth.client_id, auth.client_secret,
                          meeting.id, meeting.host.id]), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        print(json.dumps([[r.label, r.at, r.status] for r in fake.requests if r.label]), flush=True)

asyncio.run(main())
"""


async def run() -> tuple[list[tuple[str, float, int]], list[tuple[str, float, float]]]:
    """Return the arrivals (label, time, status) and the calls (label, time, seconds)."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SERVER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**26
    )
    assert process.stdin
    assert process.stdout
    base_url, token_url, account, client, secret, meeting, host = json.loads(await process.stdout.readline())
    waits: list[tuple[str, float, float]] = []
    async with Zoom(ServerToServer(account, client, secret, token_url=token_url), base_url=base_url) as zoom:

        async def timed(label: Label, call: Callable[[], Awaitable[object]]) -> None:
            began = time.monotonic()
            await call()
            waits.append((label, began, time.monotonic() - began))

        async def keep(label: Label, call: Callable[[], Awaitable[object]], pause: float = 0) -> None:
            while True:
                await timed(label, call)
                await anyio.sleep(pause)

        today = date.today()  # noqa: DTZ011  any day
        daily = lambda: zoom.reports.daily(year=today.year, month=today.month).collect()  # noqa: E731
        upcoming = lambda: zoom.meetings.upcoming(host).collect()  # noqa: E731
        questions = lambda: zoom.meetings.registrants.questions(meeting)  # noqa: E731
        with anyio.move_on_after(SECONDS):
            async with anyio.create_task_group() as tasks:
                for _ in range(12):
                    tasks.start_soon(keep, Label.HEAVY, daily)
                for _ in range(8):
                    tasks.start_soon(keep, Label.MEDIUM, upcoming)
                tasks.start_soon(keep, Label.LIGHT, questions, 0.5)
    process.stdin.close()
    arrived = json.loads(await process.stdout.readline())
    await process.wait()
    return arrived, waits


def draw(arrived: list[tuple[str, float, int]], waits: list[tuple[str, float, float]], target: Path) -> None:
    """Draw both into *target*."""
    mpl.rcParams.update({"font.size": 9, "svg.hashsalt": "zoomasync", "svg.fonttype": "none"})
    start = min(at for _, at, _ in arrived)
    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 4.6), sharex=True, height_ratios=[3, 2])
    for label, colour in COLOURS.items():
        moments = sorted(at - start for kind, at, _ in arrived if kind == label)
        held = [bisect_left(moments, at + 1e-9) - bisect_left(moments, at - 1) for at in moments]
        above.step(moments, held, where="post", color=colour, label=f"{label}, limit {Plan.PRO.rate(label):g}/s")
        above.axhline(Plan.PRO.rate(label), color=colour, linestyle=":", linewidth=1)
        mine = [(at - start, seconds) for kind, at, seconds in waits if kind == label]
        below.plot(*zip(*mine, strict=True), ".", color=colour, markersize=3)
    rejected = sum(status == 429 for _, _, status in arrived)  # noqa: PLR2004
    above.set_title(
        f"Requests in the last second as they arrived: {len(arrived)} sent, {rejected} answered with 429", loc="left"
    )
    above.legend(loc="upper right", bbox_to_anchor=(1.0, 0.9), frameon=False, ncols=3)
    above.set_ylim(top=34)
    below.set_title("Duration of each call, with its wait (s)", loc="left")
    below.set_xlabel("seconds from a cold start")
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_ylim(bottom=0)
    figure.tight_layout()
    figure.savefig(target, metadata={"Date": None} if target.suffix == ".svg" else None)  # pyright: ignore[reportUnknownMemberType]  matplotlib


if __name__ == "__main__":
    draw(*asyncio.run(run()), Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures/rate_limits.svg"))
