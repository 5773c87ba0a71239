"""The pictures of commands in the documentation, from real runs on simulated accounts.

``python docs/pictures/draw.py`` writes the SVG files of a plan for registrants, of a harvest and of its status, and the
PNG file of its HTML report. Needs the extras ``cli`` and ``report``, and Chromium.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

import anyio
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from zoomasync.models import NewRegistrant
from zoomasync.sync import DesiredList, RegistrantSync, SyncPolicy, SyncTarget
from zoomasync.testing import Account, FakeZoom

FOLDER = Path(__file__).parent
REPORT_SIZE = (1100, 950)
# Without the addresses of other hosts.
_TEMPLATE = re.sub(r"@font-face \{\{.*?\n    \}\}|<!--.*?-->", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
_NO_PERMISSION = {"code": 200, "message": "Only available for Paid or ZMP account."}


def people(first: int, last: int) -> list[tuple[str, str, str]]:
    """Return the addresses, first and last names of numbered people."""
    return [(f"guest{number}@lakeside.example", "Guest", str(number)) for number in range(first, last + 1)]


async def draw_plan(folder: Path) -> None:
    """Draw the plan for a list that differs from the registrants of two webinars and a meeting."""
    account = Account()
    launch, course = (account.add_meeting(type=5, topic=topic) for topic in ("Launch", "Course"))
    round_table = account.add_meeting(topic="Round table", approval_type=1)
    async with FakeZoom(account, plan=None) as fake, fake.client() as zoom:
        earlier = [
            DesiredList(
                SyncTarget("webinar" if meeting.is_webinar else "meeting", meeting.id),
                [NewRegistrant(email=email, first_name=one, last_name=two) for email, one, two in people(1, number)],
            )
            for meeting, number in ((launch, 220), (course, 64), (round_table, 12))
        ]
        journal = folder / "journal.sqlite"
        async with (
            RegistrantSync(zoom, policy=SyncPolicy(list_delay=0), journal=journal) as sync,
            (await sync.plan(earlier)).apply() as outcomes,
        ):
            async for _ in outcomes:
                pass
        rows = ["webinar_id,meeting_id,email,first_name,last_name,status"]
        for meeting, first, last in ((launch, 5, 240), (course, 30, 70), (round_table, 1, 14)):
            kind = f"{meeting.id}," if meeting.is_webinar else f",{meeting.id}"
            rows += [f"{kind},{','.join(person)},Booked" for person in people(first, last)]
        rows += [
            f"{launch.id},,guest2@lakeside.example,Guest,2,Refunded",
            f"{launch.id},,{launch.host.email},Ada,Host,Booked",
            f"{course.id},,guest77@lakeside.example,,,Booked",
        ]
        (folder / "people.csv").write_text("\n".join(rows), encoding="utf-8")
        command = "zoomasync registrants plan people.csv --on-absent cancel --cancel-when Refunded"
        output = await output_of(command, "--journal", str(journal), folder=folder, fake=fake, columns=108)
    progress = ("targets planned", "\u2501")
    lines = [line for line in output.splitlines() if not any(text in line for text in progress)]
    draw("plan", command, "\n".join(lines), columns=108)


async def draw_harvest(folder: Path) -> None:
    """Draw a harvest of an account that lacks a feature and sends one 429, its status, and its report."""
    async with FakeZoom(Account.simulated(7), plan=None) as fake:
        fake.throttle("reports.meeting_participants", on_request=20)
        fake.respond("reports.webinar_survey", status=400, body=_NO_PERMISSION, times=100)
        command = "zoomasync harvest --plan business"
        output = await output_of(command, folder=folder, fake=fake, columns=127)
        # Of the progress, a terminal shows the last state.
        draw("harvest", command, re.sub(r"\x1b\[2K", "", re.sub(r"[^\n]*\r", "", output)), columns=127)
        command = "zoomasync status harvest.sqlite"
        draw("status", command, await output_of(command, folder=folder, fake=fake, columns=116), columns=116)
        await output_of("zoomasync report harvest.sqlite", folder=folder, fake=fake, columns=116)
    width, height = REPORT_SIZE
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    picture = [
        f"--window-size={width},{height}",
        f"--screenshot={FOLDER / 'report.png'}",
        "--hide-scrollbars",
        "--virtual-time-budget=10000",
    ]
    report = (folder / "harvest.sqlite.html").as_uri()
    await anyio.run_process(["chromium", *options, *picture, report], stderr=subprocess.DEVNULL)


async def output_of(command: str, *options: str, folder: Path, fake: FakeZoom, columns: int) -> str:
    """Return what *command* prints on a terminal of so many *columns*."""
    settings = {
        "ZOOM_BASE_URL": fake.base_url,
        "ZOOM_TOKEN_URL": fake.token_url,
        "ZOOM_ACCOUNT_ID": fake.credentials.account_id,
        "ZOOM_CLIENT_ID": fake.credentials.client_id,
        "ZOOM_CLIENT_SECRET": fake.credentials.client_secret,
        "FORCE_COLOR": "1",
        "COLUMNS": str(columns),
    }
    done = await anyio.run_process(
        [sys.executable, "-m", *command.split(), *options], cwd=folder, env={**os.environ, **settings}, check=False
    )
    return done.stdout.decode()


def draw(name: str, command: str, text: str, *, columns: int) -> None:
    """Write *text*, with the colours of a terminal, as an SVG file."""
    console = Console(record=True, width=columns, file=StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "green"), command))
    console.print(Text.from_ansi(text.strip("\n")))
    svg = console.export_svg(title="zoomasync", code_format=_TEMPLATE, unique_id=name)
    lines = (line.rstrip() for line in svg.splitlines() if line.strip())
    (FOLDER / f"{name}.svg").write_text("\n".join(lines) + "\n", encoding="utf-8")


async def main() -> None:
    """Draw all pictures."""
    with tempfile.TemporaryDirectory() as folder:
        await draw_plan(Path(folder))
        await draw_harvest(Path(folder))


if __name__ == "__main__":
    asyncio.run(main())
