"""The webhook events: one class per event, named after it.

An event has Zoom's envelope: *event*, *event_ts* and *payload*, with the payload's *account_id*. Its *object* is the
thing that the event is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final, Generic, Literal, TypeVar

from msgspec import Struct

from ..models.field_types import Id, Timestamp
from ..models.secret_fields import MaskedStruct, Secret
from .objects import (
    CloudRecording,
    EndedInstance,
    Instance,
    InstanceWithIssues,
    InstanceWithParticipant,
    InstanceWithRecording,
    InstanceWithRegistrant,
    MeetingDetails,
    MeetingWithRegistrant,
    RecordingKeys,
    RenamedRecording,
    ScheduledMeeting,
    TrashedRecordings,
    WebinarDetails,
)

ObjectT = TypeVar("ObjectT")


class WebhookEvent(MaskedStruct, frozen=True, kw_only=True):
    """An event that Zoom signed.

    *event* is its name, such as "meeting.started", and *event_ts* the time of what happened, which a retry does not
    change. *body* holds the signed bytes.

    *key* is equal for deliveries of the same event, and differs for others. Zoom sends an event again if the answer was
    late, and sometimes twice at once. Such deliveries have the same name, *event_ts* and payload, except for the links
    and the token of a recording; the key is a hash of these without links and token. It does not depend on the
    signature, its timestamp and the other headers, since it is not known whether a retry has the same.
    """

    NAME: ClassVar[str] = ""
    """The name of the event in `EVENTS`; empty for a class of several events."""

    event: str
    event_ts: Timestamp | None = None
    account_id: str | None = None
    key: str
    body: Secret[bytes]


class UnknownEvent(WebhookEvent, frozen=True, kw_only=True):
    """A signed event without a class: one of another name, or of another form than expected.

    *reason* says which, without any value. *payload* is the payload as JSON data, or None if there is none; *event* is
    empty then if even that is missing.
    """

    reason: str
    payload: Secret[dict[str, object]] | None = None


class Payload(MaskedStruct, Generic[ObjectT], frozen=True, kw_only=True):
    """The payload of an event about *object*."""

    account_id: str | None = None
    object: ObjectT


class OperatorPayload(Payload[ObjectT], Generic[ObjectT], frozen=True, kw_only=True):
    """The payload of an event that the user *operator* caused, an e-mail address; *operator_id* is the user's id."""

    operator: str | None = None
    operator_id: str | None = None


class OperationPayload(OperatorPayload[ObjectT], Generic[ObjectT], frozen=True, kw_only=True):
    """The payload of an event about a series: *operation* is "all" for all occurrences, "single" for one of them."""

    operation: Literal["all", "single"] | str | None = None


class RenamingPayload(OperatorPayload[ObjectT], Generic[ObjectT], frozen=True, kw_only=True):
    """The payload of a change, with the *old_object*. *time_stamp* is its time in milliseconds since 1970."""

    old_object: ObjectT | None = None
    time_stamp: int | None = None


class UpdatePayload(RenamingPayload[ObjectT], Generic[ObjectT], frozen=True, kw_only=True):
    """The payload of an update. *object* and *old_object* hold the id and the fields that changed, all else is None."""

    scope: Literal["all", "single"] | str | None = None


class ObjectEvent(WebhookEvent, Generic[ObjectT], frozen=True, kw_only=True):
    """An event about *object*, a part of its *payload*."""

    payload: Payload[ObjectT]

    @property
    def object(self) -> ObjectT:
        """The thing that the event is about."""
        return self.payload.object


class OperatorEvent(ObjectEvent[ObjectT], Generic[ObjectT], frozen=True, kw_only=True):
    """An event that a user caused."""

    payload: OperatorPayload[ObjectT]


class OperationEvent(OperatorEvent[ObjectT], Generic[ObjectT], frozen=True, kw_only=True):
    """An event about all occurrences of a meeting or webinar, or about one."""

    payload: OperationPayload[ObjectT]


class UpdateEvent(OperatorEvent[ObjectT], Generic[ObjectT], frozen=True, kw_only=True):
    """An update of a meeting or webinar."""

    payload: UpdatePayload[ObjectT]


class MeetingCreated(OperationEvent[MeetingDetails], frozen=True, kw_only=True):
    """A meeting was created."""

    NAME: ClassVar[str] = "meeting.created"


class MeetingUpdated(UpdateEvent[MeetingDetails], frozen=True, kw_only=True):
    """A meeting was changed."""

    NAME: ClassVar[str] = "meeting.updated"


class MeetingDeleted(OperationEvent[ScheduledMeeting], frozen=True, kw_only=True):
    """A meeting, or some occurrences of one, was deleted."""

    NAME: ClassVar[str] = "meeting.deleted"


class MeetingPermanentlyDeleted(OperationEvent[ScheduledMeeting], frozen=True, kw_only=True):
    """A deleted meeting can no longer be recovered."""

    NAME: ClassVar[str] = "meeting.permanently_deleted"


class MeetingRecovered(OperationEvent[ScheduledMeeting], frozen=True, kw_only=True):
    """A deleted meeting was recovered."""

    NAME: ClassVar[str] = "meeting.recovered"


class MeetingStarted(ObjectEvent[Instance], frozen=True, kw_only=True):
    """A meeting was started."""

    NAME: ClassVar[str] = "meeting.started"


class MeetingEnded(ObjectEvent[EndedInstance], frozen=True, kw_only=True):
    """A meeting has ended."""

    NAME: ClassVar[str] = "meeting.ended"


class MeetingAlert(ObjectEvent[InstanceWithIssues], frozen=True, kw_only=True):
    """A meeting that runs has bad quality."""

    NAME: ClassVar[str] = "meeting.alert"


class MeetingParticipantJoined(ObjectEvent[InstanceWithParticipant], frozen=True, kw_only=True):
    """A person joined a meeting."""

    NAME: ClassVar[str] = "meeting.participant_joined"


class MeetingParticipantLeft(ObjectEvent[InstanceWithParticipant], frozen=True, kw_only=True):
    """A person left a meeting."""

    NAME: ClassVar[str] = "meeting.participant_left"


class MeetingRegistrationCreated(ObjectEvent[MeetingWithRegistrant], frozen=True, kw_only=True):
    """A person registered for a meeting."""

    NAME: ClassVar[str] = "meeting.registration_created"


class MeetingRegistrationApproved(OperatorEvent[MeetingWithRegistrant], frozen=True, kw_only=True):
    """A registration for a meeting was approved."""

    NAME: ClassVar[str] = "meeting.registration_approved"


class MeetingRegistrationCancelled(OperatorEvent[MeetingWithRegistrant], frozen=True, kw_only=True):
    """A registration for a meeting was cancelled."""

    NAME: ClassVar[str] = "meeting.registration_cancelled"


class MeetingRegistrationDenied(OperatorEvent[MeetingWithRegistrant], frozen=True, kw_only=True):
    """A registration for a meeting was denied."""

    NAME: ClassVar[str] = "meeting.registration_denied"


class WebinarCreated(OperationEvent[WebinarDetails], frozen=True, kw_only=True):
    """A webinar was created."""

    NAME: ClassVar[str] = "webinar.created"


class WebinarUpdated(UpdateEvent[WebinarDetails], frozen=True, kw_only=True):
    """A webinar was changed."""

    NAME: ClassVar[str] = "webinar.updated"


class WebinarDeleted(OperationEvent[ScheduledMeeting], frozen=True, kw_only=True):
    """A webinar, or some occurrences of one, was deleted."""

    NAME: ClassVar[str] = "webinar.deleted"


class WebinarPermanentlyDeleted(OperationEvent[ScheduledMeeting], frozen=True, kw_only=True):
    """A deleted webinar can no longer be recovered."""

    NAME: ClassVar[str] = "webinar.permanently_deleted"


class WebinarRecovered(OperationEvent[ScheduledMeeting], frozen=True, kw_only=True):
    """A deleted webinar was recovered."""

    NAME: ClassVar[str] = "webinar.recovered"


class WebinarStarted(ObjectEvent[Instance], frozen=True, kw_only=True):
    """A webinar was started."""

    NAME: ClassVar[str] = "webinar.started"


class WebinarEnded(ObjectEvent[EndedInstance], frozen=True, kw_only=True):
    """A webinar has ended."""

    NAME: ClassVar[str] = "webinar.ended"


class WebinarAlert(ObjectEvent[InstanceWithIssues], frozen=True, kw_only=True):
    """A webinar that runs has bad quality."""

    NAME: ClassVar[str] = "webinar.alert"


class WebinarParticipantJoined(ObjectEvent[InstanceWithParticipant], frozen=True, kw_only=True):
    """A person joined a webinar."""

    NAME: ClassVar[str] = "webinar.participant_joined"


class WebinarParticipantLeft(ObjectEvent[InstanceWithParticipant], frozen=True, kw_only=True):
    """A person left a webinar."""

    NAME: ClassVar[str] = "webinar.participant_left"


class WebinarRegistrationCreated(ObjectEvent[MeetingWithRegistrant], frozen=True, kw_only=True):
    """A person registered for a webinar."""

    NAME: ClassVar[str] = "webinar.registration_created"


class WebinarRegistrationApproved(OperatorEvent[MeetingWithRegistrant], frozen=True, kw_only=True):
    """A registration for a webinar was approved."""

    NAME: ClassVar[str] = "webinar.registration_approved"


class WebinarRegistrationCancelled(OperatorEvent[MeetingWithRegistrant], frozen=True, kw_only=True):
    """A registration for a webinar was cancelled."""

    NAME: ClassVar[str] = "webinar.registration_cancelled"


class WebinarRegistrationDenied(OperatorEvent[MeetingWithRegistrant], frozen=True, kw_only=True):
    """A registration for a webinar was denied."""

    NAME: ClassVar[str] = "webinar.registration_denied"


class RecordingStarted(ObjectEvent[InstanceWithRecording], frozen=True, kw_only=True):
    """A recording was started."""

    NAME: ClassVar[str] = "recording.started"


class RecordingPaused(ObjectEvent[InstanceWithRecording], frozen=True, kw_only=True):
    """A recording was paused."""

    NAME: ClassVar[str] = "recording.paused"


class RecordingResumed(ObjectEvent[InstanceWithRecording], frozen=True, kw_only=True):
    """A paused recording was resumed."""

    NAME: ClassVar[str] = "recording.resumed"


class RecordingStopped(ObjectEvent[InstanceWithRecording], frozen=True, kw_only=True):
    """A recording was stopped."""

    NAME: ClassVar[str] = "recording.stopped"


class RecordingCompleted(ObjectEvent[CloudRecording], frozen=True, kw_only=True):
    """The files of a recording are ready. *download_token* downloads them, for 24 hours."""

    NAME: ClassVar[str] = "recording.completed"

    download_token: Secret[str] | None = None


class RecordingTranscriptCompleted(ObjectEvent[CloudRecording], frozen=True, kw_only=True):
    """The transcript of a recording is ready. *download_token* downloads it, for 24 hours."""

    NAME: ClassVar[str] = "recording.transcript_completed"

    download_token: Secret[str] | None = None


class RecordingRenamed(OperatorEvent[RenamedRecording], frozen=True, kw_only=True):
    """A recording was renamed."""

    NAME: ClassVar[str] = "recording.renamed"

    payload: RenamingPayload[RenamedRecording]


class RecordingTrashed(OperatorEvent[CloudRecording], frozen=True, kw_only=True):
    """A recording was moved to the trash."""

    NAME: ClassVar[str] = "recording.trashed"

    download_token: Secret[str] | None = None


class RecordingDeleted(OperatorEvent[CloudRecording], frozen=True, kw_only=True):
    """A recording was deleted for good."""

    NAME: ClassVar[str] = "recording.deleted"


class RecordingRecovered(OperatorEvent[CloudRecording], frozen=True, kw_only=True):
    """A recording was recovered from the trash."""

    NAME: ClassVar[str] = "recording.recovered"

    download_token: Secret[str] | None = None


class RecordingBatchTrashed(OperationEvent[TrashedRecordings], frozen=True, kw_only=True):
    """Several recordings were moved to the trash."""

    NAME: ClassVar[str] = "recording.batch_trashed"


class RecordingBatchDeleted(OperatorEvent[RecordingKeys], frozen=True, kw_only=True):
    """Several recordings were deleted for good."""

    NAME: ClassVar[str] = "recording.batch_deleted"


class RecordingBatchRecovered(OperatorEvent[RecordingKeys], frozen=True, kw_only=True):
    """Several recordings were recovered from the trash."""

    NAME: ClassVar[str] = "recording.batch_recovered"


class RecordingRegistrationCreated(ObjectEvent[InstanceWithRegistrant], frozen=True, kw_only=True):
    """A person registered for a recording."""

    NAME: ClassVar[str] = "recording.registration_created"


class RecordingRegistrationApproved(OperatorEvent[InstanceWithRegistrant], frozen=True, kw_only=True):
    """A registration for a recording was approved."""

    NAME: ClassVar[str] = "recording.registration_approved"


class RecordingRegistrationDenied(OperatorEvent[InstanceWithRegistrant], frozen=True, kw_only=True):
    """A registration for a recording was denied."""

    NAME: ClassVar[str] = "recording.registration_denied"


class AppDeauthorizedPayload(Struct, frozen=True, kw_only=True):
    """The payload of `AppDeauthorized`. *signature* identifies the removal; it is not the one of the request."""

    account_id: str | None = None
    user_id: Id
    client_id: str | None = None
    deauthorization_time: Timestamp | None = None
    signature: str | None = None
    user_data_retention: str | None = None


class AppDeauthorized(WebhookEvent, frozen=True, kw_only=True):
    """A user removed the app. Delete the tokens and the data of *user_id*."""

    NAME: ClassVar[str] = "app_deauthorized"

    payload: AppDeauthorizedPayload

    @property
    def user_id(self) -> str:
        """The id of the user."""
        return self.payload.user_id


EVENTS: Final[Mapping[str, type[WebhookEvent]]] = MappingProxyType(
    {
        each.NAME: each
        for each in (
            MeetingCreated,
            MeetingUpdated,
            MeetingDeleted,
            MeetingPermanentlyDeleted,
            MeetingRecovered,
            MeetingStarted,
            MeetingEnded,
            MeetingAlert,
            MeetingParticipantJoined,
            MeetingParticipantLeft,
            MeetingRegistrationCreated,
            MeetingRegistrationApproved,
            MeetingRegistrationCancelled,
            MeetingRegistrationDenied,
            WebinarCreated,
            WebinarUpdated,
            WebinarDeleted,
            WebinarPermanentlyDeleted,
            WebinarRecovered,
            WebinarStarted,
            WebinarEnded,
            WebinarAlert,
            WebinarParticipantJoined,
            WebinarParticipantLeft,
            WebinarRegistrationCreated,
            WebinarRegistrationApproved,
            WebinarRegistrationCancelled,
            WebinarRegistrationDenied,
            RecordingStarted,
            RecordingPaused,
            RecordingResumed,
            RecordingStopped,
            RecordingCompleted,
            RecordingTranscriptCompleted,
            RecordingRenamed,
            RecordingTrashed,
            RecordingDeleted,
            RecordingRecovered,
            RecordingBatchTrashed,
            RecordingBatchDeleted,
            RecordingBatchRecovered,
            RecordingRegistrationCreated,
            RecordingRegistrationApproved,
            RecordingRegistrationDenied,
            AppDeauthorized,
        )
    }
)
"""The classes of the events by name."""
