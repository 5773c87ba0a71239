"""`Zoom`: the way in."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, TypedDict, Unpack

import anyio

from ._api import Api
from ._core.retries import RetryPolicy
from ._core.session import CallStats, Session
from ._core.transport import AiohttpTransport, ClientSession
from ._core.urls import https_address
from ._label import Label
from ._settings import Settings
from .auth import DEFAULT_TOKEN_URL, Credentials, ServerToServer, TokenStore
from .auth._token_manager import TokenManager
from .errors import ConfigError
from .events import Event
from .rate_limits import Plan, RateLimiter, RateLimitStatus
from .rate_limits._local import LocalRateLimiter
from .rate_limits._resource_quotas import ResourceQuotas
from .rate_limits._token_bucket import LATENCY_JITTER

DEFAULT_BASE_URL = "https://api.zoom.us/v2"


class ClientOptions(TypedDict, total=False):
    """The settings of `Zoom` that are not the account's: see there."""

    http_session: ClientSession | None
    timeout: float
    retry: RetryPolicy | None
    latency_jitter: float
    rate_limiter: RateLimiter | None
    token_store: TokenStore | None
    on_event: Callable[[Event], None] | None


class Zoom(Api):
    """A client for one Zoom account.

    ::

        async with Zoom(ServerToServer(account_id, client_id, client_secret), plan=Plan.BUSINESS) as zoom:
            async for person in zoom.reports.meeting_participants(meeting_id):
                print(person.name)

    *auth* is `ServerToServer`, `StaticToken`, or anything with their ``fetch``. *plan* says how fast to send; share one
    client in a process, since each paces for itself. *session* is an ``aiohttp.ClientSession`` to send over, which
    stays yours to close; aiohttp then sends a GET a second time by itself when a kept-alive connection drops, which is
    not paced or counted. *timeout* is the seconds that one send may take; for a deadline over retries use
    ``anyio.fail_after``. *retry* says how often a call is sent. *jitter* is how many seconds later one request may
    reach Zoom than another that was sent the same way: more of it costs a little of the rate. *budgets* replaces the
    ones that *plan* makes, for one that several processes share, and *tokens* keeps the access token where they all
    find it: see `zoomasync.redis`. *on_event* is told of `zoomasync.events`.

    `with_options` returns the same endpoints with other options, such as a priority or a shorter timeout.

    Raises `ConfigError` for settings that cannot work, before anything is sent.
    """

    def __init__(
        self,
        auth: Credentials,
        *,
        plan: Plan = Plan.PRO,
        base_url: str = DEFAULT_BASE_URL,
        http_session: ClientSession | None = None,
        timeout: float = 60.0,
        retry: RetryPolicy | None = None,
        latency_jitter: float = LATENCY_JITTER,
        rate_limiter: RateLimiter | None = None,
        token_store: TokenStore | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        if not timeout > 0:
            raise ConfigError("timeout must be seconds above 0")
        if not 0 <= latency_jitter < 1:
            raise ConfigError("jitter must be a part of a second, 0 or more")
        if not isinstance(plan, Plan):  # pyright: ignore[reportUnnecessaryIsInstance]  callers without a type checker
            raise ConfigError("plan must be a Plan, such as Plan.PRO or Plan.named('pro')")
        retry = retry or RetryPolicy()
        self._transport = AiohttpTransport(http_session, timeout=timeout)
        self._token_manager = TokenManager(auth, self._transport, retry, store=token_store)
        self._rate_limiter = rate_limiter or LocalRateLimiter(plan, latency_jitter=latency_jitter)
        if on_event is not None:
            self._rate_limiter.subscribe(on_event)
        paced = Session(
            base_url=https_address("base_url", base_url),
            transport=self._transport,
            token_source=self._token_manager,
            rate_limiter=self._rate_limiter,
            resource_quotas=ResourceQuotas(),
            retry=retry,
        )
        super().__init__(paced)

    @classmethod
    def from_env(
        cls, *, plan: Plan | None = None, environ: Mapping[str, str] = os.environ, **options: Unpack[ClientOptions]
    ) -> Self:
        """Make a client from environment variables.

        ``ZOOM_ACCOUNT_ID``, ``ZOOM_CLIENT_ID`` and ``ZOOM_CLIENT_SECRET`` are needed. ``ZOOM_PLAN`` is free, pro
        (assumed) or business, ``ZOOM_SHARE`` the fraction of it to use; *plan* overrides both. ``ZOOM_BASE_URL`` and
        ``ZOOM_TOKEN_URL`` are for other clouds. Each may be given as the path of a file that holds it, in the variable
        of the same name with ``_FILE`` behind. *options* are those of `Zoom`.
        """
        settings = Settings(environ)
        auth = ServerToServer(
            settings.need("ZOOM_ACCOUNT_ID"),
            settings.need("ZOOM_CLIENT_ID"),
            settings.need("ZOOM_CLIENT_SECRET"),
            token_url=settings.get("ZOOM_TOKEN_URL") or DEFAULT_TOKEN_URL,
        )
        base_url = settings.get("ZOOM_BASE_URL") or DEFAULT_BASE_URL
        return cls(auth, plan=plan or Plan.from_env(environ), base_url=base_url, **options)

    def __repr__(self) -> str:
        return f"<Zoom {self._session.base_url} {self._rate_limiter!r}>"

    async def __aenter__(self) -> Self:
        await self._transport.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections. Closing twice does no harm."""
        # Shielded: who is cancelled here would leave connections open.
        with anyio.CancelScope(shield=True):
            try:
                await self._token_manager.aclose()
                await self._rate_limiter.aclose()
            finally:
                await self._transport.close()

    @property
    def stats(self) -> Mapping[str, CallStats]:
        """What was sent so far, by route: ``zoom.traffic["GET /report/users"].calls``."""
        return self._session.stats

    async def rate_limits(self) -> Mapping[Label, RateLimitStatus]:
        """Return how every label stands: what is let through a second, what is left of the day, and the wait now.

        It counts what this client has sent, and what Zoom says where it says so; other apps spend the same budget.
        """
        return await self._rate_limiter.status()
