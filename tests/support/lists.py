"""Lists of people in files, as the sync stages them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from zoomasync.sync import ColumnMapping, DesiredList, DesiredPerson, RejectedRow, StagedFile, SyncTarget

MEETING = SyncTarget.meeting(81234567890)


def stage(
    folder: Path,
    content: str | bytes,
    name: str = "list.csv",
    *,
    map_: Iterable[str] = (),
    cancel_when: Iterable[str] = (),
    target: SyncTarget | None = MEETING,
    encoding: str | None = None,
) -> StagedFile:
    """Write *content* to a file in *folder*, and return it staged."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return StagedFile(path, columns=ColumnMapping.parse(map_, cancel_when), target=target, encoding=encoding)


def rows_of(desired: DesiredList) -> list[DesiredPerson | RejectedRow]:
    """Return the rows of a list that a file stages."""
    assert isinstance(desired.people, Iterable)
    return [row for row in desired.people if isinstance(row, DesiredPerson | RejectedRow)]


def only_list(staged: StagedFile) -> DesiredList:
    """Return the list of *staged*, which has one target."""
    (desired,) = staged.lists()
    return desired


def only_rows(staged: StagedFile) -> list[DesiredPerson | RejectedRow]:
    """Return the rows of the only list, and close *staged*."""
    with staged:
        return rows_of(only_list(staged))


def people(staged: StagedFile) -> list[DesiredPerson]:
    """Return the rows of the only list, none of which may be rejected, and close *staged*."""
    rows = only_rows(staged)
    assert [row for row in rows if isinstance(row, RejectedRow)] == []
    return [row for row in rows if isinstance(row, DesiredPerson)]


def rejections(staged: StagedFile) -> list[RejectedRow]:
    """Return the rejected rows of the only list, and close *staged*."""
    return [row for row in only_rows(staged) if isinstance(row, RejectedRow)]


def names(staged: StagedFile) -> list[tuple[str, str, str | None]]:
    """Return address, first name and last name of the people of the only list, and close *staged*."""
    found = [person.registrant for person in people(staged)]
    return [(person.email, person.first_name, person.last_name) for person in found]
