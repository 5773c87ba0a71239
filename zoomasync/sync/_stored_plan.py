"""The plan of a sync in its spool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager

from ._plan_file import PlanHeader, lines_of
from ._spool import Spool
from .outcomes import PersonOutcome
from .plan import Action, PlannedChange, TargetPlan
from .policy import SyncPolicy
from .sync_plan import SyncPlan


class StoredPlan(SyncPlan):
    """The plan with a *number* in a spool, which *apply* carries out."""

    def __init__(
        self,
        spool: Spool,
        number: int,
        header: PlanHeader,
        apply: Callable[[SyncPlan], AbstractAsyncContextManager[AsyncIterator[PersonOutcome]]],
    ) -> None:
        self._spool = spool
        self._number = number
        self._header = header
        self._apply = apply

    @property
    def policy(self) -> SyncPolicy:
        return self._header.policy

    def targets(self) -> Iterator[TargetPlan]:
        return (target for _, target in self._spool.targets(self._number))

    def changes(self, *actions: Action) -> Iterator[tuple[TargetPlan, PlannedChange]]:
        for no, target in self._spool.targets(self._number):
            for _, change in self._spool.changes(no, *actions):
                yield target, change

    def json(self) -> Iterator[str]:
        return lines_of(self._spool, self._number, self._header)

    def apply(self) -> AbstractAsyncContextManager[AsyncIterator[PersonOutcome]]:
        return self._apply(self)
