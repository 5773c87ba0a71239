"""Sentences about the status of a store, for the command line and the HTML report."""

from __future__ import annotations

from collections.abc import Iterable

from ..partitions import State
from .status import HarvestStatus

_LOST = (State.NOT_FOUND, State.REJECTED)
_MISSING = (State.FAILED, State.DEFERRED, State.IN_PROGRESS, State.PENDING)


def state_text(state: State) -> str:
    """Return the words for *state*: "not found" for ``not_found``."""
    return state.replace("_", " ")


def summary(status: HarvestStatus) -> str:
    """Return one sentence about the number of finished and missing partitions."""
    if not status.states:
        return "Nothing has been listed yet."
    finished = f"{status.finished:,} of {status.states.total():,} partitions are finished"
    if not status.complete:
        return f"{finished}. Missing: {_counts(status, _MISSING)}."
    lost = _counts(status, _LOST)
    return f"{finished}: {lost}." if lost else f"{finished}."


def growth(status: HarvestStatus) -> str:
    """Return the sentence about months that Zoom may not have listed in full yet; empty if there are none."""
    if not status.growing_months:
        return ""
    months = ", ".join(status.growing_months)
    return f"Zoom may list more instances of {months}: a run that includes these days asks again."


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
