"""The picture in the README of a plan for registrants, from a real run.

``python docs/plan_picture.py [FILE]`` runs the command against a simulated account of two webinars and a meeting, and
draws its output as a terminal. Needs the extra ``cli``.
"""

from __future__ import annotations

import asyncio
import os
import re
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

COLUMNS = 108
COMMAND = "zoomasync registrants plan people.csv --on-absent cancel --cancel-when Refunded"
# Without the addresses of other hosts.
_TEMPLATE = re.sub(r"@font-face \{\{.*?\n    \}\}|<!--.*?-->", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def people(first: int, last: int) -> list[tuple[str, str, str]]:
    """Return the addresses, first and last names of numbered people."""
    return [(f"guest{number}@lakeside.example", "Guest", str(number)) for number in range(first, last + 1)]


async def output() -> str:
    """Return what the command prints for a list that differs from the registrants."""
    account = Account()
    launch, course = (account.add_meeting(type=5, topic=topic) for topic in ("Launch", "Course"))
    round_table = account.add_meeting(topic="Round table", approval_type=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with FakeZoom(account, plan=None) as fake, fake.client() as zoom:
            earlier = [
                DesiredList(
                    SyncTarget("webinar" if meeting.is_webinar else "meeting", meeting.id),
                    [
                        NewRegistrant(email=email, first_name=one, last_name=two)
                        for email, one, two in people(1, number)
                    ],
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
            settings = {
                "ZOOM_BASE_URL": fake.base_url,
                "ZOOM_TOKEN_URL": fake.token_url,
                "ZOOM_ACCOUNT_ID": fake.credentials.account_id,
                "ZOOM_CLIENT_ID": fake.credentials.client_id,
                "ZOOM_CLIENT_SECRET": fake.credentials.client_secret,
                "FORCE_COLOR": "1",
                "COLUMNS": str(COLUMNS),
            }
            done = await anyio.run_process(
                [sys.executable, "-m", *COMMAND.split(), "--journal", str(journal)],
                cwd=folder,
                env={**os.environ, **settings},
                check=False,
            )
            return done.stdout.decode()


def draw(text: str, path: Path) -> None:
    """Write *text*, with the colours of a terminal, as an SVG file."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "green"), COMMAND))
    lines = (line for line in text.splitlines() if "targets planned" not in line and "\u2501" not in line)  # progress
    console.print(Text.from_ansi("\n".join(lines).strip("\n")))
    svg = console.export_svg(title="zoomasync", code_format=_TEMPLATE, unique_id="plan")
    path.write_text("\n".join(line.rstrip() for line in svg.splitlines() if line.strip()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    draw(asyncio.run(output()), Path(sys.argv[1] if len(sys.argv) > 1 else "docs/plan.svg"))
