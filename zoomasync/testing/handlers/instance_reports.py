"""What `/report/meetings` and `/report/webinars` answer.

A session without polls, questions or a survey answers 200 with an empty list. The reference does not say what Zoom does
there; this is our choice.
"""

from __future__ import annotations

from typing import Final

from ..account.instance import Instance
from ..protocol import query as _query
from ..protocol.errors import no_such_instance
from ..protocol.request import FakeRequest
from . import instance_rows as _rows
from .instance_rows import Row

_TWO_PEOPLE: Final = 2


def meeting(request: FakeRequest) -> Row:
    """Answer with one meeting."""
    return _rows.report_session(request.instance())


def meeting_participants(request: FakeRequest) -> Row:
    """Answer with the stays of a meeting.

    A meeting of one person "is not reported here"; that this means 404 is our choice.
    """
    instance = request.instance(other_account_status=400)
    if instance.participants_count < _TWO_PEOPLE:
        raise no_such_instance(request.path_value)
    return _participants(request, instance)


def meeting_polls(request: FakeRequest) -> Row:
    """Answer with the poll answers of a meeting."""
    return _rows.report_polls(request.instance())


def meeting_qa(request: FakeRequest) -> Row:
    """Answer with the Q&A of a meeting, of any age: no limit is documented."""
    return _rows.report_qa(request.instance(max_age_months=None))


def meeting_survey(request: FakeRequest) -> Row:
    """Answer with the survey of a meeting."""
    return _rows.report_survey(request.instance())


def webinar(request: FakeRequest) -> Row:
    """Answer with one webinar."""
    return _rows.report_session(request.instance(webinar=True, other_account_status=400))


def webinar_participants(request: FakeRequest) -> Row:
    """Answer with the stays of a webinar, a one-person one too: the exception is documented for meetings alone."""
    return _participants(request, request.instance(webinar=True, other_account_status=400))


def webinar_polls(request: FakeRequest) -> Row:
    """Answer with the poll answers of a webinar."""
    return _rows.report_polls(request.instance(webinar=True, other_account_status=400))


def _participants(request: FakeRequest, instance: Instance) -> Row:
    registrants = _query.choice(request.query, "include_fields", ("registrant_id",), default="")
    page = request.page(instance.participants, _rows.report_registrant if registrants else _rows.report_participant)
    return {**page.envelope(), **page.totals(), "participants": page.rows}
