"""Account records in the JSON format of Zoom's API: one function per kind of row."""

from __future__ import annotations

from ..account.records import (
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


def activity_row(entry: Activity) -> Row:
    """Return one sign-in or sign-out."""
    return {
        "email": entry.email,
        "time": iso(entry.time),
        "type": entry.type,
        "ip_address": entry.ip_address,
        "client_type": entry.client_type,
        "version": entry.version,
    }


def operation_log_row(entry: OperationLog) -> Row:
    """Return one entry of the operation log."""
    return {
        "time": iso(entry.time),
        "operator": entry.operator,
        "category_type": entry.category_type,
        "action": entry.action,
        "operation_detail": entry.operation_detail,
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


def billing_report_row(report: BillingReport) -> Row:
    """Return one billing period, without its invoices."""
    return {
        "id": report.id,
        "start_date": report.start_date.isoformat(),
        "end_date": report.end_date.isoformat(),
        "type": report.type,
        "total_amount": report.total_amount,
        "tax_amount": report.tax_amount,
    }


def invoice_row(invoice: Invoice) -> Row:
    """Return one invoice of a billing period."""
    return {
        "invoice_number": invoice.invoice_number,
        "invoice_charge_name": invoice.invoice_charge_name,
        "start_date": invoice.start_date.isoformat(),
        "end_date": invoice.end_date.isoformat(),
        "quantity": invoice.quantity,
        "total_amount": invoice.total_amount,
        "tax_amount": invoice.tax_amount,
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
        "date": storage.day.isoformat(),
        "usage": storage.usage,
        "plan_usage": storage.plan_usage,
        "free_usage": storage.free_usage,
    }
