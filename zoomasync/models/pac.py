"""Structs of `zoom.pac`: personal audio conferences."""

from __future__ import annotations

from msgspec import Struct, field

from .pages import SinglePage
from .secret_fields import MaskedStruct, Secret


class PacDialInNumber(Struct, frozen=True, kw_only=True):
    """A dial-in number. *country* is a country code."""

    country: str | None = None
    number: str | None = None


class PacAccount(MaskedStruct, frozen=True, kw_only=True):
    """One audio-conference account of a user. The passwords are codes to enter on a telephone."""

    conference_id: int | None = None
    participant_password: Secret[str] | None = None
    listen_only_password: Secret[str] | None = None
    dedicated_dial_in_number: tuple[PacDialInNumber, ...] = ()
    global_dial_in_numbers: tuple[PacDialInNumber, ...] = ()


class PacAccountsPage(SinglePage, frozen=True, kw_only=True):
    """The audio-conference accounts of a user."""

    items: tuple[PacAccount, ...] = field(name="pac_accounts")
