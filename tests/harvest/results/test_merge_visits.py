"""Visits merged into one attendance per person."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoomasync.harvest import Attendance, merge_visits
from zoomasync.models.instance_reports import ReportParticipant
from zoomasync.models.instances import Visit
from zoomasync.models.past_meetings import PastParticipant

NINE = datetime(2026, 3, 4, 9, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NINE + timedelta(minutes=minute)


def visit(joined: float | None = None, left: float | None = None, **fields: str | int | None) -> ReportParticipant:
    """Return a visit from minute *joined* to minute *left* of the instance."""
    return msgspec.structs.replace(
        ReportParticipant(
            join_time=None if joined is None else at(joined), leave_time=None if left is None else at(left)
        ),
        **fields,
    )


def minutes(visits: Sequence[Visit]) -> list[float]:
    return [line.minutes for line in merge_visits(visits)]


# Time.


def test_line_has_all_fields() -> None:
    first = visit(5, 10.5, id="U1", name="Nadia Orr", user_email=" Nadia@Example.com ", registrant_id="R1")
    second = visit(20, 30, id="U1", name="Nadia (phone)", registrant_id="R1")

    assert merge_visits([second, first]) == [
        Attendance(
            name="Nadia Orr",
            email="Nadia@Example.com",
            id="U1",
            registrant_id="R1",
            joined=at(5),
            left=at(30),
            visits=2,
            seconds=930,
        )
    ]
    assert minutes([first, second]) == [15.5]


def test_two_devices_count_once() -> None:
    assert minutes([visit(0, 30, id="U1"), visit(10, 40, id="U1"), visit(15, 20, id="U1")]) == [40]


def test_breakout_room_counts_once() -> None:
    """A breakout room counts once, whether the visit to the meeting continues or not."""
    around = [visit(0, 60, id="U1"), visit(20, 40, id="U1", bo_mtg_id="27510336")]
    between = [visit(0, 20, id="U1"), visit(20, 40, id="U1", bo_mtg_id="27510336"), visit(40, 60, id="U1")]

    assert minutes(around) == minutes(between) == [60]


def test_seconds_truncated_after_sum() -> None:
    """Fractions of a second are dropped from the sum, not from each visit."""
    halves = [visit(n, n + 1.5 / 60, id="U1") for n in range(3)]

    assert [line.seconds for line in merge_visits(halves)] == [4]


@pytest.mark.parametrize(
    ("row", "seconds", "joined", "left"),
    [
        (visit(0, 10, duration=0), 600, at(0), at(10)),  # a big meeting, not yet processed
        (visit(0, 10, duration=9999), 600, at(0), at(10)),
        (visit(0, None, duration=120), 120, at(0), at(2)),
        (visit(None, 10, duration=120), 120, at(8), at(10)),
        (visit(0, None, duration=0), 0, at(0), None),
        (visit(None, 10), 0, None, at(10)),
        (visit(None, None, duration=120), 120, None, None),
        (visit(None, None, duration=-120), 0, None, None),
        (visit(None, None), 0, None, None),
        (visit(10, 0, duration=60), 60, at(10), at(11)),
        (visit(10, 0, duration=-60), 0, at(10), None),
        (visit(0, None, duration=2**63 - 1), 0, at(0), None),
    ],
)
def test_visit_with_wrong_times(row: Visit, seconds: int, joined: datetime | None, left: datetime | None) -> None:
    """A visit with missing or wrong times counts the time that is known."""
    (line,) = merge_visits([row])

    assert (line.visits, line.seconds, line.joined, line.left) == (1, seconds, joined, left)


def test_visit_without_times_adds() -> None:
    (line,) = merge_visits([visit(None, None, id="U1", duration=60), visit(0, 10, id="U1")])

    assert (line.visits, line.seconds, line.joined, line.left) == (2, 660, at(0), at(10))


def test_left_after_unended_visit() -> None:
    """The last leave is unknown if a visit that began after it has no leave."""
    ended, returned, earlier = visit(0, 10, id="U1"), visit(20, id="U1"), visit(5, id="U1")

    assert [line.left for line in merge_visits([ended, returned])] == [None]
    assert [line.left for line in merge_visits([ended, earlier])] == [at(10)]


def test_waiting_room_does_not_count() -> None:
    waited = visit(0, 5, id="U1", name="Nadia", status="in_waiting_room")
    inside = visit(5, 30, id="U1", name="Nadia", status="in_meeting")
    rejected = visit(0, 60, id="U2", name="Noah", status="in_waiting_room")

    (line,) = merge_visits([waited, inside, rejected])

    assert (line.name, line.visits, line.joined, line.minutes) == ("Nadia", 1, at(5), 25)


def test_unknown_status_counts() -> None:
    assert minutes([visit(0, 5, id="U1", status="on_stage")]) == [5]


# People.

ONE_PERSON = {
    "user id": [visit(0, 10, id="U1", name="Nadia"), visit(20, 30, id="U1", name="N. Orr")],
    "newer field of the user id": [visit(0, 10, participant_user_id="U1"), visit(20, 30, id="U1")],
    "registrant": [visit(0, 10, registrant_id="R1", name="Nadia"), visit(20, 30, registrant_id="R1", name="iPad")],
    "customer key": [visit(0, 10, customer_key="dock-7"), visit(20, 30, customer_key="dock-7")],
    "e-mail": [
        visit(0, 10, user_email="N.Orr@Example.com "),
        visit(20, 30, user_email="n.orr@example.com"),
    ],
    "connection": [visit(0, 10, user_id="16780288"), visit(20, 30, user_id="16780288")],
    "name of a returning guest": [visit(0, 10, name="Nadia  Orr"), visit(20, 30, name=" nadia orr")],
    "name of a guest back at once": [visit(0, 10, name="Nadia"), visit(10, 20, name="Nadia")],
    "e-mail and user id": [
        visit(0, 10, id="U1", user_email="nadia@example.com"),
        visit(20, 30, user_email="nadia@example.com"),
    ],
    "user id through other visits": [
        visit(0, 10, id="U1", registrant_id="R1"),
        visit(20, 30, registrant_id="R1", user_email="nadia@example.com"),
        visit(30, 40, user_email="nadia@example.com", customer_key="dock-7"),
        visit(40, 50, customer_key="dock-7"),
    ],
}


@pytest.mark.parametrize("visits", ONE_PERSON.values(), ids=ONE_PERSON.keys())
def test_visits_of_one_person(visits: list[Visit]) -> None:
    (line,) = merge_visits(visits)

    assert line.visits == len(visits)
    assert line.minutes == 10 * len(visits)


SEVERAL_PEOPLE = {
    "user ids": [visit(0, 10, id="U1", name="Nadia"), visit(20, 30, id="U2", name="Nadia")],
    "user ids with one e-mail": [
        visit(0, 10, id="U1", user_email="office@example.com"),
        visit(20, 30, id="U2", user_email="office@example.com"),
    ],
    "user ids with one registrant": [
        visit(0, 10, id="U1", registrant_id="R1"),
        visit(20, 30, id="U2", registrant_id="R1"),
    ],
    "user id and none": [visit(0, 10, id="U1", name="Nadia"), visit(20, 30, name="Nadia")],
    "registrants": [
        visit(0, 10, registrant_id="R1", name="Nadia"),
        visit(20, 30, registrant_id="R2", name="Nadia"),
    ],
    "connections of two rooms": [
        visit(0, 10, user_id="16780288", bo_mtg_id="1"),
        visit(20, 30, user_id="16780288", bo_mtg_id="2"),
    ],
    "no names": [visit(0, 10, user_id="1", name=" "), visit(20, 30, user_id="2")],
    "one name at the same time": [visit(0, 21, name="iPhone"), visit(20, 30, name="iPhone")],
    "names": [visit(0, 10, name="Nadia"), visit(20, 30, name="Noah")],
}


@pytest.mark.parametrize("visits", SEVERAL_PEOPLE.values(), ids=SEVERAL_PEOPLE.keys())
def test_visits_of_two_people(visits: list[Visit]) -> None:
    assert [line.visits for line in merge_visits(visits)] == [1, 1]


def test_guest_between_two_users() -> None:
    """A guest who shares an identifier with two users is a line of their own."""
    users = [visit(0, 10, id="U1", registrant_id="R1"), visit(0, 20, id="U2", registrant_id="R1")]
    guest = [visit(5, 10, registrant_id="R1", name="A friend"), visit(10, 15, registrant_id="R1", name="A friend")]

    lines = merge_visits([*users, *guest])

    assert [(line.id, line.minutes) for line in lines] == [("U1", 10), ("U2", 20), (None, 10)]


def test_same_name_gives_fewest_people() -> None:
    lines = merge_visits(
        [
            visit(0, 30, name="iPhone"),
            visit(10, 20, name="iPhone"),
            visit(25, 40, name="iPhone"),
            visit(35, 50, name="iPhone"),
            visit(45, 60, name="iPhone"),
        ]
    )

    assert [(line.visits, line.minutes) for line in lines] == [(2, 45), (3, 40)]


def test_returning_guest_left_last() -> None:
    """A guest who returns is the one of that name who left last."""
    lines = merge_visits([visit(0, 30, name="iPhone"), visit(10, 20, name="iPhone"), visit(40, 50, name="iPhone")])

    assert [(line.minutes, line.left) for line in lines] == [(40, at(50)), (10, at(20))]


def test_shared_connection_is_one_person() -> None:
    """Two visits of one connection are one person, also if another guest has the same name."""
    twice = [visit(0, 10, user_id="1", name="iPhone"), visit(5, 20, user_id="1", name="iPhone")]

    assert minutes([*twice, visit(15, 30, user_id="2", name="iPhone")]) == [20, 15]


def test_empty_visit_adds_no_guest() -> None:
    """A visit of no duration at the start of another one makes no second guest."""
    cut = [visit(0, 0, user_id="1", name="iPhone"), visit(0, 10, user_id="1", name="iPhone")]

    assert minutes([*cut, visit(0, 0, user_id="2", name="iPhone")]) == [10]


def test_untimed_visits_go_to_last_guest() -> None:
    """Visits without times belong to the guest of that name who left last."""
    timed = [visit(0, 30, name="iPhone"), visit(10, 20, name="iPhone")]
    untimed = [visit(user_id="1", name="iPhone", duration=60), visit(user_id="2", name="iPhone", duration=60)]

    assert [(line.visits, line.minutes) for line in merge_visits([*timed, *untimed])] == [(3, 32), (1, 10)]


def test_untimed_visits_add_no_guest() -> None:
    """Visits without times make no second guest of a name."""
    lines = merge_visits(
        [
            visit(None, None, user_id="1", name="Nadia"),
            visit(0, 10, user_id="1", name="Nadia"),
            visit(20, 30, user_id="2", name="Nadia"),
            visit(None, None, user_id="3", name="Nadia", duration=60),
            visit(None, None, user_id="4", name="Nadia"),
        ]
    )

    assert [(line.visits, line.minutes) for line in lines] == [(5, 21)]


def test_name_of_first_named_visit() -> None:
    first = visit(0, 10, user_email="n@example.com")
    guest = visit(5, 10, user_email="n@example.com", name="Nadia")
    signed_in = visit(20, 30, user_email="n@example.com", name="N. Orr", id="U1")

    assert [line.name for line in merge_visits([signed_in, guest, first])] == ["Nadia"]


def test_name_ignores_row_order() -> None:
    """Of two names at the same time, the result is the same for any order of the rows."""
    laptop, phone = visit(0, 10, id="U1", name="Nadia"), visit(0, 10, id="U1", name="iPhone")

    assert merge_visits([laptop, phone]) == merge_visits([phone, laptop])


def test_lines_sorted_by_join_and_name() -> None:
    rows = [
        visit(None, None, name="Zoe"),
        visit(5, 10, name="Ann", id="U1"),
        visit(0, 10, name="Noah", id="U2"),
        visit(0, 10, id="U3"),
        visit(0, 10, name="Ben", id="U4"),
    ]

    assert [line.name for line in merge_visits(rows)] == [None, "Ben", "Noah", "Ann", "Zoe"]


def test_past_participants_are_merged() -> None:
    rows = [
        PastParticipant(id="U1", join_time=at(0), leave_time=at(10), internal_user=True),
        PastParticipant(id="U1", join_time=at(5), leave_time=at(20)),
    ]

    assert minutes(rows) == [20]


def test_no_visits_give_no_lines() -> None:
    assert merge_visits([]) == []


# Properties.

some = st.sampled_from
few_minutes = st.integers(0, 12)


@st.composite
def timed_visit(draw: st.DrawFn, *, user: bool | None = None) -> ReportParticipant:
    """Draw a visit with both times, of a user or of a guest who has at most a name."""
    joined, left = sorted((draw(few_minutes), draw(few_minutes)))
    fields: dict[str, str] = {"name": draw(some(["iPhone", "Nadia", "nadia ", ""]))}
    if draw(st.booleans()) if user is None else user:
        fields |= {"id": draw(some(["U1", "U2", "U3"])), "registrant_id": draw(some(["", "R1"]))}
    return visit(joined, left, **fields)


@st.composite
def any_visit(draw: st.DrawFn) -> ReportParticipant:
    return visit(
        draw(st.none() | few_minutes),
        draw(st.none() | few_minutes),
        id=draw(some([None, "", "", "U1", "U2"])),
        registrant_id=draw(some([None, "", "R1", "R2"])),
        customer_key=draw(some([None, "", "", "K1"])),
        user_email=draw(some([None, "", "a@x.example", "A@X.example ", "b@x.example"])),
        user_id=draw(some(["", "1", "2", "3", "4"])),
        bo_mtg_id=draw(some([None, None, "B1"])),
        name=draw(some([None, "", "Nadia", "nadia ", "iPhone"])),
        status=draw(some([None, "in_meeting", "in_meeting", "in_waiting_room"])),
        duration=draw(some([None, 0, 90, -5])),
    )


@given(st.lists(any_visit(), max_size=12), st.randoms(use_true_random=False))
def test_row_order_does_not_matter(visits: list[ReportParticipant], chance: random.Random) -> None:
    shuffled = chance.sample(visits, len(visits))

    assert merge_visits(shuffled) == merge_visits(visits)


@given(st.lists(any_visit(), max_size=12))
def test_each_visit_is_on_one_line(visits: list[ReportParticipant]) -> None:
    inside = [row for row in visits if row.status != "in_waiting_room"]
    lines = merge_visits(visits)

    assert sum(line.visits for line in lines) == len(inside)
    assert {line.id for line in lines} >= {row.id for row in inside if row.id}
    assert all(line.seconds >= 0 for line in lines)


@given(st.lists(timed_visit(), max_size=12))
def test_seconds_within_first_and_last(visits: list[ReportParticipant]) -> None:
    """No person is present longer than from the first join to the last leave."""
    for line in merge_visits(visits):
        assert line.joined is not None
        assert line.left is not None
        assert 0 <= line.seconds <= (line.left - line.joined).total_seconds()


@given(st.lists(timed_visit(), min_size=1, max_size=12), st.floats(0, 1), st.randoms(use_true_random=False))
def test_divided_visit_keeps_time(rows: list[ReportParticipant], share: float, chance: random.Random) -> None:
    """A visit that is divided in two gives the same times."""
    visits = [msgspec.structs.replace(row, user_id=str(n)) for n, row in enumerate(rows)]
    original = chance.choice(visits)
    assert original.join_time
    assert original.leave_time
    cut = original.join_time + (original.leave_time - original.join_time) * share
    parts = [
        msgspec.structs.replace(original, leave_time=cut),
        # a user who rejoins has a new connection; a guest has no other identifier
        msgspec.structs.replace(original, join_time=cut, user_id="new" if original.id else original.user_id),
    ]
    rest = [row for row in visits if row is not original]

    def times(rows: list[ReportParticipant]) -> Counter[object]:
        return Counter((line.id, line.joined, line.left, line.seconds) for line in merge_visits(rows))

    assert times([*rest, *parts]) == times([*rest, original])


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 600)), min_size=1, max_size=8))
def test_disjoint_visits_add_up(gaps_and_lengths: list[tuple[int, int]]) -> None:
    visits: list[Visit] = []
    moment = NINE
    for gap, length in gaps_and_lengths:
        joined = moment + timedelta(seconds=gap)
        moment = joined + timedelta(seconds=length)
        visits.append(Visit(id="U1", join_time=joined, leave_time=moment, duration=length))

    (line,) = merge_visits(visits)

    assert line.seconds == sum(length for _, length in gaps_and_lengths)


@given(st.lists(timed_visit(user=True), max_size=12))
def test_each_user_has_one_line(visits: list[ReportParticipant]) -> None:
    assert Counter(line.id for line in merge_visits(visits)) == Counter({row.id for row in visits})


@given(st.lists(timed_visit(user=False), min_size=1, max_size=10))
def test_guests_at_most_at_once(rows: list[ReportParticipant]) -> None:
    """Guests of one name are at most as many people as were present at the same time."""
    visits = [msgspec.structs.replace(row, name="iPhone", user_id=str(n)) for n, row in enumerate(rows)]
    times = [(row.join_time, row.leave_time) for row in visits if row.join_time and row.leave_time]
    moments = [at(half / 2) for half in range(25)]
    at_once = max(sum(a < moment < b for a, b in times) + ((moment, moment) in times) for moment in moments)

    assert 1 <= len(merge_visits(visits)) <= max(at_once, 1)
