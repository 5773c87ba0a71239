"""The routes that the fake serves, each with its rate-limit label, handler, query parameters and body."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from ..._client import Zoom
from ..._label import Label
from ..protocol import bodies
from ..protocol.meeting_body import NEW_MEETING
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, unknown_path, wrong_method
from ..protocol.route import Route
from ..protocol.schema import Fields
from . import (
    account_reports,
    instance_rows,
    livestream,
    meetings,
    pac,
    past_meetings,
    polls,
    registrants,
    survey,
    templates,
)
from .instance_reports import meeting_participants, of_meeting, of_webinar, webinar_participants
from .instance_rows import Row

_LIGHT: Final = Label.LIGHT
_MEDIUM: Final = Label.MEDIUM
_HEAVY: Final = Label.HEAVY
_PAGE: Final = "page_size next_page_token"
_RANGE: Final = "from to"
_CREATED: Final = 201
_TEMPLATE: Final = re.compile(r"(?P<method>GET|POST|PUT|PATCH|DELETE) (?P<path>(?:/[^/\s?#]+)+)")


def match_route(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    """Return the route of a request and the segments of *path* that fill its placeholders.

    Of two matches, such as `registrants/questions` and `registrants/{registrantId}`, the one with fewer placeholders
    wins. Raises the error 404 for an unknown path, and 405 for another method.
    """
    matches = [(route, values) for route in ROUTES if (values := route.match(path)) is not None]
    if not matches:
        raise unknown_path()
    fewest = min(len(values) for _, values in matches)
    for route, values in matches:
        if route.method == method and len(values) == fewest:
            return route, values
    raise wrong_method(method)


def find_route(operation: str, label: Label | None = None) -> Route:
    """Return the route of *operation*: a method of the client, or a route as Zoom prints it.

    A route that is not in `ROUTES` has no handler, and the label *label* or Light. Raises ValueError for an unknown
    method, a malformed route, and a *label* that contradicts the reference.
    """
    template = operation if " " in operation else _template_of(operation)
    route = next((route for route in ROUTES if route.template == template), None)
    if route is None:
        return _unlisted_route(template, label or Label.LIGHT)
    if label not in {None, route.label}:
        raise ValueError(f"{template} has the label {route.label}: a label is for routes outside the reference")
    return route


def _template_of(method: str) -> str:
    endpoints = Zoom.endpoints()
    if method in endpoints:
        return endpoints[method].route
    similar = " or ".join(get_close_matches(method, endpoints)) or 'a route such as "GET /report/users"'
    raise ValueError(f"the client has no method {method!r}: did you mean {similar}?")


def _unlisted_route(template: str, label: Label) -> Route:
    match = _TEMPLATE.fullmatch(template)
    if match is None:
        raise ValueError(f"not a route: {template!r}. Write it as Zoom prints it, such as {ROUTES[0].template!r}")
    if match["path"].startswith("/v2/"):
        raise ValueError(f"{template!r} never matches: Zoom prints routes without /v2")
    try:
        listed, _ = match_route(match["method"], match["path"])
    except ErrorResponse:
        return Route(template, label)
    raise ValueError(f"{template!r} is served as {listed.template!r}: use that route")


def _route(
    template: str,
    label: Label,
    handler: Callable[[FakeRequest], Row | None],
    parameters: str = "",
    *,
    body: Fields | None = None,
    status: int = 200,
) -> Route:
    return Route(template, label, handler, frozenset(parameters.split()), body, status)


ROUTES: Final = (
    _route("PATCH /meetings/{meetingId}/livestream", _LIGHT, livestream.update, body=bodies.LIVESTREAM),
    _route(
        "PATCH /meetings/{meetingId}/livestream/status", _LIGHT, livestream.update_status, body=bodies.LIVESTREAM_STATUS
    ),
    _route("GET /meetings/{meetingId}/meeting_summary", _LIGHT, meetings.summary),
    _route("GET /meetings/{meetingId}/polls", _LIGHT, polls.listing, "anonymous"),
    _route("POST /meetings/{meetingId}/polls", _LIGHT, polls.create, body=bodies.POLL, status=_CREATED),
    _route("DELETE /meetings/{meetingId}/polls/{pollId}", _LIGHT, polls.delete),
    _route("GET /meetings/{meetingId}/polls/{pollId}", _LIGHT, polls.details),
    _route("PUT /meetings/{meetingId}/polls/{pollId}", _LIGHT, polls.replace, body=bodies.POLL),
    _route(
        "GET /meetings/{meetingId}/registrants",
        _MEDIUM,
        registrants.listing,
        f"{_PAGE} page_number status occurrence_id",
    ),
    _route(
        "POST /meetings/{meetingId}/registrants",
        _LIGHT,
        registrants.add,
        "occurrence_ids",
        body=bodies.REGISTRANT,
        status=_CREATED,
    ),
    _route("GET /meetings/{meetingId}/registrants/questions", _LIGHT, registrants.questions),
    _route(
        "PATCH /meetings/{meetingId}/registrants/questions",
        _LIGHT,
        registrants.update_questions,
        body=bodies.REGISTRATION_QUESTIONS,
    ),
    _route(
        "PUT /meetings/{meetingId}/registrants/status",
        _MEDIUM,
        registrants.update_status,
        "occurrence_id",
        body=bodies.REGISTRANT_STATUS,
    ),
    _route("DELETE /meetings/{meetingId}/registrants/{registrantId}", _LIGHT, registrants.remove, "occurrence_id"),
    _route("GET /meetings/{meetingId}/registrants/{registrantId}", _LIGHT, registrants.details),
    _route("POST /meetings/{meetingId}/sip_dialing", _MEDIUM, meetings.sip_uri, body=bodies.SIP_DIALING),
    _route("PUT /meetings/{meetingId}/status", _LIGHT, meetings.update_status, body=bodies.MEETING_STATUS),
    _route("DELETE /meetings/{meetingId}/survey", _LIGHT, survey.delete),
    _route("GET /meetings/{meetingId}/survey", _LIGHT, survey.details),
    _route("PATCH /meetings/{meetingId}/survey", _LIGHT, survey.update, body=bodies.SURVEY),
    _route("GET /meetings/{meetingId}/token", _LIGHT, meetings.caption_token, "type"),
    _route("GET /past_meetings/{meetingId}", _LIGHT, past_meetings.details),
    _route("GET /past_meetings/{meetingId}/instances", _MEDIUM, past_meetings.instances, _RANGE),
    _route("GET /past_meetings/{meetingId}/participants", _MEDIUM, past_meetings.participants, _PAGE),
    _route("GET /past_meetings/{meetingId}/polls", _MEDIUM, of_meeting(instance_rows.past_polls_body)),
    _route("GET /past_meetings/{meetingId}/qa", _MEDIUM, past_meetings.qa),
    _route("GET /report/activities", _HEAVY, account_reports.activities, f"{_RANGE} {_PAGE}"),
    _route("GET /report/billing", _HEAVY, account_reports.billing),
    _route("GET /report/billing/invoices", _HEAVY, account_reports.billing_invoices, "billing_id"),
    _route("GET /report/cloud_recording", _HEAVY, account_reports.cloud_recording, f"{_RANGE} group_id"),
    _route("GET /report/daily", _HEAVY, account_reports.daily, "year month group_id"),
    _route("GET /report/meetings/{meetingId}", _HEAVY, of_meeting(instance_rows.report_body)),
    _route("GET /report/meetings/{meetingId}/participants", _HEAVY, meeting_participants, f"{_PAGE} include_fields"),
    _route("GET /report/meetings/{meetingId}/polls", _HEAVY, of_meeting(instance_rows.report_polls_body)),
    _route(
        "GET /report/meetings/{meetingId}/qa", _HEAVY, of_meeting(instance_rows.report_qa_body, max_age_months=None)
    ),
    _route("GET /report/meetings/{meetingId}/survey", _HEAVY, of_meeting(instance_rows.report_survey_body)),
    _route("GET /report/operationlogs", _HEAVY, account_reports.operation_logs, f"{_RANGE} {_PAGE} category_type"),
    _route(
        "GET /report/telephone", _HEAVY, account_reports.telephone, f"{_RANGE} {_PAGE} page_number type query_date_type"
    ),
    _route("GET /report/upcoming_events", _HEAVY, account_reports.upcoming_events, f"{_RANGE} {_PAGE} type group_id"),
    _route("GET /report/users", _HEAVY, account_reports.users, f"{_RANGE} {_PAGE} page_number type group_id"),
    _route("GET /report/users/{userId}/meetings", _HEAVY, account_reports.user_meetings, f"{_RANGE} {_PAGE} type"),
    _route("GET /report/webinars/{webinarId}", _HEAVY, of_webinar(instance_rows.report_body)),
    _route("GET /report/webinars/{webinarId}/participants", _HEAVY, webinar_participants, f"{_PAGE} include_fields"),
    _route("GET /report/webinars/{webinarId}/polls", _HEAVY, of_webinar(instance_rows.report_polls_body)),
    _route("GET /users/{userId}/meeting_templates", _MEDIUM, templates.listing),
    _route("POST /users/{userId}/meeting_templates", _MEDIUM, templates.create, body=bodies.TEMPLATE, status=_CREATED),
    _route("GET /users/{userId}/meetings", _MEDIUM, meetings.listing, f"{_PAGE} {_RANGE} page_number timezone type"),
    _route("POST /users/{userId}/meetings", _MEDIUM, meetings.create, body=NEW_MEETING, status=_CREATED),
    _route("GET /users/{userId}/upcoming_meetings", _MEDIUM, meetings.upcoming),
    _route("GET /users/{userId}/pac", _LIGHT, pac.pac_accounts),
)
ENDPOINTS: Final = MappingProxyType({endpoint.route: endpoint for endpoint in Zoom.endpoints().values()})
"""The client's endpoint of each route, for its scopes."""
PARAMETERS: Final = frozenset[str]().union(*(route.parameters for route in ROUTES))
"""The query parameters of all routes."""
