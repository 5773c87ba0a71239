"""The deliveries of the fake's webhooks: validation, signatures, retries, duplicates and their log."""

from __future__ import annotations

import json
import time
from typing import Final, cast

import pytest
from aiohttp import web
from support.fake_http import Json
from support.server import serving
from support.webhook_receiver import SECRET, Receiver, receiving

from zoomasync.testing import Account, FakeZoom, WebhookDelivery
from zoomasync.testing.webhooks.signing import encrypted_token, signature
from zoomasync.webhooks import MeetingCreated, MeetingStarted, RecordingCompleted, UnknownEvent

RETRIES: Final = (0.01, 0.02, 0.03)
VALIDATION: Final = "endpoint.url_validation"


def attempts(fake: FakeZoom) -> list[tuple[int, int | None, str]]:
    """The attempts to deliver events, without validations."""
    return [(each.attempt, each.status, each.outcome) for each in fake.webhook_deliveries if each.event != VALIDATION]


async def deliver_one(fake: FakeZoom, receiver: Receiver, answer_seconds: float = 3.0) -> None:
    await fake.subscribe_webhooks(receiver.url, secret=SECRET, retry_delays=RETRIES, answer_seconds=answer_seconds)
    fake.send_webhook("meeting.started")
    await fake.webhooks_delivered()


def test_signatures_are_zooms() -> None:
    """The fake signs by itself, with the vectors of Zoom's pages."""
    payload = b'{"payload":{"plainToken":"xys8n8PGS7mAU0m5-YJjRA"}'
    body = payload + b',"event_ts":1720705455858,"event":"endpoint.url_validation"}'
    signed = signature("4fv1RkqGQUq5sWbEz6hA5A", "1720705455", body)

    assert signed == "v0=93a1a675965ceb9c5a50c5dfb31f20e50f763be37a54ef74cd2d16a1a8e5c0d6"
    assert encrypted_token("secretValueTest", "qgg8vlvZRS6UYooatFL8Aw") == (
        "70c1f2e2e6ca2d39297490d1f9142c7d701415ea8e6151f6562a08fa657a40ff"
    )


async def test_event_is_delivered() -> None:
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        await fake.subscribe_webhooks(receiver.url, secret=SECRET)
        fake.send_webhook("meeting.started", {"object": {"topic": "Überblick ✓"}})
        await fake.webhooks_delivered()

    (event,) = receiver.events
    assert isinstance(event, MeetingStarted)
    assert (event.account_id, event.object.topic) == (fake.account.id, "Überblick ✓")
    assert receiver.requests[0]["content-type"] == "application/json; charset=utf-8"
    assert len(receiver.requests[0]["x-zm-request-id"]) == 32


async def test_validation_comes_first() -> None:
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        subscription = await fake.subscribe_webhooks(f"{receiver.url}?key=hidden", secret=SECRET)

    (delivery,) = fake.webhook_deliveries
    assert (delivery.event, delivery.status, delivery.outcome) == (VALIDATION, 200, "delivered")
    assert delivery.url == receiver.url
    assert delivery.body["event"] == VALIDATION
    assert (subscription.active, subscription.failures, SECRET in repr(subscription)) == (True, 0, False)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (web.Response(status=204), "answered endpoint.url_validation with 204 instead of 200"),
        (web.Response(status=302, headers={"Location": "/"}), "with 302 instead of 200"),
        (web.Response(text="ok"), "is not a JSON object"),
        (web.json_response({"plainToken": "other"}), "does not repeat plainToken"),
    ],
)
async def test_wrong_answer_to_validation(answer: web.Response, problem: str) -> None:
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        receiver.validation = answer
        with pytest.raises(ValueError, match=problem) as caught:
            await fake.subscribe_webhooks(receiver.url, secret=SECRET)
        with pytest.raises(ValueError, match=r"no active subscription takes 'meeting\.started'"):
            fake.send_webhook("meeting.started")

    assert SECRET not in str(caught.value)
    assert [each.outcome for each in fake.webhook_deliveries] == ["rejected"]


async def test_validation_with_other_secret() -> None:
    """The service has another secret: it rejects the request."""
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        with pytest.raises(ValueError, match="with 401 instead of 200"):
            await fake.subscribe_webhooks(receiver.url)

    assert receiver.errors[0].reason == "signature"


async def test_wrong_encrypted_token() -> None:
    async def app(request: web.BaseRequest) -> web.Response:
        token = json.loads(await request.read())["payload"]["plainToken"]
        return web.json_response({"plainToken": token, "encryptedToken": encrypted_token("other", token)})

    async with serving(app) as url, FakeZoom(Account()) as fake:
        with pytest.raises(ValueError, match="encryptedToken is not the HMAC-SHA256"):
            await fake.subscribe_webhooks(url)


async def test_validation_needs_answer_in_time() -> None:
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        receiver.delays = [0.2]
        with pytest.raises(ValueError, match=r"did not answer endpoint\.url_validation within 0\.05 seconds"):
            await fake.subscribe_webhooks(receiver.url, secret=SECRET, answer_seconds=0.05)


async def test_unreachable_url() -> None:
    async with FakeZoom(Account()) as fake:
        with pytest.raises(ValueError, match="did not answer"):
            await fake.subscribe_webhooks("http://127.0.0.1:1/?key=hidden")

    assert fake.webhook_deliveries[0].status is None


async def test_default_secret() -> None:
    async with FakeZoom(Account()) as fake, receiving(fake.webhook_secret) as receiver:
        subscription = await fake.subscribe_webhooks(receiver.url)
        fake.send_webhook("meeting.started")
        await fake.webhooks_delivered()

    assert receiver.names == ["meeting.started"]
    assert subscription.retry_delays == (300.0, 1200.0, 3600.0)
    assert subscription.timeout == 3.0


async def test_chosen_events() -> None:
    async with receiving() as receiver, receiving() as other, FakeZoom(Account()) as fake:
        await fake.subscribe_webhooks(receiver.url, secret=SECRET, events=["meeting.started"])
        await fake.subscribe_webhooks(other.url, secret=SECRET)
        for event in ("meeting.started", "meeting.ended"):
            fake.send_webhook(event)
        await fake.webhooks_delivered()

    assert receiver.names == ["meeting.started"]
    assert other.names == ["meeting.started", "meeting.ended"]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([200], [(1, 200, "delivered")]),
        ([500, 204], [(1, 500, "retried"), (2, 204, "delivered")]),
        ([503, 502, 500, 200], [(1, 503, "retried"), (2, 502, "retried"), (3, 500, "retried"), (4, 200, "delivered")]),
        ([500] * 5, [(1, 500, "retried"), (2, 500, "retried"), (3, 500, "retried"), (4, 500, "given_up")]),
        ([404], [(1, 404, "rejected")]),
        ([429], [(1, 429, "rejected")]),
        ([307], [(1, 307, "rejected")]),
        ([500, 400], [(1, 500, "retried"), (2, 400, "rejected")]),
    ],
)
async def test_retries(statuses: list[int], expected: list[tuple[int, int | None, str]]) -> None:
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        receiver.statuses = list(statuses)
        await deliver_one(fake, receiver)

    assert attempts(fake) == expected
    assert len(receiver.events) == len(expected)
    assert len({event.key for event in receiver.events}) == 1


async def test_retry_after_dropped_connection() -> None:
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        receiver.drops = 2
        await deliver_one(fake, receiver)

    assert attempts(fake) == [(1, None, "retried"), (2, None, "retried"), (3, 204, "delivered")]


async def test_retry_after_late_answer() -> None:
    """An answer that comes too late does not count, although the service has the event."""
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        await fake.subscribe_webhooks(receiver.url, secret=SECRET, retry_delays=(0,), answer_seconds=0.5)
        receiver.delays = [1.0]
        fake.send_webhook("meeting.started")
        await fake.webhooks_delivered()

    assert attempts(fake) == [(1, None, "retried"), (2, 204, "delivered")]


async def test_retry_does_not_hold_up_others() -> None:
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        receiver.statuses = [500]
        await fake.subscribe_webhooks(receiver.url, secret=SECRET, retry_delays=(0.2,))
        for event in ("meeting.started", "meeting.ended", "meeting.deleted"):
            fake.send_webhook(event)
        await fake.webhooks_delivered()

    assert receiver.names == ["meeting.started", "meeting.ended", "meeting.deleted", "meeting.started"]


async def test_events_arrive_in_order() -> None:
    """The second event is not sent before the first one is answered."""
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        await fake.subscribe_webhooks(receiver.url, secret=SECRET)
        receiver.delays = [0.1]
        for event in ("meeting.started", "meeting.ended"):
            fake.send_webhook(event)
        await fake.webhooks_delivered()

    assert receiver.names == ["meeting.started", "meeting.ended"]


async def test_duplicate_deliveries() -> None:
    """Only the next event has two copies, which differ in the download token and have one key."""
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        await fake.subscribe_webhooks(receiver.url, secret=SECRET)
        fake.disturb_webhooks("recording.completed", copies=2)
        for event in ("meeting.started", "recording.completed", "recording.completed"):
            fake.send_webhook(event)
        await fake.webhooks_delivered()

    copies = [event for event in receiver.events[1:3] if isinstance(event, RecordingCompleted)]
    assert receiver.names == ["meeting.started"] + ["recording.completed"] * 3
    assert len({event.key for event in copies}) == 1
    assert len({event.download_token for event in copies}) == 2


async def test_late_delivery() -> None:
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        await fake.subscribe_webhooks(receiver.url, secret=SECRET)
        fake.disturb_webhooks(delay=0.1, on_event=2)
        for event in ("meeting.started", "meeting.participant_joined", "meeting.ended"):
            fake.send_webhook(event)
        await fake.webhooks_delivered()

    assert receiver.names == ["meeting.started", "meeting.ended", "meeting.participant_joined"]


@pytest.mark.parametrize(("minutes", "reasons"), [(85, []), (95, ["too_old"])])
async def test_old_timestamp(minutes: int, reasons: list[str]) -> None:
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        await fake.subscribe_webhooks(receiver.url, secret=SECRET)
        fake.disturb_webhooks(age=60.0 * minutes)
        before = time.time()
        fake.send_webhook("meeting.started")
        await fake.webhooks_delivered()

    assert [error.reason for error in receiver.errors] == reasons
    assert len(receiver.events) == 1 - len(reasons)
    for request in receiver.requests:
        assert -1 <= int(request["x-zm-request-timestamp"]) - before + 60 * minutes <= 60


@pytest.mark.parametrize(("copies", "on_event", "times"), [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_invalid_disturbance(copies: int, on_event: int, times: int) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        FakeZoom(Account()).disturb_webhooks(copies=copies, on_event=on_event, times=times)


async def test_disturbance_lasts() -> None:
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        await fake.subscribe_webhooks(receiver.url, secret=SECRET)
        fake.disturb_webhooks("meeting.started", copies=2, times=None)
        for _ in range(2):
            fake.send_webhook("meeting.started")
        await fake.webhooks_delivered()

    assert receiver.names == ["meeting.started"] * 4
    assert len({event.key for event in receiver.events}) == 2


async def test_revalidation() -> None:
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        subscription = await fake.subscribe_webhooks(receiver.url, secret=SECRET)
        receiver.validation = web.Response(status=500)
        for _ in range(5):
            await fake.revalidate_webhooks()
        failures, receiver.validation = subscription.failures, None
        await fake.revalidate_webhooks()

    assert (failures, subscription.failures, subscription.active) == (5, 0, True)


async def test_subscription_is_disabled() -> None:
    """After six failed validations nothing is delivered, and nothing is validated."""
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        subscription = await fake.subscribe_webhooks(receiver.url, secret=SECRET)
        receiver.secret = "replaced"
        for _ in range(7):
            await fake.revalidate_webhooks()
        with pytest.raises(ValueError, match="no active subscription"):
            fake.send_webhook("meeting.started")

    assert (subscription.failures, subscription.active) == (6, False)
    assert len(receiver.errors) == 6


async def test_example_of_removed_app() -> None:
    """The time of this event is in its payload."""
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        await fake.subscribe_webhooks(receiver.url, secret=SECRET)
        fake.send_webhook("app_deauthorized", {"user_id": "someone"})
        await fake.webhooks_delivered()

    body = json.loads(receiver.bodies[0])
    assert body.keys() == {"event", "payload"}
    assert body["payload"]["user_id"] == "someone"


async def test_unlisted_event() -> None:
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        await fake.subscribe_webhooks(receiver.url, secret=SECRET)
        fake.send_webhook("phone.call_ended", {"object": {"secret": "hidden"}})
        await fake.webhooks_delivered()

    (event,) = receiver.events
    assert isinstance(event, UnknownEvent)
    assert (event.event, event.payload) == ("phone.call_ended", {"object": {"secret": "hidden"}})
    assert fake.webhook_deliveries[-1].body["payload"] == {"object": "***"}


async def test_log_of_deliveries() -> None:
    async with receiving() as receiver, FakeZoom(Account()) as fake:
        await fake.subscribe_webhooks(receiver.url, secret=SECRET)
        fake.send_webhook("meeting.created", {"object": {"id": 81, "topic": "Review", "password": "s3cret"}})
        fake.send_webhook("recording.completed")
        await fake.webhooks_delivered()

    assert isinstance(receiver.events[0], MeetingCreated)
    _, created, completed = fake.webhook_deliveries
    assert isinstance(created, WebhookDelivery)
    shown = cast("dict[str, Json]", created.body["payload"])["object"]
    assert [shown[name] for name in ("id", "topic", "password", "join_url")] == [81, "Review", "***", "***"]
    assert completed.body["download_token"] == "***"
    assert "s3cret" not in repr(fake.webhook_deliveries)
    assert created.at <= completed.at <= time.monotonic()


async def test_exit_stops_deliveries() -> None:
    async with receiving() as receiver:
        async with FakeZoom(Account()) as fake:
            await fake.subscribe_webhooks(receiver.url, secret=SECRET)
            receiver.statuses = [500]
            fake.send_webhook("meeting.started")
            await receiver.arrived.wait()
        await fake.webhooks_delivered()

    assert len(receiver.events) == 1


async def test_closed_fake_delivers_nothing() -> None:
    """A fake that has ended starts no delivery, which would outlive it; one that runs again does."""
    async with receiving() as receiver:
        fake = FakeZoom(Account())
        async with fake:
            await fake.subscribe_webhooks(receiver.url, secret=SECRET)
        with pytest.raises(ValueError, match="no active subscription takes"):
            fake.send_webhook("meeting.started")
        async with fake:
            fake.send_webhook("meeting.ended")
            await fake.webhooks_delivered()

    assert receiver.names == ["meeting.ended"]
