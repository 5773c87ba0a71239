"""Handler of the history of all meetings and webinars, with the features that each used."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from ..account.instance import Instance
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse
from ..protocol.times import iso
from .instance_rows import Row


def history_meetings(request: FakeRequest) -> Row:
    """Return the instances that started, or with `date_type` ended, in a range, those of one person too.

    The reference does not say which kinds a request without `meeting_type` returns, and how far back the range may
    begin; the fake returns both kinds, and has the six months of other reports. It has no data on resources and
    reactions.
    """
    days = request.days()
    given = request.query
    by_end, kind = given.get("date_type") == "end_time", given.get("meeting_type", "all")
    report, search_key = given.get("report_type", "all"), given.get("search_key", "").casefold()
    group, features = given.get("group_id"), given.get("meeting_feature")
    if group is not None and not any(group in host.group_ids for host in request.account.hosts):
        raise ErrorResponse(403, 12703, f"No permission for the group: {group}.")
    by_telephone = {leg.instance.uuid for leg in request.account.telephone_legs}
    instances = [
        each
        for each in request.instances_between(date.min if by_end else days.first, days.last)
        if days.holds((each.end_time if by_end else each.start_time).date())
        and kind in {"all", "webinar" if each.webinar else "meeting"}
        and (report == "all" or bool({"poll": each.polls, "survey": each.survey, "qa": each.qa}.get(report)))
        and (search_key in each.topic.casefold() or search_key in str(each.id))
        and (group is None or group in each.host.group_ids)
        and (features is None or not _features(each, by_telephone).isdisjoint(features.split(",")))
    ]
    page = request.page(instances, lambda instance: _row(instance, request, by_telephone))
    return {**page.envelope(), "history_meetings": page.rows}


def _row(instance: Instance, request: FakeRequest, by_telephone: Collection[str]) -> Row:
    """Return one row; all viewers of a webinar count as watching at the same time."""
    names, used = request.operation.query["meeting_feature"].item, _features(instance, by_telephone)
    row: Row = {
        "meeting_uuid": instance.uuid,
        "meeting_id": instance.id,
        "type": "Webinar" if instance.webinar else "Meeting",
        "host_display_name": instance.host.name,
        "host_email": instance.host.email,
        "start_time": iso(instance.start_time),
        "end_time": iso(instance.end_time),
        "topic": instance.topic,
        "participants": instance.participants_count,
        "duration": instance.duration,
        "total_participant_minutes": instance.total_minutes,
        "department": instance.host.dept,
        "group": instance.host.group_ids,
        "source": instance.source,
        "create_time": iso(instance.schedule_time or instance.start_time),
        "custom_fields": [{"key": each.key, "value": each.value} for each in instance.host.custom_attributes],
        "tracking_fields": instance.tracking_fields,
        "feature_used": {str(name): name in used for name in ("breakout_room", *(names.values if names else ()))},
    }
    if instance.webinar:
        viewers = len(instance.people - {instance.host.id})
        row |= {"unique_viewers": viewers, "max_concurrent_views": viewers}
    return row


def _features(instance: Instance, by_telephone: Collection[str]) -> frozenset[str]:
    """Return the features that an instance used, as far as the account has data on them."""
    used = {
        "screen_sharing": instance.has_screen_share,
        "telephone_usage": instance.uuid in by_telephone,
        "in_meeting_chat": instance.has_chat,
        "poll": instance.polls,
        "waiting_room": any(visit.status == "in_waiting_room" for visit in instance.participants),
        "breakout_room": any(visit.bo_mtg_id for visit in instance.participants),
        "meeting_summary": instance.has_meeting_summary or instance.summary,
        "record_to_cloud": instance.has_recording,
        "registration": any(visit.registrant_id for visit in instance.participants),
    }
    return frozenset(name for name, value in used.items() if value)
