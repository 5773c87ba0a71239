"""The changes of one target: checked again, journalled, sent, and resolved where a response was lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

import anyio
from msgspec.structs import replace

from .. import Zoom, ZoomError
from ..errors import BadRequest, NotFound, ResourceLimitReached, StatusError
from ..models import RegistrantKey, RegistrantStatusUpdate
from ._reading import IncompleteList, read_registrants, registrants_of
from ._reasons import NO_SEAT, NOT_REGISTERED, TEN_CHANGES, THREE_ADDS
from ._rejections import addition_key, approval_without_seat_key, cause_of
from ._reports import Emit, TargetReporter, is_as_planned
from ._spool import Spool
from ._writes import (
    CHANGES_PER_CALL,
    ENDS_SYNC,
    ENDS_TARGET,
    LONGEST_WRITE,
    in_time,
    may_have_run,
    result_of,
)
from .desired import SyncTarget
from .journal import Journal, KnownPerson, Rejection, WriteKind
from .outcomes import Result
from .plan import Action, PlannedChange, TargetPlan
from .policy import SyncPolicy

_UNKNOWN_REGISTRANT = (1001, 3079)
_DONE: Final = {
    Action.ADD: Result.ADDED,
    Action.APPROVE: Result.APPROVED,
    Action.CANCEL: Result.CANCELLED,
    Action.DENY: Result.DENIED,
}
_STATUS_AFTER: Final = {Action.APPROVE: "approved", Action.CANCEL: "cancelled", Action.DENY: "denied"}
_LONGEST_PAUSE = 8.0


@dataclass(slots=True)
class Stop:
    """The error that ended the changes at all targets, or None."""

    error: ZoomError | None = None


class TargetApplication:
    """The application of the plan of one target, number *no* in the spool. *emit* takes the outcomes."""

    def __init__(
        self,
        zoom: Zoom,
        journal: Journal,
        spool: Spool,
        policy: SyncPolicy,
        no: int,
        plan: TargetPlan,
        emit: Emit,
        stop: Stop,
    ) -> None:
        self._zoom = zoom
        self._journal = journal
        self._spool = spool
        self._policy = policy
        self._no = no
        self._target: SyncTarget = plan.target
        self._registrants = registrants_of(zoom.with_options(max_wait=LONGEST_WRITE / 2), plan.target)
        self._reporter = TargetReporter(journal, spool, no, plan.target, emit)
        self._stop_of_all = stop
        self._stop_of_target: tuple[Result, str] | None = None
        self._full = False
        self._added = 0
        self._removed = 0
        # Changes by their place in the plan.
        self._unresolved: dict[int, PlannedChange] = {}  # whose response was lost
        self._pending: list[tuple[int, PlannedChange]] = []  # approvals of people who were added just now
        self._newcomers = set[int]()  # all of those people
        self._approved: list[tuple[int, PlannedChange]] = []  # whose join links are still to be read

    async def report(self) -> None:
        """Emit the outcomes of a plan without changes, as the plan itself has them."""
        await self._reporter.report_others(read=False)

    async def fail(self, reason: str) -> None:
        """Emit the outcomes of a plan none of whose changes is sent, for a *reason*."""
        self._stop_of_target = (Result.FAILED, reason)
        await self._reporter.report_others(read=False)
        await self._send_all()

    async def apply(self) -> None:
        """Read the registrants again, send the changes that are still right, and emit an outcome per person."""
        try:
            if self._stop_of_all.error is None:
                await read_registrants(self._zoom, self._target, self._spool, self._no)
        except (ZoomError, IncompleteList) as error:
            self._end(error)
        try:
            await self._reporter.report_others(read=self._stop is None)
            await self._send_all()
        finally:
            self._spool.clear_actual(self._no)

    async def _send_all(self) -> None:
        for action in (Action.CANCEL, Action.DENY, Action.APPROVE):
            await self._change_statuses(action)
        for seq, change in self._spool.changes(self._no, Action.ADD):
            await self._add(seq, change)
        await self._resolve()
        await self._approve_newcomers()
        await self._report_approved()

    # --- changes of a status

    async def _change_statuses(self, action: Action) -> None:
        chunk = list[tuple[int, PlannedChange]]()
        for seq, change in self._spool.changes(self._no, action):
            if await self._is_to_send(change, _kind(action)):
                chunk.append((seq, change))
            if len(chunk) == CHANGES_PER_CALL:
                await self._send_statuses(action, chunk)
                chunk = []
        if chunk:
            await self._send_statuses(action, chunk)

    async def _send_statuses(self, action: Action, chunk: Sequence[tuple[int, PlannedChange]]) -> None:
        """Send one change of status for several people; if Zoom rejects it, send it for one after the other."""
        if self._stop:
            result, reason = self._stop
            for seq, change in chunk:
                await self._reporter.report(change, result, self._prefix(seq) + reason)
            return
        kind, now = _kind(action), self._zoom.server_time
        emails = [change.email for _, change in chunk]
        known = {email: self._journal.person(self._target, email) for email in emails}
        await self._journal.begin(self._target, emails, kind, now)
        error, has_begun = await self._update_statuses(kind, chunk)
        if error is None:
            await self._status_changed(action, chunk)
        elif may_have_run(error) or has_begun:
            self._unresolved.update(chunk)
            self._end_after(error)
        else:
            await self._journal.withdraw(self._target, known, kind, now=now)
            if len(chunk) > 1 and isinstance(error, BadRequest | NotFound | ResourceLimitReached):
                for one in chunk:
                    await self._send_statuses(action, [one])
            else:
                for seq, change in chunk:
                    await self._status_rejected(seq, change, kind, error)

    async def _update_statuses(
        self, kind: WriteKind, chunk: Sequence[tuple[int, PlannedChange]]
    ) -> tuple[ZoomError | None, bool]:
        """Change the statuses, at one occurrence after the other; return an error, and whether one is changed."""
        keys = tuple(RegistrantKey(id=change.registrant_id) for _, change in chunk)
        update = RegistrantStatusUpdate(action=kind, registrants=keys)
        for place, occurrence_id in enumerate(self._target.occurrence_ids or (None,)):
            try:
                await in_time(self._registrants.update_status(self._target.id, update, occurrence_id=occurrence_id))
            except ZoomError as error:
                return error, place > 0
        return None, True

    async def _status_changed(self, action: Action, chunk: Sequence[tuple[int, PlannedChange]]) -> None:
        people, now = {change.email: change.registrant_id for _, change in chunk}, self._zoom.server_time
        if action is Action.APPROVE:
            await self._journal.record(self._target, people, "registered", now=now)
            self._approved += chunk
            return
        self._removed += len(chunk)
        await self._journal.record(self._target, people, "removed", ours=False, now=now)
        for _, change in chunk:
            await self._reporter.report(change, _DONE[action], "", status=_STATUS_AFTER[action])

    async def _status_rejected(self, seq: int, change: PlannedChange, kind: WriteKind, error: ZoomError) -> None:
        """Emit the outcome of a change of one status that Zoom did not carry out."""
        now = self._zoom.server_time
        prefix = self._prefix(seq)
        if isinstance(error, ResourceLimitReached):
            await self._journal.exhaust(self._target, change.email, kind, now)
            await self._reporter.report(change, Result.DEFERRED, prefix + TEN_CHANGES)
        elif isinstance(error, BadRequest | NotFound) and error.code in _UNKNOWN_REGISTRANT:
            await self._reporter.report(change, Result.CHANGED, NOT_REGISTERED)
        elif isinstance(error, BadRequest) and (cause := cause_of(error)) is not None:
            key = approval_without_seat_key(self._taken_seats) if cause.scope == "seats" else kind
            rejection = Rejection(key, cause.reason, error.code, error.message)
            await self._journal.reject(self._target, {change.email: rejection}, now)
            reason = prefix + cause.reason
            await self._reporter.report(change, Result.IMPOSSIBLE, reason, code=error.code, message=error.message)
        else:
            await self._failed(change, error, prefix)

    def _prefix(self, seq: int) -> str:
        """Return the start of the reason for a change that was not made: the person may have been added before."""
        return "the person was added, but not approved: " if seq in self._newcomers else ""

    # --- additions

    async def _add(self, seq: int, change: PlannedChange) -> None:
        if not await self._is_to_send(change, "add") or change.registrant is None:
            return
        if self._full:
            await self._reporter.report(change, Result.IMPOSSIBLE, NO_SEAT)
            return
        now, email = self._zoom.server_time, change.email
        known = self._journal.person(self._target, email)
        await self._journal.begin(self._target, [email], "add", now)
        try:
            added = await in_time(
                self._registrants.add(
                    self._target.id, change.registrant, occurrence_ids=self._target.occurrence_ids or None
                )
            )
        except ZoomError as error:
            if may_have_run(error):
                self._unresolved[seq] = change
                self._end_after(error)
            else:
                await self._not_added(change, known, error, now)
            return
        self._added += 1
        now = self._zoom.server_time  # the request may have waited for long
        await self._journal.record(self._target, {email: added.registrant_id}, "registered", ours=True, now=now)
        await self._newcomer(seq, change, added.registrant_id, added.join_url or "")

    async def _newcomer(self, seq: int, change: PlannedChange, registrant_id: str, join_url: str) -> None:
        """Emit the outcome of a person who was added, unless the registration is pending and to be approved."""
        if not join_url and self._policy.approves:
            self._newcomers.add(seq)
            approval = replace(
                change, action=Action.APPROVE, registrant=None, registrant_id=registrant_id, status="pending"
            )
            self._pending.append((seq, approval))
            return
        status = "approved" if join_url else "pending"
        await self._reporter.report(
            change, Result.ADDED, "", status=status, registrant_id=registrant_id, join_url=join_url
        )

    async def _not_added(
        self, change: PlannedChange, known: KnownPerson | None, error: ZoomError, now: datetime
    ) -> None:
        """Emit the outcome of a person whom Zoom did not add, and remember a rejection that would be met again."""
        cause = cause_of(error) if isinstance(error, StatusError) else None
        rejections = dict[str, Rejection]()
        if cause is not None and cause.scope != "seats" and isinstance(error, StatusError):
            is_target = cause.scope == "target"
            key = "" if change.registrant is None else addition_key(change.registrant)
            rejection = Rejection("" if is_target else key, cause.reason, error.code, error.message)
            rejections["" if is_target else change.email] = rejection
        await self._journal.withdraw(self._target, {change.email: known}, "add", rejections=rejections, now=now)
        if isinstance(error, ResourceLimitReached):
            await self._journal.exhaust(self._target, change.email, "add", now)
            await self._reporter.report(change, Result.DEFERRED, THREE_ADDS)
        elif cause is None:
            await self._failed(change, error)
        else:
            if cause.scope == "seats":
                self._full = True
                await self._journal.learn_seats(self._target, self._taken_seats, now)
            elif cause.scope == "target":
                self._stop_of_target = (Result.IMPOSSIBLE, cause.reason)
            code, message = (error.code, error.message) if isinstance(error, StatusError) else (None, "")
            await self._reporter.report(change, Result.IMPOSSIBLE, cause.reason, code=code, message=message)

    @property
    def _taken_seats(self) -> int:
        return self._spool.registered(self._no) + self._added - self._removed

    async def _failed(self, change: PlannedChange, error: ZoomError, prefix: str = "") -> None:
        result = result_of(error)
        self._end_after(error)
        code, message = (error.code, error.message) if isinstance(error, StatusError) else (None, "")
        await self._reporter.report(change, result, prefix + str(error), code=code, message=message)

    # --- after the changes

    async def _resolve(self) -> None:
        """Read the lists until they show the changes whose response was lost, or until they must be complete."""
        if not self._unresolved:
            return
        end, pause = anyio.current_time() + self._policy.list_delay, 1.0
        while True:
            is_last = anyio.current_time() >= end
            if await self._read_again():
                await self._resolve_shown()
            if not self._unresolved or is_last:
                break
            await anyio.sleep(max(0.0, min(pause, end - anyio.current_time())))
            pause = min(pause * 2, _LONGEST_PAUSE)
        for change in self._unresolved.values():
            await self._reporter.report(
                change, Result.UNKNOWN, "the response was lost, and no list shows the change: run again"
            )
        self._unresolved.clear()

    async def _read_again(self) -> bool:
        try:
            await read_registrants(self._zoom, self._target, self._spool, self._no)
        except (ZoomError, IncompleteList):
            return False
        return True

    async def _resolve_shown(self) -> None:
        for seq, change in list(self._unresolved.items()):
            actual = self._spool.actual(self._no, change.email)
            if change.action is Action.ADD:
                if actual is not None:
                    del self._unresolved[seq]
                    await self._journal.record(self._target, {change.email: actual.id}, "registered", ours=True)
                    url = actual.registrant.join_url or "" if actual.status == "approved" else ""
                    await self._newcomer(seq, change, actual.id, url)
            elif (actual.status if actual else "cancelled") == _STATUS_AFTER[change.action]:
                del self._unresolved[seq]
                await self._status_changed(change.action, [(seq, change)])

    async def _approve_newcomers(self) -> None:
        """Approve the people whom this application added and whose registration is pending."""
        pending, self._pending = self._pending, []
        for at in range(0, len(pending), CHANGES_PER_CALL):
            await self._send_statuses(Action.APPROVE, pending[at : at + CHANGES_PER_CALL])
        await self._resolve()

    async def _report_approved(self) -> None:
        """Emit the outcomes of the approved people, with their join links, which only the list has."""
        if self._approved and not await self._read_again():
            self._spool.clear_actual(self._no)
        for seq, change in self._approved:
            actual = self._spool.actual(self._no, change.email)
            await self._reporter.report(
                change,
                Result.ADDED if seq in self._newcomers else Result.APPROVED,
                "",
                status="approved",
                join_url=(actual.registrant.join_url or "") if actual else "",
            )
        self._approved.clear()

    # --- checks and outcomes

    def _end_after(self, error: ZoomError) -> None:
        """Send no further change of this target if it would meet *error* too."""
        if isinstance(error, ENDS_TARGET):
            self._end(error)

    def _end(self, error: Exception) -> None:
        """Send no further change of this target, nor of any other if they would meet *error* too."""
        self._stop_of_target = (result_of(error), str(error))
        if isinstance(error, ENDS_SYNC):
            self._stop_of_all.error = error

    @property
    def _stop(self) -> tuple[Result, str] | None:
        """The result of the changes that are not sent any more, and the reason, or None."""
        error = self._stop_of_all.error
        return self._stop_of_target or (None if error is None else (result_of(error), str(error)))

    async def _is_to_send(self, change: PlannedChange, kind: WriteKind) -> bool:
        """Return whether a planned change is still right; emit the outcome if it is not."""
        if self._stop:
            await self._reporter.report(change, *self._stop)
            return False
        actual = self._spool.actual(self._no, change.email)
        known = self._journal.person(self._target, change.email)
        if not is_as_planned(change, actual):
            await self._reporter.report_changed(change, actual)
        elif (known.version if known else 0) != change.version:
            await self._reporter.report(
                change, Result.CHANGED, "another sync has changed this person since the plan", actual
            )
        elif self._journal.is_used_up(self._target, change.email, kind, self._zoom.server_time):
            reason = THREE_ADDS if kind == "add" else TEN_CHANGES
            await self._reporter.report(change, Result.DEFERRED, reason, actual)
        else:
            return True
        return False


def _kind(action: Action) -> WriteKind:
    return cast("WriteKind", action.value)
