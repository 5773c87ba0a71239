"""The code blocks of docs/core.md run, against two fake accounts."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from support.environment import environment_of

from zoomasync.testing import Account, FakeZoom

pq = pytest.importorskip("pyarrow.parquet")

PAGE = (Path(__file__).parents[2] / "docs" / "core.md").read_text(encoding="utf-8")
EXAMPLE, SYNCHRONOUS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
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
    with anyio.fail_after(60):
        done = await anyio.run_process(
            [sys.executable, "-W", "error", "-c", local], cwd=folder, env=dict(os.environ), check=False
        )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout.decode()


async def test_example_writes_each_report_once(tmp_path: Path) -> None:
    async with (
        FakeZoom(account_with_meetings(3), plan=None) as north,
        FakeZoom(account_with_meetings(5), plan=None) as south,
    ):
        outputs = [await run(tmp_path, EXAMPLE, north=north, south=south) for _ in range(2)]
        calls = Counter(str(request.route) for request in south.requests)

    assert outputs == ["", ""]
    rows = {
        name: [pq.read_metadata(path).num_rows for path in (tmp_path / "lake/meeting_participants" / name).iterdir()]
        for name in ("north", "south")
    }
    assert rows == {"north": [3, 3, 3], "south": [5, 5, 5]}
    assert len(list((tmp_path / "lake/daily/north").iterdir())) == 1
    assert calls["GET /report/meetings/{meetingId}/participants"] == 3


async def test_synchronous_example_reads_outcomes(tmp_path: Path) -> None:
    names, _, _ = EXAMPLE.rpartition("asyncio.run(main())\n")
    async with (
        FakeZoom(account_with_meetings(3), plan=None) as north,
        FakeZoom(account_with_meetings(5), plan=None) as south,
    ):
        output = await run(tmp_path, names + SYNCHRONOUS, north=north, south=south)

    assert Counter(output.splitlines()) == {"north FetchedPartition": 31, "south FetchedPartition": 31}
