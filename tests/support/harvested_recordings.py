"""The rows of recordings, one per file; secrets are not stored."""

from __future__ import annotations

from support.harvested_cells import Cells, Harvested, keyed, utc
from zoomasync import month_ranges
from zoomasync.testing import Recording, RecordingFile

_WITHOUT_ID = {"CC", "TIMELINE"}


def recordings(scope: Harvested) -> list[Cells]:
    """Return the files of the recordings of each user in each month; a pending user has no id, and no recordings."""
    users = [user.id for user in scope.account.users if user.id and not user.other_account]
    listed = [each for each in scope.account.recordings if each.is_listed(scope.now) and not each.on_premise]
    listed.sort(key=lambda each: each.start_time)
    months = ((f"{first:%Y-%m}", first, last) for first, last in month_ranges(scope.first, scope.last))
    return keyed(
        (
            f"{user}/{month}",
            [
                cells
                for each in listed
                if each.host.id == user and first <= each.start_time.date() <= last
                for cells in _files(scope, each)
            ],
        )
        for month, first, last in months
        for user in users
    )


def _files(scope: Harvested, recording: Recording) -> list[Cells]:
    """Return the files outside the trash, of which those of single participants are not listed."""
    files = [each for each in recording.files_in("available", now=scope.now) if not each.file_name]
    completed = [each for each in files if each.is_completed(scope.now)]
    day = recording.auto_delete_date
    whole: Cells = {
        "uuid": recording.uuid,
        "id": recording.id,
        "account_id": scope.account.id,
        "host_id": recording.host.id,
        "topic": recording.topic,
        "type": str(recording.type),
        "start_time": utc(recording.start_time),
        "duration": recording.duration,
        "total_size": sum(len(each.content) for each in completed),
        "recording_count": len(completed),
        "share_url": None,
        "recording_play_passcode": None,
        "password": None,
        "download_access_token": None,
        "auto_delete": day is not None,
        "auto_delete_date": str(day) if day else None,
        "participant_audio_files": "[]",
    }
    return [{**whole, **_file(scope, recording, each)} for each in files]


def _file(scope: Harvested, recording: Recording, file: RecordingFile) -> Cells:
    """Return one file. The id that it shares a name with is the number of the meeting."""
    completed, named = file.is_completed(scope.now), file.file_type not in _WITHOUT_ID
    cells: Cells = {
        "file_id": file.id,
        "file_type": file.file_type if completed else "",
        "file_size": len(file.content) if completed else 0,
        "status": "completed" if completed else "processing",
        "recording_start": utc(recording.start_time),
        "recording_end": utc(recording.end_time) if completed else None,
        "download_url": None,
        "play_url": None,
        "file_path": None,
        "meeting_id": recording.uuid,
        "file_extension": file.file_extension if completed else "",
        "recording_type": file.recording_type,
        "deleted_time": None,
    }
    missing = () if named or not completed else ("file_id", "file_size", "status", "recording_type")
    return {**cells, **dict.fromkeys(missing)}
