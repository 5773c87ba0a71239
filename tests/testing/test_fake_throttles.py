"""Every kind of 429 that a test scripts on the fake, in Zoom's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from support.fake_http import Response, calling

from zoomasync.rate_limits import Label, Plan
from zoomasync.testing import Account, FakeZoom
from zoomasync.testing.enforcement.limit_messages import LimitKind, Wording
from zoomasync.testing.handlers.routes import find_route

NOW: Final = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)
ADD: Final = "meetings.registrants.add"
UNLISTED: Final = "GET /report/billing/invoices/unknown"
CATEGORY: Final = {"x-ratelimit-category", "x-ratelimit-limit", "x-ratelimit-remaining"}


def unlimited() -> FakeZoom:
    return FakeZoom(Account(), plan=None, now=lambda: NOW)


async def add_registrant(fake: FakeZoom) -> Response:
    async with calling(fake) as caller:
        return await caller.post("/meetings/81/registrants", {"email": "omar@x.example", "first_name": "Omar"})


def limit_headers(response: Response) -> dict[str, str]:
    names = {name.lower(): value for name, value in response.headers.items()}
    return {name: names[name] for name in (*CATEGORY, "x-ratelimit-type", "retry-after") if name in names}


async def test_throttle_per_second() -> None:
    """The default is the plan's per-second limit, without a Retry-After."""
    fake = unlimited()
    fake.throttle(ADD)
    response = await add_registrant(fake)

    assert response.error == (429, 429)
    assert (
        response.body["message"] == "You have reached the maximum per-second rate limit for this API. Try again later."
    )
    assert limit_headers(response) == {
        "x-ratelimit-category": "Light",
        "x-ratelimit-limit": "30",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-type": "QPS",
    }


async def test_throttle_daily() -> None:
    fake = FakeZoom(Account(), plan=Plan.FREE, now=lambda: NOW)
    fake.throttle(ADD, kind="daily")
    response = await add_registrant(fake)

    assert response.error == (429, 429)
    assert response.body["message"] == "You have reached the maximum daily rate limit for this API."
    assert limit_headers(response) == {
        "x-ratelimit-category": "Light",
        "x-ratelimit-limit": "6000",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-type": "Daily-limit",
        "retry-after": "2026-03-19T00:00:00Z",
    }


async def test_throttle_daily_on_the_next_day() -> None:
    """The Retry-After is the end of the day on which the 429 is sent."""
    moments = [NOW]
    fake = FakeZoom(Account(), plan=None, now=lambda: moments[-1])
    fake.throttle(ADD, kind="daily")
    moments.append(NOW + timedelta(days=1))

    assert limit_headers(await add_registrant(fake))["retry-after"] == "2026-03-20T00:00:00Z"


@pytest.mark.parametrize(
    ("kind", "wording", "message"),
    [
        (
            "registrant",
            "present",
            (
                "You have exceeded the daily rate limit of (3) for Add meeting registrant API requests for the "
                "registrant (registrant@example.com). You can resume these API requests at GMT 00:00:00."
            ),
        ),
        (
            "registrant",
            "quoted",
            (
                'You have exceeded the daily rate limit of "3" for Add meeting registrant API requests for the '
                'registrant "registrant@example.com". You can resume these API requests at GMT 00:00:00.'
            ),
        ),
        (
            "registrant",
            "older",
            (
                "You have exceeded the daily rate limit (3) of Add meeting registrant API requests permitted for this "
                "particular registrant. You may resume these requests at GMT 00:00:00."
            ),
        ),
        (
            "host",
            "present",
            (
                "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for this "
                "particular user. You may resume these requests at GMT 00:00:00."
            ),
        ),
        ("host", "older", "A maximum of 100 meetings can be created/updated for a single user in one day."),
    ],
)
async def test_throttle_one_resource(kind: LimitKind, wording: Wording, message: str) -> None:
    """The limit of one host or registrant has the headers of the label, of which calls remain."""
    fake = unlimited()
    fake.throttle(ADD, kind=kind, wording=wording)
    response = await add_registrant(fake)

    assert (response.error, response.body["message"]) == ((429, 429), message)
    assert limit_headers(response) == {
        "x-ratelimit-category": "Light",
        "x-ratelimit-limit": "30",
        "x-ratelimit-remaining": "30",
    }


@pytest.mark.parametrize(
    ("operation", "limit"),
    [
        ("meetings.registrants.add", "(3) for Add meeting registrant"),
        ("meetings.registrants.add_batch", "(3) for Add meeting registrant"),
        ("meetings.registrants.update_status", "(10) for meeting Update registrant's status"),
        ("webinars.registrants.add", "(3) for Add webinar registrant"),
        ("webinars.registrants.update_status", "(10) for webinar Update registrant's status"),
    ],
)
async def test_throttle_registrant_words(operation: str, limit: str) -> None:
    """The words for a registrant name the operation and its own limit."""
    fake = unlimited()
    fake.throttle(operation, kind="registrant")
    route = find_route(operation)
    async with calling(fake) as caller:
        path = route.template.partition(" ")[2].format(meetingId=81, webinarId=81)
        response = await caller.send(route.operation.verb, path, {})

    assert str(response.body["message"]).startswith(
        f"You have exceeded the daily rate limit of {limit} API requests for the "
    )


async def test_throttle_concurrent() -> None:
    fake = unlimited()
    fake.throttle(ADD, kind="concurrent")
    response = await add_registrant(fake)

    assert (response.error, response.body["message"]) == ((429, 429), "Too many concurrent requests.")
    assert limit_headers(response) == {}


async def test_throttle_misleading_header() -> None:
    """A header replaces Zoom's, in upper or lower case."""
    fake = unlimited()
    fake.throttle(ADD, kind="registrant", headers={"X-RateLimit-Type": "Daily-limit", "x-ratelimit-remaining": "0"})
    headers = limit_headers(await add_registrant(fake))

    assert (headers["x-ratelimit-type"], headers["x-ratelimit-remaining"]) == ("Daily-limit", "0")


@pytest.mark.parametrize("kind", ["per_second", "daily", "host"])
async def test_throttle_retry_after(kind: LimitKind) -> None:
    fake = unlimited()
    fake.throttle(ADD, kind=kind, retry_after=3)

    assert limit_headers(await add_registrant(fake))["retry-after"] == "3"


async def test_throttle_does_not_run() -> None:
    account = Account()
    meeting = account.add_meeting(id=81)
    fake = FakeZoom(account, plan=None)
    fake.throttle(ADD, kind="registrant")
    await add_registrant(fake)

    assert meeting.registrants == []


async def test_throttle_unlisted_route() -> None:
    async with calling(unlimited()) as caller:
        caller.fake.throttle(UNLISTED, label=Label.MEDIUM)
        response = await caller.get("/report/billing/invoices/unknown")

    assert (response.status, response.headers["X-RateLimit-Category"]) == (429, "Medium")


@pytest.mark.parametrize(("kind", "wording"), [("per_second", "older"), ("host", "quoted"), ("daily", "quoted")])
def test_throttle_unused_wording(kind: LimitKind, wording: Wording) -> None:
    with pytest.raises(ValueError, match=f"no 429 of the kind '{kind}' with the wording '{wording}'"):
        unlimited().throttle(ADD, kind=kind, wording=wording)


def test_throttle_token_endpoint() -> None:
    with pytest.raises(ValueError, match="token requests have no rate limit"):
        unlimited().throttle("POST /oauth/token")


def test_throttle_on_request_zero() -> None:
    with pytest.raises(ValueError, match="count from 1"):
        unlimited().throttle(ADD, on_request=0)
