"""A server of reports in another process: an account whose meetings all have the same participants."""

from __future__ import annotations

import asyncio
import json
import random
import time
from bisect import bisect_left
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Final, cast
from urllib.parse import unquote

from aiohttp import web

from zoomasync import Plan, ServerToServer, Zoom

from .bodies import ROWS
from .processes import other_process

DAYS: Final = (date(2026, 5, 1), date(2026, 5, 31))
NOON: Final = datetime(2026, 5, 4, 12, tzinfo=UTC)
UNLIMITED: Final = Plan(light=100_000, medium=100_000, heavy=100_000)
_PART: Final = b"#part#"


@dataclass(frozen=True, kw_only=True)
class Size:
    """The size of an account: *meetings* with *pages* of participants each.

    A response takes between the first and the second number of *latency*, in seconds. *seed* determines the order.
    """

    meetings: int
    pages: int = 1
    latency: tuple[float, float] = (0.0, 0.0)
    seed: int = 1

    @property
    def rows(self) -> int:
        """The participants of all meetings."""
        return self.meetings * self.pages * ROWS


@dataclass(frozen=True, slots=True)
class ReportTimes:
    """The times at which the server got a request for a report, and at which it responded."""

    requested: list[float] = field(default_factory=list[float])
    responded: list[float] = field(default_factory=list[float])

    def most_per_second(self) -> int:
        """Return the most requests in any window of one second."""
        ordered = sorted(self.requested)
        return max((bisect_left(ordered, start + 1) - index for index, start in enumerate(ordered)), default=0)


@dataclass(frozen=True, slots=True)
class ReportsServer:
    """A running server. *end* stops it and returns the times."""

    url: str
    end: Callable[[], ReportTimes]

    def client(self, plan: Plan) -> Zoom:
        """Return a client of the account that is served."""
        return account_client(self.url, plan)


def account_client(url: str, plan: Plan) -> Zoom:
    """Return a client of the account that the server at *url* serves."""
    auth = ServerToServer("account", "client", "secret", token_url=f"{url}/oauth/token")
    return Zoom(auth, plan=plan, base_url=f"{url}/v2")


def uuid_of(number: int) -> str:
    """Return the UUID of the meeting *number*."""
    return f"{number:022d}=="


class ParticipantsPages:
    """The pages of one participants report as JSON, of which no two have a row in common."""

    def __init__(self, pages: int) -> None:
        self._pages = pages
        self._rows = json.dumps([_participant(number) for number in range(ROWS)], ensure_ascii=False).encode()

    def body(self, page: int) -> bytes:
        """Return the page with the number *page*, from 0."""
        token = str(page + 1) if page + 1 < self._pages else ""
        head = {"page_count": self._pages, "page_size": ROWS, "total_records": self._pages * ROWS}
        begin = json.dumps(head | {"next_page_token": token}).encode()
        return begin[:-1] + b', "participants": ' + self._rows.replace(_PART, b"%04d" % page) + b"}"


def _participant(number: int) -> dict[str, object]:
    return {
        "id": "" if number % 3 else f"q{number:021d}",
        "user_id": f"16{number:04d}{_PART.decode()}",
        "name": f"Guest {number} of Harbour & Söhne",
        "user_email": "" if number % 2 else f"guest{number}@northpier.example",
        "join_time": f"{NOON + timedelta(seconds=number % 900):%Y-%m-%dT%H:%M:%SZ}",
        "leave_time": f"{NOON + timedelta(seconds=3600 + number % 900):%Y-%m-%dT%H:%M:%SZ}",
        "duration": 3600,
        "registrant_id": f"r{number:017d}{_PART.decode()}",
        "failover": False,
        "status": "in_meeting",
        "participant_user_id": "" if number % 3 else f"q{number:021d}",
        "customer_key": "",
        "bo_mtg_id": "27510336",
    }


def _meeting(number: int, participants: int) -> dict[str, object]:
    start = NOON + timedelta(minutes=number)
    return {
        "uuid": uuid_of(number),
        "id": 84_000_000_000 + number,
        "type": 2,
        "topic": "Weekly round",
        "user_name": "Ada Brink",
        "user_email": "ada@northpier.example",
        "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "end_time": f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        "duration": 60,
        "total_minutes": 60 * participants,
        "participants_count": participants,
    }


class _Handler:
    """The request handler of the server."""

    def __init__(self, size: Size) -> None:
        self.times = ReportTimes()
        self._latency = size.latency
        self._random = random.Random(size.seed)  # noqa: S311  latencies are not secrets
        self._participants = ParticipantsPages(size.pages)
        self._meetings = [_meeting(number, size.pages * ROWS) for number in range(size.meetings)]

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        """Respond to one request."""
        requested = time.monotonic()
        if request.path.endswith("/oauth/token"):
            return _json(b'{"access_token":"of-a-benchmark","token_type":"bearer","expires_in":3600}')
        if (seconds := self._random.uniform(*self._latency)) > 0:
            await asyncio.sleep(seconds)
        body = self._body(request)
        if "/report/meetings/" in request.path:
            self.times.requested.append(requested)
            self.times.responded.append(time.monotonic())
        return _json(body)

    def _body(self, request: web.BaseRequest) -> bytes:
        page = int(request.query.get("next_page_token", "0"))
        _, _, path = request.path.partition("/report/")
        match path.split("/"):
            case ["users"]:
                host = {"id": "aDa0", "user_name": "Ada Brink", "type": 2, "email": "ada@northpier.example"}
                return _listing("users", [host], 0)
            case ["users", _, "meetings"]:
                return _listing("meetings", self._meetings, page)
            case ["meetings", _, "participants"]:
                return self._participants.body(page)
            case ["meetings", uuid]:
                return json.dumps(self._meetings[int(unquote(uuid).rstrip("="))]).encode()
            case _:
                raise web.HTTPNotFound


def _listing(name: str, rows: Sequence[Mapping[str, object]], page: int) -> bytes:
    token = str(page + 1) if (page + 1) * ROWS < len(rows) else ""
    head = {"from": str(DAYS[0]), "to": str(DAYS[1]), "page_size": ROWS, "total_records": len(rows)}
    return json.dumps(head | {"next_page_token": token, name: rows[page * ROWS : (page + 1) * ROWS]}).encode()


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")


def _serve(pipe: Connection, size: Size) -> None:
    asyncio.run(_serve_until_end(pipe, size))


async def _serve_until_end(pipe: Connection, size: Size) -> None:
    handler = _Handler(size)
    runner = web.ServerRunner(web.Server(handler, access_log=None), shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await asyncio.to_thread(pipe.recv)
    pipe.send(handler.times)
    await runner.cleanup()


@contextmanager
def reports_server(size: Size) -> Generator[ReportsServer, None, None]:
    """Serve an account of this *size*."""
    with other_process(_serve, size) as pipe:

        def end() -> ReportTimes:
            pipe.send(None)
            return cast("ReportTimes", pipe.recv())

        yield ReportsServer(pipe.recv(), end)
