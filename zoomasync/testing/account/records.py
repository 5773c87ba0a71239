"""Account records: sign-ins, logs, telephone calls, remote supports, invoices, upcoming events and storage.

All but those about billing can be listed late: reports leave them out until *listed_at*, by the fake's clock. The usage
of a day has no record of its own: it follows from the instances of the day that are listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from .host import Host
from .instance import Instance, minutes_rounded_up
from .listed import ListedRecord

MeetingActivityType: TypeAlias = Literal[
    "Meeting Created",
    "Meeting Started",
    "User Join",
    "User Left",
    "Remote Control",
    "In-Meeting Chat",
    "Meeting Ended",
]


@dataclass(frozen=True, kw_only=True)
class Activity(ListedRecord):
    """One sign-in or sign-out."""

    email: str
    time: datetime
    type: Literal["Sign in", "Sign out"] = "Sign in"
    ip_address: str = "203.0.113.24"
    client_type: str = "Browser"
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class OperationLog(ListedRecord):
    """One entry of the operation log; *category_type* is free text such as "Recording"."""

    time: datetime
    operator: str
    category_type: str
    action: str
    operation_detail: str


@dataclass(frozen=True, kw_only=True)
class MeetingActivity(ListedRecord):
    """One action of a person, the *operator*, in a meeting."""

    meeting_number: int
    time: datetime
    operator: str
    operator_email: str = ""
    type: MeetingActivityType = "Meeting Started"
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class RemoteSupport(ListedRecord):
    """One remote support of a person, the supportee, during an instance; it was requested before it started."""

    instance: Instance
    request_time: datetime
    start_time: datetime
    end_time: datetime
    supporter_name: str
    supporter_email: str = ""
    supportee_name: str = "Guest"
    supportee_email: str = ""


@dataclass(frozen=True, kw_only=True)
class TelephoneLeg(ListedRecord):
    """One telephone call into or out of an instance; *rate* is in USD per minute.

    *report_type* is the query's `type` that lists the call: 1 toll-free and call-out, 2 toll, 3 SIP connected audio.
    """

    instance: Instance
    start_time: datetime
    end_time: datetime
    report_type: Literal["1", "2", "3"] = "1"
    type: str = "toll-free"
    country_name: str = "IE"
    phone_number: str = "+353 1800 555 01"
    signaled_number: str = ""
    call_in_number: str = ""
    rate: float = 0.0

    @property
    def duration(self) -> int:
        """The length in minutes, rounded up."""
        return minutes_rounded_up(int((self.end_time - self.start_time).total_seconds()))

    @property
    def total(self) -> float:
        """The cost in USD."""
        return round(self.rate * self.duration, 4)


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """One charge of a billing period; amounts are decimal numbers as text."""

    invoice_number: str
    invoice_charge_name: str
    start_date: date
    end_date: date
    quantity: int
    total_amount: str
    tax_amount: str


@dataclass(frozen=True, kw_only=True)
class BillingReport:
    """One billing period and its invoices; amounts are decimal numbers as text."""

    id: str
    start_date: date
    end_date: date
    type: Literal[0, 1]
    total_amount: str
    tax_amount: str
    invoices: tuple[Invoice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class UpcomingEvent(ListedRecord):
    """An upcoming meeting or webinar; *id* is text like a UUID, not a meeting number."""

    id: str
    topic: str
    start_time: datetime
    host: Host
    webinar: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordingStorage(ListedRecord):
    """The cloud storage used on one day, by the account unless *group_id* names a group; sizes are display text."""

    day: date
    usage: str = "0"
    plan_usage: str = "3 TB"
    free_usage: str = "Unlimited"
    group_id: str = ""
