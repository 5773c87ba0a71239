"""Handlers of `/past_meetings`."""

from __future__ import annotations

from datetime import date
from typing import Final

from ..protocol import query
from ..protocol.request import FakeRequest
from ..protocol.responses import invalid, no_such_meeting
from ..protocol.times import months_before
from .instance_rows import Row, instance_row, past_meeting_body, past_participant_row, past_qa_body

_LOOK_BACK_MONTHS: Final = 15


def details(request: FakeRequest) -> Row:
    """Return one past meeting."""
    return past_meeting_body(request.instance())


def instances(request: FakeRequest) -> Row:
    """Return the instances of a meeting number in the last fifteen months, or between `from` and `to`."""
    oldest = months_before(request.today, _LOOK_BACK_MONTHS)
    first = max(query.day(request.query, "from", oldest), oldest)
    last = query.day(request.query, "to", date.max)
    if first > last:
        raise invalid("from")
    recent = [instance for instance in request.instances() if instance.day >= oldest]
    if not recent:
        raise no_such_meeting(request.path_value)
    return {"meetings": [instance_row(instance) for instance in recent if first <= instance.day <= last]}


def participants(request: FakeRequest) -> Row:
    """Return the visits to a meeting; none if only one person took part."""
    instance = request.instance()
    page = request.page(() if instance.one_person else instance.participants, past_participant_row)
    return {**page.envelope(), **page.totals(), "participants": page.rows}


def qa(request: FakeRequest) -> Row:
    """Return the Q&A of a meeting, which is available for fifteen months instead of twelve."""
    instance = request.instance(max_age_months=None)
    if instance.day < months_before(request.today, _LOOK_BACK_MONTHS):
        raise no_such_meeting(request.path_value)
    return past_qa_body(instance)
