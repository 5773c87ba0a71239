"""`zoom.meetings.transcript` and `delete_transcript` against the fake server."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from support.stories import last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest, NotFound, PermissionDenied
from zoomasync.testing import Account, FakeZoom, Host, Recording, RecordingFile


def with_transcript(
    account: Account, host: Host | None = None, *, extension: str = "VTT", content: bytes = b"WEBVTT"
) -> Recording:
    file = RecordingFile(id="t", file_type="TRANSCRIPT", file_extension=extension, content=content)
    return account.add_recording(account.add_instance(host), files=[RecordingFile(id="v"), file])


@pytest.mark.parametrize("by_number", [True, False])
async def test_transcript(*, by_number: bool, zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    recording = with_transcript(account)

    transcript = await zoom.meetings.transcript(recording.id if by_number else recording.uuid)

    segment = recording.id if by_number else quote(recording.uuid, safe="")
    assert last_request(fake) == (f"GET /v2/meetings/{segment}/transcript", {})
    assert (transcript.meeting_id, transcript.host_id) == (recording.uuid, recording.host.id)
    assert (transcript.can_download, transcript.download_restriction_reason) == (True, None)
    assert str(transcript.download_url).endswith("/rec/download/t")


async def test_delete_transcript(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A deleted transcript has no link, and cannot be deleted again."""
    recording = with_transcript(account)

    await zoom.meetings.delete_transcript(recording.id)

    assert last_request(fake) == (f"DELETE /v2/meetings/{recording.id}/transcript", {})
    transcript = await zoom.meetings.transcript(recording.id)
    assert (transcript.can_download, transcript.download_url) == (False, None)
    assert transcript.download_restriction_reason == "DELETED_OR_TRASHED"
    assert [file.id for file in recording.available_files] == ["v"]
    with pytest.raises(NotFound):
        await zoom.meetings.delete_transcript(recording.id)


async def test_transcript_in_progress(zoom: Zoom, account: Account) -> None:
    recording = with_transcript(account)
    recording.files[1].status = "processing"

    assert (await zoom.meetings.transcript(recording.id)).download_restriction_reason == "NOT_READY"
    with pytest.raises(BadRequest):
        await zoom.meetings.delete_transcript(recording.id)


@pytest.mark.parametrize(
    ("extension", "content", "reason"), [("VTT", b"", "NO_TRANSCRIPT_DATA"), ("TXT", b"x", "UNSUPPORTED")]
)
async def test_transcript_without_link(
    extension: str, content: bytes, reason: str, zoom: Zoom, account: Account
) -> None:
    recording = with_transcript(account, extension=extension, content=content)

    transcript = await zoom.meetings.transcript(recording.id)

    assert (transcript.download_url, transcript.download_restriction_reason) == (None, reason)


@pytest.mark.parametrize("recorded", [True, False])
async def test_no_transcript_raises(*, recorded: bool, zoom: Zoom, account: Account) -> None:
    instance = account.add_instance()
    if recorded:
        account.add_recording(instance)

    for call in (zoom.meetings.transcript(instance.uuid), zoom.meetings.delete_transcript(instance.uuid)):
        with pytest.raises(NotFound) as raised:
            await call
        assert raised.value.code == 3322


async def test_transcript_without_permission(zoom: Zoom, account: Account) -> None:
    recording = with_transcript(account, account.add_host(disabled_features=["recording_content"]))

    for call in (zoom.meetings.transcript(recording.id), zoom.meetings.delete_transcript(recording.id)):
        with pytest.raises(PermissionDenied):
            await call
