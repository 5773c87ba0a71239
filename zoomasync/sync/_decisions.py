"""The decision about one person: the row of the list, the registration at Zoom and the journal give one change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from ..models import NewRegistrant
from . import _checks
from ._reading import TargetFacts
from ._reasons import IS_HOST, IS_PANELIST, NO_SEAT, TEN_CHANGES, THREE_ADDS
from ._rejections import addition_key, approval_without_seat_key
from ._spool import Actual, Spool, StagedRow
from ._writes import LONGEST_WRITE
from .desired import DesiredList, DesiredPerson, SyncTarget, email_key
from .journal import Journal, KnownPerson, Rejection, WriteKind
from .plan import Action, PlannedChange
from .policy import SyncPolicy

_LATE_LIST = "the person was cancelled a moment ago, and Zoom's lists may be late: run again"
_LATE_ADDITION = "the person was registered a moment ago, and Zoom's lists may be late: run again"
_LOST_RESPONSE = "the response to the registration was lost, and Zoom's lists may be late: run again"


@dataclass(frozen=True, slots=True)
class _Person:
    """A person as the list, Zoom and the journal have them. *row* is None for a person who is on no row."""

    email: str
    row: int | None
    actual: Actual | None
    known: KnownPerson | None

    def change(self, action: Action, reason: str = "") -> PlannedChange:
        return PlannedChange(
            action=action,
            email=self.email,
            row=self.row,
            reason=reason,
            registrant_id=self.actual.id if self.actual else "",
            status=self.actual.status if self.actual else "",
            version=self.known.version if self.known else 0,
            join_url=(self.actual.registrant.join_url or "") if self.actual else "",
        )

    def rejected(self, rejection: Rejection) -> PlannedChange:
        """Return the change of a person whom Zoom has rejected before."""
        change = self.change(Action.IMPOSSIBLE, rejection.reason)
        return replace(change, code=rejection.code, message=rejection.message)


class Decisions:
    """The decisions about the people of one target, which are made in the order of the list while seats last.

    *registered* people are approved or pending at Zoom. *readable* is False if an address on the list is not.
    *held_back* holds back all removals, and *free* is the number of free seats; None is no limit. Both are set once the
    removals are counted. *unused_titles* are those of answers to questions that the form lacks, in the order of rows.
    """

    def __init__(
        self,
        journal: Journal,
        spool: Spool,
        policy: SyncPolicy,
        no: int,
        desired: DesiredList,
        facts: TargetFacts,
        now: datetime,
        registered: int,
        *,
        readable: bool,
    ) -> None:
        self._journal = journal
        self._spool = spool
        self._policy = policy
        self._no = no
        self._target: SyncTarget = desired.target
        self._keep = frozenset(map(email_key, desired.keep))
        self._facts = facts
        self._now = now
        self._registered = registered
        self._sees_absence = desired.complete and readable
        self.held_back = False
        self.free: int | None = None
        self.unused_titles: dict[str, None] = {}

    # --- removals

    def can_cancel(self, email: str) -> bool:
        """Return whether a person whose row is cancelled has a registration, as far as the lists can be trusted."""
        actual, known = self._spool.actual(self._no, email), self._journal.person(self._target, email)
        return actual is not None and actual.is_registered and not self._was_removed_recently(known)

    def is_absent(self, actual: Actual) -> bool:
        """Return whether the registration of a person on no row is to be removed."""
        policy, known = self._policy, self._journal.person(self._target, actual.email)
        return (
            policy.on_absent != "keep"
            and self._sees_absence
            and not self._facts.obstacle  # after a session, a cancellation would only send mails
            and actual.email not in self._keep
            and not self._was_removed_recently(known)
            and (policy.absent_scope == "all" or _is_ours(known, actual))
        )

    def absent(self, actual: Actual) -> PlannedChange:
        """Return the removal of a person on no row."""
        person = _Person(actual.email, None, actual, self._journal.person(self._target, actual.email))
        kind: WriteKind = "deny" if self._policy.on_absent == "deny" else "cancel"
        return self._removal(person, kind, "the person is not on the list")

    def _removal(self, person: _Person, kind: WriteKind, reason: str) -> PlannedChange:
        if self.held_back:
            return person.change(Action.HELD_BACK, f"{reason}; all cancellations of this target are held back")
        rejection = self._journal.rejection(self._target, person.email, self._now)
        if rejection is not None and rejection.change == kind:
            return person.rejected(rejection)
        if self._journal.is_used_up(self._target, person.email, kind, self._now):
            return person.change(Action.DEFERRED, TEN_CHANGES)
        return person.change(Action(kind), reason)

    # --- rows

    def row(self, staged: StagedRow) -> PlannedChange:
        """Return the change for a row of the list."""
        if staged.person is None:
            return PlannedChange(action=Action.REJECTED, email=staged.email, row=staged.row, reason=staged.reason)
        first, *others = self._spool.rows_of(self._no, staged.email)
        if first.person is not None and first.seq != staged.seq:
            return _repeated(staged, staged.person, first, first.person)
        actual = self._spool.actual(self._no, staged.email)
        person = _Person(staged.email, staged.row, actual, self._journal.person(self._target, staged.email))
        wanted = staged.person.registrant
        for other in others:
            if other.person is not None and other.person.cancel == staged.person.cancel:
                wanted = _checks.completed(wanted, other.person.registrant)
        self.unused_titles.update(dict.fromkeys(_checks.unused_titles(wanted, self._facts.questions)))
        if staged.person.cancel:
            return self._cancelled(person)
        if actual is not None:
            return self._listed(person, actual, wanted)
        return self._missing(person, wanted)

    def _cancelled(self, person: _Person) -> PlannedChange:
        known = person.known
        if person.actual is None or not person.actual.is_registered:
            if known is not None and known.knowledge in {"adding", "registered"} and self._is_recent(known):
                return person.change(Action.UNKNOWN, _LATE_ADDITION)
            return person.change(Action.UNCHANGED, "the person is not registered")
        if self._was_removed_recently(known):
            return person.change(Action.UNKNOWN, _LATE_LIST)
        if self._facts.wrong_occurrences:
            return person.change(Action.IMPOSSIBLE, self._facts.obstacle)
        if self._spool.is_rejected(self._no, person.email):
            return person.change(Action.UNCHANGED, "a rejected row has the same address")
        return self._removal(person, "cancel", "the list states that the person has cancelled")

    def _listed(self, person: _Person, actual: Actual, wanted: NewRegistrant) -> PlannedChange:
        """Return the change of a person on the list who has a registration, perhaps a denied one."""
        occurrences = len(self._target.occurrence_ids)
        if self._was_removed_recently(person.known) and actual.is_registered:
            return person.change(Action.UNKNOWN, _LATE_LIST)
        if actual.places < occurrences:
            reason = f"the person is registered for {actual.places} of {occurrences} occurrences"
            return person.change(Action.DIFFERS, reason)
        if self._is_to_approve(actual, person.known):
            return self._approval(person, actual)
        if actual.status == "denied":
            return person.change(Action.UNCHANGED, "the registration was denied")
        if different := _checks.differences(wanted, actual.registrant, self._facts.questions):
            return person.change(Action.DIFFERS, f"the registration differs from the row in {', '.join(different)}")
        return person.change(Action.UNCHANGED)

    def _is_to_approve(self, actual: Actual, known: KnownPerson | None) -> bool:
        if known is not None and known.kind == "approve" and self._is_recent(known):
            return False  # Zoom's lists may be late
        if actual.status == "denied":
            return self._policy.on_denied == "approve"
        approve = self._policy.approve
        return actual.status == "pending" and (approve == "all" or (approve == "ours" and _is_ours(known, actual)))

    def _approval(self, person: _Person, actual: Actual) -> PlannedChange:
        if self._facts.wrong_occurrences:
            return person.change(Action.IMPOSSIBLE, self._facts.obstacle)
        rejection = self._journal.rejection(self._target, person.email, self._now)
        if rejection is not None and rejection.change in {"approve", approval_without_seat_key(self._registered)}:
            return person.rejected(rejection)
        if self._journal.is_used_up(self._target, person.email, "approve", self._now):
            return person.change(Action.DEFERRED, TEN_CHANGES)
        if actual.status == "denied" and not self._take_seat():
            return person.change(Action.IMPOSSIBLE, NO_SEAT)
        return person.change(Action.APPROVE)

    def _missing(self, person: _Person, wanted: NewRegistrant) -> PlannedChange:
        """Return the change of a person on the list who has no registration."""
        if person.known is not None and (change := self._formerly_known(person, person.known)) is not None:
            return change
        if reason := self._reason_against(person.email, wanted):
            return person.change(Action.IMPOSSIBLE, reason)
        registrant = _checks.prepared(
            wanted,
            self._facts.questions,
            auto_approve=self._policy.approves and self._target.kind == "meeting",
        )
        if (rejection := self._rejection(person.email, registrant)) is not None:
            return person.rejected(rejection)
        if self._journal.is_used_up(self._target, person.email, "add", self._now):
            return person.change(Action.DEFERRED, THREE_ADDS)
        if not self._take_seat():
            return person.change(Action.IMPOSSIBLE, NO_SEAT)
        return replace(person.change(Action.ADD), registrant=registrant)

    def _formerly_known(self, person: _Person, known: KnownPerson) -> PlannedChange | None:
        """Return the change of a person without a registration whom the journal knows, or None to add the person."""
        if self._is_recent(known) and known.knowledge == "adding":
            return person.change(Action.UNKNOWN, _LOST_RESPONSE)
        if self._is_recent(known) and known.knowledge == "registered":
            change = person.change(Action.UNCHANGED, "the person was registered a moment ago")
            return replace(change, registrant_id=known.registrant_id)
        if known.knowledge in {"registered", "gone"} and self._policy.on_gone != "readd":
            return person.change(Action.GONE, "the person was registered, and was cancelled or removed at Zoom")
        return None

    def _rejection(self, email: str, registrant: NewRegistrant) -> Rejection | None:
        """Return an earlier rejection of the target, or of the same data of this person."""
        if (rejection := self._journal.rejection(self._target, "", self._now)) is not None:
            return rejection
        rejection = self._journal.rejection(self._target, email, self._now)
        return rejection if rejection is not None and rejection.change == addition_key(registrant) else None

    def _reason_against(self, email: str, wanted: NewRegistrant) -> str:
        """Return the reason why the person cannot be added, or empty text."""
        if self._facts.obstacle:
            return self._facts.obstacle
        if email in self._facts.hosts:
            return IS_HOST
        if email in self._facts.panelists:
            return IS_PANELIST
        return _checks.fault_of(wanted, self._facts.questions)

    def _take_seat(self) -> bool:
        if self.free is None:
            return True
        self.free -= 1
        return self.free >= 0

    # --- the journal's knowledge

    def _is_recent(self, known: KnownPerson) -> bool:
        """Return whether the lists, which were read from *now* on, may lack the latest write about a person."""
        # Zoom's clock is exact to one second.
        age, delay = self._now.timestamp() - known.since, self._policy.list_delay
        until_sent = LONGEST_WRITE if known.knowledge in {"adding", "removing"} else 0
        return delay > 0 and age < delay + until_sent + 1

    def _was_removed_recently(self, known: KnownPerson | None) -> bool:
        return known is not None and known.knowledge in {"removing", "removed"} and self._is_recent(known)


def _is_ours(known: KnownPerson | None, actual: Actual) -> bool:
    """Return whether a sync made the registration, or may have made it; with another id, the person made a new one."""
    if known is None or known.knowledge == "adding":
        return known is not None
    return known.ours and known.registrant_id in {"", actual.id}


def _repeated(staged: StagedRow, person: DesiredPerson, first: StagedRow, counting: DesiredPerson) -> PlannedChange:
    """Return the change of a row whose address is also on the row that counts."""
    place = "another row" if first.row is None else f"row {first.row}"
    if person.cancel != counting.cancel:
        action, reason = Action.DUPLICATE, f"{place} has the same address and is not cancelled"
    elif _checks.is_same_name(person.registrant, counting.registrant):
        action, reason = Action.DUPLICATE, f"{place} has the same address and name"
    else:
        action, reason = Action.SHARED_ADDRESS, f"{place} has the same address and another name"
    return PlannedChange(action=action, email=staged.email, row=staged.row, reason=reason)
