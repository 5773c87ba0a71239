"""The command, as a shell runs it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from support.environment import environment_of
from support.harvested import expected, stored

from zoomasync import Zoom
from zoomasync.testing import Account, FakeZoom

COMMAND = (sys.executable, "-W", "error", "-m", "zoomasync")


def environment(**extra: str) -> dict[str, str]:
    """Return this process's environment without Zoom's variables, and with *extra*."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ZOOM_")} | extra


def account(fake: FakeZoom) -> dict[str, str]:
    """Return the environment variables that point the command at *fake*."""
    return {**environment_of(fake), "ZOOM_PLAN": "business"}


async def zoomasync(*arguments: str, folder: Path, **env: str) -> tuple[int, str, str]:
    """Run the command in *folder*; return its exit code and what it printed and complained."""
    with anyio.fail_after(60):
        done = await anyio.run_process([*COMMAND, *arguments], cwd=folder, env=environment(**env), check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def small_account() -> Account:
    grown = Account(today=date(2026, 6, 15))
    grown.add_instance(start=datetime(2026, 4, 30, 23, 59, tzinfo=UTC), participants=4, polls=2, qa=1, survey=1)
    grown.add_instance(start=datetime(2026, 5, 1, tzinfo=UTC), participants=3, type=9)
    return grown


RANGE = ("--from", "2026-04-01", "--to", "2026-05-31")


async def test_harvest_stores_the_account_of_the_environment(tmp_path: Path) -> None:
    async with FakeZoom(small_account(), plan=None) as fake:
        code, printed, complained = await zoomasync("harvest", *RANGE, folder=tmp_path, **account(fake))

    assert (code, complained) == (0, "")
    assert stored(tmp_path / "harvest.sqlite") == expected(fake.account, date(2026, 4, 1), date(2026, 5, 31))
    assert "partitions" in printed
    assert printed.rstrip().endswith("Complete.")


async def test_harvest_closes_with_rows_calls_retries_and_429s_of_every_table(tmp_path: Path) -> None:
    async with FakeZoom(small_account(), plan=None) as fake:
        fake.throttle("GET /report/meetings/{meetingId}/qa")
        _, printed, _ = await zoomasync("harvest", *RANGE, folder=tmp_path, **account(fake))

    lines = {line.split()[0]: line.split()[1:] for line in printed.splitlines() if line.strip()}
    headings = [
        "rows",
        "invalid_rows",
        "partitions",
        "skipped",
        "not_found",
        "rejected",
        "failed",
        "calls",
        "retries",
        "429s",
    ]
    assert lines["table"] == headings
    assert lines["meeting_qa"] == ["1", "0", "1", "0", "0", "0", "0", "2", "1", "1"]
    assert lines["meeting_participants"] == ["4", "0", "1", "0", "0", "0", "0", "1", "0", "0"]


async def test_plan_only_lists_and_prints_what_the_rest_takes(tmp_path: Path) -> None:
    async with FakeZoom(small_account(), plan=None) as fake:
        code, printed, _ = await zoomasync("harvest", *RANGE, "--estimate", folder=tmp_path, **account(fake))

        asked = {request.route for request in fake.requests if request.label}
    lines = {line.split()[0]: line.split()[1:] for line in printed.splitlines() if line.strip()}
    assert code == 0
    assert asked == {"GET /report/users", "GET /report/users/{userId}/meetings"}
    assert lines["meeting_qa"] == ["heavy", "1", "1", "0"]
    assert lines["heavy"][:4] == ["8", "40", "60,000", "59,996"]


async def test_since_and_durability_are_options(tmp_path: Path) -> None:
    async with FakeZoom(small_account(), plan=None) as fake:
        await zoomasync("harvest", *RANGE, folder=tmp_path, **account(fake))
        asked = len(fake.requests)
        code, _, _ = await zoomasync(
            "harvest", *RANGE, "--recheck-days", "2", "--durability", "full", folder=tmp_path, **account(fake)
        )

        again = {request.route for request in fake.requests[asked:] if request.label}
    assert code == 0
    assert "GET /report/users" in again
    assert "GET /report/meetings/{meetingId}" not in again


DAY_IS_SPENT = {"code": 429, "message": "You have reached the maximum daily rate limit for this API."}


async def test_at_the_end_of_the_days_budget_a_harvest_exits_with_3_and_says_when_it_can_go_on(tmp_path: Path) -> None:
    async with FakeZoom(small_account(), plan=None) as fake:
        headers = {"X-RateLimit-Type": "Daily-limit", "Retry-After": "3600"}
        fake.respond("GET /report/meetings/{meetingId}/qa", status=429, headers=headers, body=DAY_IS_SPENT, times=99)
        code, printed, _ = await zoomasync("harvest", *RANGE, folder=tmp_path, **account(fake))

    assert code == 3
    assert "partitions are parked. The same command goes on from 20" in printed


async def test_with_wait_it_stays_and_goes_on(tmp_path: Path) -> None:
    async with FakeZoom(small_account(), plan=None) as fake:
        headers = {"X-RateLimit-Type": "Daily-limit", "Retry-After": "2"}
        fake.respond("GET /report/meetings/{meetingId}/qa", status=429, headers=headers, body=DAY_IS_SPENT)
        code, printed, _ = await zoomasync("harvest", *RANGE, "--wait", folder=tmp_path, **account(fake))

    assert code == 0
    assert printed.rstrip().endswith("Complete.")
    assert stored(tmp_path / "harvest.sqlite") == expected(fake.account, date(2026, 4, 1), date(2026, 5, 31))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
async def test_a_signal_ends_a_harvest_with_what_it_has_and_the_next_one_goes_on(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    grown = Account.simulated(7, today=date(2026, 6, 15), instances_per_month=40)
    days = ("--from", "2026-03-01", "--to", "2026-05-31")
    async with FakeZoom(grown, plan=None) as fake:
        async with await anyio.open_process(
            [*COMMAND, "harvest", *days], cwd=tmp_path, env=environment(**account(fake))
        ) as process:
            while len(fake.requests) < 100:  # noqa: ASYNC110  it tells nobody
                await anyio.sleep(0.01)
            process.send_signal(number)
            with anyio.fail_after(5):
                await process.wait()
            assert process.stdout
            printed = b"".join([chunk async for chunk in process.stdout])
        asked = len(fake.requests)
        finished, _, _ = await zoomasync("harvest", *days, folder=tmp_path, **account(fake))

        again = len(fake.requests) - asked
    assert process.returncode == code
    assert b"Interrupted. What was got is kept" in printed
    assert finished == 0
    assert again < asked + 944 - 100
    assert stored(tmp_path / "harvest.sqlite") == expected(grown, date(2026, 3, 1), date(2026, 5, 31))


async def test_harvest_simulates_an_account_without_credentials(tmp_path: Path) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    days = ("--from", str(yesterday - timedelta(days=2)), "--to", str(yesterday))

    code, printed, complained = await zoomasync(
        "harvest", "--simulate", "3", *days, "--plan", "business", "--store", "out.sqlite", folder=tmp_path
    )

    assert (code, complained) == (0, "")
    assert stored(tmp_path / "out.sqlite") == expected(Account.simulated(3), yesterday - timedelta(days=2), yesterday)
    assert printed.rstrip().endswith("Complete.")


async def test_harvest_takes_reports_one_by_one_or_with_commas(tmp_path: Path) -> None:
    async with FakeZoom(small_account(), plan=None) as fake:
        await zoomasync(
            "harvest", *RANGE, "--reports", "meeting,meeting_qa", "webinar", folder=tmp_path, **account(fake)
        )

    assert set(stored(tmp_path / "harvest.sqlite")) == {"users", "user_meetings", "meeting", "meeting_qa", "webinar"}


async def test_an_incomplete_harvest_exits_with_3_and_says_what_is_missing(tmp_path: Path) -> None:
    async with FakeZoom(small_account(), plan=None) as fake:
        fake.respond(
            "GET /report/meetings/{meetingId}/survey", status=400, body={"code": 200, "message": "No permission."}
        )
        code, printed, _ = await zoomasync("harvest", *RANGE, folder=tmp_path, **account(fake))

    assert code == 3
    assert "Not got: meeting_survey" in printed
    assert "Needs one of: report:read:admin" in printed


async def test_a_harvest_that_fails_exits_with_1_and_one_line_without_the_secret(tmp_path: Path) -> None:
    async with FakeZoom(small_account(), plan=None) as fake:
        wrong = {**account(fake), "ZOOM_CLIENT_SECRET": "canary-secret"}
        code, printed, complained = await zoomasync("harvest", *RANGE, folder=tmp_path, **wrong)

    assert code == 1
    assert complained.count("\n") == 1
    assert "invalid_client" in complained
    assert "canary-secret" not in printed + complained


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["harvest"], "ZOOM_ACCOUNT_ID is not set"),
        (["harvest", "--simulate", "--plan", "gold"], "unknown plan 'gold'"),
        (["harvest", "--simulate", "--reports", "attendance"], "unknown report 'attendance'"),
        (["harvest", "--simulate", "--from", "2026-05-02", "--to", "2026-05-01"], "upside down"),
        (["harvest", "--simulate", "--from", "yesterday"], "yesterday"),
        (["harvest", "--store"], "--store"),
        (["reap"], "reap"),
        (["fake", "--port", "99999"], "--port must be"),
        (["rate-limits", "--plan", "gold"], "unknown plan 'gold'"),
    ],
    ids=["no credentials", "plan", "report", "range", "date", "option without value", "command", "port", "rate-limits"],
)
async def test_wrong_use_exits_with_2_says_why_and_leaves_no_file(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    code, printed, complained = await zoomasync(*arguments, folder=tmp_path)

    assert code == 2
    assert said in printed + complained
    assert "Traceback" not in complained
    assert not (tmp_path / "harvest.sqlite").exists()


async def test_endpoints_as_json_give_route_label_scopes_and_result_of_every_method(tmp_path: Path) -> None:
    code, printed, _ = await zoomasync("endpoints", "--json", folder=tmp_path)

    listed = {line["method"]: line for line in json.loads(printed)}
    assert code == 0
    assert listed.keys() == Zoom.endpoints().keys()
    assert listed["reports.meeting_participants"] == {
        "method": "reports.meeting_participants",
        "route": "GET /report/meetings/{meetingId}/participants",
        "label": "heavy",
        "scopes": ["report:read:admin"],
        "granular_scopes": ["report:read:list_meeting_participants:admin"],
        "returns": "rows of ReportParticipant",
    }
    assert listed["past_meetings.get"]["returns"] == "PastMeeting"


async def test_endpoints_as_a_table_name_every_method_and_route(tmp_path: Path) -> None:
    _, printed, _ = await zoomasync("endpoints", folder=tmp_path)

    for method, endpoint in Zoom.endpoints().items():
        assert f" {method} " in printed
        assert endpoint.route in printed


async def test_budget_says_what_a_plan_allows(tmp_path: Path) -> None:
    code, printed, _ = await zoomasync("rate-limits", "--plan", "free", folder=tmp_path, ZOOM_SHARE="0.5")

    lines = {line.split()[0]: line.split()[1:] for line in printed.splitlines() if line.strip()}
    assert code == 0
    assert lines["heavy"] == ["0.5", "500"]


async def test_a_plan_that_is_given_stands_for_one_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "plan").write_text("business", encoding="utf-8")
    _, printed, _ = await zoomasync(
        "rate-limits", "--plan", "free", folder=tmp_path, ZOOM_PLAN_FILE=str(tmp_path / "plan")
    )

    lines = {line.split()[0]: line.split()[1:] for line in printed.splitlines() if line.strip()}
    assert lines["heavy"] == ["1", "1,000"]


async def test_fake_serves_any_client_until_interrupted(tmp_path: Path) -> None:
    with anyio.fail_after(60):
        process = await anyio.open_process([*COMMAND, "fake", "--port", "0"], cwd=tmp_path, env=environment())
        async with process:
            assert process.stdout
            printed = b""
            while b"ZOOM_CLIENT_SECRET" not in printed:
                printed += await process.stdout.receive()
            exports = [line.removeprefix("export ") for line in printed.decode().splitlines() if "export" in line]
            async with Zoom.from_env(environ=dict(line.split("=", 1) for line in exports)) as zoom:
                billing_reports = [row async for row in zoom.reports.billing()]
            process.send_signal(signal.SIGINT)
            await process.wait()

    assert billing_reports
    assert process.returncode == 130


async def test_fake_says_when_its_port_is_taken(tmp_path: Path) -> None:
    async with FakeZoom(Account()) as other:
        port = other.base_url.split(":")[-1].split("/")[0]
        code, _, complained = await zoomasync("fake", "--port", port, folder=tmp_path)

    assert code == 2
    assert "cannot listen" in complained


async def test_the_command_without_its_extra_says_what_to_install(tmp_path: Path) -> None:
    script = "import sys; sys.modules['cyclopts'] = None; from zoomasync.cli import main; main()"
    done = await anyio.run_process([sys.executable, "-c", script], cwd=tmp_path, check=False)

    assert done.returncode == 1
    assert "pip install 'zoomasync[cli]'" in done.stderr.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
async def test_on_a_terminal_a_bar_shows_rate_and_remaining_time(tmp_path: Path) -> None:
    import pty  # noqa: PLC0415  not on every platform

    ours, theirs = pty.openpty()
    yesterday = str(datetime.now(UTC).date() - timedelta(days=1))
    arguments = ["harvest", "--simulate", "--from", yesterday, "--to", yesterday, "--plan", "pro"]
    process = subprocess.Popen(  # noqa: ASYNC220, S603  it runs beside, and is our own command
        [*COMMAND, *arguments], cwd=tmp_path, env=environment(TERM="xterm", COLUMNS="160"), stdout=theirs, stderr=theirs
    )
    os.close(theirs)

    shown = await anyio.to_thread.run_sync(read_all, ours)

    os.close(ours)
    assert process.wait() == 0
    assert "\x1b[" in shown
    assert "/s)" in shown
    assert "left" in shown


def read_all(terminal: int) -> str:
    """Return all that is written to *terminal* until its other end closes, which Linux reports as an error."""
    shown = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            return shown.decode()
        if not chunk:
            return shown.decode()
        shown += chunk


async def test_the_store_can_be_queried_as_the_readme_says(tmp_path: Path) -> None:
    async with FakeZoom(small_account(), plan=None) as fake:
        await zoomasync("harvest", *RANGE, folder=tmp_path, **account(fake))

    with closing(sqlite3.connect(tmp_path / "harvest.sqlite")) as database:
        rows = database.execute(
            "SELECT topic, count(DISTINCT name) FROM user_meetings m "
            "JOIN meeting_participants p ON p._part = m.uuid GROUP BY m.uuid"
        ).fetchall()
    assert rows == [("Weekly round", 4)]
