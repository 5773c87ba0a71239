"""The file that a download is written to, until it is complete."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import sys
from contextlib import suppress
from pathlib import Path

from ..._core.download import FileVersion

_VERSION = re.compile(r".*-(\d*)-([0-9a-f]*)\.part")


class PartFile:
    """A hidden file beside the target, which becomes the target when it is complete, and stays after an error.

    Its name ``.zoomasync-HASH-SIZE-ETAG.part`` holds a hash of the target's name and of *key*, which identifies the
    file at Zoom, and the version of the bytes in it. One download at a time has it locked. All methods block.
    """

    def __init__(self, to: str | os.PathLike[str], name: str, key: str) -> None:
        """Write to *to*, or to *name* in *to* if that is a directory."""
        self.target: Path = Path(to)
        self.size: int = 0
        self._is_folder = os.fspath(to).endswith("/")
        self._name = name
        self._key = key
        self._path = self.target
        self._handle = _CLOSED

    @property
    def version(self) -> FileVersion | None:
        """The version of the bytes in the file, or None if it is empty."""
        version = _VERSION.fullmatch(self._path.name) if self.size else None
        return None if version is None else FileVersion(int(version[1]) if version[1] else None, version[2])

    def open(self) -> None:
        """Open the file that an earlier download left, or a new one. Raises `OSError`."""
        if self._is_folder or self.target.is_dir():
            self.target = self.target / self._name
        self.target.parent.stat()  # its error names the directory, and not the hidden file
        self._check_target()
        while self._handle == _CLOSED:
            self._path = next(self.target.parent.glob(f"{self._prefix}*.part"), self._path_of(FileVersion()))
            # With the umask's mode, as any file: it becomes the target, which other users may be meant to read.
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
            try:
                if not _lock(handle):
                    raise _error(errno.EWOULDBLOCK, self.target, "another download writes this file")
                if self._is_at_path(handle):  # no other download has finished or renamed it meanwhile
                    if os.fstat(handle).st_nlink == 1:
                        self._handle = handle
                    else:  # a process that ended in `finish` left it, or a backup has it: a file to keep
                        self._path.unlink()
            finally:
                if self._handle == _CLOSED:
                    os.close(handle)
        self.size = os.fstat(self._handle).st_size

    def write(self, chunk: bytes, end: int, version: FileVersion | None) -> OSError | None:
        """Write *chunk*, which ends at *end* in *version* of the file. Return the error of the file system."""
        try:
            self._cut(end - len(chunk))
            self._rename(version or FileVersion())
            rest = memoryview(chunk)
            while rest:
                written = os.pwrite(self._handle, rest, self.size)
                self.size += written
                rest = rest[written:]
        except OSError as error:
            reason = f"{error.strerror}; call download again to continue the file"
            return _error(error.errno or errno.EIO, self.target, reason)
        return None

    def finish(self, end: int) -> None:
        """Sync the file, which ends at *end*, and give it the name of the target. Raises `OSError`.

        Another file with that name is kept, and is an error.
        """
        self._cut(end)
        os.fsync(self._handle)
        if not self._is_at_path(self._handle):
            self.target.parent.stat()  # the directory may be gone
            raise _error(errno.EWOULDBLOCK, self.target, "another download wrote this file")
        try:
            os.link(self._path, self.target)  # fails if the name exists, where a rename would replace that file
        except FileExistsError:
            self._check_target()
            raise
        except OSError:  # this file system has no hard links
            os.close(os.open(self.target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            self._path.replace(self.target)
        else:
            self._path.unlink(missing_ok=True)  # another process may have found the finished target
        self._path = self.target

    def close(self) -> None:
        """Release the file, and remove it if it is empty and not the target."""
        handle, self._handle = self._handle, _CLOSED
        if handle == _CLOSED:
            return
        if self.size == 0 and self._path != self.target:
            with suppress(OSError):
                self._path.unlink()
        os.close(handle)

    def _cut(self, end: int) -> None:
        """Remove the bytes behind *end*, which are of another version."""
        if self.size != end:
            os.ftruncate(self._handle, end)
            self.size = end

    def _check_target(self) -> None:
        try:
            target = self.target.lstat()
        except FileNotFoundError:
            return
        for part in self.target.parent.glob(f"{self._prefix}*.part"):
            with suppress(FileNotFoundError):
                if os.path.samestat(target, part.lstat()):  # a process that was killed in `finish` left both names
                    part.unlink()
        raise _error(errno.EEXIST, self.target)

    @property
    def _prefix(self) -> str:
        names = f"{self.target.name}/{self._key}".encode(errors="surrogateescape")
        return f".zoomasync-{hashlib.sha256(names).hexdigest()[:24]}-"

    def _path_of(self, version: FileVersion) -> Path:
        total = "" if version.total is None else version.total
        return self.target.parent / f"{self._prefix}{total}-{version.etag}.part"

    def _rename(self, version: FileVersion) -> None:
        path = self._path_of(version)
        if path != self._path:
            self._path.replace(path)
            self._path = path

    def _is_at_path(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self._path.lstat())
        except FileNotFoundError:
            return False


_CLOSED = -1


def _lock(handle: int) -> bool:
    if sys.platform == "win32":
        return True
    import fcntl  # noqa: PLC0415  not on every platform

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _error(number: int, path: Path, reason: str = "") -> OSError:
    return OSError(number, reason or os.strerror(number), str(path))
