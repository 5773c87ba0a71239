"""Recordings, their settings, registrants and views, and transcripts in the JSON format of Zoom's API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import quote

from ..account.account import Account
from ..account.meeting import Registrant
from ..account.recording import Recording, RecordingFile, RecordingView
from ..protocol.times import iso
from .instance_rows import Row, without_keys
from .meeting_rows import SITE

_WITHOUT_ID: Final = frozenset({"CC", "TIMELINE"})
_UNLISTED_FIELDS: Final = frozenset({"occurrence_ids", "language", "participant_pin_code", "create_time", "source_id"})
_DEFAULTS: Final[Row] = {
    "share_recording": "publicly",
    "viewer_download": True,
    "on_demand": False,
    "approval_type": 0,
    "send_email_to_host": False,
    "show_social_share_buttons": False,
    "recording_authentication": False,
}


class Serving(Protocol):
    """The account, the time, and the address of the server, which links to files have."""

    @property
    def account(self) -> Account:
        """The account that has the recordings."""
        ...

    @property
    def now(self) -> datetime:
        """The time in UTC."""
        ...

    @property
    def origin(self) -> str:
        """The address of the server."""
        ...


def recording_row(serving: Serving, recording: Recording, files: Sequence[RecordingFile]) -> Row:
    """Return one row of a listing: a recording with these of its files, without audio files of participants.

    The totals do not count files that are not processed yet.
    """
    files = [each for each in files if not each.file_name]
    completed = [each for each in files if each.is_completed(serving.now)]
    row: Row = {
        "uuid": recording.uuid,
        "id": recording.id,
        "account_id": serving.account.id,
        "host_id": recording.host.id,
        "topic": recording.topic,
        "type": str(recording.type),
        "start_time": iso(recording.start_time),
        "duration": recording.duration,
        "total_size": sum(len(each.content) for each in completed),
        "recording_count": len(completed),
        "share_url": _share_url(recording),
        **_auto_delete(recording),
        "recording_files": [_file_row(serving, recording, each) for each in files],
    }
    return {**row, "recording_play_passcode": f"pLaY{recording.uuid[:8]}"} if recording.password else row


def recording_body(serving: Serving, recording: Recording, files: Sequence[RecordingFile], *, password: bool) -> Row:
    """Return a recording with all *files*, and with its *password* if that is true; the totals count them."""
    completed = [each for each in files if each.is_completed(serving.now)]
    body: Row = {
        **recording_row(serving, recording, files),
        "total_size": sum(len(each.content) for each in completed),
        "recording_count": len(completed),
        "participant_audio_files": [
            {**_common(serving, recording, each), "file_name": each.file_name} for each in files if each.file_name
        ],
    }
    return {**body, "password": recording.password} if password else body


def settings_body(recording: Recording, *, password: bool) -> Row:
    """Return the settings of a recording, with its *password* if that is true."""
    body: Row = {"topic": recording.topic, **_DEFAULTS, **recording.settings, **_auto_delete(recording)}
    if body["recording_authentication"]:
        body["authentication_name"] = "Members of the account"
    return {**body, "password": recording.password} if password else body


def view_row(view: RecordingView) -> Row:
    """Return one view or download; a download has no duration."""
    row: Row = {"date_time": iso(view.date_time), "name": view.name, "email": view.email}
    return row if view.download else {**row, "duration": view.duration}


def recording_registrant_row(registrant: Registrant) -> Row:
    """Return a registrant of a recording."""
    return without_keys(vars(registrant), _UNLISTED_FIELDS)


def recording_registration_body(recording: Recording, registrant: Registrant) -> Row:
    """Return the body of the response to a registration; only an approved registrant has a `share_url`."""
    body: Row = {"id": recording.id, "topic": recording.topic, "registrant_id": registrant.id}
    approved = registrant.status == "approved"
    return {**body, "share_url": f"{_share_url(recording)}?tk={registrant.id}"} if approved else body


def transcript_body(serving: Serving, recording: Recording, file: RecordingFile) -> Row:
    """Return a transcript with its link, or with the reason why it cannot be downloaded."""
    reason = _restriction(serving, recording, file)
    link = {"download_restriction_reason": reason} if reason else {"download_url": _download_url(serving, file)}
    return {
        "meeting_id": recording.uuid,
        "account_id": serving.account.id,
        "meeting_topic": recording.topic,
        "host_id": recording.host.id,
        "transcript_created_time": iso(recording.end_time),
        "can_download": not reason,
        **_auto_delete(recording),
        **link,
    }


def _restriction(serving: Serving, recording: Recording, file: RecordingFile) -> str:
    if recording.state(file, serving.now) != "available":
        return "DELETED_OR_TRASHED"
    if not file.is_completed(serving.now):
        return "NOT_READY"
    if not file.content:
        return "NO_TRANSCRIPT_DATA"
    return "" if file.file_extension == "VTT" else "UNSUPPORTED"


def _file_row(serving: Serving, recording: Recording, file: RecordingFile) -> Row:
    """Return one file; one that Zoom has not processed yet has neither type nor end nor size, as was observed."""
    completed = file.is_completed(serving.now)
    known = file if completed else replace(file, file_type="", file_extension="", content=b"")
    row: Row = {
        **_common(serving, recording, known),
        "meeting_id": recording.uuid,
        "file_extension": known.file_extension,
    }
    if known.file_type not in _WITHOUT_ID:
        row["recording_type"] = file.recording_type
    if not completed:
        row["recording_end"] = ""
    if recording.state(file, serving.now) != "available":
        row["deleted_time"] = iso(recording.deletion_time(file))
    return row


def _common(serving: Serving, recording: Recording, file: RecordingFile) -> Row:
    """Return the fields that the files of a recording and of its participants share."""
    row: Row = {
        "file_type": file.file_type,
        "recording_start": iso(recording.start_time),
        "recording_end": iso(recording.end_time),
    }
    if recording.on_premise:
        row["file_path"] = f"/{recording.id}/{file.id}.{file.file_extension.lower()}"
    else:
        row["download_url"] = _download_url(serving, file)
    if file.file_type in _WITHOUT_ID:
        return row
    return {
        **row,
        "id": file.id,
        "file_size": len(file.content),
        "status": "completed" if file.is_completed(serving.now) else "processing",
        "play_url": f"{SITE}/rec/play/{quote(file.id, safe='')}",
    }


def _download_url(serving: Serving, file: RecordingFile) -> str:
    return f"{serving.origin}/rec/download/{quote(file.id, safe='')}"


def _share_url(recording: Recording) -> str:
    return f"{SITE}/rec/share/{quote(recording.uuid, safe='')}"


def _auto_delete(recording: Recording) -> Row:
    day = recording.auto_delete_date
    return {"auto_delete": True, "auto_delete_date": day} if day else {"auto_delete": False}
