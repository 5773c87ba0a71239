"""The plan of one target: a change for each row and each absent person, and their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from anyio.lowlevel import checkpoint

from .. import Zoom, ZoomError
from ..errors import DailyLimitReached
from ._decisions import Decisions
from ._estimate import calls_of, mails_of
from ._reading import IncompleteList, TargetFacts, read_facts, read_registrants
from ._spool import Spool
from ._staging import stage
from ._writes import ENDS_SYNC
from .desired import DesiredList, SyncTarget
from .journal import Journal
from .plan import Action, PlannedChange, TargetPlan
from .policy import SyncPolicy

_BLOCK = 200


async def plan_target(
    zoom: Zoom, journal: Journal, spool: Spool, policy: SyncPolicy, no: int, desired: DesiredList
) -> TargetPlan:
    """Compare *desired* with the registrants at Zoom, and save and return the plan of its target.

    Raises an error that other targets would meet too; any other error is part of the plan.
    """
    readable = await stage(spool, no, desired)
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
        planner = _TargetPlanner(journal, spool, policy, no, desired, facts, now, readable=readable)
        plan = await planner.plan(reads)
    spool.clear_actual(no)
    spool.clear_desired(no)
    spool.save_target(no, plan)
    return plan


class _TargetPlanner:
    """The comparison for one target, whose list and registrants are in the spool."""

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
        readable: bool,
    ) -> None:
        self._journal = journal
        self._spool = spool
        self._policy = policy
        self._no = no
        self._target: SyncTarget = desired.target
        self._facts = facts
        self._now = now
        self._complete = desired.complete
        self._readable = readable
        self._registered = registered = spool.registered(no)
        self._decisions = Decisions(journal, spool, policy, no, desired, facts, now, registered, readable=readable)
        self._unlisted = 0

    async def plan(self, reads: int) -> TargetPlan:
        """Write the changes to the spool, and return their numbers. Reading the registrants took so many calls."""
        is_empty = next(self._spool.desired(self._no), None) is None
        most = 0 if is_empty else self._policy.most_cancellations(self._registered)
        removals = self._count_removals()
        held_back = removals > (most if self._complete else 0)
        self._decisions.held_back = held_back
        if (seats := self._seats()) is not None:
            self._decisions.free = seats - self._registered + (0 if held_back else removals)
        await self._plan_rows()
        counts = self._spool.counts(self._no)
        return TargetPlan(
            target=self._target,
            counts=counts,
            notes=tuple(self._notes(removals, most, held_back=held_back, is_empty=is_empty)),
            titles=tuple((each.title or "").strip() for each in self._facts.questions.custom_questions),
            unused_titles=tuple(self._decisions.unused_titles),
            registered=self._registered,
            unlisted=self._unlisted,
            calls=calls_of(counts, self._target, self._facts, self._policy, reads),
            mails=mails_of(counts, self._facts, self._policy),
        )

    def _seats(self) -> int | None:
        known = [each for each in (self._facts.seats, self._journal.seats(self._target, self._now)) if each is not None]
        return min(known, default=None)

    def _count_removals(self) -> int:
        """Return the number of registrations to remove: of people on cancelled rows, and of absent people."""
        if not self._facts.listed or self._facts.wrong_occurrences:
            return 0
        cancelled = sum(self._decisions.can_cancel(staged.email) for staged in self._spool.cancelled(self._no))
        return cancelled + sum(map(self._decisions.is_absent, self._spool.absent(self._no)))

    async def _plan_rows(self) -> None:
        """Plan every row of the list, and after them the absent people."""
        block, seq = list[tuple[int, PlannedChange]](), 0
        for staged in self._spool.desired(self._no):
            block.append((staged.seq, self._decisions.row(staged)))
            seq = staged.seq + 1
            if len(block) == _BLOCK:
                self._spool.add_changes(self._no, block)
                block.clear()
                await checkpoint()
        self._spool.add_changes(self._no, block)
        for actual in self._spool.absent(self._no):
            if self._decisions.is_absent(actual):
                self._spool.add_changes(self._no, [(seq, self._decisions.absent(actual))])
                seq += 1
            else:
                self._unlisted += 1

    def _notes(self, removals: int, most: int, *, held_back: bool, is_empty: bool) -> Iterator[str]:
        if self._facts.obstacle:
            yield self._facts.obstacle
        if not self._complete and (held_back or self._policy.on_absent != "keep"):
            yield "the list is cut off, so nobody is cancelled"
        elif not self._readable and self._policy.on_absent != "keep":
            yield "an address on the list is unreadable, so nobody is cancelled as absent"
        if held_back and is_empty:
            yield f"the list is empty, so {removals:,} cancellations are held back at any limit"
        elif held_back and self._complete:
            yield f"{removals:,} cancellations are held back, because the limit is {most:,}"


async def _plan_nothing(spool: Spool, no: int, action: Action, reason: str) -> None:
    """Plan *action* for every row that is not rejected, for one *reason*."""
    for count, staged in enumerate(spool.desired(no)):
        change = (
            PlannedChange(action=Action.REJECTED, email=staged.email, row=staged.row, reason=staged.reason)
            if staged.reason
            else PlannedChange(action=action, email=staged.email, row=staged.row, reason=reason)
        )
        spool.add_changes(no, [(staged.seq, change)])
        if count % _BLOCK == 0:
            await checkpoint()
