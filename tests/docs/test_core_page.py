"""The code blocks of docs/core.md run, against two fake accounts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from support.environment import environment_of
from support.pages import Page, run_python

from zoomasync.testing import Account, FakeZoom

PAGE = Page("docs/core.md")
EXAMPLE, SYNCHRONOUS = PAGE.take("python")
SECRETS = '"ZOOM_CLIENT_SECRET")'


def account_with_meetings(participants: int) -> Account:
    account = Account(today=date(2026, 6, 15))
    for day in range(3):
        start = datetime(2026, 5, 4, 9, tzinfo=UTC) + timedelta(days=day)
        account.add_instance(start=start, participants=participants)
    return account


async def run(folder: Path, program: str, **fakes: FakeZoom) -> str:
    """Run *program* in *folder* with the secrets of the fakes, and return its output."""
    for name, fake in fakes.items():
        for variable, value in environment_of(fake).items():
            path = folder / "secrets" / name / variable
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(value, encoding="utf-8")
    assert SECRETS in program
    local = program.replace(SECRETS, SECRETS[:-1] + ', "ZOOM_BASE_URL", "ZOOM_TOKEN_URL")').replace(".share(0.5)", "")
    return await run_python(local, folder)


async def test_example_writes_each_report_once(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    async with (
        FakeZoom(account_with_meetings(3), plan=None) as north,
        FakeZoom(account_with_meetings(5), plan=None) as south,
    ):
        outputs = [await run(tmp_path, EXAMPLE, north=north, south=south) for _ in range(2)]
        calls = Counter(str(request.route) for request in south.requests)

    assert outputs == ["", ""]
    rows = {
        name: [
            parquet.read_metadata(path).num_rows for path in (tmp_path / "lake/meeting_participants" / name).iterdir()
        ]
        for name in ("north", "south")
    }
    assert rows == {"north": [3, 3, 3], "south": [5, 5, 5]}
    assert len(list((tmp_path / "lake/daily/north").iterdir())) == 1
    assert calls["GET /report/meetings/{meetingId}/participants"] == 3


async def test_synchronous_example_reads_outcomes(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    names, _, _ = EXAMPLE.rpartition("asyncio.run(main())\n")
    async with (
        FakeZoom(account_with_meetings(3), plan=None) as north,
        FakeZoom(account_with_meetings(5), plan=None) as south,
    ):
        output = await run(tmp_path, names + SYNCHRONOUS, north=north, south=south)

    assert Counter(output.splitlines()) == {"north FetchedPartition": 31, "south FetchedPartition": 31}
