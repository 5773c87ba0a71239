"""The daily limits that Zoom puts on one host and on one registrant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from support.fake_http import Answer, Json, calling

from zoomasync.rate_limits import Plan
from zoomasync.testing import Account, FakeZoom

TODAY = date(2026, 3, 18)
MIDNIGHT = datetime(2026, 3, 19, tzinfo=UTC)
LATE = MIDNIGHT - timedelta(seconds=1)
OMAR: Json = {"email": "omar@lakeside.example", "first_name": "Omar"}


def assert_over_quota(answer: Answer, most: int, whose: str) -> None:
    assert answer.error == (429, 429)
    assert f"daily rate limit ({most}) of" in str(answer.body["message"])
    assert f"permitted for this particular {whose}." in str(answer.body["message"])
    assert str(answer.body["message"]).endswith("You may resume these requests at GMT 00:00:00.")


async def test_a_host_gets_a_hundred_meetings_a_day() -> None:
    ours = Account(today=TODAY)
    host, other = ours.add_host(), ours.add_host()
    moments = [LATE]
    async with calling(FakeZoom(ours, plan=None, now=lambda: moments[-1])) as caller:
        path = f"/users/{host.id}/meetings"
        statuses = {(await caller.post(path, {"topic": "T"})).status for _ in range(100)}
        refused = await caller.post(path, {"topic": "T"})
        for_other = await caller.post(path, {"topic": "T", "schedule_for": other.id})
        moments.append(MIDNIGHT)
        tomorrow = await caller.post(path, {"topic": "T"})

    assert statuses == {201}
    assert_over_quota(refused, 100, "user")
    assert refused.body["message"] == (
        "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for this "
        "particular user. You may resume these requests at GMT 00:00:00."
    )
    assert (for_other.status, tomorrow.status) == (201, 201)
    assert len(ours.scheduled_meetings) == 102


async def test_such_a_429_tells_of_the_accounts_limit_and_not_when_to_come_back() -> None:
    ours = Account(today=TODAY)
    meeting = ours.add_meeting()
    async with calling(FakeZoom(ours, plan=Plan(light=50, medium=50, heavy=50))) as caller:
        answers = [await caller.post(f"/meetings/{meeting.id}/registrants", OMAR) for _ in range(4)]

    headers = {name.lower(): value for name, value in answers[-1].headers.items()}
    assert headers["x-ratelimit-category"] == "Light"
    assert headers["x-ratelimit-limit"] == "50"
    assert 0 < int(headers["x-ratelimit-remaining"]) < 50
    assert not {"x-ratelimit-type", "retry-after"} & set(headers)


async def test_an_address_is_registered_three_times_a_day_for_a_meeting() -> None:
    ours = Account(today=TODAY)
    meeting, other = ours.add_meeting(), ours.add_meeting()
    moments = [LATE]
    async with calling(FakeZoom(ours, plan=None, now=lambda: moments[-1])) as caller:
        path = f"/meetings/{meeting.id}/registrants"
        answers = [await caller.post(path, {**OMAR, "email": email}) for email in ("o@x.example", " O@X.example ") * 2]
        elsewhere = await caller.post(f"/meetings/{other.id}/registrants", {**OMAR, "email": "o@x.example"})
        somebody = await caller.post(path, OMAR)
        moments.append(MIDNIGHT)
        tomorrow = await caller.post(path, {**OMAR, "email": "o@x.example"})

    assert [answer.status for answer in answers] == [201, 201, 201, 429]
    assert_over_quota(answers[-1], 3, "registrant")
    assert (elsewhere.status, somebody.status, tomorrow.status) == (201, 201, 201)


async def test_the_status_of_a_registrant_is_changed_ten_times_a_day() -> None:
    ours = Account(today=TODAY)
    meeting = ours.add_meeting(registrants=2)
    one, two = meeting.registrants
    moments = [LATE]
    async with calling(FakeZoom(ours, plan=None, now=lambda: moments[-1])) as caller:

        async def decide(action: str, *ids: str) -> Answer:
            body = {"action": action, "registrants": [{"id": each} for each in ids]}
            return await caller.put(f"/meetings/{meeting.id}/registrants/status", body)

        statuses = [(await decide(action, one.id)).status for action in ("deny", "approve") * 5]
        refused = await decide("deny", two.id, one.id)
        other = await decide("approve", two.id)
        moments.append(MIDNIGHT)
        tomorrow = await decide("deny", one.id)

    assert statuses == [204] * 10
    assert_over_quota(refused, 10, "registrant")
    assert (other.status, tomorrow.status) == (204, 204)
    assert [each.status for each in meeting.registrants] == ["denied", "approved"]


async def test_a_request_that_is_refused_for_its_body_does_not_count() -> None:
    ours = Account(today=TODAY)
    meeting = ours.add_meeting()
    async with calling(FakeZoom(ours, plan=None)) as caller:
        path = f"/meetings/{meeting.id}/registrants"
        wrong = [await caller.post(path, {**OMAR, "city": 1}) for _ in range(5)]
        right = await caller.post(path, OMAR)

    assert ([answer.status for answer in wrong], right.status) == ([400] * 5, 201)
