"""A client whose labels differ from Zoom's."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest
from support.events import into

from zoomasync import Label, Plan, Zoom, fan_out
from zoomasync.events import Event, LabelCorrected
from zoomasync.models.meetings import NewMeeting
from zoomasync.testing import Account, FakeZoom

CREATE, DAILY, OTHER = "POST /users/{userId}/meetings", "GET /report/daily", "GET /users/{userId}/settings"
PLAN = replace(Plan.BUSINESS, resource_intensive_per_day=30_000)


async def used(zoom: Zoom) -> dict[Label, int]:
    """Return the requests of the day under every label that has some."""
    return {label: status.used for label, status in (await zoom.rate_limits()).items() if status.used}


def client(fake: FakeZoom, events: list[Event]) -> AbstractAsyncContextManager[Zoom]:
    return fake.client(on_event=into(events))


async def test_created_meetings_are_light() -> None:
    """The reference says Medium, and Zoom has answered Light; each client of the account finds out by itself."""
    account, events = Account(), list[Event]()
    host = account.add_host()
    async with FakeZoom(account, plan=PLAN) as fake:
        fake.set_label("meetings.create", Label.LIGHT)
        async with client(fake, events) as zoom, fake.client() as other:
            for _ in range(5):
                await zoom.meetings.create(host.id, NewMeeting(topic="Standup"))
            await other.meetings.create(host.id, NewMeeting(topic="Standup"))

            assert await used(zoom) == {Label.MEDIUM: 3, Label.LIGHT: 2}
            assert await used(other) == {Label.MEDIUM: 1}

    assert events == [LabelCorrected(CREATE, Label.MEDIUM, Label.LIGHT)]


async def test_labels_of_reference_are_zooms() -> None:
    """No event without a contradiction."""
    events = list[Event]()
    async with FakeZoom(plan=PLAN) as fake, client(fake, events) as zoom:
        for _ in range(4):
            await zoom.reports.billing().collect()

        assert await used(zoom) == {Label.HEAVY: 4}

    assert events == []


@pytest.mark.parametrize("given", [Label.LIGHT, Label.RESOURCE_INTENSIVE])
async def test_request_label_is_corrected(given: Label) -> None:
    """A label that the caller of `request` gives is corrected, on a route of the reference and on any other."""
    events = list[Event]()
    plan = replace(PLAN, resource_intensive=50)
    async with FakeZoom(plan=plan) as fake, client(fake, events) as zoom:
        fake.respond(OTHER, status=200, body={}, label=Label.MEDIUM, times=None)
        for _ in range(4):
            await zoom.request("GET", "/report/daily", label=given)
            await zoom.request("GET", "/users/{userId}/settings", "me", label=given)

        calls = 1 if given is Label.LIGHT else 3
        assert await used(zoom) == {given: 2 * calls, Label.HEAVY: 4 - calls, Label.MEDIUM: 4 - calls}

    assert events == [LabelCorrected(DAILY, given, Label.HEAVY), LabelCorrected(OTHER, given, Label.MEDIUM)]


async def test_paginate_label_is_corrected() -> None:
    """The pages of one listing count under the label that its first page names."""
    account, events = Account(), list[Event]()
    account.add_host()
    uuid = account.add_instance(participants=5).uuid
    async with FakeZoom(account, plan=PLAN, page_size_cap=1) as fake, client(fake, events) as zoom:
        route = "GET /report/meetings/{meetingId}/participants"
        people = await zoom.paginate(route, uuid, items="participants", label=Label.LIGHT).collect()

        assert len(people) == 5
        assert await used(zoom) == {Label.LIGHT: 1, Label.HEAVY: 4}

    assert events == [LabelCorrected(route, Label.LIGHT, Label.HEAVY)]


async def test_fan_out_is_corrected() -> None:
    """Calls that wait under a slow label are sent when Zoom has named a faster one."""
    account, events = Account(), list[Event]()
    uuids = [account.add_instance().uuid for _ in range(40)]
    plan = replace(PLAN, heavy=4)
    async with FakeZoom(account, plan=plan) as fake, client(fake, events) as zoom:
        fake.set_label("reports.meeting", Label.LIGHT)
        async with fan_out(zoom.reports.meeting, uuids, workers=30) as outcomes:
            assert len([outcome async for outcome in outcomes]) == 40

        counts = await used(zoom)

    assert counts[Label.HEAVY] + counts[Label.LIGHT] == 40
    assert counts[Label.LIGHT] >= 30
    assert events == [LabelCorrected("GET /report/meetings/{meetingId}", Label.HEAVY, Label.LIGHT)]
    assert {request.status for request in fake.requests} == {200}
