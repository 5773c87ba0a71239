"""The events of what happens in the account, each with the payload that Zoom's pages describe.

Not known, and so not played: an event for a registration that is deleted, for one that is repeated, and, beside
`registration_created`, for the approval of one that is approved at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from ..account.account import Account
from ..account.host import Host
from ..account.instance import Visit
from ..account.meeting import Json, Occurrence, Registrant, RegistrantStatus, ScheduledMeeting
from ..account.recording import Recording, RecordingFile
from ..handlers.instance_rows import Row
from ..handlers.recording_rows import Serving, recording_body, recording_registrant_row
from ..protocol.times import iso
from ..reference.webhooks import APP_DEAUTHORIZED
from .bodies import (
    HOST_ENDED,
    LEFT,
    differences,
    event_object,
    participant_row,
    registration_row,
    scheduled_row,
)
from .sender import WebhookSender

_DECISIONS: Final = MappingProxyType[RegistrantStatus, str](
    {"approved": "registration_approved", "denied": "registration_denied", "cancelled": "registration_cancelled"}
)

_OF_RUNNING: Final = frozenset({"started", "ended", "participant_joined", "participant_left"})


class Announcements:
    """The events of one account, which *sender* delivers; *now* returns their time, in UTC."""

    def __init__(self, account: Account, now: Callable[[], datetime], sender: WebhookSender) -> None:
        self._account = account
        self._now = now
        self._sender = sender
        self._latest = 0

    def scheduled(
        self,
        change: Literal["created", "deleted", "recovered"],
        meeting: ScheduledMeeting,
        operator: Host,
        occurrence: Occurrence | None = None,
    ) -> None:
        """Announce a *change* of a meeting or webinar, or of one *occurrence*."""
        shown = meeting if occurrence is None else replace(meeting, occurrences=(occurrence,))
        payload = {**_operator(operator), "operation": "all" if occurrence is None else "single"}
        self._send(_name(meeting, change), lambda: scheduled_row(shown), payload)

    def state(self, meeting: ScheduledMeeting) -> Json:
        """Return *meeting* as it is, for `updated` after a change."""
        return event_object(_name(meeting, "updated"), scheduled_row(meeting))

    def updated(self, meeting: ScheduledMeeting, before: Json, operator: Host, *, single: bool) -> None:
        """Announce a change of a meeting or webinar, or of a *single* occurrence, whose state was *before*.

        Without a difference there is no event.
        """
        old, new = differences(before, self.state(meeting))
        if not old and not new:
            return
        moment = self.next_event_ts()
        identity: Json = {"id": meeting.id, "uuid": meeting.uuid}
        payload: Json = {
            **_operator(operator),
            "scope": "single" if single else "all",
            "time_stamp": moment,
            "old_object": {**old, **identity},
        }
        self._send(_name(meeting, "updated"), lambda: {**new, **identity}, payload, moment)

    def registered(self, meeting: ScheduledMeeting, registrant: Registrant) -> None:
        """Announce a new registration."""
        self._send(_name(meeting, "registration_created"), lambda: registration_row(meeting, registrant))

    def decided(
        self, meeting: ScheduledMeeting, registrant: Registrant, status: RegistrantStatus, operator: Host
    ) -> None:
        """Announce that a registration was approved, denied or cancelled, which *status* says."""
        event = _name(meeting, _DECISIONS[status])
        self._send(event, lambda: registration_row(meeting, registrant), _operator(operator))

    def started(self, meeting: ScheduledMeeting, uuid: str, start: datetime) -> None:
        """Announce the start of an instance with this *uuid*."""
        self._send(_name(meeting, "started"), lambda: _instance_row(meeting, uuid, start))

    def ended(self, meeting: ScheduledMeeting, uuid: str, start: datetime) -> None:
        """Announce the end of an instance."""
        end = {"end_time": iso(self._now())}
        self._send(_name(meeting, "ended"), lambda: {**_instance_row(meeting, uuid, start), **end})

    def joined(self, meeting: ScheduledMeeting, uuid: str, start: datetime, visit: Visit) -> None:
        """Announce that a participant joined an instance."""
        self._participant("participant_joined", meeting, _instance_row(meeting, uuid, start), participant_row(visit))

    def left(
        self, meeting: ScheduledMeeting, uuid: str, start: datetime, visit: Visit, *, host_ended: bool = False
    ) -> None:
        """Announce that a participant left an instance, or was in it when the host ended it."""
        participant = {**participant_row(visit), "leave_reason": HOST_ENDED if host_ended else LEFT}
        self._participant("participant_left", meeting, _instance_row(meeting, uuid, start), participant)

    def recording_changed(
        self,
        change: Literal["completed", "trashed", "deleted", "recovered"],
        serving: Serving,
        recording: Recording,
        files: Sequence[RecordingFile],
        operator: Host | None = None,
    ) -> None:
        """Announce a *change* of some files of a recording, whose links are those of *serving*."""

        def row() -> Row:
            body = recording_body(serving, recording, files, password=bool(recording.password))
            return {**body, "host_email": recording.host.email, "on_prem": recording.on_premise}

        self._send(f"recording.{change}", row, _operator(operator) if operator else {})

    def viewer_registered(self, recording: Recording, registrant: Registrant) -> None:
        """Announce a new registration for a recording."""
        self._send("recording.registration_created", lambda: _viewer_row(recording, registrant))

    def viewer_decided(self, recording: Recording, registrant: Registrant, operator: Host) -> None:
        """Announce that a registration for a recording was approved or denied."""
        event = f"recording.{_DECISIONS[registrant.status]}"
        self._send(event, lambda: _viewer_row(recording, registrant), _operator(operator))

    def deauthorized(self, user: Host, client_id: str) -> None:
        """Announce that *user* removed the app; *signature* is a text that the fake makes up."""
        payload: Json = {
            "account_id": self._account.id,
            "user_id": user.id,
            "client_id": client_id,
            "deauthorization_time": iso(self._now()),
            "signature": secrets.token_hex(32),
            "event_ts": self.next_event_ts(),
        }
        self._sender.send(APP_DEAUTHORIZED, lambda: {"event": APP_DEAUTHORIZED, "payload": payload})

    def _participant(self, what: str, meeting: ScheduledMeeting, instance: Row, participant: Row) -> None:
        self._send(_name(meeting, what), lambda: {**instance, "participant": participant})

    def _send(
        self,
        event: str,
        row: Callable[[], Row],
        payload: Mapping[str, object] | None = None,
        moment: int | None = None,
    ) -> None:
        event_ts = self.next_event_ts() if moment is None else moment
        self._sender.send(
            event,
            lambda: {
                "event": event,
                "payload": {
                    "account_id": self._account.id,
                    **(payload or {}),
                    "object": _with_id(event, event_object(event, row())),
                },
                "event_ts": event_ts,
            },
        )

    def next_event_ts(self) -> int:
        """Return the time of an event in milliseconds: events differ in it, also while a test stops the clock."""
        self._latest = max(self._latest + 1, int(self._now().timestamp() * 1000))
        return self._latest


def _with_id(event: str, content: Json) -> Json:
    """Return the object of *event*, whose id is text if it is about a meeting or webinar that runs or has ended."""
    is_text = event.partition(".")[2] in _OF_RUNNING
    return {**content, "id": str(content["id"])} if is_text else content


def _name(meeting: ScheduledMeeting, change: str) -> str:
    return f"{'webinar' if meeting.is_webinar else 'meeting'}.{change}"


def _operator(host: Host) -> Json:
    return {"operator": host.email, "operator_id": host.id}


def _instance_row(meeting: ScheduledMeeting, uuid: str, start: datetime) -> Row:
    return {
        "id": meeting.id,
        "uuid": uuid,
        "host_id": meeting.host.id,
        "topic": meeting.topic,
        "type": meeting.type,
        "start_time": iso(start),
        "timezone": meeting.timezone,
        "duration": meeting.duration,
    }


def _viewer_row(recording: Recording, registrant: Registrant) -> Row:
    return {
        "id": recording.id,
        "uuid": recording.uuid,
        "host_id": recording.host.id,
        "topic": recording.topic,
        "type": recording.type,
        "start_time": iso(recording.start_time),
        "timezone": recording.timezone,
        "duration": recording.duration,
        "registrant": recording_registrant_row(registrant),
    }
