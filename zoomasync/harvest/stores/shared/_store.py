"""The shared store: how the workers of one job divide its partitions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from datetime import date, datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Final, Protocol, Self, TypeVar

import anyio
import anyio.to_thread

from .... import ZoomError
from ....errors import StoreError
from ...partitions import NOT_FOUND_RUNS, Partition, State, partition_result
from ...streams import ListingStream, PartitionTask, Stream, child_tasks
from ..base import CallSample, PartitionCount, Scope, WriteBatch
from ..sqlite.schema import Table
from ._folder import Folder, StoredPartition, file_stem
from ._partition_list import PartitionList
from ._staged_partition import StagedPartition

T = TypeVar("T")

_THREADS: Final = 4
_BLOCK: Final = 64  # partitions that are checked at a time before they are leased
_ADD_BATCH: Final = 500
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


class Leases(Protocol):
    """Leases of partitions, so that two workers do not fetch the same one: see `zoomasync.redis.RedisLeases`."""

    def held(self) -> AbstractAsyncContextManager[None]:
        """Renew the held leases until the block ends, and then release all of them."""
        ...

    async def acquire(self, key: str) -> bool:
        """Lease *key*; return False if another worker holds it."""
        ...

    async def release(self, key: str) -> None:
        """Release the lease of *key*."""
        ...

    async def aclose(self) -> None:
        """Close the connection. Closing twice does no harm."""
        ...


class SharedStore:
    """A harvest's *folder* in which several workers, with *leases* of the same name, share one job.

    All workers use the same days and reports; start any number of them at any time. A run ends when every partition is
    final or has failed, with any worker. Partitions that another worker finished count as skipped; those that failed
    with another worker since this run began count as failures of this run too, and are not tried again in it.

    Entering the store raises `ConfigError`, and leaves the folder unchanged, if it holds other files or a harvest of
    another version. Leaving the store closes *leases*. Needs the extra ``parquet``.
    """

    def __init__(self, folder: str | Path, leases: Leases) -> None:
        self._folder = Folder(Path(folder).absolute())
        self._leases = leases
        self._limiter = anyio.CapacityLimiter(_THREADS)
        self._tables: dict[str, Table] = {}
        self._list = PartitionList()
        self._recheck_from: date | None = None
        self._on_finished: Callable[[Partition], None] = lambda _: None
        self._staged: dict[PartitionTask, StagedPartition] = {}
        self._held: set[str] = set()
        self._tried: set[PartitionTask] = set()  # not ready, with any worker since this run began
        self._failed_before: set[PartitionTask] = set()
        self.outcome: str = ""

    def __repr__(self) -> str:
        return f"<SharedStore {self._folder.name}, {len(self._held)} leased>"

    async def __aenter__(self) -> Self:
        await self._in_thread(self._folder.job.check)
        return self

    async def __aexit__(self, *_: object) -> None:
        with anyio.CancelScope(shield=True):
            await self._leases.aclose()

    @asynccontextmanager
    async def run(self, scope: Scope, on_finished: Callable[[Partition], None]) -> AsyncGenerator[None, None]:
        """Begin a run, and record it until the block ends.

        *on_finished* is called with each finished partition once its file is in the folder.
        """
        self._list, self._recheck_from, self._on_finished = PartitionList(), scope.recheck_from, on_finished
        self._tables = {stream.name: Table(stream) for stream in scope.streams}
        self._tried.clear()
        self._failed_before.clear()
        self.outcome = "interrupted"
        async with self._leases.held():
            days = await self._in_thread(partial(self._folder.begin_run, scope.days, scope.streams))
            try:
                await self._add(iter(scope.listing_tasks(days)))
                yield
            except BaseException:
                with suppress(StoreError):  # the first error is the one to raise
                    await self._end_run()
                raise
            await self._end_run()

    async def _end_run(self) -> None:
        with anyio.CancelScope(shield=True):
            for staged in self._staged.values():
                staged.close()
            self._staged.clear()
            self._held.clear()
            await self._in_thread(partial(self._folder.end_run, self.outcome))

    async def add_children(self, listing: ListingStream, scope: Scope) -> None:
        """Add the child partitions of all stored rows of *listing*, which any worker may have fetched."""
        listings = [task for state in State for task in self._list.tasks((listing,), state)]
        rows = ((task, self._folder.parent_rows(task, listing)) for task in listings if self._has_rows(task))
        await self._add(child for task, some in rows for child in child_tasks(task, some, scope.reports))

    async def pending_tasks(self, scope: Scope, streams: Sequence[Stream]) -> AsyncIterator[PartitionTask]:  # noqa: ARG002  `run` got it
        """Iterate over the pending partitions of *streams* that this worker has leased.

        The oldest come first, and those that failed in an earlier run come last. It ends when no partition is pending
        that no worker has tried since this run began. All workers go through the same list. At a partition that another
        worker holds, a worker skips the rest of the block, since the other worker is there, and returns to it at the
        end.
        """
        pending: Iterable[PartitionTask] = chain(
            (task for task in self._list.tasks(streams, State.PENDING) if task not in self._failed_before),
            (task for task in self._list.tasks(streams, State.PENDING) if task in self._failed_before),
        )
        skip_rest, pause = True, _FIRST_PAUSE
        while True:
            postponed: list[PartitionTask] = []
            leased = False
            for some in _blocks(pending):
                block = [task for task in some if self._is_pending(task)]
                await self._refresh(block)
                rest = iter(block)
                for task in rest:
                    if await self._lease(task):
                        leased = True
                        yield task
                    elif self._is_pending(task):
                        postponed.append(task)
                        postponed += rest if skip_rest else ()
            if not postponed:
                return
            if not skip_rest and not leased:
                await anyio.sleep(pause)
                pause = min(1.5 * pause, _LONGEST_PAUSE)
            elif leased:
                pause = _FIRST_PAUSE
            pending, skip_rest = postponed, False

    async def counts(self, scope: Scope) -> Mapping[str, Mapping[State, PartitionCount]]:  # noqa: ARG002  `run` got it
        """Return the number of partitions by stream name and state."""
        return self._list.counts()

    async def write(self, task: PartitionTask, batch: WriteBatch) -> None:
        """Stage one batch of a partition."""
        if task not in self._staged:
            self._staged[task] = StagedPartition(task)
        await self._in_thread(partial(self._staged[task].add, self._tables[task.stream.name], batch))

    async def finish(
        self, task: PartitionTask, error: ZoomError | None, warning: str | None, fetched_at: datetime
    ) -> None:
        """Write the file of a partition, or of its failure, and release the lease."""
        with closing(self._staged.pop(task) if task in self._staged else StagedPartition(task)) as staged:
            with anyio.CancelScope(shield=True):  # after a cancellation, fetched pages are still stored
                store = partial(self._store, staged, error, warning, fetched_at.replace(microsecond=0))
                result = await self._in_thread(store)
                await self._release(task)
                self._apply(task, result)

    def _store(
        self, staged: StagedPartition, error: ZoomError | None, warning: str | None, fetched_at: datetime
    ) -> Partition:
        pages, rows, invalid = (staged.pages, staged.rows, len(staged.invalid_rows)) if error is None else (0, 0, 0)
        result = partition_result(
            staged.task,
            error,
            warning,
            pages=pages,
            rows=rows,
            invalid_rows=invalid,
            not_found_runs=0 if error is None else self._folder.not_found_runs(staged.task),
            now=fetched_at,
        )
        self._folder.store(result, staged, error)
        return result

    def _apply(self, task: PartitionTask, result: Partition) -> None:
        """Note the *result* of *task*, with any worker."""
        if result.state is State.PENDING:
            self._tried.add(task)
        self._list.set_state(task, result.state)
        self._on_finished(result)

    async def release(self, task: PartitionTask) -> None:
        """Leave *task* pending, and release its lease."""
        if task in self._staged:
            self._staged.pop(task).close()
        await self._release(task)

    async def defer(self, scope: Scope, until: datetime) -> None:  # noqa: ARG002  other workers may have quota left
        """Turn all pending partitions to deferred, and release all leases."""
        await self._in_thread(partial(self._list.replace_state, State.PENDING, State.DEFERRED))
        for lease in tuple(self._held):
            self._held.discard(lease)
            await self._leases.release(lease)

    async def resume_deferred(self, scope: Scope) -> None:  # noqa: ARG002  `run` got it
        """Turn all deferred partitions back to pending."""
        await self._in_thread(partial(self._list.replace_state, State.DEFERRED, State.PENDING))

    async def record_calls(self, samples: Sequence[CallSample]) -> None:
        """Append the number of calls that this worker has sent."""
        await self._in_thread(partial(self._folder.record_calls, samples))

    async def _add(self, tasks: Iterator[PartitionTask]) -> None:
        """Add *tasks* as pending, or with the state that their files have."""
        file_names: dict[str, Collection[str]] = {}
        while await self._in_thread(partial(self._add_batch, tasks, file_names)):
            pass

    def _add_batch(self, tasks: Iterator[PartitionTask], file_names: dict[str, Collection[str]]) -> bool:
        batch = list(islice(tasks, _ADD_BATCH))
        for task in filter(self._list.add, batch):
            stream = task.stream
            if stream.name not in file_names:
                file_names[stream.name] = self._folder.file_names(stream)
            if self._folder.failure_file(task).name in file_names[stream.name]:
                self._failed_before.add(task)
            exists = self._folder.file(task).name in file_names[stream.name]
            if exists and (state := self._final_state(task)) is not None:
                self._list.set_state(task, state)
        return bool(batch)

    def _has_rows(self, task: PartitionTask) -> bool:
        """Return whether *task* has rows, be it of an earlier run: the file stays if a new listing fails."""
        if self._list.state(task) is State.DONE:
            return True
        stored = self._folder.stored(task)
        return stored is not None and stored.state is State.DONE

    async def _lease(self, task: PartitionTask) -> bool:
        """Lease *task*; return False if another worker holds it or has finished it."""
        if not self._is_pending(task):
            return False
        lease = _lease_key(task)
        if not await self._leases.acquire(lease):
            return False
        self._held.add(lease)
        await self._refresh([task])
        if self._is_pending(task):
            return True
        await self._release(task)  # another worker finished it, and released its lease, just before
        return False

    async def _release(self, task: PartitionTask) -> None:
        lease = _lease_key(task)
        self._held.discard(lease)
        await self._leases.release(lease)

    async def _refresh(self, tasks: Sequence[PartitionTask]) -> None:
        """Update *tasks* that other workers have finished, or failed at since this run began."""
        for task, result in await self._in_thread(partial(self._results, tasks)):
            if isinstance(result, State):
                self._list.set_state(task, result)
            else:
                self._apply(task, result)

    def _is_pending(self, task: PartitionTask) -> bool:
        return self._list.state(task) is State.PENDING and task not in self._tried

    def _results(self, tasks: Iterable[PartitionTask]) -> list[tuple[PartitionTask, State | Partition]]:
        results = [(task, self._final_state(task) or self._folder.failure(task)) for task in tasks]
        return [(task, result) for task, result in results if result is not None]

    def _final_state(self, task: PartitionTask) -> State | None:
        """Return the state in the file of *task*, or None if this run must fetch the partition."""
        stored = self._folder.stored(task)
        return None if stored is None or not self._is_current(task, stored) else stored.state

    def _is_current(self, task: PartitionTask, stored: StoredPartition) -> bool:
        """Return whether this run can use the *stored* partition as it is."""
        if stored.days is not None and not (stored.days[0] <= task.days[0] and task.days[1] <= stored.days[1]):
            return False
        if stored.written > self._folder.run_began:
            return True
        late = self._recheck_from is not None and task.days[1] >= self._recheck_from
        if stored.state is State.NOT_FOUND and stored.not_found_runs < NOT_FOUND_RUNS:
            return False
        if isinstance(task.stream, ListingStream):
            return stored.over and not late
        return not (late and stored.state in {State.NOT_FOUND, State.EMPTY})

    async def _in_thread(self, function: Callable[[], T]) -> T:
        try:
            return await anyio.to_thread.run_sync(function, limiter=self._limiter)
        except OSError as error:
            failure = StoreError(f"the folder {self._folder.name}: {error.strerror or error}")
        raise failure


def _lease_key(task: PartitionTask) -> str:
    return f"{task.stream.name}/{file_stem(task)}"


def _blocks(tasks: Iterable[PartitionTask]) -> Iterator[list[PartitionTask]]:
    tasks = iter(tasks)
    while block := list(islice(tasks, _BLOCK)):
        yield block
