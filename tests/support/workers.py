"""Workers of one shared folder, in this process or in processes that can be killed."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeAlias, cast

import anyio

from zoomasync import Plan, ServerToServer, Zoom
from zoomasync.harvest import REPORTS, Harvest, Summary
from zoomasync.harvest.stores.parquet_file import read_columns
from zoomasync.harvest.stores.shared import Leases, SharedStore
from zoomasync.harvest.stores.sqlite.schema import all_columns
from zoomasync.harvest.streams import STREAMS
from zoomasync.redis import RedisLeases, RedisRateLimiter, RedisTokenStore
from zoomasync.testing import FakeZoom

from .harvesting import QUICK, SPRING

Rows: TypeAlias = list[tuple[object, ...]]

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    ["zoomasync.harvest", "zoomasync.harvest.stores.shared", "zoomasync.redis", "zoomasync.testing"]
)
_OF_WORKERS = {".open", "runs", "call_samples"}


async def run_worker(
    fake: FakeZoom,
    folder: Path,
    leases: Leases,
    days: tuple[date, date] = SPRING,
    *,
    reports: Sequence[str] = REPORTS,
    recheck_days: int | None = None,
    wait: bool = False,
) -> Summary:
    """Run a worker of the job in *folder* to its end."""
    async with open_worker(fake, folder, leases, days, reports=reports, recheck_days=recheck_days) as harvest:
        return await harvest.run(wait=wait)


@asynccontextmanager
async def open_worker(
    fake: FakeZoom,
    folder: Path,
    leases: Leases,
    days: tuple[date, date] = SPRING,
    *,
    reports: Sequence[str] = REPORTS,
    recheck_days: int | None = None,
) -> AsyncGenerator[Harvest, None]:
    """Open a worker of the job in *folder*."""
    async with (
        fake.client(retry=QUICK) as zoom,
        Harvest(
            zoom,
            store=SharedStore(folder, leases),
            from_=days[0],
            to=days[1],
            reports=reports,
            recheck_days=recheck_days,
            workers=8,
        ) as harvest,
    ):
        yield harvest


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files that depend on the account only: those of workers are left out."""
    files = (path for path in folder.rglob("*") if path.is_file())
    content = {str(path.relative_to(folder)): path.read_bytes() for path in files}
    return {name: each for name, each in content.items() if name.split("/")[0] not in _OF_WORKERS}


def rows(files: Iterable[Path], stream: str) -> Rows:
    """Return the rows of *stream* in *files*, in the order of their keys."""
    names = [column.name for column in all_columns(STREAMS[stream])]
    lines: Rows = []
    for file in files:
        columns = read_columns(file, names)
        lines += zip(*(columns[name] for name in names), strict=True)
    return sorted(lines, key=lambda row: (str(row[0]), cast("int", row[1])))


class ObservedLeases:
    """Leases that call *observe* with "acquire", "rejected" or "release" and the key."""

    def __init__(self, leases: Leases, observe: Callable[[str, str], None]) -> None:
        self.held = leases.held
        self.aclose = leases.aclose
        self._leases = leases
        self._observe = observe

    async def acquire(self, key: str) -> bool:
        acquired = await self._leases.acquire(key)
        self._observe("acquire" if acquired else "rejected", key)
        return acquired

    async def release(self, key: str) -> None:
        await self._leases.release(key)
        self._observe("release", key)


@dataclass(frozen=True)
class Job:
    """The job of workers in other processes."""

    credentials: ServerToServer
    base_url: str
    folder: Path
    redis: str
    name: str
    plan: Plan
    lease: float


class Worker:
    """A worker in another process that reports its leases, so that those of a killed one are known."""

    def __init__(self, job: Job) -> None:
        self.held: set[str] = set()
        self.finished: int = 0
        self.complete: bool | None = None
        self._pipe, theirs = _PROCESSES.Pipe(duplex=False)
        self._process = _PROCESSES.Process(target=_run, args=(job, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def listen(self) -> None:
        """Read the reports of the worker so far."""
        try:
            while self._pipe.poll():
                match cast("tuple[str, str]", self._pipe.recv()):
                    case "acquire", key:
                        self.held.add(key)
                    case "release", key:
                        self.held.discard(key)
                        self.finished += 1
                    case "complete", complete:
                        self.complete = complete == "True"
                    case _:
                        pass
        except (EOFError, ConnectionError):
            pass

    def kill(self) -> None:
        """Kill the process, as the system does without memory."""
        self._process.kill()
        self._process.join()
        self.listen()

    async def end(self) -> None:
        """Wait until the process has ended."""
        while self._process.is_alive():
            self.listen()
            await anyio.sleep(0.005)
        self.listen()


def _run(job: Job, pipe: Connection) -> None:
    asyncio.run(_run_job(job, pipe))


async def _run_job(job: Job, pipe: Connection) -> None:
    leases = RedisLeases(job.redis, name=job.name, lease=job.lease)
    store = SharedStore(job.folder, ObservedLeases(leases, lambda verb, key: pipe.send((verb, key))))
    async with (
        RedisRateLimiter(job.redis, job.plan, name=job.name) as rate_limiter,
        RedisTokenStore(job.redis, name=job.name) as token_store,
        Zoom(job.credentials, base_url=job.base_url, rate_limiter=rate_limiter, token_store=token_store) as zoom,
        Harvest(zoom, store=store, from_=SPRING[0], to=SPRING[1], workers=8) as harvest,
    ):
        pipe.send(("complete", str((await harvest.run()).complete)))
