"""The fetch of partitions of many accounts at once: the core of a harvest, for any engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from .. import Zoom, ZoomError, fan_out
from ..errors import ConfigError
from ._account import account_id_of
from ._page_tracker import WriteBatch
from .fetching import WORKERS, PartitionFetcher
from .partitions import Partition
from .streams import STREAMS, Row
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

    @property
    def rows(self) -> list[Row]:
        """The rows, in Zoom's order."""
        return [row for batch in self.batches for _, row, _ in batch.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedAccount:
    """An account, or one *stream* of it, that stopped because of *error*.

    Its other partitions were not fetched. *account_id* is None if it is not known, since the account could not be
    reached.
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
    account_ids: Mapping[str, str] | None = None,
    accepted: Mapping[str, Collection[str]] | None = None,
    workers: int = WORKERS,
) -> AbstractAsyncContextManager[AsyncIterator[FetchOutcome]]:
    """Fetch the *tasks* of each account, all accounts at the same time, and iterate over the outcomes.

    ::

        tasks = {"north": root_tasks(STREAMS["daily"], (date(2026, 4, 1), date(2026, 5, 31)), today)}
        async with fetch_partitions(tasks, clients.__getitem__) as outcomes:
            async for outcome in outcomes:
                match outcome:
                    case FetchedPartition(): ...
                    case StoppedAccount(): ...

    *tasks* are by the caller's name of the account, of which *client* returns the client; it is opened, and closed at
    the end. Each account has its own client, and so its own limits, and fetches *workers* partitions at a time. Return
    the same client in the next call, so that its rate limiter knows the last requests of this one. Of several tasks
    with the same stream and key, the first counts.

    The outcomes come as the partitions finish; a partition that was not fetched has none. An account stops by itself
    when its client cannot be made, its credentials are rejected, its daily quota is used up, or Zoom is down, and a
    stream of it when Zoom denies it: `StoppedAccount` has the reason, and the other accounts continue. Any other
    exception, of *tasks* or of the caller's block, stops all accounts and is raised unchanged. Leaving the block
    cancels the calls that are still running.

    *account_ids* are the ids at Zoom of accounts whose credentials do not name it, such as a `StaticToken`; without
    one, Zoom's record of the token's user has it. For an account whose credentials name another id, it is an error.

    *accepted* are the names of the streams, by account, of which Zoom has returned partitions before. The first
    partition that Zoom denies does not stop them.

    The rows of a partition are in memory until its outcome is read: at most *workers* partitions per account.
    """
    if type(workers) is not int or workers < 1:
        raise ConfigError("workers must be a whole number, 1 or more")
    return _fetching(tasks, client, account_ids or {}, accepted or {}, workers)


@asynccontextmanager
async def _fetching(
    tasks: Mapping[str, Iterable[PartitionTask]],
    client: Callable[[str], Zoom],
    account_ids: Mapping[str, str],
    accepted: Mapping[str, Collection[str]],
    workers: int,
) -> AsyncGenerator[AsyncIterator[FetchOutcome], None]:
    sender, receiver = anyio.create_memory_object_stream[FetchOutcome](0)
    # A closed stream means that all is done, so an account closes its own only when it has finished. After a failure
    # the streams stay open until all accounts have stopped.
    with receiver, ExitStack() as open_senders:
        senders = {name: open_senders.enter_context(sender.clone()) for name in tasks}
        sender.close()

        async def fetch(name: str) -> None:
            account = _Account(name, account_ids.get(name), accepted.get(name, ()), senders[name])
            await account.fetch(_without_repeated(tasks[name]), partial(_make_client, client, name), workers)
            senders[name].close()

        # There is a worker per account, and so a place in the queue for its outcome, which nobody reads.
        async with fan_out(fetch, tasks, workers=max(1, len(tasks))):
            yield receiver


def _without_repeated(tasks: Iterable[PartitionTask]) -> Iterator[PartitionTask]:
    seen: set[tuple[str, str]] = set()
    for task in tasks:
        if _id(task) not in seen:
            seen.add(_id(task))
            yield task


def _make_client(client: Callable[[str], Zoom], account: str) -> Zoom:
    try:
        return client(account)
    except ZoomError:
        raise
    except Exception as error:
        # The text of the error may hold a secret.
        raise ConfigError(f"the client of account {account} cannot be made: {type(error).__name__}") from error


class _Account:
    """One account: the sink that keeps the batches of each partition until its fetch is whole."""

    def __init__(
        self,
        name: str,
        account_id: str | None,
        accepted: Collection[str],
        sender: MemoryObjectSendStream[FetchOutcome],
    ) -> None:
        self._name = name
        self._given_id = account_id
        self._accepted = accepted
        self._account_id = ""
        self._sender = sender
        self._batches: dict[tuple[str, str], list[WriteBatch]] = {}

    async def fetch(self, tasks: Iterable[PartitionTask], make_client: Callable[[], Zoom], workers: int) -> None:
        """Send the outcome of each of *tasks*, then of each stream that stopped, and then of the account if it did."""
        fetcher: PartitionFetcher | None = None
        stopped_by: ZoomError | None
        try:
            async with make_client() as zoom:
                self._account_id = await account_id_of(zoom, self._given_id)
                fetcher = PartitionFetcher(zoom, zoom.server_time.date(), workers=workers)
                for stream in self._accepted:
                    fetcher.accept(STREAMS[stream])
                await fetcher.fetch(tasks, self)
            stopped_by = fetcher.stopped_by
        except ZoomError as error:
            stopped_by = error
        if fetcher is not None:
            for stream, denial in fetcher.denials.items():
                await self._stop(denial, stream)
        if stopped_by is not None:
            await self._stop(stopped_by)

    async def write(self, task: PartitionTask, batch: WriteBatch) -> None:
        if batch.first:
            self._batches[_id(task)] = []
        self._batches[_id(task)].append(batch)

    async def finish(self, task: PartitionTask, result: Partition, *, whole: bool) -> None:
        batches = self._batches.pop(_id(task), [])
        fetched = FetchedPartition(
            account=self._name,
            account_id=self._account_id,
            task=task,
            result=result,
            whole=whole,
            batches=tuple(batches) if whole else (),
        )
        await self._sender.send(fetched)

    async def release(self, task: PartitionTask) -> None:
        self._batches.pop(_id(task), None)

    async def _stop(self, error: ZoomError, stream: str | None = None) -> None:
        stopped = StoppedAccount(account=self._name, account_id=self._account_id or None, error=error, stream=stream)
        await self._sender.send(stopped)


def _id(task: PartitionTask) -> tuple[str, str]:
    return task.stream.name, task.key
