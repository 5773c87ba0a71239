"""The files of ``zoomasync registrants``: results, plan files and the journal."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from support.registrants import HEADINGS, MEETING, NUMBER, meeting_of, results_of, row, run, write_list, writes

from zoomasync.testing import Account, FakeZoom

APPLY = ("apply", "people.csv", *MEETING, "--yes", "--results", "results.csv")


def outcomes(path: Path) -> list[str]:
    return [line["outcome"] for line in results_of(path)]


async def test_results_have_a_line_per_row(tmp_path: Path) -> None:
    """The lines have all columns of the input in its order, duplicates and rejected rows included."""
    account, meeting = meeting_of()
    rows = [
        (*row(2), "blue"),
        ("no address", "A", "B", "red"),
        (*row(1), ""),
        (*row(2), "green"),
        (row(1)[0].upper(), "Somebody", "Else", "=1+1"),
        (meeting.host.email, "The", "Host", ""),
    ]
    write_list(tmp_path, rows, (*HEADINGS, "Colour"))
    async with FakeZoom(account, plan=None) as fake:
        code, output = await run(fake, tmp_path, *APPLY)

    lines = results_of(tmp_path / "results.csv")
    assert code == 0
    assert list(lines[0]) == [*HEADINGS, "Colour", "outcome", "reason", "status", "registrant_id", "join_url"]
    assert [tuple(line.values())[:4] for line in lines] == rows
    assert [line["outcome"] for line in lines] == [
        *("added", "rejected", "added", "duplicate", "shared_address", "impossible")
    ]
    assert lines[5]["reason"] == "the address belongs to the host or an alternative host"
    assert [each.email for each in meeting.registrants] == [row(2)[0], row(1)[0]]
    for line in (lines[0], lines[2]):
        registrant = meeting.registrant(line["email"])
        assert registrant is not None
        assert (line["status"], line["registrant_id"]) == ("approved", registrant.id)
        assert registrant.id in line["join_url"]
    assert stat.S_IMODE((tmp_path / "results.csv").stat().st_mode) == 0o600
    assert "The results are in results.csv." in output


async def test_results_name_people_on_no_row(tmp_path: Path) -> None:
    account, meeting = meeting_of(registrants=1)
    write_list(tmp_path, [row(1)])
    options = ("--on-absent", "cancel", "--absent-scope", "all")
    async with FakeZoom(account, plan=None) as fake:
        await run(fake, tmp_path, *APPLY, *options)

    lines = results_of(tmp_path / "results.csv")
    assert [(line["email"], line["outcome"]) for line in lines] == [
        (row(1)[0], "added"),
        (meeting.registrants[0].email, "cancelled"),
    ]


async def test_results_after_an_error(tmp_path: Path) -> None:
    """The sync that could not begin has the rows in its results, with the rejected ones."""
    account, _ = meeting_of()
    write_list(tmp_path, [row(1), ("", "No", "Address")])
    async with FakeZoom(account, plan=None) as fake:
        code, _ = await run(fake, tmp_path, *APPLY, ZOOM_CLIENT_SECRET="wrong")

    assert code == 1
    assert outcomes(tmp_path / "results.csv") == ["not_reached", "rejected"]


async def test_results_are_the_next_input(tmp_path: Path) -> None:
    """A results file can be its own input, and has its columns once."""
    account, meeting = meeting_of()
    write_list(tmp_path, [row(1), row(2)])
    async with FakeZoom(account, plan=None) as fake:
        await run(fake, tmp_path, *APPLY)
        again = ("apply", "results.csv", *MEETING, "--yes", "--results", "results.csv")
        code, _ = await run(fake, tmp_path, *again)

    lines = results_of(tmp_path / "results.csv")
    assert code == 0
    assert [line["outcome"] for line in lines] == ["unchanged"] * 2
    assert list(lines[0]) == [*HEADINGS, "outcome", "reason", "status", "registrant_id", "join_url"]
    assert len(meeting.registrants) == 2


async def test_failed_disk_check_leaves_results(tmp_path: Path) -> None:
    """A check before the sync leaves an earlier results file as it is."""
    account, _ = meeting_of()
    write_list(tmp_path, [row(1)])
    async with FakeZoom(account, plan=None) as fake:
        await run(fake, tmp_path, *APPLY)
        earlier = (tmp_path / "results.csv").read_bytes()
        code, _ = await run(fake, tmp_path, *APPLY, "--max-cancel", "x")

    assert code == 2
    assert (tmp_path / "results.csv").read_bytes() == earlier


# plan files


async def test_plan_file_round_trip(tmp_path: Path) -> None:
    """The plan of the file is printed again and carried out; its results have a line per person."""
    account, meeting = meeting_of(registrants=1)
    write_list(tmp_path, [row(1), row(2), (row(3)[0], "", "Nameless")])
    options = ("--on-absent", "cancel", "--absent-scope", "all")
    async with FakeZoom(account, plan=None) as fake:
        plan_code, planned = await run(fake, tmp_path, "plan", "people.csv", *MEETING, *options, "--out", "the plan")
        (tmp_path / "people.csv").unlink()
        code, applied = await run(fake, tmp_path, "apply", "the plan", "--yes", "--results", "results.csv")
        sent = writes(fake)
        next_code, again = await run(fake, tmp_path, "apply", "the plan", "--yes")

        assert writes(fake) == sent == 3
    shown = planned[planned.index(" target  ") : planned.index("The plan is in the plan.")]
    assert shown in applied
    assert (plan_code, code, next_code) == (0, 0, 0)
    assert "3 unchanged, 1 rejected" in again
    assert stat.S_IMODE((tmp_path / "the plan").stat().st_mode) == 0o600
    guest = meeting.registrants[0]
    assert [tuple(line.values())[:4] for line in results_of(tmp_path / "results.csv")] == [
        ("2", row(1)[0], f"meeting {NUMBER}", "added"),
        ("3", row(2)[0], f"meeting {NUMBER}", "added"),
        ("4", row(3)[0], f"meeting {NUMBER}", "rejected"),
        ("", guest.email, f"meeting {NUMBER}", "cancelled"),
    ]
    assert guest.status == "cancelled"


async def test_changed_since_the_plan(tmp_path: Path) -> None:
    """A person whose registration has changed meanwhile is left alone."""
    account, meeting = meeting_of(registrants=1)
    guest = meeting.registrants[0]
    write_list(tmp_path, [(guest.email, "Guest", "1")])
    async with FakeZoom(account, plan=None) as fake:
        await run(fake, tmp_path, "plan", "people.csv", *MEETING, "--out", "plan.json")
        meeting.registrants.clear()
        code, output = await run(fake, tmp_path, "apply", "plan.json", "--yes")

        assert writes(fake) == 0
    assert code == 3
    assert "Changed: row 2: the person is not registered any more" in output


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("apply", "plan.json", "--yes", "--on-absent", "cancel"), "leave out --on-absent"),
        (("apply", "plan.json", "--yes", *MEETING, "--map", "a=email"), "leave out --meeting, --map"),
        (("apply", "plan.json", "--yes", "--max-cancel", "9"), "leave out --max-cancel"),
        (("apply", "plan.json"), "pass --yes"),
        (("plan", "plan.json", *MEETING), "plan.json is a plan: carry it out with"),
        (("apply", "edited.json", "--yes"), "edited.json is no plan file of this version, or it was edited"),
    ],
    ids=["policy", "target and map", "max-cancel", "no terminal", "plan of a plan", "edited"],
)
async def test_wrong_use_of_plan_file(arguments: tuple[str, ...], error: str, tmp_path: Path) -> None:
    account, _ = meeting_of()
    write_list(tmp_path, [row(1)])
    async with FakeZoom(account, plan=None) as fake:
        await run(fake, tmp_path, "plan", "people.csv", *MEETING, "--out", "plan.json")
        text = (tmp_path / "plan.json").read_text(encoding="utf-8")
        (tmp_path / "edited.json").write_text(text.replace(",", ",\n"), encoding="utf-8")
        code, output = await run(fake, tmp_path, *arguments)

        assert (code, writes(fake)) == (2, 0)
    assert error in " ".join(output.split())


async def test_plan_of_another_account(tmp_path: Path) -> None:
    account, _ = meeting_of()
    write_list(tmp_path, [row(1)])
    async with FakeZoom(account, plan=None) as fake:
        await run(fake, tmp_path, "plan", "people.csv", *MEETING, "--out", "plan.json")
    async with FakeZoom(Account(id="another-account"), plan=None) as fake:
        code, output = await run(fake, tmp_path, "apply", "plan.json", "--yes")

        assert writes(fake) == 0
    assert code == 2
    assert "plan.json is the plan of another account" in output


# the journal


async def test_journal_is_in_the_state_folder(tmp_path: Path) -> None:
    """It is private, and --journal names another one."""
    account, _ = meeting_of()
    write_list(tmp_path, [row(1)])
    async with FakeZoom(account, plan=None) as fake:
        await run(fake, tmp_path, *APPLY)
        await run(fake, tmp_path, *APPLY, "--journal", "own.sqlite")

    (journal,) = (tmp_path / "state" / "zoomasync").glob("*.sqlite")
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    assert (tmp_path / "own.sqlite").is_file()


@pytest.mark.parametrize(
    ("command", "output", "reason"),
    [
        (("plan", "people.csv", *MEETING, "--out"), "people.csv", "the command reads this file"),
        (("plan", "people.csv", *MEETING, "--out"), "link", "the command reads this file"),
        (("plan", "people.csv", *MEETING, "--out"), "/dev/full", "it is a folder or a device"),
        (("apply", "people.csv", *MEETING, "--yes", "--results"), "journal.sqlite", "the command reads this file"),
        (("apply", "people.csv", *MEETING, "--yes", "--results"), "/dev/full", "it is a folder or a device"),
    ],
)
async def test_output_replaces_no_input(command: tuple[str, ...], output: str, reason: str, tmp_path: Path) -> None:
    account, _ = meeting_of()
    write_list(tmp_path, [row(1)])
    (tmp_path / "link").symlink_to("people.csv")
    (tmp_path / "journal.sqlite").touch()
    async with FakeZoom(account, plan=None) as fake:
        code, text = await run(fake, tmp_path, *command, output, "--journal", "journal.sqlite")

    assert (code, fake.requests) == (2, ())
    assert text.endswith(f"{output} cannot be written: {reason}\n")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)  # noqa: PTH116  a call that blocks for no time


async def test_output_goes_behind_a_link(tmp_path: Path) -> None:
    account, _ = meeting_of()
    write_list(tmp_path, [row(1)])
    (tmp_path / "results.csv").symlink_to("other.csv")
    async with FakeZoom(account, plan=None) as fake:
        await run(fake, tmp_path, *APPLY)

    assert (tmp_path / "results.csv").is_symlink()
    assert outcomes(tmp_path / "other.csv") == ["added"]
