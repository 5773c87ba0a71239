"""Cloud recordings of past instances, with the bytes of their files. Times are in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from .host import Host
from .instance import Instance
from .meeting import (
    NO_REGISTRATION,
    Json,
    Registrant,  # noqa: F401  # pyright: ignore[reportUnusedImport]  a type of the constructor of Recording
    Registration,
)

FileState: TypeAlias = Literal["available", "trash", "deleted"]
_KEPT_IN_TRASH: Final = timedelta(days=30)


@dataclass(kw_only=True)
class RecordingFile:
    """One file of a recording; *content* is its bytes. *deleted_at* is the time at which it came into the trash.

    Only the audio file of one participant has a *file_name*.
    """

    id: str
    file_type: str = "MP4"
    file_extension: str = "MP4"
    recording_type: str = "shared_screen_with_speaker_view"
    file_name: str = ""
    content: bytes = field(default=b"", repr=False)
    status: Literal["completed", "processing"] = "completed"
    deleted_at: datetime | None = None

    def state(self, now: datetime) -> FileState:
        """Return the state at *now*: the trash keeps a file for thirty days."""
        if self.deleted_at is None:
            return "available"
        return "trash" if now < self.deleted_at + _KEPT_IN_TRASH else "deleted"


@dataclass(frozen=True, kw_only=True)
class RecordingView:
    """One view of a recording, of so many seconds (*duration*), or one *download*."""

    name: str
    email: str = ""
    date_time: datetime
    duration: int = 0
    download: bool = False


@dataclass(kw_only=True)
class Recording(Registration):
    """The recording of one instance, whose *uuid*, number (*id*), *topic* and *type* it has.

    *settings* are in the API's format, and contain only values that differ from the defaults; people register if they
    have `on_demand`. *duration* is in minutes. The files of an *on_premise* recording are not in the cloud. A webinar
    that is *simulive* plays the recording, which nobody can delete then.
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
    views: list[RecordingView] = field(default_factory=list[RecordingView])
    on_premise: bool = False
    simulive: bool = False

    @classmethod
    def of(cls, instance: Instance) -> Recording:
        """Return a recording of *instance* without files."""
        return cls(
            uuid=instance.uuid,
            id=instance.id,
            host=instance.host,
            topic=instance.topic,
            type=instance.type,
            start_time=instance.start_time,
            duration=instance.duration,
        )

    @property
    def end_time(self) -> datetime:
        """The end of the recording."""
        return self.start_time + timedelta(minutes=self.duration)

    @property
    def approval_type(self) -> object:
        """The mode of registration: 0 automatic approval, 1 manual approval, 2 no registration."""
        return self.settings.get("approval_type", 0) if self.settings.get("on_demand") else NO_REGISTRATION

    @property
    def available_files(self) -> list[RecordingFile]:
        """The files that are not in the trash."""
        return [each for each in self.files if each.deleted_at is None]
