"""Reading a request's body as strictly as Zoom: JSON alone, and nothing in it that is not understood."""

from __future__ import annotations

from typing import cast

import msgspec

from ..account.meeting import Json
from .errors import Refusal, not_valid
from .schema import Fields


def body(content: bytes, content_type: str, shape: Fields) -> Json:
    """Return the body, or refuse it with every fault that it has; some may be left out."""
    if not content and shape.optional:
        return {}
    if content_type != "application/json":
        raise Refusal(400, 300, f"Unsupported Content-Type: {content_type}. Send application/json.")
    try:
        sent: object = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        raise Refusal(400, 300, "Request Body should be a valid JSON object.") from None
    if faults := list(shape.faults(sent)):
        raise not_valid(faults)
    return cast("Json", sent)


def for_log(content: bytes, shape: Fields | None) -> object:
    """Return the body as the log may keep it: None without one, and no secret in it."""
    if not content:
        return None
    try:
        sent: object = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return None
    return (shape or Fields({})).masked(sent)
