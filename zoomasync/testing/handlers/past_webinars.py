"""Handlers of `/past_webinars`.

The reference has no look-back limit for them.
"""

from __future__ import annotations

from ..account.instance import Instance
from ..account.meeting import normalized_email
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, invalid
from .instance_rows import Row, instance_row, past_participant_row, past_polls_body, past_qa_body
from .meeting_rows import registrant_row
from .registrants import chosen_occurrence


def instances(request: FakeRequest) -> Row:
    """Return the instances of a webinar number."""
    if not request.path_value.isdigit():
        raise invalid("webinarId")
    instances = request.instances()
    request.check_scheduling(instances[0].host)
    return {"webinars": [instance_row(each) for each in instances]}


def participants(request: FakeRequest) -> Row:
    """Return the visits to a webinar."""
    page = request.page(_instance(request).participants, past_participant_row)
    return {**page.envelope(), **page.totals(), "participants": page.rows}


def absentees(request: FakeRequest) -> Row:
    """Return the approved registrants, of all occurrences or of one, who did not visit the instance.

    The error for a missing licence has status 200, and that for another account a code of its own, as documented.
    """
    instance = request.instance(max_age_months=None)
    if not instance.host.has("webinars"):
        raise ErrorResponse(200, 200, "Webinar plan subscription is missing.")
    webinar = request.account.scheduled_webinar(instance.id)
    if webinar is None or not webinar.registration_enabled:
        raise ErrorResponse(400, 3000, f"This webinar doesn't have registration required: {instance.uuid}.")
    occurrence = chosen_occurrence(request, webinar)
    present = {each.registrant_id for each in instance.participants if each.registrant_id}
    emails = {normalized_email(each.user_email) for each in instance.participants}
    absent = [
        each
        for each in webinar.registrants
        if each.status == "approved"
        and (not occurrence or each.attends(occurrence))
        and each.id not in present
        and normalized_email(each.email) not in emails
    ]
    page = request.page(absent, lambda each: registrant_row(webinar, each))
    return {**page.numbered_envelope(), "registrants": page.rows}


def polls(request: FakeRequest) -> Row:
    """Return the poll answers of a webinar."""
    return past_polls_body(_instance(request))


def qa(request: FakeRequest) -> Row:
    """Return the Q&A of a webinar."""
    return past_qa_body(_instance(request))


def _instance(request: FakeRequest) -> Instance:
    instance = request.instance(max_age_months=None)
    request.check_scheduling(instance.host)
    return instance
