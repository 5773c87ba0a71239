"""What an account keeps besides its sessions: sign-ins, operations, call legs, invoices, storage and plans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from .host import Host
from .instance import Instance


@dataclass(frozen=True, kw_only=True)
class Activity:
    """One sign-in or sign-out."""

    email: str
    time: datetime
    type: Literal["Sign in", "Sign out"] = "Sign in"
    ip_address: str = "203.0.113.24"
    client_type: str = "Browser"
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class OperationLog:
    """One operation of an administrator; `category_type` is free text such as "Recording"."""

    time: datetime
    operator: str
    category_type: str
    action: str
    operation_detail: str


@dataclass(frozen=True, kw_only=True)
class TelephoneLeg:
    """One call by telephone into or out of a session.

    `found_by` is the query's `type` that lists it: 1 toll-free and call-out, 2 toll, 3 SIP connected audio.
    """

    instance: Instance
    start_time: datetime
    end_time: datetime
    found_by: Literal["1", "2", "3"] = "1"
    type: str = "toll-free"
    country_name: str = "IE"
    phone_number: str = "+353 1800 555 01"
    signaled_number: str = ""
    call_in_number: str = ""
    rate: float = 0.0

    @property
    def duration(self) -> int:
        """Minutes of the call, a started one counting in full."""
        return -(-int((self.end_time - self.start_time).total_seconds()) // 60)

    @property
    def total(self) -> float:
        """What the call cost, in USD."""
        return round(self.rate * self.duration, 4)


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """One charge of a billing period; amounts are decimals as text."""

    invoice_number: str
    invoice_charge_name: str
    start_date: date
    end_date: date
    quantity: int
    total_amount: str
    tax_amount: str


@dataclass(frozen=True, kw_only=True)
class BillingReport:
    """One billing period and its invoices; amounts are decimals as text."""

    id: str
    start_date: date
    end_date: date
    type: Literal[0, 1]
    total_amount: str
    tax_amount: str
    invoices: tuple[Invoice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class UpcomingEvent:
    """A meeting or webinar that is still to come; `id` is UUID-like text."""

    id: str
    topic: str
    start_time: datetime
    host: Host
    webinar: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordingStorage:
    """The cloud storage used on one day, by the account or by one group of it; sizes are text for people."""

    day: date
    usage: str = "0"
    plan_usage: str = "3 TB"
    free_usage: str = "Unlimited"
    group_id: str = ""
