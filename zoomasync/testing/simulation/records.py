"""Records of a simulated account, of every kind in `account.records`."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal

from ..account.host import Host
from ..account.instance import Instance
from ..account.records import (
    Activity,
    BillingReport,
    Invoice,
    MeetingActivity,
    MeetingActivityType,
    OperationLog,
    RecordingStorage,
    RemoteSupport,
    TelephoneLeg,
    UpcomingEvent,
)
from ..protocol.times import days_between, month_end, months_before
from .seeded_random import SeededRandom

_CLIENTS: Final = (("Browser", ""), ("Mac", "6.4.1.55012"), ("Windows", "6.3.0.52884"), ("iPhone", "6.4.0"))
_OPERATIONS: Final = (
    ("user", "Update", "changed licence of a user"),
    ("Recording", "Delete", "removed a recording"),
    ("User Settings", "Update", "Waiting Room: from Off to On"),
    ("Role", "Add", "ajouté le rôle « Opératrice »"),
    ("account", "Update", "Paßwortregeln"),
    ("Billing", "Update", "paid by card"),
)
_CALLS: Final[tuple[tuple[Literal["1", "2", "3"], str, str, float], ...]] = (
    ("1", "toll-free", "IE", 0.045),
    ("1", "call-out", "US", 0.02),
    ("1", "premium call-in", "DE", 0.12),
    ("2", "Toll", "PT", 0.0),
    ("2", "US toll-number", "US", 0.0),
    ("3", "call-in", "FR", 0.0),
)


def simulate_activities(rng: SeededRandom, users: Sequence[Host], today: date, months: int) -> list[Activity]:
    """Return up to three sign-ins and sign-outs per day, the newest first."""
    if not users:
        return []
    activities: list[Activity] = []
    for day in _days_of_records(rng, today, months):
        client, version = rng.choice(_CLIENTS)
        activities.append(
            Activity(
                email=rng.choice(users).email,
                time=rng.time_on(day),
                type="Sign in" if rng.chance(0.6) else "Sign out",
                ip_address=f"203.0.113.{rng.randrange(1, 255)}",
                client_type=client,
                version=version,
            )
        )
    return sorted(activities, key=lambda entry: (entry.time, entry.email), reverse=True)


def simulate_operation_logs(rng: SeededRandom, today: date, months: int) -> list[OperationLog]:
    """Return up to three operations of the administrator per day, the newest first."""
    logs: list[OperationLog] = []
    for day in _days_of_records(rng, today, months):
        category, action, detail = rng.choice(_OPERATIONS)
        logs.append(
            OperationLog(
                time=rng.time_on(day),
                operator="admin@northpier.example",
                category_type=category,
                action=action,
                operation_detail=detail,
            )
        )
    return sorted(logs, key=lambda entry: entry.time, reverse=True)


def simulate_telephone_legs(rng: SeededRandom, instances: Sequence[Instance]) -> list[TelephoneLeg]:
    """Return one telephone call for about a quarter of *instances*."""
    legs: list[TelephoneLeg] = []
    for instance in instances:
        if not rng.chance(0.25):
            continue
        report_type, type_, country, rate = rng.choice(_CALLS)
        legs.append(
            TelephoneLeg(
                instance=instance,
                start_time=instance.start_time + timedelta(seconds=rng.randrange(120)),
                end_time=instance.end_time,
                report_type=report_type,
                type=type_,
                country_name=country,
                signaled_number="+353 91 555 010" if rng.chance(0.5) else "",
                call_in_number="ZoomGW" if rng.chance(0.5) else "",
                rate=rate,
            )
        )
    return legs


def simulate_meeting_activities(rng: SeededRandom, instances: Sequence[Instance]) -> list[MeetingActivity]:
    """Return the actions in about a quarter of *instances*, the newest first."""
    activities = [
        MeetingActivity(
            meeting_number=instance.id,
            time=time + timedelta(milliseconds=rng.randrange(1000)),
            operator=name,
            operator_email=email.strip(),
            type=type_,
        )
        for instance in instances
        if rng.chance(0.25)
        for type_, time, name, email in _actions(instance)
    ]
    return sorted(activities, key=lambda entry: entry.time, reverse=True)


def simulate_remote_supports(rng: SeededRandom, instances: Sequence[Instance]) -> list[RemoteSupport]:
    """Return a remote support by the host in about a tenth of the meetings among *instances*, the newest first."""
    supports: list[RemoteSupport] = []
    for instance in reversed(instances):
        if instance.webinar or instance.one_person or not rng.chance(0.1):
            continue
        requested = instance.start_time + timedelta(seconds=rng.randrange(60, 200))
        started = requested + timedelta(seconds=rng.randrange(5, 90))
        guest = instance.participants[-1]
        supports.append(
            RemoteSupport(
                instance=instance,
                request_time=requested,
                start_time=started,
                end_time=started + timedelta(seconds=rng.randrange(30, 5000)),
                supporter_name=instance.host.name,
                supporter_email=instance.host.email,
                supportee_name=guest.name,
                supportee_email=guest.user_email,
            )
        )
    return supports


def simulate_billing_reports(today: date, months: int) -> list[BillingReport]:
    """Return one billing period for each of the last *months* full months, the newest first."""
    starts = [months_before(today.replace(day=1), back) for back in range(1, months + 1)]
    return [_billing_report(start, detailed=start.month % 2 == 0) for start in starts]


def simulate_upcoming_events(rng: SeededRandom, active: Sequence[Host], today: date) -> list[UpcomingEvent]:
    """Return forty meetings and webinars of the next thirty days, the earliest first."""
    if not active:
        return []
    events = [
        UpcomingEvent(
            id=b64encode(rng.randbytes(16)).decode(),
            topic=rng.choice(("Harbour project", "Rail webinar", "会議")),
            start_time=rng.time_on(today + timedelta(days=rng.randrange(1, 30))),
            host=rng.choice(active),
            webinar=rng.chance(0.3),
        )
        for _ in range(40)
    ]
    return sorted(events, key=lambda event: (event.start_time, event.id))


def simulate_recording_storage(rng: SeededRandom, today: date, months: int) -> list[RecordingStorage]:
    """Return the storage of each day up to yesterday, for the account and for one group."""
    return [
        RecordingStorage(day=day, usage=rng.choice(("0", "812 MB", "3 GB")), free_usage=free, group_id=group)
        for day in _days(today, months)
        for group, free in (("", "Unlimited"), ("gR0upNorth", "5 GB"))
    ]


def _actions(instance: Instance) -> Iterator[tuple[MeetingActivityType, datetime, str, str]]:
    """Yield the type, the time, and the person's name and address of each action."""
    host, start, end = instance.host, instance.start_time, instance.end_time
    yield "Meeting Created", instance.schedule_time or start, host.name, host.email
    yield "Meeting Started", start, host.name, host.email
    for visit in instance.participants[:3]:
        yield "User Join", visit.join_time, visit.name, visit.user_email
        yield "User Left", visit.leave_time or end, visit.name, visit.user_email
    if instance.has_chat:
        yield "In-Meeting Chat", start, host.name, host.email
    if instance.has_screen_share:
        yield "Remote Control", start, host.name, host.email
    yield "Meeting Ended", end, host.name, host.email


def _days(today: date, months: int) -> Iterator[date]:
    return days_between(months_before(today, months), today - timedelta(days=1))


def _days_of_records(rng: SeededRandom, today: date, months: int) -> Iterator[date]:
    return (day for day in _days(today, months) for _ in range(rng.randrange(4)))


def _billing_report(start: date, *, detailed: bool) -> BillingReport:
    end = month_end(start)
    charges = (("Business monthly", 40, "1600.00", "299.19"), ("Audio plan", 1, "240.50", "45.01"))
    return BillingReport(
        id=f"bR{start:%Y%m}1",
        start_date=start,
        end_date=end,
        type=0 if detailed else 1,
        total_amount="1840.50",
        tax_amount="344.20" if detailed else "0",
        invoices=tuple(
            Invoice(
                invoice_number=f"{start:%y%m}{number}",
                invoice_charge_name=name,
                start_date=start,
                end_date=end,
                quantity=quantity,
                total_amount=total,
                tax_amount=tax,
            )
            for number, (name, quantity, total, tax) in enumerate(charges)
        ),
    )
