"""The command ``zoomasync doctor``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.environment import environment_of, run_command
from support.registrants import MEETING, NUMBER, meeting_of, row, variables, write_list
from support.valkey import Server

from zoomasync import Plan
from zoomasync.cli.commands.doctor.environment import check_cloud, check_credentials, check_proxy, check_variables
from zoomasync.cli.commands.doctor.needs import needs_of
from zoomasync.errors import InvalidArgument
from zoomasync.testing import Account, FakeZoom

CREDENTIALS = {"ZOOM_ACCOUNT_ID": "a", "ZOOM_CLIENT_ID": "c", "ZOOM_CLIENT_SECRET": "s"}


async def doctor(
    fake: FakeZoom, folder: Path, *arguments: str, **variables: str
) -> tuple[int, list[Mapping[str, str]]]:
    """Return the exit code, and the findings that are not ok."""
    code, output, errors = await run_command(
        "doctor", *arguments, "--json", folder=folder, **{**environment_of(fake), **variables}
    )
    assert errors == ""
    findings: list[Mapping[str, str]] = json.loads(output)
    return code, [finding for finding in findings if finding["level"] != "ok"]


async def test_doctor_finds_no_problem(tmp_path: Path) -> None:
    async with FakeZoom(Account(), scopes="report:read:admin user:read:admin") as fake:
        fake.account.add_host()
        code, output, errors = await run_command("doctor", "harvest", folder=tmp_path, **environment_of(fake))

    assert (code, errors) == (0, "")
    assert output.splitlines() == [
        "ok       credentials    ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID, ZOOM_CLIENT_SECRET are set.",
        "ok       token          Zoom accepts the credentials.",
        "ok       scopes         The token has 2 scopes.",
        "ok       scopes         harvest: the token has all scopes.",
        "ok       call           Zoom's API answers: a call returned a user.",
        "ok       clock          The clock of this machine agrees with Zoom's.",
        "ok       plan           Requests per second: light 30, medium 20, heavy 10. Zoom's response has the limit of the plan",  # noqa: E501  a line of the output
        "                        pro.",
        "no problems, no warnings.",
    ]


async def test_doctor_without_credentials(tmp_path: Path) -> None:
    code, output, _ = await run_command("doctor", folder=tmp_path, ZOOM_CLIENT_ID="c")

    assert code == 1
    assert "problem  credentials    Not set: ZOOM_ACCOUNT_ID, ZOOM_CLIENT_SECRET.\n" in output
    assert output.endswith("1 problem, no warnings.\n")


async def test_doctor_with_wrong_secret(tmp_path: Path) -> None:
    async with FakeZoom(Account()) as fake:
        code, findings = await doctor(fake, tmp_path, ZOOM_CLIENT_SECRET="canary-secret")

    assert code == 1
    assert [(finding["check"], finding["level"]) for finding in findings] == [("token", "problem")]
    assert "Invalid client_id or client_secret" in findings[0]["text"]
    assert "check that the app is activated" in findings[0]["advice"]
    assert "canary-secret" not in str(findings)


async def test_doctor_names_missing_scopes(tmp_path: Path) -> None:
    """Both spellings are named, and one of either kind is enough."""
    granular = "recording:read:admin report:read:list_users:admin"
    async with FakeZoom(Account(), scopes=granular) as fake:
        code, findings = await doctor(fake, tmp_path, "recordings.list", "reports.users", "users.list", "pac.list")

    assert code == 1
    assert findings == [
        {
            "check": "scopes",
            "level": "problem",
            "text": "methods: the token lacks scopes for pac.list, users.list.",
            "advice": "On the page Scopes of your app, add those of one kind:\n"
            "classic: pac:read:admin, user:read:admin\n"
            "granular: pac:read:list_pac_accounts:admin, user:read:list_users:admin\n"
            "A token never gains scopes: the next one, after an hour at most, has them.",
        }
    ]


@pytest.mark.parametrize(
    ("scopes", "code", "levels"),
    [
        ("meeting:read:admin meeting:write:admin", 0, ["warning"]),
        ("meeting:read:admin", 1, ["problem", "problem"]),
    ],
    ids=["meetings only", "neither"],
)
async def test_registrants_of_one_kind_suffice(scopes: str, code: int, levels: list[str], tmp_path: Path) -> None:
    """An account without webinars needs no scope of webinars."""
    async with FakeZoom(Account(), scopes=scopes) as fake:
        found, findings = await doctor(fake, tmp_path, "registrants")

    assert (found, [finding["level"] for finding in findings]) == (code, levels)
    assert findings[-1]["text"].startswith("registrants of webinars: the token lacks scopes for webinars.get, ")


@pytest.mark.parametrize("is_webinar", [False, True], ids=["meetings", "webinars"])
async def test_registrants_needs_all_calls_of_a_sync(is_webinar: bool, tmp_path: Path) -> None:  # noqa: FBT001  a parameter
    account, _ = meeting_of(registrants=2, is_webinar=is_webinar)
    write_list(tmp_path, map(row, range(1, 4)))
    target = ("--webinar", str(NUMBER)) if is_webinar else MEETING
    async with FakeZoom(account, plan=None) as fake:
        code, _, _ = await run_command(
            *("registrants", "apply", "people.csv", *target, "--on-absent", "cancel", "--absent-scope", "all"),
            *("--max-cancel", "9", "--yes"),
            folder=tmp_path,
            **variables(fake, tmp_path),
        )
        routes = {str(request.route) for request in fake.requests[1:]}

    assert code == 0
    assert any(route.startswith("PUT") for route in routes)
    need = needs_of(["registrants"], None)[is_webinar]
    assert routes <= {endpoint.route for endpoint in need.endpoints.values()}


def test_harvest_needs_chosen_reports() -> None:
    assert [list(need.endpoints) for need in needs_of(["harvest"], ["billing"])] == [["reports.billing"]]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["meetings.creat"], "'meetings.creat': did you mean 'meetings.create'?"),
        (["harvest", "--reports", "bill"], "unknown report 'bill'"),
        (["registrants", "--reports", "billing"], "--reports belongs to harvest"),
    ],
    ids=["method", "report", "reports without harvest"],
)
async def test_doctor_rejects_unknown_need(arguments: list[str], error: str, tmp_path: Path) -> None:
    code, _, errors = await run_command("doctor", *arguments, folder=tmp_path)

    assert code == 2
    assert error in errors


def test_unknown_need_sends_nothing() -> None:
    with pytest.raises(InvalidArgument):
        needs_of(["harvests"], None)


async def test_doctor_compares_clocks(tmp_path: Path) -> None:
    async with FakeZoom(Account(), now=lambda: datetime.now(UTC) + timedelta(minutes=10)) as fake:
        code, findings = await doctor(fake, tmp_path)

    assert (code, [finding["check"] for finding in findings]) == (0, ["clock"])
    assert "seconds behind Zoom's" in findings[0]["text"]
    assert "NTP" in findings[0]["advice"]


async def test_doctor_compares_plans(tmp_path: Path) -> None:
    async with FakeZoom(Account(), plan=Plan.FREE) as fake:
        code, findings = await doctor(fake, tmp_path)

    assert (code, [finding["check"] for finding in findings]) == (0, ["plan"])
    assert findings[0]["advice"] == "Set ZOOM_PLAN=free, or Zoom answers 429."


async def test_doctor_with_invalid_plan(tmp_path: Path) -> None:
    """The rates of another plan, beside the problem, would look as if a client used them."""
    async with FakeZoom(Account()) as fake:
        code, output, _ = await run_command("doctor", folder=tmp_path, **{**environment_of(fake), "ZOOM_PLAN": "gold"})

    assert (code, [line for line in output.splitlines() if line.split()[1] == "plan"]) == (
        1,
        ["problem  plan           unknown plan 'gold': choose one of free, pro, business."],
    )


async def test_doctor_with_wrong_base_url(tmp_path: Path) -> None:
    async with FakeZoom(Account()) as fake:
        code, findings = await doctor(fake, tmp_path, ZOOM_BASE_URL="http://127.0.0.1:1/v2")

    assert (code, [finding["check"] for finding in findings]) == (1, ["call", "clock"])
    assert "Check the network, DNS" in findings[0]["advice"]


async def test_doctor_with_unreachable_token_url(tmp_path: Path) -> None:
    async with FakeZoom(Account()) as fake:
        code, findings = await doctor(fake, tmp_path, ZOOM_TOKEN_URL="http://127.0.0.1:1/oauth/token")

    assert (code, [finding["check"] for finding in findings]) == (1, ["token"])


async def test_doctor_with_healthy_redis(valkey_server: Server, tmp_path: Path) -> None:
    async with FakeZoom(Account()) as fake:
        assert await doctor(fake, tmp_path, "--redis", valkey_server.url) == (0, [])


async def test_doctor_with_forgetful_redis(valkey_server: Server, tmp_path: Path) -> None:
    valkey_server.run("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru")
    async with FakeZoom(Account()) as fake:
        code, findings = await doctor(fake, tmp_path, "--redis", valkey_server.url)

    assert (code, [finding["level"] for finding in findings]) == (0, ["warning"])
    assert "its maxmemory-policy is allkeys-lru" in findings[0]["text"]


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("redis://:canary-password@127.0.0.1:1", "Redis cannot be used (ConnectionError)."),
        ("http://127.0.0.1", "cannot read the Redis URL"),
    ],
    ids=["unreachable", "no redis URL"],
)
async def test_doctor_with_broken_redis(url: str, text: str, tmp_path: Path) -> None:
    async with FakeZoom(Account()) as fake:
        code, findings = await doctor(fake, tmp_path, "--redis", url)

    assert (code, [finding["level"] for finding in findings]) == (1, ["problem"])
    assert findings[0]["text"].startswith(text)
    assert "canary" not in str(findings)


# The environment


def test_credentials_of_unreadable_file(tmp_path: Path) -> None:
    environ = {**CREDENTIALS, "ZOOM_CLIENT_SECRET_FILE": str(tmp_path / "missing")}

    (finding,) = check_credentials(environ)

    assert (finding.level, finding.text) == (
        "problem",
        "ZOOM_CLIENT_SECRET_FILE names a file that cannot be read: No such file or directory.",
    )


def test_credentials_of_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"\xff")

    (finding,) = check_credentials({**CREDENTIALS, "ZOOM_CLIENT_SECRET_FILE": str(path)})

    assert finding.text == "ZOOM_CLIENT_SECRET_FILE names a file that cannot be read: it is not text in UTF-8."


def test_credentials_of_an_app_for_users() -> None:
    (finding,) = check_credentials({name: text for name, text in CREDENTIALS.items() if name != "ZOOM_ACCOUNT_ID"})

    assert finding.text == "Not set: ZOOM_ACCOUNT_ID."
    assert finding.advice.endswith("The app of a UserOAuth has no account id: this command cannot check it.")


def test_secret_file_that_others_can_read(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("s", encoding="utf-8")
    environ = {"ZOOM_CLIENT_SECRET_FILE": str(path)}

    path.chmod(0o640)
    assert [finding.advice for finding in check_variables(environ)] == ["Remove their access: chmod 600."]
    path.chmod(0o600)
    assert list(check_variables(environ)) == []


def test_variable_with_typing_error() -> None:
    findings = list(check_variables({"ZOOM_CLIENTID": "c", "ZOOM_ROOM": "blue", "ZOOM_PLAN": "pro"}))

    assert [(finding.text, finding.advice) for finding in findings] == [
        ("ZOOM_CLIENTID is not a setting.", "Is it meant to be ZOOM_CLIENT_ID?")
    ]


def test_variable_and_file_both_set() -> None:
    (finding,) = check_variables({"ZOOM_PLAN": "pro", "ZOOM_PLAN_FILE": "/plan"})

    assert finding.text == "ZOOM_PLAN and ZOOM_PLAN_FILE are both set; the file is used."


@pytest.mark.parametrize(
    ("environ", "problems"),
    [
        ({}, []),
        ({"ZOOM_BASE_URL": "https://api-eu.zoom.us/v2"}, []),
        ({"ZOOM_BASE_URL": "https://api.zoomgov.com/v2", "ZOOM_TOKEN_URL": "https://zoomgov.com/oauth/token"}, []),
        (
            {"ZOOM_BASE_URL": "https://api.zoomgov.com/v2"},
            ["ZOOM_BASE_URL is an address of Zoom for Government, and ZOOM_TOKEN_URL is not."],
        ),
    ],
    ids=["default", "region", "government", "mixed"],
)
def test_addresses_of_two_clouds(environ: Mapping[str, str], problems: list[str]) -> None:
    assert [finding.text for finding in check_cloud(environ)] == problems


@pytest.mark.parametrize(
    ("environ", "trust_env", "levels"),
    [({}, False, []), ({"HTTPS_PROXY": "http://p"}, False, ["warning"]), ({"HTTPS_PROXY": "http://p"}, True, ["ok"])],
    ids=["none", "unused", "used"],
)
def test_proxy_of_the_environment(environ: Mapping[str, str], trust_env: bool, levels: list[str]) -> None:  # noqa: FBT001  a parameter
    assert [finding.level for finding in check_proxy(environ, trust_env=trust_env)] == levels
