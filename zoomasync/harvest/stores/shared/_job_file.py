"""What all workers of a job that lies in one folder have in common: `job.json`."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import date
from pathlib import Path

import msgspec

from ....errors import ConfigError
from ...streams import Days
from ..base import widened
from ..sqlite.schema import VERSION


class Job:
    """The job in *folder*."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "job.json"

    def check(self) -> None:
        """Make the folder if it is missing. Raises `ConfigError` when it is no harvest's, or one of another version."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # In this order: `job.json` is there before anything else that is not hidden.
            others = [path for path in self._folder.iterdir() if not path.name.startswith(".")]
            held = self._read()
        except OSError as error:
            raise ConfigError(f"the folder {self._folder.name} cannot be used: {error.strerror or error}") from None
        if others and held is None:
            raise ConfigError(
                f"{self._folder.name} is not empty and not a harvest's; give another folder, it was not touched"
            )

    def join(self, days: Days, temporary: Path) -> Days:
        """Return the days of the job, widened to *days*, which they must touch: a gap would look harvested."""
        while True:
            held = self._read()
            if held is not None:
                days = widened(self._folder.name, (held.from_, held.to_), days)
                if (held.from_, held.to_) == days:
                    return days
            temporary.write_bytes(msgspec.json.encode(_Held(VERSION, *days)) + b"\n")
            with suppress(FileExistsError):  # another one was quicker: now look at its days
                _give_name(temporary, self._path, new=held is None)
            temporary.unlink(missing_ok=True)
            see_on_disk(self._folder)

    def _read(self) -> _Held | None:
        name = self._folder.name
        try:
            held = msgspec.json.decode(self._path.read_bytes(), type=_Held)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ConfigError(
                f"{name} has a job.json that is not a harvest's; give another folder, it was not touched"
            ) from None
        if held.version != VERSION:
            age = "an earlier" if held.version < VERSION else "a later"
            raise ConfigError(
                f"{name} is a harvest of {age} version ({held.version}, this is {VERSION}); "
                "give another folder, it was not touched"
            )
        return held


class _Held(msgspec.Struct, frozen=True, tag_field="job", tag="zoomasync harvest"):
    version: int
    from_: date
    to_: date


def see_on_disk(folder: Path) -> None:
    """Let the names in *folder* survive a power cut, where the file system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _give_name(temporary: Path, path: Path, *, new: bool) -> None:
    """Let the file be found as *path*; raise `FileExistsError` if it is to be a new one and there is one."""
    if new:
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            pass
        else:
            return
    temporary.replace(path)
