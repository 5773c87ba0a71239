"""The methods of `FakeZoom` for webhooks, and for what happens outside of requests."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from ..account.account import Account
from ..account.instance import Instance, Visit
from ..account.meeting import Registrant, ScheduledMeeting
from ..account.recording import Recording
from ..pipeline import RequestPipeline
from ..reference.webhooks import APP_DEAUTHORIZED, FACTS, example_event
from .delivery import WebhookDelivery
from .sender import ZOOMS_RETRY_DELAYS, ZOOMS_TIMEOUT, Disturbance, WebhookSender, WebhookSubscription


@dataclass(frozen=True)
class _Serving:
    account: Account
    now: datetime
    origin: str


class WebhookScripts:
    """The webhooks of a fake: subscriptions, events, and the log of deliveries."""

    def __init__(self, pipeline: RequestPipeline, sender: WebhookSender, origin: Callable[[], str]) -> None:
        self._pipeline = pipeline
        self._webhooks = sender
        self._origin_of_files = origin
        self._webhook_secret = secrets.token_urlsafe(16)

    @property
    def webhook_secret(self) -> str:
        """The secret token of the app, with which webhooks are signed unless a subscription has its own."""
        return self._webhook_secret

    @property
    def webhook_deliveries(self) -> Sequence[WebhookDelivery]:
        """The attempts to deliver webhooks so far, those of validations too, in the order of their ends.

        ::

            assert [(each.event, each.outcome) for each in fake.webhook_deliveries] == [
                ("endpoint.url_validation", "delivered"),
                ("meeting.created", "delivered"),
            ]
        """
        return tuple(self._webhooks.log)

    async def subscribe_webhooks(
        self,
        url: str,
        *,
        secret: str | None = None,
        events: Iterable[str] | None = None,
        retry_delays: Sequence[float] = ZOOMS_RETRY_DELAYS,
        answer_seconds: float = ZOOMS_TIMEOUT,
    ) -> WebhookSubscription:
        """Deliver *events*, or all, to *url* from now on, signed with *secret* or `webhook_secret`.

        ::

            async with FakeZoom() as fake:
                await fake.subscribe_webhooks(url, events=["meeting.created"], retry_delays=(0, 0, 0))

        First the URL is validated with `endpoint.url_validation`, as by Zoom. Raises ValueError if the answer is wrong,
        or takes longer than *answer_seconds*.

        An event is delivered when the receiver answers with a 2xx. After a 5xx, a fault of the network or
        *answer_seconds* without an answer, it is sent again after each of *retry_delays*, which are Zoom's by default:
        5, 20 and 60 minutes. Any other status is final. It is not known whether Zoom signs a retry anew; the fake does,
        with the time of the attempt.

        The events are those of what requests change in meetings, webinars, registrants and recordings, of
        `start_meeting` and the other methods, and of `send_webhook`. What a test changes in the account itself has no
        event. An event can arrive before the response to the request that caused it.
        """
        subscription = WebhookSubscription(
            url=url,
            secret=self._webhook_secret if secret is None else secret,
            events=None if events is None else frozenset(events),
            retry_delays=tuple(retry_delays),
            timeout=answer_seconds,
        )
        await self._webhooks.subscribe(subscription)
        return subscription

    async def revalidate_webhooks(self) -> None:
        """Validate the URL of every subscription again, as Zoom does every 72 hours.

        After six failures in a row a subscription is disabled, and `WebhookSubscription.active` is false.
        """
        await self._webhooks.revalidate()

    async def webhooks_delivered(self) -> None:
        """Wait until every event so far is delivered, rejected or given up; with Zoom's delays that may take long."""
        await self._webhooks.finish()

    def send_webhook(self, event: str, payload: Mapping[str, object] | None = None) -> None:
        """Deliver any *event* with an example of its payload, or one that you make up.

        ::

            fake.send_webhook("recording.renamed", {"object": {"topic": "Review"}})

        The fields in *payload* replace those of the example, also within objects. An event that is not in the data file
        has *payload* alone. Raises ValueError if no subscription takes the event.
        """
        body: Mapping[str, object] = {"event": event, "payload": {}}
        if event in FACTS.events:
            body = _merged(example_event(event), {"payload": {"account_id": self._pipeline.account.id}})
        if event != APP_DEAUTHORIZED:  # its time is in the payload
            body = {**body, "event_ts": self._pipeline.announcements.next_event_ts()}
        whole = _merged(body, {"payload": payload or {}})
        if not self._webhooks.send(event, lambda: whole):
            raise ValueError(f"no active subscription takes {event!r}: call subscribe_webhooks() first")

    def disturb_webhooks(
        self,
        event: str | None = None,
        *,
        copies: int = 1,
        delay: float = 0.0,
        age: float = 0.0,
        on_event: int = 1,
        times: int | None = 1,
    ) -> None:
        """Deliver a later *event* (any event, for None) several times or late.

        ::

            fake.disturb_webhooks("meeting.created", copies=2)
            fake.disturb_webhooks(delay=0.1)  # the next event arrives after those that follow it

        It is sent in so many *copies*, *delay* seconds late, and signed with a timestamp that is *age* seconds old.
        Copies of an event with a download token have different ones. *on_event* and *times* choose the events, as in
        `respond`; one that no subscription takes does not count. Zoom promises delivery at least once, and neither an
        order nor a time.
        """
        if copies < 1 or on_event < 1 or (times is not None and times < 1):
            raise ValueError(f"copies, on_event and times count from 1, not {copies}, {on_event} and {times}")
        disturbance = Disturbance(copies=copies, delay=delay, age=age)
        self._webhooks.disturb(event, disturbance, on_event=on_event, times=times)

    def start_meeting(self, meeting: ScheduledMeeting) -> None:
        """Start a meeting or webinar, with the event "started". Raises ValueError if it runs already."""
        self._pipeline.running.start(meeting)

    def join_meeting(
        self,
        meeting: ScheduledMeeting,
        name: str = "Guest",
        *,
        email: str = "",
        registrant: Registrant | None = None,
    ) -> Visit:
        """Let a person join a meeting or webinar that `start_meeting` has started, and return the visit.

        The address of a user of the account makes it a visit of that user. Raises ValueError if the meeting does not
        run.
        """
        return self._pipeline.running.join(meeting, name, email, registrant.id if registrant else "")

    def leave_meeting(self, meeting: ScheduledMeeting, visit: Visit) -> None:
        """End a *visit*, with the event "participant_left". Raises ValueError if the person is not in the meeting."""
        self._pipeline.running.leave(meeting, visit)

    def end_meeting(self, meeting: ScheduledMeeting) -> Instance:
        """End a meeting or webinar, and return it as a past instance, which reports have from now on.

        Everybody who is still in it leaves. A request that ends the meeting does the same. Raises ValueError if
        `start_meeting` has not started it.
        """
        return self._pipeline.running.end(meeting)

    def complete_recording(self, recording: Recording) -> None:
        """Announce that a recording of the account is complete, with a download token that is valid for a day."""
        pipeline = self._pipeline
        serving = _Serving(pipeline.account, pipeline.now(), self._origin_of_files())
        pipeline.announcements.recording_changed("completed", serving, recording, recording.files)


def _merged(base: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Return *base* with *changes*, which replace single fields of objects."""
    merged = dict(base)
    for name, value in changes.items():
        old = merged.get(name)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[name] = _merged(cast("Mapping[str, object]", old), cast("Mapping[str, object]", value))
        else:
            merged[name] = value
    return merged
