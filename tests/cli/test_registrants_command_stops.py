"""``zoomasync registrants apply`` on a terminal, and when it is interrupted."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from pathlib import Path

import anyio
import pytest
from support.environment import COMMAND, environment_with
from support.registrants import MEETING, meeting_of, results_of, row, run, variables, write_list, writes
from support.terminal import run_on_terminal

from zoomasync.testing import FakeZoom

needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


@needs_terminal
@pytest.mark.parametrize(
    ("typed", "added", "code"),
    [("y\n", 3, 0), ("Yes\n", 3, 0), ("n\n", 0, 3), ("\n", 0, 3), ("\x04", 0, 3)],
    ids=["y", "yes", "no", "nothing", "end of input"],
)
async def test_answer_on_terminal(typed: str, added: int, code: int, tmp_path: Path) -> None:
    account, meeting = meeting_of()
    write_list(tmp_path, map(row, range(3)))
    async with FakeZoom(account, plan=None) as fake:
        found, output = await run_on_terminal(
            *("registrants", "apply", "people.csv", *MEETING, "--results", "results.csv"),
            folder=tmp_path,
            typed=typed,
            **variables(fake, tmp_path),
        )

        assert writes(fake) == added
    assert "Apply these 3 changes? [y/N]" in output
    assert "canary" not in output
    assert found == code
    assert len(meeting.registrants) == added
    assert ("Nothing was changed." in output) == (not added)
    assert (tmp_path / "results.csv").exists() == bool(added)


@needs_terminal
@pytest.mark.parametrize(("arguments", "listed"), [(("--yes",), True), ((), False)], ids=["yes", "nothing to change"])
async def test_no_question_on_terminal(arguments: tuple[str, ...], tmp_path: Path, *, listed: bool) -> None:
    account, _ = meeting_of()
    write_list(tmp_path, [row(1)] if listed else [])
    async with FakeZoom(account, plan=None) as fake:
        code, output = await run_on_terminal(
            *("registrants", "apply", "people.csv", *MEETING, *arguments),
            folder=tmp_path,
            **variables(fake, tmp_path),
        )

    assert code == 0
    assert "[y/N]" not in output
    assert output.rstrip().endswith("Done.")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
async def test_signal_stops_and_next_run_resumes(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """The results are written, and the next run registers everyone else, each once and with one mail."""
    account, meeting = meeting_of()
    write_list(tmp_path, map(row, range(60)))
    apply = ("apply", "people.csv", *MEETING, "--yes", "--results", "results.csv")
    async with FakeZoom(account, plan=None) as fake:
        slow = environment_with(**{**variables(fake, tmp_path), "ZOOM_PLAN": "free", "ZOOM_SHARE": "0.9"})
        async with await anyio.open_process([*COMMAND, "registrants", *apply], cwd=tmp_path, env=slow) as process:
            while len(meeting.registrants) < 3:  # noqa: ASYNC110  the fake has no event to wait for
                await anyio.sleep(0.01)
            process.send_signal(number)
            with anyio.fail_after(5):
                await process.wait()
            assert process.stdout
            output = b"".join([chunk async for chunk in process.stdout])
        lines = results_of(tmp_path / "results.csv")
        next_code, _ = await run(fake, tmp_path, *apply)

    added = Counter(each.email for each in meeting.registrants)
    unknown = [line for line in results_of(tmp_path / "results.csv") if line["outcome"] == "unknown"]
    assert process.returncode == code
    assert b"Interrupted. The changes so far are in the journal. Run the same command again." in output
    assert [line["email"] for line in lines] == [row(each)[0] for each in range(60)]
    assert {line["outcome"] for line in lines} == {"added", "not_reached"}
    assert len(unknown) <= 1  # the person whose registration was under way
    assert next_code == (3 if unknown else 0)
    assert added == Counter({row(each)[0] for each in range(60)} - {line["email"] for line in unknown})
    assert Counter(mail.address for mail in fake.mails) == added
