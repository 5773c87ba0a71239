"""A request as the handlers see it: authenticated, its path, its parameter names and its body already checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar
from urllib.parse import unquote

from ..account.account import Account
from ..account.host import Host
from ..account.instance import Instance
from ..account.meeting import Json, ScheduledMeeting
from ..enforcement.resource_quotas import ResourceQuotas
from ..handlers.instance_rows import Row
from .errors import (
    in_another_account,
    invalid,
    may_not_schedule,
    no_such_instance,
    no_such_meeting,
    no_such_user,
    not_the_host,
    too_old,
)
from .page_tokens import Page, PageTokens
from .query import Query
from .times import months_before

T = TypeVar("T")

_NUMBER: Final = re.compile(r"\d{1,19}", re.ASCII)
_YEAR_MONTHS: Final = 12


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What one request asks of the account.

    *path* and *values*, the segments of it that placeholders stand for, are as they came over the wire. *now* is UTC.
    """

    account: Account
    today: date
    now: datetime
    path: str
    values: tuple[str, ...]
    query: Query
    body: Json
    pager: PageTokens
    quota: ResourceQuotas

    @property
    def value(self) -> str:
        """What the first placeholder stands for."""
        return self.values[0]

    def page(self, items: Sequence[T], row: Callable[[T], Row]) -> Page:
        """Return the page of *items* that is asked for."""
        return self.pager.page(self.path, self.query, items, row)

    def user(self, *, unknown: int = 1001) -> Host:
        """Return the user that the path names by id or e-mail address; *unknown* is the code for a stranger."""
        name = unquote(self.value)
        user = self.account.host(name)
        if user is None:
            raise no_such_user(name, unknown)
        return user

    def scheduler(self) -> Host:
        """Return the user that the path names, provided that scheduling is allowed."""
        user = self.user()
        if "scheduling" in user.switched_off:
            raise may_not_schedule()
        return user

    def meeting(self, *, unknown: int = 3001, deleted: bool = False) -> ScheduledMeeting:
        """Return the scheduled meeting whose number the path starts with; *unknown* is the code when there is none.

        One that was deleted is unknown, unless *deleted* asks for it.
        """
        if not _NUMBER.fullmatch(self.value):
            raise invalid("meetingId")
        meeting = self.account.scheduled_meeting(int(self.value))
        if meeting is None or (meeting.deleted and not deleted):
            raise no_such_meeting(self.value, code=unknown)
        if "scheduling" in meeting.host.switched_off:
            raise may_not_schedule()
        return meeting

    def managed(self, *, unknown: int = 3001, deleted: bool = False) -> ScheduledMeeting:
        """Return the scheduled meeting as `meeting` does, provided that it is ours to manage."""
        meeting = self.meeting(unknown=unknown, deleted=deleted)
        if meeting.host.elsewhere:
            raise in_another_account()
        if "management" in meeting.host.switched_off:
            raise not_the_host()
        return meeting

    def instances_of(self) -> list[Instance]:
        """Return the instances of the meeting number in the path, the oldest first; a UUID is no number."""
        found = self.account.instances_of(int(self.value)) if _NUMBER.fullmatch(self.value) else []
        if not found or found[0].webinar:
            raise no_such_instance(self.value)
        return found

    def instance(
        self, *, webinar: bool = False, months: int | None = _YEAR_MONTHS, elsewhere: int | None = None
    ) -> Instance:
        """Return the session that the path names, provided it is of the asked kind and no older than *months*.

        *elsewhere* is the HTTP status for one of another account, where the reference has a refusal for that.
        """
        instance = self._named()
        if instance is None or instance.webinar is not webinar:
            raise no_such_instance(self.value)
        if elsewhere is not None and instance.host.elsewhere:
            raise in_another_account(elsewhere)
        if months is not None and instance.day < months_before(self.today, months):
            raise too_old()
        return instance

    def _named(self) -> Instance | None:
        if _NUMBER.fullmatch(self.value):
            return next(reversed(self.account.instances_of(int(self.value))), None)
        uuid = uuid_on_the_wire(self.value)
        return None if uuid is None else self.account.instance(uuid)


def uuid_on_the_wire(segment: str) -> str | None:
    """Return the UUID that a path segment stands for, or None for one that Zoom would lose on its way.

    Zoom decodes a path twice. A slash that shows after the first time is taken for a part of the path: harmless inside
    a UUID, fatal at its start or when doubled. Encoding twice always works.
    """
    once = unquote(segment)
    if once.startswith("/") or "//" in once:
        return None
    return unquote(once)
