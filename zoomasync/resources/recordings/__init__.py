"""`zoom.recordings`: cloud recordings and their files."""

from __future__ import annotations

from datetime import date
from types import NoneType
from typing import Final, Literal

from ..._core.date_ranges import check_range
from ..._core.pagination import Paginator, paginate
from ..._core.routes import MeetingRef
from ..._core.session import Session
from ..._label import Label
from ...errors import InvalidArgument
from ...models.recordings import (
    AnalyticsDay,
    AnalyticsDaysPage,
    AnalyticsDetail,
    AnalyticsDetailsPage,
    Recording,
    RecordingSettings,
    RecordingSettingsUpdate,
    RecordingsPage,
    RecordingStatusUpdate,
)
from .._resource import RECORDING_LEVELS, RECORDING_READ, RECORDING_WRITE, endpoint
from .downloads import Downloads
from .registrants import RecordingRegistrants

_MONTH: Final = 31
_WEEK_IN_SECONDS: Final = 604_800
_RECOVER: Final = RecordingStatusUpdate(action="recover")


class Recordings(Downloads):
    """Cloud recordings and their files. They require a Pro plan or better.

    A meeting or webinar number means its latest instance, a UUID means that instance. A UUID may contain slashes.
    Zoom keeps recordings in the trash for 30 days.

    All methods raise `NotFound` for an unknown user or meeting, and if there is no recording (code 3301). Most raise
    `BadRequest` for a user of another account (code 1010). "me" works with a user's own token only.
    """

    LIST = endpoint(
        "GET /users/{userId}/recordings",
        Label.MEDIUM,
        RecordingsPage,
        RECORDING_READ,
        "cloud_recording:read:list_user_recordings",
        levels=RECORDING_LEVELS,
        page_size=300,
    )
    GET = endpoint(
        "GET /meetings/{meetingId}/recordings",
        Label.LIGHT,
        Recording,
        ("recording:read", "phone_recording:read:admin"),
        "cloud_recording:read:list_recording_files",
        levels=RECORDING_LEVELS,
    )
    DELETE = endpoint(
        "DELETE /meetings/{meetingId}/recordings/{recordingId}",
        Label.LIGHT,
        NoneType,
        RECORDING_WRITE,
        "cloud_recording:delete:recording_file",
        levels=RECORDING_LEVELS,
    )
    DELETE_ALL = endpoint(
        "DELETE /meetings/{meetingId}/recordings",
        Label.LIGHT,
        NoneType,
        RECORDING_WRITE,
        "cloud_recording:delete:meeting_recording",
        levels=RECORDING_LEVELS,
    )
    RECOVER = endpoint(
        "PUT /meetings/{meetingId}/recordings/{recordingId}/status",
        Label.LIGHT,
        NoneType,
        RECORDING_WRITE,
        "cloud_recording:update:recover_single_recording",
        levels=RECORDING_LEVELS,
    )
    RECOVER_ALL = endpoint(
        "PUT /meetings/{meetingUUID}/recordings/status",
        Label.LIGHT,
        NoneType,
        RECORDING_WRITE,
        "cloud_recording:update:recover_meeting_recordings",
        levels=RECORDING_LEVELS,
    )
    SETTINGS = endpoint(
        "GET /meetings/{meetingId}/recordings/settings",
        Label.LIGHT,
        RecordingSettings,
        RECORDING_READ,
        "cloud_recording:read:recording_settings",
        levels=RECORDING_LEVELS,
    )
    UPDATE_SETTINGS = endpoint(
        "PATCH /meetings/{meetingId}/recordings/settings",
        Label.LIGHT,
        NoneType,
        RECORDING_WRITE,
        "cloud_recording:update:recording_settings",
        levels=RECORDING_LEVELS,
        idempotent=True,
    )
    ANALYTICS_DETAILS = endpoint(
        "GET /meetings/{meetingId}/recordings/analytics_details",
        Label.MEDIUM,
        AnalyticsDetailsPage,
        (),
        "cloud_recording:read:recording_analytics_details",
        levels=RECORDING_LEVELS,
        page_size=300,
    )
    ANALYTICS_SUMMARY = endpoint(
        "GET /meetings/{meetingId}/recordings/analytics_summary",
        Label.MEDIUM,
        AnalyticsDaysPage,
        (),
        "cloud_recording:read:recording_analytics_summary",
        levels=RECORDING_LEVELS,
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.registrants: RecordingRegistrants = RecordingRegistrants(session)

    def list(
        self,
        user_id: str,
        *,
        from_: date | None = None,
        to: date | None = None,
        meeting_id: int | None = None,
        trash: bool | None = None,
        trash_type: Literal["meeting_recordings", "recording_file"] | str | None = None,
        mc: bool | None = None,
    ) -> Paginator[RecordingsPage, Recording]:
        """Iterate over the recordings of a user, given by id or e-mail address.

        Without *from_*, Zoom lists the current day only. One call covers a month at most: split a longer range with
        `zoomasync.month_ranges`. *trash* lists the trash, without a range: whole recordings (Zoom's default), or files
        that were deleted one by one with *trash_type* "recording_file". *mc* is for meetings on premises.
        """
        check_range(from_, to, days=_MONTH, optional=True)
        call = self.LIST.at(
            user_id, from_=from_, to=to, meeting_id=meeting_id, trash=trash, trash_type=trash_type, mc=mc
        )
        return paginate(self._session, call)

    async def get(
        self,
        meeting_id: MeetingRef,
        *,
        include_fields: Literal["download_access_token"] | str | None = None,
        ttl: int | None = None,
    ) -> Recording:
        """Return the recording of one instance, with its files.

        *include_fields* "download_access_token" requests a token that downloads these files, valid for *ttl* seconds:
        at most 604,800, which is a week. Raises `EmbeddedError` without the permission.
        """
        if ttl is not None and not 0 <= ttl <= _WEEK_IN_SECONDS:
            raise InvalidArgument(f"ttl must be from 0 to {_WEEK_IN_SECONDS} seconds")
        return await self._session.send(self.GET.at(meeting_id, include_fields=include_fields, ttl=ttl))

    async def delete(
        self, meeting_id: MeetingRef, recording_id: str, *, action: Literal["trash", "delete"] | str | None = None
    ) -> None:
        """Move one file to the trash, or delete it for good with *action* "delete".

        *recording_id* is the id of the file. Raises `BadRequest` for a recording in progress (code 3303), and for one
        that a simulive webinar or Zoom IQ uses (code 3310).
        """
        await self._session.send(self.DELETE.at(meeting_id, recording_id, action=action))

    async def delete_all(
        self, meeting_id: MeetingRef, *, action: Literal["trash", "delete"] | str | None = None
    ) -> None:
        """Move all files of a recording to the trash, or delete them for good with *action* "delete".

        Raises `BadRequest` for a recording that a simulive webinar uses (code 3310).
        """
        await self._session.send(self.DELETE_ALL.at(meeting_id, action=action))

    async def recover(
        self, meeting_id: MeetingRef, recording_id: str, status: RecordingStatusUpdate = _RECOVER
    ) -> None:
        """Recover one file from the trash. Raises `BadRequest` without enough storage (code 3309)."""
        await self._session.send(self.RECOVER.at(meeting_id, recording_id, body=status))

    async def recover_all(self, meeting_uuid: str, status: RecordingStatusUpdate = _RECOVER) -> None:
        """Recover all files of a recording from the trash. Zoom takes the UUID of the instance only.

        Raises `BadRequest` without enough storage (code 3309), and `EmbeddedError` without the permission.
        """
        await self._session.send(self.RECOVER_ALL.at(meeting_uuid, body=status))

    async def settings(self, meeting_id: MeetingRef) -> RecordingSettings:
        """Return the settings of a recording."""
        return await self._session.send(self.SETTINGS.at(meeting_id))

    async def update_settings(self, meeting_id: MeetingRef, settings: RecordingSettingsUpdate) -> None:
        """Change the settings of a recording."""
        await self._session.send(self.UPDATE_SETTINGS.at(meeting_id, body=settings))

    def analytics_details(
        self,
        meeting_id: MeetingRef,
        *,
        from_: date | None = None,
        to: date | None = None,
        type_: Literal["by_view", "by_download"] | str | None = None,
    ) -> Paginator[AnalyticsDetailsPage, AnalyticsDetail]:
        """Iterate over the views or the downloads of a recording, in a month at most.

        Without *from_*, the range starts on the current day. The reference names neither the rate-limit label, which is
        assumed to be medium, nor the default of *type_*.
        """
        check_range(from_, to, days=_MONTH, optional=True)
        return paginate(self._session, self.ANALYTICS_DETAILS.at(meeting_id, from_=from_, to=to, type_=type_))

    def analytics_summary(
        self, meeting_id: MeetingRef, *, from_: date | None = None, to: date | None = None
    ) -> Paginator[AnalyticsDaysPage, AnalyticsDay]:
        """Iterate over the days of a range, a month at most, with the views and downloads of a recording on each.

        Without *from_*, the range starts on the current day. The reference does not name the rate-limit label, which is
        assumed to be medium.
        """
        check_range(from_, to, days=_MONTH, optional=True)
        return paginate(self._session, self.ANALYTICS_SUMMARY.at(meeting_id, from_=from_, to=to))
