"""The plan of one target: each kind of row and of registration leads to one action, with its reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from support.syncing import (
    NOW,
    Row,
    Stage,
    WatchedMeeting,
    desired,
    in_idle_time,
    people,
    person,
    results,
    staged,
    target_of,
)

from zoomasync.errors import InvalidArgument, Unauthorized
from zoomasync.models import CustomAnswer, NewRegistrant
from zoomasync.sync import (
    Action,
    DesiredList,
    DesiredPerson,
    PlannedChange,
    RejectedRow,
    Result,
    SyncPolicy,
    SyncTarget,
    TargetPlan,
)
from zoomasync.testing import Panelist

ADA = "ada@x.example"
TEXT = {"title": "Track", "type": "short", "required": True}
CUT_OFF: dict[str, object] = {
    "page_count": 1,
    "page_number": 1,
    "page_size": 300,
    "total_records": 7,
    "next_page_token": "",
    "registrants": (),
}
CANCEL = SyncPolicy(on_absent="cancel", absent_scope="all", max_cancel="100%")


async def planned(
    stage: Stage,
    meeting: WatchedMeeting,
    *rows: NewRegistrant | DesiredPerson | RejectedRow,
    policy: SyncPolicy | None = None,
) -> tuple[TargetPlan, list[PlannedChange]]:
    """Return the plan of one target."""
    async with stage.syncing(policy) as sync:
        plan = await sync.plan(desired(meeting, rows))
        ((target),) = plan.targets()
        return target, [change for _, change in plan.changes()]


# --- rows


@in_idle_time
async def test_rows_of_one_address(tmp_path: Path) -> None:
    """The first row that is not cancelled counts; case and blanks of the address do not matter."""
    rows = [
        DesiredPerson(registrant=person(ADA), row=2, cancel=True),
        DesiredPerson(registrant=person(" ADA@X.example ", "Ada"), row=3),
        DesiredPerson(registrant=person(ADA, "ada "), row=4),
        DesiredPerson(registrant=person(ADA, "Bo"), row=5),
    ]
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        _, changes = await planned(stage, meeting, *rows)

    assert [(change.row, change.action, change.reason) for change in changes] == [
        (2, Action.DUPLICATE, "row 3 has the same address and is not cancelled"),
        (3, Action.ADD, ""),
        (4, Action.DUPLICATE, "row 3 has the same address and name"),
        (5, Action.SHARED_ADDRESS, "row 3 has the same address and another name"),
    ]
    assert changes[1].registrant == person("ADA@X.example")


@in_idle_time
async def test_rows_of_one_person_complete_each_other(tmp_path: Path) -> None:
    """The first row counts; a later one of the same name gives the values that it lacks."""
    color, size = (CustomAnswer(title=title, value=title) for title in ("Color", "Size"))
    rows = [
        NewRegistrant(email=ADA, first_name="Ada", org="Engines", custom_questions=(color,)),
        NewRegistrant(email=ADA, first_name="Bo", job_title="another person"),
        NewRegistrant(email=ADA, first_name="Ada", org="Looms", phone="1", custom_questions=(size,)),
    ]
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        meeting.custom_questions = [{"title": each.title, "type": "short", "required": True} for each in (color, size)]
        _, changes = await planned(stage, meeting, *rows)

    assert [change.action for change in changes] == [Action.ADD, Action.SHARED_ADDRESS, Action.DUPLICATE]
    assert changes[0].registrant == NewRegistrant(
        email=ADA, first_name="Ada", org="Engines", phone="1", custom_questions=(color, size)
    )


@in_idle_time
async def test_huge_row_number_is_an_error(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        with pytest.raises(InvalidArgument, match="the number of a row is too large"):
            await planned(stage, meeting, DesiredPerson(registrant=person(ADA), row=2**63))


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "ada",
        "ada@x",
        "@x.example",
        "a b@x.example",
        "a@x.example, b@x.example",
        "<a@x.example>",
        "a@@x.example",
    ],
)
@in_idle_time
async def test_row_without_address_keeps_everyone(address: str, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(registrants=3)
        target, changes = await planned(stage, meeting, person(address), person(ADA), policy=CANCEL)

    assert [change.action for change in changes] == [Action.REJECTED, Action.ADD]
    assert target.unlisted == 3
    assert target.notes == ("an address on the list is unreadable, so nobody is cancelled as absent",)


@pytest.mark.parametrize("complete", [True, False])
@in_idle_time
async def test_cancelled_row_of_incomplete_list(complete: bool, tmp_path: Path) -> None:  # noqa: FBT001  a parameter
    """An unreadable address hides no later row of the person, but the missing end of a list may be one."""
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(registrants=1)
        cancelled = DesiredPerson(registrant=person(meeting.registrants[0].email), cancel=True)
        rows: list[Row] = [cancelled, person("no address")]
        async with stage.syncing() as sync:
            plan = await sync.plan(DesiredList(target_of(meeting), rows, complete=complete))
            actions = [change.action for _, change in plan.changes()]
            ((target),) = plan.targets()

    assert actions == [Action.CANCEL if complete else Action.HELD_BACK, Action.REJECTED]
    assert target.notes == (() if complete else ("the list is cut off, so nobody is cancelled",))


@in_idle_time
async def test_rejected_row_keeps_person(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(registrants=2)
        one, two = meeting.registrants
        row = RejectedRow(row=9, reason="no first name", email=f" {one.email.upper()}")
        _, changes = await planned(stage, meeting, row, policy=CANCEL)

    assert [(change.action, change.email, change.row) for change in changes] == [
        (Action.REJECTED, one.email, 9),
        (Action.CANCEL, two.email, None),
    ]


@in_idle_time
async def test_kept_addresses_are_not_absent(tmp_path: Path) -> None:
    """Case and blanks of the kept addresses do not matter."""
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(registrants=2)
        one, two = meeting.registrants
        keep = frozenset({f" {one.email.upper()} "})
        async with stage.syncing(CANCEL) as sync:
            plan = await sync.plan(desired(meeting, [person(ADA)], keep=keep))
            changes = [change for _, change in plan.changes(Action.CANCEL)]

    assert [change.email for change in changes] == [two.email]


# --- people who are not to be added


@in_idle_time
async def test_impossible_people(tmp_path: Path) -> None:
    long = "x" * 65
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(type=5, settings={"alternative_hosts": "deputy@northpier.example;u_123"})
        meeting.panelists = [Panelist(id="1", email="Pia@x.example")]
        meeting.custom_questions = [
            dict(TEXT),
            {"title": "Meal", "type": "single_radio", "answers": ["Fish", "None"]},
            {"title": "Days", "type": "multiple", "answers": ["Mo", "Tu"]},
        ]
        meeting.questions = [{"field_name": "org", "required": True}]

        def of(number: int, **values: str) -> NewRegistrant:
            answers = {"Track": "Sea", **{name: value for name, value in values.items() if name.istitle()}}
            fields = {"first_name": "A", "org": "X"} | {name: value for name, value in values.items() if name.islower()}
            custom = [{"title": f" {name.lower()}", "value": value} for name, value in answers.items()]
            body = {"email": f"{number}@x.example", **fields, "custom_questions": custom}
            return msgspec.convert(body, NewRegistrant)

        rows = {
            of(1, email=meeting.host.email.upper()): "the address belongs to the host or an alternative host",
            of(2, email="deputy@northpier.example"): "the address belongs to the host or an alternative host",
            of(3, email="pia@X.example"): "the address belongs to a panelist",
            of(4, first_name=" "): "the first name is missing",
            of(5, first_name=long): "first_name has more than 64 characters",
            of(6, last_name=long): "last_name has more than 64 characters",
            of(7, language="xx"): "language is not one of Tr-TR, de-DE, en-US, es-ES, fr-FR, it-IT, jp-JP, ko-KO, "
            "pl-PL, pt-PT, ru-RU, vi-VN, zh-CN, zh-TW",
            of(8, org=""): "the answer to the required question org is missing",
            of(9, Track=""): 'the answer to the required question "Track" is missing',
            of(10, Track=long * 2): 'the answer to "Track" has more than 128 characters',
            of(11, Meal="Soup"): 'the answer to "Meal" is not one of the choices',
            of(12, Days="Mo; We"): 'the answer to "Days" is not one of the choices',
            of(13, Meal="Fish", Days="Tu, Mo"): "",
        }
        target, changes = await planned(stage, meeting, *rows)
        outcomes = await stage.sync(desired(meeting, rows))

    assert [change.reason for change in changes] == [*rows.values()]
    assert target.counts == {Action.ADD: 1, Action.IMPOSSIBLE: 12}
    assert [outcome.result for outcome in outcomes].count(Result.IMPOSSIBLE) == 12
    assert [each.email for each in meeting.registrants] == ["13@x.example"]


@in_idle_time
async def test_unused_answers_are_not_sent(tmp_path: Path) -> None:
    answers = (CustomAnswer(title="Shoe size", value="40"), CustomAnswer(title="Track", value=" Sea "))
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        meeting.custom_questions = [dict(TEXT)]
        target, (change,) = await planned(stage, meeting, person(ADA, custom_questions=answers))

    assert change.registrant == person(ADA, custom_questions=(CustomAnswer(title="Track", value="Sea"),))
    assert target.unused_titles == ("Shoe size",)


@pytest.mark.parametrize("kind", [2, 5])
@in_idle_time
async def test_registration_off(kind: Literal[2, 5], tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(type=kind, approval_type=2)
        target, (change,) = await planned(stage, meeting, person(ADA), policy=CANCEL)
        (outcome,) = await stage.sync(desired(meeting, [person(ADA)]))

    noun = "webinar" if kind == 5 else "meeting"
    assert (change.action, change.reason) == (Action.IMPOSSIBLE, f"registration is off for this {noun}")
    assert (target.writes, target.notes[0]) == (0, change.reason)
    assert (outcome.result, stage.sent("POST")) == (Result.IMPOSSIBLE, 0)


@pytest.mark.parametrize(("kind", "settings"), [(2, {"close_registration": True}), (5, {})])
@in_idle_time
async def test_target_is_over(kind: Literal[2, 5], settings: dict[str, object], tmp_path: Path) -> None:
    """People can still be cancelled by a row of their own, and nobody is absent."""
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(type=kind, settings=settings, start_time=NOW.replace(hour=6), registrants=2)
        guest = DesiredPerson(registrant=person(meeting.registrants[0].email), cancel=True)
        target, changes = await planned(stage, meeting, person(ADA), guest, policy=CANCEL)

    assert [change.action for change in changes] == [Action.IMPOSSIBLE, Action.CANCEL]
    assert target.unlisted == 1
    assert changes[0].reason.endswith("is over")


@in_idle_time
async def test_seats_go_in_order_of_the_list(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(type=5, registrants=1, settings={"registrants_restrict_number": 3})
        target, changes = await planned(stage, meeting, *people(4))

    assert [change.action for change in changes] == [Action.ADD, Action.ADD, Action.IMPOSSIBLE, Action.IMPOSSIBLE]
    assert changes[2].reason == "no seat is left"
    assert (target.registered, target.unlisted) == (1, 1)


@in_idle_time
async def test_cancellations_free_seats(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(type=5, registrants=3, settings={"registrants_restrict_number": 3})
        outcomes = await stage.sync(desired(meeting, people(3)), policy=CANCEL)

    assert [outcome.result for outcome in outcomes] == [Result.CANCELLED] * 3 + [Result.ADDED] * 3


# --- people who are registered


@in_idle_time
async def test_different_data_is_reported(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        meeting.custom_questions = [dict(TEXT)]
        sea, dock = (CustomAnswer(title="Track", value=value) for value in ("Sea", "Dock"))
        await stage.sync(desired(meeting, [person(ADA, org="Lake", custom_questions=(sea,))]))
        stage.clock.move(60)
        same = person(ADA, " ada", org="LAKE", custom_questions=(sea,))
        other = person(ADA, "Eda", org="Pier", custom_questions=(dock,))
        blank = person(ADA, org="", custom_questions=(sea,))
        found = [(await planned(stage, meeting, each))[1][0] for each in (same, other, blank)]

    assert [change.action for change in found] == [Action.UNCHANGED, Action.DIFFERS, Action.UNCHANGED]
    assert found[1].reason == 'the registration differs from the row in first_name, org, "Track"'


@pytest.mark.parametrize(
    ("policy", "status", "action"),
    [
        (SyncPolicy(), "pending", Action.UNCHANGED),
        (SyncPolicy(approve="ours"), "pending", Action.UNCHANGED),
        (SyncPolicy(approve="all"), "pending", Action.APPROVE),
        (SyncPolicy(approve="all"), "denied", Action.UNCHANGED),
        (SyncPolicy(on_denied="approve"), "denied", Action.APPROVE),
        (SyncPolicy(approve="all"), "approved", Action.UNCHANGED),
    ],
)
@in_idle_time
async def test_status_of_listed_person(
    policy: SyncPolicy, status: Literal["pending", "denied", "approved"], action: Action, tmp_path: Path
) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(approval_type=1)
        meeting.register(ADA, status)
        _, (change,) = await planned(stage, meeting, person(ADA, "Self"), policy=policy)
        (outcome,) = await stage.sync(desired(meeting, [person(ADA, "Self")]), policy=policy)

    assert (change.action, change.status) == (action, status)
    if action is Action.APPROVE:
        assert (outcome.result, meeting.status_of(ADA)) == (Result.APPROVED, "approved")
        assert outcome.join_url


@pytest.mark.parametrize("kind", [2, 5])
@in_idle_time
async def test_approve_ours(kind: Literal[2, 5], tmp_path: Path) -> None:
    """A meeting is asked to approve at once; at a webinar the registration is approved afterwards."""
    policy = SyncPolicy(approve="ours")
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(type=kind, approval_type=1)
        meeting.register("bo@x.example", "pending")
        outcomes = await stage.sync(desired(meeting, [person(ADA), person("bo@x.example", "Self")]), policy=policy)
        writes = await stage.writes(desired(meeting, [person(ADA)]), policy=policy)

    by_email = {outcome.email: outcome for outcome in outcomes}
    assert (by_email[ADA].result, by_email[ADA].status) == (Result.ADDED, "approved")
    assert by_email[ADA].join_url
    assert meeting.status_of("bo@x.example") == "pending"
    assert stage.sent("PUT") == (kind == 5)
    assert writes == 0


@pytest.mark.parametrize("on_absent", ["cancel", "deny"])
@pytest.mark.parametrize("scope", ["ours", "all"])
@in_idle_time
async def test_absent_people(
    on_absent: Literal["cancel", "deny"], scope: Literal["ours", "all"], tmp_path: Path
) -> None:
    policy = SyncPolicy(on_absent=on_absent, absent_scope=scope, max_cancel="100%")
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(approval_type=1)
        meeting.register("bo@x.example", "pending")
        await stage.sync(desired(meeting, [person(ADA), person("ci@x.example")]))
        stage.clock.move(60)
        outcomes = await stage.sync(desired(meeting, [person("ci@x.example")]), policy=policy)

    done = Result.CANCELLED if on_absent == "cancel" else Result.DENIED
    expected = {ADA: done, "ci@x.example": Result.UNCHANGED} | ({"bo@x.example": done} if scope == "all" else {})
    assert results(outcomes) == expected
    assert {outcome.row for outcome in outcomes if outcome.result is done} == {None}
    assert meeting.status_of(ADA) == ("cancelled" if on_absent == "cancel" else "denied")


@in_idle_time
async def test_default_cancels_nobody_absent(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        await stage.sync(desired(meeting, people(3)))
        target, changes = await planned(stage, meeting)

    assert (changes, target.unlisted, target.writes) == ([], 3, 0)


@in_idle_time
async def test_cancelled_row_cancels_anybody(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        meeting.register(ADA)
        rows = [
            DesiredPerson(registrant=person(email), row=row, cancel=True)
            for row, email in enumerate((ADA, "no@x.example"))
        ]
        outcomes = await stage.sync(desired(meeting, rows))

    assert [(outcome.row, outcome.result) for outcome in outcomes] == [(1, Result.UNCHANGED), (0, Result.CANCELLED)]
    assert meeting.status_of(ADA) == "cancelled"


# --- the guard


@pytest.mark.parametrize(
    ("registered", "absent", "max_cancel", "held"),
    [
        (10, 5, None, False),
        (10, 6, None, True),
        (100, 10, None, False),
        (100, 11, None, True),
        (10, 6, "6", False),
        (10, 7, "6", True),
        (10, 5, "50%", False),
        (10, 6, "50%", True),
        (10, 1, "0", True),
        (10, 10, "100%", True),
    ],
)
@in_idle_time
async def test_guard_holds_back(
    registered: int, absent: int, max_cancel: str | None, *, held: bool, tmp_path: Path
) -> None:
    """Additions are made, and an empty list cancels nobody."""
    policy = SyncPolicy(on_absent="cancel", absent_scope="all", max_cancel=max_cancel)
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(registrants=registered)
        kept = [person(each.email, each.first_name) for each in meeting.registrants[absent:]]
        rows = [*kept, person(ADA)] if kept else []
        target, _ = await planned(stage, meeting, *rows, policy=policy)
        outcomes = await stage.sync(desired(meeting, rows), policy=policy)

    action = Action.HELD_BACK if held else Action.CANCEL
    assert target.counts.get(action) == absent
    assert len(target.notes) == held
    assert sum(each.status == "cancelled" for each in meeting.registrants) == (0 if held else absent)
    assert results(outcomes).get(ADA, Result.ADDED) is Result.ADDED


@in_idle_time
async def test_guard_counts_cancelled_rows(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(registrants=8)
        rows = [DesiredPerson(registrant=person(each.email), cancel=True) for each in meeting.registrants[:6]]
        target, _ = await planned(stage, meeting, *rows)

    assert target.counts == {Action.HELD_BACK: 6}


# --- several targets


@in_idle_time
async def test_unknown_target_fails_alone(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        lists = [DesiredList(SyncTarget.webinar(99), people(2)), desired(meeting, people(1))]
        async with stage.syncing() as sync:
            targets = [*(await sync.plan(lists)).targets()]
        outcomes = await stage.sync(*lists)

    assert (targets[0].counts, targets[1].counts) == ({Action.FAILED: 2}, {Action.ADD: 1})
    assert targets[0].error
    assert [outcome.result for outcome in outcomes if outcome.target.id == 99] == [Result.FAILED] * 2


@in_idle_time
async def test_two_lists_of_one_target(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        async with stage.syncing() as sync:
            with pytest.raises(InvalidArgument, match="has two lists"):
                await sync.plan([desired(meeting, people(1)), desired(meeting, people(2))])


@in_idle_time
async def test_rejected_credentials_are_raised(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        stage.fake.respond(
            "meetings.get", status=401, body={"code": 124, "message": "Invalid access token."}, times=None
        )
        async with stage.syncing() as sync:
            with pytest.raises(Unauthorized):
                await sync.plan(desired(meeting, people(1)))


# --- lists that cannot be trusted


@pytest.mark.parametrize("status", ["pending", "approved", "denied"])
@in_idle_time
async def test_incomplete_list_plans_nothing(status: str, tmp_path: Path) -> None:
    """A list that holds fewer people than Zoom counts is read three times."""
    order = ["pending", "approved", "denied"].index(status)
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(registrants=3)
        for attempt in range(3):
            stage.fake.respond(
                "meetings.registrants.list", status=200, body=CUT_OFF, on_request=(order + 1) * (attempt + 1)
            )
        target, changes = await planned(stage, meeting, person(ADA), policy=CANCEL)
        (again,) = (await planned(stage, meeting, person(ADA)))[1]

    assert target.error == f"the list of {status} registrants has 0 people, but Zoom counts 7: run again"
    assert [change.action for change in changes] == [Action.FAILED]
    assert again.action is Action.ADD


@pytest.mark.parametrize("body", [b'{"registrants":[{"id":7,"email":null}]}', b'{"registrants":[', b"{}", b"<html>"])
@in_idle_time
async def test_undecodable_list_plans_nothing(body: bytes, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(registrants=3)
        stage.fake.respond("meetings.registrants.list", status=200, body=body, on_request=2, times=4)
        target, changes = await planned(stage, meeting, person(ADA), policy=CANCEL)

    assert target.error
    assert [change.action for change in changes] == [Action.FAILED]


@in_idle_time
async def test_incomplete_list_stops_application(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(registrants=3)
        async with stage.syncing(CANCEL) as sync:
            plan = await sync.plan(desired(meeting, [person(ADA)]))
            stage.fake.respond("meetings.registrants.list", status=200, body=CUT_OFF, times=None)
            async with plan.apply() as stream:
                outcomes = [outcome async for outcome in stream]

    assert {outcome.result for outcome in outcomes} == {Result.FAILED}
    assert len(outcomes) == 4
    assert meeting.changes == []


# --- plans as values


@in_idle_time
async def test_plans_of_one_state_are_equal(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting()
        async with stage.syncing() as sync:
            plans = [await sync.plan(desired(meeting, rows)) for rows in (people(3), people(3), people(2))]

            assert plans[0] == plans[1]
            assert plans[0] != plans[2]
            assert plans[0] != "plan"


@in_idle_time
async def test_plan_counts_calls_and_mails(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        meeting = stage.add_meeting(registrants=301)
        silent = stage.add_meeting(settings={"registrants_email_notification": False})
        manual = stage.add_meeting(type=5, approval_type=1)
        policy = replace(CANCEL, approve="ours")
        rows = [person(each.email, each.first_name) for each in meeting.registrants[40:]]
        lists = [desired(meeting, [*rows, *people(5)]), desired(silent, people(5)), desired(manual, people(5))]
        async with stage.syncing(policy) as sync:
            plan = await sync.plan(lists)
            first = len(stage.fake.requests)
            async with plan.apply() as outcomes:
                async for _ in outcomes:
                    pass
            labels = [request.label for request in stage.fake.requests[first:]]
            totals, mails, text = plan.totals(), [target.mails for target in plan.targets()], str(plan)

    assert (mails, totals.mails, len(stage.fake.mails)) == ([45, 0, 5], 50, 50)
    for label, calls in totals.calls.items():
        assert labels.count(label) >= calls
    assert str(target_of(meeting)) in text
    assert "@" not in text
