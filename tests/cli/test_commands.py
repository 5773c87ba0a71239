"""The commands other than ``harvest``, ``status`` and ``report``, and wrong use of all commands."""

from __future__ import annotations

import inspect
import json
import signal
import sys
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import anyio
import pytest
from support.environment import COMMAND, environment_with, run_command

from zoomasync import Label, Zoom
from zoomasync.auth import StaticToken
from zoomasync.cli.commands.endpoints import NeededScopes, needed_scopes, print_scopes
from zoomasync.testing import Account, FakeZoom
from zoomasync.types import Endpoint

ENDPOINTS = Zoom.endpoints()


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
        (["endpoints", "--label", "blue"], "resource-intensive"),
        (["endpoints", "--scope", "meeting:reed"], "no endpoint has the scope 'meeting:reed': did you mean"),
        (["endpoints", "--scopes", "pac.list", "meeting.create"], "'meeting.create': did you mean 'meetings.create'?"),
        (["endpoints", "--scopes", "meetings.registrant.*"], "did you mean 'meetings.registrants.*'?"),
        (["endpoints", "--scopes", "webinars.registrants"], "did you mean 'webinars.registrants.*'?"),
        (["endpoints", "--scopes", "xyzzy"], "no method matches 'xyzzy': zoomasync endpoints --json lists all"),
        (["endpoints", "pac.", "--label", "heavy"], "no endpoint matches"),
    ],
    ids=[
        *("no credentials", "plan", "report", "range", "date", "option without value", "command", "port"),
        *("rate-limits", "label", "scope", "method", "methods", "namespace", "no similar method", "filters"),
    ],
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
    assert lines.keys() == ENDPOINTS.keys()
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

    for method, endpoint in ENDPOINTS.items():
        assert f" {method} " in output
        assert endpoint.route in output
    (delete,) = [line for line in output.splitlines() if line.split()[:1] == ["meetings.polls.delete"]]
    assert delete.split()[-1] == "nothing"
    assert "NoneType" not in output


async def test_endpoints_by_namespace(tmp_path: Path) -> None:
    """Each endpoint takes one line, and the endpoints of a namespace come one after the other."""
    _, output, _ = await run_command("endpoints", folder=tmp_path)

    methods = [line.split()[0] for line in output.splitlines() if line.strip()][2:]
    namespaces = [namespace for namespace, _ in groupby(methods, lambda method: method.rpartition(".")[0])]
    assert sorted(methods) == sorted(ENDPOINTS)
    assert namespaces == sorted(set(namespaces))


@pytest.mark.parametrize(
    ("arguments", "methods"),
    [
        (["POLL"], [name for name, each in ENDPOINTS.items() if "poll" in f"{name} {each.route}"]),
        (["patch /"], [name for name, each in ENDPOINTS.items() if each.method == "PATCH"]),
        (["--label", "medium"], [name for name, each in ENDPOINTS.items() if each.label is Label.MEDIUM]),
        (["--scope", "pac:read"], ["pac.list"]),
        (["--scope", "report:read:user:admin"], ["reports.user_meetings"]),
        (["past", "--label=light", "--scope=meeting:read:past_meeting"], ["past_meetings.get"]),
    ],
    ids=["text", "route", "label", "scope", "granular scope", "all"],
)
async def test_endpoints_that_match_filters(arguments: list[str], methods: list[str], tmp_path: Path) -> None:
    _, as_json, _ = await run_command("endpoints", "--json", *arguments, folder=tmp_path)
    _, as_table, _ = await run_command("endpoints", *arguments, folder=tmp_path)

    assert {line["method"] for line in json.loads(as_json)} == set(methods)
    assert {line.split()[0] for line in as_table.splitlines() if " /" in line} == set(methods)


async def test_scopes_of_methods(tmp_path: Path) -> None:
    """The scopes for all users, each once, ready to copy."""
    code, output, errors = await run_command(
        "endpoints", "--scopes", "meetings.create", "meetings.polls.*", "pac.list", folder=tmp_path
    )

    assert (code, errors) == (0, "")
    assert output.splitlines() == [
        *("classic:", "meeting:read:admin", "meeting:write:admin", "pac:read:admin"),
        "",
        "granular:",
        "meeting:delete:poll:admin",
        "meeting:read:list_polls:admin",
        "meeting:read:poll:admin",
        "meeting:update:poll:admin",
        "meeting:write:batch_polls:admin",
        "meeting:write:meeting:admin",
        "meeting:write:poll:admin",
        "pac:read:list_pac_accounts:admin",
    ]


async def test_scopes_of_every_method(tmp_path: Path) -> None:
    """Some methods have no endpoint of their own: they call that of another one, or download a file."""
    client = Zoom(StaticToken("static-token"))
    methods = {
        f"{namespace}.{name}"
        for namespace in {method.rpartition(".")[0] for method in ENDPOINTS}
        for name, _ in inspect.getmembers(attrgetter(namespace)(client), inspect.ismethod)
        if not name.startswith("_") and name != "endpoints"
    }

    code, output, errors = await run_command("endpoints", "--json", "--scopes", *sorted(methods), folder=tmp_path)
    _, all_scopes, _ = await run_command("endpoints", "--json", "--scopes", folder=tmp_path)

    assert methods > ENDPOINTS.keys()
    assert code == 0
    assert output == all_scopes
    assert [line.split()[-1] for line in errors.splitlines()] == ["recordings.download", "recordings.stream"]


@pytest.mark.parametrize(
    ("short", "called"),
    [
        ("meetings.end", "meetings.update_status"),
        ("webinars.registrants.approve", "webinars.registrants.update_status"),
        ("meetings.*.cancel", "meetings.registrants.update_status"),
    ],
)
async def test_scopes_of_short_method(short: str, called: str, tmp_path: Path) -> None:
    """It needs the scopes of the method that it calls."""
    _, scopes, _ = await run_command("endpoints", "--json", "--scopes", short, folder=tmp_path)
    _, called_scopes, _ = await run_command("endpoints", "--json", "--scopes", called, folder=tmp_path)

    assert json.loads(scopes) == json.loads(called_scopes)


@pytest.mark.parametrize(
    ("arguments", "methods"),
    [
        (["--scopes"], "*"),
        (["past_meetings.", "--scopes"], "past_meetings.*"),
        (["--label", "light", "--scopes", "past_meetings.*"], "past_meetings.get"),
        (["--scopes", "meetings.end"], "meetings.update_status"),
        (["--scopes", "webinars.registrants.deny"], "webinars.registrants.update_status"),
    ],
    ids=["all", "listed", "listed of the patterns", "short method", "short method of a part"],
)
async def test_scopes_of_listed_endpoints(arguments: list[str], methods: str, tmp_path: Path) -> None:
    """Filters and methods select together; without methods, the filters select alone."""
    _, listed, _ = await run_command("endpoints", "--json", *arguments, folder=tmp_path)
    _, named, _ = await run_command("endpoints", "--json", "--scopes", methods, folder=tmp_path)

    assert json.loads(listed) == json.loads(named)
    assert json.loads(listed)["granular"]["scopes"]


@pytest.mark.parametrize(
    ("scopes", "needed"),
    [
        ([("a:read", "a:read:admin"), ("a:read:admin", "a:read")], ["a:read:admin"]),
        ([("a:write:admin:sip", "a:write")], ["a:write:admin:sip"]),
        ([("a:read:x", "a:read:x:master", "a:read:x:admin")], ["a:read:x:admin"]),
        ([("a:write:admin", "a:read:admin")], ["a:read:admin"]),
        ([("a:read:admin", "a:write:admin"), ("a:write:admin",)], ["a:write:admin"]),
        ([("b:read", "a:read")], ["a:read"]),
    ],
    ids=["both orders", "admin inside", "master", "read or write", "write is needed anyway", "no scope for all users"],
)
def test_scope_among_alternatives(scopes: list[tuple[str, ...]], needed: list[str]) -> None:
    by_method = {f"method_{number}": each for number, each in enumerate(scopes)}

    assert needed_scopes(by_method) == NeededScopes(needed, [])


def test_methods_without_scopes(capsys: pytest.CaptureFixture[str]) -> None:
    """A method without scopes of one kind is named, so that nobody takes the list for complete."""
    classic = Endpoint(route="GET /devices", label=Label.HEAVY, response=object, scopes=("device:read:admin",))
    granular = Endpoint(
        route="GET /analytics", label=Label.LIGHT, response=object, granular_scopes=("analytics:read:admin",)
    )

    print_scopes({"devices": classic, "analytics": granular}, as_json=False)

    output, notes = capsys.readouterr()
    assert output == "classic:\ndevice:read:admin\n\ngranular:\nanalytics:read:admin\n"
    assert notes.splitlines() == [
        "zoomasync: the reference has no classic scope for analytics",
        "zoomasync: the reference has no granular scope for devices",
    ]


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
