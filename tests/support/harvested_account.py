"""The rows of the reports on the whole account."""

from __future__ import annotations

from datetime import date, timedelta

from support.harvested_cells import Cells, Harvested, keyed, utc
from zoomasync.testing import Activity, Instance, Invoice, OperationLog, RecordingStorage, TelephoneLeg
from zoomasync.testing.protocol.times import days_between, month_end

_UPCOMING_DAYS = 30


def activities(scope: Harvested) -> list[Cells]:
    """Return the sign-ins and sign-outs of each day."""
    entries = scope.listed(scope.account.activities)
    return keyed((str(day), [_activity(e) for e in entries if e.time.date() == day]) for day in scope.days())


def operation_logs(scope: Harvested) -> list[Cells]:
    """Return the operation log of each day."""
    entries = scope.listed(scope.account.operation_logs)
    return keyed((str(day), [_operation_log(e) for e in entries if e.time.date() == day]) for day in scope.days())


def telephone(scope: Harvested) -> list[Cells]:
    """Return the telephone calls of each type and month."""
    legs = scope.listed(scope.account.telephone_legs)
    return keyed(
        (
            f"{type_}/{month}",
            [_leg(leg) for leg in legs if leg.report_type == type_ and first <= leg.start_time.date() <= last],
        )
        for month, first, last in scope.months()
        for type_ in ("1", "2", "3")
    )


def daily(scope: Harvested) -> list[Cells]:
    """Return the usage on each day of a month up to the present day: Zoom knows whole months only."""
    today = scope.now.date()
    oldest = scope.oldest.replace(day=1)
    starts = sorted({day.replace(day=1) for day in days_between(scope.first, min(scope.last, today))})
    return keyed(
        (f"{start:%Y-%m}", [_usage(scope, day) for day in days_between(start, min(month_end(start), today))])
        for start in starts
        if start >= oldest
    )


def cloud_recording(scope: Harvested) -> list[Cells]:
    """Return the storage on each day of a month, up to yesterday."""
    yesterday = scope.now.date() - timedelta(days=1)
    days = [each for each in scope.listed(scope.account.recording_storage) if not each.group_id]
    return keyed(
        (month, [_storage(each) for each in days if first <= each.day <= min(last, yesterday)])
        for month, first, last in scope.months()
    )


def billing(scope: Harvested) -> list[Cells]:
    """Return all billing periods."""
    rows: list[Cells] = [
        {
            "id": each.id,
            "type": each.type,
            "start_date": str(each.start_date),
            "end_date": str(each.end_date),
            "total_amount": each.total_amount,
            "tax_amount": each.tax_amount,
            "currency": scope.account.currency,
        }
        for each in scope.account.billing_reports
    ]
    return keyed([("account", rows)])


def billing_invoices(scope: Harvested) -> list[Cells]:
    """Return the invoices of each billing period that ended in the months of the harvest."""
    periods = [each for each in scope.account.billing_reports if scope.first <= each.end_date <= scope.last]
    return keyed(
        (each.id, [{**_invoice(invoice), "currency": scope.account.currency} for invoice in each.invoices])
        for each in periods
    )


def upcoming_events(scope: Harvested) -> list[Cells]:
    """Return the events of the next thirty days."""
    last = scope.now.date() + timedelta(days=_UPCOMING_DAYS)
    rows: list[Cells] = [
        {
            "id": each.id,
            "topic": each.topic,
            "start_time": utc(each.start_time),
            "dept": each.host.dept,
            "host_id": each.host.id,
            "host_name": each.host.name,
        }
        for each in scope.listed(scope.account.upcoming_events)
        if scope.now < each.start_time and each.start_time.date() <= last
    ]
    return keyed([("account", rows)])


def _activity(entry: Activity) -> Cells:
    return {
        "email": entry.email,
        "time": utc(entry.time),
        "type": entry.type,
        "ip_address": entry.ip_address,
        "client_type": entry.client_type,
        "version": entry.version,
    }


def _operation_log(entry: OperationLog) -> Cells:
    return {
        "time": utc(entry.time),
        "operator": entry.operator,
        "category_type": entry.category_type,
        "action": entry.action,
        "operation_detail": entry.operation_detail,
    }


def _leg(leg: TelephoneLeg) -> Cells:
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
        "start_time": utc(leg.start_time),
        "end_time": utc(leg.end_time),
        "duration": leg.duration,
        "rate": leg.rate,
        "total": leg.total,
    }


def _usage(scope: Harvested, day: date) -> Cells:
    hosts = {host.id for host in scope.hosts}
    held: list[Instance] = [each for each in scope.instances(day, day) if each.host.id in hosts]
    return {
        "date": str(day),
        "new_users": sum(host.created == day for host in scope.hosts),
        "meetings": len(held),
        "participants": sum(each.participants_count for each in held),
        "meeting_minutes": sum(each.total_minutes for each in held),
    }


def _storage(each: RecordingStorage) -> Cells:
    return {
        "date": str(each.day),
        "usage": each.usage,
        "plan_usage": each.plan_usage,
        "free_usage": each.free_usage,
    }


def _invoice(invoice: Invoice) -> Cells:
    return {
        "invoice_number": invoice.invoice_number,
        "invoice_charge_name": invoice.invoice_charge_name,
        "start_date": str(invoice.start_date),
        "end_date": str(invoice.end_date),
        "quantity": invoice.quantity,
        "total_amount": invoice.total_amount,
        "tax_amount": invoice.tax_amount,
    }
