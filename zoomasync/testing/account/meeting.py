"""Scheduled meetings and what belongs to them; the meetings change, their leaves are frozen. All moments are in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from .host import Host

MeetingType = Literal[1, 2, 3, 8, 10]
RegistrantStatus = Literal["approved", "pending", "denied", "cancelled"]
PollStatus = Literal["notstart", "started", "ended", "sharing", "deactivated"]
Json: TypeAlias = dict[str, object]
"""An object as it goes over the wire."""

INSTANT: Final = 1
NO_FIXED_TIME: Final = 3
FIXED_TIME: Final = 8
_NO_REGISTRATION: Final = 2
_EXPIRES_AFTER: Final = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """One date of a recurring meeting."""

    start_time: datetime
    duration: int
    status: Literal["available", "deleted"] = "available"

    @property
    def occurrence_id(self) -> str:
        """Its id: the start in milliseconds, as text."""
        return str(int(self.start_time.timestamp() * 1000))


@dataclass(frozen=True, kw_only=True)
class CustomAnswer:
    """What a registrant answered to a question of the account's own."""

    title: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Registrant:
    """Somebody who registered for a meeting: for all of its occurrences when *occurrence_ids* is empty.

    Who is "cancelled" shows up in no reply of Zoom's, but may be approved again.
    """

    id: str
    email: str
    first_name: str
    create_time: datetime
    last_name: str = ""
    status: RegistrantStatus = "approved"
    occurrence_ids: tuple[str, ...] = ()
    address: str = ""
    city: str = ""
    country: str = ""
    zip: str = ""
    state: str = ""
    phone: str = ""
    industry: str = ""
    org: str = ""
    job_title: str = ""
    purchasing_time_frame: str = ""
    role_in_purchase_process: str = ""
    no_of_employees: str = ""
    comments: str = ""
    custom_questions: tuple[CustomAnswer, ...] = ()
    language: str = ""
    participant_pin_code: int | None = None

    def attends(self, occurrence_id: str) -> bool:
        """Tell whether this occurrence is among those registered for."""
        return not self.occurrence_ids or occurrence_id in self.occurrence_ids


@dataclass(frozen=True, kw_only=True)
class Poll:
    """A poll prepared for a meeting; its questions are written as Zoom writes them."""

    id: str
    title: str = ""
    poll_type: Literal[1, 2, 3] | int = 1
    anonymous: bool = False
    status: PollStatus = "notstart"
    questions: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Livestream:
    """Where a meeting is streamed to, and how that looks; *settings* is written as Zoom writes it."""

    stream_url: str = ""
    stream_key: str = field(default="", repr=False)
    page_url: str = ""
    resolution: str = ""
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    running: bool = False


@dataclass(kw_only=True)
class ScheduledMeeting:
    """A meeting that was scheduled and has a number; `Account.add_meeting` makes one with defaults.

    *settings* and *recurrence*, the questions and the survey are written as Zoom writes them, and *settings* holds what
    is set besides the defaults. *survey* is empty without one. *capacity* is how many may be registered at a time.
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
    registrants: list[Registrant] = field(default_factory=list[Registrant])
    questions: list[Json] = field(default_factory=list[Json])
    custom_questions: list[Json] = field(default_factory=list[Json])
    polls: list[Poll] = field(default_factory=list[Poll])
    survey: Json = field(default_factory=dict[str, object])
    livestream: Livestream = Livestream()
    tracking_fields: tuple[Mapping[str, object], ...] = ()
    assistant_id: str = ""
    template_id: str = ""
    pre_schedule: bool = False
    creation_source: Literal["other", "open_api", "web_portal"] = "web_portal"
    status: Literal["waiting", "started"] = "waiting"
    deleted: bool = False
    on_premise: bool = False
    capacity: int = 4_999

    def start(self) -> None:
        """Let the meeting be running."""
        self.status = "started"

    def end(self) -> None:
        """Let the meeting be over, and its livestream with it."""
        self.status = "waiting"
        self.livestream = replace(self.livestream, running=False)

    def delete(self) -> None:
        """Let the meeting be deleted: unknown until it is recovered."""
        self.end()
        self.deleted = True

    @property
    def approval_type(self) -> object:
        """How registration works: 0 automatic, 1 by hand, 2 none."""
        return self.settings.get("approval_type", _NO_REGISTRATION)

    @property
    def takes_registrations(self) -> bool:
        """Whether registration is on."""
        return self.approval_type != _NO_REGISTRATION

    @property
    def alternative_hosts(self) -> tuple[str, ...]:
        """The users who may host it too, by e-mail address or id."""
        names = str(self.settings.get("alternative_hosts", "")).split(";")
        return tuple(name.strip() for name in names if name.strip())

    @property
    def registered(self) -> int:
        """How many seats are taken: by who is approved or waits for it."""
        return sum(each.status in {"approved", "pending"} for each in self.registrants)

    def starts(self) -> tuple[datetime, ...]:
        """Return all moments at which it is to start, the earliest first; none without a fixed time."""
        if self.occurrences:
            return tuple(each.start_time for each in self.occurrences if each.status == "available")
        return (self.start_time,) if self.start_time else ()

    def over(self, now: datetime) -> bool:
        """Tell whether every one of its dates is past."""
        starts = self.starts()
        return bool(starts) and max(starts) + timedelta(minutes=self.duration) <= now

    def expired(self, now: datetime) -> bool:
        """Tell whether its number has lapsed: thirty days after the last date."""
        starts = self.starts()
        return bool(starts) and max(starts) + _EXPIRES_AFTER <= now

    def registrant(self, id_or_email: str) -> Registrant | None:
        """Return the registrant with this id or e-mail address, however the address is written."""
        wanted = same_address(id_or_email)
        return next((e for e in self.registrants if e.id == id_or_email or same_address(e.email) == wanted), None)

    def put_registrant(self, registrant: Registrant) -> None:
        """Put *registrant* in the place of the one with the same id, else at the end."""
        for place, each in enumerate(self.registrants):
            if each.id == registrant.id:
                self.registrants[place] = registrant
                return
        self.registrants.append(registrant)


@dataclass(frozen=True, kw_only=True)
class MeetingTemplate:
    """A template to schedule meetings from; *host* is None for one that an administrator made for everybody.

    *meeting_id* is the meeting that it was made of.
    """

    id: str
    name: str
    host: Host | None = None
    meeting_id: int = 0
    save_recurrence: bool = False


def same_address(email: str) -> str:
    """Return what two ways of writing one e-mail address have in common."""
    return email.strip().casefold()
