"""Syncs in any order of faults, late lists, restarts and changes at Zoom: nobody is added, mailed or cancelled wrongly.

ZOOMASYNC_FUZZ_EXAMPLES sets the number of orders; each has up to 25 steps. The default is small and always the same.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal, TypeAlias, TypeVar, cast

import anyio
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from support.syncing import SURE, IdleClockLoop, Row, Stage, StatusChange, WatchedMeeting, person, staged, target_of

from zoomasync.sync import (
    Action,
    DesiredList,
    DesiredPerson,
    PersonOutcome,
    RegistrantSync,
    RejectedRow,
    Result,
    SyncPlan,
    SyncPolicy,
)
from zoomasync.testing import LoggedRequest

T = TypeVar("T")

EXAMPLES: Final = os.environ.get("ZOOMASYNC_FUZZ_EXAMPLES")
STEPS: Final = 25
LIST_DELAY: Final = 20.0
WRITE_SECONDS: Final = 1.0
PEOPLE: Final = 4
REGISTERED: Final = frozenset({"approved", "pending"})
NOT_DONE: Final = (Result.DEFERRED, Result.HELD_BACK, Result.UNKNOWN, Result.CHANGED, Result.FAILED)

RowKind: TypeAlias = Literal["person", "renamed", "cancelled", "rejected", "unreadable", "no name"]
Between: TypeAlias = Literal["nothing", "seconds", "day", "cancel", "deny", "approve", "remove", "register", "sync"]


def address(number: int) -> str:
    return f"p{number}@x.example"


@dataclass(frozen=True)
class Stop:
    """The end of a run: after so many *outcomes*, or in the response to so many *changes*, or without both never.

    *iterations* of the loop are between the change and the end.
    """

    outcomes: int | None = None
    changes: int | None = None
    iterations: int = 0


@dataclass(frozen=True)
class Extent:
    """Whether the lists are *complete*, and the addresses that they *keep*."""

    complete: bool = True
    keep: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Faults:
    """The faults of a run."""

    share: float = 0.0
    seed: int = 0
    add: Literal["", "registrant", "daily", "concurrent", "per_second"] = ""
    status: Literal["", "registrant", "daily", "concurrent", "per_second"] = ""


@dataclass
class Model:
    """One target: its registrants, its list, and the facts about people that decide which changes are right.

    - *ours*: those whom a sync has tried to add, and whom none has reported as cancelled or denied since;
    - *seen*: those whom a sync has reported as registered;
    - *gone*: those of them who have cancelled or were removed at Zoom;
    - *checked*: the number of changes that were checked.
    """

    meeting: WatchedMeeting
    rows: list[tuple[int, RowKind]] = field(default_factory=list[tuple[int, RowKind]])
    ours: set[str] = field(default_factory=set[str])
    seen: set[str] = field(default_factory=set[str])
    gone: set[str] = field(default_factory=set[str])
    checked: int = 0

    def desired(self, extent: Extent) -> DesiredList:
        rows = tuple(self._row(number, *row) for number, row in enumerate(self.rows, 2))
        return DesiredList(target_of(self.meeting), rows, complete=extent.complete, keep=extent.keep)

    def _row(self, row: int, number: int, kind: RowKind) -> Row:
        email = address(number) if number else self.meeting.host.email
        if kind == "rejected":
            return RejectedRow(row=row, reason="the row has too many columns", email=email.upper())
        if kind == "unreadable":
            return DesiredPerson(row=row, registrant=person("no address"))
        name = {"renamed": f"Other {row}", "no name": " "}.get(kind, f"Person {number}")
        # Case and blanks do not matter.
        registrant = person(f" {email.upper()}" if row % 2 else email, name)
        return DesiredPerson(row=row, registrant=registrant, cancel=kind == "cancelled")

    def may_remove(self, policy: SyncPolicy, extent: Extent) -> set[str]:
        """Return the addresses whose registration a sync may cancel or deny."""
        people = {address(number) for number in range(1, PEOPLE + 1)}
        wanted = {address(number) for number, kind in self.rows if kind in {"person", "renamed", "no name"}}
        allowed = {address(number) for number, kind in self.rows if kind == "cancelled"} - wanted
        if not self.rows or not extent.complete or any(kind == "unreadable" for _, kind in self.rows):
            return set()
        if policy.on_absent != "keep":
            absent = people - {address(number) for number, _ in self.rows} - {email.casefold() for email in extent.keep}
            allowed |= absent if policy.absent_scope == "all" else absent & self.ours
        return allowed

    def new_changes(self) -> Sequence[StatusChange]:
        changes = self.meeting.changes[self.checked :]
        self.checked += len(changes)
        return changes


@dataclass
class Run:
    """One run of a sync and its results; *complete* if it was neither stopped nor disturbed by another one."""

    policy: SyncPolicy
    allowed: dict[int, set[str]]
    most: dict[int, int] = field(default_factory=dict[int, int])
    outcomes: list[PersonOutcome] = field(default_factory=list[PersonOutcome])
    changed: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])
    complete: bool = False


POLICIES = st.builds(
    SyncPolicy,
    on_absent=st.sampled_from(["keep", "cancel", "deny"]),
    absent_scope=st.sampled_from(["ours", "ours", "all"]),
    approve=st.sampled_from(["never", "ours", "all"]),
    on_denied=st.sampled_from(["keep", "approve"]),
    on_gone=st.sampled_from(["report", "report", "readd"]),
    max_cancel=st.sampled_from([None, "0", "1", "50%"]),
    list_delay=st.just(LIST_DELAY),
)
KINDS = st.sampled_from(["", "", "", "registrant", "daily", "concurrent", "per_second"])
FAULTS = st.builds(Faults, share=st.sampled_from([0.0, 0.2, 0.4]), seed=st.integers(0, 999), add=KINDS, status=KINDS)
STOPS = st.one_of(
    st.just(Stop()),
    st.builds(Stop, outcomes=st.integers(1, 4)),
    st.builds(Stop, changes=st.integers(1, 4), iterations=st.integers(0, 200)),
)
BETWEEN: st.SearchStrategy[Between] = st.sampled_from(
    ["nothing", "seconds", "day", "cancel", "deny", "approve", "remove", "register", "sync"]
)
NUMBERS = st.integers(1, PEOPLE)
TARGETS = st.integers(0, 1)


class SyncMachine(RuleBasedStateMachine):
    """A Zoom account with two targets, and syncs of them."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=IdleClockLoop)
        self.folder = TemporaryDirectory()
        self.stack = AsyncExitStack()
        self.models: list[Model] = []
        self.adds = Counter[tuple[str, str, str]]()
        self.logged = 0
        self.policy = SyncPolicy(list_delay=LIST_DELAY)

    def run(self, coroutine: Coroutine[object, object, T]) -> T:
        return self.runner.run(coroutine)

    @initialize(
        late=st.sampled_from([0, 8, 18]),
        write_seconds=st.sampled_from([0.0, WRITE_SECONDS]),
        kinds=st.tuples(st.sampled_from([2, 5]), st.sampled_from([2, 5])),
        approvals=st.tuples(st.sampled_from([0, 1]), st.sampled_from([0, 1])),
        seats=st.sampled_from([3, 50, 50]),
        registered=st.lists(NUMBERS, max_size=3, unique=True),
    )
    def begin(
        self,
        late: int,
        write_seconds: float,
        kinds: tuple[Literal[2, 5], Literal[2, 5]],
        approvals: tuple[Literal[0, 1], Literal[0, 1]],
        seats: int,
        registered: list[int],
    ) -> None:
        self.late = late
        folder = Path(self.folder.name)
        self.stage: Stage = self.run(
            self.stack.enter_async_context(staged(folder, list_delay=late, write_seconds=write_seconds))
        )
        for kind, approval, capacity in zip(kinds, approvals, (seats, 50), strict=True):
            self.models.append(Model(self.stage.add_meeting(type=kind, approval_type=approval, capacity=capacity)))
            self.models[-1].rows = [(number, "person") for number in range(1, PEOPLE + 1)]
        for number in registered:
            self.models[0].meeting.register(address(number))

    def teardown(self) -> None:
        try:
            if self.models:
                self.run(self.converge())
        finally:
            self.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()

    # --- changes of the lists and at Zoom

    @rule(
        which=TARGETS,
        number=st.integers(0, PEOPLE),
        kind=st.sampled_from(["person", "person", "renamed", "cancelled", "rejected", "unreadable", "no name"]),
    )
    def append_row(self, which: int, number: int, kind: RowKind) -> None:
        self.models[which].rows.append((number, kind))

    @rule(which=TARGETS, numbers=st.lists(NUMBERS, unique=True, min_size=1))
    def set_list(self, which: int, numbers: list[int]) -> None:
        self.models[which].rows = [(number, "person") for number in numbers]

    @rule(which=TARGETS, number=NUMBERS, kind=st.sampled_from(["person", "renamed", "cancelled", ""]))
    def change_rows(self, which: int, number: int, kind: RowKind | Literal[""]) -> None:
        model = self.models[which]
        others = [row for row in model.rows if row[0] != number]
        model.rows = [(each, kind if each == number else old) for each, old in model.rows] if kind else others

    @rule(
        which=TARGETS,
        number=NUMBERS,
        action=st.sampled_from(["register", "cancel", "approve", "deny", "remove"]),
    )
    def change_at_zoom(self, which: int, number: int, action: Between) -> None:
        model, email = self.models[which], address(number)
        meeting, status = model.meeting, model.meeting.status_of(email)
        if action == "register" and status not in REGISTERED | {"denied"}:
            meeting.register(email, "pending" if meeting.approval_type == 1 else "approved")
            model.gone.discard(email)
        elif action == "approve" and status in {"pending", "denied"}:
            meeting.set_status(email, "approved")
            model.gone.discard(email)
        elif action == "deny" and status in REGISTERED:
            meeting.set_status(email, "denied")
        elif action in {"cancel", "remove"} and status in REGISTERED | {"denied"}:
            if action == "cancel":
                meeting.set_status(email, "cancelled")
            else:
                registrant = meeting.registrant(email)
                meeting.registrants = [each for each in meeting.registrants if each is not registrant]
            if email in model.seen:
                model.gone.add(email)

    @rule(seconds=st.sampled_from([1, 9, 22, 90, None]))
    def wait(self, seconds: int | None) -> None:
        """Move the clock by so many *seconds*, or to the next day."""
        if seconds is None:
            self.stage.clock.move_to_next_day()
        else:
            self.stage.clock.move(seconds)

    # --- syncs

    @rule(
        policy=POLICIES,
        faults=FAULTS,
        stop=STOPS,
        between=BETWEEN,
        which=TARGETS,
        number=NUMBERS,
        extent=st.sampled_from([Extent(), Extent(), Extent(complete=False), Extent(keep=frozenset({"P1@X.example"}))]),
        other=POLICIES,
    )
    def sync(
        self,
        policy: SyncPolicy,
        faults: Faults,
        stop: Stop,
        between: Between,
        which: int,
        number: int,
        extent: Extent,
        other: SyncPolicy,
    ) -> None:
        """Plan, change something, and apply the plan, with faults and possibly not to the end."""
        self.run(self.plan_and_apply(policy, faults, stop, between, which, number, extent, other))

    @rule(policy=POLICIES)
    def sync_without_faults(self, policy: SyncPolicy) -> None:
        self.run(self.plan_and_apply(policy, Faults(), Stop(), "nothing", 0, 1, Extent(), policy))

    @rule(policy=POLICIES, faults=FAULTS, stop=STOPS)
    def sync_with_faults(self, policy: SyncPolicy, faults: Faults, stop: Stop) -> None:
        self.run(self.plan_and_apply(policy, faults, stop, "nothing", 0, 1, Extent(), policy))

    @rule(policies=st.tuples(POLICIES, POLICIES), faults=FAULTS, stop=STOPS)
    def sync_twice_at_once(self, policies: tuple[SyncPolicy, SyncPolicy], faults: Faults, stop: Stop) -> None:
        """Two syncs with one journal plan, and then apply their plans at the same time."""
        self.run(self.two_at_once(policies, faults, stop))

    async def plan_and_apply(
        self,
        policy: SyncPolicy,
        faults: Faults,
        stop: Stop,
        between: Between,
        which: int,
        number: int,
        extent: Extent,
        other: SyncPolicy,
    ) -> None:
        run = self.new_run(policy, extent)
        async with self.stage.syncing(policy) as sync:
            self.inject(faults)
            plan = await self.plan(sync, run, extent)
            email = address(number)
            if between in {"cancel", "deny", "approve", "remove", "register"}:
                before = self.models[which].meeting.status_of(email)
                self.change_at_zoom(which, number, between)
                if self.models[which].meeting.status_of(email) != before:
                    run.changed.add((which, email))
            elif between == "seconds":
                self.stage.clock.move(22)
            elif between == "day":
                self.check([run])
                self.stage.clock.move_to_next_day()
            elif between == "sync":
                self.stage.fake.clear_responses()
                await self.plan_and_apply(other, Faults(), Stop(), "nothing", 0, 1, Extent(), other)
                self.inject(faults)
            run.complete = await self.apply(plan, run, stop) and between != "sync"
        self.policy = policy
        self.stage.fake.clear_responses()
        self.check([run])

    async def two_at_once(self, policies: tuple[SyncPolicy, SyncPolicy], faults: Faults, stop: Stop) -> None:
        runs = [self.new_run(policy, Extent()) for policy in policies]
        async with self.stage.syncing(policies[0]) as one, self.stage.syncing(policies[1]) as two:
            self.inject(faults)
            plans = [await self.plan(sync, run, Extent()) for sync, run in zip((one, two), runs, strict=True)]
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self.apply, plans[0], runs[0], stop)
                tasks.start_soon(self.apply, plans[1], runs[1], Stop())
        self.policy = policies[1]
        self.stage.fake.clear_responses()
        self.check(runs)

    def new_run(self, policy: SyncPolicy, extent: Extent) -> Run:
        allowed = {number: model.may_remove(policy, extent) for number, model in enumerate(self.models)}
        return Run(policy, allowed)

    async def plan(self, sync: RegistrantSync, run: Run, extent: Extent) -> SyncPlan:
        plan = await sync.plan([model.desired(extent) for model in self.models])
        assert plan == await self.from_file(sync, plan)
        for number, target in enumerate(plan.targets()):
            run.most[number] = run.policy.most_cancellations(target.registered)
        return plan

    async def from_file(self, sync: RegistrantSync, plan: SyncPlan) -> SyncPlan:
        path = Path(self.folder.name) / "plan.json"
        plan.write(path)
        return sync.read_plan(path)

    def inject(self, faults: Faults) -> None:
        fake = self.stage.fake
        for name in ("meetings", "webinars"):
            if faults.add:
                fake.throttle(f"{name}.registrants.add", kind=faults.add)
            if faults.status:
                fake.throttle(f"{name}.registrants.update_status", kind=faults.status)
            if faults.share:
                fake.disturb(f"{name}.registrants", share=faults.share, seed=faults.seed)

    async def apply(self, plan: SyncPlan, run: Run, stop: Stop) -> bool:
        """Apply *plan* until *stop*; return whether it was applied to its end."""
        task = asyncio.create_task(self.take_outcomes(plan, run, stop))
        cancelling = asyncio.create_task(self.cancel(task, stop)) if stop.changes else None
        try:
            return await task
        except asyncio.CancelledError:
            return False
        finally:
            if cancelling:
                cancelling.cancel()
            await asyncio.sleep(WRITE_SECONDS)  # the fake logs a request at its end

    async def cancel(self, task: asyncio.Task[bool], stop: Stop) -> None:
        """Cancel a run in the response to a request, or soon after."""
        changes = asyncio.Semaphore(0)
        for model in self.models:
            model.meeting.on_change = changes.release
        for _ in range(stop.changes or 0):
            await changes.acquire()
        for _ in range(stop.iterations):
            await asyncio.sleep(0)
        task.cancel()

    async def take_outcomes(self, plan: SyncPlan, run: Run, stop: Stop) -> bool:
        async with plan.apply() as outcomes:
            async for outcome in outcomes:
                run.outcomes.append(outcome)
                if len(run.outcomes) == stop.outcomes:
                    return False
        return True

    # --- checks

    def check(self, runs: Sequence[Run]) -> None:
        """Check the requests and changes since the last check, which *runs* have made."""
        requests = self.stage.fake.requests[self.logged :]
        self.logged += len(requests)
        readds = any(run.policy.on_gone == "readd" for run in runs)
        for number, model in enumerate(self.models):
            posts = [email_of(each) for each in requests if is_add(each, model.meeting)]
            changes = model.new_changes()
            assert readds or not model.gone & {*posts}, "a person who is gone was added again"
            for email in posts:
                key = (str(model.meeting.id), email, self.stage.clock().date().isoformat())
                self.adds[key] += 1
                assert self.adds[key] <= 3, "a person was added four times on one day"
            model.ours |= {*posts}
            model.gone -= {*posts}
            removed = list[str]()
            for change in changes:
                assert change.before != change.after, "a person was added who was registered"
                if change.after in {"cancelled", "denied"}:
                    removed.append(change.email)
                for run in runs:
                    is_stale = (number, change.email) in run.changed and not self.was_late(model, change)
                    assert not is_stale, "a person was changed who had changed since the plan"
            assert {*removed} <= set[str]().union(*(run.allowed[number] for run in runs)), (
                "a wrong person was cancelled"
            )
            assert len(removed) <= sum(run.most.get(number, 0) for run in runs), "too many people were cancelled"
        self.check_mails()
        for run in runs:
            self.learn(run, alone=len(runs) == 1)

    def was_late(self, model: Model, change: StatusChange) -> bool:
        """Return whether the lists may have lacked an earlier change of the same person."""
        earlier = [each.at for each in model.meeting.changes if each.email == change.email and each is not change]
        return any((change.at - at).total_seconds() < SURE for at in earlier if at <= change.at)

    def check_mails(self) -> None:
        """Check that nobody has more confirmations than registrations by requests."""
        confirmations = Counter(
            (mail.meeting_id, mail.address.casefold()) for mail in self.stage.fake.mails if mail.kind == "confirmation"
        )
        registrations = Counter(
            (model.meeting.id, change.email)
            for model in self.models
            for change in model.meeting.changes
            if change.before not in REGISTERED and change.after in REGISTERED
        )
        assert confirmations <= registrations, "a second confirmation"

    def learn(self, run: Run, *, alone: bool) -> None:
        """Check the outcomes of a run, and remember the people whom it has reported as registered or cancelled."""
        rows = Counter((str(outcome.target), outcome.row) for outcome in run.outcomes if outcome.row is not None)
        assert all(number == 1 for number in rows.values()), "two outcomes of one row"
        if run.complete and alone:
            assert len(rows) == sum(len(model.rows) for model in self.models), "a row without an outcome"
        by_target = {str(target_of(model.meeting)): model for model in self.models}
        for outcome in run.outcomes:
            model = by_target[str(outcome.target)]
            email = outcome.email
            if outcome.result in {Result.CANCELLED, Result.DENIED}:
                model.ours.discard(email)
                model.seen.discard(email)
                if run.complete and alone:
                    assert not model.meeting.is_registered(email), "reported as cancelled"
            elif run.complete and alone and outcome.registrant_id and outcome.status in REGISTERED:
                if outcome.result in {Result.ADDED, Result.APPROVED}:
                    assert model.meeting.is_registered(email), "reported as added"
                if outcome.result in {Result.ADDED, Result.APPROVED, Result.UNCHANGED, Result.DIFFERS}:
                    model.seen.add(email)
            elif outcome.reason == "the person is not registered" and run.complete and alone and not run.changed:
                assert not model.meeting.is_registered(email), "reported as not registered"

    # --- the end

    async def converge(self) -> None:
        """Without faults, a few runs lead to a plan without writes, and to the registrants of the lists."""
        self.stage.clock.move_to_next_day()
        for _ in range(3):
            await self.plan_and_apply(self.policy, Faults(), Stop(), "nothing", 0, 1, Extent(), self.policy)
            self.stage.clock.move(SURE)
        async with self.stage.syncing(self.policy) as sync:
            plan = await sync.plan([model.desired(Extent()) for model in self.models])
            assert plan.totals().writes == 0, f"not converged: {[*plan.changes(Action.ADD, Action.CANCEL)]}"
            assert not plan.totals().counts.get(Action.UNKNOWN), "unknown after the delay"
            assert not plan.totals().counts.get(Action.DEFERRED), "deferred on a new day"
            assert plan.totals().failed == 0
            planned = {(str(target.target), change.row): change for target, change in plan.changes()}
        for model in self.models:
            for row, (number, kind) in enumerate(model.rows, 2):
                change = planned[str(target_of(model.meeting)), row]
                if change.action in {Action.UNCHANGED, Action.DIFFERS} and kind != "cancelled":
                    assert change.status == model.meeting.status_of(address(number)), "not the status at Zoom"
                elif change.action is Action.ADD:
                    raise AssertionError


def is_add(request: LoggedRequest, meeting: WatchedMeeting) -> bool:
    """Return whether a request may have added a person: a 429 counts for nothing."""
    name = "webinars" if meeting.is_webinar else "meetings"
    return (
        request.method == "POST"
        and request.raw_path.endswith(f"/{name}/{meeting.id}/registrants")
        and request.status != 429
    )


def email_of(request: LoggedRequest) -> str:
    return str(cast("dict[str, object]", request.body)["email"]).strip().casefold()


TestSyncInAnyOrder = SyncMachine.TestCase
TestSyncInAnyOrder.settings = settings(
    max_examples=int(EXAMPLES or 30),
    stateful_step_count=STEPS,
    derandomize=EXAMPLES is None,
    deadline=None,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),  # an explanation takes minutes
)
