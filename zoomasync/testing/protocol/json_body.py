"""Request bodies, parsed as strictly as by Zoom: JSON only, and only the fields that the reference lists."""

from __future__ import annotations

from typing import Final, cast

import msgspec

from ..account.meeting import Json
from ..reference.notation import Spec
from ..reference.operations import Operation
from .responses import ErrorResponse, check_faults
from .validation import body_faults, masked

_JSON: Final = "application/json"
_ANYTHING: Final = Spec(kind="object")
_NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def parse(content: bytes, content_type: str, operation: Operation) -> Json:
    """Return the body, or raise one error that names all invalid fields; a body that may be missing is then `{}`."""
    if operation.body is None or (not content and operation.optional_body):
        return {}
    if content_type != operation.media:
        raise ErrorResponse(400, 300, f"Unsupported Content-Type: {content_type}. Send {operation.media}.")
    if operation.media != _JSON:
        return {}
    try:
        body: object = msgspec.json.decode(content)
    except _NOT_JSON:
        raise ErrorResponse(400, 300, "Request Body should be a valid JSON object.") from None
    check_faults(body_faults(body, operation.body, nullable=operation.verb == "PATCH"))
    return cast("Json", body)


def masked_body(content: bytes, operation: Operation) -> object:
    """Return the body for the log, with secrets and unknown fields masked; None if it is empty or not JSON."""
    if not content:
        return None
    try:
        body: object = msgspec.json.decode(content)
    except _NOT_JSON:
        return None
    return masked(body, operation.body or _ANYTHING)
