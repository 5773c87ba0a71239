"""Objects of the account as webhook events have them: the fields of the API, as far as the data file lists them."""

from __future__ import annotations

from typing import Final, cast

import msgspec

from ..account.instance import Visit
from ..account.meeting import Json, Registrant, ScheduledMeeting
from ..handlers.instance_rows import Row
from ..handlers.meeting_rows import meeting_body, registrant_row
from ..handlers.webinar_rows import webinar_body
from ..protocol.times import iso
from ..reference.notation import Spec
from ..reference.webhooks import FACTS

HOST_ENDED: Final = "left the meeting. Reason : Host ended the meeting."
LEFT: Final = "left the meeting. Reason : left the meeting."


def event_object(event: str, row: Row) -> Json:
    """Return *row* as the object of *event*: with the fields of the data file only, and numbers where it has them."""
    content: Json = msgspec.to_builtins(row)
    return _fitting_object(content, FACTS.events[event].payload.fields["object"])


def scheduled_row(meeting: ScheduledMeeting) -> Row:
    """Return a scheduled meeting or webinar."""
    return webinar_body(meeting) if meeting.is_webinar else meeting_body(meeting)


def registration_row(meeting: ScheduledMeeting, registrant: Registrant) -> Row:
    """Return a scheduled meeting or webinar with one registrant."""
    return {**scheduled_row(meeting), "registrant": registrant_row(meeting, registrant)}


def participant_row(visit: Visit) -> Row:
    """Return a participant; one who has left has a `leave_time`."""
    row: Row = {
        "user_id": visit.user_id,
        "user_name": visit.name,
        "id": visit.id,
        "participant_uuid": f"{int(visit.user_id):032X}",
        "participant_user_id": visit.id,
        "registrant_id": visit.registrant_id,
        "customer_key": visit.customer_key,
        "email": visit.user_email,
        "join_time": iso(visit.join_time),
    }
    return row if visit.leave_time is None else {**row, "leave_time": iso(visit.leave_time)}


def differences(before: Json, after: Json) -> tuple[Json, Json]:
    """Return the fields of two objects that differ, of settings only those that differ, from the first and second."""
    old: Json = {}
    new: Json = {}
    for name in {**before, **after}:
        one, other = before.get(name), after.get(name)
        if isinstance(one, dict) and isinstance(other, dict) and name == "settings":
            one, other = differences(cast("Json", one), cast("Json", other))
        if one != other:
            old |= {name: one} if one is not None else {}
            new |= {name: other} if other is not None else {}
    return old, new


def _fitting_object(content: Json, spec: Spec) -> Json:
    return {name: _fitting(content[name], each) for name, each in spec.fields.items() if content.get(name) is not None}


def _fitting(value: object, spec: Spec) -> object:
    if isinstance(value, dict):
        return _fitting_object(cast("Json", value), spec)
    if isinstance(value, list):
        return [_fitting(each, spec.item or spec) for each in cast("list[object]", value)]
    return int(value) if spec.kind == "integer" and isinstance(value, str) else value
