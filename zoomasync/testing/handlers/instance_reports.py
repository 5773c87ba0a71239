"""Handlers of `/report/meetings` and `/report/webinars`.

The reference does not say what Zoom returns for an instance without polls, questions or a survey; the fake returns an
empty list with status 200.
"""

from __future__ import annotations

from collections.abc import Callable

from ..account.instance import Instance
from ..protocol.request import FakeRequest
from ..protocol.responses import no_such_meeting
from .instance_rows import Row, report_participant_row, report_qa_body, report_registrant_row


def of_meeting(body: Callable[[Instance], Row], *, max_age_months: int | None = 12) -> Callable[[FakeRequest], Row]:
    """Return a handler that responds with the *body* of the meeting in the path; *max_age_months* None is no limit."""
    return lambda request: body(request.instance(max_age_months=max_age_months))


def of_webinar(body: Callable[[Instance], Row]) -> Callable[[FakeRequest], Row]:
    """Return a handler that responds with the *body* of the webinar in the path."""
    return lambda request: body(_webinar(request))


def webinar_qa(request: FakeRequest) -> Row:
    """Return the Q&A of a webinar; unlike other reports it has no error for age, or for another account's user."""
    return report_qa_body(request.instance(webinar=True, max_age_months=None))


def meeting_participants(request: FakeRequest) -> Row:
    """Return the visits to a meeting.

    The reference says that a meeting of one person "is not reported here"; the fake returns 404 for it.
    """
    instance = request.instance()
    if instance.one_person:
        raise no_such_meeting(request.path_value)
    return _participants(request, instance)


def webinar_participants(request: FakeRequest) -> Row:
    """Return the visits to a webinar, also of one with a single person: only meetings have that exception."""
    return _participants(request, _webinar(request))


def _webinar(request: FakeRequest) -> Instance:
    return request.instance(webinar=True)


def _participants(request: FakeRequest, instance: Instance) -> Row:
    with_registrants = request.query.get("include_fields", "")
    page = request.page(instance.participants, report_registrant_row if with_registrants else report_participant_row)
    return {**page.envelope(), **page.totals(), "participants": page.rows}
