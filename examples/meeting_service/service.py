"""The part of the service that knows no web framework: its users' clients, its meetings, and its webhooks."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import anyio
from anyio import to_thread
from cryptography.fernet import Fernet

from meeting_service.registrants import RegistrantLists
from zoomasync import Plan, UserClients, errors
from zoomasync.auth import FileTokenStore, UserOAuth
from zoomasync.models import MeetingSettings, NewMeeting
from zoomasync.webhooks import UrlValidation, WebhookInbox, secrets_from_env, verify

logger = logging.getLogger("meeting_service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of the service.

    *key* encrypts cookies and tokens. There are two *webhook_secrets* while you replace one. *plan* is the smallest one
    among the Zoom accounts of the users: its limits are those of each account. *deadline* is the longest time of a read
    at Zoom, in seconds.
    """

    oauth: UserOAuth
    webhook_secrets: Sequence[str]
    key: str
    folder: Path
    plan: Plan = Plan.FREE
    deadline: float = 8.0

    @classmethod
    def from_env(cls) -> Settings:
        """Return the settings in the environment, which README.md describes."""
        return cls(
            oauth=UserOAuth.from_env(),
            webhook_secrets=secrets_from_env(),
            key=_required("SERVICE_KEY"),
            folder=Path(os.environ.get("SERVICE_FOLDER", "data")),
            plan=Plan.named(os.environ.get("ZOOM_PLAN", "free")),
        )

    @property
    def secure_cookies(self) -> bool:
        """Whether browsers send the cookies over HTTPS only: always, but for a service on this machine."""
        return self.oauth.redirect_uri.startswith("https://")


def _required(variable: str) -> str:
    if not (value := os.environ.get(variable)):
        raise errors.ConfigError(f"{variable} is not set: README.md describes it")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A meeting to schedule. A *start_time* without an offset is in the time zone of the user's Zoom account."""

    topic: str
    start_time: datetime
    duration: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedMeeting:
    """A meeting that is scheduled at Zoom."""

    id: int
    topic: str
    join_url: str | None


@dataclass(frozen=True, slots=True)
class Service:
    """The open clients and files of the service. User ids are those of Zoom."""

    settings: Settings
    users: UserClients
    inbox: WebhookInbox
    lists: RegistrantLists

    async def upcoming(self, user_id: str) -> list[BookedMeeting]:
        """Return the coming meetings of a user."""
        zoom = await self.users.client(user_id)
        upcoming = zoom.with_options(max_wait=2, outage_wait=1).meetings.list("me", type_="upcoming")
        with anyio.fail_after(self.settings.deadline):
            meetings = await upcoming.collect()
        return [BookedMeeting(id=each.id, topic=each.topic or "", join_url=each.join_url) for each in meetings]

    async def schedule(self, user_id: str, booking: Booking) -> BookedMeeting:
        """Schedule a meeting for which people can register.

        It has no deadline of its own: a write that is cancelled may have been carried out.
        """
        zoom = await self.users.client(user_id)
        new = NewMeeting(
            topic=booking.topic,
            type=2,
            start_time=booking.start_time,
            duration=booking.duration,
            settings=MeetingSettings(approval_type=0),
        )
        meeting = await zoom.with_options(max_wait=2, outage_wait=1).meetings.create("me", new)
        return BookedMeeting(id=meeting.id, topic=meeting.topic or "", join_url=meeting.join_url)

    async def disconnect(self, user_id: str) -> None:
        """Revoke the tokens of a user, and delete all data of the user."""
        await self.lists.delete(user_id)
        await self.users.revoke(user_id)

    async def receive(self, headers: Mapping[str, str], body: bytes) -> bytes:
        """Verify a webhook, store it, and return the body of the answer. It is handled later, in the background."""
        event = verify(headers, body, self.settings.webhook_secrets)
        if isinstance(event, UrlValidation):
            return event.response_body
        await self.inbox.add(event)
        return b""


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncGenerator[Service]:
    """Open the clients of the users and the inbox, and handle webhooks in the background until the end of the block."""
    fernet, folder = Fernet(settings.key), settings.folder
    await to_thread.run_sync(folder.mkdir, 0o700, True, True)
    tokens = FileTokenStore(folder / "tokens", encrypt=fernet.encrypt, decrypt=fernet.decrypt)
    async with (
        UserClients(settings.oauth, token_store=tokens, plans=lambda _: settings.plan) as users,
        WebhookInbox(folder / "webhooks.sqlite") as inbox,
    ):
        lists = RegistrantLists(users, folder / "registrants")
        async with inbox.running(lists.handle):
            yield Service(settings, users, inbox, lists)


_STATUSES: Mapping[type[Exception], int] = {
    errors.InvalidArgument: 400,
    errors.BadRequest: 400,
    errors.WebhookError: 401,
    errors.AuthorizationDenied: 403,
    errors.PermissionDenied: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.RateLimited: 503,
    errors.CircuitOpen: 503,
    TimeoutError: 504,
}


def status_of(error: Exception) -> tuple[int, Mapping[str, str]]:
    """Return the HTTP status and headers for an error of the client. Its text holds no secret and no e-mail address."""
    status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), 502)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.warning("%s: %s", type(error).__name__, error)
    match error:
        case errors.DailyLimitReached() | errors.ResourceLimitReached():
            seconds = (error.resumes_at - datetime.now(UTC)).total_seconds()
        case errors.RateLimited() | errors.CircuitOpen():
            seconds = error.retry_after or 1
        case _:
            return status, {}
    return status, {"Retry-After": str(max(math.ceil(seconds), 1))}
