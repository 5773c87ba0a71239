"""The commands ``zoomasync registrants plan`` and ``apply``: changes, output and exit codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from support.environment import COMMAND, environment_with, run_command
from support.registrants import (
    HEADINGS,
    MEETING,
    NUMBER,
    meeting_of,
    results_of,
    row,
    run,
    variables,
    write_list,
    writes,
)

from zoomasync.testing import Account, FakeZoom

Script = Callable[[FakeZoom], object]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_apply_adds_everyone_once(tmp_path: Path) -> None:
    """The second run finds nothing to change and sends no change."""
    account, meeting = meeting_of(registrants=2)
    write_list(tmp_path, map(row, range(40)))
    async with FakeZoom(account, plan=None) as fake:
        command = ("apply", "people.csv", *MEETING, "--yes")
        code, output = await run(fake, tmp_path, *command)
        sent = writes(fake)
        next_code, next_output = await run(fake, tmp_path, *command)

        assert writes(fake) == sent == 40
        assert len(fake.mails) == 40
    assert (code, next_code) == (0, 0)
    assert {each.email for each in meeting.registrants} >= {row(number)[0] for number in range(40)}
    assert "40 to add, 2 not on the list" not in output
    assert "1 target\n40 to add\n" in output
    assert "0 of 40 people" in output
    assert output.endswith("40 added\nDone.\n")
    assert next_output.endswith("40 unchanged\nDone.\n")


async def test_plan_changes_nothing(tmp_path: Path) -> None:
    account, _ = meeting_of(is_webinar=True)
    write_list(tmp_path, map(row, range(3)))
    async with FakeZoom(account, plan=None) as fake:
        code, output = await run(fake, tmp_path, "plan", "people.csv", "--webinar", "812 3456-7890")

        assert writes(fake) == 0
    assert code == 0
    assert "webinar 81234567890" in output
    assert "mails by Zoom: 3" in output
    assert "run the command with `apply` in place of `plan`" in output


async def test_list_on_standard_input(tmp_path: Path) -> None:
    account, meeting = meeting_of()
    content = write_list(tmp_path, [row(1)]).read_bytes()
    async with FakeZoom(account, plan=None) as fake:
        done = await anyio.run_process(
            [*COMMAND, "registrants", "apply", "-", *MEETING, "--yes", "--results", "results.csv"],
            input=content,
            cwd=tmp_path,
            env=environment_with(**variables(fake, tmp_path)),
            check=False,
        )

    assert (done.returncode, done.stderr) == (0, b"")
    assert [each.email for each in meeting.registrants] == [row(1)[0]]
    assert [line["outcome"] for line in results_of(tmp_path / "results.csv")] == ["added"]


async def test_policy_options_reach_plan(tmp_path: Path) -> None:
    """Each option of the policy changes the plan."""
    account = Account()
    account.add_meeting(id=NUMBER, registrants=8, approval_type=1)
    listed = [(f"guest{number}@elsewhere.example", "Guest", str(number)) for number in (1, 2)]
    write_list(tmp_path, listed)
    async with FakeZoom(account, plan=None) as fake:
        plan = ("plan", "people.csv", *MEETING)
        _, default = await run(fake, tmp_path, *plan)
        _, approving = await run(fake, tmp_path, *plan, "--approve", "all")
        _, ours = await run(fake, tmp_path, *plan, "--on-absent", "cancel")
        allowed = ("--absent-scope", "all", "--max-cancel", "80%")
        _, cancelling = await run(fake, tmp_path, *plan, "--on-absent", "cancel", *allowed)
        _, denying = await run(fake, tmp_path, *plan, "--on-absent", "deny", *allowed)

    assert "\n2 unchanged\n" in default
    assert "\n2 to approve\n" in approving
    assert "\n2 unchanged\n" in ours
    assert "\n6 to cancel, 2 unchanged\n" in cancelling
    assert "\n6 to deny, 2 unchanged\n" in denying


async def test_mapped_columns_and_cancellations(tmp_path: Path) -> None:
    """Headings, statuses and the encoding come from options; --map can be repeated."""
    account, meeting = meeting_of(registrants=1)
    text = "E-Mail;Vorname;State of booking\np1@canary.example;J\u00f6rg;Booked\nguest1@elsewhere.example;G;REFUNDED\n"
    (tmp_path / "export.csv").write_bytes(text.encode("cp1252"))
    options = ("--map", "E-Mail=email", "--map", "Vorname=first_name", "--map", "State of booking=status")
    async with FakeZoom(account, plan=None) as fake:
        code, _ = await run(
            *(fake, tmp_path, "apply", "export.csv", *MEETING, "--yes", *options),
            *("--cancel-when", "Cancelled,Refunded", "--encoding", "cp1252"),
        )

    assert code == 0
    assert [(each.first_name, each.status) for each in meeting.registrants] == [
        ("Guest", "cancelled"),
        ("J\u00f6rg", "approved"),
    ]


async def test_targets_of_columns(tmp_path: Path) -> None:
    """Targets without changes are left out of the table when there are many."""
    account = Account()
    rows: list[tuple[str, ...]] = []
    for number in range(33):
        meeting = account.add_meeting(id=NUMBER + number, registrants=1)
        guest = meeting.registrants[0]
        rows.append((*((guest.email, "Guest", "1") if number > 1 else row(number)), str(NUMBER + number)))
    rows.append((*row(99), "8.5E+10"))
    write_list(tmp_path, rows, (*HEADINGS, "meeting_id"))
    async with FakeZoom(account, plan=None) as fake:
        code, output = await run(fake, tmp_path, "apply", "people.csv", "--yes")

    assert code == 0
    assert output.count(f"meeting {NUMBER}") == 1
    assert f"meeting {NUMBER + 1} " in output
    assert f"meeting {NUMBER + 2} " not in output
    assert "… and 31 more without changes" in output
    assert "Rejected: row 35: a spreadsheet rounded the meeting ID" in output
    assert "33 targets" in output


async def test_reasons_are_grouped(tmp_path: Path) -> None:
    """Each reason comes once, with the first rows, also if Zoom's message has an address in it."""
    account, _ = meeting_of()
    nameless = [("", "First", "Last")] * 5
    write_list(tmp_path, [row(1), *nameless, row(2), row(3)])
    async with FakeZoom(account, plan=None) as fake:
        body = {"code": 3000, "message": f"The registrant {row(1)[0]} is not welcome."}
        fake.respond("meetings.registrants.add", status=400, body=body, times=3)
        code, output = await run(fake, tmp_path, "apply", "people.csv", *MEETING, "--yes")

    assert code == 0
    assert output.count("Rejected: rows 3, 4, 5 and 2 more: the row has no e-mail address\n") == 2
    assert output.count("Impossible: rows 2, 8 and 9: Zoom rejects this person (Zoom code 3000)\n") == 1
    assert output.endswith("Done. 8 people cannot be registered: see the reasons above.\n")


# exit codes


FAILED_PLANS: list[tuple[Script, int, str]] = [
    (lambda fake: fake.respond("meetings.get", status=404, body={"code": 3001, "message": "No."}), 1, "1 target"),
    (lambda fake: fake.throttle("meetings.registrants.list", kind="daily", times=9), 3, "3 people are deferred."),
]
FAILED_PEOPLE: list[tuple[Script, int, str]] = [
    (
        lambda fake: fake.respond(
            "meetings.registrants.add", status=403, body={"code": 200, "message": f"Not for {row(1)[0]}."}
        ),
        *(1, "Run the same command again: 1 person failed."),
    ),
    (
        lambda fake: fake.throttle("meetings.registrants.add", kind="registrant"),
        *(3, "Run the same command again on the next UTC day: 1 person is deferred."),
    ),
]


@pytest.mark.parametrize(("script", "code", "step"), FAILED_PLANS, ids=["unreadable target", "daily quota"])
async def test_exit_code_of_failed_plan(script: Script, code: int, step: str, tmp_path: Path) -> None:
    """Both commands exit with the same code, and name the next step in their last line."""
    account, _ = meeting_of()
    write_list(tmp_path, map(row, range(3)))
    for command in (("plan", "people.csv"), ("apply", "people.csv", "--yes")):
        async with FakeZoom(account, plan=None) as fake:
            script(fake)
            found, output = await run(fake, tmp_path, *command, *MEETING)

            assert writes(fake) == 0
        assert found == code
        assert "not planned: GET /" in output
        assert step in output.splitlines()[-1]


@pytest.mark.parametrize(("script", "code", "step"), FAILED_PEOPLE, ids=["failed", "deferred"])
async def test_exit_code_of_person(script: Script, code: int, step: str, tmp_path: Path) -> None:
    """The last line names the next step, and no address of Zoom's message is printed."""
    account, meeting = meeting_of()
    write_list(tmp_path, [row(1)])
    async with FakeZoom(account, plan=None) as fake:
        script(fake)
        found, output = await run(fake, tmp_path, "apply", "people.csv", *MEETING, "--yes")

    assert (found, output.splitlines()[-1]) == (code, step)
    assert meeting.registrants == []


async def test_held_back_exits_with_4(tmp_path: Path) -> None:
    """Additions are made, and cancellations wait for --max-cancel, in both commands."""
    account, meeting = meeting_of(registrants=7)
    write_list(tmp_path, [row(1)])
    options = (*MEETING, "--on-absent", "cancel", "--absent-scope", "all")
    async with FakeZoom(account, plan=None) as fake:
        plan_code, plan_output = await run(fake, tmp_path, "plan", "people.csv", *options)
        code, output = await run(fake, tmp_path, "apply", "people.csv", *options, "--yes")
        held = [each.status for each in meeting.registrants]
        next_code, _ = await run(fake, tmp_path, "apply", "people.csv", *options, "--yes", "--max-cancel", "7")

    assert (plan_code, code, next_code) == (4, 4, 0)
    assert plan_output.splitlines()[-1] == output.splitlines()[-1]
    assert "7 cancellations are held back, for the reasons above. --max-cancel raises the limit for one run." in output
    assert held == ["approved"] * 8
    assert [each.status for each in meeting.registrants] == ["cancelled"] * 7 + ["approved"]


async def test_worst_exit_code_counts(tmp_path: Path) -> None:
    """A failure comes before a held-back cancellation, and that before a deferred person."""
    account, _ = meeting_of(registrants=7)
    write_list(tmp_path, [row(1)])
    options = (*MEETING, "--on-absent", "cancel", "--absent-scope", "all", "--yes")
    async with FakeZoom(account, plan=None) as fake:
        fake.respond("meetings.registrants.add", status=403, body={"code": 200, "message": "No."})
        failed, _ = await run(fake, tmp_path, "apply", "people.csv", *options)
        fake.throttle("meetings.registrants.add", kind="registrant")
        held_back, output = await run(fake, tmp_path, "apply", "people.csv", *options)

    assert (failed, held_back) == (1, 4)
    assert "Deferred: row 2: the person was added three times today" in output


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["apply", "people.csv", *MEETING], "pass --yes"),
        (["plan", "people.csv", "--meeting", "8.1E+10"], "--meeting: a spreadsheet rounded the meeting ID"),
        (["plan", "people.csv", "--webinar", "next week"], "--webinar: the webinar ID is not a number"),
        (["plan", "people.csv", *MEETING, "--occurrence", "1.7E+12"], "--meeting: a spreadsheet rounded"),
        (["plan", "people.csv", *MEETING, "--webinar", str(NUMBER)], "--meeting and --webinar name two targets"),
        (["plan", "people.csv", "--occurrence", "1780000000000"], "--occurrence needs --meeting or --webinar"),
        (["plan", "people.csv"], "--meeting ID or --webinar ID"),
        (["plan", "people.csv", *MEETING, "--map", "E-Mail=email"], "there is no column 'E-Mail'"),
        (["plan", "people.csv", *MEETING, "--max-cancel", "many"], "max_cancel is a number such as 40"),
        (["plan", "people.csv", *MEETING, "--on-absent", "forget"], "--on-absent"),
        (["plan", "people.csv", *MEETING, "--plan", "gold"], "unknown plan 'gold'"),
        (["plan", "missing.csv", *MEETING], "missing.csv cannot be read"),
        (["plan", "people.csv", *MEETING, "--out", "missing/plan.json"], "--out missing/plan.json cannot be written"),
        (["plan", "people.csv", *MEETING, "--journal", "people.csv"], "is not a journal of registrants"),
        (["apply", "people.csv", *MEETING, "--yes", "--results", "missing/r.csv"], "cannot be written: No such file"),
        (["apply", "people.csv", *MEETING, "--yes", "--results", "."], "cannot be written: it is a folder"),
        (["plan", "people.csv", *MEETING, "--simulate", "--journal", "j"], "leave --journal out"),
        (["plan", "people.csv", *MEETING, "--simulate", "--redis", "redis://x"], "leave --redis out"),
        (["list"], "--meeting ID or --webinar ID"),
        (["forget"], "--meeting ID, --webinar ID or --email ADDRESS"),
        (["forget", "--email", " "], "--meeting ID, --webinar ID or --email ADDRESS"),
        (["forget", *MEETING], "there is no journal"),
    ],
    ids=[
        *("no terminal", "rounded", "no number", "occurrence", "two targets", "no target", "no column of targets"),
        *("map", "max-cancel", "choice", "plan", "list", "out", "journal", "results", "folder", "simulated journal"),
        *("simulated redis", "list without target", "forget nobody", "forget blank", "forget nothing"),
    ],
)
async def test_wrong_use_sends_nothing(arguments: list[str], error: str, tmp_path: Path) -> None:
    write_list(tmp_path, [row(1)])
    before = names_in(tmp_path)
    async with FakeZoom(Account(), plan=None) as fake:
        code, output = await run(fake, tmp_path, *arguments)

        assert (code, [request.route for request in fake.requests]) == (2, [])
    assert error in " ".join(output.split())
    assert names_in(tmp_path) == before


async def test_wrong_credentials_exit_with_1(tmp_path: Path) -> None:
    account, _ = meeting_of()
    write_list(tmp_path, [row(1)])
    async with FakeZoom(account, plan=None) as fake:
        code, output = await run(fake, tmp_path, "plan", "people.csv", *MEETING, ZOOM_CLIENT_SECRET="secret-canar")

    assert code == 1
    assert "invalid_client" in output
    assert "secret-canar" not in output


# --simulate


@pytest.mark.parametrize("seed", [(), ("3",)], ids=["default", "seed"])
async def test_simulate_needs_no_credentials(seed: tuple[str, ...], tmp_path: Path) -> None:
    """Every meeting and webinar of the file exists, with its occurrences."""
    rows = [
        (*row(1), "812-3456-7890", "", ""),
        (*row(2), "81234567890", "", "4102444800000"),
        (*row(3), "", "822 3456 7890", "4102444800000;4102531200000"),
        (*row(4), "", "832 3456 7890", ""),
    ]
    write_list(tmp_path, rows, (*HEADINGS, "meeting_id", "webinar_id", "occurrence_ids"))

    code, output, errors = await run_command(
        *("registrants", "apply", "people.csv", "--yes", "--plan", "business", "--simulate", *seed),
        folder=tmp_path,
        XDG_STATE_HOME=str(tmp_path / "state"),
    )

    assert (code, errors) == (0, "")
    assert f"Simulated account {seed[0] if seed else 7}: nothing is sent to Zoom" in output
    assert "Simulated: Zoom would have sent 3 mails (3 confirmation)." in output
    assert "meeting 81234567890 occurrence 4102444800000" in output
    assert not (tmp_path / "state").exists()
