"""The code blocks of docs/registrants.md run in order, against a fake account."""

from __future__ import annotations

from pathlib import Path

from support.environment import environment_of
from support.pages import Page, run_blocks
from support.registrants import NUMBER, meeting_of, results_of

from zoomasync.cli.exit_codes import Exit
from zoomasync.sync import Result
from zoomasync.testing import FakeZoom

PAGE = Page("docs/registrants.md")
BLOCKS = PAGE.take_all()


async def test_page_blocks_run_in_order(tmp_path: Path) -> None:
    account, webinar = meeting_of(is_webinar=True)
    async with FakeZoom(account, plan=None) as fake:
        settings = {**environment_of(fake), "XDG_STATE_HOME": str(tmp_path / "state")}
        outputs = await run_blocks(BLOCKS[:3], tmp_path, settings, files={"csv": "people.csv"})
        lines = results_of(tmp_path / "results.csv")
        outputs += await run_blocks(BLOCKS[3:], tmp_path, settings)

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
    cells = {
        part for line in PAGE.text.splitlines() if line.startswith("| ") for part in line.split("|")[1].split(", ")
    }
    words = {cell.strip() for cell in cells}
    assert {each.value for each in Result} | {"not_reached"} <= words
    assert {str(each.value) for each in Exit} <= words
