"""`SyncPlan`: a plan that can be shown, compared, kept in a file and carried out."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from ._plan_file import write_plan
from .outcomes import PersonOutcome
from .plan import Action, PlannedChange, PlanTotals, TargetPlan
from .policy import SyncPolicy


class SyncPlan(ABC):  # noqa: PLW1641  compared by content, and no key of a mapping
    """The changes that a sync would make. ``print(plan)`` shows them in numbers, without addresses.

    Two plans are equal if they hold the same targets and changes. A plan lives as long as its `RegistrantSync` is open;
    `write` keeps it in a file.
    """

    def __repr__(self) -> str:
        totals = self.totals()
        return f"<SyncPlan {totals.targets} targets, {totals.writes} changes>"

    def __str__(self) -> str:
        return "\n".join((*map(str, self.targets()), *self.totals().lines()))

    def __eq__(self, other: object) -> bool:
        return _digest(self) == _digest(other) if isinstance(other, SyncPlan) else NotImplemented

    @property
    @abstractmethod
    def policy(self) -> SyncPolicy:
        """The policy by which the plan was made."""

    @abstractmethod
    def targets(self) -> Iterator[TargetPlan]:
        """Iterate over the targets, with their changes in numbers, in the order of the lists."""

    @abstractmethod
    def changes(self, *actions: Action) -> Iterator[tuple[TargetPlan, PlannedChange]]:
        """Iterate over the people and rows of all targets, or over those with one of *actions*."""

    @abstractmethod
    def json(self) -> Iterator[str]:
        """Iterate over the lines of the plan as one JSON object. It holds addresses, and no join links."""

    @abstractmethod
    def apply(self) -> AbstractAsyncContextManager[AsyncIterator[PersonOutcome]]:
        """Carry out the plan, and iterate over one outcome per person and row, as they come.

        ::

            async with plan.apply() as outcomes:
                async for outcome in outcomes: ...

        Per target, the registrants are read again. A person whose registration has changed since the plan is left
        alone. Cancellations and denials go first, then approvals, then additions in the order of the list while seats
        last. Each change is in the journal before it is sent. A lost response is resolved by reading the lists again,
        for at most `SyncPolicy.list_delay` seconds.

        Leaving the block early stops the changes; the next plan resolves those that were under way. Raises `StoreError`
        if the journal cannot be written: nothing is sent that it does not hold.
        """

    def totals(self) -> PlanTotals:
        """Return the sums over all targets."""
        return PlanTotals.of(self.targets())

    def write(self, path: str | Path) -> None:
        """Write the plan to a JSON file that only its owner can read. Raises `StoreError` if that is impossible."""
        write_plan(Path(path), self.json())


def _digest(plan: SyncPlan) -> bytes:
    digest = hashlib.sha256()
    for number, line in enumerate(plan.json()):
        if number and not line.startswith('],"digest"'):  # the first line has the time
            digest.update(line.encode())
    return digest.digest()
