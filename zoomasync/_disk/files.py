"""Files that are complete as soon as they have their name, also after a power cut."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def atomic_write(path: Path, temporary: Path | None = None) -> Generator[Path, None, None]:
    """Provide a temporary path to write to, and rename it to *path* when the block ends without an error.

    After an error, the temporary file is removed and *path* is unchanged. *temporary* must be in the same file system;
    it is a hidden file in the folder of *path* unless given. The block itself syncs the content.
    """
    temporary = path.with_name(f".{path.name}.part") if temporary is None else temporary
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _fsync_directory(path.parent)


def create_private(path: Path) -> None:
    """Create an empty file that only its owner can read, unless there is one at *path*."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _fsync_directory(folder: Path) -> None:
    """Wait until the names in *folder* are on disk, where the file system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
