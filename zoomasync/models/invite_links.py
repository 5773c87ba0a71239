"""Structs of `create_invite_links`, for meetings and webinars."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from .field_types import limits
from .secret_fields import MaskedStruct, Secret


class NewInviteLink(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person to create a link for, by display name. The person may join without video or audio."""

    name: Annotated[str, limits(max_length=64)]
    disable_video: bool | None = None
    disable_audio: bool | None = None


class NewInviteLinks(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Links to create for 1 to 500 people. They are valid for *ttl* seconds: 2 hours by default, at most 90 days.

    A *ttl* of 0 is documented as no expiration for meetings, and not explained for webinars.
    """

    attendees: Annotated[tuple[NewInviteLink, ...], limits(min_items=1, max_items=500)] | None = None
    ttl: Annotated[int, limits(ge=0, le=7776000)] | None = None


class InviteLink(MaskedStruct, frozen=True, kw_only=True):
    """The personal link of one person."""

    name: str | None = None
    join_url: Secret[str] | None = None


class InviteLinks(Struct, frozen=True, kw_only=True):
    """The created links."""

    attendees: tuple[InviteLink, ...]
