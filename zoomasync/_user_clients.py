"""`UserClients`: the clients of the users who have authorized one app."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final, Self
from weakref import WeakValueDictionary

import msgspec
from msgspec.structs import replace

from ._client import Zoom, check_jitter, check_listeners, check_plan, new_transport
from ._core.circuit import CircuitState
from ._core.endpoint import Endpoint, RetrySafety
from ._core.finishing import finish
from ._core.rate_limiter import RateLimiter
from ._core.retries import RetryPolicy
from ._core.session import Session
from ._core.shared_state import SharedState
from ._core.transport import ClientSession
from ._user_client import AccountLimits, NewToken, UserTokens, UserZoom
from .auth import AuthorizationRequest, AuthorizedUser, Token, TokenStore, UserOAuth
from .auth._rotating_tokens import RotatingTokens
from .auth._token_requests import TokenRequests
from .auth._user_oauth import AuthorizationCode, read_callback
from .auth._user_requests import exchange_code, revoke
from .errors import AuthorizationDenied, ConfigError, ReauthorizationRequired
from .events import Listener
from .rate_limits import LocalRateLimiter, Plan
from .rate_limits._resource_quotas import OwnResourceQuotas, ResourceQuotas
from .rate_limits._server_clock import ServerClock
from .resources.users import Users


class _Me(msgspec.Struct, frozen=True):
    """The ids in the response to GET /users/me."""

    id: str
    account_id: str | None = None


_GET_ME: Final = Endpoint(
    route=Users.GET.route,
    label=Users.GET.label,
    response=_Me,
    scopes=Users.GET.scopes,
    granular_scopes=Users.GET.granular_scopes,
)


class UserClients:
    """The clients of the users who have authorized one app, which share their connections.

    ::

        oauth = UserOAuth.from_env()
        async with UserClients(oauth, token_store=FileTokenStore("tokens"), plans={account_id: Plan.PRO}) as users:
            request = oauth.authorization_request()  # send the browser to request.url, and keep the request
            user = await users.authorize(request, callback)  # the query string of the callback
            zoom = await users.client(user.user_id)
            me = await zoom.users.get("me")

    - *oauth* is the app, in one of Zoom's clouds. With *use_api_url*, the requests of a user go to the address that
      Zoom names with the access token.
    - *token_store* keeps the tokens of the users, which outlive the process, and locks them between processes.
    - *plans* gives the plan of an account by its id: a mapping, or a function that returns None for an unknown account.
      The calls of all users of an account share its limits. An account without a plan runs at the rates of
      ``Plan.FREE``; all users whose account is unknown share the rates of one.
    - *rate_limiters* replaces *plans*: it returns the limiter of an account by its id, to share it between processes.
      It is closed with the clients.
    - *circuit_state*, *http_session*, *timeout*, *max_connections*, *retry*, *latency_jitter*, *on_event* and
      *trust_env* are those of `Zoom`, for all clients together: they share the circuit and the quota of retries, too.

    Use one object per app and process. It does not close the *token_store*, *http_session* or *circuit_state* that it
    was given. Raises `ConfigError` for settings that are invalid or exclude each other.
    """

    def __init__(  # noqa: PLR0913  every setting has a default
        self,
        oauth: UserOAuth,
        *,
        token_store: TokenStore,
        plans: Mapping[str, Plan] | Callable[[str], Plan | None] | None = None,
        rate_limiters: Callable[[str], RateLimiter] | None = None,
        http_session: ClientSession | None = None,
        timeout: float = 60.0,
        max_connections: int | None = None,
        retry: RetryPolicy | None = None,
        latency_jitter: float | None = None,
        use_api_url: bool = False,
        circuit_state: CircuitState | None = None,
        on_event: Listener | Sequence[Listener] | None = None,
        trust_env: bool = False,
    ) -> None:
        if rate_limiters is not None and (plans is not None or latency_jitter is not None):
            raise ConfigError("plans and latency_jitter belong to the rate limiters: give them to rate_limiters")
        self._oauth = oauth
        self._base_url = oauth.cloud.base_url
        self._store = token_store
        self._plans = plans if callable(plans) else (plans or {}).get
        self._new_limiter = rate_limiters
        self._use_api_url = use_api_url
        self._latency_jitter = check_jitter(latency_jitter)
        self._retry = retry or RetryPolicy()
        self._transport = new_transport(
            http_session, timeout=timeout, max_connections=max_connections, trust_env=trust_env
        )
        # A user whose token cannot be refreshed is not yet an outage for the others.
        self._shared = SharedState(circuit_state, opens_without_token=False)
        self._listeners = check_listeners(on_event)
        self._is_open = False
        self._accounts: dict[str | None, AccountLimits] = {}
        self._tokens = WeakValueDictionary[str, UserTokens]()
        self._kept = set[UserTokens]()
        self._authorizations = set[asyncio.Task[AuthorizedUser]]()
        self._clients = WeakValueDictionary[str, UserZoom]()

    def __repr__(self) -> str:
        return f"<UserClients {self._base_url}, {len(self._clients)} in use>"

    async def __aenter__(self) -> Self:
        await self._transport.open()
        self._is_open = True
        self._shared.events.subscribe(*self._listeners)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all clients, and end their calls with an error. Closing twice is allowed.

        Refreshes that are under way are waited for, so that no refresh token is lost. Raises `StoreError` if the new
        tokens of one cannot be stored, and `ConfigError` in another event loop, unless the own one is closed.
        """
        self._transport.check_loop()
        self._is_open = False
        # A close that was cancelled half-way would leave connections open, and refresh tokens unstored.
        await finish(asyncio.create_task(self._close(), name="zoomasync close"))

    async def authorize(
        self,
        request: AuthorizationRequest,
        callback: str | Mapping[str, str],
        *,
        user_id: str | None = None,
        account_id: str | None = None,
    ) -> AuthorizedUser:
        """Exchange the code in *callback* for the tokens of a user, store them, and return the user.

        *request* is the one that the browser was sent with, out of its session: use it once. *callback* is the URL to
        which Zoom sent the browser back, its query string, or the decoded parameters of its query. The ids are read
        from ``GET /users/me``, unless *user_id* is given; an *account_id* goes before the one that is read.

        Raises `AuthorizationDenied` if the user declined, or the callback or its code is invalid or expired,
        `Unauthorized` if Zoom rejects the app, `MissingScope` if the app may not read the user, and `StoreError`.
        """
        self._check_open()
        code = read_callback(callback, request)
        del callback  # a traceback that shows variables would show it
        if isinstance(code, AuthorizationDenied):
            raise code
        task = asyncio.create_task(self._authorize(request, code, user_id, account_id), name="zoomasync authorization")
        self._authorizations.add(task)
        task.add_done_callback(self._on_authorized)
        # Shielded: the code of a cancelled caller may be spent, and then has ended the tokens in the store.
        return await asyncio.shield(task)

    async def client(self, user_id: str) -> Zoom:
        """Return the open client of a user, by Zoom's id. It is the same one for as long as somebody holds it.

        It is closed with this object. Raises `ReauthorizationRequired` if the store has no tokens of the user, or Zoom
        no longer accepts them, and `StoreError` if the store cannot be used.
        """
        self._check_open()
        client = self._current_client(user_id)
        if client is None:
            tokens = self._tokens_of(user_id)
            await tokens.rotating.check()
            client = self._current_client(user_id) or self._new_client(user_id, tokens)
        await client.open()
        return client

    async def revoke(self, user_id: str) -> None:
        """Revoke the tokens of a user at Zoom, and delete them. Does nothing for an unknown user.

        If Zoom no longer accepts the tokens, they are only deleted. After any other error, they are kept.
        """
        self._check_open()
        tokens = self._tokens_of(user_id)
        tokens.open()
        with self._transport.until_closed():
            try:
                token = await tokens.get()
            except ReauthorizationRequired:
                pass
            else:
                await self._token_requests().send(lambda: revoke(self._oauth, self._transport, token))
        await self.forget(user_id)

    async def forget(self, user_id: str) -> None:
        """Delete the tokens of a user, as Zoom asks for when the user has removed the app (``app_deauthorized``)."""
        tokens = self._tokens_of(user_id)
        await tokens.rotating.put(None)
        tokens.expire()

    async def _authorize(
        self,
        request: AuthorizationRequest,
        code: AuthorizationCode,
        user_id: str | None,
        account_id: str | None,
    ) -> AuthorizedUser:
        with self._transport.until_closed():
            requests = self._token_requests()
            tokens = await requests.send(
                lambda: exchange_code(self._oauth, self._transport, request, code, now=time.time),
                retry_safety=RetrySafety.NOT_IDEMPOTENT,  # Zoom may end the authorization if a code comes twice
            )
            if user_id is None:
                me = await self._me(tokens.token(now=time.time()))
                user_id, account_id = me.id, account_id or me.account_id
            manager = self._tokens_of(user_id)
            await manager.rotating.put(replace(tokens, user_id=user_id, account_id=account_id))
        manager.expire()
        return AuthorizedUser(user_id, account_id, tokens.scopes)

    def _on_authorized(self, task: asyncio.Task[AuthorizedUser]) -> None:
        self._authorizations.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as retrieved, or asyncio would log it when the caller was cancelled

    def _check_open(self) -> None:
        if not self._is_open:
            raise ConfigError("UserClients is not open: use it inside `async with UserClients(...) as users:`")

    def _token_requests(self) -> TokenRequests:
        return TokenRequests(self._retry, may_retry=self._shared.may_retry)

    def _tokens_of(self, user_id: str) -> UserTokens:
        tokens = self._tokens.get(user_id)
        if tokens is None:
            requests = self._token_requests()
            rotating = RotatingTokens(
                self._oauth, user_id, store=self._store, transport=self._transport, requests=requests
            )
            tokens = self._tokens[user_id] = UserTokens(
                rotating,
                requests,
                self._transport.view(),
                kept=self._kept,
                on_event=self._shared.events.publish,
            )
        return tokens

    def _current_client(self, user_id: str) -> UserZoom | None:
        """Return the client of a user that is in use, unless it has the limits of another account.

        The account of the user may have been unknown before.
        """
        client = self._clients.get(user_id)
        is_current = client is not None and client.rate_limiter is self._account(client.account_id).rate_limiter
        return client if is_current else None

    def _new_client(self, user_id: str, tokens: UserTokens) -> UserZoom:
        account = self._account(tokens.account_id)
        session = Session(
            base_url=self._base_url,
            transport=tokens.transport,
            token_source=tokens,
            rate_limiter=account.rate_limiter,
            resource_quotas=OwnResourceQuotas(account.resource_quotas, user_id),
            retry=self._retry,
            use_api_url=self._use_api_url,
            shared=self._shared,
        )
        client = self._clients[user_id] = UserZoom(tokens, account, session)
        return client

    def _account(self, account_id: str | None) -> AccountLimits:
        account = self._accounts.get(account_id)
        if account is None:
            account = self._accounts[account_id] = self._new_account(account_id)
        return account

    def _new_account(self, account_id: str | None) -> AccountLimits:
        if account_id is not None and self._new_limiter is not None:
            limiter = self._new_limiter(account_id)
        else:
            plan = None if account_id is None else self._plans(account_id)
            limiter = LocalRateLimiter(check_plan(plan or Plan.FREE), latency_jitter=self._latency_jitter)
        limiter.subscribe(self._shared.events.publish)
        clock = limiter.server_clock if isinstance(limiter, LocalRateLimiter) else ServerClock()
        return AccountLimits(limiter, clock, ResourceQuotas(clock))

    async def _me(self, token: Token) -> _Me:
        """Return the ids of the user of *token*."""
        account = self._new_account(None)  # no other user waits for one whose account is not known yet
        session = Session(
            base_url=self._base_url,
            transport=self._transport,
            token_source=NewToken(token),
            rate_limiter=account.rate_limiter,
            resource_quotas=account.resource_quotas,
            retry=self._retry,
            shared=self._shared,
        )
        return await session.send(_GET_ME.at("me"))

    async def _close(self) -> None:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._end_authorizations)
            stack.push_async_callback(self._transport.close)
            for account in self._accounts.values():
                stack.push_async_callback(account.rate_limiter.aclose)
            if self._new_limiter is not None:  # a closed one is not used again; others keep their counts
                self._accounts.clear()
            await self._close_clients()

    async def _end_authorizations(self) -> None:
        """Wait for the authorizations under way, which the closed transport has ended."""
        if self._authorizations:
            await asyncio.wait(self._authorizations)

    async def _close_clients(self) -> None:
        """Close the clients of all users, and those of which a refresh is under way. Raises the first `StoreError`."""
        all_tokens = {*self._tokens.values(), *self._kept}
        results = await asyncio.gather(*(tokens.aclose() for tokens in all_tokens), return_exceptions=True)
        await asyncio.gather(*(tokens.transport.close() for tokens in all_tokens))
        errors = [result for result in results if isinstance(result, BaseException)]
        if errors:
            raise errors[0]
