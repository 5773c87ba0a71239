"""FileTokenStore: modes of files, other processes, and kills. `test_token_stores.py` has what all stores share."""

from __future__ import annotations

import asyncio
import base64
import os
import stat
from pathlib import Path

import anyio
import pytest
from support.token_files import Child, count_up, hold, write_repeatedly

from zoomasync.auth import FileTokenStore
from zoomasync.auth._encryption import BytesFunction
from zoomasync.errors import ConfigError, InvalidArgument, StoreError

KEY = "zoomasync-app-token-1"
SECRET = b"canary-secret"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "parent" / "tokens"


@pytest.fixture
async def store(folder: Path) -> FileTokenStore:
    """Return a store that holds one value."""
    made = FileTokenStore(folder)
    await _write(made, SECRET)
    return made


async def _write(store: FileTokenStore, value: bytes) -> None:
    async with store.lock(KEY) as fence:
        assert await store.write(KEY, value, fence=fence)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _set_mode(path: Path, mode: int) -> None:
    path.chmod(mode)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def _contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.usefixtures("store")
def test_only_owner_reads_files(folder: Path) -> None:
    assert _mode(folder) == 0o700
    assert _mode(folder / f"{KEY}.json") == 0o600


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o770, 0o755])
async def test_open_folder_is_rejected(folder: Path, store: FileTokenStore, mode: int) -> None:
    """A folder that others can read is neither used nor protected silently."""
    _set_mode(folder, mode)

    for call in (store.read(KEY), store.write(KEY, b"", fence=9), store.delete(KEY, fence=9)):
        with pytest.raises(StoreError, match=r"other users may read the tokens in .*: run chmod 700 .*/tokens$"):
            await call
    with pytest.raises(StoreError, match="run chmod 700"):
        async with store.lock(KEY):
            pass

    assert _mode(folder) == mode


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
async def test_open_file_is_rejected(folder: Path, store: FileTokenStore, mode: int) -> None:
    path = folder / f"{KEY}.json"
    _set_mode(path, mode)

    with pytest.raises(StoreError, match=r"run chmod 600 .*/zoomasync-app-token-1\.json$"):
        await store.read(KEY)

    assert _mode(path) == mode


@pytest.mark.parametrize("content", [b"", b"null", b'{"fence": 1, "value": "?"}', SECRET, b"\xff", b"[" * 9000])
async def test_foreign_file_is_rejected(folder: Path, store: FileTokenStore, content: bytes) -> None:
    """A file that is not of the store is neither read nor replaced, and no error shows its content."""
    path = folder / f"{KEY}.json"
    path.write_bytes(content)

    with pytest.raises(StoreError, match="is not a file of tokens: delete it") as caught:
        await store.read(KEY)
    with pytest.raises(StoreError, match="is not a file of tokens"):
        await _write(store, b"new")

    assert path.read_bytes() == content
    assert "canary" not in f"{caught.value!r} {caught.value.__context__!r}"


async def test_path_of_file_is_store_error(tmp_path: Path) -> None:
    """A folder that cannot be created or read is named."""
    path = tmp_path / "tokens"
    path.touch()
    store = FileTokenStore(path)

    with pytest.raises(StoreError, match=r"the tokens in .*/tokens cannot be used: File exists"):
        await _write(store, SECRET)
    with pytest.raises(StoreError, match=r"run chmod|Not a directory"):
        await store.read(KEY)


async def test_damaged_lock_is_store_error(folder: Path, store: FileTokenStore) -> None:
    (folder / f"{KEY}.json.turn.lock").write_bytes(b"damaged" * 1000)

    with pytest.raises(StoreError, match=r"the tokens in .*/tokens cannot be used: file is not a database"):
        await _write(store, b"new")

    assert await store.read(KEY) == SECRET


@pytest.mark.parametrize("key", ["", "..", "../key", "a/b", "a.b", "a b", "\u00e9", "k" * 101, "a\0"], ids=repr)
async def test_invalid_key_raises(folder: Path, key: str) -> None:
    store = FileTokenStore(folder)

    with pytest.raises(InvalidArgument, match="the key of a token must be"):
        await store.read(key)
    with pytest.raises(InvalidArgument):
        async with store.lock(key):
            pass
    assert _names(folder) == []


async def test_lost_locks_lower_no_fence(folder: Path, store: FileTokenStore) -> None:
    """Fences ascend from that of the file if its locks were deleted."""
    for _ in range(3):
        await _write(store, SECRET)
    async with store.lock(KEY) as before:
        await store.write(KEY, SECRET, fence=before)
    for name in _names(folder):
        if name.endswith(".lock"):
            (folder / name).unlink()

    async with store.lock(KEY) as after:
        assert after == before + 1


async def test_deleted_token_leaves_disk(folder: Path, store: FileTokenStore) -> None:
    async with store.lock(KEY) as fence:
        await store.delete(KEY, fence=fence)

    assert SECRET not in _contents(folder)
    assert base64.b64encode(SECRET) not in _contents(folder)


async def test_encrypted_token_is_not_on_disk(folder: Path) -> None:
    store = FileTokenStore(folder, encrypt=lambda value: value[::-1], decrypt=lambda value: value[::-1])

    await _write(store, SECRET)

    assert base64.b64encode(SECRET[::-1]) in _contents(folder)
    assert base64.b64encode(SECRET) not in _contents(folder)
    assert await store.read(KEY) == SECRET


def _fail(value: bytes) -> bytes:
    raise LookupError(value)


async def test_undecryptable_token_raises(folder: Path, store: FileTokenStore) -> None:
    """A value that another key has encrypted is kept, and neither it nor the exception is shown."""
    other = FileTokenStore(folder, encrypt=_fail, decrypt=_fail)

    with pytest.raises(StoreError, match=r"cannot be decrypted: decrypt raised LookupError\. Give the key") as caught:
        await other.read(KEY)
    assert (caught.value.__context__, "canary" in str(caught.value)) == (None, False)

    async with other.lock(KEY) as fence:
        with pytest.raises(StoreError, match="cannot be stored: encrypt raised LookupError") as caught:
            await other.write(KEY, SECRET, fence=fence)
    assert (caught.value.__context__, "canary" in str(caught.value)) == (None, False)
    assert await store.read(KEY) == SECRET


@pytest.mark.parametrize(("encrypt", "decrypt"), [(bytes, None), (None, bytes)])
def test_one_function_is_too_few(encrypt: BytesFunction | None, decrypt: BytesFunction | None) -> None:
    with pytest.raises(ConfigError, match="give both encrypt and decrypt"):
        FileTokenStore("tokens", encrypt=encrypt, decrypt=decrypt)


def test_repr_names_folder() -> None:
    assert repr(FileTokenStore("tokens")) == "<FileTokenStore 'tokens'>"


async def test_slow_disk_keeps_loop_free(folder: Path, store: FileTokenStore) -> None:
    """The event loop continues while a file is read. A cancelled caller waits until its thread is free again."""
    slow = folder / "slow.json"
    os.mkfifo(slow, 0o600)
    reading, cancelled = (asyncio.create_task(store.read("slow")) for _ in range(2))
    await anyio.sleep(0.05)

    cancelled.cancel()
    await anyio.sleep(0.05)
    cancelled.cancel()
    await anyio.sleep(0.05)
    assert not reading.done()
    assert not cancelled.done()

    with slow.open("wb") as pipe:
        pipe.write(b"{}")
    done, _ = await asyncio.wait([reading, cancelled], timeout=10)
    assert done == {reading, cancelled}
    assert cancelled.cancelled()


async def test_cancelled_holder_releases_lock(store: FileTokenStore, folder: Path) -> None:
    """A caller that is cancelled again and again, while it gets the lock and while it releases it, keeps nothing."""
    other = FileTokenStore(folder)
    for loops in range(12):
        holding = asyncio.create_task(_write(store, SECRET))
        for _ in range(loops):
            await asyncio.sleep(0)
        while not holding.done():
            holding.cancel()
            await asyncio.sleep(0.0005)
        with anyio.fail_after(5):
            await _write(other, SECRET)


async def test_next_process_is_not_overtaken(store: FileTokenStore, folder: Path) -> None:
    """A process that waits gets the lock before one that has it again and again."""
    other = FileTokenStore(folder)
    turns = list[str]()

    async def take(store: FileTokenStore, name: str) -> None:
        async with store.lock(KEY):
            turns.append(name)
            await anyio.sleep(0.01)

    async with anyio.create_task_group() as tasks:
        for _ in range(30):
            tasks.start_soon(take, store, "many")
        await anyio.sleep(0.02)
        tasks.start_soon(take, other, "one")

    assert (len(turns), turns.count("one")) == (31, 1)
    assert turns.index("one") < 20


async def test_two_event_loops_share_store(store: FileTokenStore) -> None:
    """The loops of two threads can use one store, for the same key."""

    async def count(times: int) -> None:
        for _ in range(times):
            async with store.lock(KEY) as fence:
                value = await store.read(KEY)
                await store.write(KEY, b"%d" % (int(value or b"0") + 1), fence=fence)

    await _write(store, b"0")
    await asyncio.gather(asyncio.to_thread(asyncio.run, count(5)), count(5))

    assert await store.read(KEY) == b"10"


async def test_processes_write_in_turn(folder: Path, store: FileTokenStore) -> None:
    """Three processes, each with two tasks, add to one number without losing an addition."""
    await _write(store, b"0")

    with (
        Child(count_up, folder, KEY) as one,
        Child(count_up, folder, KEY) as two,
        Child(count_up, folder, KEY) as three,
    ):
        for child in (one, two, three):
            await asyncio.to_thread(child.wait_until_ready)

    assert await store.read(KEY) == b"30"


async def test_lock_ends_with_process(folder: Path, store: FileTokenStore) -> None:
    """A process that is killed leaves no lock, and one that is stopped keeps it."""
    with Child(hold, folder, KEY) as child:
        await asyncio.to_thread(child.wait_until_ready)
        child.stop()
        with anyio.move_on_after(0.2) as scope:
            await _write(store, b"too early")
        assert scope.cancelled_caught

        child.kill()
        with anyio.fail_after(5):
            await _write(store, b"new")

    assert await store.read(KEY) == b"new"


async def test_killed_writer_leaves_whole_file(folder: Path, store: FileTokenStore) -> None:
    """A process that is killed at any moment leaves the old value or the new one, and the next one can write."""
    half_written = 0
    for attempt in range(60):
        with Child(write_repeatedly, folder, KEY) as child:
            await asyncio.to_thread(child.wait_until_ready)
            await anyio.sleep(0.001 * attempt)  # a busy machine may need longer to start the next write
            child.kill()
        half_written += f".{KEY}.json.part" in _names(folder)

        value = await store.read(KEY)
        assert value is not None
        assert len(set(value)) == 1 or value == SECRET
        assert len(value) == (1 + value[0]) * 10_000 or value == SECRET
        with anyio.fail_after(5):
            await _write(store, SECRET)
        if half_written == 3:
            break

    assert half_written == 3
    assert _names(folder) == [f"{KEY}.json", f"{KEY}.json.lock", f"{KEY}.json.turn.lock"]
