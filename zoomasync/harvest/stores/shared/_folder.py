"""The files of a shared folder: their names, their content, and how they are written and read.

A file gets its name once it is complete. The name depends on the partition's key only, and the bytes on Zoom's data
only: no time, worker or tracking id is in a file, so that writing it a second time changes nothing.
"""

from __future__ import annotations

import os
import platform
import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from .... import ZoomError
from ...._disk.files import atomic_write, write_synced
from ....errors import StoreError
from ...partitions import FINAL, Partition, State, listing_may_grow
from ...streams import Days, ListingStream, PartitionTask, Row, Stream
from ..base import CallSample
from ..columns import Cell, Column, utc_text
from ..parquet_file import ParquetFile, read_columns, read_metadata
from ..sqlite.schema import REJECTED_ROW_COLUMNS, VERSION
from ._job_file import JobFile
from ._staged_partition import StagedPartition

_STALE_AFTER: Final = 600 * 10**9  # nanoseconds: writing a file takes a moment


@dataclass(frozen=True, slots=True)
class StoredPartition:
    """The content of a partition's file, without its rows.

    *written* is when, in nanoseconds by the folder's clock. A listing has its *days*, and *over* is true if it was made
    at least three days after the last one. *not_found_runs* counts the runs in which Zoom did not find the partition.
    """

    state: State
    written: int
    days: Days | None
    over: bool
    not_found_runs: int


class Folder:
    """The folder at *path*, as one worker uses it. All methods wait for the disk."""

    def __init__(self, path: Path) -> None:
        self.name: str = path.name
        self.run_began: int = 0
        """The time when this worker's run began, in nanoseconds by the folder's clock."""
        self._path = path
        self._open = path / ".open"
        self._worker = secrets.token_hex(8)
        self.job = JobFile(path)
        self._run: dict[str, str | int | None] = {}

    def begin_run(self, days: Days, streams: Iterable[Stream]) -> Days:
        """Join the job, and return its days. Raises `ConfigError` if *days* would leave a gap."""
        self._open.mkdir(exist_ok=True)
        days = self.job.join(days, self._open / f"job.{self._worker}.json")
        for name in ("rejected_rows", "runs", "call_samples", *(stream.name for stream in streams)):
            (self._path / name).mkdir(exist_ok=True)
        self._run = {
            "worker": self._worker,
            "host": platform.node(),
            "process": os.getpid(),
            "started_at": _now(),
            "ended_at": None,
            "outcome": None,
        }
        self.run_began = self._write_run()
        for path in self._open.iterdir():
            with suppress(FileNotFoundError):  # another worker removes them too
                if path.stat().st_mtime_ns < self.run_began - _STALE_AFTER:
                    path.unlink()
        return days

    def end_run(self, outcome: str) -> None:
        """Record the *outcome* of the run."""
        self._run |= {"ended_at": _now(), "outcome": outcome}
        self._write_run()

    def file_names(self, stream: Stream) -> Collection[str]:
        """Return the names of all files of *stream*."""
        with os.scandir(self._path / stream.name) as entries:
            return {entry.name for entry in entries}

    def failure_file(self, task: PartitionTask) -> Path:
        """Return the path of the file of a failure of *task*, which need not exist."""
        return self.file(task).with_suffix(".failed.json")

    def file(self, task: PartitionTask) -> Path:
        """Return the path of the file of *task*, which need not exist."""
        return self._path / task.stream.name / f"{file_stem(task)}.parquet"

    def stored(self, task: PartitionTask) -> StoredPartition | None:
        """Return the content of the file of *task*, or None if it is missing or damaged."""
        path = self.file(task)
        try:
            written = path.stat().st_mtime_ns
            metadata = read_metadata(path)
            if isinstance(task.stream, ListingStream):
                read_columns(path, task.stream.child_columns)  # so that damage shows here, and not when they are needed
        except (FileNotFoundError, StoreError):
            return None
        identity = (str(VERSION), task.stream.name, task.key)
        if (metadata.get("version"), metadata.get("stream"), metadata.get("key")) != identity:
            return None
        if metadata.get("state") not in FINAL:
            return None
        days = None
        if isinstance(task.stream, ListingStream):
            days = date.fromisoformat(metadata["from_"]), date.fromisoformat(metadata["to_"])
        return StoredPartition(
            State(metadata["state"]),
            written,
            days,
            over=metadata.get("over") == "true",
            not_found_runs=int(metadata.get("not_found_runs", 0)),
        )

    def failure(self, task: PartitionTask, *, earlier: bool = False) -> Partition | None:
        """Return the failure of *task* with any worker since this worker's run began, or an *earlier* one."""
        path = self.failure_file(task)
        try:
            if (path.stat().st_mtime_ns <= self.run_began) is not earlier:
                return None
            return msgspec.json.decode(path.read_bytes(), type=Partition)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def not_found_runs(self, task: PartitionTask) -> int:
        """Return the number of earlier runs in which Zoom did not find the partition."""
        stored, failure = self.stored(task), self.failure(task, earlier=True)
        in_file = 0 if stored is None or stored.written > self.run_began else stored.not_found_runs
        return in_file if failure is None else failure.not_found_runs

    def parent_rows(self, task: PartitionTask, listing: ListingStream) -> Iterator[Row]:
        """Yield the rows of the *listing* in *task*, with their child columns only."""
        columns = read_columns(self.file(task), listing.child_columns)
        for values in zip(*(columns[name] for name in listing.child_columns), strict=True):
            yield listing.parent_row(values)

    def store(self, partition: Partition, staged: StagedPartition, error: ZoomError | None) -> None:
        """Store the result of a partition: the *staged* rows, or the *error* that it ended in."""
        for last in (False, False, True):
            try:
                self._store(partition, staged, error)
            except FileNotFoundError:  # another worker finished the same partition, and removed our temporary file
                if last:
                    raise
            else:
                return

    def record_calls(self, samples: Sequence[CallSample]) -> None:
        """Append the number of calls that this worker has sent."""
        lines = [{"worker": self._worker, **msgspec.to_builtins(sample)} for sample in samples]
        with (self._path / "call_samples" / f"{self._worker}.ndjson").open("ab") as file:
            file.write(msgspec.json.Encoder().encode_lines(lines))

    def _store(self, partition: Partition, staged: StagedPartition, error: ZoomError | None) -> None:
        task = staged.task
        if partition.state in {State.FAILED, State.PENDING}:
            path = self.failure_file(task)
            with atomic_write(path, self._temporary(path)) as temporary:
                write_synced(temporary, msgspec.json.encode(partition))
        if partition.state not in FINAL:
            return
        if error is None:
            self._store_rows(partition, staged)
        elif (stored := self.stored(task)) is None or stored.state is not State.DONE:  # an error never replaces rows
            self._write_parquet(self.file(task), task.stream, (), _metadata(partition, staged, error))
        self.failure_file(task).unlink(missing_ok=True)
        self._remove_temporary_files(task)

    def _store_rows(self, partition: Partition, staged: StagedPartition) -> None:
        task = staged.task
        rejected = self._path / "rejected_rows" / f"{task.stream.name}-{file_stem(task)}.parquet"
        if staged.invalid_rows:  # before the rows, so that they are never missing
            self._write_parquet(rejected, REJECTED_ROW_COLUMNS, [staged.invalid_rows])
        self._write_parquet(self.file(task), task.stream, staged.lines(), _metadata(partition, staged, None))
        if not staged.invalid_rows:
            rejected.unlink(missing_ok=True)

    def _write_parquet(
        self,
        path: Path,
        stream: Stream | Sequence[Column],
        pages: Iterable[Sequence[Sequence[Cell]]],
        metadata: dict[str, str] | None = None,
    ) -> None:
        with atomic_write(path, self._temporary(path)) as temporary, ParquetFile(temporary, stream, metadata) as file:
            for lines in pages:
                file.write(lines)

    def _temporary(self, path: Path) -> Path:
        return self._open / f"{path.parent.name}-{path.stem}.{self._worker}{path.suffix}"

    def _remove_temporary_files(self, task: PartitionTask) -> None:
        """Remove the temporary files of *task*, which killed or slower workers left."""
        prefix = f"{task.stream.name}-{file_stem(task)}."
        for path in self._open.iterdir():
            if path.name.startswith((prefix, f"rejected_rows-{prefix}")):
                with suppress(OSError):
                    path.unlink()

    def _write_run(self) -> int:
        """Write the record of this worker's run, and return its time by the folder's clock."""
        path = self._path / "runs" / f"{self._worker}.json"
        path.write_bytes(msgspec.json.encode(self._run) + b"\n")
        return path.stat().st_mtime_ns


def file_stem(task: PartitionTask) -> str:
    """Return the name of *task* in files and leases, where a key with its slashes and letter case cannot be used."""
    return sha256(task.key.encode()).hexdigest()[:32]


def _metadata(partition: Partition, staged: StagedPartition, error: ZoomError | None) -> dict[str, str]:
    task = staged.task
    metadata = {"version": str(VERSION), "stream": task.stream.name, "key": task.key, "state": str(partition.state)}
    if isinstance(task.stream, ListingStream):
        first, last = task.days
        over = partition.fetched_at is not None and not listing_may_grow(last, partition.fetched_at)
        metadata |= {"from_": first.isoformat(), "to_": last.isoformat(), "over": "true" if over else "false"}
    if error is not None:
        metadata |= {"error": type(error).__name__, "detail": partition.detail or ""}
    if partition.not_found_runs:
        metadata["not_found_runs"] = str(partition.not_found_runs)
    if partition.invalid_rows:
        metadata["invalid_rows"] = str(partition.invalid_rows)
    if partition.warning is not None:
        metadata["warning"] = partition.warning
    return metadata


def _now() -> str:
    return utc_text(datetime.now(UTC).replace(microsecond=0))
