"""Routes of the API: an HTTP method and a path, whose placeholders are filled with ids.

A route is taken apart once. To fill it for a call is to join texts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import quote, unquote

from ..errors import InvalidArgument

MeetingRef: TypeAlias = int | str
"""A meeting or webinar: its number, or the UUID of one instance. In reports a number means the latest instance."""

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_MEETING_PLACEHOLDERS: Final = {"meetingId", "meetingUUID", "webinarId"}
# Base64, or the dashed form that Zoom shows in some places. Without dots a UUID cannot change the path.
_MEETING_UUID: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_UNSAFE: Final = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff/\\?#%]")
_KEPT: Final = {"", "{"}  # first characters: of the text before the first slash, and of placeholders
_WORD: Final = re.compile(r"[a-z][a-z_.-]{0,40}\d{0,3}")
_LITERAL_PATH: Final = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2}|\{\w+\})+)+")


class Route:
    """The route *text*, such as ``GET /users/{userId}``.

    *method* is the HTTP method. *name* is the route with ``{}`` for the parts of its path that are no placeholders and
    do not look like words: errors and events name calls by it, since a path may hold a personal id.
    """

    __slots__ = ("_is_valid", "_literals", "_placeholders", "_template", "method", "name")

    def __init__(self, text: str) -> None:
        self.method, _, self._template = text.partition(" ")
        parts = (part if part[:1] in _KEPT or _WORD.fullmatch(part) else "{}" for part in self._template.split("/"))
        self.name = f"{self.method} {'/'.join(parts)}"
        self._is_valid = bool(_LITERAL_PATH.fullmatch(self._template)) and not (
            {".", ".."} & set(unquote(self._template).split("/"))
        )
        first, *others = _PLACEHOLDER.split(self._template)
        self._placeholders = tuple(others[::2])
        self._literals = (first, *others[1::2])

    def path(self, values: tuple[MeetingRef, ...]) -> str:
        """Return the path with *values* in its placeholders, in order, each percent-encoded as one segment.

        Raises `InvalidArgument` for a value that cannot be one, and for a route that has no valid path.
        """
        if not self._is_valid:
            raise InvalidArgument("the path must begin with / and hold ids in placeholders, such as /users/{userId}")
        literals, names = self._literals, self._placeholders
        if len(names) != len(values):
            raise InvalidArgument(
                f"{self._template} has {len(names)} placeholder(s), but {len(values)} value(s) were given"
            )
        path = literals[0]
        for index, value in enumerate(values):
            path += _segment(names[index], value) + literals[index + 1]
        return path


@lru_cache(maxsize=1024)  # a program that writes ids into its routes has no end of them
def route_of(text: str) -> Route:
    """Return the route *text*, taken apart."""
    return Route(text)


def _segment(name: str, value: MeetingRef) -> str:
    """Return *value* percent-encoded as exactly one path segment."""
    if isinstance(value, bool) or not isinstance(value, int | str):  # pyright: ignore[reportUnnecessaryIsInstance]  callers without a type checker
        raise InvalidArgument(f"{name} must be a number or text, not {type(value).__name__}")
    return _meeting_segment(name, value) if name in _MEETING_PLACEHOLDERS else _plain_segment(name, str(value))


def _meeting_segment(name: str, value: MeetingRef) -> str:
    if isinstance(value, int):
        if not 0 < value < 2**63:
            raise InvalidArgument(f"{name} must be a positive 64-bit number")
        return str(value)
    if not _MEETING_UUID.fullmatch(value):
        raise InvalidArgument(f"{name} must be a number or a UUID of letters, digits, '+', '/', '-', '_' and '='")
    once = quote(value, safe="")
    # Zoom's router decodes a path before it splits it at slashes: https://developers.zoom.us/docs/api/using-zoom-apis/
    return quote(once, safe="") if value.startswith("/") or "//" in value else once


def _plain_segment(name: str, value: str) -> str:
    if not value or value in {".", ".."} or _UNSAFE.search(value):
        raise InvalidArgument(f"{name} must be one non-empty path segment without spaces or any of / \\ ? # %")
    return quote(value, safe="")
