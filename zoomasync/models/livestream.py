"""Streaming a meeting to another service."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Struct

from ._rules import Change, limits


class LivestreamUpdate(Struct, frozen=True, kw_only=True):
    """Where a meeting is streamed to. *resolution* ("720p" or "1080p") is needed when the account has 1080p."""

    stream_url: Annotated[str, limits(max_length=1024)]
    stream_key: Annotated[str, limits(max_length=512)]
    page_url: Annotated[str, limits(max_length=1024)]
    resolution: Change[str] = UNSET


class LivestreamSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a stream looks. *layout* and *close_caption* go with "start" and "mode", the others with "start" only."""

    active_speaker_name: bool | None = None
    display_name: Annotated[str, limits(min_length=1, max_length=50)] | None = None
    layout: Literal["follow_host", "gallery_view", "speaker_view"] | str | None = None
    close_caption: Literal["burnt-in", "embedded", "off"] | str | None = None


class LivestreamStatusUpdate(Struct, frozen=True, kw_only=True):
    """Start or stop a stream, or change how a running one looks ("mode")."""

    action: Change[Literal["start", "stop", "mode"] | str] = UNSET
    settings: Change[LivestreamSettings] = UNSET
