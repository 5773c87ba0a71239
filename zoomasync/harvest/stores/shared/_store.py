"""The shared store itself: who does what, and when."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from datetime import UTC, date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self, TypeVar

import anyio
import anyio.to_thread

from .... import ZoomError
from ....errors import StoreError
from ...partitions import Partition, State, finished
from ...streams import ListingStream, PartitionTask, Stream, child_tasks
from ..base import CallSample, Outstanding, Scope, WriteBatch
from ..sqlite.schema import Table
from ._folder import Folder, Found, name_of
from ._partition_list import PartitionList
from ._staged_partition import StagedPartition

T = TypeVar("T")

_THREADS: Final = 4
_BLOCK: Final = 64
_AT_A_TIME: Final = 500
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


class Leases(Protocol):
    """Keeps workers of one job apart, as `zoomasync.redis.RedisLeases` does."""

    def held(self) -> AbstractAsyncContextManager[None]:
        """Hold what is taken while the block runs, and let go of all of it in the end."""
        ...

    async def acquire(self, key: str) -> bool:
        """Acquire the lease of *key*; return False if another holds it."""
        ...

    async def release(self, key: str) -> None:
        """Release the lease of *key*."""
        ...

    async def aclose(self) -> None:
        """Close what is open. Closing twice does no harm."""
        ...


class SharedStore:
    """A harvest's *folder*, in which others that use the same *claims* work at the same job.

    All of them give the same days and reports; start as many as you like, whenever you like. A run ends when every
    partition is settled, by whomever. What another worker has settled counts as kept; what it has failed at since this
    run began is a problem of this run too, and is not tried again in it.

    Entering a harvest raises `ConfigError` for a folder that holds something else, or a harvest of another version, and
    does not touch it. Leaving it closes *claims*. Needs the extra ``parquet``.
    """

    def __init__(self, folder: str | Path, leases: Leases) -> None:
        self._folder = Folder(Path(folder).absolute())
        self._claims = leases
        self._threads = anyio.CapacityLimiter(_THREADS)
        self._tables: dict[str, Table] = {}
        self._list = PartitionList()
        self._recheck_from: date | None = None
        self._on_settled: Callable[[Partition], None] = _ignore
        self._drafts: dict[tuple[str, str], StagedPartition] = {}
        self._held: set[str] = set()
        self.outcome: str = ""
        """How the run ends, to be set before `working` is left."""

    def __repr__(self) -> str:
        return f"<SharedStore {self._folder.name}, {len(self._held)} in work>"

    async def __aenter__(self) -> Self:
        await self._in_thread(self._folder.check)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self._claims.aclose()

    @asynccontextmanager
    async def working(self, scope: Scope, on_finished: Callable[[Partition], None]) -> AsyncGenerator[None, None]:
        """Keep what is put while the block runs; *on_settled* is shown each partition once its file is there."""
        self._list, self._recheck_from, self._on_settled = PartitionList(), scope.recheck_from, on_finished
        self._tables = {stream.name: Table(stream) for stream in scope.streams}
        self.outcome = "interrupted"
        async with self._claims.held():
            held = await self._in_thread(partial(self._folder.begin, scope.days, scope.streams))
            try:
                await self._add(iter(scope.listings(held)))
                yield
            finally:
                with anyio.CancelScope(shield=True):
                    for draft in self._drafts.values():
                        draft.close()
                    self._drafts.clear()
                    self._held.clear()
                    await self._in_thread(partial(self._folder.end, self.outcome))

    async def expand(self, listing: ListingStream, scope: Scope) -> None:
        """Put what the listings lead to on the list of the work, whoever made them."""
        listed = list(self._list.of((listing,), State.DONE))
        await self._add(self._found(listing, listed, scope))

    async def work(self, scope: Scope, streams: Sequence[Stream]) -> AsyncIterator[PartitionTask]:  # noqa: ARG002  it began with it
        """Iterate over what waits of *streams* and is claimed for this worker, until all is settled by somebody.

        All workers go through the same list, the oldest first. Who finds that another is at work somewhere goes on
        behind the next few, so that they seldom knock at one door, and comes back to what was left in the end.
        """
        waiting: Iterable[PartitionTask] = self._list.of(streams, State.PENDING)
        skipping, pause = True, _FIRST_PAUSE
        while True:
            aside: list[PartitionTask] = []
            claimed = False
            for some in _blocks(waiting):
                block = [task for task in some if self._list.state(task) is State.PENDING]
                await self._look_at(block)
                rest = iter(block)
                for task in rest:
                    if await self._claimed(task):
                        claimed = True
                        yield task
                    elif self._list.state(task) is State.PENDING:
                        aside.append(task)
                        aside += rest if skipping else ()
            if not aside:
                return
            if not skipping and not claimed:
                await anyio.sleep(pause)
                pause = min(1.5 * pause, _LONGEST_PAUSE)
            elif claimed:
                pause = _FIRST_PAUSE
            waiting, skipping = aside, False

    async def counts(self, scope: Scope) -> Mapping[str, Mapping[State, Outstanding]]:  # noqa: ARG002  the list is of it
        """Return how many partitions of each stream and state there are, and the calls that they take."""
        return self._list.counts()

    async def write(self, task: PartitionTask, piece: WriteBatch) -> None:
        """Keep what one reply gave; with a first one, what there was of *unit* goes."""
        place = _place(task)
        if place not in self._drafts:
            self._drafts[place] = StagedPartition(task)
        await self._in_thread(partial(self._drafts[place].take, self._tables[task.stream.name], piece))

    async def finish(self, task: PartitionTask, error: ZoomError | None, warning: str | None) -> None:
        """Write the file of *unit*, or down in what it failed, and let others have it."""
        now = datetime.now(UTC).replace(microsecond=0)
        draft = self._drafts.pop(_place(task), None)
        with closing(StagedPartition(task) if draft is None else draft) as draft:
            came = (draft.pages, draft.rows, len(draft.invalid_rows)) if error is None else (0, 0, 0)
            partition = finished(task, error, warning, pages=came[0], rows=came[1], invalid_rows=came[2], now=now)
            with anyio.CancelScope(shield=True):  # what was fetched is not thrown away
                await self._in_thread(partial(self._folder.keep, partition, draft, error))
                await self._drop(task)
        self._list.put(task, partition.state)
        self._on_settled(partition)

    async def defer(self, scope: Scope, until: datetime) -> None:  # noqa: ARG002  nobody else is to know
        """Let everything that waits wait, and others have what this worker has claimed."""
        await self._in_thread(partial(self._list.turn, State.PENDING, State.DEFERRED))
        for claim in tuple(self._held):
            self._held.discard(claim)
            await self._claims.release(claim)

    async def resume_deferred(self, scope: Scope) -> None:  # noqa: ARG002  the list is of it
        """Let what was parked be fetched."""
        await self._in_thread(partial(self._list.turn, State.DEFERRED, State.PENDING))

    async def sent(self, samples: Sequence[CallSample]) -> None:
        """Write down what this worker has sent."""
        await self._in_thread(partial(self._folder.sent, samples))

    async def _add(self, tasks: Iterator[PartitionTask]) -> None:
        """Put *units* on the list, as settled when they are."""
        there: dict[str, Collection[str]] = {}
        while await self._in_thread(partial(self._add_some, tasks, there)):
            pass

    def _add_some(self, tasks: Iterator[PartitionTask], there: dict[str, Collection[str]]) -> bool:
        some = list(islice(tasks, _AT_A_TIME))
        for task in filter(self._list.add, some):
            stream = task.stream
            if stream.name not in there:
                there[stream.name] = self._folder.names(stream)
            if self._folder.file(task).name in there[stream.name] and (state := self._on_finished(task)) is not None:
                self._list.put(task, state)
        return bool(some)

    def _found(self, listing: ListingStream, listed: Iterable[PartitionTask], scope: Scope) -> Iterator[PartitionTask]:
        for month in listed:
            yield from child_tasks(month, self._folder.child_columns(month, listing), scope.reports)

    async def _claimed(self, task: PartitionTask) -> bool:
        """Claim *unit*, unless another holds it or it is settled."""
        if self._list.state(task) is not State.PENDING:
            return False
        claim = _claim(task)
        if not await self._claims.acquire(claim):
            return False
        self._held.add(claim)
        await self._look_at([task])
        if self._list.state(task) is State.PENDING:
            return True
        await self._drop(task)  # another has settled it, and let it go
        return False

    async def _drop(self, task: PartitionTask) -> None:
        claim = _claim(task)
        self._held.discard(claim)
        await self._claims.release(claim)

    async def _look_at(self, tasks: Sequence[PartitionTask]) -> None:
        """Take note of which *units* others have settled, or have failed at since this run began."""
        for task, came in await self._in_thread(partial(self._looked, tasks)):
            if isinstance(came, State):
                self._list.put(task, came)
            else:
                self._list.put(task, came.state)
                self._on_settled(came)

    def _looked(self, tasks: Iterable[PartitionTask]) -> list[tuple[PartitionTask, State | Partition]]:
        looked = [(task, self._on_finished(task) or self._folder.failure(task)) for task in tasks]
        return [(task, came) for task, came in looked if came is not None]

    def _on_finished(self, task: PartitionTask) -> State | None:
        """Return what has become of *unit*, unless it is to be fetched, or fetched again."""
        found = self._folder.look(task)
        return None if found is None or not self._holds(task, found) else found.state

    def _holds(self, task: PartitionTask, found: Found) -> bool:
        """Tell whether what was *found* still holds for this run."""
        if found.days is not None and not (found.days[0] <= task.days[0] and task.days[1] <= found.days[1]):
            return False
        if found.written > self._folder.begun:
            return True
        late = self._recheck_from is not None and task.days[1] >= self._recheck_from
        if isinstance(task.stream, ListingStream):
            return found.over and not late  # a day that was not over when it was listed may have gone on
        return not (late and found.state in {State.NOT_FOUND, State.EMPTY})

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._threads)
        except OSError as error:
            failure = StoreError(f"the folder {self._folder.name}: {error.strerror or error}")
        raise failure


def _place(task: PartitionTask) -> tuple[str, str]:
    return task.stream.name, task.key


def _claim(task: PartitionTask) -> str:
    return f"{task.stream.name}/{name_of(task)}"


def _blocks(tasks: Iterable[PartitionTask]) -> Iterator[list[PartitionTask]]:
    tasks = iter(tasks)
    while block := list(islice(tasks, _BLOCK)):
        yield block


def _ignore(_: Partition) -> None:
    """Take no note of anything."""
