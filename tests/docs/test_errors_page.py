"""The tables of docs/errors.md have every error, and its code block runs against a fake account."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.environment import environment_of
from support.pages import Page, run_python

from zoomasync import ZoomError, errors
from zoomasync.testing import Account, FakeZoom

PAGE = Page("docs/errors.md")
PROGRAM, LOOK_UP = PAGE.take("python")
ROWS: list[tuple[str, str]] = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| [^|]+ \|$", PAGE.text, re.MULTILINE)
UNSENT = {"ConfigError", "InvalidArgument", "RedisUnavailable", "CircuitOpen", "ConnectError", "TLSError"}


def test_tables_have_every_error_once() -> None:
    classes = (getattr(errors, name) for name in errors.__all__)
    names = [each.__name__ for each in classes if issubclass(each, ZoomError) and each is not ZoomError]

    assert sorted(name for name, _ in ROWS) == sorted(names)


def test_errors_before_sending_say_so() -> None:
    assert {name for name, sent in ROWS if name in UNSENT and sent == "no"} == UNSENT


@pytest.mark.parametrize(
    ("addresses", "printed"),
    [([], "The account has no such user.\n"), (["ada@lakeside.example"], "https://")],
    ids=["unknown", "known"],
)
async def test_program_runs(addresses: list[str], printed: str, tmp_path: Path) -> None:
    account = Account()
    for address in addresses:
        account.add_host(email=address)
    async with FakeZoom(account, plan=None) as fake:
        assert (await run_python(PROGRAM, tmp_path, environment_of(fake))).startswith(printed)


@pytest.mark.parametrize("is_lost", [True, False])
async def test_lost_write_is_looked_up(*, is_lost: bool, tmp_path: Path) -> None:
    account = Account()
    account.add_host(email="ada@lakeside.example")
    async with FakeZoom(account, plan=None) as fake:
        if is_lost:
            fake.drop_connection("meetings.create", after="handling")
        output = await run_python(LOOK_UP, tmp_path, environment_of(fake))

    assert [meeting.topic for meeting in account.scheduled_meetings] == ["Harbour 4711"]
    assert output.startswith("https://")
