"""Sentences about the status of a store, for the command line and the HTML report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from ..partitions import State
from .status import HarvestStatus, StreamStatus

_LOST = (State.NOT_FOUND, State.REJECTED)
_MISSING = (State.FAILED, State.DEFERRED, State.IN_PROGRESS, State.PENDING)


def state_text(state: State) -> str:
    """Return the words for *state*: "not found" for ``not_found``."""
    return state.replace("_", " ")


def account_text(status: HarvestStatus) -> str:
    """Return Zoom's id of the account, with your own name for it."""
    return f"{status.account_id}" if status.account_label is None else f"{status.account_label} ({status.account_id})"


def summary(status: HarvestStatus) -> str:
    """Return one sentence about the number of finished and missing partitions."""
    if not status.states:
        return "Nothing has been listed yet."
    finished = f"{status.finished:,} of {status.states.total():,} partitions are finished"
    if not status.complete:
        return f"{finished}. Missing: {_counts(status, _MISSING)}."
    lost = _counts(status, _LOST)
    return f"{finished}: {lost}." if lost else f"{finished}."


def final_text(stream: StreamStatus) -> str:
    """Return the day up to which *stream* is final, or the time of a snapshot; empty if there is none."""
    if stream.snapshot_at is not None:
        return f"snapshot {stream.snapshot_at:%Y-%m-%d %H:%M}"
    return "" if stream.final_until is None else f"{stream.final_until}"


def growth(status: HarvestStatus) -> str:
    """Return the sentence about days that Zoom may not have listed in full yet; empty if there are none."""
    if not status.growing:
        return ""
    days = ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in status.growing)
    return f"Zoom may still add to {days}: a run that includes these days lists them again."


def expiry(status: HarvestStatus, today: date) -> list[str]:
    """Return the warnings about missing partitions that expired before *today*, or expire within seven days."""
    streams: dict[date, list[str]] = {}
    for stream in status.streams:
        missing = stream.oldest_missing
        if missing is not None and missing.expires_on is not None and missing.expires_on <= today + _NOTICE:
            streams.setdefault(missing.expires_on, []).append(stream.name)
    return [_expiry_text(day, ", ".join(names), today) for day, names in sorted(streams.items())]


_NOTICE = timedelta(days=7)


def _expiry_text(day: date, names: str, today: date) -> str:
    if day <= today:
        return f"Warning: the oldest missing partitions of {names} expired on {day}: Zoom may no longer have them."
    return f"Warning: the oldest missing partitions of {names} expire on {day}: fetch them before that day."


def next_step(status: HarvestStatus) -> str:
    """Return the sentences about the next step for missing partitions; empty if nothing is missing."""
    if status.complete:
        return ""
    if not status.states:
        return "Run the harvest."
    calls = f"at least {status.calls:,} {'call' if status.calls == 1 else 'calls'}"
    step = f"Run the same harvest again to fetch the rest ({calls})."
    if status.deferred_until is not None:
        step += f" Deferred partitions can be fetched from {status.deferred_until[0]:%Y-%m-%d %H:%M} UTC."
    if status.states[State.FAILED]:
        step += " Read the reasons for failures first: some need a change before another run."
    return step


def _counts(status: HarvestStatus, states: Iterable[State]) -> str:
    return ", ".join(f"{status.states[state]:,} {state_text(state)}" for state in states if status.states[state])
