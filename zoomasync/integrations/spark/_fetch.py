"""The part of a run that executors do: they fetch partition tasks, and return partition records."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol, TypeAlias, TypedDict

from anyio.from_thread import start_blocking_portal

from ... import Zoom
from ...errors import ConfigError
from ...harvest.accounts import FetchedPartition, FetchOutcome, fetch_partitions
from ...harvest.arrow import ArrowBatch, partition_batch
from ...harvest.privacy import Privacy
from ...harvest.streams import STREAMS
from ...harvest.tasks import PartitionTask
from ...rate_limits import LocalRateLimiter

_PARTITIONS: Final = 500
_ROWS: Final = 10_000
"""The partitions, and rows, after which a batch is returned: their rows are in memory until then."""
LIMIT_SECONDS: Final = 1.0
"""The time after which requests of another process no longer count in Zoom's limits per second."""


class _TaskColumns(TypedDict):
    account: list[str]
    stream: list[str]
    key: list[str]
    first_day: list[date]
    last_day: list[date]
    calls: list[int]
    is_refetch: list[bool]
    not_found_runs: list[int]


class TaskBatch(Protocol):
    """A `pyarrow.RecordBatch` of partition tasks."""

    def to_pydict(self) -> _TaskColumns:
        """Return the columns by name."""
        ...


ClientOf: TypeAlias = Callable[[str], Zoom]


@dataclass(frozen=True, kw_only=True)
class TaskFetcher:
    """The function that each task of a Spark job applies to its partition tasks, in their order.

    *client* returns the client of an account, and *privacy* the personal data and secrets to store. If
    *shares_accounts*, other tasks fetch partitions of the same accounts. *begins_at* is the earliest time of the first
    request, since others were sent before it.
    """

    client: ClientOf
    privacy: Callable[[], Privacy]
    run: str
    account_ids: Mapping[str, str]
    accepted: Mapping[str, Sequence[str]]
    shares_accounts: bool
    begins_at: float

    def __call__(self, batches: Iterable[TaskBatch]) -> Iterator[ArrowBatch]:
        """Yield records of what became of the tasks, as the partitions finish."""
        tasks = _by_account(batches)
        if not tasks:
            return
        privacy = self.privacy()
        self._wait()
        with ExitStack() as stack:
            portal = stack.enter_context(start_blocking_portal())
            fetching = fetch_partitions(
                tasks, self._checked_client, account_ids=self.account_ids, accepted=self.accepted
            )
            block = portal.wrap_async_context_manager(fetching)
            outcomes = block.__enter__()
            # Spark may drop this generator: its block must end without the exception of that.
            stack.callback(block.__exit__, None, None, None)
            while fetched := portal.call(_next_outcomes, outcomes):
                yield partition_batch(fetched, run=self.run, privacy=privacy)

    def _wait(self) -> None:
        """Wait until the requests of an earlier task, or of an attempt that was killed, no longer count."""
        left = LIMIT_SECONDS if _is_retry() else self.begins_at - time.time()
        time.sleep(min(max(0.0, left), LIMIT_SECONDS))

    def _checked_client(self, account: str) -> Zoom:
        zoom = self.client(account)
        if self.shares_accounts and isinstance(zoom.rate_limiter, LocalRateLimiter):
            raise ConfigError(
                "tasks_per_account is more than 1, and the client has a rate limiter of its own: share it through Redis"
            )
        return zoom


async def _next_outcomes(outcomes: AsyncIterator[FetchOutcome]) -> list[FetchOutcome]:
    """Return the next outcomes, none at the end."""
    fetched: list[FetchOutcome] = []
    rows = 0
    async for outcome in outcomes:
        fetched.append(outcome)
        if isinstance(outcome, FetchedPartition):
            rows += outcome.result.rows
        if rows >= _ROWS or len(fetched) >= _PARTITIONS:
            break
    return fetched


def _by_account(batches: Iterable[TaskBatch]) -> dict[str, list[PartitionTask]]:
    tasks: dict[str, list[PartitionTask]] = {}
    for batch in batches:
        cells = batch.to_pydict()
        for account, stream, key, first, last, calls, is_refetch, runs in zip(*cells.values(), strict=True):
            task = PartitionTask(STREAMS[stream], key, (first, last), calls, is_refetch, runs)
            tasks.setdefault(account, []).append(task)
    return tasks


def _is_retry() -> bool:
    """Return whether Spark runs the task again. Other engines have no such context."""
    from pyspark import TaskContext  # noqa: PLC0415  only a task needs it

    context = TaskContext.get()
    return context is not None and context.attemptNumber() > 0
