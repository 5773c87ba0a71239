"""The rest of the account as Zoom writes it in JSON, one function a kind of row."""

from __future__ import annotations

from ..account.ledger import (
    Activity,
    BillingReport,
    Invoice,
    OperationLog,
    RecordingStorage,
    TelephoneLeg,
    UpcomingEvent,
)
from ..protocol.times import iso
from .instance_rows import Row


def activity(entry: Activity) -> Row:
    """Write one sign-in or sign-out."""
    return {
        "email": entry.email,
        "time": iso(entry.time),
        "type": entry.type,
        "ip_address": entry.ip_address,
        "client_type": entry.client_type,
        "version": entry.version,
    }


def operation_log(entry: OperationLog) -> Row:
    """Write one operation."""
    return {
        "time": iso(entry.time),
        "operator": entry.operator,
        "category_type": entry.category_type,
        "action": entry.action,
        "operation_detail": entry.operation_detail,
    }


def telephone_leg(leg: TelephoneLeg) -> Row:
    """Write one call leg."""
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


def billing_report(report: BillingReport) -> Row:
    """Write one billing period."""
    return {
        "id": report.id,
        "start_date": report.start_date.isoformat(),
        "end_date": report.end_date.isoformat(),
        "type": report.type,
        "total_amount": report.total_amount,
        "tax_amount": report.tax_amount,
    }


def invoice(charge: Invoice) -> Row:
    """Write one charge of a billing period."""
    return {
        "invoice_number": charge.invoice_number,
        "invoice_charge_name": charge.invoice_charge_name,
        "start_date": charge.start_date.isoformat(),
        "end_date": charge.end_date.isoformat(),
        "quantity": charge.quantity,
        "total_amount": charge.total_amount,
        "tax_amount": charge.tax_amount,
    }


def upcoming_event(event: UpcomingEvent) -> Row:
    """Write one session that is still to come."""
    return {
        "id": event.id,
        "topic": event.topic,
        "start_time": iso(event.start_time),
        "dept": event.host.dept,
        "host_id": event.host.id,
        "host_name": event.host.name,
    }


def recording_storage(storage: RecordingStorage) -> Row:
    """Write the cloud storage of one day."""
    return {
        "date": storage.day.isoformat(),
        "usage": storage.usage,
        "plan_usage": storage.plan_usage,
        "free_usage": storage.free_usage,
    }
