"""The fake's responses compared with the reference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import pytest
from support.contract import ALL_OPERATIONS, OPERATIONS, Operation, Spec, complaints
from support.fake_http import Caller, Json, calling

from zoomasync import Zoom
from zoomasync.testing import Account, FakeZoom
from zoomasync.testing.handlers.routes import ROUTES
from zoomasync.testing.reference.examples import example, example_body

TODAY: Final = date(2026, 3, 18)
DEVIATIONS: Final = (
    "is not a valid time",
    "$.from is not a valid day",
    "$.to is not a valid day",
    "attentiveness_score is not in the reference",
)
"""Deviations of reports from the reference, as in Zoom's own responses: fractions, empty times, an older field."""


def test_every_method_is_listed() -> None:
    """The fake knows each operation of the client by the name of its method."""
    assert {route.operation.name for route in ROUTES} >= Zoom.endpoints().keys()


@pytest.mark.parametrize(
    "operation", [pytest.param(each, id=each.name) for each in ALL_OPERATIONS.values() if not each.has_method]
)
async def test_operation_without_method(operation: Operation) -> None:
    """An operation without a method is served from the reference: parameters, body and response."""
    path = operation.route.partition(" ")[2].format(**dict.fromkeys(operation.path, "7"))
    query = {f"{name}_": example(spec) for name, spec in operation.query.items() if spec.kind != "flag"}
    body = None if operation.body is None else example_body(operation.body)
    async with calling(FakeZoom(Account(), plan=None)) as caller:
        response = await caller.send(operation.verb, path, body, operation.media, **query)
        unknown = await caller.send(operation.verb, path, body, operation.media, **query, colour="red")

    assert response.status == operation.status
    assert operation.response is None or list(complaints(response.body, operation.response)) == []
    assert unknown.error_field == "colour"


async def test_simulated_responses() -> None:
    """The response of every operation has all required fields, no unknown ones, and valid values."""
    mismatches: list[str] = []
    async with calling(FakeZoom(Account.simulated(today=TODAY), plan=None)) as caller:
        for name, operation in OPERATIONS.items():
            if operation.response is None:
                continue
            path, query, body = request_for(caller.fake.account, operation)
            response = await caller.send(operation.verb, path, body, **query)
            assert response.status == operation.status, (name, response.body)
            past = name.startswith(("past_", "reports."))
            mismatches += [
                f"{name} {mismatch}"
                for mismatch in complaints(response.body, operation.response)
                if not (past and mismatch.endswith(DEVIATIONS))
            ]

    assert "\n".join(mismatches) == ""


async def test_simulated_lists_are_not_empty() -> None:
    async with calling(FakeZoom(Account.simulated(today=TODAY), plan=None)) as caller:
        empty = [
            name for name, operation in OPERATIONS.items() if operation.items and await rows(caller, operation) == []
        ]

    assert empty == []


async def rows(caller: Caller, operation: Operation) -> list[Json]:
    path, query, _ = request_for(caller.fake.account, operation)
    return (await caller.get(path, **query)).rows(str(operation.items))


BODIES: Final[Mapping[str, Json]] = {
    "POST /users/{userId}/meetings": {
        "type": 8,
        "start_time": "2026-03-20T09:00:00Z",
        "recurrence": {"type": 2, "weekly_days": "2,4", "end_times": 2},
        "settings": {"approval_type": 1},
    },
    "POST /users/{userId}/meeting_templates": {"name": "Crane"},
    "POST /meetings/{meetingId}/registrants": {"email": "omar@lakeside.example", "first_name": "Omar"},
    "POST /meetings/{meetingId}/polls": {"title": "Vote"},
    "POST /users/{userId}/webinars": {
        "type": 9,
        "start_time": "2026-03-20T09:00:00Z",
        "recurrence": {"type": 2, "weekly_days": "2,4", "end_times": 2},
    },
    "POST /users/{userId}/webinar_templates": {"name": "Crane"},
    "POST /webinars/{webinarId}/panelists": {"panelists": [{"email": "pia@lakeside.example"}]},
    "POST /webinars/{webinarId}/registrants": {"email": "omar@lakeside.example", "first_name": "Omar"},
}


def request_for(account: Account, operation: Operation) -> tuple[str, dict[str, object], Json | None]:
    """Return a path, a query and a body for which the simulated account has data."""
    meeting = next(each for each in account.scheduled_meetings if each.registrants and each.survey)
    instances = [each for each in account.instances_between(date(2026, 3, 1), TODAY) if each.participants_count > 1]
    meeting_instance = next(each for each in instances if not each.webinar and each.polls and each.qa and each.survey)
    numbers = {each.id for each in account.scheduled_webinars}
    past_webinar = next(each for each in instances if each.webinar and each.id in numbers)
    webinar = account.scheduled_webinars[0]
    summarised = next(
        each for each in account.instances if each.summary and each.host.type == 2 and "/" not in each.uuid
    )
    past = operation.route.startswith(("GET /report", "GET /past"))
    recording = next(
        each for each in account.recordings if each.registrants and each.available_files and "/" not in each.uuid
    )
    if operation.name == "webinars.caption_token":
        webinar.start()
    scheduled = webinar if "webinarId" in operation.path else meeting
    ids = {
        "meetingId": summarised.uuid if "summary" in operation.route else meeting_instance.id if past else meeting.id,
        "webinarId": past_webinar.id if past else webinar.id,
        "userId": account.hosts[0].id,
        "registrantId": scheduled.registrants[0].id,
        "pollId": scheduled.polls[0].id,
    }
    if operation.name.startswith("recordings.") or "transcript" in operation.route:
        by_number = "registrants" in operation.route and "questions" not in operation.route
        ids |= {"meetingId": recording.id if by_number else recording.uuid, "userId": recording.host.id}
    path = operation.route.partition(" ")[2].format_map({**dict.fromkeys(operation.path, "7"), **ids})
    query: dict[str, object] = {f"{name}_": example(spec) for name, spec in operation.query.items() if spec.required}
    if {"from", "to"} <= operation.query.keys() and operation.route.startswith("GET /report"):
        ahead = "upcoming" in operation.route
        query |= {"from_": "2026-03-18", "to_": "2026-04-10"} if ahead else {"from_": "2026-03-01", "to_": "2026-03-17"}
    if {"from", "to"} <= operation.query.keys() and operation.name.startswith("recordings."):
        first = recording.start_time.date()
        query |= {"from_": first, "to_": first + timedelta(days=30)}
    if "billing_id" in operation.query:
        query["billing_id_"] = account.billing_reports[0].id
    body = BODIES.get(operation.route) or (None if operation.body is None else short_body(operation.body))
    if body is not None and "webinar_template" in operation.route:
        body = {**body, "webinar_id": webinar.id}
    if body is not None and "meeting_template" in operation.route:
        body = {
            **body,
            "meeting_id": next(each.id for each in account.scheduled_meetings if each.host == account.hosts[0]),
        }
    return path, query, body


def short_body(spec: Spec) -> Json:
    """Return a body with an example of each required field, and one item in each list."""
    return {
        name: [required_fields(each.item)] if each.item and each.item.fields else example(each)
        for name, each in spec.fields.items()
        if each.required or each.kind == "list"
    }


def required_fields(spec: Spec) -> Json:
    return {name: example(each) for name, each in spec.fields.items() if each.required}
