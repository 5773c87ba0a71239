"""Handlers of `/report/meetings` and `/report/webinars`.

The reference does not say what Zoom returns for an instance without polls, questions or a survey; the fake returns an
empty list with status 200.
"""

from __future__ import annotations

from collections.abc import Callable

from ..account.instance import Instance
from ..protocol.query import LOOK_BACK_MONTHS
from ..protocol.request import FakeRequest
from ..protocol.responses import no_such_meeting
from ..protocol.times import months_before
from .instance_rows import Row, report_participant_row, report_registrant_row


def of_instance(body: Callable[[Instance], Row], *, max_age_months: int | None = 12) -> Callable[[FakeRequest], Row]:
    """Return a handler that responds with the *body* of the instance in the path; *max_age_months* None is no limit."""
    return lambda request: body(request.instance(max_age_months=max_age_months))


def participants(request: FakeRequest) -> Row:
    """Return the visits to a meeting or webinar.

    The reference says that a meeting of one person "is not reported here", and that webinars are available for six
    months; the fake returns 404 for the others.
    """
    instance = request.instance()
    oldest = months_before(request.today, LOOK_BACK_MONTHS)
    if instance.day < oldest if request.is_webinar else instance.one_person:
        raise no_such_meeting(request.path_value, webinar=request.is_webinar)
    with_registrants = request.query.get("include_fields", "")
    page = request.page(instance.participants, report_registrant_row if with_registrants else report_participant_row)
    return {**page.envelope(), **page.totals(), "participants": page.rows}
