"""The file `job.json`, which all workers of a shared folder agree on."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

import msgspec

from ...._disk.files import fsync_directory
from ....errors import ConfigError
from ...streams import Days
from ..base import extend_days
from ..sqlite.schema import VERSION


class JobFile:
    """The file `job.json` in *folder*: the days of the job, and its version."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "job.json"

    def check(self) -> None:
        """Create the folder if it is missing. Raises `ConfigError` if it holds other files, or another version."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # In this order: a worker writes `job.json` before any other visible file.
            others = [path for path in self._folder.iterdir() if not path.name.startswith(".")]
            job = self._read()
        except OSError as error:
            raise ConfigError(f"the folder {self._folder.name} cannot be used: {error.strerror or error}") from None
        if others and job is None:
            raise ConfigError(
                f"{self._folder.name} is not empty and has no harvest's job.json; it was left unchanged, give another "
                "folder"
            )

    def join(self, days: Days, temporary: Path) -> Days:
        """Extend the days of the job by *days*, and return them.

        Raises `ConfigError` if a gap between the two would look harvested.
        """
        while True:
            job = self._read()
            if job is not None:
                days = extend_days(self._folder.name, (job.from_, job.to_), days)
                if (job.from_, job.to_) == days:
                    return days
            temporary.write_bytes(msgspec.json.encode(_Job(VERSION, *days)) + b"\n")
            with suppress(FileExistsError):  # another worker was first: read its days
                _publish(temporary, self._path, new=job is None)
            temporary.unlink(missing_ok=True)
            fsync_directory(self._folder)

    def _read(self) -> _Job | None:
        name = self._folder.name
        try:
            job = msgspec.json.decode(self._path.read_bytes(), type=_Job)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ConfigError(
                f"{name} has a job.json that is not a harvest's; it was left unchanged, give another folder"
            ) from None
        if job.version != VERSION:
            age, remedy = ("an older", "") if job.version < VERSION else ("a newer", "update zoomasync, or ")
            raise ConfigError(
                f"{name} is a harvest of {age} version ({job.version}, this is {VERSION}), and a shared folder cannot "
                f"be migrated; it was left unchanged, {remedy}give another folder"
            )
        return job


class _Job(msgspec.Struct, frozen=True, tag_field="job", tag="zoomasync harvest"):
    version: int
    from_: date
    to_: date


def _publish(temporary: Path, path: Path, *, new: bool) -> None:
    """Rename *temporary* to *path*. Raises `FileExistsError` if *path* must be *new* and exists."""
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
