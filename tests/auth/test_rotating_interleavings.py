"""Every order in which the steps of two processes can follow each other while they refresh the tokens of one user.

A process stops before each access to the store, and before and after Zoom handles its request. There one process
continues, or the lock of a process expires (it was suspended for too long), or a process is killed. All orders are
tried one after another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
import pytest
from support.clock import in_virtual_time
from support.memory import MemoryTransport
from support.rotating import RotatingZoom, rotating_tokens, stored_token

from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync.auth import Token
from zoomasync.auth._stored_token import StoredToken
from zoomasync.errors import ReauthorizationRequired

LONGEST_WAIT = 5.0  # in virtual time: no process waits for longer without stopping


class Store:
    """A store of one entry with locks that expire. It records all *values*."""

    def __init__(self, value: bytes) -> None:
        self.values = [value]
        self.fence = 0
        self.holder: int | None = None
        self.waiting = 0
        self._released = asyncio.Event()

    def expire(self) -> None:
        """End the lock."""
        self.holder = None
        self._released.set()
        self._released = asyncio.Event()


class Process:
    """One process: its store, its connection to *zoom*, and its renewal of the tokens."""

    def __init__(self, store: Store, zoom: RotatingZoom) -> None:
        self.is_stopped = False
        self.is_killed = False
        self._store = store
        self._zoom = zoom
        self._continue = asyncio.Event()
        transport = MemoryTransport(self._send)
        self.renewal = asyncio.create_task(rotating_tokens(self, transport)[0].renew(Token("access-0")))

    def resume(self) -> None:
        self._continue.set()

    async def _stop(self) -> None:
        self.is_stopped = True
        await self._continue.wait()
        self.is_stopped = False
        self._continue.clear()

    async def _send(self, request: HttpRequest) -> HttpResponse:
        await self._stop()
        response = await self._zoom.send(request)
        await self._stop()
        return response

    async def read(self, key: str) -> bytes | None:  # noqa: ARG002  there is one key
        await self._stop()
        return self._store.values[-1]

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[int, None]:  # noqa: ARG002  there is one key
        store = self._store
        while store.holder is not None:
            store.waiting += 1
            await store._released.wait()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  a part of it
            store.waiting -= 1
        store.fence += 1
        store.holder = fence = store.fence
        try:
            yield fence
        finally:
            if store.holder == fence:
                store.expire()

    async def write(self, key: str, value: bytes, *, fence: int) -> bool:  # noqa: ARG002  there is one key
        await self._stop()
        if fence == self._store.fence:
            self._store.values.append(value)
        return fence == self._store.fence

    async def delete(self, key: str, *, fence: int) -> bool:
        raise NotImplementedError

    async def aclose(self) -> None:
        raise NotImplementedError


@dataclass
class Path:
    """The choices of one run, and the number of alternatives of each."""

    choices: list[int]
    alternatives: list[int]
    at: int = 0

    def choose(self, count: int) -> int:
        """Return the next choice out of *count*."""
        if self.at == len(self.choices):
            self.choices.append(0)
            self.alternatives.append(count)
        self.at += 1
        return self.choices[self.at - 1]

    def advance(self) -> bool:
        """Begin the next run; return False if all were tried."""
        self.at = 0
        while self.choices:
            self.choices[-1] += 1
            if self.choices[-1] < self.alternatives[-1]:
                return True
            del self.choices[-1], self.alternatives[-1]
        return False


async def _run(path: Path, *, accepts_spent: bool, losses: int, kills: int) -> str:
    """Run two processes in the order of *path*, check what they leave, and return what happened."""
    store = Store(stored_token().encode())
    zoom = RotatingZoom(accepts_spent=accepts_spent, seconds=0.0)
    processes = [Process(store, zoom) for _ in range(2)]
    lost = killed = 0
    while True:
        await anyio.sleep(LONGEST_WAIT)
        living = [process for process in processes if not process.is_killed]
        actions = [(process, "resume") for process in living if process.is_stopped]
        if lost < losses and store.waiting:
            actions.append((living[0], "expire"))
        if killed < kills and len(living) > 1:
            actions.extend((process, "kill") for process in living if process.is_stopped)
        if not actions:
            if killed and store.waiting:
                store.expire()  # that of the killed process
                continue
            break
        process, action = actions[path.choose(len(actions))]
        if action == "resume":
            process.resume()
        elif action == "expire":
            lost += 1
            store.expire()
        else:
            killed += 1
            process.is_killed = True
    results = await asyncio.gather(*(_result(process) for process in living))
    for process in processes:
        process.renewal.cancel()
    await asyncio.wait([process.renewal for process in processes])
    _check(store, zoom, [result.value for result in results if isinstance(result, Token)], killed=killed)
    assert lost or killed or zoom.sent == ["refresh-0"]
    ended = sum(isinstance(result, ReauthorizationRequired) for result in results)
    return f"{'lost, ' * lost}{'killed, ' * killed}{ended} of {len(results)} ended"


async def _result(process: Process) -> Token | ReauthorizationRequired:
    try:
        return await process.renewal
    except ReauthorizationRequired as required:
        return required


def _check(store: Store, zoom: RotatingZoom, tokens: list[str], *, killed: int) -> None:
    """Check that the store ends with tokens that Zoom accepts, or with the end of the authorization after a kill."""
    entries = [StoredToken.decode(value) for value in store.values]
    last = entries[-1]
    assert set(tokens) <= {entry.access_token for entry in entries[1:]} - {"access-0"}, "used before they were stored"
    if last.reauthorize is None:
        assert last.refresh_token in zoom.live
        assert not last.refresh_started
    else:
        assert killed
        assert not zoom.accepts_spent


async def _explore(*, accepts_spent: bool, losses: int, kills: int) -> dict[str, int]:
    """Try all orders, and return how often each thing happened."""
    path, counts = Path([], []), dict[str, int]()
    while True:
        happened = await _run(path, accepts_spent=accepts_spent, losses=losses, kills=kills)
        counts[happened] = counts.get(happened, 0) + 1
        if not path.advance():
            return counts


CALM, LOST, KILLED = "0 of 2 ended", "lost, 0 of 2 ended", "killed, 0 of 1 ended"
BOTH = "lost, killed, 0 of 1 ended"
LOST_END, KILLED_END, BOTH_END = "lost, 1 of 2 ended", "killed, 1 of 1 ended", "lost, killed, 1 of 1 ended"


@pytest.mark.parametrize(
    ("losses", "kills", "accepts_spent", "happened"),
    [
        pytest.param(0, 0, False, {CALM}, id="calm"),
        pytest.param(1, 0, True, {CALM, LOST}, id="lost lock"),
        pytest.param(1, 0, False, {CALM, LOST, LOST_END}, id="lost lock, strict"),
        pytest.param(0, 1, True, {CALM, KILLED}, id="kill"),
        pytest.param(0, 1, False, {CALM, KILLED, KILLED_END}, id="kill, strict"),
        pytest.param(1, 1, True, {CALM, LOST, KILLED, BOTH}, id="both"),
        pytest.param(1, 1, False, {CALM, LOST, LOST_END, KILLED, BOTH, BOTH_END}, id="both, strict"),
    ],
)
@in_virtual_time
async def test_every_order_of_steps(losses: int, kills: int, *, accepts_spent: bool, happened: set[str]) -> None:
    """Zoom accepts a spent refresh token again, or is strict.

    Without a kill, the store always ends with tokens that Zoom accepts, although one of two processes may raise
    `ReauthorizationRequired` before. After a kill, it ends with them or with the reason of that error.
    """
    counts = await _explore(accepts_spent=accepts_spent, losses=losses, kills=kills)

    assert set(counts) == happened
    assert sum(counts.values()) >= 10
