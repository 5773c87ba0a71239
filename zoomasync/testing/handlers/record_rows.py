"""Account records in the JSON format of Zoom's API: one function per kind of row."""

from __future__ import annotations

from ..account.records import Activity, OperationLog, RecordingStorage, TelephoneLeg, UpcomingEvent
from ..protocol.times import iso
from .instance_rows import Row


def log_row(entry: Activity | OperationLog) -> Row:
    """Return one sign-in or sign-out, or one entry of the operation log."""
    return {**vars(entry), "time": iso(entry.time)}


def telephone_leg_row(leg: TelephoneLeg) -> Row:
    """Return one telephone call."""
    instance = leg.instance
    return {
        "uuid": instance.uuid,
        "meeting_id": instance.id,
        "meeting_type": "Webinar" if instance.webinar else "Meeting",
        "host_id": instance.host.id,
        "host_name": instance.host.name,
        "host_email": instance.host.email,
        "dept": instance.host.dept,
        "type": leg.type,
        "country_name": leg.country_name,
        "phone_number": leg.phone_number,
        "signaled_number": leg.signaled_number,
        "call_in_number": leg.call_in_number,
        "start_time": iso(leg.start_time),
        "end_time": iso(leg.end_time),
        "duration": leg.duration,
        "rate": leg.rate,
        "total": leg.total,
    }


def upcoming_event_row(event: UpcomingEvent) -> Row:
    """Return one upcoming meeting or webinar."""
    return {
        "id": event.id,
        "topic": event.topic,
        "start_time": iso(event.start_time),
        "dept": event.host.dept,
        "host_id": event.host.id,
        "host_name": event.host.name,
    }


def recording_storage_row(storage: RecordingStorage) -> Row:
    """Return the cloud storage of one day."""
    return {
        "date": storage.day,
        "usage": storage.usage,
        "plan_usage": storage.plan_usage,
        "free_usage": storage.free_usage,
    }
