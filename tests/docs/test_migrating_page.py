"""The names of docs/migrating.md exist, and its code blocks run against a fake account."""

from __future__ import annotations

import re
from operator import attrgetter
from pathlib import Path

from support.environment import environment_of
from support.pages import Page, run_python

from zoomasync import StaticToken, Zoom
from zoomasync.testing import Account, FakeZoom

PAGE = Page("docs/migrating.md")
PAGE.leave("python", "With zoomus", reason="a program of zoomus, to compare")
(PROGRAM,) = PAGE.take("python", "With zoomasync")
(SYNCHRONOUS,) = PAGE.take("python", "Without asyncio")
ROWS: list[tuple[str, str, str, str]] = re.findall(
    r"^\| (?!to |---)([^|]*) \| ([^|]*) ?\| ([^|]*) ?\| ([^|]*) \|$", PAGE.text, re.MULTILINE
)


def test_names_exist() -> None:
    zoom = Zoom(StaticToken("a token"))
    names = [name for *_, cell in ROWS for name in re.findall(r"`([\w.]+)`", cell)]

    assert len(names) > len(ROWS)
    assert [name for name in names if not callable(attrgetter(name)(zoom))] == []


def test_rows_name_each_call_once() -> None:
    for column in (1, 2):
        names = [name for row in ROWS for name in re.findall(r"`([\w.]+)`", row[column])]

        assert sorted(names) == sorted(set(names))


async def test_programs_list_users(tmp_path: Path) -> None:
    account = Account()
    account.add_host("Ada", email="ada@lakeside.example")
    async with FakeZoom(account, plan=None) as fake:
        outputs = [await run_python(program, tmp_path, environment_of(fake)) for program in (PROGRAM, SYNCHRONOUS)]

    assert outputs == ["ada@lakeside.example\n"] * 2
