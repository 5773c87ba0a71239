"""Account records in the JSON format of Zoom's API: one function per kind of row."""

from __future__ import annotations

from ..account.records import (
    Activity,
    MeetingActivity,
    OperationLog,
    RecordingStorage,
    RemoteSupport,
    TelephoneLeg,
    UpcomingEvent,
)
from ..protocol.times import clock_time, iso
from .instance_rows import Row, without_keys


def log_row(entry: Activity | OperationLog) -> Row:
    """Return one sign-in or sign-out, or one entry of the operation log."""
    return {**without_keys(vars(entry), {"listed_at"}), "time": iso(entry.time)}


def meeting_activity_row(activity: MeetingActivity) -> Row:
    """Return one action in a meeting; its number has blanks, and its time has no zone."""
    number, time = str(activity.meeting_number), activity.time
    return {
        "meeting_number": f"{number[:3]} {number[3:-4]} {number[-4:]}",
        "activity_time": f"{time:%Y-%m-%d %H:%M:%S}:{time.microsecond // 1000:03d}",
        "operator": activity.operator,
        "operator_email": activity.operator_email,
        "activity_category": activity.type,
        "activity_detail": activity.detail or activity.type,
    }


def remote_support_row(support: RemoteSupport) -> Row:
    """Return one remote support."""
    instance = support.instance
    return {
        "meeting_start_time": iso(instance.start_time),
        "meeting_uuid": instance.uuid,
        "meeting_number": instance.id,
        "topic": instance.topic,
        "meeting_host_id": instance.host.id,
        "supporter_name": support.supporter_name,
        "supporter_email": support.supporter_email,
        "supportee_name": support.supportee_name,
        "supportee_email": support.supportee_email,
        "request_time": iso(support.request_time),
        "wait_time": clock_time(support.start_time - support.request_time),
        "start_time": iso(support.start_time),
        "end_time": iso(support.end_time),
        "duration": clock_time(support.end_time - support.start_time),
    }


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
