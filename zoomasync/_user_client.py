"""The parts of the client of one user, for `UserClients`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Self

from ._api import Api
from ._client import Zoom
from ._core.rate_limiter import RateLimiter
from ._core.session import Session
from ._core.transport import AiohttpTransport
from .auth import Token
from .auth._rotating_tokens import RotatingTokens
from .auth._token_manager import TokenManager
from .auth._token_requests import TokenRequests
from .events import Listener
from .rate_limits._resource_quotas import ResourceQuotas
from .rate_limits._server_clock import ServerClock


class NewToken:
    """A token source for the token of an authorization that is not stored yet."""

    def __init__(self, token: Token) -> None:
        self._token = token

    async def get(self) -> Token:
        return self._token

    async def renew(self, rejected: Token) -> Token:
        return rejected


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """The limits of one account."""

    rate_limiter: RateLimiter
    server_clock: ServerClock
    resource_quotas: ResourceQuotas


class UserTokens(TokenManager):
    """The access token of one user, and the calls that use it.

    It is in *kept* while its refresh is under way, or new tokens are not stored, so that it lives until then.
    """

    def __init__(
        self,
        rotating: RotatingTokens,
        requests: TokenRequests,
        transport: AiohttpTransport,
        *,
        kept: set[UserTokens],
        on_event: Listener,
    ) -> None:
        super().__init__(rotating, requests, on_event=on_event)
        self.rotating: RotatingTokens = rotating
        self.transport: AiohttpTransport = transport
        self._kept = kept

    def expire(self) -> None:
        """Read the store again before the next call: the user has authorized the app, or is forgotten."""
        self._expires_at = 0.0

    async def aclose(self) -> None:
        """Wait for a refresh that is under way, and store its tokens. Raises `StoreError`."""
        await super().aclose()
        await self.rotating.save()
        self._kept.discard(self)

    def _start_refresh(self) -> asyncio.Task[Token]:
        is_new = self._refresh_task is None
        task = super()._start_refresh()
        if is_new:
            self._kept.add(self)
            task.add_done_callback(self._on_refreshed)
        return task

    def _on_refreshed(self, _: object) -> None:
        if not self.rotating.must_finish:
            self._kept.discard(self)


class UserZoom(Zoom):
    """The client of one user. It consists of parts that it shares with others."""

    def __init__(self, tokens: UserTokens, account: AccountLimits, session: Session) -> None:
        self._transport = tokens.transport
        self._token_manager = tokens
        self._rate_limiter = account.rate_limiter
        self._server_clock = account.server_clock
        self._unsubscribe = None
        self._owned = ()
        Api.__init__(self, session)

    async def __aenter__(self) -> Self:
        # The rest is open with the `UserClients`, which also subscribe to the limiter.
        await self._transport.open()
        self._token_manager.open()
        return self

    async def open(self) -> None:
        """Open the client, unless it is open."""
        if not self._transport.is_open:
            await self._transport.open()
        self._token_manager.open()
