"""The tokens of one user, of which each refresh replaces the refresh token."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NoReturn, TypeVar

import anyio
from msgspec.structs import replace

from .._core.access_token import Token
from .._core.retries import may_have_run
from .._core.transport import Transport
from ..errors import ReauthorizationRequired, StoreError, ZoomError
from ._stored_token import StoredToken
from ._token_endpoint import is_grant_rejected
from ._token_keys import user_token_key
from ._token_requests import TokenRequests
from ._token_store import TokenStore, locked
from ._user_oauth import UserOAuth
from ._user_requests import refresh

T = TypeVar("T")

_LOCK_SECONDS: Final = 120.0  # for two requests of other processes, of which each may take a minute
_STORE_ATTEMPTS: Final = 4  # to store new tokens, or to find that other processes always come first
_STORE_PAUSE: Final = 0.1  # after the first attempt to store them; then twice as long each time


class _FencedOut(Exception):
    """Another process has locked the tokens since this one did."""


@dataclass(frozen=True, slots=True)
class _Unsaved:
    """New *tokens* that no store has yet, and the refresh token that was *spent* for them."""

    tokens: StoredToken
    spent: str = field(repr=False)


class RotatingTokens:
    """The tokens of one user, which all processes share in *store*.

    Zoom accepts a refresh token once, and sends the next one with the new access token. So a refresh holds the lock of
    the user in the store, marks the entry before it sends the request, and stores the new tokens before anything uses
    them. An entry that is still marked belongs to a refresh of which the end is unknown: its process died, or the
    response was lost. Its refresh token is then sent again. Zoom either accepts it once more, or rejects it, and then
    the user must authorize the app again. New tokens that cannot be stored stay in memory, and are stored before
    anything else is done.
    """

    def __init__(
        self,
        oauth: UserOAuth,
        user_id: str,
        *,
        store: TokenStore,
        transport: Transport,
        requests: TokenRequests,
        account_id: str | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.account_id: str | None = account_id
        self._oauth = oauth
        self._user_id = user_id
        self._key = user_token_key(oauth.client_id, user_id)
        self._store = store
        self._transport = transport
        self._requests = requests
        self._wall_clock = wall_clock
        self._is_refreshing = False
        self.fetches: int = 0
        self._unsaved: _Unsaved | None = None
        self._puts = 0  # the number of times that this process has replaced or deleted the entry

    @property
    def must_finish(self) -> bool:
        """Whether the refresh token may be spent, and the next one is not stored."""
        return self._is_refreshing or self._unsaved is not None

    async def renew(self, stale: Token | None) -> Token:
        """Return the access token in the store if it is another than *stale*, or else the result of a refresh.

        Raises `ReauthorizationRequired` if the store has no tokens of the user, or Zoom no longer accepts them,
        `StoreError` if the store cannot be used, and the error of the last request.
        """
        while True:
            puts = self._puts
            token = await self._renew(stale)
            if puts == self._puts:
                return token
            # It may be a token of before: the user has been forgotten, or has authorized the app again.

    async def check(self) -> None:
        """Read the entry of the user. Raises `ReauthorizationRequired` if a renewal would."""
        self._checked(await self._read())

    async def put(self, tokens: StoredToken | None) -> None:
        """Store the *tokens* of a new authorization, or delete those of the user. Raises `StoreError`."""

        async def write_or_delete(fence: int) -> None:
            if tokens is not None:
                await self._write(tokens, fence)
                self.account_id = tokens.account_id or self.account_id
            elif not await self._store.delete(self._key, fence=fence):
                raise _FencedOut
            self._unsaved = None  # not before: after a failure, Zoom may still accept them
            self._puts += 1

        # A code is spent, and has ended the tokens in the store: a short fault must not lose the new ones, too.
        await self._in_store(write_or_delete, repeats_faults=True)

    async def save(self) -> None:
        """Store the tokens that could not be stored so far. Raises `StoreError` if they still cannot be."""
        if self._unsaved is not None:
            await self._in_store(self._load)

    async def _renew(self, stale: Token | None) -> Token:
        if self._unsaved is None:
            token = self._usable(self._checked(await self._read()), stale)
            if token is not None:
                return token
        return await self._requests.send(lambda: self._renew_in_store(stale))

    async def _renew_in_store(self, stale: Token | None) -> Token:
        async def renew(fence: int) -> Token:
            stored = self._checked(await self._load(fence))
            return self._usable(stored, stale) or await self._refresh(stored, fence)

        return await self._in_store(renew)

    async def _in_store(self, action: Callable[[int], Awaitable[T]], *, repeats_faults: bool = False) -> T:
        """Return the result of *action*, called with the fence of a lock.

        It is called again if it was fenced out, or could not store new tokens, and with *repeats_faults* after any
        fault of the store.
        """
        for attempt in range(_STORE_ATTEMPTS):
            try:
                async with locked(self._store, self._key, seconds=_LOCK_SECONDS) as fence:
                    return await action(fence)
            except _FencedOut:
                continue
            except StoreError:
                may_repeat = repeats_faults or self._unsaved is not None
                if not may_repeat or attempt == _STORE_ATTEMPTS - 1:
                    raise
            await anyio.sleep(_STORE_PAUSE * 2**attempt)
        raise StoreError("the token store accepts no write under a lock: other processes always lock the tokens first")

    async def _load(self, fence: int) -> StoredToken | None:
        """Return the entry of the user, after storing the tokens that could not be stored before."""
        stored = await self._read()
        if (unsaved := self._unsaved) is not None:
            # Otherwise they were stored all the same, or another process has newer ones, or the user was forgotten.
            if stored is not None and stored.refresh_token == unsaved.spent:
                await self._write(unsaved.tokens, fence)
                stored = unsaved.tokens
            self._unsaved = None
        return stored

    async def _refresh(self, stored: StoredToken, fence: int) -> Token:
        if not stored.refresh_token:
            await self._give_up(stored, "Zoom has sent no refresh token", fence)
        self._is_refreshing = True
        try:
            await self._write(replace(stored, refresh_started=True), fence)
            tokens = await self._send(stored, fence)
            self.fetches += 1
            self._unsaved = _Unsaved(tokens, stored.refresh_token)
            await self._write(tokens, fence)
            self._unsaved = None
            return tokens.token(now=self._wall_clock())
        finally:
            self._is_refreshing = False

    async def _send(self, stored: StoredToken, fence: int) -> StoredToken:
        """Return the tokens that Zoom sends for the refresh token of *stored*."""
        try:
            return await refresh(self._oauth, self._transport, stored, now=self._wall_clock)
        except ZoomError as caught:
            error = caught
        if is_grant_rejected(error):
            cause = "an earlier refresh was interrupted, and " if stored.refresh_started else ""
            await self._give_up(stored, f"{cause}Zoom no longer accepts the refresh token: {error}", fence)
        if not may_have_run(error):
            # The entry as it was: a mark that was there before stays, and without this one it does no harm.
            with suppress(StoreError, _FencedOut):
                await self._write(stored, fence)
        raise error

    async def _give_up(self, stored: StoredToken, reason: str, fence: int) -> NoReturn:
        """Record that the user must authorize the app again, and raise the error."""
        # The refresh token stays: a process that has been fenced out may still have its successor.
        entry = replace(stored, access_token="", expires_at=None, refresh_started=True, reauthorize=reason)
        with suppress(StoreError):  # then the next refresh finds it out again
            await self._write(entry, fence)
        raise ReauthorizationRequired(self._user_id, reason)

    def _checked(self, stored: StoredToken | None) -> StoredToken:
        """Return *stored*, or raise `ReauthorizationRequired`."""
        if stored is None:
            raise ReauthorizationRequired(self._user_id, "no tokens of the user are stored")
        if stored.reauthorize is not None:
            raise ReauthorizationRequired(self._user_id, stored.reauthorize)
        self.account_id = stored.account_id or self.account_id
        return stored

    def _usable(self, stored: StoredToken, stale: Token | None) -> Token | None:
        return stored.token_after(stale, now=self._wall_clock())

    async def _read(self) -> StoredToken | None:
        value = await self._store.read(self._key)
        return None if value is None else StoredToken.decode(value)

    async def _write(self, stored: StoredToken, fence: int) -> None:
        if not await self._store.write(self._key, stored.encode(), fence=fence):
            raise _FencedOut
