"""`FakeZoom`: a simulated Zoom account that is served over HTTP on this machine."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Final, Self, Unpack
from urllib.parse import urlsplit

from aiohttp import web

from .._client import ClientOptions, Zoom
from ..auth import Cloud, ServerToServer, UserOAuth
from ..rate_limits import Plan
from .account.account import Account
from .account.host import Host
from .account.mails import Mail
from .account.registrant_changes import RegistrantChanges
from .enforcement.concurrent_writes import ConcurrentWrites
from .enforcement.rate_limits import RateLimits
from .enforcement.resource_quotas import ResourceQuotas
from .fault_scripts import FaultScripts
from .pipeline import AUTHORIZE_PATH, BASE_PATH, REVOKE_PATH, TOKEN_PATH, LoggedRequest, RequestPipeline
from .protocol.access_tokens import DEFAULT_SCOPES, DEFAULT_USER_SCOPES, AccessTokens
from .protocol.oauth import OAuthEndpoints
from .protocol.page_tokens import PageTokens
from .protocol.responses import AuthorizationError
from .protocol.times import utc_today
from .protocol.user_app import UserApp
from .webhooks.announcements import Announcements
from .webhooks.running_meetings import RunningMeetings
from .webhooks.scripts import WebhookScripts
from .webhooks.sender import WebhookSender

_UNLIMITED: Final = Plan(light=10_000, medium=10_000, heavy=10_000, resource_intensive=10_000)
_SHUTDOWN_SECONDS: Final = 1.0


class FakeZoom(FaultScripts, WebhookScripts):
    """A Zoom account for tests: an async context manager that serves it over HTTP on a free local port.

    ::

        account = Account()
        meeting = account.add_instance(participants=40)
        async with FakeZoom(account) as fake, fake.client() as zoom:
            people = [person async for person in zoom.reports.meeting_participants(meeting.uuid)]

    The fake serves every endpoint of the client from *account*, which is `Account.simulated()` unless given. Writes
    change *account*, where a test can read them. `requests` is a log of all requests, and `mails` contains the e-mails
    that Zoom would send to registrants. Zoom's operations without a method of the client are checked as strictly, and
    answered with an example of all documented fields.

    The fake enforces:

    - access tokens: 401 without a valid one. They expire after *token_lifetime* seconds.
    - scopes: 400 with code 4711 for an operation of which *scopes*, those of the token, include none. They are written
      as in a token response, with spaces between them; None allows every operation.
    - users' tokens: those of `user_oauth`, the app that users authorize, have *user_scopes*, which are by default all
      without `:admin`, and reach only the resources of their user, who is "me" in paths. An authorization code is valid
      for *code_lifetime* seconds. Refresh tokens rotate; a spent one still works for *refresh_reuse_seconds*.
    - rate limits: the per-second limits of *plan* for each label, in every interval of one second, and its daily limits
      per UTC day; None switches them off.
    - daily quotas per host and registrant, such as 100 new meetings per host, which no plan changes.
    - parameters and bodies: an unknown or invalid field is a 400 that names it.
    - page tokens: valid for one listing with the same parameters, for *page_token_lifetime* seconds. A page has at most
      *page_size_cap* rows.
    - ranges and ages: reports cover a month at most, and reach back six months from *today*, others a year. A range
      beyond these limits is a 400. With *clamp_ranges*, its other days are listed without an error, as Zoom was seen to
      do; some responses repeat the range that was searched. Lists of recordings always do that.

    Lists of registrants, of every status, show the state of *list_delay* seconds ago, by *now*. All other operations
    act on the present state, and what a test changes in *account* is listed at once.

    The response to a successful write of registrants (add, add_batch, remove, update_status) is sent *write_seconds*
    after the change, although the client may have disconnected by then. Another such write of the same meeting or
    webinar in between is a 429, "Too many concurrent requests".

    *now* returns the time in UTC, which decides what is upcoming, which reports are ready, what is listed, and when
    daily limits start anew; responses then have it as their `Date`. Its default is the clock, moved to the day *today*.
    That is the day of *now* unless given, and without either the account's.

    Faults are scripted, each for chosen requests of one operation::

        fake.respond("reports.users", status=503, body={"code": 503, "message": "Try later."})
        fake.throttle("meetings.registrants.list", on_request=2)
        fake.throttle("meetings.registrants.add", kind="registrant")
        fake.intercept("reports.users", status=404)
        fake.drop_connection("POST /users/{userId}/meetings")
        fake.set_date("reports.users", datetime(2031, 1, 1, tzinfo=UTC))
        fake.set_label("meetings.create", Label.LIGHT)
        fake.repeat_pages("reports.meeting_participants")
        fake.disturb("meetings.registrants", share=0.2, seed=1)

    - `respond` sends any response, also one with invalid rows, or cut off.
    - `throttle` sends each kind of 429, in Zoom's words of today and of earlier years.
    - `intercept` sends the HTML or the empty body of a gateway or a login portal.
    - `drop_connection` closes the connection before the request is carried out, or before or within the response.
    - `set_date` sends a wrong `Date` header.
    - `set_label` counts an operation under another label than the reference's.
    - `repeat_pages` makes a listing endless.
    - `disturb` applies random faults, which a seed determines.
    - `clear_responses` discards all of these.

    Webhooks are signed, and delivered with Zoom's retries, to each address of `subscribe_webhooks`, which also lists
    their causes. Meetings are started, joined and ended with `start_meeting`, `join_meeting`, `leave_meeting` and
    `end_meeting`.

    In a block of `with fake.outage():` every request fails. `expire_access_tokens` and `expire_page_tokens` end all
    tokens early. Instances, recordings and the records of an account can be listed late (`listed_at`), and reports and
    files of recordings can be ready late. `Account.disabled_features` are plans that the account does not have.
    """

    def __init__(  # noqa: PLR0913 - every argument has a default
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
        page_size_cap: int = 2000,
        scopes: str | None = None,
        user_scopes: str | None = None,
        redirect_uri: str = "https://service.example/zoom/callback",
        code_lifetime: float = 300.0,
        refresh_reuse_seconds: float = 0.0,
        list_delay: float = 0.0,
        write_seconds: float = 0.0,
        clamp_ranges: bool = False,
    ) -> None:
        self.account: Final = account or Account.simulated(today=today)
        self.plan: Final = plan
        self._today = today
        self._now = now
        self._address = (host, port)
        self._app = ServerToServer(self.account.id, secrets.token_urlsafe(12), secrets.token_urlsafe(24))
        now_or_default = now or _clock_on(self.today)
        tokens = AccessTokens(time.monotonic, token_lifetime)
        user_app = UserApp(
            account=self.account,
            redirect_uri=redirect_uri,
            scopes=DEFAULT_USER_SCOPES if user_scopes is None else user_scopes,
            tokens=tokens,
            clock=time.monotonic,
            code_lifetime=code_lifetime,
            reuse_seconds=refresh_reuse_seconds,
        )
        sender = WebhookSender(tokens.issue_for_downloads)
        announcements = Announcements(self.account, now_or_default, sender)
        pipeline = RequestPipeline(
            account=self.account,
            today=lambda: self.today,
            now=now_or_default,
            dated=now is not None,
            clamp_ranges=clamp_ranges,
            access_tokens=tokens,
            user_app=user_app,
            oauth=OAuthEndpoints(self._app, DEFAULT_SCOPES if scopes is None else scopes, user_app, tokens),
            page_tokens=PageTokens(time.monotonic, cap=page_size_cap, lifetime=page_token_lifetime),
            rate_limits=RateLimits(plan, time.monotonic, now_or_default),
            resource_quotas=ResourceQuotas(now_or_default),
            registrants=RegistrantChanges(list_delay, now_or_default),
            concurrent_writes=ConcurrentWrites(write_seconds),
            announcements=announcements,
            running=RunningMeetings(self.account, now_or_default, announcements),
        )
        FaultScripts.__init__(self, pipeline)
        WebhookScripts.__init__(self, pipeline, sender, lambda: self._origin)
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
        self._webhooks.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        runner, self._runner = self._runner, None
        await self._webhooks.close()
        if runner:
            await runner.cleanup()

    @property
    def today(self) -> date:
        """The UTC day from which the look-back limits count."""
        return self._today or (self._now().date() if self._now else self.account.today)

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
    def user_oauth(self) -> UserOAuth:
        """The app that users of the account authorize, for `UserClients`."""
        app = self._pipeline.user_app
        return UserOAuth(
            app.client_id,
            app.client_secret,
            app.redirect_uri,
            cloud=Cloud(
                base_url=self.base_url,
                token_url=self.token_url,
                authorize_url=f"{self._origin}{AUTHORIZE_PATH}",
                revoke_url=f"{self._origin}{REVOKE_PATH}",
            ),
        )

    @property
    def signed_in_user(self) -> Host:
        """The user who approves every authorization request in a browser: the first host, until a test sets another.

        ::

            fake.signed_in_user = fake.account.hosts[1]
        """
        return self._pipeline.consenting_user()

    @signed_in_user.setter
    def signed_in_user(self, user: Host) -> None:
        self._pipeline.signed_in_user = user

    @property
    def requests(self) -> Sequence[LoggedRequest]:
        """The requests so far, token requests included, in the order of their responses.

        ::

            assert [request.route for request in fake.requests] == ["POST /oauth/token", "GET /report/users"]
        """
        return tuple(self._pipeline.log)

    @property
    def mails(self) -> Sequence[Mail]:
        """The e-mails that Zoom would have sent to registrants of meetings and webinars so far.

        ::

            assert [(mail.address, mail.kind) for mail in fake.mails] == [("omar@lakeside.example", "confirmation")]

        The settings `registrants_confirmation_email` and `registrants_email_notification` are on unless they are false.
        With both, a person who is approved at once receives a confirmation, and also after every further registration
        of the same address: the fake assumes the worst, since the reference says nothing about it. With the latter, an
        approval, cancellation and denial is an e-mail. A batch for a meeting has a field of its own for confirmations.
        A batch for a webinar sends them with any settings, as has been observed.
        """
        return tuple(self._pipeline.outbox.mails)

    def client(self, *, plan: Plan | None = None, **options: Unpack[ClientOptions]) -> Zoom:
        """Return a client of this fake, for use in `async with`.

        Its rate limits are those of *plan*, or else of the fake, unless *options*, which are those of `Zoom`, contain a
        rate limiter.
        """
        default = None if options.get("rate_limiter") else self.plan or _UNLIMITED
        return Zoom(self.credentials, plan=plan or default, base_url=self.base_url, **options)

    def approve(self, url: str, user: Host | None = None) -> str:
        """Approve the authorization request at *url* as *user*, or as `signed_in_user`, and return the callback URL.

        ::

            request = fake.user_oauth.authorization_request()
            callback = fake.approve(request.url, fake.account.hosts[1])

        The callback URL is the app's `redirect_uri` with a code, to which Zoom sends the browser of the user. Raises
        ValueError with Zoom's message for a URL that Zoom rejects.
        """
        try:
            return self._pipeline.user_app.approve(self._authorization_query(url), user or self.signed_in_user)
        except AuthorizationError as error:
            raise ValueError(str(error)) from None

    def deny(self, url: str) -> str:
        """Decline the authorization request at *url* as the user, and return the callback URL, as `approve` does."""
        try:
            return self._pipeline.user_app.deny(self._authorization_query(url))
        except AuthorizationError as error:
            raise ValueError(str(error)) from None

    def remove_app(self, user: Host) -> None:
        """Remove the app as *user*: all tokens of the user stop to work, and the event is "app_deauthorized".

        Zoom sends that event to an address of its own, which an app has for it; here any subscription may take it.
        """
        app = self._pipeline.user_app
        app.end(user.id)
        self._pipeline.announcements.deauthorized(user, app.client_id)

    def expire_access_tokens(self) -> None:
        """Expire every access token issued so far, those of users too; a request with one is a 401."""
        self._pipeline.access_tokens.expire()

    def expire_page_tokens(self) -> None:
        """Expire every page token issued so far; a request with one is a 400."""
        self._pipeline.page_tokens.expire()

    def _authorization_query(self, url: str) -> str:
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}{parts.path}" != self.user_oauth.cloud.authorize_url:
            raise ValueError("not a URL of this fake's authorization page: build it with fake.user_oauth")
        return parts.query

    @property
    def _origin(self) -> str:
        if not self._runner:
            raise RuntimeError("this FakeZoom is not running: use it in an `async with` block")
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _clock_on(day: date) -> Callable[[], datetime]:
    """Return the clock as if the present day were *day*."""
    ahead = day - utc_today()
    return lambda: datetime.now(UTC) + ahead
