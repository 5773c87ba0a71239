"""The outcomes of one target: of the people without a change, and the form of every outcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from ._reasons import NOT_REGISTERED
from ._spool import Actual, Spool
from .desired import SyncTarget
from .journal import Journal
from .outcomes import PersonOutcome, Result
from .plan import Action, PlannedChange

Emit: TypeAlias = Callable[[PersonOutcome], Awaitable[None]]

_BLOCK = 200


class TargetReporter:
    """The reporter of the outcomes of one target, number *no* in the spool. *emit* takes the outcomes."""

    def __init__(self, journal: Journal, spool: Spool, no: int, target: SyncTarget, emit: Emit) -> None:
        self._journal = journal
        self._spool = spool
        self._no = no
        self._target = target
        self._emit = emit

    async def report_others(self, *, read: bool) -> None:
        """Emit the outcomes of people without a change, and let the journal know who is registered.

        *read* states whether the registrants were read again.
        """
        registered, ours, gone = dict[str, str](), dict[str, str](), dict[str, str]()
        for seq, change in self._spool.changes(self._no):
            if change.action.is_write:
                continue
            known = self._journal.person(self._target, change.email) if change.email else None
            actual = self._spool.actual(self._no, change.email) if read else None
            if change.action is Action.UNKNOWN and actual and known and known.knowledge == "adding":
                ours[change.email] = actual.id
                await self.report(change, Result.ADDED, "an earlier run added the person", actual)
                continue
            await self._report_other(change, actual, read=read)
            if (known.version if known else 0) != change.version:
                continue  # a write since the plan: the journal is more recent
            if change.action is Action.GONE and known is not None and known.knowledge != "gone":
                gone[change.email] = ""
            elif change.action in {Action.UNCHANGED, Action.DIFFERS} and change.status in {"approved", "pending"}:
                if known is not None and known.knowledge == "adding":
                    ours[change.email] = change.registrant_id
                elif known is None or known.knowledge != "registered":
                    registered[change.email] = change.registrant_id
            if seq % _BLOCK == 0:
                await self._learn(registered, ours, gone)
        await self._learn(registered, ours, gone)

    async def _learn(self, registered: dict[str, str], ours: dict[str, str], gone: dict[str, str]) -> None:
        if registered:
            await self._journal.record(self._target, registered, "registered")
        if ours:
            await self._journal.record(self._target, ours, "registered", ours=True)
        if gone:
            await self._journal.record(self._target, gone, "gone", ours=False)
        for people in (registered, ours, gone):
            people.clear()

    async def _report_other(self, change: PlannedChange, actual: Actual | None, *, read: bool) -> None:
        has_changed = read and change.registrant_id and change.status and not is_as_planned(change, actual)
        if has_changed and change.action in {Action.UNCHANGED, Action.DIFFERS}:
            await self.report_changed(change, actual)
        else:
            await self.report(change, Result(change.action.value), change.reason, actual)

    async def report_changed(self, change: PlannedChange, actual: Actual | None) -> None:
        """Emit the outcome of a person whose registration is not the one that the plan has seen.

        The planned change may have been made meanwhile, such as by an earlier application of the same plan.
        """
        if _is_made(change.action, "" if actual is None else actual.status):
            result, reason = Result.UNCHANGED, "the change was made since the plan"
        elif actual is None:
            result, reason = Result.CHANGED, NOT_REGISTERED
        else:
            result, reason = Result.CHANGED, f"the registration has changed since the plan: it is {actual.status}"
        if actual is None:
            await self.report(change, result, reason, status="", registrant_id="", join_url="")
        else:
            await self.report(change, result, reason, actual)

    async def report(
        self,
        change: PlannedChange,
        result: Result,
        reason: str,
        actual: Actual | None = None,
        *,
        status: str | None = None,
        registrant_id: str | None = None,
        join_url: str | None = None,
        code: int | None = None,
        message: str = "",
    ) -> None:
        """Emit the outcome of *change*. The registration is *actual*, or else the one of the plan."""
        url = (actual.registrant.join_url or "") if actual else change.join_url
        await self._emit(
            PersonOutcome(
                target=self._target,
                result=result,
                row=change.row,
                email=change.email,
                reason=reason,
                status=(actual.status if actual else change.status) if status is None else status,
                registrant_id=(actual.id if actual else change.registrant_id)
                if registrant_id is None
                else registrant_id,
                join_url=url if join_url is None else join_url,
                code=change.code if code is None else code,
                message=message or change.message,
            )
        )


def is_as_planned(change: PlannedChange, actual: Actual | None) -> bool:
    """Return whether the registration is the one that the plan has seen."""
    return ((actual.id, actual.status) if actual else ("", "")) == (change.registrant_id, change.status)


def _is_made(action: Action, status: str) -> bool:
    """Return whether a registration with *status*, empty without one, is as *action* makes it."""
    match action:
        case Action.ADD:
            return status in {"approved", "pending"}
        case Action.APPROVE:
            return status == "approved"
        case Action.CANCEL:
            return not status
        case Action.DENY:
            return status == "denied"
        case _:
            return False
