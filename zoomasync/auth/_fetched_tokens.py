"""Access tokens that credentials alone can fetch at any time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

import anyio

from .._core.access_token import Token
from .._core.transport import Transport
from ..errors import ConfigError, StoreError
from ._credentials import Credentials, CredentialsSource
from ._resolver import CredentialsResolver
from ._stored_token import StoredToken
from ._token_requests import TokenRequests, with_lifetime
from ._token_store import TokenStore, locked

_logger = logging.getLogger("zoomasync")

_LOCK_SECONDS: Final = 15.0  # that callers wait while another client fetches a token
_SHARE_SECONDS: Final = 2.0  # that callers wait until the store has their token


class FetchedTokens:
    """Access tokens that credentials fetch at any time, shared in *store* if there is one.

    *auth* is the credentials, or an async function that returns them. One client at a time fetches a token that all
    share. A client that cannot use the store logs that, and fetches its own.
    """

    def __init__(
        self,
        auth: Credentials | CredentialsSource,
        transport: Transport,
        requests: TokenRequests,
        *,
        store: TokenStore | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.must_finish: bool = False
        self.fetches: int = 0
        self._credentials = CredentialsResolver(auth)
        self._transport = transport
        self._requests = requests
        self._store = store
        known = self._credentials.known
        self._key = "" if store is None or known is None else _store_key(known)
        self._wall_clock = wall_clock
        self._is_fault_logged = False

    @property
    def account_id(self) -> str | None:
        """The account of the credentials, or None if they are unknown or do not name it."""
        return self._credentials.account_id

    async def renew(self, stale: Token | None) -> Token:
        """Return a token newer than *stale*: one that another client has stored, or else a new one."""
        if self._store is None:
            return await self._fetch(await self._credentials.resolve())
        async with AsyncExitStack() as stack:
            token: Token | None = None
            credentials: Credentials | None = None
            fence: int | None = None
            try:
                if not self._key:
                    credentials = await self._look_up()
                token = await self._read(self._store, stale)
                if token is None:
                    credentials = credentials or await self._look_up()
                    fence = await stack.enter_async_context(locked(self._store, self._key, seconds=_LOCK_SECONDS))
                    token = await self._read(self._store, stale)
            except StoreError as error:
                self._log_fault(error)
            if token is not None:
                return token
            credentials = credentials or await self._look_up()
            return await self._fetch_and_share(credentials, self._store, fence)

    async def _look_up(self) -> Credentials:
        """Return the credentials, and remember the key of their token."""
        credentials = await self._credentials.resolve()
        self._key = _store_key(credentials)
        return credentials

    async def _read(self, store: TokenStore, stale: Token | None) -> Token | None:
        """Return the token in *store* if it is another than *stale* and not about to expire."""
        value = await store.read(self._key)
        return None if value is None else StoredToken.decode(value).token_after(stale, now=self._wall_clock())

    async def _fetch_and_share(self, credentials: Credentials, store: TokenStore, fence: int | None) -> Token:
        """Fetch a token, and share it if this client holds the lock with *fence*."""
        if fence is None:
            return await self._fetch(credentials)
        self.must_finish = True  # so that the others get the token, too
        try:
            token = await self._fetch(credentials)
            await self._share(store, fence, token)
        finally:
            self.must_finish = False
        return token

    async def _share(self, store: TokenStore, fence: int, token: Token) -> None:
        """Write *token* to *store*. If that fails, this client can still use it."""
        try:
            with anyio.move_on_after(_SHARE_SECONDS):
                await store.write(self._key, StoredToken.of(token, now=self._wall_clock()).encode(), fence=fence)
                self._is_fault_logged = False
        except StoreError as error:
            self._log_fault(error)

    def _log_fault(self, error: StoreError) -> None:
        """Log the first *error* of the store, and the first after it has worked again."""
        if not self._is_fault_logged:
            self._is_fault_logged = True
            _logger.warning("the access token is not shared with other processes: %s", error)

    async def _fetch(self, credentials: Credentials) -> Token:
        token = await self._requests.send(lambda: credentials.fetch(self._transport))
        self.fetches += 1
        return with_lifetime(token)


def _store_key(credentials: Credentials) -> str:
    """Return the key of the token of *credentials* in a store."""
    key: object = getattr(credentials, "store_key", None)
    if not isinstance(key, str):
        raise ConfigError("token_store shares the tokens of ServerToServer, or of credentials that have a store_key")
    return key
