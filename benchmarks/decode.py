"""The processor time of decoding a page of 300 rows over that of msgspec alone, and of encoding the body of a request.

The pages are as documented, or have the inconsistencies that Zoom is known for. A harvest decodes with both callbacks:
one for invalid rows, one for extra fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import Final

import msgspec

from zoomasync._core.decoding import ExtraFields, InvalidRow, decode
from zoomasync._core.request_body import encode
from zoomasync.models import MeetingSettings, NewMeeting, NewRegistrants
from zoomasync.models.instance_reports import ReportParticipantsPage
from zoomasync.models.registrants import BatchRegistrant

from .bodies import ROWS, participants_page
from .figures import Figure
from .machine import paired, ratio

WITHOUT_ZONE: Final = "times without a zone"
MOST_MILLISECONDS: Final = 2.0
"""The target for a page whose times have no zone."""
BATCH: Final = 30
ALONE: Final = "msgspec alone"


def measure(*, quick: bool = False) -> Iterator[Figure]:
    """Measure the pages and the bodies of requests."""
    rounds, times = (15, 10) if quick else (101, 20)
    yield from decoding(rounds=rounds, times=times)
    yield from encoding(rounds=rounds, times=10 * times)


def decoding(*, rounds: int, times: int) -> Iterator[Figure]:
    """Measure the pages. Each of the *rounds* decodes each page so many *times*."""
    page = participants_page()
    alone = msgspec.json.Decoder(ReportParticipantsPage)
    works: dict[str, Callable[[], object]] = {
        ALONE: partial(alone.decode, page),
        "as documented": partial(decode, page, ReportParticipantsPage),
        **{name: partial(decode, body, ReportParticipantsPage) for name, body in inconsistent_pages().items()},
        **{f"{name}, both callbacks": partial(harvest, body) for name, body in harvested_pages().items()},
    }
    taken = _seconds(works, rounds=rounds, times=times)
    for name, seconds in taken.items():
        milliseconds = 1e3 * median(seconds)
        over_alone, spread = ratio(seconds, taken[ALONE])
        per_row = f"{1e6 * milliseconds / ROWS:,.0f} ns per row"
        yield Figure(
            name=f"Decode a page of {ROWS} rows, {name}",
            value=milliseconds,
            unit="ms",
            at_most=MOST_MILLISECONDS if name == WITHOUT_ZONE else None,
            note=per_row if name == ALONE else f"{per_row}; {over_alone:.2f} x {ALONE}, {spread}",
        )


def inconsistent_pages() -> dict[str, bytes]:
    """Return pages that msgspec alone does not decode, by the inconsistency."""
    page = participants_page()
    return {
        WITHOUT_ZONE: re.sub(rb'(_time":"[^"]+)Z"', rb'\1"', page),
        "numbers as text": page.replace(b'"duration":3600', b'"duration":"3600"'),
        "empty texts for numbers and times": re.sub(rb'("duration":|"leave_time":)[^,]+', rb'\1""', page),
        "null for the page token": page.replace(b'"next_page_token":""', b'"next_page_token":null'),
    }


def harvested_pages() -> dict[str, bytes]:
    """Return pages as a harvest meets them, by name."""
    page = participants_page()
    return {
        "as documented": page,
        "a new key in every row": page.replace(b'"failover"', b'"new":1,"failover"'),
        "one invalid row": page.replace(b'"duration":3600', b'"duration":{}', 1),
    }


def harvest(body: bytes) -> tuple[ReportParticipantsPage, list[InvalidRow], list[ExtraFields]]:
    """Decode *body* as a harvest does."""
    invalid_rows: list[InvalidRow] = []
    extra_fields: list[ExtraFields] = []
    return decode(body, ReportParticipantsPage, invalid_rows.append, extra_fields.append), invalid_rows, extra_fields


def encoding(*, rounds: int, times: int) -> Iterator[Figure]:
    """Measure the bodies of requests. Each of the *rounds* encodes each body so many *times*."""
    for name, body in request_bodies().items():
        works = {ALONE: partial(msgspec.json.encode, body), name: partial(encode, body)}
        taken = _seconds(works, rounds=rounds, times=times)
        over_alone, spread = ratio(taken[name], taken[ALONE])
        yield Figure(
            name=f"Check and encode {name}",
            value=1e6 * median(taken[name]),
            unit="µs",
            note=f"{over_alone:,.1f} x {ALONE}, which checks nothing, {spread}",
        )


def request_bodies() -> dict[str, msgspec.Struct]:
    """Return bodies of requests, by name."""
    settings = MeetingSettings(
        host_video=True,
        participant_video=False,
        join_before_host=False,
        mute_upon_entry=True,
        waiting_room=True,
        approval_type=0,
        audio="both",
        auto_recording="cloud",
        alternative_hosts="deputy@northpier.example",
    )
    meeting = NewMeeting(
        topic="Harbour planning",
        type=2,
        start_time=datetime(2026, 6, 4, 12, tzinfo=UTC),
        duration=60,
        timezone="Europe/Berlin",
        agenda="Berths, tugs and the weekly report of the pilots",
        settings=settings,
    )
    people = tuple(
        BatchRegistrant(email=f"guest{number}@northpier.example", first_name="Guest", last_name=f"of berth {number}")
        for number in range(BATCH)
    )
    return {"a meeting with settings": meeting, f"{BATCH} registrants": NewRegistrants(registrants=people)}


def _seconds(works: Mapping[str, Callable[[], object]], *, rounds: int, times: int) -> dict[str, list[float]]:
    """Return the CPU seconds of one run of each of *works*, by round. A round runs each so many *times*."""

    def repeat(work: Callable[[], object]) -> None:
        for _ in range(times):
            work()

    repeated = {name: partial(repeat, work) for name, work in works.items()}
    for first in repeated.values():
        first()
    taken = paired(repeated, rounds=rounds)
    return {name: [each / times for each in seconds] for name, seconds in taken.items()}
