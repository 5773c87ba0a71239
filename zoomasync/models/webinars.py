"""Structs of `zoom.webinars` and `zoom.webinars.panelists`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Struct, field

from .custom_fields import NewTrackingField, TrackingField
from .field_types import Change, Id, Timestamp, limits
from .meeting_settings import CommonSettings, DialInNumber
from .meetings import MeetingBasics, Occurrence, Recurrence
from .pages import NumberedPage, SinglePage
from .secret_fields import MaskedStruct, Secret

WebinarType: TypeAlias = Literal[5, 6, 9] | int

_RECURRING_WITH_FIXED_TIME = 9
_MAX_DELAY_MINUTES = 10


class WebinarEmail(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mail that Zoom sends before or after a webinar.

    *type* of the mail to people who attended or were absent is the number of days after the scheduled end, 1 to 7.
    *type* of a reminder is a sum: 1 for an hour before the webinar, 2 for a day, 4 for a week. 0 is no mail.
    """

    enable: bool | None = None
    type: Literal[0, 1, 2, 3, 4, 5, 6, 7] | int | None = None


class SimuliveDelayStart(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The delay of a simulive webinar's playback: 1 to 60 seconds (the default *timeunit*), or 1 to 10 minutes."""

    enable: bool | None = None
    time: Annotated[int, limits(le=60)] | None = None
    timeunit: Literal["second", "minute"] | str | None = None

    def broken_rules(self) -> Iterator[str]:
        """Yield the broken rules of the reference that concern several fields."""
        if self.timeunit == "minute" and self.time is not None and self.time > _MAX_DELAY_MINUTES:
            yield f"time must be at most {_MAX_DELAY_MINUTES} for the timeunit minute"


class WebinarSettings(CommonSettings, frozen=True, kw_only=True, omit_defaults=True):
    """The settings of a webinar.

    A field that is None is not sent. For a new webinar, Zoom's default or the user's own setting applies to it.

    - *approval_type*: 0 registrations are approved automatically, 1 by hand, 2 no registration (Zoom's default).
    - *registration_type*, for recurring webinars: 1 register once for all occurrences, 2 for each occurrence, 3 once
      and choose occurrences.
    - *registrants_restrict_number*: the most people who can register, 0 for any number.
    - *alternative_hosts*: e-mail addresses or user ids, separated by commas.
    - *authentication_domains*: domains, separated by commas.
    - *email_language*: a code such as "de-DE".
    - *allow_host_control_participant_mute_state* and *request_permission_to_unmute_participants* exclude each other.
    - *notify_registrants* sends a mail to the registrants about a change. It, *authentication_name* and
      *registrants_confirmation_email* are documented for a change only.
    - *close_registration*, *enforce_login* and *enforce_login_domains* are deprecated.
    """

    add_audio_watermark: bool | None = None
    add_watermark: bool | None = None
    attendees_and_panelists_reminder_email_notification: WebinarEmail | None = None
    authentication_name: str | None = None
    email_language: str | None = None
    enable_session_branding: bool | None = None
    enforce_login: bool | None = None
    enforce_login_domains: str | None = None
    follow_up_absentees_email_notification: WebinarEmail | None = None
    follow_up_attendees_email_notification: WebinarEmail | None = None
    hd_video: bool | None = None
    hd_video_for_attendees: bool | None = None
    notify_registrants: bool | None = None
    on_demand: bool | None = None
    panelist_authentication: bool | None = None
    panelists_invitation_email_notification: bool | None = None
    panelists_video: bool | None = None
    post_webinar_survey: bool | None = None
    practice_session: bool | None = None
    registrants_restrict_number: Annotated[int, limits(ge=0, le=20000)] | None = None
    send_1080p_video_to_attendees: bool | None = None
    survey_url: str | None = None


class NewWebinar(MaskedStruct, frozen=True, kw_only=True, omit_defaults=True):
    """A webinar to create.

    *type* is 5 scheduled (Zoom's default), 6 recurring without fixed time, 9 recurring with fixed time. An aware
    *start_time* is sent in UTC; a naive one is local to *timezone*. *duration* is in minutes. *recurrence* is for type
    9 only. *schedule_for* is another host, by e-mail address or id. A simulive webinar plays the recording
    *record_file_id*, has a fixed time, and cannot be created for another host. With *default_passcode* False, a
    webinar without *password* has no passcode. With *template_id*, the host must be given by id, not by e-mail address.
    """

    topic: str | None = None
    type: WebinarType | None = None
    start_time: datetime | None = None
    duration: int | None = None
    timezone: str | None = None
    agenda: str | None = None
    password: Secret[Annotated[str, limits(max_length=10)]] | None = None
    default_passcode: bool | None = None
    schedule_for: str | None = None
    template_id: str | None = None
    recurrence: Recurrence | None = None
    tracking_fields: tuple[NewTrackingField, ...] | None = None
    settings: WebinarSettings | None = None
    is_simulive: bool | None = None
    record_file_id: str | None = None
    transition_to_live: bool | None = None
    simulive_delay_start: SimuliveDelayStart | None = None

    def broken_rules(self) -> Iterator[str]:
        """Yield the broken rules of the reference that concern several fields."""
        if self.recurrence is not None and self.type != _RECURRING_WITH_FIXED_TIME:
            yield "recurrence goes with type 9 only"


class WebinarUpdate(MaskedStruct, frozen=True, kw_only=True):
    """A change of a webinar. The fields are those of `NewWebinar`, without *default_passcode* and *template_id*.

    In *settings*, *recurrence* and *simulive_delay_start*, None is not sent.
    """

    topic: Change[str] = UNSET
    type: Change[WebinarType] = UNSET
    start_time: Change[datetime] = UNSET
    duration: Change[int] = UNSET
    timezone: Change[str] = UNSET
    agenda: Change[str] = UNSET
    password: Change[Secret[Annotated[str, limits(max_length=10)]]] = UNSET
    schedule_for: Change[str] = UNSET
    recurrence: Change[Recurrence] = UNSET
    tracking_fields: Change[tuple[NewTrackingField, ...]] = UNSET
    settings: Change[WebinarSettings] = UNSET
    is_simulive: Change[bool] = UNSET
    record_file_id: Change[str] = UNSET
    transition_to_live: Change[bool] = UNSET
    simulive_delay_start: Change[SimuliveDelayStart] = UNSET


class WebinarStatusUpdate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An action on a webinar: end a running one."""

    action: Literal["end"] | str | None = None


class NewPanelist(MaskedStruct, frozen=True, kw_only=True, omit_defaults=True):
    """A panelist to add. *name* may have at most 12 Chinese characters."""

    name: str | None = None
    email: str | None = None
    virtual_background_id: str | None = None
    name_tag_id: str | None = None
    name_tag_name: str | None = None
    name_tag_pronouns: str | None = None
    name_tag_description: str | None = None


class NewPanelists(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """At most 30 panelists to add."""

    panelists: Annotated[tuple[NewPanelist, ...], limits(max_items=30)] | None = None


class WebinarSettingsInEffect(WebinarSettings, frozen=True, kw_only=True, omit_defaults=True):
    """The settings of a webinar in a response, with the dial-in numbers."""

    global_dial_in_numbers: tuple[DialInNumber, ...] | None = None


class ListedWebinar(MeetingBasics, frozen=True, kw_only=True):
    """A webinar in a user's listing. *type* is as in `NewWebinar`. *agenda* is cut at 250 characters."""

    id: int
    type: WebinarType | None = None
    uuid: str | None = None
    host_id: str | None = None
    agenda: str | None = None
    is_simulive: bool | None = None


class WebinarsPage(NumberedPage, frozen=True, kw_only=True):
    """One page of a user's webinars."""

    items: tuple[ListedWebinar, ...] = field(name="webinars")


class Webinar(ListedWebinar, frozen=True, kw_only=True):
    """A webinar with its links and settings, and the whole *agenda*.

    *start_url* starts the webinar as the host, and is a secret. *registrants_confirmation_email* and *template_id* are
    documented for a webinar that was just created.
    """

    host_email: str | None = None
    creation_source: Literal["other", "open_api", "web_portal"] | str | None = None
    start_url: Secret[str] | None = None
    password: Secret[str] | None = None
    encrypted_passcode: Secret[str] | None = None
    h323_passcode: Secret[str] | None = None
    registrants_confirmation_email: bool | None = None
    template_id: str | None = None
    recurrence: Recurrence | None = None
    occurrences: tuple[Occurrence, ...] = ()
    tracking_fields: tuple[TrackingField, ...] = ()
    settings: WebinarSettingsInEffect | None = None
    record_file_id: str | None = None
    transition_to_live: bool | None = None
    simulive_delay_start: SimuliveDelayStart | None = None


class TrackingSource(Struct, frozen=True, kw_only=True):
    """A place where the link to the registration was shared, with its visitors and registrations."""

    id: Id
    source_name: str | None = None
    tracking_url: str | None = None
    visitor_count: int | None = None
    registration_count: int | None = None


class TrackingSourcesPage(SinglePage, frozen=True, kw_only=True):
    """The tracking sources of a webinar. *total_records* is documented as the number of registrations."""

    items: tuple[TrackingSource, ...] = field(name="tracking_sources")
    total_records: int | None = None


class Panelist(NewPanelist, frozen=True, kw_only=True, omit_defaults=True):
    """A panelist, with the personal link."""

    id: Id
    join_url: Secret[str] | None = None


class PanelistsPage(SinglePage, frozen=True, kw_only=True):
    """The panelists of a webinar."""

    items: tuple[Panelist, ...] = field(name="panelists")
    total_records: int | None = None


class PanelistsAdded(Struct, frozen=True, kw_only=True):
    """The id of the webinar, as text, and the time at which the panelists were added."""

    id: str | None = None
    updated_at: Timestamp | None = None
