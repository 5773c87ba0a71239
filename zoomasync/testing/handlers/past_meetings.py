"""What `/past_meetings` answers."""

from __future__ import annotations

from datetime import date
from typing import Final

from ..protocol import query as _query
from ..protocol.errors import invalid, no_such_session
from ..protocol.request import Asked
from ..protocol.times import months_before
from . import instance_rows as _rows
from .instance_rows import Row

_LOOK_BACK_MONTHS: Final = 15
_TWO_PEOPLE: Final = 2


def details(asked: Asked) -> Row:
    """Answer with one ended meeting."""
    return _rows.past_meeting(asked.session(elsewhere=400))


def instances(asked: Asked) -> Row:
    """Answer with all instances of a number, the last fifteen months' unless `from` and `to` say less."""
    oldest = months_before(asked.today, _LOOK_BACK_MONTHS)
    first = max(_query.day(asked.query, "from", oldest), oldest)
    last = _query.day(asked.query, "to", date.max)
    if first > last:
        raise invalid("from")
    held = [session for session in asked.instances() if session.day >= oldest]
    if not held:
        raise no_such_session(asked.value)
    return {"meetings": [_rows.instance(session) for session in held if first <= session.day <= last]}


def participants(asked: Asked) -> Row:
    """Answer with the stays of a meeting: none of a meeting that one person sat through alone."""
    session = asked.session(elsewhere=400)
    stays = session.participants if session.participants_count >= _TWO_PEOPLE else ()
    page = asked.page(stays, _rows.past_participant)
    return {**page.envelope(), **page.totals(), "participants": page.rows}


def polls(asked: Asked) -> Row:
    """Answer with the poll answers of a meeting; no polls are an empty list."""
    return _rows.past_polls(asked.session())


def qa(asked: Asked) -> Row:
    """Answer with the Q&A of a meeting; it is kept longer than the rest and is unknown thereafter."""
    session = asked.session(months=None, elsewhere=401)
    if session.day < months_before(asked.today, _LOOK_BACK_MONTHS):
        raise no_such_session(asked.value)
    return _rows.past_qa(session)
