"""Structs of `zoom.reports`: the account, its hosts and their meetings."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import Struct, field

from .custom_fields import CustomAttribute, CustomKey
from .field_types import Day, Id, Timestamp
from .instances import EndedInstance
from .pages import CountedPage, NumberedPage, SinglePage, TokenPage

WEBINAR_TYPES: Final = frozenset({5, 6, 9})
"""The values of ``type`` that stand for a webinar."""

CallType: TypeAlias = (
    Literal[
        "toll-free", "call-out", "call-in", "US toll-number", "global toll-number", "premium", "premium call-in", "Toll"
    ]
    | str
)


class SignInActivity(Struct, frozen=True, kw_only=True):
    """One sign-in or sign-out of a user."""

    email: str | None = None
    time: Timestamp | None = None
    type: Literal["Sign in", "Sign out"] | str | None = None
    ip_address: str | None = None
    client_type: str | None = None
    version: str | None = None


class SignInActivitiesPage(TokenPage, frozen=True, kw_only=True):
    """One page of sign-ins and sign-outs. *from_* and *to* are days, although Zoom may send them with a time."""

    items: tuple[SignInActivity, ...] = field(name="activity_logs")
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class BillingReport(Struct, frozen=True, kw_only=True):
    """One billing period. *id* identifies it in a request for its invoices. Amounts are decimal numbers as text.

    *type* is 0 for a detailed report and 1 for a custom one.
    """

    id: Id
    type: int | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    total_amount: str | None = None
    tax_amount: str | None = None


class BillingReportsPage(SinglePage, frozen=True, kw_only=True):
    """The billing periods of departments. Amounts are in *currency*, such as "USD"."""

    items: tuple[BillingReport, ...] = field(name="billing_reports")
    currency: str | None = None


class BillingInvoice(Struct, frozen=True, kw_only=True):
    """One line of a billing report. *quantity* counts licences; amounts are decimal numbers as text."""

    invoice_number: str | None = None
    invoice_charge_name: str | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    quantity: int | None = None
    total_amount: str | None = None
    tax_amount: str | None = None


class BillingInvoicesPage(SinglePage, frozen=True, kw_only=True):
    """The invoices of one billing period. Amounts are in *currency*."""

    items: tuple[BillingInvoice, ...] = field(name="invoices")
    currency: str | None = None


class CloudRecordingStorage(Struct, frozen=True, kw_only=True):
    """The cloud storage of one day, as text to display: "3 MB", "3 TB", "Unlimited"."""

    date: Day | None = None
    usage: str | None = None
    plan_usage: str | None = None
    free_usage: str | None = None


class CloudRecordingStoragePage(SinglePage, frozen=True, kw_only=True):
    """The storage that cloud recordings used, per day."""

    items: tuple[CloudRecordingStorage, ...] = field(name="cloud_recording_storage")
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class DailyUsage(Struct, frozen=True, kw_only=True):
    """The usage of the account on one day."""

    date: Day | None = None
    new_users: int | None = None
    meetings: int | None = None
    participants: int | None = None
    meeting_minutes: int | None = None


class DailyUsagePage(SinglePage, frozen=True, kw_only=True):
    """The usage of the account in one month, per day."""

    items: tuple[DailyUsage, ...] = field(name="dates")
    year: int | None = None
    month: int | None = None


class OperationLog(Struct, frozen=True, kw_only=True):
    """One action of an administrator or user on the account's settings."""

    time: Timestamp | None = None
    operator: str | None = None
    category_type: str | None = None
    action: str | None = None
    operation_detail: str | None = None


class OperationLogsPage(TokenPage, frozen=True, kw_only=True):
    """One page of the operation log."""

    items: tuple[OperationLog, ...] = field(name="operation_logs")


class TelephoneLeg(Struct, frozen=True, kw_only=True):
    """One call leg. *duration* is in minutes, as samples suggest. *total* is the cost of a call-out in USD.

    *call_in_number* may be a label such as "ZoomGW" instead of a number.
    """

    uuid: str | None = None
    meeting_id: int | None = None
    meeting_type: str | None = None
    host_id: str | None = None
    host_name: str | None = None
    host_email: str | None = None
    dept: str | None = None
    type: CallType | None = None
    country_name: str | None = None
    phone_number: str | None = None
    signaled_number: str | None = None
    call_in_number: str | None = None
    start_time: Timestamp | None = None
    end_time: Timestamp | None = None
    duration: int | None = None
    rate: float | None = None
    total: float | None = None


class TelephonePage(CountedPage, frozen=True, kw_only=True):
    """One page of call legs. The counts are missing if the date range applies to the times of the meetings."""

    items: tuple[TelephoneLeg, ...] = field(name="telephony_usage")
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class UpcomingEvent(Struct, frozen=True, kw_only=True):
    """An upcoming meeting or webinar. *id* is text like a UUID, not a meeting number."""

    id: str
    topic: str | None = None
    start_time: Timestamp | None = None
    dept: str | None = None
    host_id: str | None = None
    host_name: str | None = None


class UpcomingEventsPage(TokenPage, frozen=True, kw_only=True):
    """One page of upcoming meetings and webinars."""

    items: tuple[UpcomingEvent, ...] = field(name="upcoming_events")
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class Host(Struct, frozen=True, kw_only=True):
    """A host, with the number of meetings, participants and minutes in the requested range."""

    id: Id
    email: str | None = None
    user_name: str | None = None
    type: int | None = None
    dept: str | None = None
    meetings: int | None = None
    participants: int | None = None
    meeting_minutes: int | None = None
    custom_attributes: tuple[CustomAttribute, ...] = ()


class HostsPage(NumberedPage, frozen=True, kw_only=True):
    """One page of hosts, with totals over the requested range."""

    items: tuple[Host, ...] = field(name="users")
    total_meetings: int | None = None
    total_participants: int | None = None
    total_meeting_minutes: int | None = None
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class UserMeeting(EndedInstance, frozen=True, kw_only=True):
    """One ended meeting or webinar of a user. *duration* and *total_minutes* (over all attendees) are in minutes.

    *type* is 1 instant, 2 scheduled, 3 recurring without fixed time, 4 personal meeting room, 7 personal audio
    conference, 8 recurring with fixed time; webinars are 5, 6 (without fixed time) and 9 (with fixed time).
    *meeting_encryption_status* is 1 end-to-end or 2 enhanced.

    Zoom sends *schedule_time*, *join_time*, *leave_time* and *join_waiting_room_time* to the minute and without a time
    zone. They are decoded as UTC: the reference's samples suggest it, but no document states it.
    """

    uuid: Id
    host_name: str | None = None
    host_organization: str | None = None
    source: str | None = None
    session_key: str | None = None
    schedule_time: Timestamp | None = None
    join_time: Timestamp | None = None
    leave_time: Timestamp | None = None
    join_waiting_room_time: Timestamp | None = None
    participants_count_my_account: int | None = None
    has_chat: bool | None = None
    has_recording: bool | None = None
    has_screen_share: bool | None = None
    meeting_encryption_status: int | None = None
    custom_keys: tuple[CustomKey, ...] = ()

    @property
    def is_webinar(self) -> bool:
        """True for a webinar, which has reports of its own, and False for a meeting or without a *type*."""
        return self.type in WEBINAR_TYPES


class UserMeetingsPage(NumberedPage, frozen=True, kw_only=True):
    """One page of a user's ended meetings and webinars."""

    items: tuple[UserMeeting, ...] = field(name="meetings")
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class MeetingActivity(Struct, frozen=True, kw_only=True):
    """One action in a meeting. *meeting_number* is text with blanks, such as "850 1234 5678".

    *activity_category* is a name such as "Meeting Started", as samples suggest, or a code. Zoom sends *activity_time*
    without a time zone; it is decoded as UTC, which no document states.
    """

    meeting_number: str | None = None
    activity_time: Timestamp | None = None
    operator: str | None = None
    operator_email: str | None = None
    activity_category: str | None = None
    activity_detail: str | None = None


class MeetingActivitiesPage(TokenPage, frozen=True, kw_only=True):
    """One page of actions in meetings."""

    items: tuple[MeetingActivity, ...] = field(name="meeting_activity_logs")


class RemoteSupportLog(Struct, frozen=True, kw_only=True):
    """One remote support of one person by another. *wait_time* and *duration* are text, such as "19:37"."""

    meeting_uuid: str | None = None
    meeting_number: int | None = None
    meeting_host_id: str | None = None
    meeting_start_time: Timestamp | None = None
    topic: str | None = None
    supporter_name: str | None = None
    supporter_email: str | None = None
    supportee_name: str | None = None
    supportee_email: str | None = None
    request_time: Timestamp | None = None
    wait_time: str | None = None
    start_time: Timestamp | None = None
    end_time: Timestamp | None = None
    duration: str | None = None


class RemoteSupportLogsPage(TokenPage, frozen=True, kw_only=True):
    """One page of remote supports."""

    items: tuple[RemoteSupportLog, ...] = field(name="remote_support_logs")
