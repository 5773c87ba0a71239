"""Plan files: a plan as JSON, with one line per target and per person."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, TextIO

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from .._disk.files import atomic_write, create_private
from ..errors import ConfigError, StoreError
from ._spool import Spool
from .plan import Action, PlannedChange, TargetPlan
from .policy import SyncPolicy

FORMAT: Final = "zoomasync registrants plan"


class PlanHeader(Struct, frozen=True, kw_only=True):
    """The facts that a plan file begins with."""

    format: Literal["zoomasync registrants plan"] = FORMAT
    version: Literal[1] = 1
    account_id: str
    created_at: datetime
    policy: SyncPolicy


def lines_of(spool: Spool, plan: int, header: PlanHeader) -> Iterator[str]:
    """Yield the lines of a plan file; together they are one JSON object, whose digest is on the last line."""
    digest = hashlib.sha256()
    for line in _content_lines(spool, plan, header):
        digest.update(line.encode())
        yield line
    yield _end(digest.hexdigest())


def _content_lines(spool: Spool, plan: int, header: PlanHeader) -> Iterator[str]:
    yield f'{_json(header)[:-1]},"targets":['
    separator = ""
    for no, target in spool.targets(plan):
        yield f'{separator}{_json(target)[:-1]},"changes":['
        separator, comma = ",", ""
        for _, change in spool.changes(no):
            yield f"{comma}{_json(replace(change, join_url=''))}"
            comma = ","
        yield "]}"


def write_plan(path: Path, lines: Iterator[str]) -> None:
    """Write a plan file that only its owner can read; it has its name once it is complete."""
    try:
        with atomic_write(path.resolve()) as temporary:  # the file behind a symbolic link
            temporary.unlink(missing_ok=True)
            create_private(temporary)
            with temporary.open("w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise StoreError(f"the plan {path.name} cannot be written: {error.strerror}") from None


def read_plan(path: Path, spool: Spool, plan: int) -> PlanHeader:
    """Read a plan file into the spool, and return its header. Raises `ConfigError` if it is not one."""
    try:
        with path.open(encoding="utf-8") as file:
            return _read(file, spool, plan)
    except OSError as error:
        raise ConfigError(f"the plan {path.name} cannot be read: {error.strerror}") from None
    except (msgspec.MsgspecError, ValueError, StopIteration):
        raise ConfigError(
            f"{path.name} is no plan file of this version, or it was edited: make the plan again"
        ) from None


def _read(file: TextIO, spool: Spool, plan: int) -> PlanHeader:
    lines = _content_of(file)
    header = msgspec.json.decode(f"{_opened(next(lines), 'targets')}}}", type=PlanHeader)
    for position, line in enumerate(lines):
        target = msgspec.json.decode(f"{_opened(line, 'changes')}}}".removeprefix(","), type=TargetPlan)
        no = spool.add_target(plan, position, target.target)
        for seq, row in enumerate(iter(lambda: next(lines), "]}")):
            change = msgspec.json.decode(row.removeprefix(","), type=PlannedChange)
            if change.action is Action.ADD and change.registrant is None:
                raise ValueError
            spool.add_changes(no, [(seq, change)])
        spool.save_target(no, target)
    return header


def _content_of(file: TextIO) -> Iterator[str]:
    """Yield the lines before the last one. Raises `ValueError` if the last one is missing or has another digest."""
    digest = hashlib.sha256()
    while (line := file.readline().rstrip("\n")) != _end(digest.hexdigest()):
        if not line:
            raise ValueError
        digest.update(line.encode())
        yield line
    if file.read().strip():
        raise ValueError


def _end(digest: str) -> str:
    return f'],"digest":"{digest}"}}'


def _opened(line: str, key: str) -> str:
    """Return *line* without the start of the list *key* at its end, and without a closing bracket."""
    text, found, rest = line.rstrip("\n").rpartition(f',"{key}":[')
    if not found or rest:
        raise ValueError
    return text


def _json(value: Struct) -> str:
    return msgspec.json.encode(value).decode()
