"""A server in another process with accounts that enforce the limits of a plan, respond late, or fail some requests.

It limits requests as the package's fake does, and has canned pages. It is idle for most of the time, so that the client
decides how long the job takes.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from multiprocessing.connection import Connection
from threading import Lock
from typing import Final, NamedTuple, cast

from aiohttp import web

from zoomasync import Label, Plan
from zoomasync.testing.enforcement.rate_limits import RateLimits

from ..bodies import participants_page
from ..faulty_server import dice
from ..overhead import UNCONTENDED
from ..processes import other_process
from .job import SECONDS, TOKEN, TOKEN_PATH, Account, Attendance

_SEED: Final = 1
_JSON: Final = {"Content-Type": "application/json;charset=UTF-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """The responses to one account, in which every number is that of a past meeting with so many *pages* of *rows*.

    The limits are those of *plan*, if there is one. Every response is sent after *latency* seconds. A request fails
    with the probability *failing*, which depends on its path, its page and the number of the attempt only.
    """

    plan: Plan | None = None
    latency: float = 0.0
    failing: float = 0.0
    pages: int = 1
    rows: int = 30

    @property
    def answer(self) -> Attendance:
        """The attendance of every meeting."""
        visits = self.pages * self.rows
        return Attendance(visits, visits * SECONDS)


class Counts(NamedTuple):
    """The requests that arrived, and those of them that were answered with 429 and with 503."""

    requests: int
    rejected: int
    failed: int


class Server:
    """The running server."""

    def __init__(self, url: str, pipe: Connection) -> None:
        self._url = url
        self._pipe = pipe
        self._lock = Lock()  # of the threads that share the pipe

    def new_account(self, behaviour: Behaviour) -> Account:
        """Return a new account, to which the server responds with *behaviour*."""
        number = self._ask(behaviour)
        return Account(f"{self._url}/{number}", behaviour.plan or UNCONTENDED)

    def counts(self, account: Account) -> Counts:
        """Return the counts of the requests to *account*."""
        return cast("Counts", self._ask(int(account.url.rpartition("/")[2])))

    def _ask(self, message: object) -> object:
        with self._lock:
            self._pipe.send(message)
            return cast("object", self._pipe.recv())


@contextmanager
def running() -> Generator[Server, None, None]:
    """Run the server."""
    with other_process(_serve) as pipe:
        yield Server(f"http://127.0.0.1:{pipe.recv()}", pipe)


def _serve(pipe: Connection) -> None:
    asyncio.run(_answer_all(pipe))


async def _answer_all(pipe: Connection) -> None:
    accounts: list[_PastMeetings] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        number, _, path = request.path.removeprefix("/").partition("/")
        if f"/{path}" == TOKEN_PATH:
            return web.Response(body=TOKEN, headers=_JSON)
        account = accounts[int(number)]
        response = account.response(path, request.query.get("next_page_token", ""))
        await asyncio.sleep(account.behaviour.latency)
        return response

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(runner.addresses[0][1])
    while True:
        message: Behaviour | int = await asyncio.to_thread(pipe.recv)
        if isinstance(message, int):
            pipe.send(accounts[message].counts())
        else:
            accounts.append(_PastMeetings(message))
            pipe.send(len(accounts) - 1)


class _PastMeetings:
    """The past meetings of one account."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour: Behaviour = behaviour
        self._limits = RateLimits(behaviour.plan, time.monotonic, lambda: datetime.now(UTC))
        tokens = [*map(str, range(1, behaviour.pages)), ""]
        self._pages = [participants_page(rows=behaviour.rows, next_page_token=token) for token in tokens]
        self._attempts: Counter[tuple[str, str]] = Counter()
        self._statuses: Counter[int] = Counter()

    def counts(self) -> Counts:
        """Return the counts of the requests so far."""
        rejected, failed = self._statuses[HTTPStatus.TOO_MANY_REQUESTS], self._statuses[HTTPStatus.SERVICE_UNAVAILABLE]
        return Counts(self._statuses.total(), rejected, failed)

    def response(self, path: str, page_token: str) -> web.Response:
        """Return the response to a request that arrives now, and count it."""
        response = self._response(path, page_token)
        self._statuses[response.status] += 1
        return response

    def _response(self, path: str, page_token: str) -> web.Response:
        if rejected := self._limits.check(Label.MEDIUM):
            return web.Response(status=rejected.status, body=rejected.body, headers={**rejected.headers, **_JSON})
        page = (path, page_token)
        self._attempts[page] += 1
        if dice(_SEED, page, self._attempts[page]).random() < self.behaviour.failing:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        headers = {**self._limits.headers(Label.MEDIUM), **_JSON}
        return web.Response(body=self._pages[int(page_token or 0)], headers=headers)
