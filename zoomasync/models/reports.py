"""Reports: what happened on the account, as the reports endpoints show it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct, field

from ._common import (
    CountedPage,
    CustomKey,
    Day,
    EndedInstance,
    InstanceHead,
    NumberedPage,
    PollAnswer,
    Timestamp,
    TokenPage,
    TrackingField,
    Visit,
)

QuestionStatus: TypeAlias = Literal["default", "open", "dismissed", "answered", "deleted"] | str
AnswerType: TypeAlias = (
    Literal["default", "host_answered_publicly", "host_answered_privately", "participant_commented", "host_answered"]
    | str
)
CallType: TypeAlias = (
    Literal[
        "toll-free",
        "call-out",
        "call-in",
        "US toll-number",
        "global toll-number",
        "premium",
        "premium call-in",
        "Toll",
    ]
    | str
)


class SignInActivity(Struct, frozen=True, kw_only=True):
    """Somebody signed in or out; *type* is "Sign in" or "Sign out"."""

    email: str | None = None
    time: Timestamp | None = None
    type: Literal["Sign in", "Sign out"] | str | None = None
    ip_address: str | None = None
    client_type: str | None = None
    version: str | None = None


class SignInActivitiesPage(TokenPage, frozen=True, kw_only=True):
    """One page of sign-ins and sign-outs. *from_* and *to* are days, though Zoom may send them with a time."""

    items: tuple[SignInActivity, ...] = field(name="activity_logs")
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class BillingReport(Struct, frozen=True, kw_only=True):
    """One billing period; *id* is what its invoices are asked for with. Amounts are decimals as text.

    *type* is 0 for a detailed report and 1 for a custom one.
    """

    id: str
    type: int | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    total_amount: str | None = None
    tax_amount: str | None = None


class BillingReports(Struct, frozen=True, kw_only=True):
    """The billing periods of departments, in *currency* (such as "USD")."""

    billing_reports: tuple[BillingReport, ...]
    currency: str | None = None


class BillingInvoice(Struct, frozen=True, kw_only=True):
    """One line of a billing report; *quantity* counts licences, amounts are decimals as text."""

    invoice_number: str | None = None
    invoice_charge_name: str | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    quantity: int | None = None
    total_amount: str | None = None
    tax_amount: str | None = None


class BillingInvoices(Struct, frozen=True, kw_only=True):
    """The invoices of one billing report, in *currency*."""

    invoices: tuple[BillingInvoice, ...]
    currency: str | None = None


class CloudRecordingStorage(Struct, frozen=True, kw_only=True):
    """The storage of one day, as text for people: "3 MB", "3 TB", "Unlimited"."""

    date: Day | None = None
    usage: str | None = None
    plan_usage: str | None = None
    free_usage: str | None = None


class CloudRecordingReport(Struct, frozen=True, kw_only=True):
    """The storage that cloud recordings took, day by day."""

    cloud_recording_storage: tuple[CloudRecordingStorage, ...]
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class DailyUsage(Struct, frozen=True, kw_only=True):
    """The account's use on one day."""

    date: Day | None = None
    new_users: int | None = None
    meetings: int | None = None
    participants: int | None = None
    meeting_minutes: int | None = None


class DailyReport(Struct, frozen=True, kw_only=True):
    """The account's use in one month, day by day."""

    dates: tuple[DailyUsage, ...]
    year: int | None = None
    month: int | None = None


class InstanceReport(EndedInstance, frozen=True, kw_only=True):
    """One ended instance of a meeting or webinar. *duration* and *total_minutes* (over all attendees) are in minutes.

    *type* is Zoom's number for the kind of meeting or webinar, as in `UserMeeting`.
    """

    dept: str | None = None
    custom_keys: tuple[CustomKey, ...] = ()
    tracking_fields: tuple[TrackingField, ...] = ()


class ReportParticipant(Visit, frozen=True, kw_only=True, gc=False):
    """One stay of one person. *participant_user_id* is the signed-in user's id; Zoom means to remove *id*.

    *registrant_id* comes only when it was asked for. *bo_mtg_id* names a breakout room: a number as text in meetings, a
    UUID in webinars.
    """

    participant_user_id: str | None = None
    customer_key: str | None = None
    bo_mtg_id: str | None = None


class ReportParticipantsPage(CountedPage, frozen=True, kw_only=True):
    """One page of the stays in a meeting or webinar."""

    items: tuple[ReportParticipant, ...] = field(name="participants")


class Respondent(Struct, frozen=True, kw_only=True):
    """Somebody who answered. An anonymous one is called "Anonymous Attendee" and has no e-mail address."""

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


class PollRespondent(Respondent, frozen=True, kw_only=True):
    """What one person answered in polls."""

    question_details: tuple[PollAnswer, ...] = ()


class PollReport(InstanceHead, frozen=True, kw_only=True):
    """The answers to the polls of a meeting or webinar, person by person."""

    questions: tuple[PollRespondent, ...]


class QAAnswer(Struct, frozen=True, kw_only=True):
    """One answer or comment; *type* tells who gave it and how, *user_id* is empty for people of other accounts."""

    user_id: str | None = None
    name: str | None = None
    email: str | None = None
    content: str | None = None
    create_time: Timestamp | None = None
    type: AnswerType | None = None


class QAQuestion(Struct, frozen=True, kw_only=True):
    """One question. Zoom deprecates *answer*, all answers joined with ";": read *answer_details*."""

    question: str | None = None
    question_id: str | None = None
    create_time: Timestamp | None = None
    question_status: QuestionStatus | None = None
    answer: str | None = None
    answer_details: tuple[QAAnswer, ...] = ()


class Questioner(Struct, frozen=True, kw_only=True):
    """What one person asked; *user_id* is empty for people of other accounts."""

    user_id: str | None = None
    name: str | None = None
    email: str | None = None
    question_details: tuple[QAQuestion, ...] = ()


class QAReport(InstanceHead, frozen=True, kw_only=True):
    """The questions and answers of a meeting, person by person."""

    questions: tuple[Questioner, ...]


class SurveyAnswer(Struct, frozen=True, kw_only=True):
    """One answer to one question of a survey."""

    question: str | None = None
    question_id: str | None = None
    answer: str | None = None
    date_time: Timestamp | None = None


class SurveyRespondent(Respondent, frozen=True, kw_only=True):
    """What one person answered in a survey."""

    answer_details: tuple[SurveyAnswer, ...] = ()


class SurveyReport(Struct, frozen=True, kw_only=True):
    """The answers to a meeting's survey, person by person."""

    survey_answers: tuple[SurveyRespondent, ...]
    meeting_id: int | None = None
    meeting_uuid: str | None = None
    start_time: Timestamp | None = None
    survey_id: str | None = None
    survey_name: str | None = None


class OperationLog(Struct, frozen=True, kw_only=True):
    """Something that an administrator or user did in the account's settings."""

    time: Timestamp | None = None
    operator: str | None = None
    category_type: str | None = None
    action: str | None = None
    operation_detail: str | None = None


class OperationLogsPage(TokenPage, frozen=True, kw_only=True):
    """One page of the operation log."""

    items: tuple[OperationLog, ...] = field(name="operation_logs")


class TelephoneLeg(Struct, frozen=True, kw_only=True):
    """One call leg. *duration* is in minutes as samples show it, *total* is the cost of a call-out in USD.

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
    """One page of call legs. The counts are missing when the range applies to the meetings' times."""

    items: tuple[TelephoneLeg, ...] = field(name="telephony_usage")
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class UpcomingEvent(Struct, frozen=True, kw_only=True):
    """A meeting or webinar to come. *id* is text like a UUID, not a meeting number."""

    id: str
    topic: str | None = None
    start_time: Timestamp | None = None
    dept: str | None = None
    host_id: str | None = None
    host_name: str | None = None


class UpcomingEventsPage(TokenPage, frozen=True, kw_only=True):
    """One page of the meetings and webinars to come."""

    items: tuple[UpcomingEvent, ...] = field(name="upcoming_events")
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class CustomAttribute(Struct, frozen=True, kw_only=True):
    """An attribute of users that the account defines."""

    key: str | None = None
    name: str | None = None
    value: str | None = None


class Host(Struct, frozen=True, kw_only=True):
    """A user who hosts, with the number of meetings, participants and minutes in the range asked for."""

    id: str
    email: str | None = None
    user_name: str | None = None
    type: int | None = None
    dept: str | None = None
    meetings: int | None = None
    participants: int | None = None
    meeting_minutes: int | None = None
    custom_attributes: tuple[CustomAttribute, ...] = ()


class HostsPage(NumberedPage, frozen=True, kw_only=True):
    """One page of hosts, with totals over the whole range."""

    items: tuple[Host, ...] = field(name="users")
    total_meetings: int | None = None
    total_participants: int | None = None
    total_meeting_minutes: int | None = None
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class UserMeeting(EndedInstance, frozen=True, kw_only=True):
    """One ended meeting or webinar of a user. *duration* and *total_minutes* (over all attendees) are in minutes.

    *type* is 1 instant, 2 scheduled, 3 recurring without fixed time, 4 personal room, 7 PAC, 8 recurring with fixed
    time; webinars are 5, 6 (no fixed time) and 9 (fixed time). *schedule_time*, *join_time*, *leave_time* and
    *join_waiting_room_time* come to the minute and without a zone; they are read as UTC, which the reference's samples
    suggest and nothing states. *meeting_encryption_status* is 1 end-to-end or 2 enhanced.
    """

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
        """Whether this is a webinar, by its *type*."""
        return self.type in {5, 6, 9}


class UserMeetingsPage(NumberedPage, frozen=True, kw_only=True):
    """One page of a user's ended meetings and webinars."""

    items: tuple[UserMeeting, ...] = field(name="meetings")
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None
