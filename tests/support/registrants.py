"""The command ``zoomasync registrants`` against a fake, its lists of people, and its results files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from support.environment import environment_of, run_command
from zoomasync.testing import Account, FakeZoom, ScheduledMeeting

NUMBER = 81234567890
MEETING = ("--meeting", str(NUMBER))
HEADINGS = ("email", "first_name", "last_name")


def meeting_of(*, registrants: int = 0, is_webinar: bool = False) -> tuple[Account, ScheduledMeeting]:
    """Return an account, and its meeting or webinar with the number NUMBER."""
    account = Account()
    return account, account.add_meeting(id=NUMBER, type=5 if is_webinar else 2, registrants=registrants)


def row(number: int) -> tuple[str, str, str]:
    """Return the row of a person, without a target."""
    return (f"p{number}@canary.example", f"First{number}", "Canarylast")


def write_list(
    folder: Path, rows: Iterable[Sequence[str]], headings: Sequence[str] = HEADINGS, name: str = "people.csv"
) -> Path:
    """Write a CSV file of people."""
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings, *rows])
    return folder / name


def variables(fake: FakeZoom, folder: Path) -> dict[str, str]:
    """Return the environment variables that point the command at *fake*, and keep its journal in *folder*."""
    return {**environment_of(fake), "ZOOM_PLAN": "business", "XDG_STATE_HOME": str(folder / "state")}


async def run(fake: FakeZoom, folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run ``zoomasync registrants``, and return its exit code and output, which never hold an address or a name."""
    code, output, errors = await run_command(
        "registrants", *arguments, folder=folder, **{**variables(fake, folder), **environment}
    )
    text = output + errors
    assert "canary" not in text.casefold()
    assert "@" not in text
    assert "tk=" not in text
    assert fake.credentials.client_secret not in text
    assert "Traceback" not in text
    return code, text


def results_of(path: Path) -> list[dict[str, str]]:
    """Return the lines of a results file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def writes(fake: FakeZoom) -> int:
    """Return the number of requests that changed something."""
    return sum(request.method != "GET" and bool(request.label) for request in fake.requests)
