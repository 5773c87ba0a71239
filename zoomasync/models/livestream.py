"""Structs of the livestream of a meeting or webinar."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Struct

from .field_types import Change, limits
from .secret_fields import MaskedStruct, Secret


class LivestreamUpdate(MaskedStruct, frozen=True, kw_only=True):
    """The target of a livestream. *resolution* ("720p" or "1080p") is required if the account has 1080p."""

    stream_url: Secret[Annotated[str, limits(max_length=1024)]]
    stream_key: Secret[Annotated[str, limits(max_length=512)]]
    page_url: Annotated[str, limits(max_length=1024)]
    resolution: Change[str] = UNSET


class LivestreamSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The appearance of a livestream.

    *layout* and *close_caption* are for meetings only, with the actions "start" and "mode". The other fields are for
    "start" only.
    """

    active_speaker_name: bool | None = None
    display_name: Annotated[str, limits(min_length=1, max_length=50)] | None = None
    layout: Literal["follow_host", "gallery_view", "speaker_view"] | str | None = None
    close_caption: Literal["burnt-in", "embedded", "off"] | str | None = None


class LivestreamStatusUpdate(Struct, frozen=True, kw_only=True):
    """A change of a livestream: *action* starts it, stops it, or changes its appearance while it runs.

    The last action, "mode", is for meetings only.
    """

    action: Change[Literal["start", "stop", "mode"] | str] = UNSET
    settings: Change[LivestreamSettings] = UNSET


class LivestreamTarget(MaskedStruct, frozen=True, kw_only=True):
    """The target of a livestream: its audience watches it at *page_url*."""

    stream_url: Secret[str] | None = None
    stream_key: Secret[str] | None = None
    page_url: str | None = None
    resolution: str | None = None
