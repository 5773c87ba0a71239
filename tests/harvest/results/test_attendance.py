"""Who was in a session: one line a person, whatever Zoom's rows look like, and no room that only seems empty."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.stores import Line, a_partition, a_store

from zoomasync.errors import ConfigError, InvalidArgument
from zoomasync.harvest.partitions import State
from zoomasync.harvest.results.attendance import InstanceAttendance, read_attendance
from zoomasync.harvest.results.visits import Attendance, merge_visits
from zoomasync.harvest.stores.sqlite.schema import Table
from zoomasync.harvest.streams import STREAMS
from zoomasync.models import PastParticipant, ReportParticipant, UserMeeting, Visit

NINE = datetime(2026, 3, 4, 9, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NINE + timedelta(minutes=minute)


def visit(joined: float | None = None, left: float | None = None, **facts: str | int | None) -> ReportParticipant:
    """Return a stay from one minute of the session to another."""
    return msgspec.structs.replace(
        ReportParticipant(
            join_time=None if joined is None else at(joined), leave_time=None if left is None else at(left)
        ),
        **facts,
    )


def minutes(visits: Sequence[Visit]) -> list[float]:
    return [line.minutes for line in merge_visits(visits)]


# --- Time ------------------------------------------------------------------------------------------------------------


def test_a_line_tells_all_that_is_known_of_a_person() -> None:
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


def test_who_is_in_with_two_devices_is_there_once() -> None:
    assert minutes([visit(0, 30, id="U1"), visit(10, 40, id="U1"), visit(15, 20, id="U1")]) == [40]


def test_a_breakout_room_counts_once_whether_the_stay_in_the_meeting_goes_on_or_not() -> None:
    around = [visit(0, 60, id="U1"), visit(20, 40, id="U1", bo_mtg_id="27510336")]
    between = [visit(0, 20, id="U1"), visit(20, 40, id="U1", bo_mtg_id="27510336"), visit(40, 60, id="U1")]

    assert minutes(around) == minutes(between) == [60]


def test_fractions_of_a_second_are_dropped_from_the_whole_and_not_from_each_stay() -> None:
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
def test_a_stay_with_times_that_are_missing_or_wrong_counts_what_is_known(
    row: Visit, seconds: int, joined: datetime | None, left: datetime | None
) -> None:
    (line,) = merge_visits([row])

    assert (line.visits, line.seconds, line.joined, line.left) == (1, seconds, joined, left)


def test_a_stay_without_times_is_added_to_the_others() -> None:
    (line,) = merge_visits([visit(None, None, id="U1", duration=60), visit(0, 10, id="U1")])

    assert (line.visits, line.seconds, line.joined, line.left) == (2, 660, at(0), at(10))


def test_who_came_back_and_was_not_seen_leaving_left_nobody_knows_when() -> None:
    gone, back, before = visit(0, 10, id="U1"), visit(20, id="U1"), visit(5, id="U1")

    assert [line.left for line in merge_visits([gone, back])] == [None]
    assert [line.left for line in merge_visits([gone, before])] == [at(10)]


def test_the_waiting_room_is_no_attendance() -> None:
    waited = visit(0, 5, id="U1", name="Nadia", status="in_waiting_room")
    inside = visit(5, 30, id="U1", name="Nadia", status="in_meeting")
    turned_away = visit(0, 60, id="U2", name="Noah", status="in_waiting_room")

    (line,) = merge_visits([waited, inside, turned_away])

    assert (line.name, line.visits, line.joined, line.minutes) == ("Nadia", 1, at(5), 25)


def test_a_status_that_nobody_knows_yet_counts() -> None:
    assert minutes([visit(0, 5, id="U1", status="on_stage")]) == [5]


# --- People ----------------------------------------------------------------------------------------------------------

ONE_PERSON = {
    "the user's id": [visit(0, 10, id="U1", name="Nadia"), visit(20, 30, id="U1", name="N. Orr")],
    "the newer field for it": [visit(0, 10, participant_user_id="U1"), visit(20, 30, id="U1")],
    "the registrant": [visit(0, 10, registrant_id="R1", name="Nadia"), visit(20, 30, registrant_id="R1", name="iPad")],
    "an app's key": [visit(0, 10, customer_key="dock-7"), visit(20, 30, customer_key="dock-7")],
    "the e-mail address": [
        visit(0, 10, user_email="N.Orr@Example.com "),
        visit(20, 30, user_email="n.orr@example.com"),
    ],
    "the connection": [visit(0, 10, user_id="16780288"), visit(20, 30, user_id="16780288")],
    "the name of a guest who comes back": [visit(0, 10, name="Nadia  Orr"), visit(20, 30, name=" nadia orr")],
    "the name of a guest who comes back at once": [visit(0, 10, name="Nadia"), visit(10, 20, name="Nadia")],
    "an address beside the id": [
        visit(0, 10, id="U1", user_email="nadia@example.com"),
        visit(20, 30, user_email="nadia@example.com"),
    ],
    "a registrant beside the id, two stays further": [
        visit(0, 10, id="U1", registrant_id="R1"),
        visit(20, 30, registrant_id="R1", user_email="nadia@example.com"),
        visit(30, 40, user_email="nadia@example.com", customer_key="dock-7"),
        visit(40, 50, customer_key="dock-7"),
    ],
}


@pytest.mark.parametrize("visits", ONE_PERSON.values(), ids=ONE_PERSON.keys())
def test_stays_are_one_persons_by(visits: list[Visit]) -> None:
    (line,) = merge_visits(visits)

    assert line.visits == len(visits)
    assert line.minutes == 10 * len(visits)


SEVERAL_PEOPLE = {
    "ids": [visit(0, 10, id="U1", name="Nadia"), visit(20, 30, id="U2", name="Nadia")],
    "ids, though one address is theirs": [
        visit(0, 10, id="U1", user_email="office@example.com"),
        visit(20, 30, id="U2", user_email="office@example.com"),
    ],
    "ids, though one link of a registrant was used": [
        visit(0, 10, id="U1", registrant_id="R1"),
        visit(20, 30, id="U2", registrant_id="R1"),
    ],
    "an id and none": [visit(0, 10, id="U1", name="Nadia"), visit(20, 30, name="Nadia")],
    "registrants of one name": [
        visit(0, 10, registrant_id="R1", name="Nadia"),
        visit(20, 30, registrant_id="R2", name="Nadia"),
    ],
    "connections of two breakout rooms": [
        visit(0, 10, user_id="16780288", bo_mtg_id="1"),
        visit(20, 30, user_id="16780288", bo_mtg_id="2"),
    ],
    "having no name at all": [visit(0, 10, user_id="1", name=" "), visit(20, 30, user_id="2")],
    "being there at the same time under one name": [visit(0, 21, name="iPhone"), visit(20, 30, name="iPhone")],
    "names": [visit(0, 10, name="Nadia"), visit(20, 30, name="Noah")],
}


@pytest.mark.parametrize("visits", SEVERAL_PEOPLE.values(), ids=SEVERAL_PEOPLE.keys())
def test_stays_are_of_several_people_by(visits: list[Visit]) -> None:
    assert [line.visits for line in merge_visits(visits)] == [1, 1]


def test_a_guest_who_could_be_either_of_two_users_is_a_line_of_their_own() -> None:
    users = [visit(0, 10, id="U1", registrant_id="R1"), visit(0, 20, id="U2", registrant_id="R1")]
    guest = [visit(5, 10, registrant_id="R1", name="a friend"), visit(10, 15, registrant_id="R1", name="a friend")]

    lines = merge_visits([*users, *guest])

    assert [(line.id, line.minutes) for line in lines] == [("U1", 10), ("U2", 20), (None, 10)]


def test_guests_of_one_name_are_as_few_as_can_have_been_there() -> None:
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


def test_the_guest_who_comes_back_is_taken_for_the_one_who_left_last() -> None:
    lines = merge_visits([visit(0, 30, name="iPhone"), visit(10, 20, name="iPhone"), visit(40, 50, name="iPhone")])

    assert [(line.minutes, line.left) for line in lines] == [(40, at(50)), (10, at(20))]


def test_a_connection_seen_twice_is_one_person_beside_a_namesake() -> None:
    twice = [visit(0, 10, user_id="1", name="iPhone"), visit(5, 20, user_id="1", name="iPhone")]

    assert minutes([*twice, visit(15, 30, user_id="2", name="iPhone")]) == [20, 15]


def test_a_stay_of_no_time_at_the_start_of_another_makes_no_second_guest() -> None:
    cut = [visit(0, 0, user_id="1", name="iPhone"), visit(0, 10, user_id="1", name="iPhone")]

    assert minutes([*cut, visit(0, 0, user_id="2", name="iPhone")]) == [10]


def test_stays_without_times_go_to_the_guest_who_left_last() -> None:
    timed = [visit(0, 30, name="iPhone"), visit(10, 20, name="iPhone")]
    untimed = [visit(user_id="1", name="iPhone", duration=60), visit(user_id="2", name="iPhone", duration=60)]

    assert [(line.visits, line.minutes) for line in merge_visits([*timed, *untimed])] == [(3, 32), (1, 10)]


def test_stays_without_times_make_no_second_guest_of_a_name() -> None:
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


def test_a_person_has_the_name_of_the_first_stay_that_tells_one() -> None:
    first = visit(0, 10, user_email="n@example.com")
    guest = visit(5, 10, user_email="n@example.com", name="Nadia")
    signed_in = visit(20, 30, user_email="n@example.com", name="N. Orr", id="U1")

    assert [line.name for line in merge_visits([signed_in, guest, first])] == ["Nadia"]


def test_of_two_names_at_the_same_time_it_is_always_the_same_one() -> None:
    laptop, phone = visit(0, 10, id="U1", name="Nadia"), visit(0, 10, id="U1", name="iPhone")

    assert merge_visits([laptop, phone]) == merge_visits([phone, laptop])


def test_lines_are_ordered_by_join_and_then_by_name() -> None:
    rows = [
        visit(None, None, name="Zoe"),
        visit(5, 10, name="Ann", id="U1"),
        visit(0, 10, name="Noah", id="U2"),
        visit(0, 10, id="U3"),
        visit(0, 10, name="Ben", id="U4"),
    ]

    assert [line.name for line in merge_visits(rows)] == [None, "Ben", "Noah", "Ann", "Zoe"]


def test_rows_of_a_past_meeting_are_merged_like_those_of_a_report() -> None:
    rows = [
        PastParticipant(id="U1", join_time=at(0), leave_time=at(10), internal_user=True),
        PastParticipant(id="U1", join_time=at(5), leave_time=at(20)),
    ]

    assert minutes(rows) == [20]


def test_nobody_in_nobody_out() -> None:
    assert merge_visits([]) == []


# --- Properties ------------------------------------------------------------------------------------------------------

some = st.sampled_from
few_minutes = st.integers(0, 12)


@st.composite
def timed(draw: st.DrawFn, *, user: bool | None = None) -> ReportParticipant:
    """Draw a stay with both its times, of a user, or of a guest with a name at most."""
    joined, left = sorted((draw(few_minutes), draw(few_minutes)))
    known = {"name": draw(some(["iPhone", "Nadia", "nadia ", ""]))}
    if draw(st.booleans()) if user is None else user:
        known |= {"id": draw(some(["U1", "U2", "U3"])), "registrant_id": draw(some(["", "R1"]))}
    return visit(joined, left, **known)


@st.composite
def anything(draw: st.DrawFn) -> ReportParticipant:
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


@given(st.lists(anything(), max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_the_stays_does_not_matter(visits: list[ReportParticipant], chance: random.Random) -> None:
    shuffled = chance.sample(visits, len(visits))

    assert merge_visits(shuffled) == merge_visits(visits)


@given(st.lists(anything(), max_size=12))
def test_every_stay_that_counts_is_on_one_line(visits: list[ReportParticipant]) -> None:
    inside = [row for row in visits if row.status != "in_waiting_room"]
    lines = merge_visits(visits)

    assert sum(line.visits for line in lines) == len(inside)
    assert {line.id for line in lines} >= {row.id for row in inside if row.id}
    assert all(line.seconds >= 0 for line in lines)


@given(st.lists(timed(), max_size=12))
def test_nobody_was_there_longer_than_from_first_join_to_last_leave(visits: list[ReportParticipant]) -> None:
    for line in merge_visits(visits):
        assert line.joined is not None
        assert line.left is not None
        assert 0 <= line.seconds <= (line.left - line.joined).total_seconds()


@given(st.lists(timed(), min_size=1, max_size=12), st.floats(0, 1), st.randoms(use_true_random=False))
def test_a_stay_cut_in_two_is_the_same_time(rows: list[ReportParticipant], share: float, chance: random.Random) -> None:
    visits = [msgspec.structs.replace(row, user_id=str(n)) for n, row in enumerate(rows)]
    whole = chance.choice(visits)
    assert whole.join_time
    assert whole.leave_time
    cut = whole.join_time + (whole.leave_time - whole.join_time) * share
    parts = [
        msgspec.structs.replace(whole, leave_time=cut),
        # a user who rejoins has a new connection; of a guest nothing else is known
        msgspec.structs.replace(whole, join_time=cut, user_id="new" if whole.id else whole.user_id),
    ]
    rest = [row for row in visits if row is not whole]

    def times(rows: list[ReportParticipant]) -> Counter[object]:
        return Counter((line.id, line.joined, line.left, line.seconds) for line in merge_visits(rows))

    assert times([*rest, *parts]) == times([*rest, whole])


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 600)), min_size=1, max_size=8))
def test_stays_that_do_not_overlap_add_up(gaps_and_lengths: list[tuple[int, int]]) -> None:
    visits: list[Visit] = []
    moment = NINE
    for gap, length in gaps_and_lengths:
        joined = moment + timedelta(seconds=gap)
        moment = joined + timedelta(seconds=length)
        visits.append(Visit(id="U1", join_time=joined, leave_time=moment, duration=length))

    (line,) = merge_visits(visits)

    assert line.seconds == sum(length for _, length in gaps_and_lengths)


@given(st.lists(timed(user=True), max_size=12))
def test_users_have_one_line_each(visits: list[ReportParticipant]) -> None:
    assert Counter(line.id for line in merge_visits(visits)) == Counter({row.id for row in visits})


@given(st.lists(timed(user=False), min_size=1, max_size=10))
def test_guests_of_one_name_are_no_more_than_were_there_at_once(rows: list[ReportParticipant]) -> None:
    visits = [msgspec.structs.replace(row, name="iPhone", user_id=str(n)) for n, row in enumerate(rows)]
    times = [(row.join_time, row.leave_time) for row in visits if row.join_time and row.leave_time]
    moments = [at(half / 2) for half in range(25)]
    at_once = max(sum(a < moment < b for a, b in times) + ((moment, moment) in times) for moment in moments)

    assert 1 <= len(merge_visits(visits)) <= max(at_once, 1)


# --- The store -------------------------------------------------------------------------------------------------------


class Stored:
    """A store at *path*, as a harvest leaves it."""

    def __init__(self, path: Path) -> None:
        self.path = a_store(path)

    def instance(
        self, uuid: str, *, number: int = 81528471234, start: datetime | None = NINE, listing: str = ""
    ) -> None:
        row = UserMeeting(uuid=uuid, id=number, topic=f"Topic of {uuid}", type=8, start_time=start)
        self._put(a_partition("user_meetings", listing or f"{uuid}/2026-04", rows=1), [row])

    def people(
        self,
        uuid: str,
        *visits: Visit,
        stream: str = "meeting_participants",
        state: State = State.DONE,
        invalid_rows: int = 0,
    ) -> None:
        shape = STREAMS[stream].shape[-1]
        rows = [msgspec.convert(msgspec.to_builtins(visit), shape) for visit in visits]
        detail = "GET /report: 500" if state is State.FAILED else None
        counts = {"rows": len(rows) + invalid_rows, "invalid_rows": invalid_rows}
        self._put(a_partition(stream, uuid, state, detail=detail, **counts), rows)

    def listing(self, key: str, state: State) -> None:
        self._put(a_partition("user_meetings", key, state))

    def _put(self, partition: Line, rows: Sequence[msgspec.Struct] = ()) -> None:
        table = Table(STREAMS[str(partition["stream"])])
        marks = ", ".join(f":{name}" for name in partition)
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(table.create)
            table.put(connection, table.lines(str(partition["key"]), [(n, (row,), None) for n, row in enumerate(rows)]))
            connection.execute(f"INSERT INTO partition ({', '.join(partition)}) VALUES ({marks})", dict(partition))  # noqa: S608  our own names


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    return Stored(tmp_path / "harvest.sqlite")


NADIA = visit(0, 30, id="U1", name="Nadia Orr", failover=False)
NOAH = visit(10, 20, name="null", user_email="noah@example.com", registrant_id="R1")


def names(instance: InstanceAttendance) -> list[str | None] | None:
    return None if instance.people is None else [person.name for person in instance.people]


def test_a_number_means_every_time_that_the_meeting_took_place(stored: Stored) -> None:
    stored.instance("Athird==", start=at(2000.5 / 60))
    stored.instance("Msecond==", start=at(2000 / 60))
    stored.instance("Zfirst==")
    stored.instance("another==", number=1)
    stored.people("Zfirst==", NADIA, NOAH, NADIA)
    stored.people("Msecond==", state=State.FAILED)
    stored.people("Athird==", NOAH)
    stored.people("another==", NADIA)

    instances = read_attendance(stored.path, 81528471234)

    assert [(instance.uuid, names(instance)) for instance in instances] == [
        ("Zfirst==", ["Nadia Orr", "null"]),
        ("Msecond==", None),
        ("Athird==", ["null"]),
    ]
    first, second, _ = instances
    assert (first.topic, first.start_time, first.complete) == ("Topic of Zfirst==", NINE, True)
    assert first.people == tuple(merge_visits([NADIA, NOAH, NADIA]))
    assert second.partition is not None
    assert (second.partition.state, second.partition.detail) == (State.FAILED, "GET /report: 500")
    assert second.partition.fetched_at == datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert not second.complete


@pytest.mark.parametrize("number", ["81528471234", "815 2847 1234"])
def test_a_number_may_be_text(stored: Stored, number: str) -> None:
    stored.instance("first==")

    assert [instance.uuid for instance in read_attendance(str(stored.path), number)] == ["first=="]


def test_a_uuid_means_that_one_time(stored: Stored) -> None:
    for uuid in ("/first//==", "second=="):
        stored.instance(uuid)
        stored.people(uuid, NADIA)

    assert [instance.uuid for instance in read_attendance(stored.path, "/first//==")] == ["/first//=="]


def test_people_of_a_webinar_are_found(stored: Stored) -> None:
    stored.instance("webinar==")
    stored.people("webinar==", NADIA, stream="webinar_participants")

    assert [names(instance) for instance in read_attendance(stored.path, "webinar==")] == [["Nadia Orr"]]


@pytest.mark.parametrize(
    ("report", "past", "expected"),
    [
        ((State.DONE, (NADIA,)), (State.DONE, (NOAH,)), ["Nadia Orr"]),
        ((State.FAILED, ()), (State.DONE, (NOAH,)), ["null"]),
        ((State.EMPTY, ()), (State.DONE, (NOAH,)), ["null"]),
        ((State.EMPTY, ()), (State.FAILED, ()), []),
        ((State.NOT_FOUND, ()), (State.EMPTY, ()), []),
    ],
)
def test_the_past_meeting_stands_in_for_a_report_that_gave_nobody(
    stored: Stored, report: tuple[State, Sequence[Visit]], past: tuple[State, Sequence[Visit]], expected: list[str]
) -> None:
    stored.instance("first==")
    stored.people("first==", *report[1], state=report[0])
    stored.people("first==", *past[1], state=past[0], stream="past_participants")

    assert [names(instance) for instance in read_attendance(stored.path, "first==")] == [expected]


@pytest.mark.parametrize("state", sorted(set(State) - {State.DONE, State.EMPTY}))
def test_a_session_whose_people_did_not_come_is_no_empty_room(stored: Stored, state: State) -> None:
    stored.instance("first==")
    stored.people("first==", *((NADIA,) if state is State.IN_PROGRESS else ()), state=state)

    (instance,) = read_attendance(stored.path, "first==")

    assert instance.people is None
    assert instance.partition is not None
    assert instance.partition.state is state


def test_of_two_reports_that_did_not_come_the_one_that_still_may_is_told(stored: Stored) -> None:
    stored.instance("first==")
    stored.people("first==", state=State.REJECTED)
    stored.people("first==", state=State.DEFERRED, stream="past_participants")

    (instance,) = read_attendance(stored.path, "first==")

    assert instance.partition is not None
    assert (instance.partition.stream, instance.partition.state) == ("past_participants", State.DEFERRED)


def test_a_harvest_without_participants_knows_the_session_and_nobody_in_it(stored: Stored) -> None:
    stored.instance("first==", start=None)

    (instance,) = read_attendance(stored.path, "first==")

    assert (instance.people, instance.partition, instance.start_time, instance.complete) == (None, None, None, False)


def test_rows_that_could_not_be_decoded_leave_the_attendance_incomplete(stored: Stored) -> None:
    for uuid, visits in (("some==", [NADIA]), ("all==", [])):
        stored.instance(uuid)
        stored.people(uuid, *visits, invalid_rows=2)

    (some_of_them,) = read_attendance(stored.path, "some==")
    (none_of_them,) = read_attendance(stored.path, "all==")

    assert (names(some_of_them), some_of_them.complete) == (["Nadia Orr"], False)
    assert (none_of_them.people, none_of_them.complete) == (None, False)


def test_a_session_that_two_listings_have_is_one(stored: Stored) -> None:
    stored.instance("first==", listing="U1/2026-04")
    stored.instance("first==", listing="U2/2026-04")

    assert [instance.topic for instance in read_attendance(stored.path, 81528471234)] == ["Topic of first=="]


def test_a_store_of_fewer_columns_is_read_all_the_same(stored: Stored) -> None:
    stored.instance("first==")
    stored.people("first==", NADIA)
    with closing(sqlite3.connect(stored.path)) as connection, connection:
        connection.execute("ALTER TABLE meeting_participants DROP COLUMN customer_key")

    assert [names(instance) for instance in read_attendance(stored.path, "first==")] == [["Nadia Orr"]]


@pytest.mark.parametrize("meeting", [5, "5", "nobody knows it==", 10**30, -1, ""])
def test_a_meeting_that_is_not_in_the_store_is_an_error_that_says_what_is(stored: Stored, meeting: int | str) -> None:
    stored.instance("first==")
    stored.listing("U9/2026-05", State.FAILED)

    with pytest.raises(InvalidArgument) as raised:
        read_attendance(stored.path, meeting)

    assert str(raised.value) == (
        "harvest.sqlite has no instance of this meeting: the store covers 2026-04-01 to 2026-05-31, "
        "and 1 of its listings are not finished; run the harvest again"
    )


def test_a_store_of_nothing_says_so(stored: Stored) -> None:
    with closing(sqlite3.connect(stored.path)) as connection, connection:
        connection.execute("DELETE FROM harvest")

    with pytest.raises(InvalidArgument, match="the store is empty, so run a harvest first"):
        read_attendance(stored.path, 5)


def test_no_store_is_no_attendance(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read_attendance(tmp_path / "none.sqlite", 5)

    assert list(tmp_path.iterdir()) == []
