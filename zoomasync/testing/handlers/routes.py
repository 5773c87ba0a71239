"""The routes that the fake serves, each with its rate-limit label, handler, query parameters and body."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Final

from ..._client import Zoom
from ..._label import Label
from ..protocol import bodies
from ..protocol.errors import ErrorResponse, unknown_path, wrong_method
from ..protocol.meeting_body import NEW_MEETING
from ..protocol.request import FakeRequest
from ..protocol.route import Route
from ..protocol.schema import Fields
from . import (
    account_reports,
    instance_reports,
    livestream,
    meetings,
    pac,
    past_meetings,
    polls,
    registrants,
    survey,
    templates,
)
from .instance_rows import Row

_PAGE: Final = ("page_size", "next_page_token")
_RANGE: Final = ("from", "to")
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
    try:
        listed, _ = match_route(match["method"], match["path"])
    except ErrorResponse:
        return Route(template, label)
    raise ValueError(f"{template!r} is served as {listed.template!r}: use that route")


def _get(path: str, label: Label, handler: Callable[[FakeRequest], Row], *parameters: str) -> Route:
    return Route(f"GET {path}", label, handler, frozenset(parameters))


def _write(
    template: str,
    label: Label,
    handler: Callable[[FakeRequest], Row | None],
    body: Fields | None = None,
    *parameters: str,
    status: int = 200,
) -> Route:
    return Route(template, label, handler, frozenset(parameters), body, status)


ROUTES: Final = (
    _write("PATCH /meetings/{meetingId}/livestream", Label.LIGHT, livestream.update, bodies.LIVESTREAM),
    _write(
        "PATCH /meetings/{meetingId}/livestream/status",
        Label.LIGHT,
        livestream.update_status,
        bodies.LIVESTREAM_STATUS,
    ),
    _get("/meetings/{meetingId}/meeting_summary", Label.LIGHT, meetings.summary),
    _get("/meetings/{meetingId}/polls", Label.LIGHT, polls.listing, "anonymous"),
    _write("POST /meetings/{meetingId}/polls", Label.LIGHT, polls.create, bodies.POLL, status=_CREATED),
    _write("DELETE /meetings/{meetingId}/polls/{pollId}", Label.LIGHT, polls.delete),
    _get("/meetings/{meetingId}/polls/{pollId}", Label.LIGHT, polls.details),
    _write("PUT /meetings/{meetingId}/polls/{pollId}", Label.LIGHT, polls.replace, bodies.POLL),
    _get(
        "/meetings/{meetingId}/registrants",
        Label.MEDIUM,
        registrants.listing,
        *_PAGE,
        "page_number",
        "status",
        "occurrence_id",
    ),
    _write(
        "POST /meetings/{meetingId}/registrants",
        Label.LIGHT,
        registrants.add,
        bodies.REGISTRANT,
        "occurrence_ids",
        status=_CREATED,
    ),
    _get("/meetings/{meetingId}/registrants/questions", Label.LIGHT, registrants.questions),
    _write(
        "PATCH /meetings/{meetingId}/registrants/questions",
        Label.LIGHT,
        registrants.update_questions,
        bodies.REGISTRATION_QUESTIONS,
    ),
    _write(
        "PUT /meetings/{meetingId}/registrants/status",
        Label.MEDIUM,
        registrants.update_status,
        bodies.REGISTRANT_STATUS,
        "occurrence_id",
    ),
    _write(
        "DELETE /meetings/{meetingId}/registrants/{registrantId}",
        Label.LIGHT,
        registrants.remove,
        None,
        "occurrence_id",
    ),
    _get("/meetings/{meetingId}/registrants/{registrantId}", Label.LIGHT, registrants.details),
    _write("POST /meetings/{meetingId}/sip_dialing", Label.MEDIUM, meetings.sip_uri, bodies.SIP_DIALING),
    _write("PUT /meetings/{meetingId}/status", Label.LIGHT, meetings.update_status, bodies.MEETING_STATUS),
    _write("DELETE /meetings/{meetingId}/survey", Label.LIGHT, survey.delete),
    _get("/meetings/{meetingId}/survey", Label.LIGHT, survey.details),
    _write("PATCH /meetings/{meetingId}/survey", Label.LIGHT, survey.update, bodies.SURVEY),
    _get("/meetings/{meetingId}/token", Label.LIGHT, meetings.caption_token, "type"),
    _get("/past_meetings/{meetingId}", Label.LIGHT, past_meetings.details),
    _get("/past_meetings/{meetingId}/instances", Label.MEDIUM, past_meetings.instances, *_RANGE),
    _get("/past_meetings/{meetingId}/participants", Label.MEDIUM, past_meetings.participants, *_PAGE),
    _get("/past_meetings/{meetingId}/polls", Label.MEDIUM, past_meetings.polls),
    _get("/past_meetings/{meetingId}/qa", Label.MEDIUM, past_meetings.qa),
    _get("/report/activities", Label.HEAVY, account_reports.activities, *_RANGE, *_PAGE),
    _get("/report/billing", Label.HEAVY, account_reports.billing),
    _get("/report/billing/invoices", Label.HEAVY, account_reports.billing_invoices, "billing_id"),
    _get("/report/cloud_recording", Label.HEAVY, account_reports.cloud_recording, *_RANGE, "group_id"),
    _get("/report/daily", Label.HEAVY, account_reports.daily, "year", "month", "group_id"),
    _get("/report/meetings/{meetingId}", Label.HEAVY, instance_reports.meeting),
    _get(
        "/report/meetings/{meetingId}/participants",
        Label.HEAVY,
        instance_reports.meeting_participants,
        *_PAGE,
        "include_fields",
    ),
    _get("/report/meetings/{meetingId}/polls", Label.HEAVY, instance_reports.meeting_polls),
    _get("/report/meetings/{meetingId}/qa", Label.HEAVY, instance_reports.meeting_qa),
    _get("/report/meetings/{meetingId}/survey", Label.HEAVY, instance_reports.meeting_survey),
    _get("/report/operationlogs", Label.HEAVY, account_reports.operation_logs, *_RANGE, *_PAGE, "category_type"),
    _get(
        "/report/telephone",
        Label.HEAVY,
        account_reports.telephone,
        *_RANGE,
        *_PAGE,
        "page_number",
        "type",
        "query_date_type",
    ),
    _get("/report/upcoming_events", Label.HEAVY, account_reports.upcoming_events, *_RANGE, *_PAGE, "type", "group_id"),
    _get("/report/users", Label.HEAVY, account_reports.users, *_RANGE, *_PAGE, "page_number", "type", "group_id"),
    _get("/report/users/{userId}/meetings", Label.HEAVY, account_reports.user_meetings, *_RANGE, *_PAGE, "type"),
    _get("/report/webinars/{webinarId}", Label.HEAVY, instance_reports.webinar),
    _get(
        "/report/webinars/{webinarId}/participants",
        Label.HEAVY,
        instance_reports.webinar_participants,
        *_PAGE,
        "include_fields",
    ),
    _get("/report/webinars/{webinarId}/polls", Label.HEAVY, instance_reports.webinar_polls),
    _get("/users/{userId}/meeting_templates", Label.MEDIUM, templates.listing),
    _write(
        "POST /users/{userId}/meeting_templates",
        Label.MEDIUM,
        templates.create,
        bodies.TEMPLATE,
        status=_CREATED,
    ),
    _get(
        "/users/{userId}/meetings",
        Label.MEDIUM,
        meetings.listing,
        *_PAGE,
        *_RANGE,
        "page_number",
        "timezone",
        "type",
    ),
    _write("POST /users/{userId}/meetings", Label.MEDIUM, meetings.create, NEW_MEETING, status=_CREATED),
    _get("/users/{userId}/upcoming_meetings", Label.MEDIUM, meetings.upcoming),
    _get("/users/{userId}/pac", Label.LIGHT, pac.pac_accounts),
)
PARAMETERS: Final = frozenset[str]().union(*(route.parameters for route in ROUTES))
"""The query parameters of all routes."""
