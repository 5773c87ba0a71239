"""The names of the files of recordings in a directory."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from zoomasync.models.recordings import DownloadableFile, ParticipantAudioFile, RecordingFile
from zoomasync.resources.recordings.file_names import file_name

URL = "https://zoom.us/rec/download/"
START = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)
HOSTILE = (
    "../../etc/passwd",
    "..",
    ".",
    "/",
    "\\\\host\\share",
    "C:\\x",
    "a\x00b\r\n\x1b[2J",
    "\u202egnp.exe",
    "CON",
    "nul.txt",
    "x" * 5000,
    "\U0001f600" * 500,
    "\u00e9" * 500,
    "\ud800",
    "a b. ",
    "~/*?<>|\"'$(x)",
    "",
)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (
            RecordingFile(id="a1-B", recording_start=START, recording_type="gallery_view", file_extension="MP4"),
            "20260318T120000Z_gallery_view_a1-B.mp4",
        ),
        (RecordingFile(id="a1", file_type="TRANSCRIPT", file_extension="VTT"), "recording_transcript_a1.vtt"),
        (RecordingFile(id="a1", file_type="SUMMARY"), "recording_summary_a1.json"),
        (RecordingFile(id="a1", file_type="TB"), "recording_tb_a1"),
        (
            ParticipantAudioFile(id="a1", file_type="M4A", file_name="Audio only - Jos\u00e9 \u738b.m4a"),
            "recording_Audio_only_-_Jos\u00e9_\u738b_a1.m4a",
        ),
        (ParticipantAudioFile(id="a1", file_name="test.JSON"), "recording_test_a1.json"),
        (DownloadableFile(id="a1"), "recording_a1"),
    ],
)
def test_name_describes_the_file(file: DownloadableFile, name: str) -> None:
    assert file_name(file) == name


@pytest.mark.parametrize("text", HOSTILE)
def test_name_is_plain_and_short(text: str) -> None:
    """No field of a file can lead out of the directory, hide the file, or make its name too long."""
    names = [
        file_name(RecordingFile(id=text, download_url=URL)),
        file_name(RecordingFile(id="a1", recording_type=text, recording_start=START)),
        file_name(RecordingFile(id="a1", file_type=text, file_extension=text)),
        file_name(ParticipantAudioFile(id="a1", file_name=text)),
        file_name(URL + text.encode(errors="ignore").hex()),
    ]

    for name in names:
        assert re.fullmatch(r"(?:recording|20260318T120000Z)_[\w-]+(?:\.[a-z0-9]{1,8})?", name)
        assert len(name.encode()) <= 220


def test_names_of_files_differ() -> None:
    """Two files have two names, even if their fields differ only in characters that a name cannot hold."""
    files: list[DownloadableFile | str] = [
        RecordingFile(id="a/b", recording_type="timeline"),
        RecordingFile(id="a:b", recording_type="timeline"),
        RecordingFile(download_url=f"{URL}1", file_type="CC"),
        RecordingFile(download_url=f"{URL}2", file_type="CC"),
        RecordingFile(download_url=f"{URL}2", file_type="TIMELINE"),
        f"{URL}1",
        f"{URL}2",
    ]

    assert len({file_name(file) for file in files}) == len(files)


def test_name_ignores_the_query() -> None:
    """The query of a URL may hold a token, and changes."""
    assert file_name(f"{URL}1?a") == file_name(f"{URL}1?b")
