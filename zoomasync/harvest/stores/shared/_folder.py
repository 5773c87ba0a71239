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
from ...partitions import SETTLED, Partition, State
from ...streams import Days, ListingStream, Row, Stream, Unit
from ..base import Sent
from ..columns import Cell, Column, utc_text
from ..parquet_file import ParquetFile, read_columns, read_metadata
from ..sqlite.reader import StoreError
from ..sqlite.schema import DRIFT_COLUMNS, VERSION
from ._job_file import Job, see_on_disk
from ._staged_partition import Draft

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
        for name in ("drift", "runs", "traffic", *(stream.name for stream in streams)):
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

    def file(self, unit: Unit) -> Path:
        """Return where *unit* is, or will be."""
        return self._path / unit.stream.name / f"{name_of(unit)}.parquet"

    def look(self, unit: Unit) -> Found | None:
        """Return what the file of *unit* tells, or None when there is none, or none that can be trusted."""
        path = self.file(unit)
        try:
            written = path.stat().st_mtime_ns
            told = read_metadata(path)
            if isinstance(unit.stream, ListingStream):
                read_columns(path, unit.stream.leads)  # to the last byte: they will be needed
        except (FileNotFoundError, StoreError):
            return None
        if (told.get("version"), told.get("stream"), told.get("key")) != (str(VERSION), unit.stream.name, unit.key):
            return None
        if told.get("state") not in SETTLED:
            return None
        days = None
        if isinstance(unit.stream, ListingStream):
            days = date.fromisoformat(told["from_"]), date.fromisoformat(told["to_"])
        return Found(State(told["state"]), written, days, told.get("over") == "true")

    def failure(self, unit: Unit) -> Partition | None:
        """Return in what *unit* failed since this worker's run began, if it did."""
        path = self._failed(unit)
        try:
            if path.stat().st_mtime_ns <= self.begun:
                return None
            return msgspec.json.decode(path.read_bytes(), type=Partition)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def leads(self, unit: Unit, listing: ListingStream) -> Iterator[Row]:
        """Yield the rows of the *listing* in *unit*, as far as they say what is to be fetched next."""
        columns = read_columns(self.file(unit), listing.leads)
        for values in zip(*(columns[name] for name in listing.leads), strict=True):
            yield listing.lead(values)

    def keep(self, partition: Partition, draft: Draft, error: ZoomError | None) -> None:
        """Write down what has become of a partition, with what has come of it unless it ended in an *error*."""
        for last in (False, False, True):
            try:
                self._keep(partition, draft, error)
            except FileNotFoundError:  # another one has finished the same, and swept up
                if last:
                    raise
            else:
                return

    def sent(self, samples: Sequence[Sent]) -> None:
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
        with (self._path / "traffic" / f"{self._worker}.ndjson").open("ab") as file:
            file.write(msgspec.json.Encoder().encode_lines(lines))

    def _keep(self, partition: Partition, draft: Draft, error: ZoomError | None) -> None:
        unit = draft.unit
        if partition.state is State.FAILED:
            self._write(self._failed(unit), msgspec.json.encode(partition))
        if partition.state not in SETTLED:
            return
        if error is None:
            self._keep_rows(partition, draft)
        elif (found := self.look(unit)) is None or found.state is not State.DONE:  # rows stay until there are better
            self._write_parquet(self.file(unit), unit.stream, (), _told_of(partition, draft, error))
        self._failed(unit).unlink(missing_ok=True)
        self._sweep(unit)

    def _keep_rows(self, partition: Partition, draft: Draft) -> None:
        unit = draft.unit
        drift = self._path / "drift" / f"{unit.stream.name}-{name_of(unit)}.parquet"
        if draft.drifts:  # first, so that there is no time at which they are missing
            self._write_parquet(drift, DRIFT_COLUMNS, [draft.drifts])
        self._write_parquet(self.file(unit), unit.stream, draft.lines(), _told_of(partition, draft, None))
        if not draft.drifts:
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

    def _sweep(self, unit: Unit) -> None:
        """Remove what others that are dead, or slower, have begun of *unit*."""
        begun = f"{unit.stream.name}-{name_of(unit)}."
        for path in self._open.iterdir():
            if path.name.startswith((begun, f"drift-{begun}")):
                with suppress(OSError):
                    path.unlink()

    def _failed(self, unit: Unit) -> Path:
        return self.file(unit).with_suffix(".failed.json")

    def _tell(self) -> int:
        """Write down what is known of this worker's run, and return when that was."""
        path = self._path / "runs" / f"{self._worker}.json"
        path.write_bytes(msgspec.json.encode(self._told) + b"\n")
        return path.stat().st_mtime_ns


def name_of(unit: Unit) -> str:
    """Return what *unit* is called where a key cannot be a name: keys hold slashes, and their case matters."""
    return sha256(unit.key.encode()).hexdigest()[:32]


def _told_of(partition: Partition, draft: Draft, error: ZoomError | None) -> dict[str, str]:
    unit = draft.unit
    told = {"version": str(VERSION), "stream": unit.stream.name, "key": unit.key, "state": str(partition.state)}
    if isinstance(unit.stream, ListingStream):
        first, last = unit.days
        told |= {"from_": first.isoformat(), "to_": last.isoformat(), "over": "true" if draft.over else "false"}
    if error is not None:
        told |= {"error": type(error).__name__, "detail": partition.detail or ""}
    if partition.drifted:
        told["drifted"] = str(partition.drifted)
    if partition.note is not None:
        told["note"] = partition.note
    return told


def _now() -> str:
    return utc_text(datetime.now(UTC).replace(microsecond=0))
