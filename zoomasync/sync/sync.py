"""`RegistrantSync`: plan the changes of many targets, and carry them out."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import anyio

from .. import Failed, Zoom, fan_out
from .._disk.lock import Lock
from ..callbacks import safe
from ..errors import ConfigError, InvalidArgument, StoreError
from ..types import FanOut
from ._applying import Stop, TargetApplication
from ._journal_file import default_journal
from ._plan_file import PlanHeader, read_plan
from ._planning import plan_target
from ._spool import Spool
from ._staging import each_of
from ._stored_plan import StoredPlan
from .desired import DesiredList
from .journal import Journal, meeting_key
from .outcomes import PersonOutcome
from .plan import TargetPlan
from .policy import SyncPolicy
from .sync_plan import SyncPlan

KeyT = TypeVar("KeyT")

_WORKERS = 16


class RegistrantSync:
    """The sync of the registrants of an account's meetings and webinars with desired lists.

    ::

        async with RegistrantSync(zoom, policy=SyncPolicy(on_absent="cancel")) as sync:
            plan = await sync.plan(DesiredList(SyncTarget.webinar(81234567890), people))
            print(plan)
            async with plan.apply() as outcomes:
                async for outcome in outcomes: ...

    One meeting or webinar and thousands take the same path: `plan` accepts one list, or any iterable of lists. After
    any interruption, plan and apply again: nobody is registered twice, and nobody gets a second mail for one
    registration.

    *journal* is the path of the journal, which all syncs of one account share; the default is a file in the user's
    folder for program state (`default_journal`). It records each change before it is sent, and whom a sync has added.
    *workers* is the number of targets that are planned or applied at a time. Several processes can apply plans at the
    same time; each meeting is changed by one of them only, since Zoom may reject simultaneous changes.

    Enter it with ``async with``: it holds the journal open, and plans live until the block ends. They are kept on disk,
    not in memory.

    Raises `ConfigError` if the journal is not given and the credentials do not name the account, and for a *journal*
    that is no journal.
    """

    def __init__(
        self,
        zoom: Zoom,
        *,
        policy: SyncPolicy | None = None,
        journal: str | Path | None = None,
        workers: int = _WORKERS,
    ) -> None:
        if type(workers) is not int or workers < 1:
            raise ConfigError("workers must be a whole number, 1 or more")
        if journal is None:
            if zoom.account_id is None:
                raise ConfigError("the credentials do not name the account: give the path of its journal")
            journal = default_journal(zoom.account_id)
        self._zoom = zoom
        self._policy = policy or SyncPolicy()
        self._journal = Journal(journal)
        self._workers = workers
        self._spool: Spool | None = None
        self._stack = AsyncExitStack()
        self._locks: dict[str, anyio.Lock] = {}

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._journal)
        self._spool = Spool()
        self._stack.callback(self._spool.close)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._spool = None
        await self._stack.__aexit__(kind, error, traceback)

    @property
    def journal(self) -> Journal:
        """The journal of the account."""
        return self._journal

    async def plan(
        self,
        desired: DesiredList | Iterable[DesiredList] | AsyncIterable[DesiredList],
        *,
        progress: Callable[[TargetPlan], None] | None = None,
    ) -> SyncPlan:
        """Compare desired lists with the registrants at Zoom, and return the changes. Nothing is changed.

        Per target, the settings, the questions of the form and for webinars the panelists are read, and the lists of
        pending, approved and denied registrants. A target that cannot be read, or whose lists do not hold as many
        people as Zoom counts, has an error in the plan, and nothing is planned for it. *progress* is called with each
        planned target; it must not block.

        Raises `InvalidArgument` for two lists of one target, or of some of the same occurrences if the policy removes
        everyone who is absent, `Unauthorized`, and `StoreError` if the journal cannot be read. Takes 5 calls per target
        and one for each further 300 registrants; for webinars one more.
        """
        spool = self._opened()
        number = spool.new_plan()
        lists = [desired] if isinstance(desired, DesiredList) else desired
        on_planned = safe("progress", progress)

        async def plan_list(numbered: tuple[int, DesiredList]) -> None:
            no, desired_list = numbered
            if self._policy.may_remove_anyone and spool.overlaps(number, desired_list.target):
                raise InvalidArgument(
                    f"{desired_list.target} is part of another list, too, and with absent_scope all, each list would "
                    "remove the people of the other: give one list per occurrence, or use absent_scope ours"
                )
            target = await plan_target(self._zoom, self._journal, spool, self._policy, no, desired_list)
            if on_planned is not None:
                on_planned(target)

        await _finish(fan_out(plan_list, _numbered(spool, number, lists), workers=self._workers))
        header = PlanHeader(
            account_id=self._zoom.account_id or "", created_at=self._zoom.server_time, policy=self._policy
        )
        return StoredPlan(spool, number, header, partial(self._apply, spool, number, is_fresh=True))

    def read_plan(self, path: str | Path) -> SyncPlan:
        """Return the plan in a file that `SyncPlan.write` wrote. Its policy is that of the file.

        Raises `ConfigError` if the file is no plan, was edited, or is the plan of another account.
        """
        spool = self._opened()
        number = spool.new_plan()
        header = read_plan(Path(path), spool, number)
        if header.account_id != (self._zoom.account_id or ""):
            raise ConfigError(f"{Path(path).name} is the plan of another account")
        return StoredPlan(spool, number, header, partial(self._apply, spool, number, is_fresh=False))

    @asynccontextmanager
    async def _apply(
        self, spool: Spool, number: int, plan: SyncPlan, *, is_fresh: bool
    ) -> AsyncGenerator[AsyncIterator[PersonOutcome], None]:
        """Carry out the plan *number* in the spool, and iterate over the outcomes. A fresh one is not from a file."""
        stop = Stop()
        sender, receiver = anyio.create_memory_object_stream[PersonOutcome](self._workers)

        async def apply_target(numbered: tuple[int, TargetPlan]) -> None:
            no, target = numbered
            application = TargetApplication(
                self._zoom, self._journal, spool, plan.policy, no, target, sender.send, stop
            )
            # A plan from a file is compared with the registrants of today even if it changes nobody.
            if target.error or (is_fresh and not target.writes):
                await application.report()
            else:
                await self._apply_locked(application, meeting_key(target.target))

        async def apply_all() -> None:
            with sender:
                await _finish(fan_out(apply_target, spool.targets(number), workers=self._workers))

        try:
            # The stream stays open until all tasks have stopped: one that waits to send would raise an error.
            with receiver:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(apply_all)
                    yield receiver
                    tasks.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            error = group.exceptions[0]
        else:
            return
        raise error  # outside the handler, so that the group does not become its context

    async def _apply_locked(self, application: TargetApplication, key: str) -> None:
        """Apply the plan of a target while no other task or process changes its meeting or webinar."""
        async with self._locks.setdefault(key, anyio.Lock()):
            lock = self._acquired(key)
            if lock is None:
                await application.fail("another process is changing the registrants of this target: run again")
                return
            try:
                await application.apply()
            finally:
                lock.release()

    def _acquired(self, key: str) -> Lock | None:
        """Return the lock between processes of one meeting or webinar, or None if another process holds it."""
        folder = self._journal.path.with_name(f"{self._journal.path.name}.locks")
        lock = Lock(folder / key.replace("/", "-"))
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            return lock if lock.acquire() else None
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"the locks in {folder.name}, beside the journal, cannot be used: {error}") from None

    def _opened(self) -> Spool:
        if self._spool is None:
            raise ConfigError("the sync is not open: enter it with `async with`")
        return self._spool


async def _finish(tasks: FanOut[KeyT, None]) -> None:
    """Wait until all tasks are done; raise the first error of one."""
    async with tasks as outcomes:
        async for outcome in outcomes:
            if isinstance(outcome, Failed):
                raise outcome.error


async def _numbered(
    spool: Spool, plan: int, lists: Iterable[DesiredList] | AsyncIterable[DesiredList]
) -> AsyncIterator[tuple[int, DesiredList]]:
    """Add the target of each list to the plan, and yield its number with the list."""
    position = 0
    async for desired in each_of(lists):
        yield spool.add_target(plan, position, desired.target), desired
        position += 1
