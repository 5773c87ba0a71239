"""The state and the result of a partition: the part of a table that is fetched, and replaced, as a whole."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from ..errors import (
    BadRequest,
    DailyLimitReached,
    InvalidArgument,
    NotFound,
    PageTokenExpired,
    StatusError,
    ZoomError,
)
from .streams import DELAY_DAYS, Refresh
from .tasks import PartitionTask


class State(StrEnum):
    """The state of a partition."""

    PENDING = "pending"
    """Not fetched yet, or not ready: Zoom answered 404 for an instance that ended less than three days ago."""
    IN_PROGRESS = "in_progress"
    """Fetched in part. If a run finds a partition in this state, it drops the rows and fetches the partition again."""
    DONE = "done"
    EMPTY = "empty"
    NOT_FOUND = "not_found"
    """Zoom answered 404: reports expire. Another run asks once more."""
    REJECTED = "rejected"
    """Zoom answered 400 for good: the instance is too old, or the feature was off."""
    DEFERRED = "deferred"
    """The daily quota was used up before this partition was fetched."""
    FAILED = "failed"
    """An error that another run may not meet; a missing scope or plan is one of them."""


FINAL = (State.DONE, State.EMPTY, State.NOT_FOUND, State.REJECTED)
"""The states that another run leaves alone, until the stream's refresh.

It asks once more for a partition that was not found in one run only.
"""

NOT_FOUND_RUNS = 2
"""The number of runs that ask for a partition which Zoom does not find: in incidents, it answered 404 by mistake."""

DELAY = timedelta(days=DELAY_DAYS)
"""The time for which Zoom may be late with reports and listings."""

_LONGEST_INSTANCE = timedelta(hours=30)  # Zoom ends a meeting then


def needs_refresh(refresh: Refresh, last_day: date, fetched_at: datetime) -> bool:
    """Return whether a partition that ends on *last_day* and was fetched then is to be fetched again."""
    if refresh.snapshot:
        return True
    return refresh.days is not None and (fetched_at - timedelta(days=refresh.days)).date() <= last_day


def report_may_be_late(first_day: date, now: datetime) -> bool:
    """Return whether an instance that began on *first_day* may have ended less than three days ago."""
    return (now - DELAY - _LONGEST_INSTANCE).date() <= first_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The result of one partition of *stream*, as the store records it.

    *pages*, *rows* and *invalid_rows* count those of the last whole fetch, which *run* made; *run* is None before it.
    The invalid rows could not be decoded and are stored raw. *error* is the class of the latest error, *detail* its
    text in one line, *tracking_id* the id that Zoom's support needs. *warning* describes a doubt about the rows: they
    shifted between pages, Zoom's total is another one, or Zoom returned fewer days. *not_found_runs* counts the runs in
    which Zoom answered 404.
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
    not_found_runs: int = 0
    run: str | None = None


def partition_result(
    task: PartitionTask,
    error: ZoomError | None,
    warning: str | None,
    *,
    pages: int = 0,
    rows: int = 0,
    invalid_rows: int = 0,
    now: datetime,
) -> Partition:
    """Return the result of *task*, which ended with so many rows or in *error* at *now*, Zoom's time."""
    state = _state_after(task, error, rows + invalid_rows, now)
    return Partition(
        stream=task.stream.name,
        key=task.key,
        state=state,
        pages=pages,
        rows=rows,
        invalid_rows=invalid_rows,
        fetched_at=now,
        deferred_until=error.resumes_at if isinstance(error, DailyLimitReached) else None,
        error=None if error is None else type(error).__name__,
        detail=None if error is None else _detail(error, state),
        tracking_id=error.tracking_id if isinstance(error, StatusError) else None,
        warning=warning,
        not_found_runs=0 if error is None else task.not_found_runs + (state in {State.NOT_FOUND, State.PENDING}),
    )


def _detail(error: ZoomError, state: State) -> str:
    """Return the text of *error* without the ids of one partition, so that equal reasons have equal texts."""
    if not isinstance(error, StatusError):
        return str(error)
    if state is State.PENDING:
        return f"{error.call} -> {error.status} (Zoom code {error.code}): not ready yet; reports can be days late"
    error = copy(error)
    error.tracking_id = None
    return str(error)


def _state_after(task: PartitionTask, error: ZoomError | None, rows: int, now: datetime) -> State:
    if error is None:
        return State.DONE if rows else State.EMPTY
    if isinstance(error, DailyLimitReached):
        return State.DEFERRED
    if isinstance(error, InvalidArgument):
        return State.REJECTED  # no request can ask for such an id
    if not isinstance(error, StatusError) or error.code is None:
        return State.FAILED  # without its code, Zoom did not send the response
    if isinstance(error, NotFound):
        young = task.stream.may_be_late and report_may_be_late(task.days[1], now)
        return State.PENDING if young else State.NOT_FOUND
    rejected = isinstance(error, BadRequest) and not isinstance(error, PageTokenExpired)
    return State.REJECTED if rejected else State.FAILED
