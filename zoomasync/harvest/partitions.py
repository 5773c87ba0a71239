"""The state and the result of a partition: the part of a table that is fetched, and replaced, as a whole."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .. import errors
from ..errors import DailyLimitReached, StatusError, ZoomError
from .streams import PartitionTask


class State(StrEnum):
    """The state of a partition."""

    PENDING = "pending"
    """Not fetched yet."""
    IN_PROGRESS = "in_progress"
    """Fetched in part. If a run finds a partition in this state, it drops the rows and fetches the partition again."""
    DONE = "done"
    EMPTY = "empty"
    NOT_FOUND = "not_found"
    """Zoom answered 404: reports expire."""
    REJECTED = "rejected"
    """Zoom answered 400 for good: the instance is too old, or the feature was off."""
    DEFERRED = "deferred"
    """The daily quota was used up before this partition was fetched."""
    FAILED = "failed"
    """An error that another run may not meet; a missing scope or plan is one of them."""


FINAL = (State.DONE, State.EMPTY, State.NOT_FOUND, State.REJECTED)
"""The states that another run leaves alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The result of one partition of *stream*, as the store records it.

    *rows* counts the stored rows and *invalid_rows* those that could not be decoded and are stored raw. *error* is the
    class of the error, *detail* its text in one line, *tracking_id* the id that Zoom's support needs. *warning*
    describes a doubt about rows that are stored: rows shifted between pages, Zoom's total is another one, or Zoom
    returned fewer days.
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


def partition_result(
    task: PartitionTask,
    error: ZoomError | None,
    warning: str | None,
    *,
    pages: int,
    rows: int,
    invalid_rows: int,
    now: datetime,
) -> Partition:
    """Return the result of *task*, which ended with so many rows or in *error*."""
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
        detail=None if error is None else _without_tracking_id(error),
        tracking_id=error.tracking_id if isinstance(error, StatusError) else None,
        warning=warning,
    )


def _without_tracking_id(error: ZoomError) -> str:
    """Return the text of *error* without its tracking id, so that equal reasons have equal texts."""
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
    rejected = isinstance(error, errors.BadRequest) and not isinstance(error, errors.PageTokenExpired)
    return State.REJECTED if rejected else State.FAILED
