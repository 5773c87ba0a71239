"""ServerClock: which Date of a response sets Zoom's clock, and what a correction of the clock changes."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clock import date_header

from zoomasync.rate_limits._daily_quota import DailyQuota
from zoomasync.rate_limits._server_clock import ServerClock, running_seconds

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
YEAR_2099 = datetime(2099, 1, 1, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class World:
    """Zoom's true time, a local clock that is *ahead* of it, and a client that observes responses."""

    def __init__(self, *, ahead: timedelta = timedelta(), start: datetime = NOON) -> None:
        self.true_time = self._start = start
        self.ahead = ahead
        self.clock = ServerClock(
            lambda: 1_000.0 + (self.true_time - self._start).total_seconds(),
            local_time=lambda: self.true_time + self.ahead,
        )

    def sleep(self, duration: timedelta) -> None:
        self.true_time += duration

    def respond(self, ahead: timedelta = timedelta()) -> None:
        """Observe a response whose Date is *ahead* of the true time."""
        self.clock.observe(date_header(self.true_time + ahead))

    @property
    def error(self) -> timedelta:
        return self.clock.now() - self.true_time

    @property
    def state(self) -> tuple[timedelta, timedelta, int]:
        return (self.error, self.clock.correction, self.clock.day)


def test_clock_starts_with_local_time() -> None:
    world = World(ahead=7 * MINUTE)

    assert (world.error, world.clock.observed) == (7 * MINUTE, False)


@pytest.mark.parametrize("ahead", [-DAY, -14 * HOUR, -20 * SECOND, 20 * SECOND, 14 * HOUR, DAY, 30 * HOUR], ids=str)
def test_first_response_corrects_local_clock(ahead: timedelta) -> None:
    world = World(ahead=ahead)

    world.respond()

    assert (world.error, world.clock.observed) == (timedelta(), True)


@pytest.mark.parametrize("ahead", [-20_000 * DAY, -3 * DAY, 3 * DAY, 20_000 * DAY], ids=str)
def test_two_responses_correct_local_clock(ahead: timedelta) -> None:
    """A local clock that is far off, as on a computer without a battery, is corrected by the second response."""
    world = World(ahead=ahead)
    world.respond()
    assert (world.error, world.clock.observed) == (ahead, False)

    world.sleep(SECOND)
    world.respond()

    assert (world.error, world.clock.observed) == (timedelta(), True)


@pytest.mark.parametrize("ahead", [-9_000 * DAY, -2 * HOUR, -2 * MINUTE, 6 * MINUTE, 2 * HOUR, 26_000 * DAY], ids=str)
@pytest.mark.parametrize("local", [timedelta(), DAY], ids=["right", "wrong"])
def test_wrong_dates_in_burst_are_ignored(local: timedelta, ahead: timedelta) -> None:
    """A gateway with a wrong clock may answer many requests at once, among the responses of Zoom."""
    world = World(ahead=local)
    world.respond()

    for _ in range(5):
        for _ in range(64):
            world.respond(ahead)
            assert world.error == timedelta()
            world.sleep(SECOND / 10)
        world.respond()


def test_wrong_first_date_is_ignored() -> None:
    world = World()

    world.respond(26_000 * DAY)
    world.respond()

    assert world.error == timedelta()


def test_repeated_response_is_ignored() -> None:
    """A cache sends a response of yesterday again and again, with the Date of yesterday."""
    world = World()
    world.respond()
    cached = world.true_time - DAY

    for _ in range(100):
        world.sleep(SECOND)
        world.clock.observe(date_header(cached))

    assert world.error == timedelta()


def test_one_response_confirms_nothing() -> None:
    """The rate limiter and the resource quotas share the clock, and both report the same response."""
    world = World()
    headers = date_header(YEAR_2099)

    world.clock.observe(headers)
    world.clock.observe(headers)

    assert world.error == timedelta()


@pytest.mark.parametrize("error", [-DAY, 3 * MINUTE, 20 * HOUR, 26_000 * DAY], ids=str)
def test_wrong_clock_is_corrected(error: timedelta) -> None:
    """A clock that followed a wrong Date goes back or forward when responses of ten seconds agree."""
    world = World(ahead=-3 * DAY)
    for _ in range(2):
        world.respond(error)
    assert world.error == error

    for _ in range(11):
        world.sleep(SECOND)
        world.respond()

    assert world.error == timedelta()


@pytest.mark.parametrize("error", [-DAY, 20 * HOUR, 26_000 * DAY], ids=str)
def test_local_clock_confirms_correction(error: timedelta) -> None:
    """A response that agrees with the local clock corrects a wrong clock at once."""
    world = World()
    for _ in range(2):
        world.respond(error)
    assert world.error == error

    world.respond()

    assert world.error == timedelta()


@pytest.mark.parametrize("jump", [-DAY, DAY], ids=["back", "forward"])
def test_local_clock_jump_changes_nothing(jump: timedelta) -> None:
    world = World()
    world.respond()

    world.ahead = jump
    for _ in range(20):
        world.sleep(SECOND)
        world.respond()

    assert world.error == timedelta()


def test_late_responses_turn_no_clock_back() -> None:
    world = World()
    world.respond()

    for late in (50, 1, 200, 0, 59, 130, 2):
        world.sleep(3 * SECOND)
        world.respond(-late * SECOND)

    assert world.error == timedelta()


def test_clock_counts_suspended_time() -> None:
    """A suspended computer sends nothing for hours, so no response corrects the clock."""
    assert running_seconds() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=60)
    world = World()
    world.respond()
    quota = DailyQuota(None, world.clock)
    quota.block(NOON + 12 * HOUR)

    world.sleep(13 * HOUR)

    assert not quota.blocked


INVALID_DATES = [
    "",
    " ",
    "garbage",
    "Mon, 15 Jun 2026",
    "Mon, 32 Jun 2026 12:00:00 GMT",
    "Mon, 15 Jun 2026 25:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Fri, 31 Dec 9999 23:59:59 -2300",
    "Mon, 15 Jun 99999999999999999999 12:00:00 GMT",
    "Mon, 15 Jun 2026 12:00:00 +9999",
    "Mon, 15 Jun 2026 12:00:00 -9999999999",
    "Montag, 15. J\xe4nner 2026",
    "2026-06-15T12:00:00Z",
    "0",
    "9" * 5_000,
    "\0",
    ",",
    ":::::",
]


@pytest.mark.parametrize("text", INVALID_DATES, ids=range(len(INVALID_DATES)))
def test_invalid_date_is_ignored(text: str) -> None:
    world = World(start=datetime(2026, 2, 1, tzinfo=UTC))

    for _ in range(3):
        world.clock.observe({"date": text})
    world.sleep(DAY)

    assert (world.error, world.clock.observed) == (timedelta(), False)


ODD_DATES = [
    "Sat, 01 Jan 0001 00:00:00 GMT",  # a year of two digits, says the standard of e-mail
    "Mon, 01 Jan 0000 00:00:00 +2300",
    "Mon, \u0661\u0665 Jun 2026 12:00:00 GMT" + "\u0661" * 5_000,
    "Mon, 15 Jun 2026 12:00:00 " + "(" * 2_000,
    "15 Jun 26 12:00",
]


@pytest.mark.parametrize("text", ODD_DATES, ids=range(len(ODD_DATES)))
def test_odd_date_is_not_followed(text: str) -> None:
    world = World(start=datetime(2026, 2, 1, tzinfo=UTC))
    world.respond()

    for _ in range(3):
        world.clock.observe({"date": text})

    assert world.error == timedelta()


def test_response_without_date_is_ignored() -> None:
    world = World(ahead=HOUR)

    world.clock.observe({})

    assert (world.error, world.clock.observed) == (HOUR, False)


def test_response_without_date_keeps_first() -> None:
    """A response without a Date neither confirms nor refutes a time that is far from the local clock."""
    world = World(ahead=3 * DAY)
    world.respond()
    world.clock.observe({})
    world.respond()

    assert (world.error, world.clock.observed) == (timedelta(), True)


# Seconds pass, or a response has a Date so many seconds ahead, one of the latest Dates again, or none.
HAPPENINGS = st.lists(
    st.tuples(st.just("sleep"), st.sampled_from([0.1, 1.0, 9.0, 10.0, 59.5, 60.0, 300.0, 3600.0, 86400.0]))
    | st.tuples(st.just("Date"), st.sampled_from([0, 1, -1, -60, -61, 300, 301, 3600, -86400, 259200, -259200]))
    | st.tuples(st.just("again"), st.integers(1, 3))
    | st.tuples(st.just("no Date"), st.just(0)),
    min_size=4,
    max_size=16,
)


@settings(max_examples=400)
@given(happenings=HAPPENINGS, ahead=st.sampled_from([timedelta(), HOUR, -3 * DAY]))
def test_form_of_date_changes_nothing(happenings: list[tuple[str, float]], ahead: timedelta) -> None:
    """A Date in the form of an earlier one, whose time is known, sets the clock as one in a form of its own."""
    usual, odd = World(ahead=ahead), World(ahead=ahead)
    moments = [NOON] * 3
    for number, (kind, value) in enumerate(happenings):
        if kind == "sleep":
            for world in (usual, odd):
                world.sleep(timedelta(seconds=value))
            continue
        if kind == "Date":
            moments.append((usual.true_time + timedelta(seconds=value)).replace(microsecond=0))
        elif kind == "again":
            moments.append(moments[-int(value)])
        text = "" if kind == "no Date" else format_datetime(moments[-1], usegmt=True)
        usual.clock.observe({"date": text} if text else {})
        odd.clock.observe({"date": f"{text} ({number})"})

        assert usual.state == odd.state


WORDS = st.sampled_from(
    ["Mon,", "15", "Jun", "2026", "12:00:00", "GMT", "+9999", "-0000", "99", "9999", "1e9", "-", ":"]
)
TEXTS = st.text(max_size=40) | st.lists(WORDS | st.text(max_size=5), max_size=9).map(" ".join)


@given(st.lists(TEXTS, max_size=6))
def test_clock_survives_any_text(texts: list[str]) -> None:
    world = World()

    for text in texts:
        for _ in range(2):
            world.clock.observe({"date": text})
            world.sleep(11 * SECOND)

    assert timedelta() < world.clock.midnight() - world.clock.now() <= DAY


def test_zone_of_date_is_respected() -> None:
    """A Date without a zone is in UTC, and not in the time zone of the computer."""
    for text in ("Mon, 15 Jun 2026 13:00:00 +0100", "Mon, 15 Jun 2026 12:00:00 -0000"):
        world = World(ahead=HOUR)
        world.clock.observe({"date": text})
        assert world.error == timedelta()


def test_day_ends_at_midnight() -> None:
    world = World(start=NOON + 11 * HOUR)
    world.respond()
    before = world.clock.day

    world.sleep(59 * MINUTE)
    assert world.clock.day == before
    world.respond(MINUTE)  # over midnight

    assert [world.clock.day, world.clock.day] == [before + 1, before + 1]
    world.sleep(DAY)
    assert world.clock.day == before + 2


@pytest.mark.parametrize("started", [0.1, 1_000.0, 1.7e9])
def test_day_ends_when_clock_shows_midnight(started: float) -> None:
    """The time is rounded to a microsecond, and the day with it: otherwise midnight would be a day away."""
    seconds = started
    clock = ServerClock(lambda: seconds, local_time=lambda: NOON)

    seconds = started + 12 * 3600 - 4e-7

    assert (clock.now(), clock.day) == (NOON + 12 * HOUR, 1)


@pytest.mark.parametrize("error", [-26 * HOUR, 13 * HOUR, 26_000 * DAY], ids=str)
def test_correction_keeps_counts(error: timedelta) -> None:
    """The requests of the day are neither lost nor counted twice when the clock goes to another day and back."""
    world = World(ahead=4 * DAY)
    world.respond(error)
    quota = DailyQuota(5, world.clock)
    sent = 0
    for second in range(40):
        world.sleep(SECOND)
        world.respond(error if second < 10 else timedelta())
        if quota.remaining:
            quota.count()
            sent += 1

    assert (world.error, sent, quota.used) == (timedelta(), 5, 5)
    world.sleep(12 * HOUR)
    assert quota.used == 0


def test_correction_keeps_block() -> None:
    """A block lasts as long as Zoom said, although the clock goes to another year and back."""
    world = World(ahead=4 * DAY)
    for _ in range(2):
        world.respond()
    quota = DailyQuota(None, world.clock)
    quota.block(NOON + 5 * HOUR)

    for _ in range(12):
        world.sleep(SECOND)
        world.respond(26_000 * DAY)
    assert world.error == 26_000 * DAY
    assert quota.resumes_at == NOON + 5 * HOUR + 26_000 * DAY
    for _ in range(12):
        world.sleep(SECOND)
        world.respond()

    assert quota.resumes_at == NOON + 5 * HOUR
    world.sleep(5 * HOUR - 25 * SECOND)
    assert quota.blocked
    world.sleep(2 * SECOND)
    assert not quota.blocked


@pytest.mark.parametrize("until", [NOON - 300_000 * DAY, NOON - HOUR, NOON + 3 * DAY, NOON + 300_000 * DAY], ids=str)
def test_block_has_sensible_end(until: datetime) -> None:
    world = World()
    quota = DailyQuota(None, world.clock)

    quota.block(until)

    assert (quota.blocked, quota.resumes_at) == (True, NOON + 12 * HOUR)


def test_midnight_before_correction_counts() -> None:
    """A client that is idle over midnight starts a new day, also if the first response corrects its clock."""
    world = World(ahead=3 * HOUR)
    quota = DailyQuota(5, world.clock)
    quota.count()

    world.sleep(20 * HOUR)
    world.respond()

    assert quota.used == 0
