"""Names for the files of recordings."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import urlsplit

from ...models.recordings import DownloadableFile, ParticipantAudioFile, RecordingFile

_MAX_LABEL = 120  # bytes of UTF-8; a name has at most 255 in common file systems
_UNSAFE = re.compile(r"[^\w-]+")
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_EXTENSION = re.compile(r"[A-Za-z0-9]{1,8}")
_EXTENSIONS = {
    "CC": "vtt",
    "CHAT": "txt",
    "CSV": "csv",
    "M4A": "m4a",
    "MP4": "mp4",
    "SUMMARY": "json",
    "TIMELINE": "json",
    "TRANSCRIPT": "vtt",
}


def file_name(file: DownloadableFile | str) -> str:
    """Return a name like ``20260318T120000Z_gallery_view_72576a1f.mp4``, which no other file of a recording has.

    It has letters, digits, ``-`` and ``_``, and one dot before the extension. As it begins with the time or with
    "recording", it is not a reserved name of Windows, and the file is not hidden.
    """
    if isinstance(file, str):
        return f"recording_{_hash(_identity(file))}"
    start = f"{file.recording_start:%Y%m%dT%H%M%SZ}" if file.recording_start else "recording"
    id_ = file.id or ""
    unique = id_ if _ID.fullmatch(id_) else _hash(_identity(file))
    name = "_".join(filter(None, (start, _clean(_label(file)), unique)))
    extension = _extension(file)
    return f"{name}.{extension}" if extension else name


def file_key(file: DownloadableFile | str) -> str:
    """Return a hash that identifies *file* for a later download: of its size, and its id or the path of its URL."""
    return _hash(f"{_identity(file)}\n{None if isinstance(file, str) else file.file_size}")


def _identity(file: DownloadableFile | str) -> str:
    """Return a text that no other file has: the id, or the path of the URL for a file without one."""
    if isinstance(file, str):
        return urlsplit(file).path
    return file.id or urlsplit(file.download_url or "").path


def _label(file: DownloadableFile) -> str:
    if isinstance(file, ParticipantAudioFile) and file.file_name:
        return file.file_name.rpartition(".")[0] or file.file_name
    kind = file.recording_type if isinstance(file, RecordingFile) else None
    return kind or (file.file_type or "").lower()


def _extension(file: DownloadableFile) -> str:
    known = file.file_extension if isinstance(file, RecordingFile) else None
    name = file.file_name if isinstance(file, ParticipantAudioFile) else None
    for extension in (known, _EXTENSIONS.get(file.file_type or ""), (name or "").rpartition(".")[2]):
        if extension and _EXTENSION.fullmatch(extension):
            return extension.lower()
    return ""


def _clean(text: str) -> str:
    safe = _UNSAFE.sub("_", unicodedata.normalize("NFC", text))
    return safe.encode()[:_MAX_LABEL].decode(errors="ignore").strip("_")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:24]
