"""The commands ``zoomasync registrants list`` and ``forget``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from support.environment import run_command
from support.registrants import MEETING, NUMBER, meeting_of, row, run, variables, write_list

from zoomasync.testing import Account, FakeZoom

STATUSES: tuple[Literal["pending", "approved", "denied"], ...] = ("pending", "approved", "denied")


async def shown(fake: FakeZoom, folder: Path, *arguments: str) -> str:
    """Return the output of ``list``, the only one that may hold addresses."""
    code, output, errors = await run_command(
        "registrants", "list", *arguments, folder=folder, **variables(fake, folder)
    )
    assert (code, errors) == (0, "")
    return output


async def test_list_marks_people_of_a_sync(tmp_path: Path) -> None:
    """A person who was registered before a sync is not marked, also after it."""
    account, meeting = meeting_of(registrants=1)
    write_list(tmp_path, [row(1), (meeting.registrants[0].email, "Guest", "1")])
    async with FakeZoom(account, plan=None) as fake:
        before = await shown(fake, tmp_path, *MEETING)
        await run(fake, tmp_path, "apply", "people.csv", *MEETING, "--yes")
        output = await shown(fake, tmp_path, *MEETING)

    lines = {line.split()[0]: line for line in output.splitlines() if "@" in line}
    assert lines.keys() == {each.email for each in meeting.registrants}
    assert lines[row(1)[0]].rstrip().endswith(" yes")
    assert not lines["guest1@elsewhere.example"].rstrip().endswith("yes")
    assert f"meeting {NUMBER}: 1 registrant\n" in before
    assert f"meeting {NUMBER}: 2 registrants\n" in output


async def test_list_as_json(tmp_path: Path) -> None:
    account, meeting = meeting_of()
    write_list(tmp_path, [row(1)])
    async with FakeZoom(account, plan=None) as fake:
        await run(fake, tmp_path, "apply", "people.csv", *MEETING, "--yes")
        (person,) = json.loads(await shown(fake, tmp_path, *MEETING, "--json"))

    (registrant,) = meeting.registrants
    assert person["join_url"].endswith(registrant.id)
    assert {name: person[name] for name in ("id", "email", "status", "added_by_sync")} == {
        "id": registrant.id,
        "email": row(1)[0],
        "status": "approved",
        "added_by_sync": True,
    }


@pytest.mark.parametrize("is_webinar", [False, True], ids=["meeting", "webinar"])
async def test_list_by_status(*, is_webinar: bool, tmp_path: Path) -> None:
    """Without a status, pending, approved and denied people are listed."""
    account = Account()
    meeting = account.add_meeting(id=NUMBER, type=5 if is_webinar else 2, approval_type=1, registrants=3)
    for index, status in enumerate(STATUSES):
        meeting.registrants[index] = replace(meeting.registrants[index], status=status)
    async with FakeZoom(account, plan=None) as fake:
        target = ("--webinar" if is_webinar else "--meeting", str(NUMBER), "--json")
        options: dict[str, tuple[str, ...]] = {"all": (), **{status: ("--status", status) for status in STATUSES}}
        found = {
            name: [person["email"] for person in json.loads(await shown(fake, tmp_path, *target, *option))]
            for name, option in options.items()
        }

    emails = [each.email for each in meeting.registrants]
    assert found["all"] == emails
    assert [found[status] for status in STATUSES] == [[email] for email in emails]


async def test_list_of_missing_meeting_exits_with_1(tmp_path: Path) -> None:
    async with FakeZoom(Account(), plan=None) as fake:
        code, output = await run(fake, tmp_path, "list", *MEETING)

    assert code == 1
    assert "-> 404" in output


@pytest.mark.parametrize(
    ("arguments", "forgotten"),
    [
        (("--email", row(1)[0].upper()), "2 records"),
        (MEETING, "2 records"),
        ((*MEETING, "--email", row(1)[0]), "1 record"),
        (("--webinar", str(NUMBER)), "0 records"),
        (("--email", "nobody"), "0 records"),
    ],
    ids=["person", "target", "person at target", "other target", "nobody"],
)
async def test_forget_counts_people(arguments: tuple[str, ...], forgotten: str, tmp_path: Path) -> None:
    account, _ = meeting_of()
    account.add_meeting(id=NUMBER + 1)
    write_list(tmp_path, [row(1), row(2)], name="both.csv")
    write_list(tmp_path, [row(1)], name="one.csv")
    async with FakeZoom(account, plan=None) as fake:
        await run(fake, tmp_path, "apply", "both.csv", *MEETING, "--yes")
        await run(fake, tmp_path, "apply", "one.csv", "--meeting", str(NUMBER + 1), "--yes")
        sent = len(fake.requests)
        code, output = await run(fake, tmp_path, "forget", *arguments)

        assert len(fake.requests) == sent
    assert code == 0
    assert output == f"Deleted {forgotten} from the journal. Zoom's registrants are unchanged.\n"


async def test_forgotten_person_is_added_again(tmp_path: Path) -> None:
    """A person who was removed at Zoom stays away until the journal forgets them."""
    account, meeting = meeting_of()
    write_list(tmp_path, [row(1)])
    apply = ("apply", "people.csv", *MEETING, "--yes")
    async with FakeZoom(account, plan=None) as fake:
        await run(fake, tmp_path, *apply)
        meeting.registrants.clear()
        await run(fake, tmp_path, *apply)
        before = list(meeting.registrants)
        await run(fake, tmp_path, "forget", "--email", row(1)[0])
        await run(fake, tmp_path, *apply)

    assert before == []
    assert [each.email for each in meeting.registrants] == [row(1)[0]]
