"""Handlers of the recordings of users and meetings, their registrants, and transcripts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final, Literal, cast
from urllib.parse import unquote

from ..account import scheduling
from ..account.meeting import MANUAL_APPROVAL, NO_REGISTRATION, Json, RegistrantStatus, normalized_email
from ..account.recording import FileState, Recording, RecordingFile
from ..protocol import query
from ..protocol.request import FakeRequest, decode_uuid
from ..protocol.responses import ErrorResponse, in_another_account, invalid, missing
from ..protocol.times import days_between
from .instance_rows import Row
from .meeting_rows import questions_body
from .recording_rows import (
    recording_body,
    recording_registrant_row,
    recording_registration_body,
    recording_row,
    settings_body,
    transcript_body,
    view_row,
)
from .registrants import new_registrant, no_such_registrant, save_questions
from .registration_rules import check_answers

_PASSWORD: Final = re.compile(r"(?=.*[A-Za-z])(?=.*\d)(?=.*[^A-Za-z\d]).*", re.ASCII)
_DAY_IN_SECONDS: Final = 86_400


def listing(request: FakeRequest) -> Row:
    """Return the recordings of a user, of a range of days or in the trash.

    Of a range that is too long, Zoom was seen to leave out the earlier days without an error. A recording without a
    file outside the trash counts as deleted as a whole. The reference does not say when a listing is a 404 with code
    3301: the fake sends it if `meeting_id` names no recording of the user.
    """
    user, days = request.user(), query.recording_range(request.query, request.today, clamp=True)
    on_premise, number = request.query.get("mc") == "true", request.query.get("meeting_id")
    own = [
        each
        for each in request.account.recordings
        if each.host.id == user.id and each.on_premise is on_premise and number in {None, str(each.id)}
    ]
    own = sorted((each for each in own if each.is_listed(request.now)), key=lambda each: each.start_time)
    if number is not None and not own:
        raise _no_recording()
    if request.query.get("trash") == "true":
        single = request.query.get("trash_type") == "recording_file"
        own = [each for each in own if bool(_files(request, each, "available")) is single]
        found = [(each, _files(request, each, "trash")) for each in own]
    else:
        found = [(each, _files(request, each, "available")) for each in own if days.holds(each.start_time.date())]
    page = request.page([each for each in found if each[1]], lambda each: recording_row(request, *each))
    return {**days.echo(), **page.envelope(), **page.totals(), "meetings": page.rows}


def details(request: FakeRequest) -> Row:
    """Return the recording of one instance.

    The reference does not say for how long a download token is valid without `ttl`, which is one day here.
    """
    recording, files = _found(request, "available")
    may_view = _may_view(recording)
    body = recording_body(request, recording, files, password=may_view)
    if "include_fields" not in request.query:
        if "ttl" in request.query:
            raise invalid("ttl", "Only valid with include_fields.")
        return body
    if not may_view:
        raise _no_permission(200)
    return {**body, "download_access_token": request.download_token(int(request.query.get("ttl", _DAY_IN_SECONDS)))}


def delete(request: FakeRequest) -> None:
    """Move a file to the trash, or delete it for good, from the trash as well."""
    recording, files = _found_for_deletion(request)
    file = _file(request, files)
    if not file.is_completed(request.now):
        raise ErrorResponse(400, 3303, "You can not delete an uncompleted meeting.")
    _delete(request, recording, [file])
    _announce_deletion(request, recording, [file])


def delete_all(request: FakeRequest) -> None:
    """Move all files of a recording to the trash, or delete them for good, from the trash as well."""
    recording, files = _found_for_deletion(request)
    _delete(request, recording, files)
    _announce_deletion(request, recording, files)


def recover(request: FakeRequest) -> None:
    """Recover a file from the trash."""
    recording, files = _found(request, "trash")
    _recover(request, recording, [_file(request, files)])


def recover_all(request: FakeRequest) -> None:
    """Recover all files of a recording, given by UUID only, from the trash."""
    if request.path_value.isdigit():
        raise _no_recording()
    recording, files = _found(request, "trash")
    if not _may_view(recording):
        raise _no_permission(200)
    _recover(request, recording, files)


def settings(request: FakeRequest) -> Row:
    """Return the settings of a recording."""
    recording, _ = _found(request, "available")
    return settings_body(recording, password=_may_view(recording))


def update_settings(request: FakeRequest) -> None:
    """Change the settings of a recording; null restores the default.

    The reference has no error for a password without letters, digits and special characters, which is a 400 here.
    """
    recording, _ = _found(request, "available")
    password = request.body.get("password")
    if password is not None and not _PASSWORD.fullmatch(str(password)):
        raise invalid("password", "Letters, digits and special characters are required.")
    for name, value in request.body.items():
        if name in {"topic", "password"}:
            setattr(recording, name, value or "")
        elif value is None:
            recording.settings.pop(name, None)
        else:
            recording.settings[name] = value


def analytics_details(request: FakeRequest) -> Row:
    """Return the views of a recording in a range of days, or its downloads.

    The reference names no default of `type`: the fake returns the views.
    """
    recording, days = _found(request, "available")[0], query.recording_range(request.query, request.today)
    download = request.query.get("type") == "by_download"
    views = [each for each in recording.views if each.download is download and days.holds(each.date_time.date())]
    page = request.page(views, view_row)
    return {**days.echo(), **page.envelope(), "total_records": page.total, "analytics_details": page.rows}


def analytics_summary(request: FakeRequest) -> Row:
    """Return the number of people who viewed and downloaded a recording on each day of a range."""
    recording, days = _found(request, "available")[0], query.recording_range(request.query, request.today)
    people = {(each.date_time.date(), each.download, each.email or each.name) for each in recording.views}
    rows = [
        {
            "date": day,
            "views_total_count": sum(each[:2] == (day, False) for each in people),
            "downloads_total_count": sum(each[:2] == (day, True) for each in people),
        }
        for day in days_between(days.first, days.last)
    ]
    return {**days.echo(), "analytics_summary": rows}


def registrants(request: FakeRequest) -> Row:
    """Return the registrants with one status."""
    recording, status = _on_demand(request), request.query.get("status", "approved")
    page = request.page([each for each in recording.registrants if each.status == status], recording_registrant_row)
    return {**page.numbered_envelope(), "registrants": page.rows}


def register(request: FakeRequest) -> Row:
    """Register a person; for a registered address the response contains the existing registration.

    The reference does not say what the `status` of the body does: here it has no effect.
    """
    recording, email = _on_demand(request), str(request.body["email"])
    check_answers(recording, request.body)
    known = recording.registrant(email)
    registrant = known or new_registrant(
        request,
        request.body,
        scheduling.registrant_id(recording.id, normalized_email(email)),
        pending=recording.approval_type == MANUAL_APPROVAL,
    )
    recording.save_registrant(registrant)
    if known is None:
        request.announcements.viewer_registered(recording, registrant)
    return recording_registration_body(recording, registrant)


def update_status(request: FakeRequest) -> None:
    """Approve or deny the given registrations; an error changes none of them."""
    recording = _on_demand(request)
    status: RegistrantStatus = "approved" if request.body["action"] == "approve" else "denied"
    ids = [str(each["id"]) for each in cast("list[Json]", request.body.get("registrants", []))]
    if not ids:
        raise missing("registrants")
    known = {each.id: each for each in recording.registrants}
    if unknown := [each for each in ids if each not in known]:
        raise no_such_registrant(request, unknown[0])
    for each in ids:
        changed = replace(known[each], status=status)
        if changed != known[each]:
            recording.save_registrant(changed)
            request.announcements.viewer_decided(recording, changed, request.operator(recording.host))


def questions(request: FakeRequest) -> Row:
    """Return the registration questions besides first name and e-mail address."""
    return questions_body(_on_demand(request))


def update_questions(request: FakeRequest) -> None:
    """Change the registration questions; a given list replaces the previous one, and null clears it."""
    save_questions(request, _on_demand(request))


def transcript(request: FakeRequest) -> Row:
    """Return the transcript of one instance, or the reason why it cannot be downloaded."""
    recording, [file, *_] = _found(request, "available", "trash", transcript=True)
    return transcript_body(request, recording, file)


def delete_transcript(request: FakeRequest) -> None:
    """Move a transcript to the trash; the reference has no code for one in progress, which is 3303 here."""
    recording, [file, *_] = _found(request, "available", transcript=True)
    if not file.is_completed(request.now):
        raise ErrorResponse(400, 3303, "You can not delete an uncompleted transcript.")
    _delete(request, recording, [file])


def _found(request: FakeRequest, *states: FileState, transcript: bool = False) -> tuple[Recording, list[RecordingFile]]:
    """Return the recording of the instance in the path, or the latest one of a number, and its files in *states*.

    With *transcript*, the only file is the transcript.
    """
    names = {request.path_value, decode_uuid(request.path_value)}
    known = [each for each in request.account.recordings if not names.isdisjoint({str(each.id), each.uuid})]
    found = [(each, files) for each in known if (files := _files(request, each, *states, transcript=transcript))]
    if not found:
        raise _no_transcript() if transcript else _no_recording()
    recording, files = max(found, key=lambda each: each[0].start_time)
    if recording.host.other_account:
        raise in_another_account()
    if transcript and not _may_view(recording):
        raise _no_permission(403)
    return recording, files


def _found_for_deletion(request: FakeRequest) -> tuple[Recording, list[RecordingFile]]:
    return _found(request, "available", *(("trash",) if _is_for_good(request) else ()))


def _files(
    request: FakeRequest, recording: Recording, *states: FileState, transcript: bool = False
) -> list[RecordingFile]:
    files = recording.files_in(*states, now=request.now)
    return [each for each in files if each.file_type == "TRANSCRIPT"] if transcript else files


def _file(request: FakeRequest, files: Iterable[RecordingFile]) -> RecordingFile:
    file = next((each for each in files if each.id == unquote(request.path_values[1])), None)
    if file is None:
        raise _no_recording()
    return file


def _is_for_good(request: FakeRequest) -> bool:
    return request.query.get("action") == "delete"


def _delete(request: FakeRequest, recording: Recording, files: Iterable[RecordingFile]) -> None:
    if recording.simulive:
        raise ErrorResponse(400, 3310, "This recording was selected for a simulive webinar.")
    for file in files:
        if _is_for_good(request):
            recording.files.remove(file)
        else:
            file.deleted_at = request.now


def _recover(request: FakeRequest, recording: Recording, files: Collection[RecordingFile]) -> None:
    account, size = request.account, sum(len(each.content) for each in files)
    if account.storage is not None and account.storage_used(request.now) + size > account.storage:
        raise ErrorResponse(400, 3309, "Not enough cloud storage available.")
    recording.recover(files, request.now)
    request.announcements.recording_changed("recovered", request, recording, [*files], request.operator(recording.host))


def _announce_deletion(request: FakeRequest, recording: Recording, files: Sequence[RecordingFile]) -> None:
    change: Literal["deleted", "trashed"] = "deleted" if _is_for_good(request) else "trashed"
    request.announcements.recording_changed(change, request, recording, files, request.operator(recording.host))


def _on_demand(request: FakeRequest) -> Recording:
    """Return the recording for which people register; the reference has a 404 without a code, which is 3301 here."""
    recording, _ = _found(request, "available")
    if recording.approval_type == NO_REGISTRATION:
        raise ErrorResponse(404, 3301, "This recording has no registration.")
    return recording


def _may_view(recording: Recording) -> bool:
    return "recording_content" not in recording.host.disabled_features


def _no_permission(status: int) -> ErrorResponse:
    """Return the error without the right to view recordings; that of a transcript, a 403, has no documented code."""
    return ErrorResponse(status, 200, "You do not have the right permissions.")


def _no_recording() -> ErrorResponse:
    return ErrorResponse(404, 3301, "There is no recording for this meeting.")


def _no_transcript() -> ErrorResponse:
    return ErrorResponse(404, 3322, "This meeting transcript does not exist.")
