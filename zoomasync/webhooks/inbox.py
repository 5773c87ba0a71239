"""A durable inbox: an event is on disk before the answer to Zoom, and handled at least once after it."""

from __future__ import annotations

import asyncio
import logging
import math
import sqlite3
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeAlias, TypeVar

import anyio
import anyio.to_thread

from .._disk.lock import Lock
from ..errors import ConfigError, StoreError
from ._inbox_file import InboxFile, StoredEvent
from .decoding import decode_event
from .events import WebhookEvent
from .signatures import MAX_AGE

T = TypeVar("T")

WebhookHandler: TypeAlias = Callable[[WebhookEvent], Awaitable[object]]
"""A function that handles one event. The event is done when it returns, and tried again when it raises an error."""

_logger = logging.getLogger("zoomasync")

_KEEP: Final = timedelta(days=7)
_PRUNE_SECONDS: Final = 3_600.0
_BROKEN_SECONDS: Final = 2.0  # the wait after a fault of the disk


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedEvent:
    """An event whose handler failed in all *attempts*. *error* is the type and text of the last error."""

    event: WebhookEvent
    attempts: int
    failed_at: datetime
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxStatus:
    """The numbers of events: to be handled, failed, and done (their keys are kept for a time)."""

    pending: int
    failed: int
    done: int


class WebhookInbox:
    """An inbox in the SQLite file at *path*, which is created if it is missing.

    ::

        async with WebhookInbox("webhooks.sqlite") as inbox, inbox.running(handle):
            ...
            await inbox.add(event)  # in the endpoint, before the answer

    An event that `add` has stored survives the end of the process and a power cut. `run` hands each event to a handler
    at least once: again if the process ends during the handler, or the handler raises an error. Several processes may
    use one file, on one machine; one of them runs the handler, and another continues when it ends.

    An event whose handler raised an error is tried again after *first_delay* seconds, then after twice the time, and so
    on up to *max_delay*; other events are handled meanwhile. After *max_attempts* it has failed: `failed`, `retry` and
    `discard` are for such events. The body of a finished event is deleted, and its key is kept for *keep*, so that a
    duplicate is not handled again. *keep* is at least 90 minutes: Zoom's retries take 85.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        max_attempts: int = 12,
        first_delay: float = 2.0,
        max_delay: float = 3_600.0,
        keep: timedelta = _KEEP,
        poll_interval: float = 1.0,
    ) -> None:
        if max_attempts < 1 or min(first_delay, max_delay) < 0 or poll_interval <= 0:
            raise ConfigError("max_attempts must be at least 1, the delays at least 0, and poll_interval above 0")
        if keep < MAX_AGE:
            raise ConfigError("keep must be at least 90 minutes: until then Zoom may send an event again")
        self._path = Path(path)
        self._file = InboxFile(self._path)
        self._max_attempts = max_attempts
        self._delays = (first_delay, max_delay)
        self._keep = keep
        self._poll_interval = poll_interval
        self._wake: Callable[[], object] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the file."""
        await self._in_thread(self._file.close)

    async def add(self, event: WebhookEvent | bytes) -> bool:
        """Store an event, or a verified body, and return True; return False if it is a duplicate.

        The event is on disk when this returns. Answer 200 in both cases. Raises `StoreError` if it cannot be stored:
        answer 500, and Zoom sends it again.
        """
        if isinstance(event, bytes):
            event = decode_event(event)
        added = await self._in_thread(partial(self._file.add, event.key, event.body))
        self._wake_up()
        return added

    @asynccontextmanager
    async def running(self, handler: WebhookHandler, *, concurrency: int = 1) -> AsyncGenerator[Self, None]:
        """Call `run` in the background while the block runs, such as the lifespan of a service."""
        await self.status()
        task = asyncio.create_task(self.run(handler, concurrency=concurrency))
        task.add_done_callback(_log_end)
        try:
            yield self
        finally:
            task.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    async def run(self, handler: WebhookHandler, *, concurrency: int = 1) -> None:
        """Hand events to *handler*, in their order, until this is cancelled.

        With *concurrency*, several events are handled at once. If another process runs the handler, this waits until
        that one ends. A handler that is cancelled gets its event again in the next run. Raises `StoreError` if the file
        cannot be used at first. After a later fault, this logs the error and tries again.
        """
        if concurrency < 1:
            raise ConfigError("concurrency must be at least 1")
        await self.status()
        lock = Lock(self._path.resolve())
        try:
            while not await self._acquire(lock):  # noqa: ASYNC110  another process holds it
                await anyio.sleep(self._poll_interval)
            await self._run(handler, concurrency)
        finally:
            lock.release()

    async def failed(self, limit: int = 100) -> tuple[FailedEvent, ...]:
        """Return the latest failed events, at most *limit*. `FailedEvent.event.key` identifies one."""
        stored = await self._in_thread(partial(self._file.failed, limit))
        return tuple(
            FailedEvent(
                event=decode_event(event.body),
                attempts=event.attempts,
                failed_at=datetime.fromtimestamp(event.failed_at or 0.0, UTC),
                error=event.error or "",
            )
            for event in stored
        )

    async def retry(self, *keys: str) -> int:
        """Let failed events be handled again: those with these keys, or all if there are none. Return their number."""
        changed = await self._in_thread(partial(self._file.retry, keys or None))
        self._wake_up()
        return changed

    async def discard(self, *keys: str) -> int:
        """Delete failed events: those with these keys, or all if there are none. Return their number."""
        return await self._in_thread(partial(self._file.discard, keys or None))

    async def status(self) -> InboxStatus:
        """Return the numbers of events."""
        pending, failed, done = await self._in_thread(self._file.count)
        return InboxStatus(pending=pending, failed=failed, done=done)

    def _wake_up(self) -> None:
        """Let `run` in this process look for events now, also from another thread."""
        if self._wake is not None:
            with suppress(RuntimeError):  # its event loop is closed
                self._wake()

    async def _run(self, handler: WebhookHandler, concurrency: int) -> None:
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        self._wake = partial(loop.call_soon_threadsafe, changed.set)
        running: dict[int, asyncio.Task[None]] = {}
        pruned_at = -math.inf
        try:
            while True:
                changed.clear()
                wait = self._poll_interval
                try:
                    if time.monotonic() - pruned_at > _PRUNE_SECONDS:
                        has_more = await self._in_thread(partial(self._file.prune, self._keep.total_seconds()))
                        pruned_at = pruned_at if has_more else time.monotonic()
                        wait = 0.0 if has_more else wait
                    if len(running) < concurrency:
                        found = await self._begin(list(running))
                        if isinstance(found, StoredEvent):
                            self._start(found, handler, running, changed)
                            continue
                        if found is not None:
                            wait = min(wait, found - time.time())
                except StoreError as error:
                    _logger.error("%s. It is tried again in %.0f s", error, _BROKEN_SECONDS)  # noqa: TRY400  it says all
                    wait = _BROKEN_SECONDS
                with anyio.move_on_after(max(wait, 0.0)):  # `asyncio.wait_for` of Python 3.11 can lose a cancellation
                    await changed.wait()
        finally:
            self._wake = None
            for task in running.values():
                task.cancel()
            if running:
                with anyio.CancelScope(shield=True):
                    await asyncio.wait(running.values())

    async def _begin(self, running: list[int]) -> StoredEvent | float | None:
        """Return what `InboxFile.begin` does. If this is cancelled meanwhile, the attempt does not count."""
        begun = list[StoredEvent]()

        def begin() -> StoredEvent | float | None:
            found = self._file.begin(self._max_attempts, running, self._delays[1])
            begun.extend([found] if isinstance(found, StoredEvent) else [])
            return found

        try:
            return await self._in_thread(begin)
        except asyncio.CancelledError:
            for stored in begun:
                await self._undo(stored)
            raise

    def _start(
        self,
        stored: StoredEvent,
        handler: WebhookHandler,
        running: dict[int, asyncio.Task[None]],
        changed: asyncio.Event,
    ) -> None:
        def finished(_: asyncio.Task[None]) -> None:
            del running[stored.id]
            changed.set()

        running[stored.id] = task = asyncio.create_task(self._handle(stored, handler))
        task.add_done_callback(finished)

    async def _handle(self, stored: StoredEvent, handler: WebhookHandler) -> None:
        """Call the handler, and record the end of the attempt."""
        event = decode_event(stored.body)
        try:
            await handler(event)
        except asyncio.CancelledError as error:
            if _is_cancelled():
                await self._undo(stored)
                raise
            await self._record_failure(event, stored, error)  # the handler's own task was cancelled
        except Exception as error:  # noqa: BLE001  of the application
            await self._record_failure(event, stored, error)
        else:
            await self._record(partial(self._file.finish, stored))

    async def _record_failure(self, event: WebhookEvent, stored: StoredEvent, error: BaseException) -> None:
        first, most = self._delays
        delay = min(first * 2.0 ** (stored.attempts - 1), most) if stored.attempts < self._max_attempts else None
        after = "it has failed" if delay is None else f"it is handled again in {delay:.0f} s"
        _logger.error("the handler of %s failed in attempt %d; %s", event.event, stored.attempts, after, exc_info=error)
        await self._record(partial(self._file.postpone, stored, _text_of(error), delay))

    async def _acquire(self, lock: Lock) -> bool:
        """Return whether *lock* is acquired. A full disk, on which it cannot be, does not end the run."""
        try:
            return await self._in_thread(lock.acquire)
        except StoreError as error:
            _logger.error("%s. It is tried again in %.0f s", error, _BROKEN_SECONDS)  # noqa: TRY400  it says all
            await anyio.sleep(_BROKEN_SECONDS)
            return False

    async def _record(self, write: Callable[[], None]) -> None:
        """Record the end of an attempt, however often it takes: until then, the event is not handed out again."""
        while True:
            try:
                return await self._in_thread(write)
            except StoreError as error:
                _logger.error("%s. It is tried again in %.0f s", error, _BROKEN_SECONDS)  # noqa: TRY400  it says all
            await anyio.sleep(_BROKEN_SECONDS)

    async def _undo(self, stored: StoredEvent) -> None:
        """Take back an attempt when the run ends. An attempt that cannot be taken back counts."""
        with anyio.CancelScope(shield=True), suppress(StoreError):
            await self._in_thread(partial(self._file.undo, stored))

    async def _in_thread(self, function: Callable[[], T]) -> T:
        running = asyncio.ensure_future(anyio.to_thread.run_sync(function))
        try:
            return await asyncio.shield(running)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"the webhook inbox {self._path.name} cannot be used: {error}") from None
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):  # the thread cannot be cancelled, and its result must not be lost
                await asyncio.wait([running])
            raise


def _log_end(task: asyncio.Task[None]) -> None:
    """Log the error that has ended a run: its block may last for days."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        _logger.error("the webhook inbox handles no more events", exc_info=error)


def _text_of(error: BaseException) -> str:
    """Return the type and text of an error of the application, as text that every database can store."""
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  of the application
        text = type(error).__name__
    return text.encode("utf-8", "backslashreplace").decode()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
