"""The simulated account: its users, past instances, scheduled meetings and account records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from ..protocol.times import at, utc_today
from ..simulation.instances import simulate_hosts, simulate_instances, simulate_other_users
from ..simulation.meetings import simulate_meetings, simulate_templates, simulate_webinars
from ..simulation.recordings import simulate_recordings
from ..simulation.records import (
    simulate_activities,
    simulate_billing_reports,
    simulate_meeting_activities,
    simulate_operation_logs,
    simulate_recording_storage,
    simulate_remote_supports,
    simulate_telephone_legs,
    simulate_upcoming_events,
)
from ..simulation.seeded_random import SeededRandom
from . import defaults, scheduling
from .host import Feature, Host, PacAccount, UserStatus
from .index import InstanceIndex, UserIndex
from .instance import Asker, Instance, PollResponse, Summary, Survey, Visit
from .meeting import (
    MANUAL_APPROVAL,
    TYPES_WITH_OCCURRENCES,
    TYPES_WITHOUT_START,
    MeetingTemplate,
    MeetingType,
    Panelist,
    Poll,
    Registrant,
    ScheduledMeeting,
)
from .recording import Recording, RecordingFile, RecordingView
from .records import (
    Activity,
    BillingReport,
    MeetingActivity,
    OperationLog,
    RecordingStorage,
    RemoteSupport,
    TelephoneLeg,
    UpcomingEvent,
)
from .recurrence import occurrences

AccountFeature: TypeAlias = Literal["paid_plan", "webinar_plan", "department_billing", "audio_plan", "toll_report"]


@dataclass(kw_only=True)
class Account:
    """The data of a simulated Zoom account. A test may change any of its lists, also while the account is served.

    Scheduled meetings, webinars and recordings are mutable; everything else in the lists is frozen. *today* is the UTC
    day from which the look-back limits count. *other_users* are those whose status is inactive or pending. The files of
    recordings take at most *storage* bytes outside the trash; None is no limit. Reports that need one of the
    *disabled_features* fail with the error that Zoom has for it::

        account.disabled_features.add("department_billing")
    """

    today: date = field(default_factory=utc_today)
    id: str = "aCc0uNtNorthpier2026zZ"
    name: str = "Northpier"
    currency: str = "EUR"
    hosts: list[Host] = field(default_factory=list[Host])
    other_users: list[Host] = field(default_factory=list[Host])
    instances: list[Instance] = field(default_factory=list[Instance])
    activities: list[Activity] = field(default_factory=list[Activity])
    meeting_activities: list[MeetingActivity] = field(default_factory=list[MeetingActivity])
    operation_logs: list[OperationLog] = field(default_factory=list[OperationLog])
    remote_supports: list[RemoteSupport] = field(default_factory=list[RemoteSupport])
    telephone_legs: list[TelephoneLeg] = field(default_factory=list[TelephoneLeg])
    billing_reports: list[BillingReport] = field(default_factory=list[BillingReport])
    upcoming_events: list[UpcomingEvent] = field(default_factory=list[UpcomingEvent])
    recording_storage: list[RecordingStorage] = field(default_factory=list[RecordingStorage])
    scheduled_meetings: list[ScheduledMeeting] = field(default_factory=list[ScheduledMeeting])
    scheduled_webinars: list[ScheduledMeeting] = field(default_factory=list[ScheduledMeeting])
    templates: list[MeetingTemplate] = field(default_factory=list[MeetingTemplate])
    recordings: list[Recording] = field(default_factory=list[Recording])
    storage: int | None = None
    disabled_features: set[AccountFeature] = field(default_factory=set[AccountFeature])
    _user_index: UserIndex = field(default_factory=UserIndex, init=False, repr=False, compare=False)
    _instance_index: InstanceIndex = field(default_factory=InstanceIndex, init=False, repr=False, compare=False)

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
        """Create an account with random data; the same arguments give the same account on every machine.

        Each *seed* gives an account of its own, with an id of its own.

        The account has *hosts* users; the last *idle_hosts* of them have neither instances nor scheduled meetings. The
        others held *instances_per_month* meetings and webinars per month in the *months* before *today* (a UTC day, the
        present one by default). They have five scheduled meetings each, of which one has 650 registrants. The first two
        of them have three scheduled webinars each. Some of the scheduled numbers have been held before. There are
        recordings, users who are inactive or pending, and account records of every kind.

        A few more instances cover cases that a client must handle: UUIDs with slashes, participant lists of exactly
        one page and of several, guests who rejoin, and starts in the first or last minute of a month.

        Raises ValueError if a count is negative.
        """
        if min(hosts, idle_hosts, months, instances_per_month) < 0:
            raise ValueError("hosts, idle_hosts, months and instances_per_month cannot be negative")
        rng, today = SeededRandom(seed), today or utc_today()
        users = simulate_hosts(rng, hosts, today)
        active = users[: max(hosts - idle_hosts, 0)]
        instances = simulate_instances(rng, active, today, months=months, per_month=instances_per_month)
        # Meetings and recordings have generators of their own, so that a change to them does not change the instances.
        scheduled = simulate_meetings(SeededRandom(seed), active, today, instances)
        webinars = simulate_webinars(SeededRandom(f"webinars {seed}"), active, today, instances)
        return cls(
            today=today,
            id=defaults.opaque_id("account", seed),
            hosts=users,
            other_users=simulate_other_users(today),
            instances=instances,
            scheduled_meetings=scheduled,
            scheduled_webinars=webinars,
            templates=simulate_templates([*scheduled, *webinars]),
            recordings=simulate_recordings(SeededRandom(seed), instances, today),
            activities=simulate_activities(rng, users, today, months),
            # Generators of their own keep the other data as they are.
            meeting_activities=simulate_meeting_activities(SeededRandom(f"activities {seed}"), instances),
            remote_supports=simulate_remote_supports(SeededRandom(f"supports {seed}"), instances),
            operation_logs=simulate_operation_logs(rng, today, months),
            telephone_legs=simulate_telephone_legs(rng, instances),
            billing_reports=simulate_billing_reports(today, months),
            upcoming_events=simulate_upcoming_events(rng, active, today),
            recording_storage=simulate_recording_storage(rng, today, months),
        )

    def add_host(
        self,
        name: str = "",
        *,
        id: str | None = None,
        email: str | None = None,
        dept: str = "",
        group_ids: Iterable[str] = (),
        disabled_features: Iterable[Feature] = (),
        pac_accounts: Iterable[PacAccount] | None = None,
        other_account: bool = False,
        status: UserStatus = "active",
    ) -> Host:
        """Add a licensed user and return it; one whose *status* is inactive or pending is one of the `other_users`.

        By default the n-th user is "Host n" with the address `hostn@northpier.example`, has all features, and has no
        personal audio conferences (*pac_accounts* is None). `Host` explains the other arguments.
        """
        number = len(self.users) + 1
        host = Host(
            id="" if status == "pending" else id or defaults.opaque_id("user", number),
            email=email or f"host{number}@northpier.example",
            name=name or f"Host {number}",
            dept=dept,
            group_ids=tuple(group_ids),
            disabled_features=frozenset(disabled_features),
            pac_accounts=None if pac_accounts is None else tuple(pac_accounts),
            pmi=str(5_550_100_200 + number),
            other_account=other_account,
            status=status,
        )
        (self.hosts if status == "active" else self.other_users).append(host)
        return host

    def add_instance(  # noqa: PLR0913 - every field of an instance has a default
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
        listed_at: datetime | None = None,
        reports_ready_at: datetime | None = None,
    ) -> Instance:
        """Add one past meeting or webinar and return it.

        By default it is a meeting of two people, held by the first user (added if there is none). It started yesterday
        at 09:00 UTC, lasted 30 *minutes*, and has a new UUID and a new number. Pass the *id* of another instance to
        add a further instance of the same meeting. A *type* of 5, 6 or 9 makes it a webinar. *start* is aware and in
        UTC.

        A count creates default values: *participants* so many visits, of the host and of guests, that last from start
        to end; *polls* and *survey* so many responses, *qa* so many people with one question each. Without *survey*
        there is none; a *summary* of True is a default one. Raises ValueError if a count is negative.

        Lists leave the instance out until *listed_at*, and its reports are 404 with code 3001 until *reports_ready_at*.
        `FakeZoom(now=...)` decides the time::

            ready = datetime.now(UTC) + timedelta(hours=6)
            account.add_instance(reports_ready_at=ready)
        """
        host = host or self._default_host()
        number = len(self.instances) + 1
        start = start or at(self.today, 9, days=-1)
        end = start + timedelta(minutes=minutes)
        instance = Instance(
            uuid=uuid or defaults.uuid(number),
            id=id or 84_000_000_000 + number,
            topic=topic,
            type=type,
            host=host,
            start_time=start,
            end_time=end,
            participants=defaults.visits(participants, host, start, end),
            polls=defaults.polls(polls, start),
            qa=defaults.qa(qa, start),
            survey=defaults.survey(survey, end),
            summary=defaults.summary(summary),
            has_meeting_summary=bool(summary),
            listed_at=listed_at,
            reports_ready_at=reports_ready_at,
        )
        self.instances.append(instance)
        return instance

    def add_meeting(  # noqa: PLR0913 - every field of a meeting has a default
        self,
        host: Host | None = None,
        *,
        registrants: int | Iterable[Registrant] = 0,
        polls: int | Iterable[Poll] = 0,
        panelists: int | Iterable[Panelist] = 0,
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
        """Schedule a meeting or webinar and return it; a *type* of 5, 6 or 9 makes it a webinar.

        By default it is a meeting with a new number. It belongs to the first user (added if there is none), starts
        tomorrow at 09:00 UTC and lasts 60 minutes (*duration*). *approval_type* is 0 for registration without approval,
        1 for manual approval and 2 for no registration. *settings* and *recurrence* are in the API's format;
        *recurrence* counts for the types 8 and 9 only, which have four weekly occurrences by default.

        A count of *registrants* creates so many, pending if approval is manual and else approved; a count of *polls*
        creates so many with one question each, and a count of *panelists* so many for a webinar. Raises ValueError if a
        count is negative.
        """
        host = host or self._default_host()
        number = id or self.next_meeting_number()
        created = at(self.today, 9, days=-30)
        start = start_time or at(self.today, 9, days=1)
        rule = dict(recurrence or scheduling.weekly(start, 4)) if type in TYPES_WITH_OCCURRENCES else None
        meeting = ScheduledMeeting(
            id=number,
            uuid=defaults.uuid(number, "meeting"),
            host=host,
            topic=topic,
            created_at=created,
            type=type,
            start_time=None if type in TYPES_WITHOUT_START else start,
            duration=duration,
            settings={"approval_type": approval_type, **(settings or {})},
            recurrence=rule,
            occurrences=occurrences(start, duration, "UTC", rule) if rule else (),
            registrants=scheduling.registrants(registrants, number, created, pending=approval_type == MANUAL_APPROVAL),
            polls=scheduling.polls(polls, number),
            panelists=scheduling.panelists(panelists, number),
            capacity=capacity,
        )
        (self.scheduled_webinars if meeting.is_webinar else self.scheduled_meetings).append(meeting)
        return meeting

    def add_recording(
        self,
        instance: Instance | None = None,
        *,
        files: int | Iterable[RecordingFile] = 1,
        password: str = "",
        registrants: int | Iterable[Registrant] = 0,
        views: int | Iterable[RecordingView] = 0,
        settings: Mapping[str, object] | None = None,
        listed_at: datetime | None = None,
    ) -> Recording:
        """Add the cloud recording of an instance (a new one unless given) and return it.

        A count of *files* creates so many, of 4 KB each. The fake serves their bytes to `zoom.recordings.download`.
        *settings* are in the API's format. A count of *registrants* creates so many, pending if approval is manual and
        else approved. A count of *views* creates so many of one minute each, on the hours after the end of the
        instance. Lists leave the recording out until *listed_at*, by the fake's clock. Raises ValueError if a count is
        negative.
        """
        instance = instance or self.add_instance()
        recording = Recording.of(instance)
        recording.listed_at = listed_at
        recording.password = password
        recording.files = defaults.recording_files(files, instance.uuid)
        recording.settings = dict(settings or {})
        recording.views = defaults.recording_views(views, instance.end_time)
        recording.registrants = scheduling.registrants(
            registrants, recording.id, instance.end_time, pending=recording.approval_type == MANUAL_APPROVAL
        )
        self.recordings.append(recording)
        return recording

    def recording_file(self, file_id: str) -> RecordingFile | None:
        """Return the recording file with this id, which may be in the trash, or None."""
        return next((file for each in self.recordings for file in each.files if file.id == file_id), None)

    def storage_used(self, now: datetime) -> int:
        """Return the bytes of all files of recordings that are not in the trash at *now*."""
        return sum(len(file.content) for each in self.recordings for file in each.files_in("available", now=now))

    @property
    def users(self) -> list[Host]:
        """The hosts and the other users."""
        return [*self.hosts, *self.other_users]

    def scheduled_meeting(self, number: int) -> ScheduledMeeting | None:
        """Return the scheduled meeting with this number, which may be deleted, or None."""
        return next((each for each in self.scheduled_meetings if each.id == number), None)

    def scheduled_webinar(self, number: int) -> ScheduledMeeting | None:
        """Return the scheduled webinar with this number, which may be deleted, or None."""
        return next((each for each in self.scheduled_webinars if each.id == number), None)

    def next_meeting_number(self) -> int:
        """Return a number that is higher than that of any scheduled meeting or webinar."""
        scheduled = (*self.scheduled_meetings, *self.scheduled_webinars)
        return max((each.id for each in scheduled), default=85_000_000_000) + 1

    def host(self, user: str) -> Host | None:
        """Return the user with this id or e-mail address, or None."""
        return self._user_index.find(self.users, user)

    def instances_of(self, number: int) -> list[Instance]:
        """Return all instances of the meeting or webinar with this number, the oldest first; empty if unknown."""
        return self._instance_index.with_number(self.instances, number)

    def instance(self, uuid: str) -> Instance | None:
        """Return the instance with this UUID, without any percent-encoding, or None."""
        return self._instance_index.with_uuid(self.instances, uuid)

    def instances_between(self, first: date, last: date, *, host: Host | None = None) -> list[Instance]:
        """Return the instances that started on the UTC days *first* to *last*, both included, the oldest first."""
        return self._instance_index.between(self.instances, first, last, host)

    def _default_host(self) -> Host:
        return self.hosts[0] if self.hosts else self.add_host()
