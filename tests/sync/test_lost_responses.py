"""Responses that are lost, lists that are late, and runs that end in the middle: nobody is added or mailed twice."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import anyio
import pytest
from support.syncing import (
    SURE,
    Stage,
    WatchedMeeting,
    desired,
    in_idle_time,
    outcomes_of,
    people,
    person,
    results,
    staged,
)

from zoomasync.sync import DesiredPerson, PersonOutcome, Result, SyncPolicy

POSTED = "meetings.registrants.add"
STATUS = "meetings.registrants.update_status"
LATE = 8
ADA = "ada@x.example"
CANCELLED = DesiredPerson(registrant=person(ADA), cancel=True)


async def first_outcome(stage: Stage, meeting: WatchedMeeting, number: int = 60) -> PersonOutcome:
    """Apply a plan of so many additions, and leave after the first outcome."""
    async with stage.syncing() as sync:
        plan = await sync.plan(desired(meeting, people(number)))
        async with plan.apply() as outcomes:
            async for outcome in outcomes:
                await anyio.sleep(3)  # until the sender waits
                return outcome
    raise AssertionError


def added_once(meeting: WatchedMeeting) -> bool:
    """Return whether no request has added a registered person."""
    return all(change.before not in {"approved", "pending"} for change in meeting.changes if change.after == "approved")


# --- a run that ends early


@pytest.mark.parametrize("registered", [0, 60], ids=["with changes", "without changes"])
@in_idle_time
async def test_leaving_early_is_no_error(registered: int, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        await stage.sync(desired(meeting, people(registered)))

        outcome = await first_outcome(stage, meeting)

        assert outcome.email == "p0@x.example"
        assert len(meeting.registrants) <= 60


@in_idle_time
async def test_next_run_adds_the_others(tmp_path: Path) -> None:
    async with staged(tmp_path, list_delay=LATE) as stage:
        meeting = stage.add_meeting()
        await first_outcome(stage, meeting)
        begun = len(meeting.registrants)

        outcomes = await stage.sync(desired(meeting, people(60)))

        assert 0 < begun < 60
        assert {*results(outcomes).values()} <= {Result.ADDED, Result.UNCHANGED, Result.UNKNOWN}
        assert len(meeting.registrants) >= 59  # the one that was under way may be unknown
        assert added_once(meeting)


@in_idle_time
async def test_error_in_block_is_raised(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        async with stage.syncing() as sync:
            plan = await sync.plan(desired(meeting, people(60)))

            async def fail_in_block() -> None:
                async with plan.apply() as outcomes:
                    async for _ in outcomes:
                        raise KeyError

            with pytest.raises(KeyError):
                await fail_in_block()
        assert len(meeting.registrants) < 60


# --- responses that are lost


@pytest.mark.parametrize("after", ["request", "handling", "headers", "half_body"])
@pytest.mark.parametrize("late", [0, LATE])
@in_idle_time
async def test_lost_addition_is_resolved(
    after: Literal["request", "handling", "headers", "half_body"], late: int, tmp_path: Path
) -> None:
    async with staged(tmp_path, list_delay=late) as stage:
        meeting = stage.add_meeting()
        stage.fake.drop_connection(POSTED, after=after)

        (outcome,) = await stage.sync(desired(meeting, [person(ADA)]))

        has_run = after != "request"
        assert outcome.result is (Result.ADDED if has_run else Result.UNKNOWN)
        assert meeting.is_registered(ADA) == has_run
        assert bool(outcome.join_url) == has_run
        assert stage.sent("POST") == 1


@in_idle_time
async def test_unknown_is_added_by_next_run(tmp_path: Path) -> None:
    async with staged(tmp_path, list_delay=LATE) as stage:
        meeting = stage.add_meeting()
        stage.fake.drop_connection(POSTED)
        await stage.sync(desired(meeting, [person(ADA)]))

        (soon,) = await stage.sync(desired(meeting, [person(ADA)]))
        stage.clock.move(SURE)
        (later,) = await stage.sync(desired(meeting, [person(ADA)]))

        assert (soon.result, later.result) == (Result.UNKNOWN, Result.ADDED)
        assert len(stage.fake.mails) == 1


@pytest.mark.parametrize("after", ["request", "handling"])
@in_idle_time
async def test_lost_cancellation_is_resolved(after: Literal["request", "handling"], tmp_path: Path) -> None:
    """The client repeats a lost change of a status, which does no harm."""
    async with staged(tmp_path, list_delay=LATE) as stage:
        meeting = stage.add_meeting()
        await stage.sync(desired(meeting, [person(ADA)]))
        stage.clock.move(LATE)
        stage.fake.drop_connection(STATUS, after=after, times=3)

        (outcome,) = await stage.sync(desired(meeting, [CANCELLED]))

        has_run = after == "handling"
        assert outcome.result is (Result.CANCELLED if has_run else Result.UNKNOWN)
        assert meeting.is_registered(ADA) != has_run


@in_idle_time
async def test_kill_before_response_adds_once(tmp_path: Path) -> None:
    """The task is cancelled after Zoom has carried out the addition, and before its response."""
    async with staged(tmp_path, list_delay=LATE, write_seconds=2) as stage:
        meeting = stage.add_meeting()
        async with stage.syncing() as sync:
            plan = await sync.plan(desired(meeting, [person(ADA)]))
            with anyio.move_on_after(1):
                await outcomes_of(plan)
        assert meeting.is_registered(ADA)

        (soon,) = await stage.sync(desired(meeting, [person(ADA)]))
        stage.clock.move(LATE)
        (later,) = await stage.sync(desired(meeting, [person(ADA)]))

        assert (soon.result, later.result) == (Result.UNKNOWN, Result.UNCHANGED)
        assert len(meeting.changes) == 1


@in_idle_time
async def test_kill_after_wait_adds_once(tmp_path: Path) -> None:
    """An addition that waits for its permit is sent long after it was written to the journal."""
    policy = SyncPolicy(list_delay=LATE)
    async with staged(tmp_path, list_delay=LATE, write_seconds=2) as stage:
        meeting = stage.add_meeting()
        stage.fake.throttle(POSTED, retry_after=30)
        async with stage.syncing(policy) as sync:
            plan = await sync.plan(desired(meeting, [person(ADA)]))
            with anyio.move_on_after(31):
                await outcomes_of(plan)
        assert meeting.is_registered(ADA)

        (soon,) = await stage.sync(desired(meeting, [person(ADA)]), policy=policy)

        assert soon.result is Result.UNKNOWN
        assert added_once(meeting)


@in_idle_time
async def test_addition_after_wait_is_recent(tmp_path: Path) -> None:
    policy = SyncPolicy(list_delay=LATE)
    async with staged(tmp_path, list_delay=LATE) as stage:
        meeting = stage.add_meeting()
        stage.fake.throttle(POSTED, retry_after=30)
        (added,) = await stage.sync(desired(meeting, [person(ADA)]), policy=policy)

        (soon,) = await stage.sync(desired(meeting, [person(ADA)]), policy=policy)

        assert (added.result, soon.result) == (Result.ADDED, Result.UNCHANGED)


# --- lists that are late


@in_idle_time
async def test_late_list_does_not_add_again(tmp_path: Path) -> None:
    async with staged(tmp_path, list_delay=LATE) as stage:
        meeting = stage.add_meeting()
        await stage.sync(desired(meeting, people(3)))

        outcomes = await stage.sync(desired(meeting, people(3)))

        assert {*results(outcomes).values()} == {Result.UNCHANGED}
        assert stage.sent("POST") == 3


@in_idle_time
async def test_late_list_hides_cancelled_row(tmp_path: Path) -> None:
    """A person who was added a moment ago cannot be cancelled yet, so the outcome is not final."""
    async with staged(tmp_path, list_delay=LATE) as stage:
        meeting = stage.add_meeting()
        await stage.sync(desired(meeting, [person(ADA)]))

        (soon,) = await stage.sync(desired(meeting, [CANCELLED]))
        stage.clock.move(LATE)
        (later,) = await stage.sync(desired(meeting, [CANCELLED]))

        assert (soon.result, later.result) == (Result.UNKNOWN, Result.CANCELLED)


@in_idle_time
async def test_late_list_does_not_cancel_again(tmp_path: Path) -> None:
    async with staged(tmp_path, list_delay=LATE) as stage:
        meeting = stage.add_meeting()
        await stage.sync(desired(meeting, [person(ADA)]))
        stage.clock.move(LATE)
        await stage.sync(desired(meeting, [CANCELLED]))

        (soon,) = await stage.sync(desired(meeting, [CANCELLED]))
        (back,) = await stage.sync(desired(meeting, [person(ADA)]))

        assert (soon.result, back.result) == (Result.UNKNOWN, Result.UNKNOWN)
        assert stage.sent("PUT") == 1


# --- people who are gone


@pytest.mark.parametrize("by_sync", [True, False], ids=["added by the sync", "registered at Zoom"])
@in_idle_time
async def test_gone_is_not_added_again(*, by_sync: bool, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        if not by_sync:
            meeting.register(ADA)
        await stage.sync(desired(meeting, [person(ADA)]))
        meeting.set_status(ADA, "cancelled")
        stage.clock.move(60)

        gone = [await stage.sync(desired(meeting, [person(ADA)])) for _ in range(2)]
        (back,) = await stage.sync(desired(meeting, [person(ADA)]), policy=SyncPolicy(on_gone="readd"))

        assert [each.result for (each,) in gone] == [Result.GONE, Result.GONE]
        assert back.result is Result.ADDED


@in_idle_time
async def test_gone_after_return_is_gone(tmp_path: Path) -> None:
    """A person whom the sync has cancelled, who has registered at Zoom since, and who has cancelled there."""
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        await stage.sync(desired(meeting, [person(ADA)]))
        await stage.sync(desired(meeting, [CANCELLED]))
        meeting.register(ADA)
        stage.clock.move(60)
        (seen,) = await stage.sync(desired(meeting, [person(ADA, "Self")]))
        meeting.set_status(ADA, "cancelled")

        (outcome,) = await stage.sync(desired(meeting, [person(ADA, "Self")]))

        assert (seen.result, outcome.result) == (Result.UNCHANGED, Result.GONE)


@in_idle_time
async def test_old_plan_forgets_no_addition(tmp_path: Path) -> None:
    """A plan in which a person is gone is applied after another sync has added the person again."""
    async with staged(tmp_path, list_delay=LATE) as stage:
        meeting = stage.add_meeting()
        await stage.sync(desired(meeting, [person(ADA)]))
        meeting.set_status(ADA, "cancelled")
        stage.clock.move(60)
        async with stage.syncing() as old:
            plan = await old.plan(desired(meeting, [person(ADA)]))
            await stage.sync(desired(meeting, [person(ADA)]), policy=SyncPolicy(on_gone="readd"))
            await outcomes_of(plan)

        (outcome,) = await stage.sync(desired(meeting, [person(ADA)]), policy=SyncPolicy(on_gone="readd"))

        assert outcome.result is Result.UNCHANGED
        assert added_once(meeting)
