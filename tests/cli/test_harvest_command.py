"""The command ``zoomasync harvest``, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import anyio
import msgspec
import pytest
from support.environment import COMMAND, environment_of, environment_with, run_command
from support.harvested import expected, stored
from support.harvesting import query
from support.terminal import run_on_terminal
from support.valkey import new_name

from zoomasync import Label
from zoomasync.cli import app
from zoomasync.cli.commands.harvest.arguments import refetch_days
from zoomasync.errors import InvalidArgument
from zoomasync.harvest import REPORT_GROUPS, Privacy, harvest_schema
from zoomasync.testing import Account, FakeZoom

RANGE = ("--from", "2026-04-01", "--to", "2026-05-31")
DAYS = (date(2026, 4, 1), date(2026, 5, 31))
QA = "GET /report/meetings/{meetingId}/qa"
QUOTA_USED_UP = {"code": 429, "message": "You have reached the maximum daily rate limit for this API."}


def variables(fake: FakeZoom) -> dict[str, str]:
    """Return the environment variables that point the command at *fake*, on a Business plan."""
    return {**environment_of(fake), "ZOOM_PLAN": "business"}


def small_account() -> Account:
    """Return an account with a meeting on the last minute of April and a webinar on the first of May."""
    account = Account(today=date(2026, 6, 15))
    account.add_instance(start=datetime(2026, 4, 30, 23, 59, tzinfo=UTC), participants=4, polls=2, qa=1, survey=1)
    account.add_instance(start=datetime(2026, 5, 1, tzinfo=UTC), participants=3, type=9)
    return account


def harvested(store: Path) -> set[object]:
    """Return the names of the tables that a store harvests."""
    return {name for (name,) in query(store, "SELECT name FROM stream")}


def cells_by_first(output: str) -> dict[str, list[str]]:
    """Return the words of each line of a printed table, by the first word."""
    return {line.split()[0]: line.split()[1:] for line in output.splitlines() if line.strip()}


async def test_harvest_stores_all_rows(tmp_path: Path) -> None:
    async with FakeZoom(small_account(), plan=None) as fake:
        code, output, errors = await run_command("harvest", *RANGE, folder=tmp_path, **variables(fake))

    assert (code, errors) == (0, "")
    assert stored(tmp_path / "harvest.sqlite") == expected(fake.account, *DAYS)
    assert "partitions" in output
    assert output.rstrip().endswith("Complete.")


async def test_harvest_store_is_queryable(tmp_path: Path) -> None:
    """A query as in the README works."""
    async with FakeZoom(small_account(), plan=None) as fake:
        await run_command("harvest", *RANGE, folder=tmp_path, **variables(fake))

    with closing(sqlite3.connect(tmp_path / "harvest.sqlite")) as database:
        rows = database.execute(
            "SELECT topic, count(DISTINCT name) FROM user_meetings m "
            "JOIN meeting_participants p ON p._part = m.uuid GROUP BY m.uuid"
        ).fetchall()
    assert rows == [("Weekly round", 4)]


async def test_harvest_prints_summary_table(tmp_path: Path) -> None:
    """The table at the end has the rows, partitions, calls, retries and 429s of every table."""
    async with FakeZoom(small_account(), plan=None) as fake:
        fake.throttle(QA)
        _, output, _ = await run_command("harvest", *RANGE, folder=tmp_path, **variables(fake))

    lines = cells_by_first(output)
    assert " ".join(lines["table"]) == (
        "rows invalid rows partitions skipped not found rejected failed calls retries 429s"
    )
    assert lines["meeting_qa"] == ["1", "0", "1", "0", "0", "0", "0", "2", "1", "1"]
    assert lines["meeting_participants"] == ["4", "0", "1", "0", "0", "0", "0", "1", "0", "0"]


async def test_estimate_prints_remaining_calls(tmp_path: Path) -> None:
    """With --estimate the command sends only the calls that list hosts and meetings."""
    async with FakeZoom(small_account(), plan=None) as fake:
        code, output, _ = await run_command("harvest", *RANGE, "--estimate", folder=tmp_path, **variables(fake))

        routes = {request.route for request in fake.requests if request.label}
    lines = cells_by_first(output)
    assert code == 0
    assert routes == {"GET /report/users", "GET /report/users/{userId}/meetings"}
    assert lines["meeting_qa"] == ["heavy", "1", "1", "0"]
    assert lines["heavy"][:4] == ["10", "40", "60,000", "59,996"]
    assert "Finding the instances takes at least 4 calls by hosts, or 61 by history." in output


async def test_recheck_days_lists_again(tmp_path: Path) -> None:
    """With --recheck-days the command lists hosts again, and does not fetch reports that it has."""
    async with FakeZoom(small_account(), plan=None) as fake:
        await run_command("harvest", *RANGE, folder=tmp_path, **variables(fake))
        sent = len(fake.requests)
        options = ("--recheck-days", "2", "--durability", "full")
        code, _, _ = await run_command("harvest", *RANGE, *options, folder=tmp_path, **variables(fake))

        routes = {request.route for request in fake.requests[sent:] if request.label}
    assert code == 0
    assert "GET /report/users" in routes
    assert "GET /report/meetings/{meetingId}" not in routes


async def test_daily_quota_exits_with_3(tmp_path: Path) -> None:
    """When the daily quota is used up, the command prints when to run it again."""
    async with FakeZoom(small_account(), plan=None) as fake:
        headers = {"X-RateLimit-Type": "Daily-limit", "Retry-After": "3600"}
        fake.respond(QA, status=429, headers=headers, body=QUOTA_USED_UP, times=99)
        code, output, _ = await run_command("harvest", *RANGE, folder=tmp_path, **variables(fake))

    assert code == 3
    assert "partitions are deferred. Run the same command again from 20" in output


async def test_wait_continues_after_quota(tmp_path: Path) -> None:
    async with FakeZoom(small_account(), plan=None) as fake:
        headers = {"X-RateLimit-Type": "Daily-limit", "Retry-After": "2"}
        fake.respond(QA, status=429, headers=headers, body=QUOTA_USED_UP)
        code, output, _ = await run_command("harvest", *RANGE, "--wait", folder=tmp_path, **variables(fake))

    assert code == 0
    assert output.rstrip().endswith("Complete.")
    assert stored(tmp_path / "harvest.sqlite") == expected(fake.account, *DAYS)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
async def test_signal_stops_and_next_run_resumes(number: signal.Signals, code: int, tmp_path: Path) -> None:
    account = Account.simulated(7, today=date(2026, 6, 15), instances_per_month=12)
    days = ("--from", "2026-03-01", "--to", "2026-05-31")
    async with FakeZoom(account, plan=None) as fake:
        async with await anyio.open_process(
            [*COMMAND, "harvest", *days], cwd=tmp_path, env=environment_with(**variables(fake))
        ) as process:
            while len(fake.requests) < 100:  # noqa: ASYNC110  the fake has no event to wait for
                await anyio.sleep(0.01)
            process.send_signal(number)
            with anyio.fail_after(5):
                await process.wait()
            assert process.stdout
            output = b"".join([chunk async for chunk in process.stdout])
        sent = len(fake.requests)
        next_code, _, _ = await run_command("harvest", *days, folder=tmp_path, **variables(fake))

        sent_again = len(fake.requests) - sent
    assert process.returncode == code
    assert b"Interrupted. Finished partitions are stored." in output
    assert next_code == 0
    assert sent_again < sent + 200 - 100
    assert stored(tmp_path / "harvest.sqlite") == expected(account, date(2026, 3, 1), date(2026, 5, 31))


async def test_simulate_needs_no_credentials(tmp_path: Path) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    days = ("--from", str(yesterday - timedelta(days=2)), "--to", str(yesterday))

    code, output, errors = await run_command(
        "harvest", "--simulate", "3", *days, "--plan", "business", "--store", "out.sqlite", folder=tmp_path
    )

    assert (code, errors) == (0, "")
    assert stored(tmp_path / "out.sqlite") == expected(Account.simulated(3), yesterday - timedelta(days=2), yesterday)
    assert output.rstrip().endswith("Complete.")


async def test_redis_shares_token_and_quota(valkey_url: str, tmp_path: Path) -> None:
    """With --redis, two harvests fetch one token and count one daily quota; each has its own SQLite file."""
    account = small_account()
    account.id = new_name()
    async with FakeZoom(account, plan=None) as fake:
        first = await run_command("harvest", *RANGE, "--redis", valkey_url, folder=tmp_path, **variables(fake))
        used = sum(request.label is Label.HEAVY for request in fake.requests)
        command = ("harvest", *RANGE, "--redis", valkey_url, "--estimate", "--store", "other.sqlite")
        code, output, errors = await run_command(*command, folder=tmp_path, **variables(fake))
        again = sum(request.label is Label.HEAVY for request in fake.requests) - used

    assert (first[0], first[2], code, errors) == (0, "", 0, "")
    assert stored(tmp_path / "harvest.sqlite") == expected(account, *DAYS)
    assert (tmp_path / "other.sqlite").is_file()
    assert [request.route for request in fake.requests].count("POST /oauth/token") == 1
    assert cells_by_first(output)["heavy"][3] == f"{60_000 - used - again:,}"


async def test_reports_with_and_without_commas(tmp_path: Path) -> None:
    async with FakeZoom(small_account(), plan=None) as fake:
        reports = ("--reports", "meeting,meeting_qa", "registrants")
        await run_command("harvest", *RANGE, *reports, folder=tmp_path, **variables(fake))

    assert harvested(tmp_path / "harvest.sqlite") == {
        *("users", "user_meetings", "meeting", "meeting_qa", "meeting_registrants", "webinar_registrants")
    }


def test_help_lists_groups() -> None:
    """The help names each group with its tables."""
    listed = {
        match[1]: re.findall(r"\w+", match[2].partition(". ")[0])
        for match in re.finditer(r"\* (\w+): ((?:[^*]|\n)*)", str(app.harvest.__doc__).partition("these groups:")[2])
    }

    assert {name: listed[name] for name in REPORT_GROUPS if name != "all"} == {
        name: list(tables) for name, tables in REPORT_GROUPS.items() if name != "all"
    }


async def test_discovery_refetch_and_label(tmp_path: Path) -> None:
    """Options that are repeated, with and without a number of days."""
    command = ("harvest", *RANGE, "--discover", "history", "--account", "North")
    reports = ("--reports", "meeting", "webinar", "daily")
    refetch = ("--refetch", "meeting", "40", "--refetch", "daily")
    async with FakeZoom(small_account(), plan=None) as fake:
        first, output, _ = await run_command(*command, *reports, folder=tmp_path, **variables(fake))
        sent = len(fake.requests)
        second, _, _ = await run_command(*command, *reports, *refetch, folder=tmp_path, **variables(fake))

        routes = Counter(request.route for request in fake.requests[sent:] if request.label)
    assert (first, second) == (0, 0)
    assert "Harvesting the account North from" in output
    assert harvested(tmp_path / "harvest.sqlite") == {"history_meetings", "meeting", "webinar", "daily"}
    assert routes == {"GET /report/meetings/{meetingId}": 1, "GET /report/daily": 2}
    assert query(tmp_path / "harvest.sqlite", "SELECT account_label FROM harvest") == [("North",)]


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ([], {}),
        (["meeting"], {"meeting": None}),
        (["meeting", "3", "daily", "webinar", "1"], {"meeting": 3, "daily": None, "webinar": 1}),
        (["meeting", "-3"], {"meeting": -3}),
    ],
)
def test_refetch_words(words: list[str], days: dict[str, int | None]) -> None:
    assert refetch_days(words) == days


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["3"], "--refetch 3: name one table before each number of days"),
        (["meeting", "3", "4"], "--refetch 4: name one table before each number of days"),
        (["meeting", "daily", "meeting"], "--refetch names meeting twice: name it once"),
    ],
)
def test_wrong_refetch_words(words: list[str], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        refetch_days(words)


async def test_personal_data_options(tmp_path: Path) -> None:
    """A later run needs the same options, and says so."""
    options = ("--hash", "user_email,email", "--drop", "topic", "--reports", "meeting_participants")
    key = {"ZOOM_HASH_KEY": "a key for the command"}
    async with FakeZoom(small_account(), plan=None) as fake:
        code, _, _ = await run_command("harvest", *RANGE, *options, folder=tmp_path, **variables(fake), **key)
        sent = len(fake.requests)
        other, _, errors = await run_command(
            "harvest", *RANGE, *options, "--secrets", folder=tmp_path, **variables(fake), **key
        )
        without, _, no_key = await run_command("harvest", *RANGE, *options, folder=tmp_path, **variables(fake))

        assert len([request for request in fake.requests[sent:] if request.label]) == 0
    assert (code, other, without) == (0, 2, 2)
    assert "secrets were not stored. Give the choices of its first run, or another file" in errors
    assert "a hash needs a key: set ZOOM_HASH_KEY" in no_key
    ((topic, email),) = query(
        tmp_path / "harvest.sqlite", "SELECT DISTINCT topic, user_email FROM user_meetings WHERE id = 84000000001"
    )
    assert (topic, email) == (
        None,
        Privacy(hash_=["email"], key=key["ZOOM_HASH_KEY"]).hash_of(fake.account.hosts[0].email),
    )


async def test_schema_needs_no_credentials(tmp_path: Path) -> None:
    code, output, errors = await run_command("harvest", "--schema", folder=tmp_path)

    assert (code, errors) == (0, "")
    assert json.loads(output) == json.loads(msgspec.json.encode(harvest_schema()))


async def test_missing_scopes_are_printed_first(tmp_path: Path) -> None:
    """One line for each table, before the first call."""
    async with FakeZoom(small_account(), plan=None, scopes="report:read:admin") as fake:
        reports = ("--reports", "daily", "all_users")
        code, output, errors = await run_command("harvest", *RANGE, *reports, folder=tmp_path, **variables(fake))

    warning = (
        "Warning: the token lacks a scope for all_users: add user:read:admin or the granular "
        "user:read:list_users:admin to the app"
    )
    assert (code, errors) == (3, "")
    assert output.splitlines().count(warning) == 1
    assert output.index(warning) < output.index("daily")


async def test_incomplete_harvest_exits_with_3(tmp_path: Path) -> None:
    """The command prints the failures with their reasons."""
    async with FakeZoom(small_account(), plan=None) as fake:
        fake.respond("GET /report/meetings/{meetingId}/survey", status=400, body={"code": 4711, "message": "No scope."})
        code, output, _ = await run_command("harvest", *RANGE, folder=tmp_path, **variables(fake))

    assert code == 3
    assert "Failed: meeting_survey" in output
    assert "Needs one of: report:read:admin" in output


async def test_denied_stream_is_named_once(tmp_path: Path) -> None:
    account = small_account()
    for hour in range(5):
        account.add_instance(start=datetime(2026, 5, 2, hour, tzinfo=UTC), participants=2)
    async with FakeZoom(account, plan=None) as fake:
        missing = {"code": 4711, "message": "Invalid access token, does not contain scopes."}
        fake.respond("GET /report/meetings/{meetingId}/survey", status=400, body=missing, times=99)
        code, output, _ = await run_command("harvest", *RANGE, folder=tmp_path, **variables(fake))

    assert code == 3
    assert output.count("does not contain scopes") == 1
    assert "Stopped: Zoom denies this token or account meeting_survey; 6 of its partitions are not fetched." in output


async def test_late_report_exits_with_3(tmp_path: Path) -> None:
    """The command prints one line about the reports that are not ready, and the next one stores them."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    account = Account()
    for hour in range(3):
        account.add_instance(start=datetime.combine(yesterday, time(hour), UTC), participants=2)
    days = ("--from", str(yesterday), "--to", str(yesterday), "--reports", "meeting")
    async with FakeZoom(account, plan=None) as fake:
        body = {"code": 3001, "message": "Meeting does not exist."}
        fake.respond("GET /report/meetings/{meetingId}", status=404, body=body, times=3)
        code, output, _ = await run_command("harvest", *days, folder=tmp_path, **variables(fake))
        status_code, status, _ = await run_command("status", "harvest.sqlite", folder=tmp_path)
        next_code, _, _ = await run_command("harvest", *days, folder=tmp_path, **variables(fake))
        last_code, last_status, _ = await run_command("status", "harvest.sqlite", folder=tmp_path)

    assert (code, status_code, next_code, last_code) == (3, 3, 0, 0)
    assert output.count("Not ready: meeting") == 1
    assert "and 2 more: GET /report/meetings/{meetingId} -> 404 (Zoom code 3001): not ready yet" in output
    assert "Pending: meeting " in status
    assert "incomplete: 0 failed, 3 not ready yet" in status
    assert f"Zoom may still add to {yesterday}: a run that includes these days lists them again." in status
    assert "3 pending" in status
    assert "Pending" not in last_status


async def test_error_exits_with_1(tmp_path: Path) -> None:
    """The error is one line, without the client secret."""
    async with FakeZoom(small_account(), plan=None) as fake:
        wrong = {**variables(fake), "ZOOM_CLIENT_SECRET": "canary-secret"}
        code, output, errors = await run_command("harvest", *RANGE, folder=tmp_path, **wrong)

    assert code == 1
    assert errors.count("\n") == 1
    assert "invalid_client" in errors
    assert "canary-secret" not in output + errors


@pytest.mark.parametrize(
    ("options", "environment", "used"),
    [((), {}, False), (("--trust-env",), {}, True), ((), {"ZOOM_TRUST_ENV": "1"}, True)],
    ids=["default", "option", "variable"],
)
async def test_trust_env_uses_proxy(
    options: tuple[str, ...], environment: dict[str, str], *, used: bool, tmp_path: Path
) -> None:
    """Only with --trust-env or ZOOM_TRUST_ENV, the client sends its requests to the environment's proxy."""
    lines: list[bytes] = []

    async def reject(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(await reader.readline())
        writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with FakeZoom(small_account(), plan=None) as fake, await asyncio.start_server(reject, "127.0.0.1") as proxy:
        port = proxy.sockets[0].getsockname()[1]
        proxies = {"http_proxy": f"http://127.0.0.1:{port}", "no_proxy": ""}
        command = ("harvest", *RANGE, "--reports", "meeting", *options)
        code, _, _ = await run_command(*command, folder=tmp_path, **variables(fake), **proxies, **environment)
        token_request = f"POST {fake.token_url}".encode()

    assert (code, bool(lines)) == ((1, True) if used else (0, False))
    assert all(line.startswith(token_request) for line in lines)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
async def test_terminal_shows_progress_bar(tmp_path: Path) -> None:
    yesterday = str(datetime.now(UTC).date() - timedelta(days=1))
    arguments = ["harvest", "--simulate", "--from", yesterday, "--to", yesterday, "--plan", "pro"]

    code, output = await run_on_terminal(*arguments, folder=tmp_path)

    assert code == 0
    assert "\x1b[" in output
    assert "/s)" in output
    assert "left" in output
