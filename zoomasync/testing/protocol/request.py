"""The parsed request that handlers receive: authenticated, with valid parameter names and a valid body."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, TypeVar
from urllib.parse import unquote

from ..account.account import Account
from ..account.host import Feature, Host
from ..account.instance import Instance
from ..account.listed import ListedRecord
from ..account.mails import Outbox
from ..account.meeting import Json, ScheduledMeeting
from ..account.registrant_changes import RegistrantChanges
from ..enforcement.resource_quotas import ResourceQuotas
from ..handlers.instance_rows import Row
from ..reference.operations import Operation
from ..webhooks.announcements import Announcements
from ..webhooks.running_meetings import RunningMeetings
from . import query as _query
from .page_tokens import Page, PageRepeat, PageTokens
from .query import DateRange, Query
from .responses import ErrorResponse, check_feature, in_another_account, invalid, no_such_meeting, worded
from .times import months_before

T = TypeVar("T")
R = TypeVar("R", bound=ListedRecord)

_NUMBER: Final = re.compile(r"\d{1,19}", re.ASCII)
_YEAR_MONTHS: Final = 12
_OTHER_MEANING_OF_3000: Final = frozenset({"meetings.sip_uri", "meetings.update_rtms_status"})
_WEBINAR_NUMBER: Final = MappingProxyType(
    {
        "meetings.registrants.add": (3000, "Cannot access meeting info."),
        "meetings.registrants.list": (300, "Cannot access webinar info."),
        "meetings.registrants.update_status": (3000, "Cannot access webinar information."),
    }
)
"""The errors of operations that differ from the others for a webinar's number instead of a meeting's."""
_OTHER_ACCOUNT_CODE: Final = 1010
_OWNER: Final = "0"


@dataclass(frozen=True, kw_only=True)
class FakeRequest:
    """A parsed request and the account that it is for.

    *operation* is the reference's. *path* and *path_values*, the segments that fill its placeholders, are as they came
    over the wire. *now* is UTC. *registrants* makes the changes of registrants of meetings and webinars, and
    *outbox* takes the e-mails that Zoom would send, and *announcements* the webhooks. *caller* is the user of a user's
    token, and *running* are the meetings that run. With *repeat*, a listing has no end. *origin* is the address of the
    server, for links to it, and *download_token* returns a token for downloads, valid for so many seconds. With
    *clamp_ranges*, reports leave out days beyond their limits instead of an error.
    """

    account: Account
    operation: Operation
    today: date
    now: datetime
    path: str
    path_values: tuple[str, ...]
    query: Query
    body: Json
    pager: PageTokens
    quota: ResourceQuotas
    registrants: RegistrantChanges
    outbox: Outbox
    announcements: Announcements
    running: RunningMeetings
    caller: Host | None = None
    repeat: PageRepeat | None = None
    origin: str = ""
    download_token: Callable[[int], str] = str
    clamp_ranges: bool = False

    @property
    def path_value(self) -> str:
        """The segment that fills the first placeholder of the path."""
        return self.path_values[0]

    def page(self, items: Sequence[T], row: Callable[[T], Row]) -> Page:
        """Return the requested page of *items*, with each item converted by *row*."""
        largest = self.operation.page_size or 300
        return self.pager.page(self.path, self.query, items, row, self.repeat, largest=largest)

    def days(self, *, longest: int = 31, optional: bool = False, latest: date = date.max) -> DateRange:
        """Return the range of a report: at most *longest* days of the last six months, and none after *latest*.

        The default of an *optional* range is the last thirty days.
        """
        return _query.date_range(
            self.query, self.today, longest=longest, optional=optional, latest=latest, clamp=self.clamp_ranges
        )

    def listed(self, records: Iterable[R]) -> list[R]:
        """Return the *records* that Zoom lists by now."""
        return [each for each in records if each.is_listed(self.now)]

    @property
    def hosts(self) -> list[Host]:
        """The active users of the account."""
        return [each for each in self.account.hosts if not each.other_account]

    def operator(self, host: Host) -> Host:
        """Return the user who makes the change: that of the token, or the owner of the account, or else *host*.

        The token of a server-to-server app is the owner's (https://developers.zoom.us/docs/internal-apps/s2s-oauth/).
        """
        return self.caller or next((each for each in self.hosts if each.role_id == _OWNER), host)

    def user(self, *, unknown_code: int = 1001) -> Host:
        """Return the user whose id or e-mail address the path contains.

        *unknown_code* is the code of the error if there is none, or if the user belongs to another account.
        """
        name = unquote(self.path_value)
        user = self.account.host(name)
        if user is None or user.other_account:
            raise ErrorResponse(404, unknown_code, f"User does not exist: {name}.")
        return user

    def scheduling_user(self) -> Host:
        """Return the user in the path; raise an error if the user may not schedule meetings, or webinars."""
        user = self.user()
        self.check_scheduling(user)
        return user

    @property
    def is_webinar(self) -> bool:
        """Whether the operation is about webinars."""
        return "webinar" in self.operation.route

    def error(self, status: int, code: int, message: str) -> ErrorResponse:
        """Return an error whose *message* about a meeting has the other word for a webinar."""
        return ErrorResponse(status, code, worded(message, webinar=self.is_webinar))

    def check_feature(self, host: Host, feature: Feature) -> None:
        """Raise the error for a feature that is disabled for *host*."""
        check_feature(host, feature, webinar=self.is_webinar)

    def meeting(self, *features: Feature, unknown_code: int = 3001, deleted: bool = False) -> ScheduledMeeting:
        """Return the scheduled meeting, or webinar, whose number the path contains, or a UUID where that is allowed.

        *unknown_code* is the code of the error for an unknown meeting; for webinars it is 3001. A deleted meeting
        counts as unknown unless *deleted* is true, and so does one whose number has expired. The host has to have the
        *features*. A webinar that only its host or another account may manage is an error of every operation.
        """
        webinar = self.is_webinar
        meeting = self.scheduled(self._meeting_number())
        if meeting is None and self._names_webinar():
            default = (3000, "Cannot access webinar info.")
            raise ErrorResponse(400, *_WEBINAR_NUMBER.get(self.operation.name, default))
        if meeting is None or (meeting.deleted and not deleted) or self._has_expired(meeting):
            raise no_such_meeting(self.path_value, code=3001 if webinar else unknown_code, webinar=webinar)
        self.check_scheduling(meeting.host)
        for feature in features:
            self.check_feature(meeting.host, feature)
        return meeting

    def scheduled(self, number: int) -> ScheduledMeeting | None:
        """Return the meeting with this number, which may be deleted, or the webinar, or None."""
        find = self.account.scheduled_webinar if self.is_webinar else self.account.scheduled_meeting
        return find(number)

    def _has_expired(self, meeting: ScheduledMeeting) -> bool:
        return meeting.is_expired(self.now, (each.start_time for each in self.account.instances_of(meeting.id)))

    def _meeting_number(self) -> int:
        """Return the number in the path, or that of the UUID; 0 for an unknown UUID."""
        if _NUMBER.fullmatch(self.path_value):
            return int(self.path_value)
        name, spec = next(iter(self.operation.path.items()))
        if spec.kind != "ref":
            raise invalid(name)
        account, uuid = self.account, decode_uuid(self.path_value)
        scheduled = (*account.scheduled_meetings, *account.scheduled_webinars)
        instance = None if uuid is None else account.instance(uuid)
        return instance.id if instance else next((each.id for each in scheduled if each.uuid == uuid), 0)

    def _names_webinar(self) -> bool:
        """Return whether the path has a webinar's number instead of a meeting's, and the operation an error for it."""
        has_error = (400, 3000) in self.operation.errors and self.operation.name not in _OTHER_MEANING_OF_3000
        webinar = self.account.scheduled_webinar(self._meeting_number())
        return has_error and not self.is_webinar and webinar is not None and not webinar.deleted

    def check_scheduling(self, host: Host) -> None:
        """Raise the error if *host* may not schedule, or only *host* or another account may manage the webinars."""
        if host.other_account:
            raise self._elsewhere()
        features: tuple[Feature, ...] = ("webinars", "management") if self.is_webinar else ("scheduling",)
        for feature in features:
            self.check_feature(host, feature)

    def _elsewhere(self) -> ErrorResponse:
        """Return the error for what belongs to another account; an operation without one has that of the others."""
        status = next((status for status, code in self.operation.errors if code == _OTHER_ACCOUNT_CODE), None)
        if status is None and self.is_webinar:
            return ErrorResponse(400, 200, "No permission.")
        return in_another_account(status or 400)

    def managed_meeting(self, *, unknown_code: int = 3001, deleted: bool = False) -> ScheduledMeeting:
        """Return the same as `meeting`; raise an error if only its host may manage it."""
        meeting = self.meeting(unknown_code=unknown_code, deleted=deleted)
        check_feature(meeting.host, "management")
        return meeting

    def instances_between(self, first: date, last: date, *, host: Host | None = None) -> list[Instance]:
        """Return the instances of these days that Zoom lists by now, of all hosts or of one, the oldest first."""
        own = self.account.instances_between(first, last, host=host)
        return [each for each in self.listed(own) if not each.host.other_account]

    def instances(self) -> list[Instance]:
        """Return the listed instances of the meeting number in the path, the oldest first; a UUID is not found."""
        known = self.account.instances_of(int(self.path_value)) if _NUMBER.fullmatch(self.path_value) else []
        instances = self.listed(known)
        if not instances or instances[0].webinar is not self.is_webinar:
            raise no_such_meeting(self.path_value, webinar=self.is_webinar)
        if instances[0].host.other_account:
            raise self._elsewhere()
        return instances

    def instance(self, *, either_kind: bool = False, max_age_months: int | None = _YEAR_MONTHS) -> Instance:
        """Return the instance in the path; raise an error if it is older than *max_age_months*.

        It has to be of the operation's kind, a meeting or a webinar, unless *either_kind* is allowed. An instance whose
        reports are not ready counts as unknown.
        """
        instance = self._instance_or_none()
        is_right = instance is not None and (either_kind or instance.webinar is self.is_webinar)
        if instance is None or not is_right or not instance.has_reports(self.now):
            raise no_such_meeting(self.path_value, webinar=self.is_webinar)
        if instance.host.other_account:
            raise self._elsewhere()
        if max_age_months is not None and instance.day < months_before(self.today, max_age_months):
            raise ErrorResponse(400, 12702, "You are not allowed to query data that is more than one year old.")
        return instance

    def _instance_or_none(self) -> Instance | None:
        if _NUMBER.fullmatch(self.path_value):
            return next(reversed(self.account.instances_of(int(self.path_value))), None)
        uuid = decode_uuid(self.path_value)
        return None if uuid is None else self.account.instance(uuid)


def decode_uuid(segment: str) -> str | None:
    """Return the UUID in a path segment, or None if Zoom would not find it.

    Zoom decodes a path twice and splits it after the first time. A single slash within a UUID does no harm then, but a
    leading or doubled slash does. A UUID that is encoded twice is always found.
    """
    once = unquote(segment)
    if once.startswith("/") or "//" in once:
        return None
    return unquote(once)
