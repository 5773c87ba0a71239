"""The command ``zoomasync harvest`` on a full disk, at a locked store, and where it cannot write."""

from __future__ import annotations

import signal
import sqlite3
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import anyio
import pytest
from support.environment import COMMAND, environment_of, environment_with, run_command
from support.harvested import expected, stored
from support.harvesting import SPRING, TODAY, query

from zoomasync.testing import Account, FakeZoom

RANGE = ("--from", "2026-03-01", "--to", "2026-05-31")
SIGNALS = pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)

# The largest size of a file stands for the space of a disk: both end a write in the middle.
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.argv[1:2] = []
from zoomasync.cli import main
main()
"""


def variables(fake: FakeZoom) -> dict[str, str]:
    """Return the environment variables that point the command at *fake*, on a Business plan."""
    return {**environment_of(fake), "ZOOM_PLAN": "business"}


async def run_limited(size: int, fake: FakeZoom, folder: Path) -> tuple[int, str]:
    """Harvest with files of at most *size* bytes; return the exit code and the errors."""
    command = [sys.executable, "-W", "error", "-c", LIMITED, str(size), "harvest", *RANGE]
    with anyio.fail_after(60):
        done = await anyio.run_process(command, cwd=folder, env=environment_with(**variables(fake)), check=False)
    return done.returncode, done.stderr.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of this kind")
@pytest.mark.parametrize("size", [250_000, 300_000, 400_000])
async def test_full_disk_leaves_an_outcome(size: int, tmp_path: Path) -> None:
    """The run ends with the reason, records it, and the next one resumes."""
    account = Account.simulated(7, today=TODAY, instances_per_month=12)
    async with FakeZoom(account, plan=None) as fake:
        code, errors = await run_limited(size, fake, tmp_path)
        runs = query(tmp_path / "harvest.sqlite", "SELECT outcome FROM run WHERE ended_at IS NOT NULL")
        start = len(fake.requests)
        next_code, _, _ = await run_command("harvest", *RANGE, folder=tmp_path, **variables(fake))

        assert len(fake.requests) > start
    assert (code, errors.count("\n")) == (1, 1)
    assert errors.startswith("zoomasync: the store harvest.sqlite: ")
    assert [str(outcome).partition(": ")[0] for (outcome,) in runs] == ["failed"]
    assert next_code == 0
    assert stored(tmp_path / "harvest.sqlite") == expected(account, *SPRING)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of this kind")
@pytest.mark.parametrize("size", [0, 4_096, 30_000])
async def test_full_disk_at_the_opening(size: int, tmp_path: Path) -> None:
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        code, errors = await run_limited(size, fake, tmp_path)
        sent = len(fake.requests)
        next_code, _, _ = await run_command("harvest", *RANGE, folder=tmp_path, **variables(fake))

    assert (code, errors.count("\n"), sent) == (1, 1, 0)
    assert errors.startswith("zoomasync: the store harvest.sqlite cannot be opened: ")
    assert next_code == 0


@pytest.mark.parametrize("store", ["none/h.sqlite", "file/h.sqlite", "/proc/h.sqlite"])
async def test_unwritable_folder_exits_with_1(store: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with FakeZoom(Account(today=date(2026, 6, 15)), plan=None) as fake:
        code, _, errors = await run_command("harvest", *RANGE, "--store", store, folder=tmp_path, **variables(fake))

        assert fake.requests == ()
    assert (code, errors.count("\n")) == (1, 1)
    assert "the store h.sqlite cannot be opened" in errors


@SIGNALS
async def test_signal_at_a_locked_store(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """While another program holds the store, the command waits for it, and a signal ends the wait."""
    store = tmp_path / "harvest.sqlite"
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        await run_command("harvest", *RANGE, folder=tmp_path, **variables(fake))
        (tmp_path / "harvest.sqlite.lock").unlink()
        with closing(sqlite3.connect(store, isolation_level=None)) as other:
            other.execute("PRAGMA journal_mode = DELETE")
            other.execute("BEGIN EXCLUSIVE")
            arguments = [*COMMAND, "harvest", *RANGE]
            async with await anyio.open_process(
                arguments, cwd=tmp_path, env=environment_with(**variables(fake))
            ) as process:
                with anyio.fail_after(60):
                    while not (tmp_path / "harvest.sqlite.lock").exists():  # noqa: ASYNC110  there is no event
                        await anyio.sleep(0.01)
                process.send_signal(number)
                with anyio.fail_after(5):
                    await process.wait()
                assert process.stdout
                output = b"".join([chunk async for chunk in process.stdout])

    assert process.returncode == code
    assert b"Interrupted." in output


@SIGNALS
async def test_signal_at_a_locked_commit(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """The command does not wait for the other program with its last commit either."""
    account = Account.simulated(7, today=TODAY, instances_per_month=12)
    async with FakeZoom(account, plan=None) as fake:
        arguments = [*COMMAND, "harvest", *RANGE]
        async with await anyio.open_process(
            arguments, cwd=tmp_path, env=environment_with(**variables(fake))
        ) as process:
            with anyio.fail_after(60):
                while len(fake.requests) < 100:  # noqa: ASYNC110  the fake has no event to wait for
                    await anyio.sleep(0.01)
            with closing(sqlite3.connect(tmp_path / "harvest.sqlite", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                await anyio.sleep(0.1)
                process.send_signal(number)
                with anyio.fail_after(5):
                    await process.wait()

        next_code, _, _ = await run_command("harvest", *RANGE, folder=tmp_path, **variables(fake))

    assert process.returncode == code
    assert next_code == 0
    assert stored(tmp_path / "harvest.sqlite") == expected(account, *SPRING)
