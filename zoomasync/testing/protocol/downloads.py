"""Downloads of recording files: the whole file, or the rest of it for a request with a range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from ..account.recording import RecordingFile
from ..reference.operations import Operation
from .responses import FakeResponse
from .route import Route

DOWNLOAD_ROUTE: Final = Route(Operation(name="recordings.download", route="GET /rec/download/{fileId}", label="light"))
"""The route of a file. It lies beside the API: it has no label, and its token may be a download token."""

_RANGE: Final = re.compile(r"bytes=(\d{1,19})-", re.ASCII)


def file_response(file: RecordingFile, headers: Mapping[str, str]) -> FakeResponse:
    """Return *file*, or for a request with a `Range` from one byte on, the rest of it.

    A range that `If-Range` makes void, or of another kind, is ignored; one after the last byte is a 416.
    """
    etag = f'"{sha256(file.content).hexdigest()[:16]}"'
    kind = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", "ETag": etag}
    match = _RANGE.fullmatch(headers.get("Range", ""))
    if match is None or headers.get("If-Range", etag) != etag:
        return FakeResponse(status=200, body=file.content, headers=kind, from_zoom=False)
    first, size = int(match[1]), len(file.content)
    if first >= size:
        return FakeResponse(status=416, body=b"", headers={"Content-Range": f"bytes */{size}"}, from_zoom=False)
    rest = {**kind, "Content-Range": f"bytes {first}-{size - 1}/{size}"}
    return FakeResponse(status=206, body=file.content[first:], headers=rest, from_zoom=False)
