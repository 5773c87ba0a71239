"""The plan of one target: desired list and registrants are compared person by person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
from anyio.lowlevel import checkpoint

from .. import Zoom, ZoomError
from ..errors import DailyLimitReached
from ..models import NewRegistrant
from . import _checks
from ._estimate import calls_of, mails_of
from ._reading import IncompleteList, TargetFacts, read_facts, read_registrants
from ._reasons import IS_HOST, IS_PANELIST, NO_SEAT, TEN_CHANGES, THREE_ADDS
from ._rejections import addition_key, approval_without_seat_key
from ._spool import Actual, Spool, StagedRow
from ._staging import stage
from ._writes import ENDS_SYNC, LONGEST_WRITE
from .desired import DesiredList, DesiredPerson, SyncTarget, email_key
from .journal import Journal, KnownPerson, Rejection, WriteKind
from .plan import Action, PlannedChange, TargetPlan
from .policy import SyncPolicy

_BLOCK = 200


async def plan_target(
    zoom: Zoom, journal: Journal, spool: Spool, policy: SyncPolicy, no: int, desired: DesiredList
) -> TargetPlan:
    """Compare *desired* with the registrants at Zoom, and save and return the plan of its target.

    Raises an error that other targets would meet too; any other error is part of the plan.
    """
    complete = await stage(spool, no, desired)
    plan = TargetPlan(target=desired.target)
    try:
        facts = await read_facts(zoom, desired.target)
        now = zoom.server_time  # before the lists are read, which may take long
        reads = await read_registrants(zoom, desired.target, spool, no) if facts.listed else 0
    except ENDS_SYNC:
        raise
    except (ZoomError, IncompleteList) as error:
        action = Action.DEFERRED if isinstance(error, DailyLimitReached) else Action.FAILED
        await _plan_nothing(spool, no, action, str(error))
        plan = TargetPlan(target=desired.target, error=str(error), counts=spool.counts(no))
    else:
        planner = _TargetPlanner(journal, spool, policy, no, desired, facts, now, complete=complete)
        plan = await planner.plan(reads)
    spool.clear_actual(no)
    spool.clear_desired(no)
    spool.save_target(no, plan)
    return plan


@dataclass(frozen=True, slots=True)
class _Removal:
    """A registration that is to be removed: of a person whose row says so, or who is on no row."""

    actual: Actual
    known: KnownPerson | None
    absent: bool


class _TargetPlanner:
    """The comparison for one target."""

    def __init__(
        self,
        journal: Journal,
        spool: Spool,
        policy: SyncPolicy,
        no: int,
        desired: DesiredList,
        facts: TargetFacts,
        now: datetime,
        *,
        complete: bool,
    ) -> None:
        self._journal = journal
        self._spool = spool
        self._policy = policy
        self._no = no
        self._target: SyncTarget = desired.target
        self._keep = frozenset(map(email_key, desired.keep))
        self._facts = facts
        self._now = now
        self._complete = complete
        self._free: int | None = None
        self._held_back = False
        self._registered = 0
        self._unlisted = 0
        self._titles: dict[str, None] = {}

    async def plan(self, reads: int) -> TargetPlan:
        """Write the changes to the spool, and return their numbers. Reading the registrants took so many calls."""
        self._registered = registered = self._spool.registered(self._no)
        removals, is_empty = 0, next(self._spool.desired(self._no), None) is None
        for _ in self._removals():
            removals += 1
        most = 0 if is_empty else self._policy.may_cancel(registered)
        self._held_back = removals > (most if self._complete else 0)
        if (seats := self._seats()) is not None:
            self._free = seats - registered + (0 if self._held_back else removals)
        seq = await self._plan_rows()
        self._plan_absent(seq)
        counts = self._spool.counts(self._no)
        return TargetPlan(
            target=self._target,
            counts=counts,
            notes=tuple(self._notes(removals, most, is_empty=is_empty)),
            unused_titles=tuple(self._titles),
            registered=registered,
            unlisted=self._unlisted,
            calls=calls_of(counts, self._target, self._facts, self._policy, reads),
            mails=mails_of(counts, self._facts, self._policy),
        )

    def _seats(self) -> int | None:
        known = [each for each in (self._facts.seats, self._journal.seats(self._target, self._now)) if each is not None]
        return min(known, default=None)

    # --- removals

    def _removals(self) -> Iterator[_Removal]:
        """Yield the registrations to remove: first of the list's cancelled people, then of absent people."""
        if not self._facts.listed or self._facts.wrong_occurrences:
            return
        for staged in self._spool.cancelled(self._no):
            actual = self._spool.actual(self._no, staged.email)
            known = self._journal.person(self._target, staged.email)
            if actual is not None and actual.is_registered and not self._was_removed_recently(known):
                yield _Removal(actual, known, absent=False)
        for actual in self._spool.absent(self._no):
            known = self._journal.person(self._target, actual.email)
            if self._is_absent(actual, known):
                yield _Removal(actual, known, absent=True)

    def _is_absent(self, actual: Actual, known: KnownPerson | None) -> bool:
        policy = self._policy
        return (
            policy.on_absent != "keep"
            and self._complete
            and not self._facts.obstacle  # after a session, a cancellation would only send mails
            and actual.email not in self._keep
            and not self._was_removed_recently(known)
            and (policy.absent_scope == "all" or _is_ours(known, actual))
        )

    def _removal(self, removal: _Removal, row: int | None) -> PlannedChange:
        kind: WriteKind = "deny" if removal.absent and self._policy.on_absent == "deny" else "cancel"
        reason = "not on the list" if removal.absent else "cancelled on the list"
        if self._held_back:
            return self._change(Action.HELD_BACK, removal.actual.email, row, removal.actual, removal.known, reason)
        rejection = self._journal.rejection(self._target, removal.actual.email, self._now)
        if rejection is not None and rejection.change == kind:
            return self._rejected(rejection, removal.actual.email, row, removal.actual, removal.known)
        if self._journal.is_used_up(self._target, removal.actual.email, kind, self._now):
            return self._change(Action.DEFERRED, removal.actual.email, row, removal.actual, removal.known, TEN_CHANGES)
        return self._change(Action(kind), removal.actual.email, row, removal.actual, removal.known, reason)

    def _plan_absent(self, seq: int) -> None:
        for actual in self._spool.absent(self._no):
            known = self._journal.person(self._target, actual.email)
            if self._is_absent(actual, known):
                self._spool.add_changes(self._no, [(seq, self._removal(_Removal(actual, known, absent=True), None))])
                seq += 1
            else:
                self._unlisted += 1

    # --- rows

    async def _plan_rows(self) -> int:
        """Plan every row of the list, and return the next free place."""
        block, seq = list[tuple[int, PlannedChange]](), 0
        for staged in self._spool.desired(self._no):
            block.append((staged.seq, self._row(staged)))
            seq = staged.seq + 1
            if len(block) == _BLOCK:
                self._spool.add_changes(self._no, block)
                block.clear()
                await checkpoint()
        self._spool.add_changes(self._no, block)
        return seq

    def _row(self, staged: StagedRow) -> PlannedChange:
        if staged.person is None:
            return PlannedChange(action=Action.REJECTED, email=staged.email, row=staged.row, reason=staged.reason)
        first, *others = self._spool.rows_of(self._no, staged.email)
        if first.person is not None and first.seq != staged.seq:
            return _repeated(staged, staged.person, first, first.person)
        actual = self._spool.actual(self._no, staged.email)
        known = self._journal.person(self._target, staged.email)
        person = staged.person.registrant
        for other in others:
            if other.person is not None and other.person.cancel == staged.person.cancel:
                person = _checks.completed(person, other.person.registrant)
        self._titles.update(dict.fromkeys(_checks.unused_titles(person, self._facts.questions)))
        if staged.person.cancel:
            return self._cancelled(staged, actual, known)
        if actual is not None:
            return self._listed(staged, person, actual, known)
        return self._missing(staged, person, known)

    def _cancelled(self, staged: StagedRow, actual: Actual | None, known: KnownPerson | None) -> PlannedChange:
        if actual is None or not actual.is_registered:
            if known is not None and known.knowledge in {"adding", "registered"} and self._is_recent(known):
                return self._change(Action.UNKNOWN, staged.email, staged.row, actual, known, _LATE_ADDITION)
            return self._change(Action.UNCHANGED, staged.email, staged.row, actual, known, "not registered")
        if self._was_removed_recently(known):
            return self._change(Action.UNKNOWN, staged.email, staged.row, actual, known, _LATE_LIST)
        if self._facts.wrong_occurrences:
            return self._change(Action.IMPOSSIBLE, staged.email, staged.row, actual, known, self._facts.obstacle)
        if self._spool.is_rejected(self._no, staged.email):
            reason = "a rejected row has the same address"
            return self._change(Action.UNCHANGED, staged.email, staged.row, actual, known, reason)
        return self._removal(_Removal(actual, known, absent=False), staged.row)

    def _listed(
        self, staged: StagedRow, person: NewRegistrant, actual: Actual, known: KnownPerson | None
    ) -> PlannedChange:
        email, row, target = staged.email, staged.row, self._target
        if self._was_removed_recently(known) and actual.is_registered:
            return self._change(Action.UNKNOWN, email, row, actual, known, _LATE_LIST)
        if target.occurrence_ids and actual.places < len(target.occurrence_ids):
            reason = f"registered for {actual.places} of {len(target.occurrence_ids)} occurrences"
            return self._change(Action.DIFFERS, email, row, actual, known, reason)
        if self._is_to_approve(actual, known):
            return self._approval(staged, actual, known)
        if actual.status == "denied":
            return self._change(Action.UNCHANGED, email, row, actual, known, "denied")
        if different := _checks.differences(person, actual.registrant, self._facts.questions):
            return self._change(Action.DIFFERS, email, row, actual, known, f"different: {', '.join(different)}")
        return self._change(Action.UNCHANGED, email, row, actual, known)

    def _is_to_approve(self, actual: Actual, known: KnownPerson | None) -> bool:
        if known is not None and known.kind == "approve" and self._is_recent(known):
            return False  # Zoom's lists may be late
        if actual.status == "denied":
            return self._policy.on_denied == "approve"
        approve = self._policy.approve
        return actual.status == "pending" and (approve == "all" or (approve == "ours" and _is_ours(known, actual)))

    def _approval(self, staged: StagedRow, actual: Actual, known: KnownPerson | None) -> PlannedChange:
        email, row = staged.email, staged.row
        if self._facts.wrong_occurrences:
            return self._change(Action.IMPOSSIBLE, email, row, actual, known, self._facts.obstacle)
        rejection = self._journal.rejection(self._target, email, self._now)
        if rejection is not None and rejection.change in {"approve", approval_without_seat_key(self._registered)}:
            return self._rejected(rejection, email, row, actual, known)
        if self._journal.is_used_up(self._target, email, "approve", self._now):
            return self._change(Action.DEFERRED, email, row, actual, known, TEN_CHANGES)
        if actual.status == "denied" and not self._take_seat():
            return self._change(Action.IMPOSSIBLE, email, row, actual, known, NO_SEAT)
        return self._change(Action.APPROVE, email, row, actual, known)

    def _missing(self, staged: StagedRow, person: NewRegistrant, known: KnownPerson | None) -> PlannedChange:
        if known is not None and (change := self._formerly_known(staged, known)) is not None:
            return change
        email, row = staged.email, staged.row
        if reason := self._reason_against(email, person):
            return self._change(Action.IMPOSSIBLE, email, row, None, known, reason)
        registrant = _checks.prepared(
            person,
            self._facts.questions,
            auto_approve=self._policy.approves and self._target.kind == "meeting",
        )
        if (rejection := self._rejection(email, registrant)) is not None:
            return self._rejected(rejection, email, row, None, known)
        if self._journal.is_used_up(self._target, email, "add", self._now):
            return self._change(Action.DEFERRED, email, row, None, known, THREE_ADDS)
        if not self._take_seat():
            return self._change(Action.IMPOSSIBLE, email, row, None, known, NO_SEAT)
        return msgspec.structs.replace(self._change(Action.ADD, email, row, None, known), registrant=registrant)

    def _formerly_known(self, staged: StagedRow, known: KnownPerson) -> PlannedChange | None:
        """Return the change of a person on no list whom the journal knows, or None if the person can be added."""
        email, row, knowledge = staged.email, staged.row, known.knowledge
        if self._is_recent(known) and knowledge == "adding":
            return self._change(Action.UNKNOWN, email, row, None, known, _LOST_RESPONSE)
        if self._is_recent(known) and knowledge == "registered":
            change = self._change(Action.UNCHANGED, email, row, None, known, "registered a moment ago")
            return msgspec.structs.replace(change, registrant_id=known.registrant_id)
        if knowledge in {"registered", "gone"} and self._policy.on_gone != "readd":
            reason = "was registered, and was cancelled or removed at Zoom"
            return self._change(Action.GONE, email, row, None, known, reason)
        return None

    def _rejection(self, email: str, registrant: NewRegistrant) -> Rejection | None:
        """Return an earlier rejection of the target, or of the same data of this person."""
        if (rejection := self._journal.rejection(self._target, "", self._now)) is not None:
            return rejection
        rejection = self._journal.rejection(self._target, email, self._now)
        return rejection if rejection is not None and rejection.change == addition_key(registrant) else None

    def _rejected(
        self, rejection: Rejection, email: str, row: int | None, actual: Actual | None, known: KnownPerson | None
    ) -> PlannedChange:
        change = self._change(Action.IMPOSSIBLE, email, row, actual, known, rejection.reason)
        return msgspec.structs.replace(change, code=rejection.code, message=rejection.message)

    def _reason_against(self, email: str, person: NewRegistrant) -> str:
        if self._facts.obstacle:
            return self._facts.obstacle
        if email in self._facts.hosts:
            return IS_HOST
        if email in self._facts.panelists:
            return IS_PANELIST
        return _checks.fault_of(person, self._facts.questions)

    def _take_seat(self) -> bool:
        if self._free is None:
            return True
        self._free -= 1
        return self._free >= 0

    def _is_recent(self, known: KnownPerson) -> bool:
        """Return whether the lists, which were read from *now* on, may lack the latest write about a person."""
        # Zoom's clock is exact to one second.
        age, delay = self._now.timestamp() - known.since, self._policy.list_delay
        until_sent = LONGEST_WRITE if known.knowledge in {"adding", "removing"} else 0
        return delay > 0 and age < delay + until_sent + 1

    def _was_removed_recently(self, known: KnownPerson | None) -> bool:
        return known is not None and known.knowledge in {"removing", "removed"} and self._is_recent(known)

    def _change(
        self,
        action: Action,
        email: str,
        row: int | None,
        actual: Actual | None,
        known: KnownPerson | None,
        reason: str = "",
    ) -> PlannedChange:
        return PlannedChange(
            action=action,
            email=email,
            row=row,
            reason=reason,
            registrant_id=actual.id if actual else "",
            status=actual.status if actual else "",
            version=known.version if known else 0,
            join_url=(actual.registrant.join_url or "") if actual else "",
        )

    # --- numbers

    def _notes(self, removals: int, most: int, *, is_empty: bool) -> Iterator[str]:
        if self._facts.obstacle:
            yield self._facts.obstacle
        if not self._complete and (self._held_back or self._policy.on_absent != "keep"):
            yield "the list may lack people, or an address in it is unreadable, so nobody is cancelled"
        if self._held_back and is_empty:
            yield f"the list is empty, so {removals:,} cancellations are held back"
        elif self._held_back and self._complete:
            yield f"{removals:,} cancellations are held back: more than {most:,}, which max_cancel can allow"


_LATE_LIST = "was cancelled a moment ago, and Zoom's lists may be late: run again"
_LATE_ADDITION = "was registered a moment ago, and Zoom's lists may be late: run again"
_LOST_RESPONSE = "the response to the registration was lost, and Zoom's lists may be late: run again"


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


async def _plan_nothing(spool: Spool, no: int, action: Action, reason: str) -> None:
    for count, staged in enumerate(spool.desired(no)):
        change = (
            PlannedChange(action=Action.REJECTED, email=staged.email, row=staged.row, reason=staged.reason)
            if staged.reason
            else PlannedChange(action=action, email=staged.email, row=staged.row, reason=reason)
        )
        spool.add_changes(no, [(staged.seq, change)])
        if count % _BLOCK == 0:
            await checkpoint()
