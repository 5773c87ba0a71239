"""Processes that use a `FileTokenStore`, and that a test kills or stops."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Coroutine
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self, TypeAlias

import anyio

from zoomasync.auth import FileTokenStore

Work: TypeAlias = Callable[[Path, str, Connection], Coroutine[None, None, None]]

# A process that is forked after all imports is ready in a few milliseconds.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["zoomasync.auth", "asyncio"])


class Child:
    """A process that runs *work* on the value of *key* in the store in *folder*."""

    def __init__(self, work: Work, folder: Path, key: str) -> None:
        self._ready, far = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_run, args=(work, folder, key, far), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._process.close()
        self._ready.close()

    def wait_until_ready(self) -> None:
        """Wait until the process has done what it is for, for the first time."""
        assert self._ready.poll(20)
        self._ready.recv()

    def stop(self) -> None:
        """Stop the process, without ending it."""
        os.kill(self._process.pid or 0, signal.SIGSTOP)

    def kill(self) -> None:
        """End the process without notice."""
        self._process.kill()
        self._process.join()


def _run(work: Work, folder: Path, key: str, ready: Connection) -> None:
    asyncio.run(work(folder, key, ready))


async def hold(folder: Path, key: str, ready: Connection) -> None:
    """Hold the lock of *key*."""
    async with FileTokenStore(folder).lock(key):
        ready.send("held")
        await anyio.sleep_forever()


async def write_repeatedly(folder: Path, key: str, ready: Connection) -> None:
    """Write values of ten thousand bytes 0, twenty thousand bytes 1 and so on."""
    store = FileTokenStore(folder)
    async with store.lock(key) as fence:
        while True:
            for number in range(100):
                await store.write(key, bytes([number]) * (1 + number) * 10_000, fence=fence)
                if number == 1:
                    ready.send("written")


async def count_up(folder: Path, key: str, ready: Connection) -> None:
    """Add one to the value of *key*, five times in each of two tasks."""
    store = FileTokenStore(folder)

    async def count() -> None:
        for _ in range(5):
            async with store.lock(key) as fence:
                value = await store.read(key)
                await store.write(key, b"%d" % (int(value or b"0") + 1), fence=fence)

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(count)
    ready.send("done")
