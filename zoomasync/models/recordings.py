"""Structs of `zoom.recordings`, and of the transcript of a meeting."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Struct, field

from .field_types import Change, Day, Id, Timestamp, limits
from .pages import CountedPage, SinglePage, TokenPage
from .registrants import Person, RegistrantStatus
from .secret_fields import MaskedStruct, Secret

ApprovalType: TypeAlias = Literal[0, 1, 2] | int
Sharing: TypeAlias = Literal["publicly", "internally", "none"] | str


class NewRecordingRegistrant(Person, frozen=True, kw_only=True, omit_defaults=True):
    """A person to register for a recording. The reference does not say whether *status* approves the person."""

    status: RegistrantStatus | None = None


class RecordingRegistrantKey(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A registrant of a recording, by id."""

    id: str


class RecordingRegistrantStatusUpdate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An action on at most 30 registrants of a recording."""

    action: Literal["approve", "deny"] | str
    registrants: Annotated[tuple[RecordingRegistrantKey, ...], limits(max_items=30)] | None = None


class RecordingStatusUpdate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The recovery of a recording from the trash. Zoom has no other action."""

    action: Literal["recover"] | str | None = None


class RecordingSettingsUpdate(MaskedStruct, frozen=True, kw_only=True):
    """A change of the settings of a recording. The fields are as in `RecordingSettings`.

    *password* must mix letters, digits and special characters, and meet the rules of the account. *auto_delete*
    requires that the host's recordings are deleted after a number of days.
    """

    topic: Change[str] = UNSET
    share_recording: Change[Sharing] = UNSET
    viewer_download: Change[bool] = UNSET
    password: Change[Secret[Annotated[str, limits(min_length=8, max_length=10)]]] = UNSET
    on_demand: Change[bool] = UNSET
    approval_type: Change[ApprovalType] = UNSET
    send_email_to_host: Change[bool] = UNSET
    show_social_share_buttons: Change[bool] = UNSET
    recording_authentication: Change[bool] = UNSET
    authentication_option: Change[str] = UNSET
    authentication_domains: Change[str] = UNSET
    auto_delete: Change[bool] = UNSET


class DownloadableFile(MaskedStruct, frozen=True, kw_only=True):
    """One file of a cloud recording, for `zoom.recordings.download`.

    *file_size* is in bytes. A file of the type "CC" or "TIMELINE" has no *id*, *file_size*, *status* or *play_url*, and
    an account on premises has *file_path* in place of *download_url*.
    """

    id: str | None = None
    file_type: (
        Literal["MP4", "M4A", "CHAT", "TRANSCRIPT", "CSV", "TB", "CC", "CHAT_MESSAGE", "SUMMARY", "TIMELINE"]
        | str
        | None
    ) = None
    file_size: int | None = None
    status: Literal["completed"] | str | None = None
    recording_start: Timestamp | None = None
    recording_end: Timestamp | None = None
    download_url: Secret[str] | None = None
    play_url: Secret[str] | None = None
    file_path: str | None = None


class RecordingFile(DownloadableFile, frozen=True, kw_only=True):
    """One file of the recording of an instance. *meeting_id* is the UUID of the instance.

    *deleted_time* is known for a file in the trash only. A file of the type "CC" or "TIMELINE" has no *recording_type*.
    """

    meeting_id: str | None = None
    file_extension: Literal["MP4", "M4A", "TXT", "VTT", "CSV", "JSON", "JPG"] | str | None = None
    recording_type: (
        Literal[
            "shared_screen_with_speaker_view(CC)",
            "shared_screen_with_speaker_view",
            "shared_screen_with_gallery_view",
            "active_speaker",
            "gallery_view",
            "shared_screen",
            "audio_only",
            "audio_transcript",
            "chat_file",
            "poll",
            "host_video",
            "closed_caption",
            "timeline",
            "thumbnail",
            "audio_interpretation",
            "summary",
            "summary_next_steps",
            "summary_smart_chapters",
            "sign_interpretation",
            "production_studio",
        ]
        | str
        | None
    ) = None
    deleted_time: Timestamp | None = None


class ParticipantAudioFile(DownloadableFile, frozen=True, kw_only=True):
    """The audio file of one participant. *file_name* may hold the name of the participant."""

    file_name: str | None = None


class Recording(MaskedStruct, frozen=True, kw_only=True):
    """The cloud recording of one instance. *uuid* names the instance, *id* is the number of the meeting or webinar.

    *type* is "1" instant, "2" scheduled, "3" recurring without fixed time, "4" with the personal meeting id, "7"
    personal audio conference, "8" recurring with fixed time; "5", "6" and "9" are webinars, "99" is an upload.
    *duration* is in minutes, *total_size* in bytes. *share_url* and the *play_url* of a file take
    *recording_play_passcode* as ``?pwd=``. Zoom deletes the recording on *auto_delete_date*.

    A listing lacks *password* and *participant_audio_files*. `zoom.recordings.get` returns *download_access_token* on
    request.
    """

    uuid: Id
    id: int | None = None
    account_id: str | None = None
    host_id: str | None = None
    topic: str | None = None
    type: Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "99"] | str | None = None
    start_time: Timestamp | None = None
    duration: int | None = None
    total_size: int | None = None
    recording_count: int | None = None
    share_url: Secret[str] | None = None
    recording_play_passcode: Secret[str] | None = None
    password: Secret[str] | None = None
    download_access_token: Secret[str] | None = None
    auto_delete: bool | None = None
    auto_delete_date: Day | None = None
    recording_files: tuple[RecordingFile, ...] = ()
    participant_audio_files: tuple[ParticipantAudioFile, ...] = ()


class RecordingsPage(CountedPage, frozen=True, kw_only=True):
    """One page of a user's recordings, with the days that Zoom searched."""

    items: tuple[Recording, ...] = field(name="meetings")
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class RecordingSettings(MaskedStruct, frozen=True, kw_only=True):
    """The settings of a recording.

    *share_recording* is "internally" for members of the account only. *on_demand* requires viewers to register, with
    *approval_type* 0 automatic, 1 by hand, 2 no registration; *send_email_to_host* and *show_social_share_buttons* are
    for such recordings only. *recording_authentication* requires viewers to sign in.
    """

    topic: str | None = None
    share_recording: Sharing | None = None
    viewer_download: bool | None = None
    password: Secret[str] | None = None
    on_demand: bool | None = None
    approval_type: ApprovalType | None = None
    send_email_to_host: bool | None = None
    show_social_share_buttons: bool | None = None
    recording_authentication: bool | None = None
    authentication_option: str | None = None
    authentication_name: str | None = None
    authentication_domains: str | None = None
    auto_delete: bool | None = None
    auto_delete_date: Day | None = None


class AnalyticsDetail(Struct, frozen=True, kw_only=True):
    """One view or download of a recording. *duration* is the seconds of a view."""

    date_time: Timestamp | None = None
    name: str | None = None
    email: str | None = None
    duration: int | None = None


class AnalyticsDetailsPage(TokenPage, frozen=True, kw_only=True):
    """One page of the views or downloads of a recording."""

    items: tuple[AnalyticsDetail, ...] = field(name="analytics_details")
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None
    total_records: int | None = None


class AnalyticsDay(Struct, frozen=True, kw_only=True):
    """The number of people who viewed and who downloaded a recording on one day."""

    date: Day | None = None
    views_total_count: int | None = None
    downloads_total_count: int | None = None


class AnalyticsDaysPage(SinglePage, frozen=True, kw_only=True):
    """The views and downloads of a recording, per day."""

    items: tuple[AnalyticsDay, ...] = field(name="analytics_summary")
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class RecordingRegistrantAdded(MaskedStruct, frozen=True, kw_only=True):
    """The registration of the person *registrant_id*. *share_url* plays the recording for this person."""

    registrant_id: str
    id: int | None = None
    topic: str | None = None
    share_url: Secret[str] | None = None


class Transcript(MaskedStruct, frozen=True, kw_only=True):
    """The transcript of one instance: *download_url*, or the reason why it cannot be downloaded.

    `zoom.recordings.download` takes the *download_url*.
    """

    meeting_id: str | None = None
    account_id: str | None = None
    host_id: str | None = None
    meeting_topic: str | None = None
    transcript_created_time: Timestamp | None = None
    can_download: bool | None = None
    download_url: Secret[str] | None = None
    download_restriction_reason: (
        Literal["DELETED_OR_TRASHED", "UNSUPPORTED", "NO_TRANSCRIPT_DATA", "NOT_READY"] | str | None
    ) = None
    auto_delete: bool | None = None
    auto_delete_date: Day | None = None
