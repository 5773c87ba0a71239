"""The commands other than ``harvest``, ``status`` and ``report``, and wrong use of all commands."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import anyio
import pytest
from support.environment import COMMAND, environment_with, run_command

from zoomasync import Zoom
from zoomasync.testing import Account, FakeZoom


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["harvest"], "ZOOM_ACCOUNT_ID is not set"),
        (["harvest", "--simulate", "--plan", "gold"], "unknown plan 'gold'"),
        (["harvest", "--simulate", "--reports", "attendance"], "unknown report 'attendance'"),
        (["harvest", "--simulate", "--from", "2026-05-02", "--to", "2026-05-01"], "is after to"),
        (["harvest", "--simulate", "--from", "yesterday"], "yesterday"),
        (["harvest", "--store"], "--store"),
        (["reap"], "reap"),
        (["fake", "--port", "99999"], "--port must be"),
        (["rate-limits", "--plan", "gold"], "unknown plan 'gold'"),
    ],
    ids=["no credentials", "plan", "report", "range", "date", "option without value", "command", "port", "rate-limits"],
)
async def test_wrong_use_exits_with_2(arguments: list[str], error: str, tmp_path: Path) -> None:
    code, output, errors = await run_command(*arguments, folder=tmp_path)

    assert code == 2
    assert error in output + errors
    assert "Traceback" not in errors
    assert not (tmp_path / "harvest.sqlite").exists()


async def test_command_without_its_extra(tmp_path: Path) -> None:
    script = "import sys; sys.modules['cyclopts'] = None; from zoomasync.cli import main; main()"
    done = await anyio.run_process([sys.executable, "-c", script], cwd=tmp_path, check=False)

    assert done.returncode == 1
    assert "pip install 'zoomasync[cli]'" in done.stderr.decode()


# endpoints


async def test_endpoints_as_json(tmp_path: Path) -> None:
    code, output, _ = await run_command("endpoints", "--json", folder=tmp_path)

    lines = {line["method"]: line for line in json.loads(output)}
    assert code == 0
    assert lines.keys() == Zoom.endpoints().keys()
    assert lines["reports.meeting_participants"] == {
        "method": "reports.meeting_participants",
        "route": "GET /report/meetings/{meetingId}/participants",
        "label": "heavy",
        "scopes": ["report:read:admin"],
        "granular_scopes": ["report:read:list_meeting_participants:admin"],
        "returns": "rows of ReportParticipant",
    }
    assert lines["past_meetings.get"]["returns"] == "PastMeeting"
    assert lines["meetings.polls.delete"]["returns"] is None


async def test_endpoints_to_closed_pipe(tmp_path: Path) -> None:
    """A reader that closes the pipe early is not an error."""
    command = " ".join([*COMMAND, "endpoints", "--json"])

    process = await anyio.run_process(
        ["bash", "-c", f"{command} | head -1; echo ${{PIPESTATUS[0]}}"], cwd=tmp_path, env=environment_with()
    )

    assert (process.stdout.decode().split(), process.stderr) == (["[", "0"], b"")


async def test_endpoints_as_table(tmp_path: Path) -> None:
    """The table names every method and route, and an empty response is "nothing"."""
    _, output, _ = await run_command("endpoints", folder=tmp_path)

    for method, endpoint in Zoom.endpoints().items():
        assert f" {method} " in output
        assert endpoint.route in output
    (delete,) = [line for line in output.splitlines() if line.split()[:1] == ["meetings.polls.delete"]]
    assert delete.split()[-1] == "nothing"
    assert "NoneType" not in output


# rate-limits


async def test_rate_limits_of_shared_plan(tmp_path: Path) -> None:
    code, output, _ = await run_command("rate-limits", "--plan", "free", folder=tmp_path, ZOOM_SHARE="0.5")

    lines = {line.split()[0]: line.split()[1:] for line in output.splitlines() if line.strip()}
    assert code == 0
    assert lines["heavy"] == ["0.5", "500"]


async def test_plan_option_overrides_file(tmp_path: Path) -> None:
    (tmp_path / "plan").write_text("business", encoding="utf-8")
    file = str(tmp_path / "plan")
    _, by_option, _ = await run_command("rate-limits", "--plan", "free", folder=tmp_path, ZOOM_PLAN_FILE=file)
    _, by_file, _ = await run_command("rate-limits", folder=tmp_path, ZOOM_PLAN_FILE=file)

    heavy = [
        line.split()[1:]
        for output in (by_option, by_file)
        for line in output.splitlines()
        if line.split()[:1] == ["heavy"]
    ]
    assert heavy == [["1", "1,000"], ["40", "60,000"]]


# fake


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
async def test_fake_serves_until_interrupted(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with anyio.fail_after(60):
        process = await anyio.open_process([*COMMAND, "fake", "--port", "0"], cwd=tmp_path, env=environment_with())
        async with process:
            assert process.stdout
            output = b""
            while b"ZOOM_CLIENT_SECRET" not in output:
                output += await process.stdout.receive()
            exports = [line.removeprefix("export ") for line in output.decode().splitlines() if "export" in line]
            async with Zoom.from_env(environ=dict(line.split("=", 1) for line in exports)) as zoom:
                billing = await zoom.reports.billing().collect()
            process.send_signal(number)
            await process.wait()

    assert billing
    assert process.returncode == code


async def test_fake_on_a_port_in_use(tmp_path: Path) -> None:
    async with FakeZoom(Account()) as other:
        port = other.base_url.split(":")[-1].split("/")[0]
        code, _, errors = await run_command("fake", "--port", port, folder=tmp_path)

    assert code == 2
    assert "cannot listen" in errors
