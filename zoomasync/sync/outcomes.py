"""The outcome of a sync for one person or row."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from .desired import SyncTarget


class Result(StrEnum):
    """The result of a sync for one person or row.

    These are final; another run of the same list does not change them:

    - ADDED, APPROVED, CANCELLED, DENIED: Zoom has carried out the change.
    - UNCHANGED: nothing was to be done.
    - DIFFERS: the registration has other data than the list. No call of Zoom changes them.
    - GONE: the person was registered, and is not any more: cancelled or removed at Zoom, by the person or the host.
    - IMPOSSIBLE: Zoom rejects this person, or would.
    - DUPLICATE: an earlier row has the same address and name.
    - SHARED_ADDRESS: an earlier row has the same address and another name. Zoom registers one person per address.
    - REJECTED: the row describes no person who could be registered.

    Another run can change these:

    - DEFERRED: a daily limit of Zoom for this person, or for the account, is used up; run again the next UTC day.
    - HELD_BACK: the guard holds back the cancellations and denials of this target.
    - UNKNOWN: the response to the registration was lost, and no list shows the person yet.
    - CHANGED: the registration has changed since the plan, so it was left alone.
    - FAILED: an error that another run may not meet.
    """

    ADDED = "added"
    APPROVED = "approved"
    CANCELLED = "cancelled"
    DENIED = "denied"
    UNCHANGED = "unchanged"
    DIFFERS = "differs"
    GONE = "gone"
    IMPOSSIBLE = "impossible"
    DUPLICATE = "duplicate"
    SHARED_ADDRESS = "shared_address"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    HELD_BACK = "held_back"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonOutcome:
    """The outcome for one person, or for one *row* of the input (None for a person who is on no row).

    *reason* explains a *result* that needs it. *status* is Zoom's status after the sync: "approved", "pending",
    "denied", "cancelled", or empty if there is no registration. *code* and *message* are Zoom's, if it rejected the
    person; the message may contain the address. *join_url* is personal, and the repr hides it.
    """

    target: SyncTarget
    result: Result
    row: int | None = None
    email: str = ""
    reason: str = ""
    status: str = ""
    registrant_id: str = ""
    join_url: str = field(default="", repr=False)
    code: int | None = None
    message: str = ""
