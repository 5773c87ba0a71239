"""The code blocks of docs/registrants.md run in order, against a fake account."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import anyio
from support.environment import environment_of
from support.registrants import NUMBER, meeting_of, results_of

from zoomasync.cli.exit_codes import Exit
from zoomasync.sync import Result
from zoomasync.testing import FakeZoom

PAGE = (Path(__file__).parents[2] / "docs" / "registrants.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def page_commands() -> list[list[str]]:
    """Return the commands of the page's blocks."""
    return [
        ["-c", block] if language == "python" else ["-m", *shlex.split(line)]
        for language, block in BLOCKS
        if language != "csv"
        for line in ([block] if language == "python" else block.splitlines())
    ]


async def test_page_blocks_run_in_order(tmp_path: Path) -> None:
    (people,) = [block for language, block in BLOCKS if language == "csv"]
    (tmp_path / "people.csv").write_text(people, encoding="utf-8")
    account, webinar = meeting_of(is_webinar=True)
    outputs: list[str] = []
    lines: list[dict[str, str]] = []
    async with FakeZoom(account, plan=None) as fake:
        settings = {**environment_of(fake), "XDG_STATE_HOME": str(tmp_path / "state")}
        for command in page_commands():
            with anyio.fail_after(60):
                process = await anyio.run_process(
                    [sys.executable, "-W", "error", *command],
                    cwd=tmp_path,
                    env={**os.environ, **settings},
                    check=False,
                )
            assert (process.returncode, process.stderr.decode()) == (0, ""), command
            outputs.append(process.stdout.decode())
            if not lines and (tmp_path / "results.csv").exists():
                lines = results_of(tmp_path / "results.csv")

    assert len(outputs) == 8
    assert "Simulated: Zoom would have sent 2 mails" in outputs[0]
    assert [line["outcome"] for line in lines] == ["added", "added", "unchanged", "rejected"]
    assert f"webinar {NUMBER}: 3 registrants" in outputs[5]
    assert "Deleted 1 record from the journal." in outputs[6]
    assert "grace@lakeside.example unchanged" in outputs[7]
    assert sorted((each.first_name, each.status) for each in webinar.registrants) == [
        ("Ada", "approved"),
        ("Alan", "cancelled"),
        ("Grace", "approved"),
    ]


def test_exit_codes_and_outcomes_are_complete() -> None:
    """The page has every outcome and exit code of the command."""
    cells = {part for line in PAGE.splitlines() if line.startswith("| ") for part in line.split("|")[1].split(", ")}
    words = {cell.strip() for cell in cells}
    assert {each.value for each in Result} | {"not_reached"} <= words
    assert {str(each.value) for each in Exit} <= words
