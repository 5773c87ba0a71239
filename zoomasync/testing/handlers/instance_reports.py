"""Handlers of `/report/meetings` and `/report/webinars`.

The reference does not say what Zoom returns for an instance without polls, questions or a survey; the fake returns an
empty list with status 200.
"""

from __future__ import annotations

from ..account.instance import Instance
from ..protocol import query
from ..protocol.errors import no_such_meeting
from ..protocol.request import FakeRequest
from .instance_rows import (
    Row,
    report_body,
    report_participant_row,
    report_polls_body,
    report_qa_body,
    report_registrant_row,
    report_survey_body,
)


def meeting(request: FakeRequest) -> Row:
    """Return one meeting."""
    return report_body(request.instance())


def meeting_participants(request: FakeRequest) -> Row:
    """Return the visits to a meeting.

    The reference says that a meeting of one person "is not reported here"; the fake returns 404 for it.
    """
    instance = request.instance(other_account_status=400)
    if instance.one_person:
        raise no_such_meeting(request.path_value)
    return _participants(request, instance)


def meeting_polls(request: FakeRequest) -> Row:
    """Return the poll answers of a meeting."""
    return report_polls_body(request.instance())


def meeting_qa(request: FakeRequest) -> Row:
    """Return the Q&A of a meeting of any age; the reference has no limit."""
    return report_qa_body(request.instance(max_age_months=None))


def meeting_survey(request: FakeRequest) -> Row:
    """Return the survey of a meeting."""
    return report_survey_body(request.instance())


def webinar(request: FakeRequest) -> Row:
    """Return one webinar."""
    return report_body(_webinar(request))


def webinar_participants(request: FakeRequest) -> Row:
    """Return the visits to a webinar, also of one with a single person: only meetings have that exception."""
    return _participants(request, _webinar(request))


def webinar_polls(request: FakeRequest) -> Row:
    """Return the poll answers of a webinar."""
    return report_polls_body(_webinar(request))


def _webinar(request: FakeRequest) -> Instance:
    return request.instance(webinar=True, other_account_status=400)


def _participants(request: FakeRequest, instance: Instance) -> Row:
    with_registrants = query.choice(request.query, "include_fields", ("registrant_id",), default="")
    page = request.page(instance.participants, report_registrant_row if with_registrants else report_participant_row)
    return {**page.counted_envelope(), "participants": page.rows}
