"""What becomes of a partition: that which is fetched, and replaced, as a whole."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .. import errors
from ..errors import DailyLimitReached, StatusError, ZoomError
from .streams import PartitionTask


class State(StrEnum):
    """What became of a partition."""

    PENDING = "pending"
    """Known, and still to be fetched."""
    IN_PROGRESS = "in_progress"
    """Begun: what there is of it is dropped when the next run begins."""
    DONE = "done"
    EMPTY = "empty"
    NOT_FOUND = "not_found"
    """Zoom has it no longer (404): reports expire."""
    REJECTED = "rejected"
    """Zoom will never give it (400): the session is too old, or the feature was off."""
    DEFERRED = "deferred"
    """The day's budget was spent before its turn came."""
    FAILED = "failed"
    """Something went wrong that another run may not meet, a missing scope or plan included."""


FINAL = (State.DONE, State.EMPTY, State.NOT_FOUND, State.REJECTED)
"""The states that asking again would not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """What became of one partition of *stream*, as the manifest has it.

    *rows* and *pages* are what came, *invalid_rows* the rows of which could not be decoded and are kept raw. *error* is the
    class of what came instead, *detail* its one line, *tracking_id* what Zoom's support asks for. *note* tells what was
    odd about rows that did come: pages that shifted, a total that is not theirs, days that Zoom left out.
    """

    stream: str
    key: str
    state: State
    pages: int = 0
    rows: int = 0
    invalid_rows: int = 0
    fetched_at: datetime | None = None
    deferred_until: datetime | None = None
    error: str | None = None
    detail: str | None = None
    tracking_id: str | None = None
    warning: str | None = None


def finished(
    task: PartitionTask,
    error: ZoomError | None,
    warning: str | None,
    *,
    pages: int,
    rows: int,
    invalid_rows: int,
    now: datetime,
) -> Partition:
    """Return what *unit* has become, with so many rows or by *error*."""
    return Partition(
        stream=task.stream.name,
        key=task.key,
        state=_state_after(error, rows=rows + invalid_rows),
        pages=pages,
        rows=rows,
        invalid_rows=invalid_rows,
        fetched_at=now,
        deferred_until=error.resumes_at if isinstance(error, DailyLimitReached) else None,
        error=None if error is None else type(error).__name__,
        detail=None if error is None else _in_a_line(error),
        tracking_id=error.tracking_id if isinstance(error, StatusError) else None,
        warning=warning,
    )


def _in_a_line(error: ZoomError) -> str:
    """Return what *error* says, without the tracking id: with it no two would be for the same reason."""
    if isinstance(error, StatusError):
        error = copy(error)
        error.tracking_id = None
    return str(error)


def _state_after(error: ZoomError | None, *, rows: int) -> State:
    if error is None:
        return State.DONE if rows else State.EMPTY
    if isinstance(error, DailyLimitReached):
        return State.DEFERRED
    if isinstance(error, errors.NotFound):
        return State.NOT_FOUND
    refused = isinstance(error, errors.BadRequest) and not isinstance(error, errors.PageTokenExpired)
    return State.REJECTED if refused else State.FAILED
