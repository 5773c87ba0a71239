"""A simulated account of webinars with registrants, in another process."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final, NamedTuple, cast

from zoomasync import Label, ServerToServer
from zoomasync.testing import Account, FakeZoom, LoggedRequest, Registrant, RegistrantStatus, ScheduledMeeting

from .processes import other_process

WEBINAR: Final = 5


@dataclass(frozen=True, kw_only=True)
class Audience:
    """The people of one webinar.

    Its list has people who are *registered* already, *pending* ones, and *missing* ones. Others are registered and
    *absent* from the list.
    """

    registered: int
    pending: int
    missing: int
    absent: int

    def emails(self) -> list[str]:
        """Return the addresses on the list."""
        return [_email(number) for number in range(self.registered + self.pending + self.missing)]


class ReceivedCall(NamedTuple):
    """A call that the server has received. *at* is `time.monotonic()` on its arrival."""

    label: Label
    is_write: bool
    at: float


class WebinarsServer:
    """A running server: the credentials and the address of the account, and the numbers of its webinars."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        settings = cast("tuple[ServerToServer, str, list[int]]", pipe.recv())
        self.credentials: ServerToServer = settings[0]
        self.base_url: str = settings[1]
        self.webinars: list[int] = settings[2]

    def calls(self) -> list[ReceivedCall]:
        """Return all calls so far."""
        self._pipe.send("calls")
        return cast("list[ReceivedCall]", self._pipe.recv())

    def approved(self) -> list[set[str]]:
        """Return the addresses of the approved registrants of each webinar."""
        self._pipe.send("approved")
        return cast("list[set[str]]", self._pipe.recv())


@contextmanager
def webinars_server(audiences: Sequence[Audience], *, write_seconds: float) -> Generator[WebinarsServer, None, None]:
    """Serve a webinar for each of *audiences*. The response to a write takes so many seconds."""
    with other_process(_serve, audiences, write_seconds) as pipe:
        yield WebinarsServer(pipe)


def _serve(pipe: Connection, audiences: Sequence[Audience], write_seconds: float) -> None:
    asyncio.run(_serve_account(pipe, audiences, write_seconds))


async def _serve_account(pipe: Connection, audiences: Sequence[Audience], write_seconds: float) -> None:
    account = Account()
    webinars = [_webinar(account, audience) for audience in audiences]
    async with FakeZoom(account, plan=None, write_seconds=write_seconds) as fake:
        pipe.send((fake.credentials, fake.base_url, [webinar.id for webinar in webinars]))
        while True:
            if await asyncio.to_thread(pipe.recv) == "approved":
                pipe.send([_approved(webinar) for webinar in webinars])
            else:
                pipe.send([_received(request, request.label) for request in fake.requests if request.label])


def _received(request: LoggedRequest, label: Label) -> ReceivedCall:
    return ReceivedCall(label, request.method != "GET", request.at)


def _webinar(account: Account, audience: Audience) -> ScheduledMeeting:
    webinar = account.add_meeting(type=WEBINAR, capacity=10_000)
    listed = len(audience.emails())
    _register(webinar, range(audience.registered), "approved")
    _register(webinar, range(audience.registered, listed - audience.missing), "pending")
    _register(webinar, range(listed, listed + audience.absent), "approved")
    return webinar


def _register(webinar: ScheduledMeeting, people: range, status: RegistrantStatus) -> None:
    for number in people:
        email = _email(number)
        webinar.save_registrant(
            Registrant(
                id=f"{webinar.id}r{number:09d}",
                email=email,
                first_name="Guest",
                last_name=email.partition("@")[0],
                status=status,
                create_time=webinar.created_at,
            )
        )


def _approved(webinar: ScheduledMeeting) -> set[str]:
    return {registrant.email for registrant in webinar.registrants if registrant.status == "approved"}


def _email(number: int) -> str:
    return f"guest{number}@northpier.example"
