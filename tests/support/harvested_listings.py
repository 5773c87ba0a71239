"""The rows of the listings that lead to instances, and of the instances that they lead to."""

from __future__ import annotations

from datetime import date

from support.harvested_cells import Cells, Harvested, json_text, keyed, to_the_minute, utc
from zoomasync.models.history import FeaturesUsed
from zoomasync.testing import Account, Host, Instance


def users(scope: Harvested) -> list[Cells]:
    """Return the active hosts of each month."""
    return keyed(
        (month, [_host(host, held) for host in scope.hosts if (held := _held(scope, host, first, last))])
        for month, first, last in scope.months()
    )


def user_meetings(scope: Harvested) -> list[Cells]:
    """Return the instances of each host in each month."""
    return keyed(
        (f"{host.id}/{month}", [_user_meeting(scope.account, each) for each in _held(scope, host, first, last)])
        for month, first, last in scope.months()
        for host in scope.hosts
    )


def history_meetings(scope: Harvested) -> list[Cells]:
    """Return the instances of each day, those of one person too."""
    by_telephone = {leg.instance.uuid for leg in scope.account.telephone_legs}
    return keyed(
        (str(day), [_history_meeting(each, by_telephone) for each in scope.instances(day, day)]) for day in scope.days()
    )


def instances(scope: Harvested) -> list[Cells]:
    """Return the instances that the listings of all hosts lead to, with their fields, in the order of the UUIDs."""
    return [
        {
            "uuid": each.uuid,
            "meeting_id": each.id,
            "webinar": each.webinar,
            "type": each.type,
            "topic": each.topic,
            "host_id": each.host.id,
            "host_name": each.host.name,
            "host_email": each.host.email,
            "start_time": utc(each.start_time),
            "end_time": utc(each.end_time),
            "duration": each.duration,
            "participants_count": each.participants_count,
            "day": str(each.day),
        }
        for each in sorted(scope.found(), key=lambda each: each.uuid)
    ]


def _held(scope: Harvested, host: Host, first: date, last: date) -> list[Instance]:
    return [each for each in scope.instances(first, last, host) if each.participants_count > 1]


def _host(host: Host, instances: list[Instance]) -> Cells:
    return {
        "id": host.id,
        "email": host.email,
        "user_name": host.name,
        "type": host.type,
        "dept": host.dept,
        "meetings": len(instances),
        "participants": sum(instance.participants_count for instance in instances),
        "meeting_minutes": sum(instance.total_minutes for instance in instances),
        "custom_attributes": json_text(
            [{"key": a.key, "name": a.name, "value": a.value} for a in host.custom_attributes]
        ),
    }


def _user_meeting(account: Account, instance: Instance) -> Cells:
    host = instance.host
    own = [visit for visit in instance.participants if visit.id == host.id]
    joined = [visit for visit in own if visit.status == "in_meeting"]
    waited = [visit.join_time for visit in own if visit.status == "in_waiting_room"] if joined else []
    left = [visit.leave_time for visit in joined if visit.leave_time]
    cells: Cells = {
        "uuid": instance.uuid,
        "id": instance.id,
        "type": instance.type,
        "topic": instance.topic,
        "user_name": host.name,
        "user_email": host.email,
        "host_name": host.name,
        "host_organization": account.name,
        "source": instance.source,
        "session_key": instance.session_key,
        "start_time": utc(instance.start_time),
        "end_time": utc(instance.end_time),
        "schedule_time": to_the_minute(instance.schedule_time),
        "join_time": to_the_minute(min((visit.join_time for visit in joined), default=None)),
        "leave_time": to_the_minute(max(left, default=None)),
        "join_waiting_room_time": to_the_minute(min(waited, default=None)),
        "duration": instance.duration,
        "total_minutes": instance.total_minutes,
        "participants_count": instance.participants_count,
        "participants_count_my_account": len(
            {
                visit.person_key
                for visit in instance.participants
                if visit.internal_user and visit.status == "in_meeting"
            }
        ),
        "has_chat": instance.has_chat,
        "has_recording": instance.has_recording,
        "has_screen_share": instance.has_screen_share,
        "meeting_encryption_status": instance.meeting_encryption_status,
        "custom_keys": json_text([{"key": key.key, "value": key.value} for key in instance.custom_keys]),
    }
    return {**cells, **dict.fromkeys(instance.omitted_keys & cells.keys())}


def _history_meeting(instance: Instance, by_telephone: set[str]) -> Cells:
    host = instance.host
    viewers = len(instance.people - {host.id}) if instance.webinar else None
    features = _features(instance, by_telephone)
    return {
        "meeting_uuid": instance.uuid,
        "meeting_id": instance.id,
        "type": "Webinar" if instance.webinar else "Meeting",
        "host_display_name": host.name,
        "host_email": host.email,
        "start_time": utc(instance.start_time),
        "end_time": utc(instance.end_time),
        "topic": instance.topic,
        "participants": instance.participants_count,
        "duration": instance.duration,
        "total_participant_minutes": instance.total_minutes,
        "department": host.dept,
        "group": json_text(host.group_ids),
        "source": instance.source,
        "unique_viewers": viewers,
        "max_concurrent_views": viewers,
        "create_time": utc(instance.schedule_time or instance.start_time),
        "custom_fields": json_text([{"key": each.key, "value": each.value} for each in host.custom_attributes]),
        "tracking_fields": json_text([{"field": f.field, "value": f.value} for f in instance.tracking_fields]),
        "feature_used": json_text({name: name in features for name in FeaturesUsed.__struct_fields__}),
    }


def _features(instance: Instance, by_telephone: set[str]) -> set[str]:
    """Return the features of which the account has data."""
    visits = instance.participants
    used = {
        "screen_sharing": instance.has_screen_share,
        "breakout_room": any(visit.bo_mtg_id for visit in visits),
        "telephone_usage": instance.uuid in by_telephone,
        "in_meeting_chat": instance.has_chat,
        "poll": bool(instance.polls),
        "waiting_room": any(visit.status == "in_waiting_room" for visit in visits),
        "meeting_summary": instance.has_meeting_summary,
        "record_to_cloud": instance.has_recording,
        "registration": any(visit.registrant_id for visit in visits),
    }
    return {name for name, value in used.items() if value}
