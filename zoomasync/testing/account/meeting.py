"""Scheduled meetings and webinars, their registrants, panelists, polls and livestreams.

Only the meetings and webinars themselves are mutable. Times are in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias, cast

from .host import Host
from .instance import WEBINAR_TYPES

MeetingType = Literal[1, 2, 3, 5, 6, 8, 9, 10]
RegistrantStatus = Literal["approved", "pending", "denied", "cancelled"]
RtmsStatus = Literal["running", "paused"]
PollStatus = Literal["notstart", "started", "ended", "sharing", "deactivated"]
Json: TypeAlias = dict[str, object]
"""A JSON object, with the keys and values of Zoom's API."""

INSTANT: Final = 1
SCHEDULED: Final = 2
NO_FIXED_TIME: Final = 3
WEBINAR: Final = 5
WEBINAR_NO_FIXED_TIME: Final = 6
FIXED_TIME: Final = 8
WEBINAR_FIXED_TIME: Final = 9
TYPES_WITHOUT_START: Final = frozenset({INSTANT, NO_FIXED_TIME, WEBINAR_NO_FIXED_TIME})
TYPES_WITH_OCCURRENCES: Final = frozenset({FIXED_TIME, WEBINAR_FIXED_TIME})
MANUAL_APPROVAL: Final = 1
NO_REGISTRATION: Final = 2
_BASIC_POLL: Final = 1
_EXPIRES_AFTER: Final = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """One scheduled time of a recurring meeting; *duration* is in minutes.

    An occurrence that was changed by itself keeps the id of its *first_start*. It has the meeting's agenda unless it
    has its own, and the meeting's settings with its own in addition.
    """

    start_time: datetime
    duration: int
    status: Literal["available", "deleted"] = "available"
    first_start: datetime | None = None
    agenda: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def occurrence_id(self) -> str:
        """The id: the start in milliseconds since 1970, as text."""
        return str(int((self.first_start or self.start_time).timestamp() * 1000))

    @property
    def end_time(self) -> datetime:
        """The scheduled end."""
        return self.start_time + timedelta(minutes=self.duration)


@dataclass(frozen=True, kw_only=True)
class CustomAnswer:
    """A registrant's answer to a custom question."""

    title: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Registrant:
    """A person who registered for a meeting, or for all of its occurrences if *occurrence_ids* is empty.

    No response contains a registrant whose status is "cancelled", but such a registrant can be approved again.
    *source_id* is the tracking source that led to a webinar. Only meetings have a *participant_pin_code*.
    """

    id: str
    email: str
    first_name: str
    last_name: str = ""
    address: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    phone: str = ""
    industry: str = ""
    org: str = ""
    job_title: str = ""
    purchasing_time_frame: str = ""
    role_in_purchase_process: str = ""
    no_of_employees: str = ""
    comments: str = ""
    custom_questions: tuple[CustomAnswer, ...] = ()
    status: RegistrantStatus = "approved"
    create_time: datetime
    occurrence_ids: tuple[str, ...] = ()
    source_id: str = ""
    language: str = ""
    participant_pin_code: int | None = None

    @property
    def takes_place(self) -> bool:
        """Whether the registration counts against the capacity."""
        return self.status in {"approved", "pending"}

    def attends(self, occurrence_id: str) -> bool:
        """Return whether the registration covers this occurrence."""
        return not self.occurrence_ids or occurrence_id in self.occurrence_ids


@dataclass(frozen=True, kw_only=True)
class Panelist:
    """A person who presents a webinar; the fields are the API's."""

    id: str
    email: str = ""
    name: str = ""
    virtual_background_id: str = ""
    name_tag_id: str = ""
    name_tag_name: str = ""
    name_tag_pronouns: str = ""
    name_tag_description: str = ""


@dataclass(frozen=True, kw_only=True)
class TrackingSource:
    """A place where the link to a webinar's registration was shared; a registrant's *source_id* is its id."""

    id: str
    source_name: str
    visitor_count: int = 0


@dataclass(frozen=True, kw_only=True)
class Poll:
    """A poll of a scheduled meeting; *questions* are in the API's format."""

    id: str
    status: PollStatus = "notstart"
    title: str = ""
    poll_type: Literal[1, 2, 3] | int = 1
    anonymous: bool = False
    questions: tuple[Mapping[str, object], ...] = ()

    @property
    def is_advanced(self) -> bool:
        """Whether this is an advanced poll (*poll_type* 2) or a quiz (3)."""
        return self.poll_type != _BASIC_POLL


@dataclass(frozen=True, kw_only=True)
class Livestream:
    """The livestream of a meeting; *settings* are in the API's format."""

    stream_url: str = ""
    stream_key: str = field(default="", repr=False)
    page_url: str = ""
    resolution: str = ""
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    running: bool = False


@dataclass(kw_only=True)
class Registration:
    """The registrants of a meeting, a webinar or a recording, and the questions that they answer."""

    registrants: list[Registrant] = field(default_factory=list[Registrant])
    questions: list[Json] = field(default_factory=list[Json])
    custom_questions: list[Json] = field(default_factory=list[Json])

    def registrant(self, id_or_email: str) -> Registrant | None:
        """Return the registrant with this id or e-mail address, or None; case and blanks do not matter."""
        email = normalized_email(id_or_email)
        matches = (e for e in self.registrants if e.id == id_or_email or normalized_email(e.email) == email)
        return next(matches, None)

    def save_registrant(self, registrant: Registrant) -> None:
        """Replace the registrant with the same id, or append a new one."""
        for index, each in enumerate(self.registrants):
            if each.id == registrant.id:
                self.registrants[index] = registrant
                return
        self.registrants.append(registrant)


@dataclass(kw_only=True)
class ScheduledMeeting(Registration):
    """A scheduled meeting or webinar; `Account.add_meeting` creates one with defaults.

    *settings*, *recurrence*, the questions and the survey are in the API's format; *settings* contains only values that
    differ from the defaults, and *survey* is empty if there is none. *duration* is in minutes. At most *capacity*
    people can be registered at a time. *rtms_streams* are by the app's client id and the participant's user id.

    Only a webinar has *panelists*, at most *panelist_limit*, and *tracking_sources*. *simulive* has the API's fields of
    a simulive webinar, which plays a recording. A webinar *in_zoom_events* was created there. The API adds nobody to a
    webinar with *paid_registration*, and asks the *personal_addresses* for a work address instead of adding them.
    """

    id: int
    uuid: str
    host: Host
    topic: str
    created_at: datetime
    type: MeetingType = 2
    start_time: datetime | None = None
    duration: int = 60
    timezone: str = "UTC"
    agenda: str = ""
    password: str = field(default="", repr=False)
    settings: Json = field(default_factory=dict[str, object])
    recurrence: Json | None = None
    occurrences: tuple[Occurrence, ...] = ()
    polls: list[Poll] = field(default_factory=list[Poll])
    survey: Json = field(default_factory=dict[str, object])
    livestream: Livestream = Livestream()
    panelists: list[Panelist] = field(default_factory=list[Panelist])
    tracking_sources: list[TrackingSource] = field(default_factory=list[TrackingSource])
    simulive: Json = field(default_factory=dict[str, object])
    tracking_fields: tuple[Mapping[str, object], ...] = ()
    assistant_id: str = ""
    template_id: str = ""
    pre_schedule: bool = False
    creation_source: Literal["other", "open_api", "web_portal"] = "web_portal"
    status: Literal["waiting", "started"] = "waiting"
    rtms_streams: dict[tuple[str, str], RtmsStatus] = field(default_factory=dict[tuple[str, str], RtmsStatus])
    deleted: bool = False
    on_premise: bool = False
    in_zoom_events: bool = False
    paid_registration: bool = False
    personal_addresses: frozenset[str] = frozenset()
    capacity: int = 4_999
    panelist_limit: int = 100

    def start(self) -> None:
        """Start the meeting."""
        self.status = "started"

    def end(self) -> None:
        """End the meeting and its streams."""
        self.status = "waiting"
        self.rtms_streams.clear()
        self.livestream = replace(self.livestream, running=False)

    def delete(self) -> None:
        """End and delete the meeting; requests do not find it until it is recovered."""
        self.end()
        self.deleted = True

    @property
    def is_webinar(self) -> bool:
        """Whether this is a webinar; webinars have routes of their own."""
        return self.type in WEBINAR_TYPES

    @property
    def is_simulive(self) -> bool:
        """Whether this is a webinar that plays a recording."""
        return bool(self.simulive.get("is_simulive"))

    @property
    def has_occurrences(self) -> bool:
        """Whether it recurs at fixed times."""
        return self.type in TYPES_WITH_OCCURRENCES

    @property
    def approval_type(self) -> object:
        """The mode of registration: 0 automatic approval, 1 manual approval, 2 no registration."""
        return self.settings.get("approval_type", NO_REGISTRATION)

    @property
    def registration_enabled(self) -> bool:
        """Whether people can register."""
        return self.approval_type != NO_REGISTRATION

    @property
    def alternative_hosts(self) -> tuple[str, ...]:
        """The users who may host the meeting as well, by e-mail address or id."""
        names = str(self.settings.get("alternative_hosts", "")).replace(",", ";").split(";")
        return tuple(name.strip() for name in names if name.strip())

    @property
    def free_places(self) -> int:
        """The number of people who can still register: those who are approved or pending have taken a place."""
        limit = cast("int", self.settings.get("registrants_restrict_number", 0)) or self.capacity
        return min(limit, self.capacity) - sum(each.takes_place for each in self.registrants)

    def start_times(self) -> tuple[datetime, ...]:
        """Return the scheduled start times, the earliest first; none without a fixed time."""
        if self.occurrences:
            return tuple(each.start_time for each in self.occurrences if each.status == "available")
        return (self.start_time,) if self.start_time else ()

    def occurrence(self, occurrence_id: str) -> Occurrence | None:
        """Return the occurrence with this id that is not deleted, or None."""
        matches = (e for e in self.occurrences if e.occurrence_id == occurrence_id and e.status == "available")
        return next(matches, None)

    def save_occurrence(self, occurrence: Occurrence) -> None:
        """Replace the occurrence with the same id; the earliest is first."""
        others = (each for each in self.occurrences if each.occurrence_id != occurrence.occurrence_id)
        self.occurrences = tuple(sorted((*others, occurrence), key=lambda each: each.start_time))

    def is_over(self, now: datetime) -> bool:
        """Return whether every scheduled time has ended or is deleted."""
        starts = self.start_times()
        return max(starts) + timedelta(minutes=self.duration) <= now if starts else bool(self.occurrences)

    def is_expired(self, now: datetime, held: Iterable[datetime] = ()) -> bool:
        """Return whether the number has expired: thirty days after the last start that was scheduled, or was *held*."""
        starts = self.start_times()
        return bool(starts) and max(*starts, *held, starts[0]) + _EXPIRES_AFTER <= now

    def panelist(self, id_or_email: str) -> Panelist | None:
        """Return the panelist with this id or e-mail address, or None; case and blanks do not matter."""
        email = normalized_email(id_or_email)
        return next((e for e in self.panelists if e.id == id_or_email or normalized_email(e.email) == email), None)


@dataclass(frozen=True, kw_only=True)
class MeetingTemplate:
    """A template, made from the meeting or *webinar* with the number *meeting_id*.

    *host* is None for an administrator's template, which every user can use.
    """

    id: str
    name: str
    host: Host | None = None
    meeting_id: int = 0
    save_recurrence: bool = False
    webinar: bool = False


def normalized_email(email: str) -> str:
    """Return *email* in the form in which addresses are compared: lower case, without surrounding blanks."""
    return email.strip().casefold()
