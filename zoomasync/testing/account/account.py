"""The account behind a fake Zoom: its users, its ended sessions, its scheduled meetings and its ledgers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from ..protocol.times import utc_today
from ..simulation import instances as _simulate
from ..simulation import ledger as _simulate_ledger
from ..simulation import meetings as _simulate_meetings
from ..simulation.random_source import Chance
from . import defaults as _build
from . import scheduling as _schedule
from .host import Feature, Host, PacAccount
from .instance import Asker, Instance, PollResponse, Summary, Survey, Visit
from .ledger import Activity, BillingReport, OperationLog, RecordingStorage, TelephoneLeg, UpcomingEvent
from .meeting import (
    FIXED_TIME,
    INSTANT,
    NO_FIXED_TIME,
    MeetingTemplate,
    MeetingType,
    Poll,
    Registrant,
    ScheduledMeeting,
)
from .recurrence import occurrences


@dataclass(kw_only=True)
class Account:
    """A Zoom account: append to its lists whatever a test needs; the leaves are frozen, scheduled meetings change.

    `today` is the UTC day from which the look-back limits count.
    """

    today: date = field(default_factory=utc_today)
    id: str = "aCc0uNtNorthpier2026zZ"
    name: str = "Northpier"
    currency: str = "EUR"
    hosts: list[Host] = field(default_factory=list[Host])
    instances: list[Instance] = field(default_factory=list[Instance])
    activities: list[Activity] = field(default_factory=list[Activity])
    operation_logs: list[OperationLog] = field(default_factory=list[OperationLog])
    telephone_legs: list[TelephoneLeg] = field(default_factory=list[TelephoneLeg])
    billing_reports: list[BillingReport] = field(default_factory=list[BillingReport])
    upcoming_events: list[UpcomingEvent] = field(default_factory=list[UpcomingEvent])
    recording_storage: list[RecordingStorage] = field(default_factory=list[RecordingStorage])
    scheduled: list[ScheduledMeeting] = field(default_factory=list[ScheduledMeeting])
    templates: list[MeetingTemplate] = field(default_factory=list[MeetingTemplate])

    @classmethod
    def simulated(
        cls,
        seed: int = 7,
        *,
        today: date | None = None,
        hosts: int = 8,
        idle_hosts: int = 2,
        months: int = 6,
        instances_per_month: int = 65,
    ) -> Account:
        """Invent a lively account, the same one for the same arguments on every machine.

        Of *hosts* users the last *idle_hosts* host nothing. Beside the *instances_per_month* there are oddities that every
        client should survive: UUIDs with slashes, rosters of exactly one page and of several, guests who rejoin,
        sessions at the very edges of months. Active hosts have meetings scheduled, one of them with 650 registrants.
        """
        rng, today = Chance(seed), today or utc_today()
        users = _simulate.hosts(rng, hosts, today)
        active = users[: max(hosts - idle_hosts, 0)]
        instances = _simulate.instances(rng, active, today, months=months, a_month=instances_per_month)
        scheduled = _simulate_meetings.meetings(Chance(seed), active, today)
        return cls(
            today=today,
            hosts=users,
            instances=instances,
            scheduled=scheduled,
            templates=_simulate_meetings.templates(scheduled),
            activities=_simulate_ledger.activities(rng, users, today, months),
            operation_logs=_simulate_ledger.operation_logs(rng, today, months),
            telephone_legs=_simulate_ledger.telephone_legs(rng, instances),
            billing_reports=_simulate_ledger.billing_reports(today, months),
            upcoming_events=_simulate_ledger.upcoming_events(rng, active, today),
            recording_storage=_simulate_ledger.recording_storage(rng, today, months),
        )

    def add_host(
        self,
        name: str = "",
        *,
        id: str | None = None,
        email: str | None = None,
        dept: str = "",
        group_ids: Iterable[str] = (),
        switched_off: Iterable[Feature] = (),
        pac_accounts: Iterable[PacAccount] | None = None,
        elsewhere: bool = False,
    ) -> Host:
        """Add a licensed user; what is left out is numbered by order of arrival."""
        number = len(self.hosts) + 1
        host = Host(
            id=id or _build.user_id(number),
            email=email or f"host{number}@northpier.example",
            name=name or f"Host {number}",
            dept=dept,
            group_ids=tuple(group_ids),
            switched_off=frozenset(switched_off),
            pac_accounts=None if pac_accounts is None else tuple(pac_accounts),
            pmi=str(5_550_100_200 + number),
            elsewhere=elsewhere,
        )
        self.hosts.append(host)
        return host

    def add_instance(  # noqa: PLR0913 - every fact of a session has a default
        self,
        host: Host | None = None,
        *,
        participants: int | Iterable[Visit] = 2,
        start: datetime | None = None,
        minutes: int = 30,
        uuid: str | None = None,
        id: int | None = None,
        type: int = 2,
        topic: str = "Weekly round",
        polls: int | Iterable[PollResponse] = 0,
        qa: int | Iterable[Asker] = 0,
        survey: int | Survey | None = None,
        summary: bool | Summary = False,
    ) -> Instance:
        """Add an ended session; a count in place of a list invents so many entries.

        Of *participants* people the first is the host and the others are guests, one stay each. Without *start* it
        began yesterday at nine, UTC. Types 5, 6 and 9 make it a webinar. The same *id* again is another instance.
        """
        host = host or (self.hosts[0] if self.hosts else self.add_host())
        number = len(self.instances) + 1
        start = start or datetime.combine(self.today - timedelta(days=1), time(9), UTC)
        end = start + timedelta(minutes=minutes)
        instance = Instance(
            uuid=uuid or _build.uuid(number),
            id=id or 84_000_000_000 + number,
            topic=topic,
            type=type,
            host=host,
            start_time=start,
            end_time=end,
            participants=_build.visits(participants, host, start, end),
            polls=_build.polls(polls, start),
            qa=_build.qa(qa, start),
            survey=_build.survey(survey, end),
            summary=_build.summary(summary),
            has_meeting_summary=bool(summary),
        )
        self.instances.append(instance)
        return instance

    def add_meeting(  # noqa: PLR0913 - every fact of a meeting has a default
        self,
        host: Host | None = None,
        *,
        registrants: int | Iterable[Registrant] = 0,
        polls: int | Iterable[Poll] = 0,
        approval_type: Literal[0, 1, 2] = 0,
        type: MeetingType = 2,
        start_time: datetime | None = None,
        duration: int = 60,
        topic: str = "Weekly round",
        id: int | None = None,
        recurrence: Mapping[str, object] | None = None,
        settings: Mapping[str, object] | None = None,
        capacity: int = 4_999,
    ) -> ScheduledMeeting:
        """Schedule a meeting; a count in place of a list invents so many entries.

        Registration is on, without approval: *approval_type* is 1 for approval by hand, where invented registrants are
        still to be approved, and 2 for no registration. Without *start_time* it starts tomorrow at nine, UTC. One of
        type 8 recurs for four weeks unless *recurrence* says else, in Zoom's words; so are *settings*.
        """
        host = host or (self.hosts[0] if self.hosts else self.add_host())
        number = id or self.next_number()
        created = datetime.combine(self.today - timedelta(days=30), time(9), UTC)
        start = start_time or datetime.combine(self.today + timedelta(days=1), time(9), UTC)
        rule = dict(recurrence or _schedule.weekly(start, 4)) if type == FIXED_TIME else None
        meeting = ScheduledMeeting(
            id=number,
            uuid=_build.uuid(number, "meeting"),
            host=host,
            topic=topic,
            created_at=created,
            type=type,
            start_time=None if type in {INSTANT, NO_FIXED_TIME} else start,
            duration=duration,
            settings={"approval_type": approval_type, **(settings or {})},
            recurrence=rule,
            occurrences=occurrences(start, duration, "UTC", rule) if rule else (),
            registrants=_schedule.registrants(registrants, number, created, waiting=approval_type == 1),
            polls=_schedule.polls(polls, number),
            capacity=capacity,
        )
        self.scheduled.append(meeting)
        return meeting

    def scheduled_meeting(self, number: int) -> ScheduledMeeting | None:
        """Return the scheduled meeting with this number, deleted or not, if there is one."""
        return next((each for each in self.scheduled if each.id == number), None)

    def next_number(self) -> int:
        """Return a number that no scheduled meeting has."""
        return max((each.id for each in self.scheduled), default=85_000_000_000) + 1

    def host(self, user: str) -> Host | None:
        """Return the user with this id or e-mail address, if there is one."""
        return next((each for each in self.hosts if user in {each.id, each.email}), None)

    def instances_of(self, number: int) -> list[Instance]:
        """Return all ended sessions of one meeting or webinar number, the oldest first."""
        return sorted((each for each in self.instances if each.id == number), key=_by_start)

    def instance(self, uuid: str) -> Instance | None:
        """Return the session with this UUID, if there is one."""
        return next((each for each in self.instances if each.uuid == uuid), None)

    def instances_between(self, first: date, last: date, *, host: Host | None = None) -> list[Instance]:
        """Return the sessions that started on these UTC days, both included, the oldest first."""
        chosen = (each for each in self.instances if first <= each.day <= last and (host is None or each.host == host))
        return sorted(chosen, key=_by_start)


def _by_start(instance: Instance) -> tuple[datetime, str]:
    return instance.start_time, instance.uuid
