"""The token store in Redis."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, Self, TypeVar

import anyio
import msgspec

from ..auth._encryption import BytesFunction, Encryption
from ..auth._token_keys import check_key
from ..errors import RedisUnavailable, StoreError
from ._connection import CLOSE_SECONDS, RedisClient, RedisConnection, Script, hash_tag
from ._leases import LEASE_RELEASE, LEASE_RENEW, Holder

T = TypeVar("T")

_LEASE_SECONDS: Final = 6  # a slow Redis may need as long for a renewal
_RENEW_SECONDS: Final = 1.0
_SHORTEST_POLL, _LONGEST_POLL = 0.02, 0.25


class _Nothing(msgspec.Struct, frozen=True):
    """A request without parameters."""


class _Value(msgspec.Struct, frozen=True):
    value: bytes | None = None


class _Locked(msgspec.Struct, frozen=True):
    fence: int | None = None


class _Write(msgspec.Struct, frozen=True, omit_defaults=True):
    fence: int
    value: bytes | None = None  # to delete it


_READ: Final = Script("token_read", _Value)
_LOCK: Final = Script("token_lock", _Locked)
_WRITE: Final = Script("token_write", bool)


class RedisTokenStore:
    """A `TokenStore` for all processes that use one Redis or Valkey server: `Zoom` takes it as ``token_store=``.

    *redis* is a URL, or a client of redis-py, which its owner closes. Anyone who can read the tokens there can call
    Zoom with them. Protect Redis with a password and TLS, and encrypt the tokens: *encrypt* and *decrypt* are functions
    of bytes, such as the methods of ``cryptography.fernet.Fernet``.

    One process at a time requests a new token from Zoom. If it dies, another does so within six seconds. Entries do not
    expire. Without Redis, each process gets its own token for a server-to-server app. Each request waits for *timeout*
    seconds while Redis does not answer: by default, the ``socket_timeout`` of the URL, or else 30.

    A Redis that loses its data loses the tokens. An app fetches its own again, but users must authorize theirs again:
    let Redis keep its data on disk. Fences are times of the server, so that those after a loss are higher than those
    before it. A process that got its lock before can still store its token, until another process gets the lock;
    `write` then returns False.
    """

    def __init__(
        self,
        redis: str | RedisClient,
        *,
        encrypt: BytesFunction | None = None,
        decrypt: BytesFunction | None = None,
        timeout: float | None = None,
    ) -> None:
        self._connection = RedisConnection(redis, timeout)
        self._encryption = Encryption(encrypt, decrypt)
        self._unanswered = set[str]()  # keys whose holder was cancelled while it wrote

    def __repr__(self) -> str:
        return "<RedisTokenStore>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        with anyio.CancelScope(shield=True):
            await self.aclose()

    async def read(self, key: str) -> bytes | None:
        """Return the value of *key*, or None."""
        value = (await self._run(_READ, [_token(key)], _Nothing())).value
        return None if value is None else self._encryption.decrypt(value)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[int, None]:
        """Hold the lock of *key*, and yield its fence. The lock ends six seconds after its holder has died."""
        holder = Holder(secrets.token_hex(8), _LEASE_SECONDS * 1000)
        fence = await self._acquire(key, holder)
        renewing = asyncio.create_task(self._renew_repeatedly(key, holder), name="zoomasync token lease")
        try:
            yield fence
        finally:
            with anyio.CancelScope(shield=True):
                renewing.cancel()
                await asyncio.wait([renewing])
                if key in self._unanswered:
                    self._unanswered.discard(key)  # released, it could be acquired before Redis has the new value
                else:
                    await self._release(key, holder)

    async def write(self, key: str, value: bytes, *, fence: int) -> bool:
        """Make *value* the value of *key*; return False if there was a later lock."""
        return await self._write(key, _Write(fence, self._encryption.encrypt(value)))

    async def delete(self, key: str, *, fence: int) -> bool:
        """Delete the value of *key*; return False if there was a later lock."""
        return await self._write(key, _Write(fence))

    async def aclose(self) -> None:
        """Close the connections that this store opened. Closing twice is safe."""
        await self._connection.aclose()

    async def _acquire(self, key: str, holder: Holder) -> int:
        pause = _SHORTEST_POLL
        try:
            while True:
                fence = (await self._run(_LOCK, [_token(key), _lease(key)], holder)).fence
                if fence is not None:
                    return fence
                await anyio.sleep(pause)
                pause = min(1.5 * pause, _LONGEST_POLL)
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):
                await self._release(key, holder)  # the request that was cancelled may have acquired it
            raise

    async def _renew_repeatedly(self, key: str, holder: Holder) -> None:
        """Renew the lock until another process has it."""
        lost = list[int]()
        while not lost:
            await anyio.sleep(_RENEW_SECONDS)
            with suppress(RedisUnavailable):
                lost = await self._connection.run(LEASE_RENEW, [_lease(key)], holder)

    async def _release(self, key: str, holder: Holder) -> None:
        """Release the lock. Without Redis it expires."""
        with anyio.move_on_after(CLOSE_SECONDS), suppress(RedisUnavailable):
            await self._connection.run(LEASE_RELEASE, [_lease(key)], holder)

    async def _write(self, key: str, request: _Write) -> bool:
        try:
            return await self._run(_WRITE, [_token(key)], request)
        except asyncio.CancelledError:
            self._unanswered.add(key)
            raise

    async def _run(self, script: Script[T], keys: Sequence[str], request: msgspec.Struct) -> T:
        """Return the response of *script*. Raises `StoreError`."""
        try:
            return await self._connection.run(script, keys, request)
        except RedisUnavailable as error:
            reason = error.reason
        except msgspec.MsgspecError:
            reason = "an entry is not one of this version"
        raise StoreError(f"the tokens in Redis cannot be used: {reason}. Check Redis")


def _token(key: str) -> str:
    return f"{hash_tag(check_key(key))}:token"


def _lease(key: str) -> str:
    return f"{hash_tag(key)}:lease"
