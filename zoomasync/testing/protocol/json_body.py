"""Request bodies, parsed as strictly as by Zoom: JSON only, and only the fields that the reference lists."""

from __future__ import annotations

from typing import cast

import msgspec

from ..account.meeting import Json
from .responses import ErrorResponse, check_faults
from .schema import Fields


def parse(content: bytes, content_type: str, shape: Fields) -> Json:
    """Return the body, or raise one error that names all invalid fields; an empty optional body is `{}`."""
    if not content and shape.optional:
        return {}
    if content_type != "application/json":
        raise ErrorResponse(400, 300, f"Unsupported Content-Type: {content_type}. Send application/json.")
    try:
        body: object = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        raise ErrorResponse(400, 300, "Request Body should be a valid JSON object.") from None
    check_faults(shape.faults(body))
    return cast("Json", body)


def masked(content: bytes, shape: Fields | None) -> object:
    """Return the body for the log, with secrets and unknown fields masked; None if it is empty or not JSON."""
    if not content:
        return None
    try:
        body: object = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return None
    return (shape or Fields({})).masked(body)
