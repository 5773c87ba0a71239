"""The files of a folder that several harvests share: their names, and how they are written and read.

A file gets its name when it is whole. The name depends on the partition's key alone, and the bytes on what Zoom gave
alone: no time, no worker and no tracking id is in it, so that who writes it a second time changes nothing.
"""

from __future__ import annotations

import os
import platform
import secrets
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from .... import ZoomError
from ....errors import StoreError
from ...partitions import FINAL, Partition, State
from ...streams import Days, ListingStream, PartitionTask, Row, Stream
from ..base import CallSample
from ..columns import Cell, Column, utc_text
from ..parquet_file import ParquetFile, read_columns, read_metadata
from ..sqlite.schema import DRIFT_COLUMNS, VERSION
from ._job_file import Job, see_on_disk
from ._staged_partition import StagedPartition

_DEAD_AFTER: Final = 600 * 10**9  # nanoseconds: a file is open for a moment only


@dataclass(frozen=True, slots=True)
class Found:
    """What the file of a partition tells: *days* of a listing, and whether they were *over* when it was made.

    *written* is when, in nanoseconds by the folder's clock.
    """

    state: State
    written: int
    days: Days | None
    over: bool


class Folder:
    """The folder at *path*, as one worker sees it. All methods wait for the disk."""

    def __init__(self, path: Path) -> None:
        self.name: str = path.name
        self.begun: int = 0
        """When the run of this worker began, in nanoseconds by the folder's clock."""
        self._path = path
        self._open = path / ".open"
        self._worker = secrets.token_hex(8)
        self._job = Job(path)
        self._told: dict[str, str | int | None] = {}

    def check(self) -> None:
        """Make the folder if it is missing. Raises `ConfigError` when it is no harvest's, or one of another version."""
        self._job.check()

    def begin(self, days: Days, streams: Iterable[Stream]) -> Days:
        """Join the job, and return its days. Raises `ConfigError` when *days* do not touch them."""
        self._open.mkdir(exist_ok=True)
        days = self._job.join(days, self._open / f"job.{self._worker}.json")
        for name in ("rejected_rows", "runs", "call_samples", *(stream.name for stream in streams)):
            (self._path / name).mkdir(exist_ok=True)
        self._told = {
            "worker": self._worker,
            "host": platform.node(),
            "process": os.getpid(),
            "started_at": _now(),
            "ended_at": None,
            "outcome": None,
        }
        self.begun = self._tell()
        for path in self._open.iterdir():
            with suppress(FileNotFoundError):  # another one sweeps as well
                if path.stat().st_mtime_ns < self.begun - _DEAD_AFTER:
                    path.unlink()
        return days

    def end(self, outcome: str) -> None:
        """Write down how the run has ended."""
        self._told |= {"ended_at": _now(), "outcome": outcome}
        self._tell()

    def names(self, stream: Stream) -> Collection[str]:
        """Return the names of all files of *stream*."""
        with os.scandir(self._path / stream.name) as entries:
            return {entry.name for entry in entries}

    def file(self, task: PartitionTask) -> Path:
        """Return where *unit* is, or will be."""
        return self._path / task.stream.name / f"{name_of(task)}.parquet"

    def look(self, task: PartitionTask) -> Found | None:
        """Return what the file of *unit* tells, or None when there is none, or none that can be trusted."""
        path = self.file(task)
        try:
            written = path.stat().st_mtime_ns
            told = read_metadata(path)
            if isinstance(task.stream, ListingStream):
                read_columns(path, task.stream.child_columns)  # to the last byte: they will be needed
        except (FileNotFoundError, StoreError):
            return None
        if (told.get("version"), told.get("stream"), told.get("key")) != (str(VERSION), task.stream.name, task.key):
            return None
        if told.get("state") not in FINAL:
            return None
        days = None
        if isinstance(task.stream, ListingStream):
            days = date.fromisoformat(told["from_"]), date.fromisoformat(told["to_"])
        return Found(State(told["state"]), written, days, told.get("over") == "true")

    def failure(self, task: PartitionTask) -> Partition | None:
        """Return in what *unit* failed since this worker's run began, if it did."""
        path = self._failed(task)
        try:
            if path.stat().st_mtime_ns <= self.begun:
                return None
            return msgspec.json.decode(path.read_bytes(), type=Partition)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def child_columns(self, task: PartitionTask, listing: ListingStream) -> Iterator[Row]:
        """Yield the rows of the *listing* in *unit*, as far as they say what is to be fetched next."""
        columns = read_columns(self.file(task), listing.child_columns)
        for values in zip(*(columns[name] for name in listing.child_columns), strict=True):
            yield listing.parent_row(values)

    def keep(self, partition: Partition, draft: StagedPartition, error: ZoomError | None) -> None:
        """Write down what has become of a partition, with what has come of it unless it ended in an *error*."""
        for last in (False, False, True):
            try:
                self._keep(partition, draft, error)
            except FileNotFoundError:  # another one has finished the same, and swept up
                if last:
                    raise
            else:
                return

    def sent(self, samples: Sequence[CallSample]) -> None:
        """Write down what this worker has sent."""
        lines = [
            {
                "worker": self._worker,
                "at": utc_text(sample.at),
                "label": str(sample.label),
                "calls": sample.calls,
                "retries": sample.retries,
                "throttled": sample.throttled,
                "rate": sample.rate,
            }
            for sample in samples
        ]
        with (self._path / "call_samples" / f"{self._worker}.ndjson").open("ab") as file:
            file.write(msgspec.json.Encoder().encode_lines(lines))

    def _keep(self, partition: Partition, draft: StagedPartition, error: ZoomError | None) -> None:
        task = draft.task
        if partition.state is State.FAILED:
            self._write(self._failed(task), msgspec.json.encode(partition))
        if partition.state not in FINAL:
            return
        if error is None:
            self._keep_rows(partition, draft)
        elif (found := self.look(task)) is None or found.state is not State.DONE:  # rows stay until there are better
            self._write_parquet(self.file(task), task.stream, (), _told_of(partition, draft, error))
        self._failed(task).unlink(missing_ok=True)
        self._sweep(task)

    def _keep_rows(self, partition: Partition, draft: StagedPartition) -> None:
        task = draft.task
        drift = self._path / "rejected_rows" / f"{task.stream.name}-{name_of(task)}.parquet"
        if draft.invalid_rows:  # first, so that there is no time at which they are missing
            self._write_parquet(drift, DRIFT_COLUMNS, [draft.invalid_rows])
        self._write_parquet(self.file(task), task.stream, draft.lines(), _told_of(partition, draft, None))
        if not draft.invalid_rows:
            drift.unlink(missing_ok=True)

    def _write_parquet(
        self,
        path: Path,
        stream: Stream | Sequence[Column],
        pages: Iterable[Sequence[Sequence[Cell]]],
        metadata: dict[str, str] | None = None,
    ) -> None:
        with self._arriving(path) as temporary, ParquetFile(temporary, stream, metadata) as file:
            for lines in pages:
                file.write(lines)

    def _write(self, path: Path, content: bytes) -> None:
        with self._arriving(path) as temporary, temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def _arriving(self, path: Path) -> Generator[Path, None, None]:
        """Give a path to write a file to, which gets its own name when the block has ended well."""
        temporary = self._open / f"{path.parent.name}-{path.stem}.{self._worker}{path.suffix}"
        yield temporary
        temporary.replace(path)
        see_on_disk(path.parent)

    def _sweep(self, task: PartitionTask) -> None:
        """Remove what others that are dead, or slower, have begun of *unit*."""
        begun = f"{task.stream.name}-{name_of(task)}."
        for path in self._open.iterdir():
            if path.name.startswith((begun, f"rejected_rows-{begun}")):
                with suppress(OSError):
                    path.unlink()

    def _failed(self, task: PartitionTask) -> Path:
        return self.file(task).with_suffix(".failed.json")

    def _tell(self) -> int:
        """Write down what is known of this worker's run, and return when that was."""
        path = self._path / "runs" / f"{self._worker}.json"
        path.write_bytes(msgspec.json.encode(self._told) + b"\n")
        return path.stat().st_mtime_ns


def name_of(task: PartitionTask) -> str:
    """Return what *unit* is called where a key cannot be a name: keys hold slashes, and their case matters."""
    return sha256(task.key.encode()).hexdigest()[:32]


def _told_of(partition: Partition, draft: StagedPartition, error: ZoomError | None) -> dict[str, str]:
    task = draft.task
    told = {"version": str(VERSION), "stream": task.stream.name, "key": task.key, "state": str(partition.state)}
    if isinstance(task.stream, ListingStream):
        first, last = task.days
        told |= {"from_": first.isoformat(), "to_": last.isoformat(), "over": "true" if draft.over else "false"}
    if error is not None:
        told |= {"error": type(error).__name__, "detail": partition.detail or ""}
    if partition.invalid_rows:
        told["invalid_rows"] = str(partition.invalid_rows)
    if partition.warning is not None:
        told["warning"] = partition.warning
    return told


def _now() -> str:
    return utc_text(datetime.now(UTC).replace(microsecond=0))
