"""The fake and `data/endpoints.toml` say the same: routes, labels, parameters, bodies and replies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

import pytest
from support.contract import OPERATIONS, RetrySafety, Spec, complaints
from support.fake_http import Caller, Json, calling

from zoomasync.testing import Account, FakeZoom
from zoomasync.testing.handlers.routes import ROUTES, named
from zoomasync.testing.protocol.schema import Fields, Flag, Items, Nullable, Shape, Text, Whole

TODAY: Final = date(2026, 3, 18)
EACH: Final = [pytest.param(retry_safety, id=name) for name, retry_safety in OPERATIONS.items()]
WITH_BODY: Final = [pytest.param(op, id=name) for name, op in OPERATIONS.items() if op.body]
ODDITIES: Final = ("is no time", "$.from is no day", "$.to is no day", "attentiveness_score is not known")
"""How the past differs from the reference, as Zoom's own replies do: fractions, empty times, an older field."""
PAGING: Final = {"page_size", "next_page_token", "page_number"}
KINDS: Final[Mapping[type[Shape], tuple[str, ...]]] = {
    Text: ("text", "time", "localtime"),
    Whole: ("integer",),
    Flag: ("flag",),
    Items: ("list",),
    Fields: ("object",),
}


def test_the_fake_serves_every_operation_and_no_other() -> None:
    assert {route.template for route in ROUTES} == {retry_safety.route for retry_safety in OPERATIONS.values()}


@pytest.mark.parametrize("retry_safety", EACH)
def test_a_route_has_the_label_and_the_parameters_of_the_reference(retry_safety: RetrySafety) -> None:
    route = named(retry_safety.route)

    assert route.label.value == retry_safety.label
    assert route.parameters - PAGING == retry_safety.query.keys() - PAGING
    assert ({"page_size", "next_page_token"} <= route.parameters) is (retry_safety.items is not None)
    assert retry_safety.status in {route.status, 204}


@pytest.mark.parametrize("retry_safety", WITH_BODY)
def test_a_route_takes_the_body_of_the_reference(retry_safety: RetrySafety) -> None:
    body = named(retry_safety.route).body

    assert body
    assert retry_safety.body
    assert list(differences(body, retry_safety.body, "body")) == []


def test_a_route_without_a_body_takes_none() -> None:
    taking = {route.template for route in ROUTES if route.body}

    assert taking == {retry_safety.route for retry_safety in OPERATIONS.values() if retry_safety.body}


def differences(shape: Shape, spec: Spec, path: str) -> Iterator[str]:
    if isinstance(shape, Nullable):
        shape = shape.shape
    if spec.kind not in KINDS[type(shape)]:
        yield f"{path}: {type(shape).__name__} is no {spec.kind}"
    if isinstance(shape, Text | Whole) and set(shape.options) != set(spec.values):
        yield f"{path}: options"
    if isinstance(shape, Text | Whole | Items) and shape.most != spec.range.most:
        yield f"{path}: at most {spec.range.most}"
    if isinstance(shape, Text | Whole | Items) and spec.range.least and spec.range.least != shape.least:
        yield f"{path}: at least {spec.range.least}"
    if isinstance(shape, Items) and spec.item:
        yield from differences(shape.of, spec.item, f"{path}[]")
    if isinstance(shape, Fields):
        yield from differences_of_fields(shape, spec, path)


def differences_of_fields(shape: Fields, spec: Spec, path: str) -> Iterator[str]:
    for name in shape.shapes.keys() ^ spec.fields.keys():
        yield f"{path}.{name}: only one of the two has it"
    for name in shape.shapes.keys() & spec.fields.keys():
        if (name in shape.required) < spec.fields[name].required:
            yield f"{path}.{name}: required"
        yield from differences(shape.shapes[name], spec.fields[name], f"{path}.{name}")


async def test_the_replies_of_a_simulated_account_are_those_of_the_reference() -> None:
    """Every GET, and every POST with a reply: nothing unknown, nothing missing, every type right."""
    wrong: list[str] = []
    async with calling(FakeZoom(Account.simulated(today=TODAY), plan=None)) as caller:
        for name, retry_safety in OPERATIONS.items():
            if retry_safety.response is None:
                continue
            path, query, body = asking(caller.fake.account, retry_safety)
            answer = await caller.send(retry_safety.verb, path, body, **query)
            assert answer.status == retry_safety.status, (name, answer.body)
            past = name.startswith(("past_meetings.", "reports."))
            found = complaints(answer.body, retry_safety.response)
            wrong += [f"{name} {each}" for each in found if not (past and each.endswith(ODDITIES))]

    assert "\n".join(wrong) == ""


async def test_a_simulated_account_fills_every_list_of_the_reference() -> None:
    async with calling(FakeZoom(Account.simulated(today=TODAY), plan=None)) as caller:
        empty = [
            name
            for name, retry_safety in OPERATIONS.items()
            if retry_safety.items and await rows(caller, retry_safety) == []
        ]

    assert empty == []


async def rows(caller: Caller, retry_safety: RetrySafety) -> list[Json]:
    path, query, _ = asking(caller.fake.account, retry_safety)
    return (await caller.get(path, **query)).rows(str(retry_safety.items))


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
    "POST /meetings/{meetingId}/sip_dialing": {},
}


def asking(account: Account, retry_safety: RetrySafety) -> tuple[str, dict[str, object], Json | None]:
    """Return a path, a query and a body that the simulated account has something for."""
    meeting = next(each for each in account.scheduled_meetings if each.registrants and each.survey)
    sessions = [each for each in account.instances_between(date(2026, 3, 1), TODAY) if each.participants_count > 1]
    session = next(s for s in sessions if not s.webinar and s.polls and s.qa and s.survey)
    webinar = next(s for s in sessions if s.webinar)
    noted = next(s for s in account.instances if s.summary and s.host.type == 2 and "/" not in s.uuid)
    past = retry_safety.route.startswith(("GET /report", "GET /past"))
    path = retry_safety.route.partition(" ")[2].format(
        meetingId=noted.uuid if "summary" in retry_safety.route else session.id if past else meeting.id,
        webinarId=webinar.id,
        userId=account.hosts[0].id,
        registrantId=meeting.registrants[0].id,
        pollId=meeting.polls[0].id,
    )
    query: dict[str, object] = {}
    if {"from", "to"} <= retry_safety.query.keys() and retry_safety.route.startswith("GET /report"):
        ahead = "upcoming" in retry_safety.route
        query = {"from_": "2026-03-18", "to": "2026-04-10"} if ahead else {"from_": "2026-03-01", "to": "2026-03-18"}
    if "billing_id" in retry_safety.query:
        query["billing_id"] = account.billing_reports[0].id
    body = BODIES.get(retry_safety.route)
    if body is not None and "template" in retry_safety.route:
        body = {
            **body,
            "meeting_id": next(each.id for each in account.scheduled_meetings if each.host == account.hosts[0]),
        }
    return path, query, body
