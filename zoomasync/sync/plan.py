"""The plan of a sync: what it would change, target by target and person by person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from .. import Label
from ..models import NewRegistrant
from ..models.secret_fields import MaskedStruct, Secret
from .desired import SyncTarget


class Action(StrEnum):
    """The action that a plan holds for one person or row.

    ADD, APPROVE, CANCEL and DENY are writes. The others are results that are known before anything is sent; `Result`
    explains them.
    """

    ADD = "add"
    APPROVE = "approve"
    CANCEL = "cancel"
    DENY = "deny"
    DIFFERS = "differs"
    UNCHANGED = "unchanged"
    GONE = "gone"
    IMPOSSIBLE = "impossible"
    DEFERRED = "deferred"
    HELD_BACK = "held_back"
    UNKNOWN = "unknown"
    DUPLICATE = "duplicate"
    SHARED_ADDRESS = "shared_address"
    REJECTED = "rejected"
    FAILED = "failed"

    @property
    def is_write(self) -> bool:
        """Whether the action changes a registration."""
        return self in WRITES


WRITES = (Action.CANCEL, Action.DENY, Action.APPROVE, Action.ADD)
"""The actions that change a registration, in the order in which they are carried out."""


class PlannedChange(MaskedStruct, frozen=True, kw_only=True, omit_defaults=True):
    """The planned *action* for one person, or for one *row* of the input (None for a person who is on no row).

    *reason* explains an action that needs it. *registrant* has the data that an ADD sends. *registrant_id*, *status*
    ("approved", "pending" or "denied") and *join_url* are those of the present registration, and empty without one. No
    plan file has the join link. *version* is the number of the latest write about the person in the journal, and 0
    without one. *code* and *message* are those of an earlier rejection by Zoom.
    """

    action: Action
    email: str = ""
    row: int | None = None
    reason: str = ""
    registrant: NewRegistrant | None = None
    registrant_id: str = ""
    status: str = ""
    version: int = 0
    code: int | None = None
    message: str = ""
    join_url: Secret[str] = ""


class TargetPlan(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The planned changes of one target, in numbers.

    *counts* has the number of people and rows per action. With an *error*, the target could not be read, and nothing is
    planned for it. *notes* are sentences about the target as a whole, such as the reason why nobody is cancelled.
    *titles* are those of the custom questions of the form, and *unused_titles* those of answers to questions that it
    lacks. *registered* people are approved or pending
    now; *unlisted* of them are not on the list and keep their registration. Applying the plan takes so many *calls* per
    rate-limit label, and Zoom then sends so many *mails*: None if the settings of the target do not say.
    """

    target: SyncTarget
    counts: dict[Action, int] = {}
    error: str = ""
    notes: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    unused_titles: tuple[str, ...] = ()
    registered: int = 0
    unlisted: int = 0
    calls: dict[Label, int] = {}
    mails: int | None = 0

    @property
    def writes(self) -> int:
        """The number of changes that would be sent."""
        return _writes(self.counts)

    def __str__(self) -> str:
        if self.error:
            return f"{self.target}: not planned: {self.error}"
        unlisted = f"{self.unlisted:,} not on the list" if self.unlisted else ""
        line = f"{self.target}: {', '.join(filter(None, (_text(self.counts), unlisted))) or 'nothing'}"
        return "\n".join((line, *(f"  {note}" for note in self.notes)))


_WORDS: Mapping[Action, str] = {
    **{action: f"to {action}" for action in WRITES},
    Action.DIFFERS: "different",
    Action.UNCHANGED: "unchanged",
    Action.GONE: "gone",
    Action.IMPOSSIBLE: "impossible",
    Action.DEFERRED: "deferred to another day",
    Action.HELD_BACK: "held back",
    Action.UNKNOWN: "unknown",
    Action.DUPLICATE: "duplicate",
    Action.SHARED_ADDRESS: "with a shared address",
    Action.REJECTED: "rejected",
    Action.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class PlanTotals:
    """The sums over all targets of a plan, as in `TargetPlan`; *failed* targets have an error.

    *unused_titles* are those of answers that no target's form asks for.
    """

    targets: int
    failed: int
    counts: Mapping[Action, int]
    calls: Mapping[Label, int]
    mails: int | None
    unused_titles: tuple[str, ...]

    @classmethod
    def of(cls, targets: Iterable[TargetPlan]) -> PlanTotals:
        """Return the sums over *targets*."""
        number, failed, mails = 0, 0, 0
        unknown_mails = False
        counts, calls = Counter[Action](), Counter[Label]()
        used, unused = set[str](), dict[str, None]()
        for each in targets:
            number += 1
            failed += bool(each.error)
            counts.update(each.counts)
            calls.update(each.calls)
            mails += each.mails or 0
            unknown_mails |= each.mails is None
            used.update(each.titles)
            unused.update(dict.fromkeys(each.unused_titles))
        nowhere = tuple(title for title in unused if title not in used)
        return cls(number, failed, counts, calls, None if unknown_mails else mails, nowhere)

    @property
    def writes(self) -> int:
        """The number of changes that would be sent."""
        return _writes(self.counts)

    def lines(self) -> Iterator[str]:
        """Yield the sums as text."""
        failed = f", {self.failed:,} of them not planned" if self.failed else ""
        yield f"{self.targets:,} {'target' if self.targets == 1 else 'targets'}{failed}"
        yield _text(self.counts) or "nothing"
        calls = ", ".join(f"{number:,} {label}" for label, number in self.calls.items() if number) or "none"
        mails = "unknown, because the settings do not say" if self.mails is None else f"{self.mails:,}"
        yield f"calls: {calls}; mails by Zoom: {mails}"
        if self.unused_titles:
            yield f"not sent, because no form asks for them: {', '.join(self.unused_titles)}"


def _writes(counts: Mapping[Action, int]) -> int:
    return sum(counts.get(action, 0) for action in WRITES)


def _text(counts: Mapping[Action, int]) -> str:
    return ", ".join(f"{counts[each]:,} {_WORDS[each]}" for each in Action if counts.get(each))
