"""What `/past_meetings` answers."""

from __future__ import annotations

from datetime import date
from typing import Final

from ..protocol import query as _query
from ..protocol.errors import invalid, no_such_instance
from ..protocol.request import FakeRequest
from ..protocol.times import months_before
from . import instance_rows as _rows
from .instance_rows import Row

_LOOK_BACK_MONTHS: Final = 15
_TWO_PEOPLE: Final = 2


def details(request: FakeRequest) -> Row:
    """Answer with one ended meeting."""
    return _rows.past_meeting(request.instance(other_account_status=400))


def instances_of(request: FakeRequest) -> Row:
    """Answer with all instances of a number, the last fifteen months' unless `from` and `to` say less."""
    oldest = months_before(request.today, _LOOK_BACK_MONTHS)
    first = max(_query.day(request.query, "from", oldest), oldest)
    last = _query.day(request.query, "to", date.max)
    if first > last:
        raise invalid("from")
    held = [instance for instance in request.instances() if instance.day >= oldest]
    if not held:
        raise no_such_instance(request.path_value)
    return {"meetings": [_rows.instance(instance) for instance in held if first <= instance.day <= last]}


def participants(request: FakeRequest) -> Row:
    """Answer with the stays of a meeting: none of a meeting that one person sat through alone."""
    instance = request.instance(other_account_status=400)
    visits = instance.participants if instance.participants_count >= _TWO_PEOPLE else ()
    page = request.page(visits, _rows.past_participant)
    return {**page.envelope(), **page.totals(), "participants": page.rows}


def polls(request: FakeRequest) -> Row:
    """Answer with the poll answers of a meeting; no polls are an empty list."""
    return _rows.past_polls(request.instance())


def qa(request: FakeRequest) -> Row:
    """Answer with the Q&A of a meeting; it is kept longer than the rest and is unknown thereafter."""
    instance = request.instance(max_age_months=None, other_account_status=401)
    if instance.day < months_before(request.today, _LOOK_BACK_MONTHS):
        raise no_such_instance(request.path_value)
    return _rows.past_qa(instance)
