"""Cloud recordings of past instances, with the bytes of their files. Times are in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .host import Host
from .meeting import Json, Registrant


@dataclass(kw_only=True)
class RecordingFile:
    """One file of a recording; *content* is its bytes. *deleted_at* is the time at which it came into the trash."""

    id: str
    file_type: str = "MP4"
    file_extension: str = "MP4"
    recording_type: str = "shared_screen_with_speaker_view"
    content: bytes = field(default=b"", repr=False)
    deleted_at: datetime | None = None


@dataclass(kw_only=True)
class Recording:
    """The recording of one instance, whose *uuid*, number (*id*), *topic* and *type* it has.

    *settings* are in the API's format, and contain only values that differ from the defaults. *duration* is in minutes.
    """

    uuid: str
    id: int
    host: Host
    topic: str
    type: int
    start_time: datetime
    duration: int
    timezone: str = "UTC"
    password: str = field(default="", repr=False)
    files: list[RecordingFile] = field(default_factory=list[RecordingFile])
    settings: Json = field(default_factory=dict[str, object])
    registrants: list[Registrant] = field(default_factory=list[Registrant])
    questions: list[Json] = field(default_factory=list[Json])
    custom_questions: list[Json] = field(default_factory=list[Json])

    @property
    def end_time(self) -> datetime:
        """The end of the recording."""
        return self.start_time + timedelta(minutes=self.duration)

    @property
    def available_files(self) -> list[RecordingFile]:
        """The files that are not in the trash."""
        return [each for each in self.files if each.deleted_at is None]
