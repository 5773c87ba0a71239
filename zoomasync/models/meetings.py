"""Structs of `zoom.meetings`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Struct, field

from .custom_fields import MeetingTrackingField, NewTrackingField
from .field_types import Change, Timestamp, limits
from .meeting_settings import MeetingSettings, MeetingSettingsInEffect
from .pages import NumberedPage, SinglePage
from .secret_fields import MaskedStruct, Secret

MeetingType: TypeAlias = Literal[1, 2, 3, 8, 10] | int

_DAILY, _WEEKLY, _MONTHLY = 1, 2, 3
_MAX_INTERVAL = {_DAILY: 99, _WEEKLY: 50, _MONTHLY: 10}
_RECURRING_WITH_FIXED_TIME = 8


class Recurrence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The recurrence of a meeting of type 8 or a webinar of type 9. *type* is 1 daily, 2 weekly, 3 monthly.

    *repeat_interval* is at most 99 days, 50 weeks or 10 months; for webinars, 90 days, 12 weeks or 3 months are
    documented. *weekly_days* holds numbers from 1 (Sunday) to 7 (Saturday), such as "2,4". A monthly recurrence has
    either *monthly_day*, or *monthly_week* (1 to 4, or -1 for the last week) with *monthly_week_day*. The recurrence
    ends at *end_date_time*, or after *end_times* occurrences: at most 60 (50 in older pages of the reference), and for
    meetings 0 for no end.
    """

    type: Literal[1, 2, 3] | int
    repeat_interval: int | None = None
    weekly_days: str | None = None
    monthly_day: Annotated[int, limits(ge=1, le=31)] | None = None
    monthly_week: Literal[-1, 1, 2, 3, 4] | int | None = None
    monthly_week_day: Literal[1, 2, 3, 4, 5, 6, 7] | int | None = None
    end_times: Annotated[int, limits(ge=0, le=60)] | None = None
    end_date_time: Timestamp | None = None

    def broken_rules(self) -> Iterator[str]:
        """Yield the broken rules of the reference that concern several fields."""
        if self.end_times is not None and self.end_date_time is not None:
            yield "end_times and end_date_time exclude each other"
        most = _MAX_INTERVAL.get(self.type)
        if most is not None and self.repeat_interval is not None and self.repeat_interval > most:
            yield f"repeat_interval must be at most {most} for type {self.type}"
        if self.type == _WEEKLY and not self.weekly_days:
            yield "weekly_days is needed for type 2"
        if self.monthly_week is not None and self.monthly_week_day is None:
            yield "monthly_week needs monthly_week_day"


class NewMeeting(MaskedStruct, frozen=True, kw_only=True, omit_defaults=True):
    """A meeting to create.

    *type* is 1 instant, 2 scheduled (Zoom's default), 3 recurring without fixed time, 8 recurring with fixed time, 10
    screen share only. An aware *start_time* is sent in UTC; a naive one is local to *timezone*. Zoom makes a scheduled
    meeting without *start_time* an instant one, and moves a start in the past to now. *duration* is in minutes.
    *recurrence* is for type 8 only. *schedule_for* is another host, by e-mail address or id. With *default_password*
    False, a meeting without *password* has no passcode. *template_id* takes an administrator's template only.
    """

    topic: Annotated[str, limits(max_length=200)] | None = None
    type: MeetingType | None = None
    start_time: datetime | None = None
    duration: Annotated[int, limits(ge=1, le=1440)] | None = None
    timezone: str | None = None
    agenda: Annotated[str, limits(max_length=2000)] | None = None
    password: Secret[Annotated[str, limits(max_length=10)]] | None = None
    default_password: bool | None = None
    pre_schedule: bool | None = None
    schedule_for: str | None = None
    template_id: str | None = None
    recurrence: Recurrence | None = None
    tracking_fields: tuple[NewTrackingField, ...] | None = None
    settings: MeetingSettings | None = None

    def broken_rules(self) -> Iterator[str]:
        """Yield the broken rules of the reference that concern several fields."""
        yield from _broken_recurrence_rule(self.type, self.recurrence)


class MeetingUpdate(MaskedStruct, frozen=True, kw_only=True):
    """A change of a meeting. The fields are those of `NewMeeting`, without *default_password*.

    Zoom ignores a *start_time* in the past. A change of a whole series of type 8 requires *recurrence*. In *settings*
    and *recurrence*, None is not sent.
    """

    topic: Change[Annotated[str, limits(max_length=200)]] = UNSET
    type: Change[MeetingType] = UNSET
    start_time: Change[datetime] = UNSET
    duration: Change[Annotated[int, limits(ge=1, le=1440)]] = UNSET
    timezone: Change[str] = UNSET
    agenda: Change[Annotated[str, limits(max_length=2000)]] = UNSET
    password: Change[Secret[Annotated[str, limits(max_length=10)]]] = UNSET
    pre_schedule: Change[bool] = UNSET
    schedule_for: Change[str] = UNSET
    template_id: Change[str] = UNSET
    recurrence: Change[Recurrence] = UNSET
    tracking_fields: Change[tuple[NewTrackingField, ...]] = UNSET
    settings: Change[MeetingSettings] = UNSET

    def broken_rules(self) -> Iterator[str]:
        """Yield the broken rules of the reference that concern several fields."""
        yield from _broken_recurrence_rule(self.type, self.recurrence)


def _broken_recurrence_rule(type_: Change[MeetingType], recurrence: Change[Recurrence]) -> Iterator[str]:
    # A change without a type keeps the meeting's own.
    if isinstance(recurrence, Recurrence) and type_ not in {_RECURRING_WITH_FIXED_TIME, UNSET}:
        yield "recurrence goes with type 8 only"


class MeetingStatusUpdate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An action on a meeting: end a running one, or recover a deleted one."""

    action: Literal["end", "recover"] | str | None = None


class RtmsAppSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The app *client_id*, and the user whose stream it is: by default the user of the access token."""

    client_id: str
    participant_user_id: str | None = None


class RtmsStatusUpdate(Struct, frozen=True, kw_only=True):
    """An action on the real-time media stream (RTMS) that an app receives of one participant."""

    action: Change[Literal["start", "stop", "pause", "resume"] | str] = UNSET
    settings: Change[RtmsAppSettings] = UNSET


class NewSipUri(MaskedStruct, frozen=True, kw_only=True, omit_defaults=True):
    """The passcode to include in a SIP URI. Zoom does not check it."""

    passcode: Secret[str] | None = None


class Occurrence(Struct, frozen=True, kw_only=True):
    """One scheduled time of a recurring meeting or webinar. *occurrence_id* holds milliseconds since 1970, as text."""

    occurrence_id: str
    start_time: Timestamp | None = None
    duration: int | None = None
    status: Literal["available", "deleted"] | str | None = None


class MeetingBasics(MaskedStruct, frozen=True, kw_only=True):
    """The fields of every scheduled meeting or webinar. *duration* is in minutes.

    *type* is as in `NewMeeting`, or 4 for a personal meeting room.
    """

    topic: str | None = None
    type: Literal[1, 2, 3, 4, 8, 10] | int | None = None
    start_time: Timestamp | None = None
    duration: int | None = None
    timezone: str | None = None
    created_at: Timestamp | None = None
    join_url: Secret[str] | None = None


class ListedMeeting(MeetingBasics, frozen=True, kw_only=True):
    """A meeting in a user's listing. *start_time* is missing for type 3. *agenda* is cut at 250 characters."""

    id: int
    uuid: str | None = None
    host_id: str | None = None
    agenda: str | None = None
    pmi: str | None = None


class Meeting(ListedMeeting, frozen=True, kw_only=True):
    """A scheduled meeting with its links and settings, and the whole *agenda*.

    *start_url* starts the meeting as the host, and is a secret. It is valid for two hours, or 90 days for users that
    were created with custCreate.
    """

    host_email: str | None = None
    assistant_id: str | None = None
    status: Literal["waiting", "started"] | str | None = None
    creation_source: Literal["other", "open_api", "web_portal"] | str | None = None
    start_url: Secret[str] | None = None
    registration_url: str | None = None
    chat_join_url: Secret[str] | None = None
    password: Secret[str] | None = None
    encrypted_password: Secret[str] | None = None
    h323_password: Secret[str] | None = None
    pstn_password: Secret[str] | None = None
    dynamic_host_key: Secret[str] | None = None
    pre_schedule: bool | None = None
    template_id: str | None = None
    recurrence: Recurrence | None = None
    occurrences: tuple[Occurrence, ...] = ()
    tracking_fields: tuple[MeetingTrackingField, ...] = ()
    settings: MeetingSettingsInEffect | None = None
    support_go_live: bool | None = field(default=None, name="supportGoLive")


class MeetingsPage(NumberedPage, frozen=True, kw_only=True):
    """One page of a user's meetings."""

    items: tuple[ListedMeeting, ...] = field(name="meetings")


class UpcomingMeeting(MeetingBasics, frozen=True, kw_only=True):
    """A meeting of the next 24 hours. A meeting from another calendar may lack most fields."""

    id: int | None = None
    passcode: Secret[str] | None = None
    use_pmi: bool | None = None
    is_host: bool | None = None
    is_all_day: bool | None = None


class UpcomingMeetingsPage(SinglePage, frozen=True, kw_only=True):
    """A user's meetings of the next 24 hours."""

    items: tuple[UpcomingMeeting, ...] = field(name="meetings")
    total_records: int | None = None


class MeetingInvitation(MaskedStruct, frozen=True, kw_only=True):
    """The text of an invitation, with the link and the passcode, and the SIP addresses of the meeting."""

    invitation: Secret[str]
    sip_links: Secret[tuple[str, ...]] = ()


class CaptionToken(MaskedStruct, frozen=True, kw_only=True):
    """The address for closed captions. *token* is a complete URL, and a secret."""

    token: Secret[str]


class SipUri(MaskedStruct, frozen=True, kw_only=True):
    """A SIP URI that dials a meeting or webinar. It expires after *expire_in* seconds (two hours)."""

    sip_dialing: Secret[str]
    expire_in: int | None = None
    participant_identifier_code: Secret[str] | None = None
    paid_crc_plan_participant: bool | None = None
