"""Cloud recordings of past instances, with the bytes of their files. Times are in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias

from .host import Host
from .instance import Instance
from .listed import has_come
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

    Only the audio file of one participant has a *file_name*. A file with the status "processing", and every file until
    *completed_at*, has neither type nor end nor size.
    """

    id: str
    file_type: str = "MP4"
    file_extension: str = "MP4"
    recording_type: str = "shared_screen_with_speaker_view"
    file_name: str = ""
    content: bytes = field(default=b"", repr=False)
    status: Literal["completed", "processing"] = "completed"
    completed_at: datetime | None = None
    deleted_at: datetime | None = None

    def is_completed(self, now: datetime) -> bool:
        """Return whether Zoom has processed the file by *now*."""
        return self.status == "completed" and has_come(self.completed_at, now)

    def state(self, now: datetime) -> FileState:
        """Return the state at *now*: the trash keeps a file for thirty days."""
        return _state(self.deleted_at, now)


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

    Lists leave the recording out until *listed_at*, by the fake's clock; None is no delay. With the setting
    `auto_delete`, its files come into the trash *auto_delete_days* after the start.
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
    listed_at: datetime | None = None
    auto_delete_days: int = 120

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
        """The files that no request has moved to the trash."""
        return [each for each in self.files if each.deleted_at is None]

    @property
    def auto_delete_date(self) -> date | None:
        """The UTC day at the start of which the files come into the trash, or None without `auto_delete`."""
        if not self.settings.get("auto_delete"):
            return None
        return (self.start_time + timedelta(days=self.auto_delete_days)).date()

    def is_listed(self, now: datetime) -> bool:
        """Return whether lists contain the recording at *now*."""
        return has_come(self.listed_at, now)

    def deletion_time(self, file: RecordingFile) -> datetime | None:
        """Return the time at which *file* comes into the trash: that of a request, or else the `auto_delete_date`."""
        day = self.auto_delete_date
        return file.deleted_at or (datetime.combine(day, time(), UTC) if day else None)

    def state(self, file: RecordingFile, now: datetime) -> FileState:
        """Return the state of *file* at *now*."""
        return _state(self.deletion_time(file), now)

    def files_in(self, *states: FileState, now: datetime) -> list[RecordingFile]:
        """Return the files that are in one of the *states* at *now*."""
        return [each for each in self.files if self.state(each, now) in states]

    def recover(self, files: Iterable[RecordingFile], now: datetime) -> None:
        """Move *files* out of the trash; after the `auto_delete_date` they stay for good."""
        if self.auto_delete_date and self.auto_delete_date <= now.date():
            for file in self.files:
                file.deleted_at = self.deletion_time(file)
            self.settings["auto_delete"] = False
        for file in files:
            file.deleted_at = None


def _state(deleted_at: datetime | None, now: datetime) -> FileState:
    if deleted_at is None or now < deleted_at:
        return "available"
    return "trash" if now < deleted_at + _KEPT_IN_TRASH else "deleted"
