"""Structs of `zoom.recordings`."""

from __future__ import annotations

from typing import Literal

from .field_types import Timestamp
from .secret_fields import MaskedStruct, Secret


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
