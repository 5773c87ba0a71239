"""The fetch of partitions of many accounts at once: the core of a harvest, for any engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from .. import Zoom, ZoomError
from ..errors import ConfigError
from ._account import account_id_of
from ._page_tracker import WriteBatch
from .fetching import WORKERS, PartitionFetcher
from .partitions import Partition
from .tasks import PartitionTask


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPartition:
    """The *result* of one partition of *account*, with its rows.

    *account* is the caller's name for the account, and *account_id* its id at Zoom. If the fetch was *whole*, *batches*
    hold all rows of the partition; they replace those of an earlier fetch. Otherwise there are none, and the rows of
    the last whole fetch stay.
    """

    account: str
    account_id: str
    task: PartitionTask
    result: Partition
    whole: bool
    batches: tuple[WriteBatch, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedAccount:
    """An account, or one *stream* of it, that stopped because of *error*.

    Its other partitions were not fetched. *account_id* is None if the account could not be reached.
    """

    account: str
    account_id: str | None
    error: ZoomError
    stream: str | None = None


FetchOutcome: TypeAlias = FetchedPartition | StoppedAccount
"""The outcome of a fetch: a partition, or an account that stopped."""


def fetch_partitions(
    tasks: Mapping[str, Iterable[PartitionTask]],
    client: Callable[[str], Zoom],
    *,
    day: date,
    workers: int = WORKERS,
) -> AbstractAsyncContextManager[AsyncIterator[FetchOutcome]]:
    """Fetch the *tasks* of each account, all accounts at the same time, and iterate over the outcomes.

    ::

        tasks = {"north": [PartitionTask(STREAMS["daily"], "2026-05", (date(2026, 5, 1), date(2026, 5, 31)))]}
        async with fetch_partitions(tasks, client, day=date(2026, 5, 31)) as outcomes:
            async for outcome in outcomes:
                ...

    *tasks* are by the caller's name of the account, which *client* turns into a client that is not open yet. Each
    account has its own client, and so its own limits, and fetches *workers* partitions at a time. The outcomes come as
    the partitions finish. An account stops by itself when its daily quota is used up, its credentials are rejected, or
    Zoom is down, and a stream of it when Zoom denies it; `StoppedAccount` has the reason. A partition that was not
    fetched has no outcome. *day* is a day of the harvest: `PartitionFetcher` asks for its hosts when Zoom seems down.

    The rows of a partition are in memory until its outcome is read: at most *workers* partitions per account.
    """
    if type(workers) is not int or workers < 1:
        raise ConfigError("workers must be a whole number, 1 or more")
    return _fetching(tasks, client, day, workers)


@asynccontextmanager
async def _fetching(
    tasks: Mapping[str, Iterable[PartitionTask]], client: Callable[[str], Zoom], day: date, workers: int
) -> AsyncGenerator[AsyncIterator[FetchOutcome], None]:
    sender, receiver = anyio.create_memory_object_stream[FetchOutcome](0)
    failure: BaseException
    try:
        with receiver:
            async with anyio.create_task_group() as group:
                with sender:
                    for account, own in tasks.items():
                        group.start_soon(_fetch_account, account, own, client, day, workers, sender.clone())
                yield receiver
                group.cancel_scope.cancel()
    except BaseExceptionGroup as raised:
        failure = raised.exceptions[0]
    else:
        return
    raise failure  # outside the handler, so that the group is not its context


async def _fetch_account(
    account: str,
    tasks: Iterable[PartitionTask],
    client: Callable[[str], Zoom],
    day: date,
    workers: int,
    sender: MemoryObjectSendStream[FetchOutcome],
) -> None:
    account_id: str | None = None
    with sender:
        try:
            async with client(account) as zoom:
                account_id = await account_id_of(zoom, None)
                fetcher = PartitionFetcher(zoom, day, workers=workers)
                await fetcher.fetch(tasks, _Collector(account, account_id, sender))
        except ZoomError as error:
            await sender.send(StoppedAccount(account=account, account_id=account_id, error=error))
            return
        if fetcher.stopped_by is not None:
            await sender.send(StoppedAccount(account=account, account_id=account_id, error=fetcher.stopped_by))
        for stream, denial in fetcher.denials.items():
            await sender.send(StoppedAccount(account=account, account_id=account_id, error=denial, stream=stream))


class _Collector:
    """The sink of one account: it keeps the batches of each partition until its fetch is whole."""

    def __init__(self, account: str, account_id: str, sender: MemoryObjectSendStream[FetchOutcome]) -> None:
        self._account = account
        self._account_id = account_id
        self._sender = sender
        self._batches: dict[tuple[str, str], list[WriteBatch]] = {}

    async def write(self, task: PartitionTask, batch: WriteBatch) -> None:
        if batch.first:
            self._batches[task.stream.name, task.key] = []
        self._batches[task.stream.name, task.key].append(batch)

    async def finish(self, task: PartitionTask, result: Partition, *, whole: bool) -> None:
        batches = self._batches.pop((task.stream.name, task.key), [])
        fetched = FetchedPartition(
            account=self._account,
            account_id=self._account_id,
            task=task,
            result=result,
            whole=whole,
            batches=tuple(batches) if whole else (),
        )
        await self._sender.send(fetched)

    async def release(self, task: PartitionTask) -> None:
        self._batches.pop((task.stream.name, task.key), None)
