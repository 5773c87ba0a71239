"""What the reports about the whole account and about its users answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from ..account.host import Host
from ..account.instance import Instance
from ..account.ledger import TelephoneLeg
from ..protocol import query as _query
from ..protocol.errors import Refusal, invalid
from ..protocol.request import FakeRequest
from ..protocol.times import month_end, months_before
from . import instance_rows as _rows
from . import ledger_rows as _ledger_rows
from .instance_rows import Row

_TWO_PEOPLE: Final = 2
_LOOK_BACK_MONTHS: Final = 6
_RECORDING_DAYS: Final = 30
_CATEGORIES: Final = (
    "all", "user", "user_settings", "account", "billing", "im",
    "recording", "phone_contacts", "webinar", "sub_account", "role", "zoom_rooms",
)  # fmt: skip
_DATED_BY: Final[Mapping[str, Callable[[TelephoneLeg], datetime]]] = MappingProxyType(
    {
        "start_time": lambda leg: leg.start_time,
        "end_time": lambda leg: leg.end_time,
        "meeting_start_time": lambda leg: leg.instance.start_time,
        "meeting_end_time": lambda leg: leg.instance.end_time,
    }
)


def users(request: FakeRequest) -> Row:
    """Answer with the hosts of a range and what they held.

    Active is who held at least one session of two people or more. Without `type` all hosts come, which is our choice.
    """
    chosen = _query.date_range(request.query, request.today)
    kind = _query.choice(request.query, "type", ("active", "inactive"), default="")
    held: defaultdict[str, list[Instance]] = defaultdict(list)
    for instance in request.account.instances_between(chosen.first, chosen.last):
        if instance.participants_count >= _TWO_PEOPLE:
            held[instance.host.id].append(instance)
    hosts = [host for host in _grouped(request) if kind == "" or (host.id in held) is (kind == "active")]
    page = request.page(hosts, lambda host: _rows.host_usage(host, held[host.id]))
    everything = [instance for host in hosts for instance in held[host.id]]
    return {
        **chosen.echo(),
        **page.envelope(),
        **page.totals(),
        "page_number": page.number,
        "total_meetings": len(everything),
        "total_participants": sum(instance.participants_count for instance in everything),
        "total_meeting_minutes": sum(instance.total_minutes for instance in everything),
        "users": page.rows,
    }


def user_meetings(request: FakeRequest) -> Row:
    """Answer with the sessions of a range that a user hosted.

    `past` leaves out one-person sessions and `pastOne` has no others; `pastJoined` is `past` and what the user joined.
    """
    user = request.user()
    chosen = _query.date_range(request.query, request.today)
    kind = _query.choice(request.query, "type", ("past", "pastOne", "pastJoined"), default="past")
    held = [
        instance
        for instance in request.account.instances_between(chosen.first, chosen.last)
        if (instance.participants_count < _TWO_PEOPLE) is (kind == "pastOne")
        and (instance.host.id == user.id or (kind == "pastJoined" and instance.joined_by(user)))
    ]
    page = request.page(held, lambda instance: _rows.user_meeting(instance, user, request.account.name))
    return {
        **chosen.echo(),
        **page.envelope(),
        **page.totals(),
        "page_number": page.number,
        "meetings": page.rows,
    }


def daily(request: FakeRequest) -> Row:
    """Answer with every day of a month up to today, the present month without `year` and `month`."""
    today = request.today
    year = _query.whole(request.query, "year", default=today.year, least=2000, most=2999)
    month = _query.whole(request.query, "month", default=today.month, least=1, most=12)
    first = date(year, month, 1)
    if not months_before(today, _LOOK_BACK_MONTHS).replace(day=1) <= first <= today:
        raise invalid("month", "The month lies outside the last six months.")
    users = {host.id: host for host in _grouped(request)}
    held: defaultdict[date, list[Instance]] = defaultdict(list)
    for instance in request.account.instances_between(first, month_end(first)):
        if instance.host.id in users:
            held[instance.day].append(instance)
    new = [host.created for host in users.values()]
    days = _days(first, min(month_end(first), today))
    return {
        "year": year,
        "month": month,
        "dates": [_rows.day_usage(day, new.count(day), held[day]) for day in days],
    }


def activities(request: FakeRequest) -> Row:
    """Answer with sign-ins and sign-outs; the range comes back as full timestamps."""
    chosen = _query.date_range(request.query, request.today, optional=True)
    found = [entry for entry in request.account.activities if chosen.holds(entry.time.date())]
    page = request.page(found, _ledger_rows.activity)
    return {
        "from": f"{chosen.first}T00:00:00Z",
        "to": f"{chosen.last}T00:00:00Z",
        **page.envelope(),
        "activity_logs": page.rows,
    }


def operation_logs(request: FakeRequest) -> Row:
    """Answer with the operations of a category; their own spelling of it is free text."""
    chosen = _query.date_range(request.query, request.today)
    category = _query.choice(request.query, "category_type", _CATEGORIES, default="all")
    found = [
        entry
        for entry in request.account.operation_logs
        if chosen.holds(entry.time.date()) and category in {"all", entry.category_type.lower().replace(" ", "_")}
    ]
    page = request.page(found, _ledger_rows.operation_log)
    return {**page.envelope(), "operation_logs": page.rows}


def telephone(request: FakeRequest) -> Row:
    """Answer with call legs; by a meeting's own dates there are no totals and no `page_number`."""
    chosen = _query.date_range(request.query, request.today)
    found_by = _query.choice(request.query, "type", ("1", "2", "3"), default="1")
    dated_by = _query.choice(request.query, "query_date_type", _DATED_BY, default="start_time")
    by_meeting = dated_by.startswith("meeting_")
    if by_meeting and "page_number" in request.query:
        raise invalid("page_number")
    found = [
        leg
        for leg in request.account.telephone_legs
        if leg.found_by == found_by and chosen.holds(_DATED_BY[dated_by](leg).date())
    ]
    page = request.page(found, _ledger_rows.telephone_leg)
    totals = {} if by_meeting else page.totals()
    return {**chosen.echo(), **page.envelope(), **totals, "telephony_usage": page.rows}


def upcoming_events(request: FakeRequest) -> Row:
    """Answer with what is still to come in a range, which may lie ahead."""
    chosen = _query.date_range(request.query, request.today)
    kind = _query.choice(request.query, "type", ("meeting", "webinar", "all"), default="all")
    group = request.query.get("group_id")
    found = [
        event
        for event in request.account.upcoming_events
        if chosen.holds(event.start_time.date())
        and kind in {"all", "webinar" if event.webinar else "meeting"}
        and (group is None or group in event.host.group_ids)
    ]
    page = request.page(found, _ledger_rows.upcoming_event)
    return {**chosen.echo(), **page.envelope(), "upcoming_events": page.rows}


def cloud_recording(request: FakeRequest) -> Row:
    """Answer with the storage of each day, of the account or of one group."""
    chosen = _query.date_range(request.query, request.today, longest=_RECORDING_DAYS)
    group = request.query.get("group_id", "")
    found = [each for each in request.account.recording_storage if chosen.holds(each.day) and each.group_id == group]
    return {**chosen.echo(), "cloud_recording_storage": [_ledger_rows.recording_storage(each) for each in found]}


def billing(request: FakeRequest) -> Row:
    """Answer with all billing periods."""
    reports = [_ledger_rows.billing_report(each) for each in request.account.billing_reports]
    return {"currency": request.account.currency, "billing_reports": reports}


def billing_invoices(request: FakeRequest) -> Row:
    """Answer with the invoices of one billing period."""
    billing_id = request.query.get("billing_id")
    if not billing_id:
        raise invalid("billing_id")
    for report in request.account.billing_reports:
        if report.id == billing_id:
            return {
                "currency": request.account.currency,
                "invoices": [_ledger_rows.invoice(each) for each in report.invoices],
            }
    raise Refusal(404, 5010, f"Report does not exist: {billing_id}.")


def _grouped(request: FakeRequest) -> list[Host]:
    group = request.query.get("group_id")
    return [host for host in request.account.hosts if group is None or group in host.group_ids]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
