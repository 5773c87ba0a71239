"""Applying a plan: the state since the plan, daily limits, seats, simultaneous syncs and plan files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, cast

import anyio
import pytest
from support.syncing import (
    NOW,
    SURE,
    TODAY,
    Stage,
    desired,
    in_idle_time,
    outcomes_of,
    people,
    person,
    results,
    staged,
    target_of,
)

from zoomasync.errors import ConfigError, StoreError
from zoomasync.sync import Action, DesiredList, DesiredPerson, Result, SyncPolicy
from zoomasync.testing import Account, FakeZoom, RegistrantStatus

ADA = "ada@x.example"
GUEST = "guest1@elsewhere.example"
POSTED = "meetings.registrants.add"
STATUS = "meetings.registrants.update_status"
CANCEL = SyncPolicy(on_absent="cancel", absent_scope="all", max_cancel="100%")


def status_calls(stage: Stage) -> list[int]:
    """Return the number of people in each change of a status."""
    bodies = [
        cast("dict[str, list[object]]", request.body) for request in stage.fake.requests if request.method == "PUT"
    ]
    return [len(body["registrants"]) for body in bodies]


# --- changed since the plan


STATES: Sequence[tuple[SyncPolicy, str, str, str]] = (
    (SyncPolicy(), "add", "approved", "approved"),
    (SyncPolicy(), "add", "denied", ""),
    (CANCEL, "cancel", "denied", ""),
    (CANCEL, "cancel", "cancelled", ""),
    (CANCEL, "cancel", "approved", ""),
    (SyncPolicy(approve="all"), "approve", "denied", ""),
    (SyncPolicy(approve="all"), "approve", "approved", "approved"),
)
"""A policy, the planned action, the status of one of two people since the plan, and the status if the plan wants it."""


@pytest.mark.parametrize(("policy", "planned", "status", "wanted"), STATES)
@in_idle_time
async def test_changed_person_is_left_alone(
    policy: SyncPolicy, planned: str, status: RegistrantStatus, wanted: str, tmp_path: Path
) -> None:
    """The other changes of the plan are made."""
    rows = {
        "add": [person(ADA), person("bo@x.example")],
        "cancel": people(1),
        "approve": [person(f"guest{number}@elsewhere.example", "Guest") for number in (1, 2)],
    }
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(approval_type=1, registrants=0 if planned == "add" else 2)
        async with stage.syncing(policy) as sync:
            plan = await sync.plan(desired(meeting, rows[planned]))
            number = plan.totals().counts[Action(planned)]
            if planned == "add":
                meeting.register(ADA, status)
            else:
                meeting.set_status(GUEST, status)
            outcomes = await outcomes_of(plan)

    is_wanted = wanted or (planned, status) == ("cancel", "cancelled")
    result = Result.UNCHANGED if is_wanted else Result.CHANGED
    changed = [outcome for outcome in outcomes if outcome.result is result]
    assert len(changed) == 1
    assert changed[0].status == ("" if status == "cancelled" else status), "of now"
    assert number == 2
    assert [each.email for each in meeting.changes if each.email == changed[0].email] == []
    assert len(meeting.changes) == len(outcomes) - 1


@in_idle_time
async def test_plan_applied_twice_writes_once(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(registrants=2)
        async with stage.syncing(CANCEL) as sync:
            plan = await sync.plan(desired(meeting, people(3)))
            first, second = await outcomes_of(plan), await outcomes_of(plan)

    assert [outcome.result for outcome in first] == [Result.CANCELLED] * 2 + [Result.ADDED] * 3
    assert {(outcome.result, outcome.reason) for outcome in second} == {
        (Result.UNCHANGED, "the change was made since the plan")
    }
    assert [bool(outcome.join_url) for outcome in second] == [False] * 2 + [True] * 3
    assert len(meeting.changes) == 5


@in_idle_time
async def test_person_gone_since_plan(tmp_path: Path) -> None:
    """A registration without a change that has ended since the plan is reported as changed."""
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        await stage.sync(desired(meeting, people(2)))
        stage.clock.move(60)
        async with stage.syncing() as sync:
            plan = await sync.plan(desired(meeting, people(3)))
            meeting.set_status("p0@x.example", "cancelled")
            outcomes = await outcomes_of(plan)

    assert results(outcomes) == {
        "p0@x.example": Result.CHANGED,
        "p1@x.example": Result.UNCHANGED,
        "p2@x.example": Result.ADDED,
    }


# --- changes of a status


@in_idle_time
async def test_thirty_people_per_call(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(registrants=61, approval_type=1)
        rows = [person(each.email, each.first_name) for each in meeting.registrants]
        approved = await stage.sync(desired(meeting, rows), policy=SyncPolicy(approve="all"))
        stage.clock.move(60)
        cancelled = await stage.sync(desired(meeting, people(1)), policy=CANCEL)

    assert status_calls(stage) == [30, 30, 1] * 2
    assert {outcome.result for outcome in approved} == {Result.APPROVED}
    assert all(outcome.join_url for outcome in approved)
    assert [outcome.result for outcome in cancelled].count(Result.CANCELLED) == 61


@in_idle_time
async def test_one_unknown_person_spoils_no_call(tmp_path: Path) -> None:
    """Zoom rejects a call for one of its thirty people: it is repeated person by person."""
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(registrants=4)
        unknown = {"code": 1001, "message": "Registrant does not exist: x."}
        stage.fake.respond(STATUS, status=404, body=unknown)
        stage.fake.respond(STATUS, status=404, body=unknown, on_request=3)
        outcomes = await stage.sync(desired(meeting, people(1)), policy=CANCEL)

    assert status_calls(stage) == [4, 1, 1, 1, 1]
    counted = [outcome.result for outcome in outcomes]
    assert (counted.count(Result.CANCELLED), counted.count(Result.CHANGED)) == (3, 1)


@in_idle_time
async def test_ten_changes_per_day(tmp_path: Path) -> None:
    policy = SyncPolicy(on_denied="approve")
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(approval_type=1)
        meeting.register(ADA)
        found = list[Result]()
        for _ in range(11):
            meeting.set_status(ADA, "denied")
            stage.clock.move(60)
            found += [each.result for each in await stage.sync(desired(meeting, [person(ADA, "Self")]), policy=policy)]
        stage.clock.move_to_next_day()
        (tomorrow,) = await stage.sync(desired(meeting, [person(ADA, "Self")]), policy=policy)

    assert found == [Result.APPROVED] * 10 + [Result.DEFERRED]
    assert tomorrow.result is Result.APPROVED
    assert stage.sent("PUT") == 11


@in_idle_time
async def test_full_webinar_approves_when_seats_are_free(tmp_path: Path) -> None:
    """A seat that is free again is used by the next run, although Zoom has rejected the approval before."""
    policy = SyncPolicy(on_denied="approve", list_delay=0)
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(type=5, approval_type=1, capacity=1)
        meeting.register("bo@x.example")
        meeting.register(ADA, "denied")
        (full,) = await stage.sync(desired(meeting, [person(ADA, "Self")]), policy=policy)
        (still_full,) = await stage.sync(desired(meeting, [person(ADA, "Self")]), policy=policy)
        sent = stage.sent("PUT")
        meeting.set_status("bo@x.example", "cancelled")
        stage.clock.move_to_next_day()
        (free,) = await stage.sync(desired(meeting, [person(ADA, "Self")]), policy=policy)

    assert (full.result, full.reason, full.code) == (Result.IMPOSSIBLE, "no seat is left", 3035)
    assert (still_full, sent) == (full, 1), "not tried again without a seat"
    assert (free.result, meeting.status_of(ADA)) == (Result.APPROVED, "approved")


# --- additions


@in_idle_time
async def test_three_adds_per_day(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        stage.fake.drop_connection(POSTED, times=3)
        rows = [person(ADA), person("bo@x.example")]
        found = list[dict[str, Result]]()
        for _ in range(3):
            found.append(results(await stage.sync(desired(meeting, rows[:1]))))
            stage.clock.move(SURE)
        today = results(await stage.sync(desired(meeting, rows)))
        stage.clock.move_to_next_day()
        tomorrow = results(await stage.sync(desired(meeting, rows)))

    assert found == [{ADA: Result.UNKNOWN}] * 3
    assert today == {ADA: Result.DEFERRED, "bo@x.example": Result.ADDED}
    assert tomorrow == {ADA: Result.ADDED, "bo@x.example": Result.UNCHANGED}


@in_idle_time
async def test_limit_of_other_clients_defers(tmp_path: Path) -> None:
    """Zoom has counted more additions of a person: nothing is sent for that person before the next day."""
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        stage.fake.throttle(POSTED, kind="registrant")
        first = results(await stage.sync(desired(meeting, people(2))))
        second = results(await stage.sync(desired(meeting, people(2))))

    assert sorted(first.values()) == [Result.ADDED, Result.DEFERRED]
    assert sorted(second.values()) == [Result.DEFERRED, Result.UNCHANGED]
    assert stage.sent("POST") == 2


@in_idle_time
async def test_daily_limit_of_account_defers_all(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        stage.fake.throttle(POSTED, kind="daily", on_request=2)
        outcomes = await stage.sync(desired(meeting, people(4)))
        stage.clock.move_to_next_day()
        again = await stage.sync(desired(meeting, people(4)))

    assert [outcome.result for outcome in outcomes] == [Result.ADDED] + [Result.DEFERRED] * 3
    assert stage.sent("POST") == 5
    assert sum(outcome.result is Result.ADDED for outcome in again) == 3


@pytest.mark.parametrize("kind", [2, 5])
@in_idle_time
async def test_unknown_number_of_seats_is_learned(kind: Literal[2, 5], tmp_path: Path) -> None:
    """The registrants that the sync cancels first do not count as seats."""
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(type=kind, capacity=4, registrants=4)
        kept = [person(each.email, each.first_name) for each in meeting.registrants[2:]]
        outcomes = await stage.sync(desired(meeting, [*kept, *people(5)]), policy=CANCEL)
        posted = stage.sent("POST")
        writes = await stage.writes(desired(meeting, [*kept, *people(5)]), policy=CANCEL)

    counted = [outcome.result for outcome in outcomes]
    assert [counted.count(result) for result in (Result.CANCELLED, Result.ADDED, Result.IMPOSSIBLE)] == [2, 2, 3]
    assert posted == 3
    assert writes == 0


@pytest.mark.parametrize(
    ("code", "message", "field", "reason"),
    [
        (3034, "Please input your work email address.", "", "Zoom asks for a work address of the person"),
        (3027, "Host cannot register.", "", "the address belongs to the host or an alternative host"),
        (300, "Validation Failed.", "phone", "Zoom rejects phone"),
        (9999, "Something new.", "", "Zoom rejects this person"),
    ],
)
@in_idle_time
async def test_rejected_person_is_not_sent_again(
    code: int, message: str, field: str, reason: str, tmp_path: Path
) -> None:
    """Unless the data of the person change."""
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        errors = [{"field": field, "message": "Invalid field."}] if field else []
        stage.fake.respond(POSTED, status=400, body={"code": code, "message": message, "errors": errors})
        outcomes = await stage.sync(desired(meeting, people(2)))
        rejected = next(outcome for outcome in outcomes if outcome.result is Result.IMPOSSIBLE)
        again = await stage.sync(desired(meeting, people(2)))
        posted = stage.sent("POST")
        (changed,) = await stage.sync(desired(meeting, [person(rejected.email, "Other")]))

    assert (rejected.reason, rejected.code) == (reason, code)
    assert sorted(outcome.result for outcome in again) == [Result.IMPOSSIBLE, Result.UNCHANGED]
    assert next(outcome.message for outcome in again if outcome.code) == message
    assert posted == 2
    assert changed.result is Result.ADDED


@in_idle_time
async def test_paid_registration_stops_target(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        paid, free = stage.add_meeting(type=5), stage.add_meeting()
        paid.paid_registration = True
        outcomes = await stage.sync(desired(paid, people(4)), desired(free, people(2)))
        writes = await stage.writes(desired(paid, people(5)), desired(free, people(2)))

    reasons = [outcome.reason for outcome in outcomes if outcome.target == target_of(paid)]
    assert reasons == ["Zoom's API does not support paid registration"] * 4
    assert (stage.sent("POST"), writes) == (3, 0)


@in_idle_time
async def test_registration_off_since_plan(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        async with stage.syncing() as sync:
            plan = await sync.plan(desired(meeting, people(3)))
            meeting.settings["approval_type"] = 2
            outcomes = await outcomes_of(plan)

    assert len(outcomes) == 3
    assert meeting.changes == []
    assert {outcome.result for outcome in outcomes} <= {Result.IMPOSSIBLE, Result.FAILED}


@in_idle_time
async def test_concurrent_writes_are_repeated(tmp_path: Path) -> None:
    """Another client writes registrants of the meeting: Zoom rejects simultaneous writes."""
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        stage.fake.throttle(POSTED, kind="concurrent", times=2)
        outcomes = await stage.sync(desired(meeting, people(2)))

    assert {outcome.result for outcome in outcomes} == {Result.ADDED}


@in_idle_time
async def test_endless_concurrent_writes_end_target(tmp_path: Path) -> None:
    """The retries for one person are enough to know that another program keeps changing the registrants."""
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        stage.fake.throttle(POSTED, kind="concurrent", times=None)
        outcomes = await stage.sync(desired(meeting, people(40)))
        sent = stage.sent("POST")

    assert [outcome.result for outcome in outcomes] == [Result.FAILED] * 40
    assert sent == 3


@in_idle_time
async def test_write_without_end_ends_target(tmp_path: Path) -> None:
    """A write that takes longer than a minute is unknown, and the others are left to the next run."""
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        stage.fake.throttle(POSTED, kind="concurrent", retry_after=59, times=2)
        *others, first = await stage.sync(desired(meeting, people(3)))

    assert (first.result, first.status) == (Result.UNKNOWN, "")
    assert [(each.result, each.reason) for each in others] == [
        (Result.FAILED, "a change of a registrant: no result within 60 s")
    ] * 2


# --- several syncs


@in_idle_time
async def test_two_syncs_add_once(tmp_path: Path) -> None:
    """Two syncs plan the same additions, and apply their plans at the same time. The lists are late."""
    async with staged(tmp_path, write_seconds=1, list_delay=60) as stage:
        meeting = stage.add_meeting()
        async with stage.syncing() as one, stage.syncing() as two:
            plans = [await sync.plan(desired(meeting, people(5))) for sync in (one, two)]
            outcomes = list[list[Result]]()

            async def apply(number: int) -> None:
                outcomes.append([outcome.result for outcome in await outcomes_of(plans[number])])

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(apply, 0)
                tasks.start_soon(apply, 1)
            late = [outcome.result for outcome in await outcomes_of(plans[1])]

    assert sorted(outcomes) == [[Result.ADDED] * 5, [Result.FAILED] * 5]
    assert late == [Result.CHANGED] * 5
    assert len(meeting.changes) == 5


@in_idle_time
async def test_targets_of_one_meeting_take_turns(tmp_path: Path) -> None:
    """Occurrences of one meeting are targets of their own, whose writes are never simultaneous."""
    async with staged(tmp_path, write_seconds=1) as stage:
        meeting = stage.add_meeting(type=8, settings={"registration_type": 2})
        lists = [DesiredList(target_of(meeting, each.occurrence_id), people(3)) for each in meeting.occurrences[:3]]
        outcomes = await stage.sync(*lists)

    assert [outcome.result for outcome in outcomes] == [Result.ADDED] * 9
    assert all(request.status != 429 for request in stage.fake.requests)


# --- occurrences


@pytest.mark.parametrize("type_", [1, 2, 3])
@pytest.mark.parametrize("kind", [8, 9])
@in_idle_time
async def test_registration_types(kind: Literal[8, 9], type_: int, tmp_path: Path) -> None:
    """One registration for all occurrences, one for each, and one for several of them."""
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(type=kind, settings={"registration_type": type_})
        ids = [each.occurrence_id for each in meeting.occurrences[:2]]
        found = list[tuple[Result, str]]()
        for chosen in ((), ids[:1], ids):
            lists = DesiredList(target_of(meeting, *chosen), [person(f"p{len(chosen)}@x.example")])
            (outcome,) = await stage.sync(lists)
            found.append((outcome.result, outcome.reason))
            assert await stage.writes(lists) == 0

    noun = "webinar" if kind == 9 else "meeting"
    all_ = (Result.IMPOSSIBLE, f"this {noun} has one registration for all occurrences: leave the occurrence IDs out")
    each = (
        Result.IMPOSSIBLE,
        f"this {noun} has a registration for each occurrence: give each occurrence a list of its own",
    )
    added = (Result.ADDED, "")
    assert found == {1: [added, all_, all_], 2: [added, added, each], 3: [added, added, added]}[type_]


@in_idle_time
async def test_occurrences_are_cancelled_one_by_one(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(type=8, settings={"registration_type": 3})
        ids = [each.occurrence_id for each in meeting.occurrences]
        await stage.sync(DesiredList(target_of(meeting), [person(ADA)]))
        stage.clock.move(60)
        row = DesiredPerson(registrant=person(ADA), cancel=True)
        (outcome,) = await stage.sync(DesiredList(target_of(meeting, *ids[:2]), [row]))
        registrant = meeting.registrant(ADA)
        unknown = await stage.sync(DesiredList(target_of(meeting, "1"), people(1)))
        (some,) = await stage.sync(DesiredList(target_of(meeting, *ids[1:]), [person(ADA)]))

    assert outcome.result is Result.CANCELLED
    assert registrant is not None
    assert registrant.occurrence_ids == tuple(ids[2:])
    assert unknown[0].result in {Result.IMPOSSIBLE, Result.FAILED}
    assert (some.result, some.reason) == (Result.DIFFERS, "the person is registered for 2 of 3 occurrences")


@pytest.mark.parametrize("on_request", [1, 2])
@in_idle_time
async def test_rejected_change_of_occurrences(on_request: int, tmp_path: Path) -> None:
    """It is unknown only if it was made at one of the occurrences."""
    error: dict[str, object] = {"code": 300, "message": "Not now."}
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(type=8, settings={"registration_type": 3})
        ids = [each.occurrence_id for each in meeting.occurrences][:2]
        await stage.sync(DesiredList(target_of(meeting), [person(ADA)]))
        stage.clock.move(60)
        stage.fake.respond("meetings.registrants.update_status", status=400, body=error, on_request=on_request)
        row = DesiredPerson(registrant=person(ADA), cancel=True)
        (outcome,) = await stage.sync(DesiredList(target_of(meeting, *ids), [row]))

    assert outcome.result is (Result.IMPOSSIBLE if on_request == 1 else Result.UNKNOWN)


# --- plan files


@in_idle_time
async def test_plan_file_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    async with staged(tmp_path) as stage:
        meeting, other = stage.add_meeting(registrants=2), stage.add_meeting()
        async with stage.syncing(CANCEL) as sync:
            plan = await sync.plan([desired(meeting, [*people(3), person("x")]), desired(other, ())])
            plan.write(path)
            text = path.read_text(encoding="utf-8")
        async with stage.syncing() as sync:
            read = sync.read_plan(path)
            same = read == sync.read_plan(path)
            outcomes = await outcomes_of(read)
            policy = read.policy

    assert (path.stat().st_mode & 0o777, policy, same) == (0o600, CANCEL, True)
    assert [target["target"]["id"] for target in json.loads(text)["targets"]] == [meeting.id, other.id]
    assert "join_url" not in text
    assert "tk=" not in text
    assert [outcome.result for outcome in outcomes] == [Result.REJECTED] + [Result.ADDED] * 3


EDITS: Sequence[Callable[[str], str]] = (
    lambda text: text.replace("p0@", "p2@"),
    lambda text: text.replace('"on_absent":"keep"', '"on_absent":"cancel"', 1),
    lambda text: text.replace('"add"', '"delete"', 1),
    lambda text: text.replace('"registrant":{', '"other":{', 1),
    lambda text: text[: len(text) // 2],
    lambda text: text.replace("\n]}\n", "\n", 1),
    lambda text: text + text,
    lambda text: text.replace('"version":1', '"version":2', 1),
    lambda text: text.replace("registrants plan", "shopping list", 1),
    lambda text: json.dumps(json.loads(text), indent=2),
    lambda _: "",
    lambda _: "[]\n",
)


@pytest.mark.parametrize("edit", EDITS)
@in_idle_time
async def test_edited_plan_file_is_rejected(edit: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        async with stage.syncing() as sync:
            (await sync.plan(desired(meeting, people(2)))).write(path)
            path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
            with pytest.raises(ConfigError, match=r"plan\.json is no plan file of this version, or it was edited"):
                sync.read_plan(path)


@in_idle_time
async def test_plan_of_another_account(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    async with staged(tmp_path) as stage, FakeZoom(Account(today=TODAY, id="other"), now=lambda: NOW) as other:
        meeting = stage.add_meeting()
        async with stage.syncing() as sync:
            (await sync.plan(desired(meeting, people(2)))).write(path)
        async with Stage(other, stage.clock, tmp_path / "other").syncing() as sync:
            with pytest.raises(ConfigError, match="is the plan of another account"):
                sync.read_plan(path)
            with pytest.raises(ConfigError, match="cannot be read"):
                sync.read_plan(tmp_path / "none.json")
        async with stage.syncing() as sync:
            plan = await sync.plan(desired(meeting, people(1)))
            with pytest.raises(StoreError, match="cannot be written"):
                plan.write(tmp_path / "none" / "plan.json")
