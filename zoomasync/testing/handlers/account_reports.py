"""Handlers of the reports on the whole account and on its users."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Final

from ..account.host import Host
from ..account.instance import Instance
from ..account.records import TelephoneLeg
from ..protocol import query
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, invalid
from ..protocol.times import days_between, month_end, months_before
from .instance_rows import Row, day_usage_row, host_usage_row, user_meeting_row, without_keys
from .record_rows import (
    log_row,
    meeting_activity_row,
    recording_storage_row,
    remote_support_row,
    telephone_leg_row,
    upcoming_event_row,
)

_MAX_RECORDING_DAYS: Final = 30


def users(request: FakeRequest) -> Row:
    """Return the active or inactive hosts of a range, with totals of the instances that they held.

    A host is active after at least one instance with two people or more. The reference does not say which hosts a
    request without `type` returns; the fake returns all.
    """
    days = request.days()
    status = request.query.get("type", "")
    held: defaultdict[str, list[Instance]] = defaultdict(list)
    for instance in request.instances_between(days.first, days.last):
        if not instance.one_person:
            held[instance.host.id].append(instance)
    hosts = [
        host
        for host in request.hosts
        if _in_group(request, host) and (status == "" or (host.id in held) is (status == "active"))
    ]
    page = request.page(hosts, lambda host: host_usage_row(host, held[host.id]))
    instances = [instance for host in hosts for instance in held[host.id]]
    return {
        **days.echo(),
        **page.numbered_envelope(),
        "total_meetings": len(instances),
        "total_participants": sum(instance.participants_count for instance in instances),
        "total_meeting_minutes": sum(instance.total_minutes for instance in instances),
        "users": page.rows,
    }


def user_meetings(request: FakeRequest) -> Row:
    """Return the instances of a range that a user held.

    `past` selects those with two people or more, `pastOne` those with fewer. `pastJoined` selects those of `past` and
    the instances of other hosts that the user joined.
    """
    user = request.user()
    days = request.days()
    type_ = request.query.get("type", "past")
    hosted_by = None if type_ == "pastJoined" else user
    instances = [
        instance
        for instance in request.instances_between(days.first, days.last, host=hosted_by)
        if instance.one_person is (type_ == "pastOne") and (instance.host.id == user.id or instance.joined_by(user))
    ]
    page = request.page(instances, lambda instance: user_meeting_row(instance, user, request.account.name))
    return {**days.echo(), **page.numbered_envelope(), "meetings": page.rows}


def daily(request: FakeRequest) -> Row:
    """Return the usage on each day of a month up to today; the default is the present month."""
    today = request.today
    year = query.integer(request.query, "year", default=today.year, minimum=2000, maximum=2999)
    month = query.integer(request.query, "month", default=today.month, minimum=1, maximum=12)
    first = date(year, month, 1)
    if not months_before(today, query.LOOK_BACK_MONTHS).replace(day=1) <= first <= today:
        raise ErrorResponse(
            400, 300, "Daily report can only be provided for a month that falls within the recent 6 months."
        )
    hosts = {host.id: host for host in request.hosts if _in_group(request, host)}
    held: defaultdict[date, list[Instance]] = defaultdict(list)
    for instance in request.instances_between(first, month_end(first)):
        if instance.host.id in hosts:
            held[instance.day].append(instance)
    created = [host.created for host in hosts.values()]
    days = days_between(first, min(month_end(first), today))
    return {
        "year": year,
        "month": month,
        "dates": [day_usage_row(day, created.count(day), held[day]) for day in days],
    }


def activities(request: FakeRequest) -> Row:
    """Return sign-ins and sign-outs; the response repeats the range as full timestamps."""
    days = request.days(optional=True)
    entries = [entry for entry in request.listed(request.account.activities) if days.holds(entry.time.date())]
    page = request.page(entries, log_row)
    return {
        "from": f"{days.first}T00:00:00Z",
        "to": f"{days.last}T00:00:00Z",
        **page.envelope(),
        "activity_logs": page.rows,
    }


def meeting_activities(request: FakeRequest) -> Row:
    """Return the actions in meetings; `search_key` is a part of a person's name or address."""
    days = request.days()
    type_, search_key = request.query["activity_type"], request.query.get("search_key", "").casefold()
    number = request.query.get("meeting_number")
    entries = [
        entry
        for entry in request.listed(request.account.meeting_activities)
        if days.holds(entry.time.date())
        and type_ in {"All Activities", entry.type}
        and number in {None, str(entry.meeting_number)}
        and search_key in f"{entry.operator}\n{entry.operator_email}".casefold()
    ]
    page = request.page(entries, meeting_activity_row)
    return {**page.envelope(), "meeting_activity_logs": page.rows}


def remote_support(request: FakeRequest) -> Row:
    """Return the remote supports that started in a range."""
    days = request.days()
    supports = [each for each in request.listed(request.account.remote_supports) if days.holds(each.start_time.date())]
    page = request.page(supports, remote_support_row)
    return {**page.envelope(), "remote_support_logs": page.rows}


def operation_logs(request: FakeRequest) -> Row:
    """Return the operation log of a category, which entries name in free text such as "User Settings"."""
    days = request.days()
    category = request.query.get("category_type", "all")
    entries = [
        entry
        for entry in request.listed(request.account.operation_logs)
        if days.holds(entry.time.date()) and category in {"all", entry.category_type.lower().replace(" ", "_")}
    ]
    page = request.page(entries, log_row)
    return {**page.envelope(), "operation_logs": page.rows}


def telephone(request: FakeRequest) -> Row:
    """Return telephone calls; a range of meeting dates has no totals and does not allow `page_number`."""
    days = request.days()
    report_type = request.query.get("type", "1")
    date_type = request.query.get("query_date_type", "start_time")
    by_meeting = date_type.startswith("meeting_")
    if by_meeting and "page_number" in request.query:
        raise invalid("page_number")
    legs = [
        leg
        for leg in request.listed(request.account.telephone_legs)
        if leg.report_type == report_type and days.holds(_telephone_date(leg, date_type))
    ]
    page = request.page(legs, telephone_leg_row)
    totals = {} if by_meeting else page.totals()
    return {**days.echo(), **page.envelope(), **totals, "telephony_usage": page.rows}


def upcoming_events(request: FakeRequest) -> Row:
    """Return the meetings and webinars of a range that have not begun yet."""
    days = request.days()
    type_ = request.query.get("type", "all")
    events = [
        event
        for event in request.listed(request.account.upcoming_events)
        if days.holds(event.start_time.date())
        and event.start_time > request.now
        and type_ in {"all", "webinar" if event.webinar else "meeting"}
        and _in_group(request, event.host)
    ]
    page = request.page(events, upcoming_event_row)
    return {**days.echo(), **page.envelope(), "upcoming_events": page.rows}


def cloud_recording(request: FakeRequest) -> Row:
    """Return the storage of each day up to yesterday, of the account or of one group."""
    days = request.days(longest=_MAX_RECORDING_DAYS, latest=request.today - timedelta(days=1))
    group = request.query.get("group_id", "")
    rows = [
        recording_storage_row(each)
        for each in request.listed(request.account.recording_storage)
        if days.holds(each.day) and each.group_id == group
    ]
    return {**days.echo(), "cloud_recording_storage": rows}


def billing(request: FakeRequest) -> Row:
    """Return all billing periods."""
    reports = [without_keys(vars(each), {"invoices"}) for each in request.account.billing_reports]
    return {"currency": request.account.currency, "billing_reports": reports}


def billing_invoices(request: FakeRequest) -> Row:
    """Return the invoices of one billing period."""
    billing_id = request.query.get("billing_id")
    if not billing_id:
        raise invalid("billing_id")
    for report in request.account.billing_reports:
        if report.id == billing_id:
            return {"currency": request.account.currency, "invoices": report.invoices}
    raise ErrorResponse(404, 5010, f"Report does not exist: {billing_id}.")


def _telephone_date(leg: TelephoneLeg, date_type: str) -> date:
    dated = leg.instance if date_type.startswith("meeting_") else leg
    return (dated.start_time if date_type.endswith("start_time") else dated.end_time).date()


def _in_group(request: FakeRequest, host: Host) -> bool:
    return "group_id" not in request.query or request.query["group_id"] in host.group_ids
