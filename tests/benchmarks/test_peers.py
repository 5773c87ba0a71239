"""The job of `benchmarks.peers`: zoomasync and every peer that is installed give the same answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from benchmarks.bodies import MEETING_NUMBER, ROWS
from benchmarks.canned_server import CannedServer, canned_server
from benchmarks.figures import Figure
from benchmarks.overhead import UNCONTENDED
from benchmarks.peers import cpu, losses, makespan
from benchmarks.peers.job import SECONDS, TOPIC, Account, Attendance, Meeting, Page, attendance, canned_bodies
from benchmarks.peers.libraries import ONE_BY_ONE, PEERS, ZOOMASYNC, Library
from benchmarks.peers.programs import OneByOne, Threads
from benchmarks.peers.server import Behaviour, Server, running
from zoomasync import Plan

ONE_PER_HOUR = Plan(light=1, medium=1 / 3600, heavy=1)
MISSING = Library(name="missing", packages=("zoomasync", "zoomasync-missing"), programs={"a loop": ZOOMASYNC.program})


class Plain:
    """A client as a user writes it on the standard library, without retries."""

    def __init__(self, account: Account) -> None:
        url = urlsplit(account.base_url)
        self._address, self._path = url.netloc, url.path

    def attendance(self, meeting: int) -> Attendance:
        page: Page = json.loads(self._get(f"/past_meetings/{meeting}/participants"))
        return attendance(page["participants"])

    def topic(self, meeting: int) -> str:
        found: Meeting = json.loads(self._get(f"/meetings/{meeting}"))
        return found["topic"]

    def _get(self, path: str) -> bytes:
        with closing(HTTPConnection(self._address)) as connection:
            connection.request("GET", self._path + path)
            return connection.getresponse().read()


PLAIN = Library(
    name="plain",
    packages=("zoomasync",),
    programs={
        "16 threads": lambda account: Threads(Plain(account)),
        ONE_BY_ONE: lambda account: OneByOne(Plain(account)),
    },
)
PYDANTIC_1 = pytest.mark.filterwarnings("ignore:Support for class-based:DeprecationWarning")  # as pyzoom has it
WAYS = [
    pytest.param(
        library,
        way,
        id=f"{library.name}, {way}",
        marks=pytest.mark.skipif(library.versions is None, reason=f"{library.name} is not installed"),
    )
    for library in (ZOOMASYNC, *PEERS)
    for way in library.programs
]


@pytest.fixture(scope="module")
def canned() -> Iterator[CannedServer]:
    with canned_server(canned_bodies()) as running_server:
        yield running_server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as running_server:
        yield running_server


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discard the token that zoom-python-client leaves in the environment."""
    for name in ("ZOOM_ACCESS_TOKEN", "ZOOM_ACCESS_TOKEN_EXPIRE"):
        monkeypatch.setenv(name, "")


def by_name(figures: Iterator[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


@PYDANTIC_1
@pytest.mark.parametrize(("library", "way"), WAYS)
def test_program_answers(library: Library, way: str, canned: CannedServer) -> None:
    with closing(library.programs[way](Account(canned.url, UNCONTENDED))) as program:
        assert program.attendances([MEETING_NUMBER] * 3) == [(ROWS, ROWS * SECONDS)] * 3
        assert program.topics([MEETING_NUMBER] * 3) == [TOPIC] * 3


@PYDANTIC_1
@pytest.mark.parametrize(("library", "way"), WAYS)
def test_program_reads_all_pages(library: Library, way: str, server: Server) -> None:
    account = server.new_account(Behaviour(pages=3, rows=2))
    with closing(library.programs[way](account)) as program:
        assert program.attendances([5, 6]) == [(6, 6 * SECONDS)] * 2

    assert server.counts(account) == (6, 0, 0)


def test_server_limits_requests(server: Server) -> None:
    account = server.new_account(Behaviour(plan=ONE_PER_HOUR, rows=2))

    assert PLAIN.programs[ONE_BY_ONE](account).attendances([5, 6, 7]) == [(2, 2 * SECONDS), None, None]
    assert server.counts(account) == (3, 2, 0)


def test_server_repeats_failures(server: Server) -> None:
    """The same requests fail for each account, and another attempt may succeed."""
    accounts = [server.new_account(Behaviour(failing=0.5, rows=2)) for _ in range(2)]
    first, second = (OneByOne(Plain(account)) for account in accounts)

    answers = first.attendances(range(20))
    assert second.attendances(range(20)) == answers
    assert server.counts(accounts[0]) == (20, 0, answers.count(None))
    assert first.attendances(range(20)) != answers


def test_cpu_figures(canned: CannedServer) -> None:
    figures = by_name(cpu.figures(canned, [PLAIN, MISSING], rounds=2, calls=2))

    assert list(figures) == [
        "CPU per page, plain over zoomasync",
        "CPU per page, missing over zoomasync",
        "CPU per object of 1 KB, plain over zoomasync",
        "CPU per object of 1 KB, missing over zoomasync",
    ]
    assert [figure.result for figure in figures.values()] == ["", "not measured"] * 2
    assert figures["CPU per page, missing over zoomasync"].note == (
        "zoomasync and zoomasync-missing: not installed, see the extra `peers`"
    )


def test_makespan_figures(server: Server) -> None:
    figures = by_name(makespan.figures(server, [PLAIN, MISSING], count=3))

    assert {name: figure.value for name, figure in figures.items() if name.startswith(("429s", "Losses"))} == {
        "429s of 3 meetings at Pro limits, zoomasync": 0,
        "Losses of 3 meetings at Pro limits, zoomasync": 0,
        "429s of 3 meetings at Pro limits, plain": 0,
        "Losses of 3 meetings at Pro limits, plain": 0,
        "429s of 3 meetings at Pro limits, missing": None,
        "Losses of 3 meetings at Pro limits, missing": None,
    }
    assert {name: figure.unit for name, figure in figures.items() if name.startswith("Makespan")} == {
        "Makespan of 3 meetings at Pro limits, zoomasync": "s",
        "Makespan of 3 meetings at Pro limits, plain": "s",
        "Makespan of 3 meetings at Pro limits, missing": "s",
        "Makespan of 3 meetings at Pro limits, plain one by one": "s",
    }


def test_loss_figures(server: Server) -> None:
    figures = by_name(losses.figures(server, [MISSING], count=15))

    assert {name: figure.value for name, figure in figures.items()} == {
        "Rows lost when 5 % of requests fail, zoomasync": 0,
        "Rows lost when 5 % of requests fail, missing": None,
    }
    assert figures["Rows lost when 5 % of requests fail, zoomasync"].note.startswith("0 of 900 rows; 1 of 31 requests")
