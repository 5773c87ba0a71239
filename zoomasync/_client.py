"""`Zoom`, the client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Self, TypedDict, Unpack, cast

from ._api import Api
from ._core.call_options import check_timeout, is_seconds
from ._core.call_stats import CallStats
from ._core.circuit import CircuitState
from ._core.finishing import finish
from ._core.rate_limiter import RateLimiter, RateLimitStatus
from ._core.retries import RetryPolicy
from ._core.session import Session
from ._core.transport import AiohttpTransport, ClientSession
from ._core.urls import secure_url
from ._label import Label
from ._settings import Settings
from .auth import Cloud, Credentials, CredentialsSource, ServerToServer, TokenStore
from .auth._fetched_tokens import FetchedTokens
from .auth._token_manager import TokenManager
from .auth._token_requests import TokenRequests
from .errors import ConfigError
from .events import Event, Listener
from .rate_limits import LocalRateLimiter, Plan
from .rate_limits._resource_quotas import ResourceQuotas
from .rate_limits._server_clock import ServerClock
from .rate_limits._token_bucket import LATENCY_JITTER


class ClientOptions(TypedDict, total=False):
    """The keyword arguments of `Zoom` that do not depend on the account."""

    http_session: ClientSession | None
    timeout: float
    max_connections: int | None
    retry: RetryPolicy | None
    latency_jitter: float | None
    rate_limiter: RateLimiter | None
    token_store: TokenStore | None
    circuit_state: CircuitState | None
    on_event: Listener | Sequence[Listener] | None
    trust_env: bool
    use_api_url: bool


class Zoom(Api):
    """A client for one Zoom account.

    ::

        async with Zoom(ServerToServer(account_id, client_id, client_secret), plan=Plan.BUSINESS) as zoom:
            async for person in zoom.reports.meeting_participants(meeting_id):
                print(person.name)

    Its namespaces are `meetings`, `webinars`, `past_meetings`, `past_webinars`, `recordings`, `reports`, `users` and
    `pac`; ``help(zoom.webinars)`` and ``help(zoom.webinars.registrants)`` describe the methods of one.

    Use one client per account and process: each client limits its own rate only.

    - *auth* is `ServerToServer`, `StaticToken`, an object with the method ``fetch`` of `Credentials`, or an async
      function that returns one of these, such as from a vault. It is called before each token is fetched.
    - *plan* gives the rate limits of the account; the default is ``Plan.PRO``.
    - *cloud* is the `Cloud` of the account, by default that of `ServerToServer`, and otherwise the global one.
      *base_url* is another address of the API. With *use_api_url*, requests go to the address that Zoom names with the
      access token, such as that of the account's region, if it is an https host of ``zoom.us`` or ``zoomgov.com``.
    - *http_session* is an ``aiohttp.ClientSession`` to send with. aiohttp itself then resends a GET when a kept-alive
      connection is lost, without a permit and without counting it.
    - *timeout* is the time limit of one response, in seconds from the moment at which its request has a connection. For
      a deadline over everything, waits and retries too, use ``anyio.fail_after``.
    - *max_connections* limits the connections, and so the requests at the same time; the default is 100. A request
      waits at most ten times *timeout* for a free one. The limit of an *http_session* is that of its connector.
    - *retry* is the `RetryPolicy`.
    - *latency_jitter* is the largest difference in network delay between two requests, in seconds. A larger value
      lowers the rate slightly and avoids 429s on an unsteady network. The default is 0.005.
    - *rate_limiter* replaces the limiter that *plan* and *latency_jitter* describe, to share the limits of one account
      between processes, *token_store* shares its access token, and *circuit_state* its circuit; see `zoomasync.redis`.
    - *on_event* receives the events of `zoomasync.events`; it is one callable, or a sequence of them. Each is called in
      the middle of a call, so it must be fast; its exceptions are logged.
    - With *trust_env*, calls and token requests use the ``http://`` proxy in ``HTTPS_PROXY`` or ``HTTP_PROXY``, except
      for the hosts in ``NO_PROXY``.

    The client does not close an *http_session*, *rate_limiter*, *token_store* or *circuit_state* that it was given.

    Raises `ConfigError` for settings that are invalid or exclude each other.
    """

    def __init__(  # noqa: PLR0913  every setting has a default
        self,
        auth: Credentials | CredentialsSource,
        *,
        plan: Plan | None = None,
        base_url: str | None = None,
        cloud: Cloud | None = None,
        use_api_url: bool = False,
        http_session: ClientSession | None = None,
        timeout: float = 60.0,
        max_connections: int | None = None,
        retry: RetryPolicy | None = None,
        latency_jitter: float | None = None,
        rate_limiter: RateLimiter | None = None,
        token_store: TokenStore | None = None,
        circuit_state: CircuitState | None = None,
        on_event: Listener | Sequence[Listener] | None = None,
        trust_env: bool = False,
    ) -> None:
        retry = retry or RetryPolicy()
        self._transport = new_transport(
            http_session, timeout=timeout, max_connections=max_connections, trust_env=trust_env
        )
        requests = TokenRequests(retry, may_retry=self._may_retry_token)
        tokens = FetchedTokens(auth, self._transport, requests, store=token_store)
        self._token_manager = TokenManager(tokens, requests, on_event=self._publish)
        self._rate_limiter = limiter = _limiter(rate_limiter, plan, latency_jitter)
        self._server_clock = limiter.server_clock if isinstance(limiter, LocalRateLimiter) else ServerClock()
        self._listeners = check_listeners(on_event)
        self._unsubscribe: Callable[[], None] | None = None
        self._owned: tuple[Callable[[], Awaitable[None]], ...] = ()  # closed with the client
        session = Session(
            base_url=_base_url(auth, base_url, cloud),
            transport=self._transport,
            token_source=self._token_manager,
            rate_limiter=self._rate_limiter,
            resource_quotas=ResourceQuotas(self._server_clock),
            retry=retry,
            circuit_state=circuit_state,
            use_api_url=use_api_url,
        )
        super().__init__(session)

    @classmethod
    def from_env(
        cls,
        *,
        plan: Plan | None = None,
        redis: str | None = None,
        environ: Mapping[str, str] | None = None,
        **options: Unpack[ClientOptions],
    ) -> Self:
        """Create a client from environment variables.

        ``ZOOM_ACCOUNT_ID``, ``ZOOM_CLIENT_ID`` and ``ZOOM_CLIENT_SECRET`` are required. ``ZOOM_PLAN`` is free, pro (the
        default) or business, and ``ZOOM_SHARE`` the fraction of it to use; *plan* overrides both. ``ZOOM_CLOUD`` is
        global (the default), gov, or a region such as eu; ``ZOOM_BASE_URL`` and ``ZOOM_TOKEN_URL`` are for any other
        addresses. Each value may be in a file instead, whose path is in the variable with ``_FILE`` appended to the
        name. *environ* is read in place of the process's environment.

        *redis* is the URL of a Redis or Valkey server in which all processes of the account share its rate limits and
        its circuit, and all processes of the app its access token (extra ``redis``). *options* are
        those of `Zoom`.

        Raises `ConfigError` for a variable that is missing or invalid.
        """
        auth = ServerToServer.from_env(environ)
        base_url = Settings(environ).get("ZOOM_BASE_URL")
        if redis is None:
            has_limiter = options.get("rate_limiter") is not None
            plan = plan or (None if has_limiter else Plan.from_env(environ))
            return cls(auth, plan=plan, base_url=base_url, **options)
        return cls._sharing(redis, auth, plan or Plan.from_env(environ), base_url, options)

    @classmethod
    def _sharing(cls, url: str, auth: ServerToServer, plan: Plan, base_url: str | None, options: ClientOptions) -> Self:
        """Create a client that shares its rate limits, circuit and access token through the Redis server at *url*."""
        if any(options.get(shared) is not None for shared in ("rate_limiter", "token_store", "circuit_state")):
            raise ConfigError("redis creates a rate limiter, a token store and a circuit: do not give others beside it")
        from .redis import (  # noqa: PLC0415  needs the extra
            RedisCircuitState,
            RedisRateLimiter,
            RedisTokenStore,
            limits_name,
        )

        jitter = check_jitter(options.pop("latency_jitter", None))
        limiter = RedisRateLimiter(url, check_plan(plan), name=limits_name(auth.account_id), latency_jitter=jitter)
        store = RedisTokenStore(url)
        circuit = RedisCircuitState(url, name=limits_name(auth.account_id))
        options.update({"rate_limiter": limiter, "token_store": store, "circuit_state": circuit})
        client = cls(auth, base_url=base_url, **options)
        client._owned = (limiter.aclose, store.aclose, circuit.aclose)
        return client

    def __repr__(self) -> str:
        return f"<Zoom {self._session.base_url} {self._rate_limiter!r}>"

    async def __aenter__(self) -> Self:
        await self._transport.open()
        self._token_manager.open()
        self._session.events.subscribe(*self._listeners)
        self._unsubscribe = self._rate_limiter.subscribe(self._session.events.publish)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections of the client, and end its calls with an error. Closing twice is allowed.

        A request for a token that a *token_store* is to get is waited for.
        A closed client can be opened again. Raises `ConfigError` in another event loop, unless the client's own loop is
        closed.
        """
        self._transport.check_loop()
        if self._unsubscribe is not None:
            self._unsubscribe()
        # A close that was cancelled half-way would leave connections open.
        await finish(asyncio.create_task(self._close(), name="zoomasync close"))

    @property
    def account_id(self) -> str | None:
        """The id of the account whose app sends the calls, or None if the credentials do not name it.

        If *auth* is a function, it is None until the first token is fetched.
        """
        return self._token_manager.account_id

    @property
    def rate_limiter(self) -> RateLimiter:
        """The rate limiter: a `LocalRateLimiter`, which no other process knows of, unless another one was given."""
        return self._rate_limiter

    @property
    def stats(self) -> Mapping[str, CallStats]:
        """The requests that were sent so far, by route: ``zoom.stats["GET /report/users"].calls``."""
        return self._session.stats

    @property
    def server_time(self) -> datetime:
        """Zoom's current time in UTC, exact to one second. Daily limits end by this time.

        It comes from the ``Date`` of the responses, and before the first one from the local clock. A single ``Date``
        that is more than five minutes off changes it only in the first response, by up to two days, or if it agrees
        with the local clock. It continues while the computer is suspended; sleeping tasks do not.
        So a task that sleeps until some time should read it again every minute.
        """
        return self._server_clock.now()

    async def rate_limits(self) -> Mapping[Label, RateLimitStatus]:
        """Return the current rate, expected delay and daily quota of every label.

        The quota counts the requests of this client, or of all that share its limiter, and the numbers that Zoom sends.
        Other apps of the account use the same quota.
        """
        return await self._rate_limiter.status()

    async def scopes(self) -> frozenset[str] | None:
        """Return the scopes of the access token, such as ``report:read:admin``, or None if they are unknown.

        They come from Zoom's response to the request for the token, which is sent if there is no token yet. They are
        unknown for a `StaticToken`, or if that response does not name them. A token never gains scopes: a scope that is
        added to the app is in the next token, after an hour at most.

        Raises `Unauthorized` if Zoom rejects the credentials, `ConfigError` if the client is not open, and the error of
        the last attempt if no token can be fetched.
        """
        with self._transport.until_closed():
            return (await self._token_manager.get()).scopes

    async def _close(self) -> None:
        async with AsyncExitStack() as stack:
            for close in (self._transport.close, *self._owned, self._token_manager.aclose):
                stack.push_async_callback(close)

    def _publish(self, event: Event) -> None:
        self._session.events.publish(event)

    def _may_retry_token(self) -> bool:
        return self._session.may_retry()


def new_transport(
    http_session: ClientSession | None, *, timeout: float, max_connections: int | None, trust_env: bool
) -> AiohttpTransport:
    """Return the transport of a client with these settings. Raises `ConfigError`."""
    check_timeout(timeout)
    if http_session is not None and trust_env:
        raise ConfigError("trust_env has no effect on a given http_session: create it with trust_env=True instead")
    _check_connections(max_connections, http_session)
    return AiohttpTransport(http_session, timeout=timeout, max_connections=max_connections, trust_env=trust_env)


def _base_url(auth: object, base_url: str | None, cloud: Cloud | None) -> str:
    if base_url is not None:
        if cloud is not None:
            raise ConfigError("give base_url or cloud, which has a base_url of its own")
        return secure_url("base_url", base_url)
    own = auth if isinstance(auth, ServerToServer) else None
    cloud = cloud or (own and own.cloud) or Cloud.GLOBAL
    if own is not None and own.token_url in _TOKEN_URLS - {cloud.token_url}:
        raise ConfigError("the credentials are of another cloud than the client: give the same one to ServerToServer")
    return cloud.base_url


_TOKEN_URLS = {Cloud.GLOBAL.token_url, Cloud.GOV.token_url}


def _limiter(rate_limiter: RateLimiter | None, plan: Plan | None, latency_jitter: float | None) -> RateLimiter:
    if rate_limiter is None:
        return LocalRateLimiter(check_plan(plan), latency_jitter=check_jitter(latency_jitter))
    if plan is not None or latency_jitter is not None:
        raise ConfigError("plan and latency_jitter belong to the rate limiter: give them to it, not to the client")
    return rate_limiter


def check_listeners(on_event: object) -> tuple[Listener, ...]:
    """Return the listeners of *on_event*. Raises `ConfigError`."""
    if on_event is None:
        return ()
    listeners = tuple(cast("Sequence[object]", on_event)) if isinstance(on_event, Sequence) else (on_event,)
    if not all(map(callable, listeners)):
        raise ConfigError("on_event must be a callable, or a sequence of callables")
    return cast("tuple[Listener, ...]", listeners)


def check_plan(plan: Plan | None) -> Plan:
    """Return *plan*, or its default. Raises `ConfigError`."""
    if plan is not None and not isinstance(plan, Plan):  # pyright: ignore[reportUnnecessaryIsInstance]  callers without a type checker
        raise ConfigError("plan must be a Plan, such as Plan.PRO or Plan.named('pro')")
    return plan or Plan.PRO


def _check_connections(max_connections: int | None, http_session: ClientSession | None) -> None:
    if max_connections is None:
        return
    if http_session is not None:
        raise ConfigError(
            "max_connections has no effect on a given http_session: set the limit of its connector instead"
        )
    if type(max_connections) is not int or max_connections < 1:
        raise ConfigError("max_connections must be a whole number, 1 or more")


def check_jitter(latency_jitter: float | None) -> float:
    """Return *latency_jitter*, or its default. Raises `ConfigError`."""
    if latency_jitter is None:
        return LATENCY_JITTER
    if not is_seconds(latency_jitter) or latency_jitter >= 1:
        raise ConfigError("latency_jitter must be a number of seconds from 0 to below 1")
    return latency_jitter
