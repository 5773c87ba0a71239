"""`FakeZoom`: a simulated Zoom account that is served over HTTP on this machine."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Final, Literal, Self, Unpack, get_args

from aiohttp import web

from .._client import ClientOptions, Zoom
from .._label import Label
from ..auth import ServerToServer
from ..rate_limits import Plan
from .account.account import Account
from .enforcement.rate_limits import RateLimits
from .enforcement.resource_quotas import ResourceQuotas
from .faults import DropPoint
from .handlers.routes import find_route
from .pipeline import BASE_PATH, TOKEN_PATH, LoggedRequest, RequestPipeline
from .protocol.oauth import TokenIssuer
from .protocol.page_tokens import PageTokens
from .protocol.responses import FakeResponse, json_response
from .protocol.route import TOKEN_ROUTE

_UNLIMITED: Final = Plan(light=10_000, medium=10_000, heavy=10_000, resource_intensive=10_000)
_SHUTDOWN_SECONDS: Final = 1.0


class FakeZoom:
    """A Zoom account for tests: an async context manager that serves it over HTTP on a free local port.

    ::

        account = Account()
        meeting = account.add_instance(participants=40)
        async with FakeZoom(account) as fake, fake.client() as zoom:
            people = [person async for person in zoom.reports.meeting_participants(meeting.uuid)]

    The fake serves every endpoint of the client from *account*, which is `Account.simulated()` unless given. Writes
    change *account*, where a test can read them, and `requests` is a log of all requests.

    The fake enforces:

    - access tokens: 401 without a valid one. They expire after *token_lifetime* seconds.
    - rate limits: the per-second limits of *plan* for each label, in every interval of one second; None switches them
      off. The plan's daily limits are not enforced.
    - daily quotas per host and registrant, such as 100 new meetings per host, which no plan changes.
    - parameters and bodies: an unknown or invalid field is a 400 that names it.
    - page tokens: valid for one listing with the same parameters, for *page_token_lifetime* seconds. A page has at most
      *page_size_cap* rows.
    - ages: some reports reach back six months from *today* (the account's day unless given), others a year.

    *now* returns the time in UTC, which decides what is upcoming and when daily quotas start anew. Its default is the
    clock's time on the day *today*.

    `respond`, `throttle` and `drop_connection` script errors for chosen requests, and `clear_responses` discards them.
    `expire_access_tokens` and `expire_page_tokens` end all tokens early::

        fake.respond("reports.users", status=503, body={"code": 503, "message": "Try later."})
        fake.throttle("meetings.registrants.list", on_request=2)
        fake.drop_connection("POST /users/{userId}/meetings")
    """

    def __init__(
        self,
        account: Account | None = None,
        *,
        plan: Plan | None = Plan.PRO,
        host: str = "127.0.0.1",
        port: int = 0,
        today: date | None = None,
        now: Callable[[], datetime] | None = None,
        token_lifetime: int = 3600,
        page_token_lifetime: float = 900.0,
        page_size_cap: int = 300,
    ) -> None:
        self.account: Final = account or Account.simulated(today=today)
        self.plan: Final = plan
        self.today: Final = today or self.account.today
        self._address = (host, port)
        self._app = ServerToServer(self.account.id, secrets.token_urlsafe(12), secrets.token_urlsafe(24))
        self._pipeline = RequestPipeline(
            account=self.account,
            today=self.today,
            token_issuer=TokenIssuer(self._app, time.monotonic, lifetime=token_lifetime),
            page_tokens=PageTokens(time.monotonic, cap=page_size_cap, lifetime=page_token_lifetime),
            rate_limits=RateLimits(plan, time.monotonic),
            now=now or self._now,
            resource_quotas=ResourceQuotas(now or self._now),
        )
        self._runner: web.ServerRunner | None = None

    def __repr__(self) -> str:
        origin = self._origin if self._runner else "not running"
        return f"<FakeZoom {origin}, {len(self._pipeline.log)} requests>"

    async def __aenter__(self) -> Self:
        if self._runner:
            raise RuntimeError("this FakeZoom is already running")
        runner = web.ServerRunner(web.Server(self._pipeline.serve, access_log=None), shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, *self._address).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        runner, self._runner = self._runner, None
        if runner:
            await runner.cleanup()

    @property
    def base_url(self) -> str:
        """The address of the API, for `Zoom(base_url=...)`."""
        return f"{self._origin}{BASE_PATH}"

    @property
    def token_url(self) -> str:
        """The address of the token endpoint."""
        return f"{self._origin}{TOKEN_PATH}"

    @property
    def credentials(self) -> ServerToServer:
        """The credentials of the account's server-to-server app."""
        return replace(self._app, token_url=self.token_url)

    @property
    def requests(self) -> Sequence[LoggedRequest]:
        """The requests so far, token requests included, in the order of their responses.

        ::

            assert [request.route for request in fake.requests] == ["POST /oauth/token", "GET /report/users"]
        """
        return tuple(self._pipeline.log)

    def client(self, *, plan: Plan | None = None, **options: Unpack[ClientOptions]) -> Zoom:
        """Return a client of this fake, for use in `async with`.

        Its rate limits are those of *plan*, or else of the fake, unless *options*, which are those of `Zoom`, contain a
        rate limiter.
        """
        default = None if options.get("rate_limiter") else self.plan or _UNLIMITED
        return Zoom(self.credentials, plan=plan or default, base_url=self.base_url, **options)

    def respond(
        self,
        operation: str,
        *,
        status: int,
        body: Mapping[str, object] | bytes,
        headers: Mapping[str, str] | None = None,
        label: Label | None = None,
        on_request: int = 1,
        times: int = 1,
    ) -> None:
        """Send a scripted response to a later request of *operation*, instead of the account's.

        ::

            fake.respond("reports.users", status=503, body={"code": 503, "message": "Try later."}, on_request=2)

        *operation* is a method of the client, such as `meetings.registrants.add`, or a route as Zoom prints it, such
        as `GET /report/users` or `POST /oauth/token`. A route that the reference does not list may be given too, with
        its rate-limit *label* (Light unless given): the fake sends the scripted responses there, and 404 otherwise.

        The *on_request*-th request from now receives the response, and so do the next *times* - 1. A request without a
        valid token or over the rate limit does not count. Of several responses for one request, the first that was
        scripted is sent. A *body* of bytes is sent unchanged.

        Raises ValueError for an unknown method name or a malformed route.
        """
        if isinstance(body, bytes):
            response = FakeResponse(status=status, body=body, headers=headers or {})
        else:
            response = json_response(body, status, headers)
        self._script(operation, response, label, on_request, times)

    def throttle(
        self,
        operation: str,
        *,
        label: Label | None = None,
        on_request: int = 1,
        times: int = 1,
        retry_after: str | float | None = None,
    ) -> None:
        """Send Zoom's per-second 429 to a later request of *operation*, with the arguments of `respond`.

        ::

            fake.throttle("meetings.registrants.list", on_request=2)

        Zoom itself sends no Retry-After with it. Token requests cannot be throttled: they have no label.
        """
        if operation == TOKEN_ROUTE:
            raise ValueError("token requests have no rate limit: use respond() to send them a 429")
        route = find_route(operation, label)
        wait = None if retry_after is None else str(retry_after)
        response = self._pipeline.rate_limits.per_second_limit(route.label, wait)
        self._script(operation, response, label, on_request, times)

    def drop_connection(
        self,
        operation: str,
        *,
        after: Literal["request", "headers", "half_body"] = "request",
        label: Label | None = None,
        on_request: int = 1,
        times: int = 1,
    ) -> None:
        """Close the connection of a later request of *operation*, with the arguments of `respond`.

        ::

            fake.drop_connection("meetings.registrants.add", after="half_body")

        *after* is the last part that is transferred. After the "request", the fake closes the connection and does not
        carry out the request. After the "headers" or "half_body" of the response, the request has been carried out. A
        response without a body is then not sent at all, since its headers would be complete.
        """
        if after not in get_args(DropPoint):
            raise ValueError(f"after must be one of {', '.join(get_args(DropPoint))}, not {after!r}")
        self._script(operation, after, label, on_request, times)

    def clear_responses(self) -> None:
        """Discard every scripted response and dropped connection that is still to come."""
        self._pipeline.scripted.clear()

    def expire_access_tokens(self) -> None:
        """Expire every access token issued so far; a request with one is a 401."""
        self._pipeline.token_issuer.expire()

    def expire_page_tokens(self) -> None:
        """Expire every page token issued so far; a request with one is a 400."""
        self._pipeline.page_tokens.expire()

    def _script(
        self, operation: str, response: FakeResponse | DropPoint, label: Label | None, on_request: int, times: int
    ) -> None:
        route = None if operation == TOKEN_ROUTE else find_route(operation, label)
        self._pipeline.scripted.add(route, response, on_request=on_request, times=times)

    def _now(self) -> datetime:
        return datetime.combine(self.today, datetime.now(UTC).timetz())

    @property
    def _origin(self) -> str:
        if not self._runner:
            raise RuntimeError("this FakeZoom is not running: use it in an `async with` block")
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
