"""`Zoom`: the way in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, overload

import msgspec

from ._addresses import https_address
from ._endpoint import Endpoint, Label, MeetingRef, QueryValue
from ._retry import RetryPolicy
from ._session import Session, Traffic
from ._transport import AiohttpTransport, ClientSession
from .auth import DEFAULT_TOKEN_URL, Credentials, ServerToServer, TokenKeeper
from .errors import ConfigError
from .limits import Buckets, Plan
from .resources.past_meetings import PastMeetings
from .resources.reports import Reports

T = TypeVar("T")

DEFAULT_BASE_URL = "https://api.zoom.us/v2"


class Zoom:
    """A client for one Zoom account.

    ::

        async with Zoom(ServerToServer(account_id, client_id, client_secret), plan=Plan.BUSINESS) as zoom:
            async for person in zoom.reports.meeting_participants(meeting_id):
                print(person.name)

    *auth* is `ServerToServer`, `StaticToken`, or anything with their ``fetch``. *plan* says how fast to send; share one
    client in a process, since each paces for itself. *session* is an ``aiohttp.ClientSession`` to send over, which
    stays yours to close. *timeout* is the seconds that one send may take; for a deadline over retries use
    ``anyio.fail_after``. *retry* says how often a call is sent.

    Raises `ConfigError` for settings that cannot work, before anything is sent.
    """

    def __init__(
        self,
        auth: Credentials,
        *,
        plan: Plan = Plan.PRO,
        base_url: str = DEFAULT_BASE_URL,
        session: ClientSession | None = None,
        timeout: float = 60.0,
        retry: RetryPolicy | None = None,
    ) -> None:
        if timeout <= 0:
            raise ConfigError("timeout must be seconds above 0")
        retry = retry or RetryPolicy()
        self._transport = AiohttpTransport(session, timeout=timeout)
        self._tokens = TokenKeeper(auth, self._transport, retry)
        self._buckets = Buckets(plan)
        self._session = Session(
            base_url=https_address("base_url", base_url),
            transport=self._transport,
            tokens=self._tokens,
            buckets=self._buckets,
            retry=retry,
        )
        self.past_meetings = PastMeetings(self._session)
        self.reports = Reports(self._session)

    @classmethod
    def from_env(cls, *, plan: Plan | None = None, environ: Mapping[str, str] = os.environ) -> Self:
        """Make a client from environment variables.

        ``ZOOM_ACCOUNT_ID``, ``ZOOM_CLIENT_ID`` and ``ZOOM_CLIENT_SECRET`` are needed. ``ZOOM_PLAN`` is free, pro
        (assumed) or business, ``ZOOM_SHARE`` the fraction of it to use; *plan* overrides both. ``ZOOM_BASE_URL`` and
        ``ZOOM_TOKEN_URL`` are for other clouds. Each may be given as the path of a file that holds it, in the variable
        of the same name with ``_FILE`` behind.
        """
        settings = _Settings(environ)
        auth = ServerToServer(
            settings.need("ZOOM_ACCOUNT_ID"),
            settings.need("ZOOM_CLIENT_ID"),
            settings.need("ZOOM_CLIENT_SECRET"),
            token_url=settings.get("ZOOM_TOKEN_URL") or DEFAULT_TOKEN_URL,
        )
        return cls(auth, plan=plan or settings.plan(), base_url=settings.get("ZOOM_BASE_URL") or DEFAULT_BASE_URL)

    def __repr__(self) -> str:
        return f"<Zoom {self._session.base_url} {self._buckets!r}>"

    async def __aenter__(self) -> Self:
        await self._transport.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections. Closing twice does no harm."""
        await self._tokens.aclose()
        await self._transport.close()

    @property
    def traffic(self) -> Mapping[str, Traffic]:
        """What was sent so far, by route: ``zoom.traffic["GET /report/users"].calls``."""
        return self._session.traffic

    @overload
    async def request(
        self,
        method: str,
        path: str,
        *values: MeetingRef,
        label: Label,
        query: Mapping[str, QueryValue] | None = None,
        body: object = None,
    ) -> object: ...

    @overload
    async def request(
        self,
        method: str,
        path: str,
        *values: MeetingRef,
        label: Label,
        query: Mapping[str, QueryValue] | None = None,
        body: object = None,
        response: type[T],
    ) -> T: ...

    async def request(
        self,
        method: str,
        path: str,
        *values: MeetingRef,
        label: Label,
        query: Mapping[str, QueryValue] | None = None,
        body: object = None,
        response: type[object] = object,
    ) -> object:
        """Call any endpoint of Zoom's API: paced by *label*, authorised and retried like all others.

        ::

            settings = await zoom.request("GET", "/users/{userId}/settings", user_id, label=Label.MEDIUM)

        *path* is below the base URL; *values* fill its placeholders in order, quoted as Zoom wants it. *body* is
        anything that msgspec can encode to JSON. Returns the reply as *response*, or as plain objects without one; None
        where it is empty. Raises the errors of any other call.
        """
        endpoint = Endpoint(route=f"{_method(method)} {path}", label=Label(label), response=response)
        call = endpoint.fill(values, query or {}, None if body is None else msgspec.json.encode(body))
        return await self._session.send(call)


_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def _method(method: str) -> str:
    if method.upper() not in _METHODS:
        raise ConfigError(f"unknown method: choose one of {', '.join(sorted(_METHODS))}")
    return method.upper()


class _Settings:
    """Environment variables, each of which may be in a file instead."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def get(self, name: str) -> str | None:
        path = self._environ.get(f"{name}_FILE")
        if not path:
            return self._environ.get(name) or None
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"{name}_FILE names a file that cannot be read") from None

    def need(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise ConfigError(f"{name} is not set: give it, or the path of a file that holds it in {name}_FILE")
        return value

    def plan(self) -> Plan:
        plan = Plan.named(self.get("ZOOM_PLAN") or "pro")
        share = self.get("ZOOM_SHARE")
        if share is None:
            return plan
        try:
            return plan.share(float(share))
        except ValueError:
            raise ConfigError("ZOOM_SHARE must be a number above 0 and at most 1") from None
