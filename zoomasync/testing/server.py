"""`FakeZoom`: a simulated Zoom account behind real HTTP on this machine."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
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
from .handlers.routes import find_route
from .pipeline import BASE_PATH, TOKEN_PATH, LoggedRequest, RequestPipeline
from .protocol.errors import FakeResponse, json_response
from .protocol.oauth import App, TokenIssuer
from .protocol.page_tokens import PageTokens
from .protocol.route import TOKEN_ROUTE
from .scripted_responses import DropPoint

_UNLIMITED: Final = Plan(light=10_000, medium=10_000, heavy=10_000, resource_intensive=10_000)
_SHUTDOWN_SECONDS: Final = 1.0


class FakeZoom:
    """A Zoom account to test against: an async context manager that serves it over HTTP on a free port.

    ::

        async with FakeZoom() as fake, fake.client() as zoom:
            hosts = [host async for host in zoom.reports.users(from_, to)]

    It is strict where Zoom is: it limits calls per second and label by *plan* (None lifts the limits; those of a day
    are for `respond` to play), insists on live tokens, binds page tokens to their listing, and refuses what it does not
    understand. *account* is `Account.simulated()` unless given. Look-back limits count from *today*, the account's own
    day unless given. *now* tells the time in UTC by which meetings are upcoming and daily limits begin anew; unless
    given it is the clock's, on *today*. Lifetimes are in seconds; *page_size_cap* is the most rows that a page holds.

    What is written can be read back, from the fake and from *account*. Besides the limits of the plan there are those
    of a day, on one host and on one registrant, which always hold.
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
        self._app = App(
            account_id=self.account.id, client_id=secrets.token_urlsafe(12), client_secret=secrets.token_urlsafe(24)
        )
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
        where = self._origin if self._runner else "not running"
        return f"<FakeZoom {where}, {len(self._pipeline.log)} requests>"

    async def __aenter__(self) -> Self:
        if self._runner:
            raise RuntimeError("this FakeZoom is running already")
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
        """What to call the API under."""
        return f"{self._origin}{BASE_PATH}"

    @property
    def token_url(self) -> str:
        """Where tokens are issued."""
        return f"{self._origin}{TOKEN_PATH}"

    @property
    def credentials(self) -> ServerToServer:
        """The one server-to-server app that the fake knows."""
        app = self._app
        return ServerToServer(app.account_id, app.client_id, app.client_secret, token_url=self.token_url)

    @property
    def requests(self) -> Sequence[LoggedRequest]:
        """Everything that was answered so far, token requests included, in the order of the answers."""
        return tuple(self._pipeline.log)

    def client(self, *, plan: Plan | None = None, **options: Unpack[ClientOptions]) -> Zoom:
        """Return a client of this fake, to be entered; it paces itself by the fake's plan unless *options* say else."""
        chosen = plan or self.plan or _UNLIMITED
        return Zoom(self.credentials, plan=chosen, base_url=self.base_url, **options)

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
        as `GET /report/users` or `POST /oauth/token`. It may be a route that the reference does not list, with its
        rate-limit *label* (Light unless given); the fake serves the scripted responses there, and 404 otherwise.

        The *on_request*-th request from now receives the response, and so do the next *times* - 1. A request without a
        valid token or over the rate limit does not count. A *body* of bytes is sent unchanged.

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
        """Forget every canned reply that has not been sent."""
        self._pipeline.scripted.clear()

    def expire_access_tokens(self) -> None:
        """Let every access token issued so far be refused from now on, as expired."""
        self._pipeline.token_issuer.expire()

    def expire_page_tokens(self) -> None:
        """Let every page token given out so far be refused from now on."""
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
