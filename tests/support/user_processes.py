"""Processes that use the rotating tokens of users, and that kill themselves in the middle of a refresh."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import anyio
from aiohttp import ClientSession, TraceConfig

from zoomasync import Plan, RetryPolicy, UserClients, UserOAuth
from zoomasync.auth import FileTokenStore, TokenStore
from zoomasync.redis import RedisTokenStore

Step: TypeAlias = Literal["lock", "mark", "request", "response", "stored"]
"""A step of a refresh, after which its process is killed."""
STEPS: Sequence[Step] = get_args(Step)

UNLIMITED = Plan(light=10_000, medium=10_000, heavy=10_000)
_PATIENCE = 30.0

# A process that is forked after all imports is ready in a few milliseconds.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["zoomasync", "zoomasync.redis"])


def _plan(account_id: str) -> Plan:  # noqa: ARG001  every account has this plan
    return UNLIMITED


@asynccontextmanager
async def store_at(place: str) -> AsyncGenerator[TokenStore, None]:
    """Open the store in Redis or in a folder."""
    if "://" not in place:
        yield FileTokenStore(place)
        return
    async with RedisTokenStore(place) as store:
        yield store


@asynccontextmanager
async def users_at(
    place: str, oauth: UserOAuth, *, http_session: ClientSession | None = None
) -> AsyncGenerator[UserClients, None]:
    """Open the clients of the users whose tokens are in a store."""
    retry = RetryPolicy(base=0.01)
    async with (
        store_at(place) as store,
        UserClients(oauth, token_store=store, plans=_plan, http_session=http_session, retry=retry) as users,
    ):
        yield users


async def _run_all(*processes: BaseProcess) -> list[int | None]:
    """Start *processes*, wait until all have ended, and return their exit codes."""
    for process in processes:
        process.start()
    try:
        with anyio.fail_after(_PATIENCE):
            while any(process.is_alive() for process in processes):  # noqa: ASYNC110  of other processes
                await anyio.sleep(0.01)
        return [process.exitcode for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.join()


class Tasks:
    """*count* processes, each with *tasks* that call Zoom as one user, in two rounds that *folder* coordinates."""

    def __init__(self, folder: Path, place: str, oauth: UserOAuth, user_id: str, *, count: int, tasks: int) -> None:
        self._folder = folder
        arguments = (str(folder), place, oauth, user_id, tasks)
        self._processes = [
            _PROCESSES.Process(target=_run, args=(_call_in_tasks, *arguments), daemon=True) for _ in range(count)
        ]

    async def run(self) -> list[int | None]:
        """Run all, and return the exit codes."""
        return await _run_all(*self._processes)

    async def wait_until(self, name: str) -> None:
        """Wait until all processes are *name*: "open", or "done" with the first round."""
        with anyio.fail_after(_PATIENCE):
            while len(list(self._folder.glob(f"{name}-*"))) < len(self._processes):  # noqa: ASYNC110  of other processes
                await anyio.sleep(0.01)

    def begin(self, round_: str) -> None:
        """Begin a round in all processes: "first" or "second"."""
        (self._folder / round_).touch()


async def _call_in_tasks(folder: str, place: str, oauth: UserOAuth, user_id: str, tasks: int) -> None:
    files = Path(folder)
    async with users_at(place, oauth) as users:
        zoom = await users.client(user_id)

        async def call() -> None:
            assert (await zoom.users.get("me")).id == user_id

        async def call_all(round_: str) -> None:
            while not (files / round_).exists():  # noqa: ASYNC110  of other processes
                await anyio.sleep(0.01)
            async with anyio.create_task_group() as group:
                for _ in range(tasks):
                    group.start_soon(call)

        (files / f"open-{os.getpid()}").touch()
        await call_all("first")
        (files / f"done-{os.getpid()}").touch()
        await call_all("second")


async def refresh_and_die(place: str, oauth: UserOAuth, user_ids: Sequence[str]) -> list[int | None]:
    """Refresh the tokens of one user in each of five processes, which die after one of `STEPS` each."""
    return await _run_all(
        *(
            _PROCESSES.Process(target=_run, args=(_refresh_until, place, oauth, user_id, step), daemon=True)
            for user_id, step in zip(user_ids, STEPS, strict=True)
        )
    )


def _run(work: Callable[..., Coroutine[None, None, None]], *arguments: object) -> None:
    asyncio.run(work(*arguments))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _DeadlyStore:
    """A store that kills its process at *step* of the first refresh."""

    def __init__(self, store: TokenStore, step: Step) -> None:
        self._store = store
        self._step = step
        self._writes = 0

    async def read(self, key: str) -> bytes | None:
        return await self._store.read(key)

    def lock(self, key: str) -> AbstractAsyncContextManager[int]:
        return self._store.lock(key)

    async def write(self, key: str, value: bytes, *, fence: int) -> bool:
        self._writes += 1
        if (self._writes, self._step) in {(1, "lock"), (2, "response")}:
            _die()
        is_written = await self._store.write(key, value, fence=fence)
        if (self._writes, self._step) in {(1, "mark"), (2, "stored")}:
            _die()
        return is_written

    async def delete(self, key: str, *, fence: int) -> bool:
        return await self._store.delete(key, fence=fence)

    async def aclose(self) -> None:
        await self._store.aclose()


async def _refresh_until(place: str, oauth: UserOAuth, user_id: str, step: Step) -> None:
    async def die(*_: object) -> None:
        if step == "request":
            asyncio.get_running_loop().call_soon(_die)  # aiohttp calls this before it sends the body

    tracing = TraceConfig()
    tracing.on_request_chunk_sent.append(die)  # only the request of the refresh has a body
    async with (
        store_at(place) as store,
        ClientSession(trace_configs=[tracing]) as http_session,
        UserClients(oauth, token_store=_DeadlyStore(store, step), plans=_plan, http_session=http_session) as users,
    ):
        await (await users.client(user_id)).users.get("me")
