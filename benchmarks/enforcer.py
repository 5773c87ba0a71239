"""A fake Zoom in another process that enforces the limits of a plan, and reports the requests that it received."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from multiprocessing.connection import Connection
from typing import Final, NamedTuple, TypeVar, cast

from zoomasync import Label, Plan, ServerToServer
from zoomasync.testing import Account, FakeZoom

from .processes import other_process

T = TypeVar("T")

ROUTE: Final = "GET /report/billing"
"""The route that `Enforcer.throttle` is about."""
TOKEN_ROUTE: Final = "POST /oauth/token"  # noqa: S105  a path


class Received(NamedTuple):
    """A request, the time of its arrival, and whether the server rejected it with 429."""

    at: float
    label: Label
    is_rejected: bool


class Enforcer:
    """The server, seen from the process that started it."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        auth, base_url = cast("tuple[ServerToServer, str]", pipe.recv())
        self.auth: ServerToServer = auth
        self.base_url: str = base_url

    def throttle(self) -> None:
        """Reject every request of `ROUTE` from now on."""
        self._pipe.send("throttle")

    def stop_throttling(self) -> None:
        """Reject only what is above the limits from now on."""
        self._pipe.send("stop throttling")

    def expire_tokens(self) -> None:
        """Make all access tokens invalid."""
        self._pipe.send("expire tokens")

    def token_requests(self) -> int:
        """Return the number of token requests so far."""
        self._pipe.send("count token requests")
        return cast("int", self._pipe.recv())

    def received(self) -> list[Received]:
        """Return the requests so far."""
        self._pipe.send("report")
        return cast("list[Received]", self._pipe.recv())


@contextmanager
def enforcers(plans: Iterable[Plan]) -> Generator[list[Enforcer], None, None]:
    """Run a server for each of *plans* while the block runs."""
    with ExitStack() as stack:
        pipes = [stack.enter_context(other_process(_run, plan)) for plan in plans]
        yield [Enforcer(pipe) for pipe in pipes]


def at_once(works: Sequence[Callable[[Enforcer], T]], plans: Iterable[Plan]) -> list[T]:
    """Return the results of *works*, each in a process of its own with a server of one of *plans*.

    All begin when every process has started, since the start of one disturbs the others.
    """
    with enforcers(plans) as servers, ExitStack() as stack:
        pipes = [
            stack.enter_context(other_process(_work, work, server)) for work, server in zip(works, servers, strict=True)
        ]
        for pipe in pipes:
            pipe.recv()
        for pipe in pipes:
            pipe.send("begin")
        return [cast("T", pipe.recv()) for pipe in pipes]


def _work(pipe: Connection, work: Callable[[Enforcer], object], server: Enforcer) -> None:
    pipe.send("ready")
    pipe.recv()
    pipe.send(work(server))


def _run(pipe: Connection, plan: Plan) -> None:
    asyncio.run(_serve(pipe, plan))


async def _serve(pipe: Connection, plan: Plan) -> None:
    account = Account()
    account.add_host()
    async with FakeZoom(account, plan=plan) as fake:
        pipe.send((fake.credentials, fake.base_url))
        while True:
            match await asyncio.to_thread(pipe.recv):
                case "throttle":
                    fake.throttle(ROUTE, times=None)
                case "stop throttling":
                    fake.clear_responses()
                case "expire tokens":
                    fake.expire_access_tokens()
                case "count token requests":
                    pipe.send(sum(request.route == TOKEN_ROUTE for request in fake.requests))
                case _:
                    pipe.send(
                        [
                            Received(request.at, request.label, request.status == HTTPStatus.TOO_MANY_REQUESTS)
                            for request in fake.requests
                            if request.label
                        ]
                    )
