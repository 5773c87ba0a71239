"""The routes that the fake serves: the operations of the reference, each with its handler."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from ..._label import Label
from ..protocol.downloads import DOWNLOAD_ROUTE
from ..protocol.oauth import AUTHORIZE_ROUTE, REVOKE_ROUTE
from ..protocol.responses import ErrorResponse, unknown_path, wrong_method
from ..protocol.route import Handler, Route
from ..reference.operations import OPERATIONS, Operation
from . import (
    account_reports,
    history,
    instance_rows,
    livestream,
    meetings,
    pac,
    panelists,
    past_meetings,
    past_webinars,
    polls,
    recordings,
    registrants,
    rtms,
    summaries,
    survey,
    templates,
    users,
    webinars,
)
from .instance_reports import of_instance, participants
from .stateless import stateless

BESIDE_API: Final = (DOWNLOAD_ROUTE, AUTHORIZE_ROUTE, REVOKE_ROUTE)
"""The routes outside the API, which have no rate-limit label."""
_TEMPLATE: Final = re.compile(r"(?P<method>GET|POST|PUT|PATCH|DELETE) (?P<path>(?:/[^/\s?#]+)+)")

_SHARED: Final[Mapping[str, Handler]] = {
    "create_invite_links": meetings.create_invite_links,
    "livestream.get": livestream.details,
    "livestream.update": livestream.update,
    "livestream.update_status": livestream.update_status,
    "polls.list": polls.listing,
    "polls.create": polls.create,
    "polls.get": polls.details,
    "polls.replace": polls.replace,
    "polls.delete": polls.delete,
    "registrants.list": registrants.listing,
    "registrants.add": registrants.add,
    "registrants.add_batch": registrants.add_batch,
    "registrants.get": registrants.details,
    "registrants.remove": registrants.remove,
    "registrants.update_status": registrants.update_status,
    "registrants.questions": registrants.questions,
    "registrants.update_questions": registrants.update_questions,
    "survey.get": survey.details,
    "survey.update": survey.update,
    "survey.delete": survey.delete,
    "templates.list": templates.listing,
    "templates.create": templates.create,
    "update_status": meetings.update_status,
}
"""The handlers that serve meetings and webinars, by the name of the operation within either namespace."""

_HANDLERS: Final[Mapping[str, Handler]] = {
    **{f"{kind}.{name}": handler for kind in ("meetings", "webinars") for name, handler in _SHARED.items()},
    "meetings.list": meetings.listing,
    "meetings.upcoming": meetings.upcoming,
    "meetings.create": meetings.create,
    "meetings.get": meetings.details,
    "meetings.update": meetings.update,
    "meetings.delete": meetings.delete,
    "meetings.invitation": meetings.invitation,
    "meetings.summary": summaries.details,
    "meetings.summaries": summaries.listing,
    "meetings.delete_summary": summaries.delete,
    "meetings.update_rtms_status": rtms.update_status,
    "meetings.caption_token": meetings.caption_token,
    "meetings.sip_uri": meetings.sip_uri,
    "meetings.polls.create_batch": polls.create_batch,
    "meetings.transcript": recordings.transcript,
    "meetings.delete_transcript": recordings.delete_transcript,
    "meetings.templates.list": templates.listing,
    "meetings.templates.create": templates.create,
    "past_meetings.get": past_meetings.details,
    "past_meetings.instances": past_meetings.instances,
    "past_meetings.participants": past_meetings.participants,
    "past_meetings.polls": of_instance(instance_rows.past_polls_body),
    "past_meetings.qa": past_meetings.qa,
    "past_webinars.absentees": past_webinars.absentees,
    "past_webinars.instances": past_webinars.instances,
    "past_webinars.participants": past_webinars.participants,
    "past_webinars.polls": past_webinars.polls,
    "past_webinars.qa": past_webinars.qa,
    "pac.list": pac.pac_accounts,
    "recordings.list": recordings.listing,
    "recordings.get": recordings.details,
    "recordings.delete": recordings.delete,
    "recordings.delete_all": recordings.delete_all,
    "recordings.recover": recordings.recover,
    "recordings.recover_all": recordings.recover_all,
    "recordings.settings": recordings.settings,
    "recordings.update_settings": recordings.update_settings,
    "recordings.analytics_details": recordings.analytics_details,
    "recordings.analytics_summary": recordings.analytics_summary,
    "recordings.registrants.list": recordings.registrants,
    "recordings.registrants.add": recordings.register,
    "recordings.registrants.questions": recordings.questions,
    "recordings.registrants.update_questions": recordings.update_questions,
    "recordings.registrants.update_status": recordings.update_status,
    "reports.activities": account_reports.activities,
    "reports.billing": account_reports.billing,
    "reports.billing_invoices": account_reports.billing_invoices,
    "reports.cloud_recording": account_reports.cloud_recording,
    "reports.daily": account_reports.daily,
    "reports.history_meetings": history.history_meetings,
    "reports.meeting": of_instance(instance_rows.report_body),
    "reports.meeting_activities": account_reports.meeting_activities,
    "reports.meeting_participants": participants,
    "reports.meeting_polls": of_instance(instance_rows.report_polls_body),
    "reports.meeting_qa": of_instance(instance_rows.report_qa_body, max_age_months=None),
    "reports.meeting_survey": of_instance(instance_rows.report_survey_body),
    "reports.operation_logs": account_reports.operation_logs,
    "reports.remote_support": account_reports.remote_support,
    "reports.telephone": account_reports.telephone,
    "reports.upcoming_events": account_reports.upcoming_events,
    "reports.users": account_reports.users,
    "reports.user_meetings": account_reports.user_meetings,
    "reports.webinar": of_instance(instance_rows.report_body),
    "reports.webinar_participants": participants,
    "reports.webinar_polls": of_instance(instance_rows.report_polls_body),
    "reports.webinar_qa": of_instance(instance_rows.report_qa_body, max_age_months=None),
    "reports.webinar_survey": of_instance(instance_rows.report_survey_body),
    "users.list": users.listing,
    "users.get": users.details,
    "webinars.list": webinars.listing,
    "webinars.create": webinars.create,
    "webinars.get": webinars.details,
    "webinars.update": webinars.update,
    "webinars.delete": webinars.delete,
    "webinars.caption_token": webinars.caption_token,
    "webinars.sip_uri": webinars.sip_uri,
    "webinars.tracking_sources": webinars.tracking_sources,
    "webinars.panelists.list": panelists.listing,
    "webinars.panelists.add": panelists.add,
    "webinars.panelists.remove": panelists.remove,
    "webinars.panelists.remove_all": panelists.remove_all,
}
"""The handlers by the name of the operation; the other operations are served statelessly."""


def match_route(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    """Return the route of a request and the segments of *path* that fill its placeholders.

    Of two matches, such as `registrants/questions` and `registrants/{registrantId}`, the one with fewer placeholders
    wins. Raises the error 404 for an unknown path, and 405 for another method.
    """
    alike = _ROUTES_BY_START.get(path.split("/")[1], ())
    matches = [(route, values) for route in alike if (values := route.match(path)) is not None]
    if not matches:
        raise unknown_path()
    fewest = min(len(values) for _, values in matches)
    for route, values in matches:
        if route.operation.verb == method and len(values) == fewest:
            return route, values
    raise wrong_method(method)


def find_route(operation: str, label: Label | None = None) -> Route:
    """Return the route of *operation*: a method of the client, or a route as Zoom prints it.

    A route that is not in the reference has no handler, and the label *label* or Light. Raises ValueError for an
    unknown method, a malformed route, and a *label* that contradicts the reference.
    """
    for beside in BESIDE_API:
        if operation in {beside.operation.name, beside.template}:
            return beside
    template = operation if " " in operation else _template_of(operation)
    route = next((route for route in ROUTES if route.template == template), None)
    if route is None:
        return _unlisted_route(template, label or Label.LIGHT)
    if label not in {None, route.label}:
        raise ValueError(f"{template} has the label {route.label}: a label is for routes outside the reference")
    return route


def _template_of(method: str) -> str:
    if method in OPERATIONS:
        return OPERATIONS[method].route
    similar = " or ".join(get_close_matches(method, OPERATIONS)) or 'a route such as "GET /report/users"'
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
        return Route(Operation(name=template, route=template, label=label.value))
    raise ValueError(f"{template!r} is served as {listed.template!r}: use that route")


ROUTES: Final = tuple(Route(each, _HANDLERS.get(name) or stateless(each)) for name, each in OPERATIONS.items())
_ROUTES_BY_START: Final = {
    start: [route for route in ROUTES if route.template.split("/")[1] == start]
    for start in {route.template.split("/")[1] for route in ROUTES}
}
"""The routes by the first segment of their paths."""
PARAMETERS: Final = frozenset[str]().union(*(route.operation.parameters for route in ROUTES))
"""The query parameters of all routes."""
