"""The things that webhook events are about: instances, scheduled meetings, people and recordings.

Every field may be missing, except the one that identifies the thing. Text may be empty, as Zoom sends it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from ..models.custom_fields import MeetingTrackingField
from ..models.field_types import Day, Id, Timestamp
from ..models.meeting_settings import MeetingSettings
from ..models.meetings import Occurrence
from ..models.recordings import ParticipantAudioFile, RecordingFile
from ..models.registrants import (
    CustomAnswer,
    NumberOfEmployees,
    PurchaseRole,
    PurchasingTimeFrame,
    RegistrantStatus,
)
from ..models.secret_fields import MaskedStruct, Secret
from ..models.webinars import WebinarSettings

InstanceType: TypeAlias = Literal[1, 2, 3, 4, 5, 6, 7, 8, 9, 10] | int


class Instance(MaskedStruct, frozen=True, kw_only=True):
    """One meeting or webinar that runs or has ended, named by *uuid*; *id* is the number of the meeting or webinar.

    *type* is as in `MeetingBasics`, 5, 6 and 9 are webinars. *duration* is the scheduled one in minutes, 0 for a
    personal meeting room.
    """

    uuid: Id
    id: int | None = None
    host_id: str | None = None
    topic: str | None = None
    type: InstanceType | None = None
    start_time: Timestamp | None = None
    timezone: str | None = None
    duration: int | None = None


class EndedInstance(Instance, frozen=True, kw_only=True):
    """An instance that has ended."""

    end_time: Timestamp | None = None


class InstanceWithIssues(Instance, frozen=True, kw_only=True):
    """An instance whose quality is bad: *issues* describes it, such as "Unstable audio quality"."""

    issues: tuple[str, ...] = ()


class Participant(Struct, frozen=True, kw_only=True):
    """A person who joined or left an instance.

    *id* and *participant_user_id* are the Zoom user's id, and with *email* are empty for people who are not signed in.
    *user_id* identifies the person within the instance only, and may be given to another person later.
    *participant_uuid* identifies one stay. *leave_reason* is a text for people.
    """

    user_id: str | None = None
    user_name: str | None = None
    id: str | None = None
    participant_uuid: str | None = None
    participant_user_id: str | None = None
    registrant_id: str | None = None
    customer_key: str | None = None
    email: str | None = None
    phone_number: str | None = None
    join_time: Timestamp | None = None
    leave_time: Timestamp | None = None
    leave_reason: str | None = None
    date_time: Timestamp | None = None
    public_ip: str | None = None
    private_ip: str | None = None


class InstanceWithParticipant(Instance, frozen=True, kw_only=True):
    """An instance that a person joined or left."""

    participant: Participant


class RecordingPeriod(Struct, frozen=True, kw_only=True):
    """The start and end of a recording, which has no end while it runs."""

    recording_start: Timestamp | None = None
    recording_end: Timestamp | None = None


class InstanceWithRecording(Instance, frozen=True, kw_only=True):
    """An instance that is recorded, or was until now."""

    recording_file: RecordingPeriod | None = None


class Recurrence(Struct, frozen=True, kw_only=True):
    """The recurrence of a meeting or webinar, as in `zoomasync.models.Recurrence`; an update may hold a part of it."""

    type: Literal[1, 2, 3] | int | None = None
    repeat_interval: int | None = None
    weekly_days: str | None = None
    monthly_day: int | None = None
    monthly_week: Literal[-1, 1, 2, 3, 4] | int | None = None
    monthly_week_day: Literal[1, 2, 3, 4, 5, 6, 7] | int | None = None
    end_times: int | None = None
    end_date_time: Timestamp | None = None


class ScheduledMeeting(MaskedStruct, frozen=True, kw_only=True):
    """A scheduled meeting or webinar, named by its number *id*. *duration* is in minutes."""

    id: int
    uuid: str | None = None
    host_id: str | None = None
    topic: str | None = None
    type: InstanceType | None = None
    start_time: Timestamp | None = None
    duration: int | None = None
    timezone: str | None = None
    occurrences: tuple[Occurrence, ...] = ()


class MeetingDetails(ScheduledMeeting, frozen=True, kw_only=True):
    """A meeting that was created, or the fields of one that changed."""

    agenda: str | None = None
    join_url: Secret[str] | None = None
    password: Secret[str] | None = None
    pmi: str | None = None
    registration_url: str | None = None
    recurrence: Recurrence | None = None
    tracking_fields: tuple[MeetingTrackingField, ...] = ()
    settings: MeetingSettings | None = None


class WebhookWebinarSettings(WebinarSettings, frozen=True, kw_only=True, omit_defaults=True):
    """The settings of a webinar in an event."""

    use_pmi: bool | None = None


class WebinarDetails(ScheduledMeeting, frozen=True, kw_only=True):
    """A webinar that was created, or the fields of one that changed."""

    agenda: str | None = None
    creation_source: Literal["other", "open_api", "web_portal"] | str | None = None
    join_url: Secret[str] | None = None
    password: Secret[str] | None = None
    registration_url: str | None = None
    recurrence: Recurrence | None = None
    settings: WebhookWebinarSettings | None = None


class TrackingSource(Struct, frozen=True, kw_only=True):
    """The place of the link by which a person came to the registration of a webinar."""

    id: str | None = None
    source_name: str | None = None
    tracking_url: str | None = None


class Registrant(MaskedStruct, frozen=True, kw_only=True):
    """A person who registered.

    Only the event of the registration has the answers and the *status*. *join_url* comes once the person is approved,
    *participant_pin_code* with meetings, *tracking_source* with webinars.
    """

    id: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    address: str | None = None
    city: str | None = None
    country: str | None = None
    zip: str | None = None
    state: str | None = None
    phone: str | None = None
    industry: str | None = None
    org: str | None = None
    job_title: str | None = None
    purchasing_time_frame: PurchasingTimeFrame | None = None
    role_in_purchase_process: PurchaseRole | None = None
    no_of_employees: NumberOfEmployees | None = None
    comments: str | None = None
    custom_questions: tuple[CustomAnswer, ...] = ()
    status: RegistrantStatus | None = None
    join_url: Secret[str] | None = None
    participant_pin_code: Secret[int] | None = None
    tracking_source: TrackingSource | None = None


class MeetingWithRegistrant(ScheduledMeeting, frozen=True, kw_only=True):
    """A meeting or webinar for which a person registered; *occurrences* are those of the registration."""

    registrant: Registrant


class InstanceWithRegistrant(Instance, frozen=True, kw_only=True):
    """An instance whose recording a person registered for."""

    registrant: Registrant


class WebhookRecordingFile(RecordingFile, frozen=True, kw_only=True):
    """One file of a recording, for `zoom.recordings.download` with the event's *download_token*."""

    file_name: str | None = None


class WebhookAudioFile(ParticipantAudioFile, frozen=True, kw_only=True):
    """The audio file of one participant."""

    file_extension: str | None = None


class CloudRecording(Instance, frozen=True, kw_only=True):
    """The cloud recording of one instance. *duration* is in minutes, *total_size* in bytes.

    *share_url* and the *play_url* of a file take *recording_play_passcode* as ``?pwd=``.
    """

    account_id: str | None = None
    host_email: str | None = None
    password: Secret[str] | None = None
    share_url: Secret[str] | None = None
    recording_play_passcode: Secret[str] | None = None
    total_size: int | None = None
    recording_count: int | None = None
    on_prem: bool | None = None
    auto_delete: bool | None = None
    auto_delete_date: Day | None = None
    recording_files: tuple[WebhookRecordingFile, ...] = ()
    participant_audio_files: tuple[WebhookAudioFile, ...] = ()


class RenamedRecording(Struct, frozen=True, kw_only=True):
    """A recording with its name, the *topic*, before or after the change."""

    uuid: Id
    id: int | None = None
    host_id: str | None = None
    topic: str | None = None
    type: InstanceType | None = None


class TrashedRecordings(Struct, frozen=True, kw_only=True):
    """The instances whose recordings were moved to the trash."""

    meeting_uuids: tuple[str, ...] = ()


class RecordingKey(Struct, frozen=True, kw_only=True):
    """Files of the recording of one instance, by id."""

    meeting_uuid: str | None = None
    recording_file_ids: tuple[str, ...] = ()


class RecordingKeys(Struct, frozen=True, kw_only=True):
    """Files of several recordings."""

    meetings: tuple[RecordingKey, ...] = ()
