"""The rows of users, registrants and absentees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time

from support.harvested_cells import Cells, Harvested, json_text, keyed, utc
from zoomasync.testing import Host, Instance, Registrant, ScheduledMeeting

_CREATED_AT = time(8)
_NOT_REQUESTED = "[]"
"""A list that a response has only on request, or that the fake does not have."""


def all_users(scope: Harvested) -> list[Cells]:
    """Return the users with each status."""
    users = [user for user in scope.account.users if not user.other_account]
    return keyed(
        (f"{status}/account", [_user(user) for user in users if user.status == status])
        for status in ("active", "inactive", "pending")
    )


def meeting_registrants(scope: Harvested) -> list[Cells]:
    """Return the registrants with each status of each meeting number that was held."""
    numbers = {each.id for each in scope.found() if not each.webinar}
    return _registrants(scope, {number: scope.account.scheduled_meeting(number) for number in numbers})


def webinar_registrants(scope: Harvested) -> list[Cells]:
    """Return the same of webinars."""
    numbers = {each.id for each in scope.found() if each.webinar}
    return _registrants(scope, {number: scope.account.scheduled_webinar(number) for number in numbers})


def absentees(scope: Harvested) -> list[Cells]:
    """Return the approved registrants of each webinar who did not attend; none without registration or a licence."""
    return keyed((each.uuid, _absentees(scope, each)) for each in scope.reported(webinars=True))


def _registrants(scope: Harvested, scheduled: Mapping[int, ScheduledMeeting | None]) -> list[Cells]:
    return keyed(
        (f"{status}/{number}", [_registrant(each) for each in meeting.registrants if each.status == status])
        for number, meeting in scheduled.items()
        if meeting and _is_open(scope, meeting)
        for status in ("approved", "pending", "denied")
    )


def _is_open(scope: Harvested, scheduled: ScheduledMeeting) -> bool:
    """Return whether Zoom lists the registrants."""
    needed = {"webinars", "management"} if scheduled.is_webinar else {"scheduling", "management"}
    held = [each.start_time for each in scope.account.instances if each.id == scheduled.id]
    allowed = not scheduled.host.other_account and not needed & scheduled.host.disabled_features
    licensed = scheduled.host.type == 2 or not scheduled.is_webinar
    known = not scheduled.deleted and not scheduled.is_expired(scope.now, held)
    return known and allowed and licensed and scheduled.registration_enabled


def _absentees(scope: Harvested, instance: Instance) -> list[Cells]:
    webinar = scope.account.scheduled_webinar(instance.id)
    if webinar is None or not webinar.registration_enabled or not instance.host.has("webinars"):
        return []
    present = {visit.registrant_id for visit in instance.participants}
    addresses = {visit.user_email.strip().casefold() for visit in instance.participants}
    return [
        _registrant(each)
        for each in webinar.registrants
        if each.status == "approved" and each.id not in present and each.email.casefold() not in addresses
    ]


def _user(user: Host) -> Cells:
    first, _, last = user.name.partition(" ")
    created = utc(datetime.combine(user.created, _CREATED_AT, UTC))
    return {
        "email": user.email,
        "id": user.id or None,
        "first_name": first,
        "last_name": last,
        "display_name": user.name,
        "type": user.type,
        "status": user.status,
        "role_id": user.role_id,
        "pmi": int(user.pmi),
        "host_key": None,
        "dept": user.dept,
        "timezone": user.timezone,
        "verified": user.status != "pending",
        "user_created_at": created,
        "created_at": created,
        "last_login_time": utc(user.last_login),
        "last_client_version": "6.4.1.55012(mac)" if user.last_login else None,
        "employee_unique_id": user.employee_unique_id or None,
        "group_ids": json_text(user.group_ids),
        "im_group_ids": _NOT_REQUESTED,
        "division_ids": _NOT_REQUESTED,
        "custom_attributes": _NOT_REQUESTED,
        "license_info_list": _NOT_REQUESTED,
        "plan_united_type": None,
    }


def _registrant(registrant: Registrant) -> Cells:
    return {
        "id": registrant.id,
        "email": registrant.email,
        "first_name": registrant.first_name,
        "last_name": registrant.last_name,
        "address": registrant.address,
        "city": registrant.city,
        "country": registrant.country,
        "zip": registrant.zip,
        "state": registrant.state,
        "phone": registrant.phone,
        "industry": registrant.industry,
        "org": registrant.org,
        "job_title": registrant.job_title,
        "purchasing_time_frame": registrant.purchasing_time_frame,
        "role_in_purchase_process": registrant.role_in_purchase_process,
        "no_of_employees": registrant.no_of_employees,
        "comments": registrant.comments,
        "custom_questions": json_text(
            [{"title": each.title, "value": each.value} for each in registrant.custom_questions]
        ),
        "status": registrant.status,
        "language": None,
        "join_url": None,
        "create_time": utc(registrant.create_time),
        "participant_pin_code": None,
    }
