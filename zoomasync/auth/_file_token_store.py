"""The token store in files."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import anyio
import msgspec

from .._core.finishing import finish
from .._disk.files import atomic_write, create_private
from .._disk.lock import NumberedLock
from ..errors import StoreError
from ._encryption import BytesFunction, Encryption
from ._token_keys import check_key
from ._token_store import KeyLocks

T = TypeVar("T")

_SHORTEST_POLL: Final = 0.01
_LONGEST_POLL: Final = 0.1
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class _Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of one file. *fence* is that of the latest write or deletion, and a deleted value is None."""

    fence: int = 0
    value: bytes | None = None


class FileTokenStore:
    """A `TokenStore` in a *folder* on the local disk, for all processes of one user of the computer.

    Each token is one file, which only its owner can read. It is replaced as a whole, so that a process that is killed
    leaves the old content or the new one. A lock ends when its process ends. The folder is created unless it exists. A
    folder or file that other users can read raises `StoreError`, which says how to protect it.

    *encrypt* and *decrypt* are functions of bytes, such as the methods of ``cryptography.fernet.Fernet``. With them, a
    copy of the disk does not give the tokens away.
    """

    def __init__(
        self, folder: str | Path, *, encrypt: BytesFunction | None = None, decrypt: BytesFunction | None = None
    ) -> None:
        self._folder = Path(folder)
        self._encryption = Encryption(encrypt, decrypt)
        self._locks = KeyLocks()  # tasks of this process wait for each other without reading the disk

    def __repr__(self) -> str:
        return f"<FileTokenStore {str(self._folder)!r}>"

    async def read(self, key: str) -> bytes | None:
        """Return the value of *key*, or None."""
        value = (await self._in_thread(partial(self._read, self._path(key)))).value
        return None if value is None else self._encryption.decrypt(value)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[int, None]:
        """Hold the lock of *key*, and yield its fence. It ends with its process, however that ends."""
        path = self._path(key)
        async with self._locks.of(key):
            lock = NumberedLock(path)
            try:
                yield await self._acquire(lock, path)
            finally:
                with suppress(StoreError):
                    await self._in_thread(lock.release)

    async def write(self, key: str, value: bytes, *, fence: int) -> bool:
        """Make *value* the value of *key*; return False if a later lock has changed it."""
        return await self._write(key, _Record(fence, self._encryption.encrypt(value)))

    async def delete(self, key: str, *, fence: int) -> bool:
        """Delete the value of *key*; return False if a later lock has changed it. The file stays, without a token."""
        return await self._write(key, _Record(fence))

    async def aclose(self) -> None:
        """Do nothing: no file stays open."""

    async def _acquire(self, lock: NumberedLock, path: Path) -> int:
        def acquire() -> int | None:
            self._create_folder()
            return lock.acquire(lambda: self._read(path).fence)

        pause = _SHORTEST_POLL
        while (fence := await self._in_thread(acquire)) is None:
            await anyio.sleep(pause)
            pause = min(1.5 * pause, _LONGEST_POLL)
        return fence

    async def _write(self, key: str, record: _Record) -> bool:
        path = self._path(key)

        def write() -> bool:
            self._create_folder()
            if self._read(path).fence > record.fence:
                return False
            with atomic_write(path) as temporary:
                temporary.unlink(missing_ok=True)  # of a process that was killed
                create_private(temporary)
                with temporary.open("r+b") as file:
                    file.write(msgspec.json.encode(record))
                    file.flush()
                    os.fsync(file.fileno())
            return True

        return await self._in_thread(write)

    def _path(self, key: str) -> Path:
        return self._folder / f"{check_key(key)}.json"

    def _create_folder(self) -> None:
        self._folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        self._check_private(self._folder.stat(), self._folder, 700)

    def _read(self, path: Path) -> _Record:
        with suppress(FileNotFoundError):
            self._check_private(self._folder.stat(), self._folder, 700)
            with path.open("rb") as file:
                self._check_private(os.fstat(file.fileno()), path, 600)
                content = file.read()
            try:
                return _DECODER.decode(content)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                pass
            raise StoreError(f"{path} is not a file of tokens: delete it, or name another folder")
        return _Record()

    def _check_private(self, status: os.stat_result, path: Path, mode: int) -> None:
        if status.st_mode & _OTHERS:
            raise StoreError(f"other users may read the tokens in {path}: run chmod {mode} {path}")

    async def _in_thread(self, function: Callable[[], T]) -> T:
        """Return the result of *function*, which takes a moment. A cancelled caller waits for its end, too.

        A lock that it acquires after its caller has gone would never be released.
        """
        try:
            return await finish(asyncio.get_running_loop().run_in_executor(None, function))
        except OSError as error:
            failure = error.strerror or type(error).__name__
        except sqlite3.Error as error:
            failure = str(error)
        raise StoreError(f"the tokens in {self._folder} cannot be used: {failure}")


_DECODER: Final = msgspec.json.Decoder(_Record)
