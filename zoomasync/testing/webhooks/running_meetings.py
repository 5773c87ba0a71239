"""Meetings and webinars that run: their start, the people who join and leave, and their end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..account import defaults
from ..account.account import Account
from ..account.instance import Instance, Visit
from ..account.meeting import ScheduledMeeting
from .announcements import Announcements

_FIRST_USER_ID = 16_778_240


@dataclass(kw_only=True)
class _Running:
    uuid: str
    start: datetime
    visits: list[Visit] = field(default_factory=list[Visit])


class RunningMeetings:
    """The meetings and webinars that `FakeZoom.start_meeting` has started, until their end."""

    def __init__(self, account: Account, now: Callable[[], datetime], announcements: Announcements) -> None:
        self._account = account
        self._now = now
        self._announcements = announcements
        self._running: dict[tuple[bool, int], _Running] = {}
        self._started = 0
        self._joined = 0

    def start(self, meeting: ScheduledMeeting) -> None:
        """Start *meeting*. Raises ValueError if it runs, or is deleted."""
        if meeting.status == "started" or meeting.deleted:
            raise ValueError(f"{meeting.topic!r} {'is deleted' if meeting.deleted else 'has started already'}")
        self._started += 1
        running = _Running(uuid=defaults.uuid(self._started, "running"), start=self._now())
        self._running[_key(meeting)] = running
        meeting.start()
        self._announcements.started(meeting, running.uuid, running.start)

    def join(self, meeting: ScheduledMeeting, name: str, email: str, registrant_id: str) -> Visit:
        """Let a person join *meeting*, and return the visit. Raises ValueError if it does not run."""
        running, user = self._found(meeting), self._account.host(email) if email else None
        self._joined += 1
        visit = Visit(
            user_id=str(_FIRST_USER_ID + 1024 * self._joined),
            name=name,
            join_time=self._now(),
            leave_time=None,
            id=user.id if user else "",
            user_email=email,
            registrant_id=registrant_id,
            internal_user=user is not None,
        )
        running.visits.append(visit)
        self._announcements.joined(meeting, running.uuid, running.start, visit)
        return visit

    def leave(self, meeting: ScheduledMeeting, visit: Visit) -> None:
        """End *visit*. Raises ValueError if the person is not in the meeting."""
        running = self._found(meeting)
        if visit not in running.visits or visit.leave_time is not None:
            raise ValueError(f"{visit.name!r} is not in {meeting.topic!r}")
        ended = replace(visit, leave_time=self._now())
        running.visits[running.visits.index(visit)] = ended
        self._announcements.left(meeting, running.uuid, running.start, ended)

    def end_any(self, meeting: ScheduledMeeting) -> None:
        """End *meeting*, which a test may have started by itself: then it does not become an instance."""
        if _key(meeting) in self._running:
            self.end(meeting)
        else:
            meeting.end()
            self._announcements.ended(meeting, meeting.uuid, meeting.start_time or meeting.created_at)

    def end(self, meeting: ScheduledMeeting) -> Instance:
        """End *meeting* and everybody's visit, and return it as a past instance, which the account has from now on.

        Raises ValueError if it does not run.
        """
        running, now = self._found(meeting), self._now()
        del self._running[_key(meeting)]
        meeting.end()
        for visit in running.visits:
            if visit.leave_time is None:
                gone = replace(visit, leave_time=now)
                self._announcements.left(meeting, running.uuid, running.start, gone, host_ended=True)
        self._announcements.ended(meeting, running.uuid, running.start)
        instance = Instance(
            uuid=running.uuid,
            id=meeting.id,
            topic=meeting.topic,
            type=meeting.type,
            host=meeting.host,
            start_time=running.start,
            end_time=max(now, running.start + timedelta(seconds=1)),
            participants=tuple(each if each.leave_time else replace(each, leave_time=now) for each in running.visits),
        )
        self._account.instances.append(instance)
        return instance

    def _found(self, meeting: ScheduledMeeting) -> _Running:
        running = self._running.get(_key(meeting))
        if running is None or meeting.status != "started":
            raise ValueError(f"{meeting.topic!r} does not run: start it with start_meeting()")
        return running


def _key(meeting: ScheduledMeeting) -> tuple[bool, int]:
    return meeting.is_webinar, meeting.id
