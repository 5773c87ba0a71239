"""The durable inbox: no event is lost, none is handled after it is done, and failed ones are visible."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from zoomasync.errors import ConfigError, StoreError
from zoomasync.testing.reference.webhooks import example_event
from zoomasync.webhooks import InboxStatus, WebhookEvent, WebhookHandler, WebhookInbox, decode_event
from zoomasync.webhooks._inbox_file import InboxFile, StoredEvent

PATIENCE = 20.0


def event(number: int = 0, name: str = "meeting.started") -> WebhookEvent:
    return decode_event(json.dumps(example_event(name) | {"event_ts": 1773824400000 + number}).encode())


@asynccontextmanager
async def running(inbox: WebhookInbox, handler: WebhookHandler, *, concurrency: int = 1) -> AsyncGenerator[None, None]:
    """Run the handler in the background during the block."""
    with anyio.fail_after(PATIENCE):
        async with inbox.running(handler, concurrency=concurrency):
            yield


class Handler:
    """A handler that records the events it has handled; it raises an error for those that it is told to fail."""

    def __init__(self, *, fail: int = 0) -> None:
        self.keys: list[str] = []
        self.fail = fail
        self._handled = asyncio.Event()

    async def __call__(self, each: WebhookEvent) -> None:
        if self.fail:
            self.fail -= 1
            raise ValueError("not now")
        self.keys.append(each.key)
        self._handled.set()

    async def wait_for(self, count: int) -> list[str]:
        while len(self.keys) < count:
            self._handled.clear()
            await self._handled.wait()
        return self.keys


async def wait_for_status(inbox: WebhookInbox, **numbers: int) -> None:
    wanted = InboxStatus(**{"pending": 0, "failed": 0, "done": 0, **numbers})
    while await inbox.status() != wanted:  # noqa: ASYNC110  of the file
        await anyio.sleep(0.01)


def change(path: Path, statement: str) -> list[tuple[object, ...]]:
    """Execute *statement* in another connection, and return its rows."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        return other.execute(statement).fetchall()


# --- Storing ---------------------------------------------------------------------------------------------------------


async def test_added_event_is_handled(tmp_path: Path) -> None:
    handler = Handler()
    async with WebhookInbox(tmp_path / "in.sqlite") as inbox, running(inbox, handler):
        assert await inbox.add(event())

        assert await handler.wait_for(1) == [event().key]
        await wait_for_status(inbox, done=1)


async def test_event_survives_restart(tmp_path: Path) -> None:
    async with WebhookInbox(tmp_path / "in.sqlite") as first:
        await first.add(event())
    handler = Handler()
    async with WebhookInbox(tmp_path / "in.sqlite") as second, running(second, handler):
        assert await handler.wait_for(1) == [event().key]


async def test_events_are_handled_in_order(tmp_path: Path) -> None:
    events = [event(number) for number in (5, 3, 9, 1)]
    handler = Handler()
    async with WebhookInbox(tmp_path / "in.sqlite") as inbox:
        for each in events:
            await inbox.add(each)
        async with running(inbox, handler):
            assert await handler.wait_for(4) == [each.key for each in events]


async def test_handler_gets_the_signed_body(tmp_path: Path) -> None:
    found: asyncio.Queue[WebhookEvent] = asyncio.Queue()
    async with WebhookInbox(tmp_path / "in.sqlite") as inbox, running(inbox, found.put):
        await inbox.add(event())
        await inbox.add(b"\xff not JSON")

        assert await found.get() == event()
        assert (await found.get()).body == b"\xff not JSON"


async def test_duplicate_is_stored_once(tmp_path: Path) -> None:
    """A duplicate is stored once: while its event is pending, handled and done."""
    handler = Handler()
    async with WebhookInbox(tmp_path / "in.sqlite") as inbox:
        assert [await inbox.add(event()), await inbox.add(event())] == [True, False]
        async with running(inbox, handler):
            await wait_for_status(inbox, done=1)
            assert await inbox.add(event()) is False
            await inbox.add(event(1))
            assert await handler.wait_for(2) == [event().key, event(1).key]


async def test_duplicate_of_a_failing_event(tmp_path: Path) -> None:
    """A key counts as done only after the handler has succeeded."""
    handler = Handler(fail=1)
    async with WebhookInbox(tmp_path / "in.sqlite", first_delay=0.0) as inbox, running(inbox, handler):
        await inbox.add(event())
        assert await inbox.add(event()) is False

        assert await handler.wait_for(1) == [event().key]
        await wait_for_status(inbox, done=1)


async def test_keys_are_kept_for_a_time(tmp_path: Path) -> None:
    """After that time, the next run deletes the keys of finished events."""
    handler = Handler()
    async with WebhookInbox(tmp_path / "in.sqlite", keep=timedelta(hours=2)) as inbox:
        await inbox.add(event())
        async with running(inbox, handler):
            await wait_for_status(inbox, done=1)
        change(tmp_path / "in.sqlite", "UPDATE event SET done_at = done_at - 7000")
        async with running(inbox, handler):
            assert await inbox.add(event()) is False
        change(tmp_path / "in.sqlite", "UPDATE event SET done_at = done_at - 200")
        async with running(inbox, handler):
            await wait_for_status(inbox)
            assert await inbox.add(event())
            assert await handler.wait_for(2) == [event().key] * 2


async def test_file_is_private(tmp_path: Path) -> None:
    async with WebhookInbox(tmp_path / "in.sqlite") as inbox:
        await inbox.add(event())

        modes = {stat.S_IMODE((await path.stat()).st_mode) async for path in anyio.Path(tmp_path).iterdir()}

    assert modes == {0o600}


async def test_done_event_leaves_no_body(tmp_path: Path) -> None:
    """The body has personal data and the token of a recording."""
    async with WebhookInbox(tmp_path / "in.sqlite") as inbox, running(inbox, Handler()):
        await inbox.add(event(name="recording.completed"))
        await wait_for_status(inbox, done=1)
    content = (tmp_path / "in.sqlite").read_bytes()

    assert event(name="recording.completed").key.encode() in content
    assert b"sEcReT7" not in content
    assert b"northpier" not in content


async def test_add_does_not_block_the_loop(tmp_path: Path) -> None:
    """Another process may hold the file for a moment."""
    async with WebhookInbox(tmp_path / "in.sqlite") as inbox:
        await inbox.status()
        with closing(sqlite3.connect(tmp_path / "in.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            adding = asyncio.create_task(inbox.add(event()))
            await anyio.sleep(0.05)
            assert not adding.done()
            other.execute("COMMIT")

        assert await adding


def test_new_file_of_several_processes(tmp_path: Path) -> None:
    """Each connection finds a file without tables, and one of them makes the tables."""
    files = [InboxFile(tmp_path / "in.sqlite") for _ in range(4)]
    together = threading.Barrier(len(files))

    def add(number: int) -> bool:
        together.wait()
        return files[number].add(f"{number}", b"{}")

    with ThreadPoolExecutor(len(files)) as threads:
        added = list(threads.map(add, range(len(files))))
    for file in files:
        file.close()

    assert added == [True] * len(files)


async def test_cancelled_add_leaves_a_whole_file(tmp_path: Path) -> None:
    async with WebhookInbox(tmp_path / "in.sqlite") as inbox:
        adding = asyncio.create_task(inbox.add(event()))
        await asyncio.sleep(0)
        adding.cancel()
        await asyncio.wait([adding])

        assert (await inbox.status()).pending in {0, 1}


async def test_add_in_another_thread_wakes_run(tmp_path: Path) -> None:
    """A WSGI server runs each view in an event loop of its own."""
    handler = Handler()
    async with WebhookInbox(tmp_path / "in.sqlite", poll_interval=3_600.0) as inbox, running(inbox, handler):
        await inbox.add(event())
        await wait_for_status(inbox, done=1)
        await anyio.sleep(0.05)  # until the run waits for the next event
        thread = threading.Thread(target=lambda: asyncio.run(inbox.add(event(1))))
        thread.start()

        assert await handler.wait_for(2) == [event().key, event(1).key]
        await anyio.to_thread.run_sync(thread.join)


@pytest.mark.parametrize("content", [b"not a database, but long enough to be read as one" * 40, None])
async def test_other_file_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "other.sqlite"
    if content is None:
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE event (id)")
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    async with WebhookInbox(path) as inbox:
        with pytest.raises(StoreError, match=r"other\.sqlite"):
            await inbox.add(event())

    assert path.read_bytes() == before


async def test_missing_folder_is_an_error(tmp_path: Path) -> None:
    async with WebhookInbox(tmp_path / "none" / "in.sqlite") as inbox:
        with pytest.raises(StoreError, match=r"the webhook inbox in\.sqlite cannot be used: .*No such file"):
            await inbox.add(event())
        with pytest.raises(StoreError, match=r"in\.sqlite cannot be used"):
            await inbox.run(Handler())
        with pytest.raises(StoreError, match=r"in\.sqlite cannot be used"):
            async with inbox.running(Handler()):
                raise AssertionError


@pytest.mark.parametrize("setting", ["max_attempts", "first_delay", "poll_interval"])
def test_wrong_settings_are_an_error(setting: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=setting if setting != "first_delay" else "delays"):
        WebhookInbox(tmp_path / "in.sqlite", **{setting: -1})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_keys_outlast_retries(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="keep must be at least 90 minutes"):
        WebhookInbox(tmp_path / "in.sqlite", keep=timedelta(minutes=89))


def test_many_keys_are_deleted_in_parts(tmp_path: Path) -> None:
    """A long transaction would let `add` of another process fail."""
    with closing(InboxFile(tmp_path / "in.sqlite")) as file:
        file.add("pending", b"{}")
        change(
            tmp_path / "in.sqlite",
            "WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number LIMIT 10001)"
            " INSERT INTO event (key, added_at, done_at) SELECT n, 0, 0 FROM number",
        )

        assert file.count() == (1, 0, 10_001)
        assert file.prune(3_600) is True
        assert file.count() == (1, 0, 1)
        assert file.prune(3_600) is False
        assert file.count() == (1, 0, 0)


async def test_concurrency_is_at_least_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="concurrency"):
        await WebhookInbox(tmp_path / "in.sqlite").run(Handler(), concurrency=0)


# --- Failures --------------------------------------------------------------------------------------------------------


async def test_failed_handler_is_called_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    handler = Handler(fail=2)
    async with WebhookInbox(tmp_path / "in.sqlite", first_delay=0.01) as inbox, running(inbox, handler):
        await inbox.add(event())
        assert await handler.wait_for(1) == [event().key]

    assert [record.getMessage() for record in caplog.records] == [
        "the handler of meeting.started failed in attempt 1; it is handled again in 0 s",
        "the handler of meeting.started failed in attempt 2; it is handled again in 0 s",
    ]
    assert {record.name for record in caplog.records} == {"zoomasync"}


async def test_other_events_do_not_wait(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    handler = Handler(fail=1)
    async with WebhookInbox(tmp_path / "in.sqlite", first_delay=3_600.0) as inbox, running(inbox, handler):
        await inbox.add(event())
        await inbox.add(event(1))

        await handler.wait_for(1)
        await inbox.add(event(2))
        assert await handler.wait_for(2) == [event(1).key, event(2).key]
        await wait_for_status(inbox, pending=1, done=2)


@pytest.mark.parametrize(
    ("attempts", "delay"), [(1, 2.0), (2, 4.0), (3, 8.0), (11, 2_048.0)], ids=["first", "second", "third", "last"]
)
async def test_delays_double(tmp_path: Path, attempts: int, delay: float, caplog: pytest.LogCaptureFixture) -> None:
    file = InboxFile(tmp_path / "in.sqlite")
    file.add(event().key, event().body)
    for _ in range(attempts - 1):
        file.begin(12, [])
    file.close()
    async with WebhookInbox(tmp_path / "in.sqlite") as inbox, running(inbox, Handler(fail=1)):
        while not caplog.records:  # noqa: ASYNC110  of the log
            await anyio.sleep(0.01)

    assert caplog.messages == [
        f"the handler of meeting.started failed in attempt {attempts}; it is handled again in {delay:.0f} s"
    ]


async def test_failed_event_can_be_retried(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    handler = Handler(fail=2)
    async with (
        WebhookInbox(tmp_path / "in.sqlite", first_delay=0.0, max_attempts=2) as inbox,
        running(inbox, handler),
    ):
        await inbox.add(event())
        await wait_for_status(inbox, failed=1)
        (failed,) = await inbox.failed()
        assert (failed.event, failed.attempts, failed.error) == (event(), 2, "ValueError: not now")
        assert caplog.messages[-1] == "the handler of meeting.started failed in attempt 2; it has failed"

        assert await inbox.retry("another key") == 0
        assert await inbox.retry(failed.event.key) == 1
        assert await handler.wait_for(1) == [event().key]
        assert await inbox.failed() == ()


async def test_failed_events_can_be_discarded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    async with (
        WebhookInbox(tmp_path / "in.sqlite", max_attempts=1) as inbox,
        running(inbox, Handler(fail=3)),
    ):
        for number in range(3):
            await inbox.add(event(number))
        await wait_for_status(inbox, failed=3)
        assert [each.event for each in await inbox.failed(limit=2)] == [event(2), event(1)]

        assert await inbox.discard(event(1).key) == 1
        await wait_for_status(inbox, failed=2, done=1)
        assert await inbox.discard() == 2
        assert await inbox.add(event(1)) is False


async def test_own_cancellation_is_a_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A task of the handler may be cancelled, which does not end the run."""
    handled: list[str] = []

    async def cancel_once(each: WebhookEvent) -> None:
        handled.append(each.key)
        if len(handled) == 1:
            raise asyncio.CancelledError

    async with WebhookInbox(tmp_path / "in.sqlite", first_delay=0.0) as inbox, running(inbox, cancel_once):
        await inbox.add(event())
        await wait_for_status(inbox, done=1)

    assert handled == [event().key] * 2
    assert len(caplog.records) == 1


async def test_later_fault_ends_no_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The run logs the fault, and can still be cancelled."""
    async with WebhookInbox(tmp_path / "in.sqlite", poll_interval=0.02) as inbox, running(inbox, Handler()):
        await inbox.add(event())
        await wait_for_status(inbox, done=1)
        with closing(sqlite3.connect(tmp_path / "in.sqlite")) as other:
            other.execute("DROP TABLE event")
        while not caplog.records:  # noqa: ASYNC110  of the log
            await anyio.sleep(0.01)

    assert caplog.messages == [
        "the webhook inbox in.sqlite cannot be used: no such table: event. It is tried again in 2 s"
    ]


async def test_failed_run_ends_the_block(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An error of `run` itself is logged at once, and raised at the end of the block."""
    async with WebhookInbox(tmp_path / "in.sqlite") as inbox:
        with pytest.raises(ConfigError, match="concurrency"):
            async with inbox.running(Handler(), concurrency=0):
                await inbox.status()

    assert caplog.messages == ["the webhook inbox handles no more events"]


async def test_handled_event_is_recorded_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An event whose handler has succeeded is not handled again because the disk was full at that time."""
    path = tmp_path / "in.sqlite"
    async with WebhookInbox(path) as inbox:
        await inbox.add(event())
        change(path, "CREATE TRIGGER full BEFORE UPDATE OF done_at ON event BEGIN SELECT RAISE(ABORT, 'full'); END")
        handler = Handler()
        async with running(inbox, handler):
            while not caplog.records:  # noqa: ASYNC110  of the log
                await anyio.sleep(0.01)
            change(path, "DROP TRIGGER full")
            await inbox.add(event(1))
            await wait_for_status(inbox, done=2)

    assert handler.keys == [event().key, event(1).key]
    assert caplog.messages == ["the webhook inbox in.sqlite cannot be used: full. It is tried again in 2 s"]


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


@pytest.mark.parametrize(
    ("error", "text"),
    [(ValueError("\ud800"), "ValueError: \\ud800"), (UnprintableError(), "UnprintableError")],
    ids=["surrogate", "unprintable"],
)
async def test_error_with_any_text(
    error: Exception, text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The failure of a handler is recorded with any text of its error."""
    caplog.set_level(logging.CRITICAL, "zoomasync")  # pytest-xdist cannot report such a text

    async def fail(_: WebhookEvent) -> None:
        raise error

    async with WebhookInbox(tmp_path / "in.sqlite", max_attempts=1) as inbox, running(inbox, fail):
        await inbox.add(event())
        await wait_for_status(inbox, failed=1)
        (failed,) = await inbox.failed()

    assert failed.error == text


async def test_clock_is_set_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An event is not handled again a year later because the clock was a year ahead."""
    handler = Handler(fail=1)
    async with WebhookInbox(tmp_path / "in.sqlite", poll_interval=0.01) as inbox, running(inbox, handler):
        await inbox.add(event())
        while change(tmp_path / "in.sqlite", "SELECT due_at FROM event") == [(0.0,)]:  # noqa: ASYNC110  of the file
            await anyio.sleep(0.01)
        change(tmp_path / "in.sqlite", "UPDATE event SET due_at = due_at + 86400 * 365")

        assert await handler.wait_for(1) == [event().key]
    assert len(caplog.records) == 1


async def test_lock_that_cannot_be_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A service that starts while the disk is full handles its events later."""
    lock, handler = tmp_path / "in.sqlite.lock", Handler()
    lock.mkdir()
    async with WebhookInbox(tmp_path / "in.sqlite", poll_interval=0.01) as inbox, running(inbox, handler):
        await inbox.add(event())
        while not caplog.records:  # noqa: ASYNC110  of the log
            await anyio.sleep(0.01)
        lock.rmdir()
        assert await handler.wait_for(1) == [event().key]

    assert caplog.messages == [
        "the webhook inbox in.sqlite cannot be used: unable to open database file. It is tried again in 2 s"
    ]


# --- Several runs ----------------------------------------------------------------------------------------------------


async def test_cancelled_handler_gets_its_event_again(tmp_path: Path) -> None:
    """The interrupted attempt does not count."""
    started = asyncio.Event()

    async def wait(_: WebhookEvent) -> None:
        started.set()
        await anyio.sleep_forever()

    handler = Handler()
    async with WebhookInbox(tmp_path / "in.sqlite", max_attempts=1) as inbox:
        await inbox.add(event())
        async with running(inbox, wait):
            await started.wait()
        async with running(inbox, handler):
            assert await handler.wait_for(1) == [event().key]


async def test_cancelled_run_counts_no_attempt(tmp_path: Path) -> None:
    """A run that is cancelled while it takes an event from the file has not handed it out."""
    path, handler = tmp_path / "in.sqlite", Handler()
    async with WebhookInbox(path, poll_interval=0.01) as inbox:
        run = asyncio.create_task(inbox.run(handler))
        await inbox.add(event())
        await handler.wait_for(1)
        await wait_for_status(inbox, done=1)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("INSERT INTO event (key, body, added_at, due_at) VALUES ('new', x'00', 0, 0)")
            await anyio.sleep(0.1)  # now the run waits for this transaction
            run.cancel()
            await asyncio.sleep(0)
            other.execute("COMMIT")
        await asyncio.wait([run])

    assert change(path, "SELECT attempts FROM event WHERE key = 'new'") == [(0,)]
    assert handler.keys == [event().key]


@pytest.mark.parametrize("ticks", range(6))
async def test_event_at_the_end_hangs_no_run(tmp_path: Path, ticks: int) -> None:
    """An event that wakes the run just when it is cancelled does not hide the cancellation."""
    async with WebhookInbox(tmp_path / "inbox.sqlite") as inbox:
        run = asyncio.create_task(inbox.run(Handler()))
        await wait_for_status(inbox)
        await anyio.sleep(0.05)
        await inbox.add(event())
        for _ in range(ticks):
            await asyncio.sleep(0)
        run.cancel()
        _, pending = await asyncio.wait([run], timeout=PATIENCE)

    assert (len(pending), run.cancelled()) == (0, True)


async def test_one_of_two_runs_handles_events(tmp_path: Path) -> None:
    first, second = Handler(), Handler()
    async with (
        WebhookInbox(tmp_path / "in.sqlite", poll_interval=0.02) as inbox,
        WebhookInbox(tmp_path / "in.sqlite", poll_interval=0.02) as other,
        running(inbox, first),
    ):
        await inbox.add(event())
        await first.wait_for(1)
        async with other.running(second):
            await other.add(event(1))
            await first.wait_for(2)

    assert second.keys == []


async def test_waiting_run_takes_over(tmp_path: Path) -> None:
    first, second = Handler(), Handler()
    async with (
        WebhookInbox(tmp_path / "in.sqlite", poll_interval=0.02) as inbox,
        WebhookInbox(tmp_path / "in.sqlite", poll_interval=0.02) as other,
    ):
        task = asyncio.create_task(inbox.run(first))
        await inbox.add(event())
        await first.wait_for(1)
        async with running(other, second):
            task.cancel()
            await asyncio.wait([task])
            await inbox.add(event(1))
            assert await second.wait_for(1) == [event(1).key]


async def test_concurrent_handlers(tmp_path: Path) -> None:
    barrier = asyncio.Barrier(3)

    async def meet(_: WebhookEvent) -> None:
        await barrier.wait()

    async with WebhookInbox(tmp_path / "in.sqlite") as inbox, running(inbox, meet, concurrency=3):
        for number in range(3):
            await inbox.add(event(number))
        await wait_for_status(inbox, done=3)


_KILLED = """
import asyncio, sys
from pathlib import Path
from zoomasync.webhooks import WebhookInbox

async def handle(event):
    print("handling", flush=True)
    await asyncio.sleep(60)

async def main():
    async with WebhookInbox(sys.argv[1]) as inbox:
        await inbox.add(sys.stdin.buffer.read())
        await inbox.run(handle)

asyncio.run(main())
"""


def kill_a_handling_process(path: Path) -> None:
    command = [sys.executable, "-c", _KILLED, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603  our own
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(event().body)
        process.stdin.close()
        assert process.stdout.readline() == b"handling\n"
        process.kill()


async def test_killed_process_loses_no_event(tmp_path: Path) -> None:
    """The next run hands the event out again."""
    path = tmp_path / "in.sqlite"
    await anyio.to_thread.run_sync(kill_a_handling_process, path)
    handler = Handler()
    async with WebhookInbox(path) as inbox:
        assert await inbox.status() == InboxStatus(pending=1, failed=0, done=0)
        async with running(inbox, handler):
            assert await handler.wait_for(1) == [event().key]


async def test_event_that_ends_the_process_fails(tmp_path: Path) -> None:
    """It does not end every process for ever: after all attempts it has failed."""
    file = InboxFile(tmp_path / "in.sqlite")
    file.add(event().key, event().body)
    attempts = [file.begin(3, []) for _ in range(3)]
    file.close()
    handler = Handler()
    async with WebhookInbox(tmp_path / "in.sqlite", max_attempts=3) as inbox, running(inbox, handler):
        await inbox.add(event(1))
        assert await handler.wait_for(1) == [event(1).key]
        (failed,) = await inbox.failed()

    assert [each.attempts for each in attempts if isinstance(each, StoredEvent)] == [1, 2, 3]
    assert failed.error == "the process ended while the event was handled"
