"""Zoom's daily limits for one host and for one registrant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from support.fake_http import Json, Response, calling
from support.kinds import Kind

from zoomasync.rate_limits import Plan
from zoomasync.testing import Account, FakeZoom

TODAY = date(2026, 3, 18)
MIDNIGHT = datetime(2026, 3, 19, tzinfo=UTC)
BEFORE_MIDNIGHT = MIDNIGHT - timedelta(seconds=1)
OMAR: Json = {"email": "omar@lakeside.example", "first_name": "Omar"}


def registrant_message(limit: str, email: str) -> str:
    return (
        f"You have exceeded the daily rate limit of {limit} API requests for the registrant ({email}). "
        "You can resume these API requests at GMT 00:00:00."
    )


async def test_quota_of_meetings_per_host() -> None:
    account = Account(today=TODAY)
    host, other = account.add_host(), account.add_host()
    moments = [BEFORE_MIDNIGHT]
    async with calling(FakeZoom(account, plan=None, now=lambda: moments[-1])) as caller:
        path = f"/users/{host.id}/meetings"
        statuses = {(await caller.post(path, {"topic": "T"})).status for _ in range(100)}
        rejected = await caller.post(path, {"topic": "T"})
        for_other = await caller.post(path, {"topic": "T", "schedule_for": other.id})
        moments.append(MIDNIGHT)
        tomorrow = await caller.post(path, {"topic": "T"})

    assert statuses == {201}
    assert rejected.error == (429, 429)
    assert rejected.body["message"] == (
        "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for this "
        "particular user. You may resume these requests at GMT 00:00:00."
    )
    assert (for_other.status, tomorrow.status) == (201, 201)
    assert len(account.scheduled_meetings) == 102


async def test_quota_429_headers() -> None:
    """The headers describe the rate limit of the label, and there is no Retry-After."""
    account = Account(today=TODAY)
    meeting = account.add_meeting()
    async with calling(FakeZoom(account, plan=Plan(light=50, medium=50, heavy=50))) as caller:
        responses = [await caller.post(f"/meetings/{meeting.id}/registrants", OMAR) for _ in range(4)]

    headers = {name.lower(): value for name, value in responses[-1].headers.items()}
    assert headers["x-ratelimit-category"] == "Light"
    assert headers["x-ratelimit-limit"] == "50"
    assert 0 < int(headers["x-ratelimit-remaining"]) < 50
    assert not {"x-ratelimit-type", "retry-after"} & set(headers)


async def test_quota_of_registrations(kind: Kind) -> None:
    account = Account(today=TODAY)
    meeting, other = account.add_meeting(type=kind.scheduled), account.add_meeting(type=kind.scheduled)
    moments = [BEFORE_MIDNIGHT]
    async with calling(FakeZoom(account, plan=None, now=lambda: moments[-1])) as caller:
        path = f"/{kind}/{meeting.id}/registrants"
        responses = [
            await caller.post(path, {**OMAR, "email": email}) for email in ("o@x.example", " O@X.example ") * 2
        ]
        elsewhere = await caller.post(f"/{kind}/{other.id}/registrants", {**OMAR, "email": "o@x.example"})
        somebody = await caller.post(path, OMAR)
        moments.append(MIDNIGHT)
        tomorrow = await caller.post(path, {**OMAR, "email": "o@x.example"})

    assert [response.status for response in responses] == [201, 201, 201, 429]
    assert responses[-1].error == (429, 429)
    assert responses[-1].body["message"] == registrant_message(f"(3) for Add {kind.noun} registrant", "o@x.example")
    assert (elsewhere.status, somebody.status, tomorrow.status) == (201, 201, 201)


async def test_quota_counts_each_of_batch(kind: Kind) -> None:
    """A batch with a person over the limit registers nobody; single registrations count too."""
    account = Account(today=TODAY)
    meeting = account.add_meeting(type=kind.scheduled)
    async with calling(FakeZoom(account, plan=None)) as caller:

        async def add_batch(*emails: str) -> Response:
            people = [{**OMAR, "email": email} for email in emails]
            return await caller.post(f"/{kind}/{meeting.id}/batch_registrants", {"registrants": people})

        first = await add_batch("o@x.example", "O@x.example")
        await caller.post(f"/{kind}/{meeting.id}/registrants", {**OMAR, "email": "o@x.example"})
        rejected = await add_batch("lea@x.example", "o@x.example")
        other = await add_batch("kit@x.example")

    assert (first.status, rejected.error, other.status) == (201, (429, 429), 201)
    assert rejected.body["message"] == registrant_message(f"(3) for Add {kind.noun} registrant", "o@x.example")
    assert [each.email for each in meeting.registrants] == ["o@x.example", "kit@x.example"]


async def test_quota_of_status_changes(kind: Kind) -> None:
    account = Account(today=TODAY)
    meeting = account.add_meeting(type=kind.scheduled, registrants=2)
    one, two = meeting.registrants
    moments = [BEFORE_MIDNIGHT]
    async with calling(FakeZoom(account, plan=None, now=lambda: moments[-1])) as caller:

        async def decide(action: str, *ids: str) -> Response:
            body = {"action": action, "registrants": [{"id": each} for each in ids]}
            return await caller.put(f"/{kind}/{meeting.id}/registrants/status", body)

        statuses = [(await decide(action, one.id)).status for action in ("deny", "approve") * 5]
        rejected = await decide("deny", two.id, one.id)
        other = await decide("approve", two.id)
        moments.append(MIDNIGHT)
        tomorrow = await decide("deny", one.id)

    assert statuses == [204] * 10
    assert rejected.error == (429, 429)
    requests = f"{kind.noun} Update registrant's status"
    assert rejected.body["message"] == registrant_message(f"(10) for {requests}", one.email)
    assert (other.status, tomorrow.status) == (204, 204)
    assert [each.status for each in meeting.registrants] == ["denied", "approved"]


async def test_quota_ignores_invalid_bodies() -> None:
    account = Account(today=TODAY)
    meeting = account.add_meeting()
    async with calling(FakeZoom(account, plan=None)) as caller:
        path = f"/meetings/{meeting.id}/registrants"
        wrong = [await caller.post(path, {**OMAR, "city": 1}) for _ in range(5)]
        right = await caller.post(path, OMAR)

    assert ([response.status for response in wrong], right.status) == ([400] * 5, 201)
