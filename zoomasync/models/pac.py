"""Personal audio conferences."""

from __future__ import annotations

from msgspec import Struct


class PacDialInNumber(Struct, frozen=True, kw_only=True):
    """A number to dial in with; *country* is a code."""

    country: str | None = None
    number: str | None = None


class PacAccount(Struct, frozen=True, kw_only=True):
    """A user's account for audio conferences. The passwords are codes to type on a telephone."""

    conference_id: int | None = None
    participant_password: str | None = None
    listen_only_password: str | None = None
    dedicated_dial_in_number: tuple[PacDialInNumber, ...] = ()
    global_dial_in_numbers: tuple[PacDialInNumber, ...] = ()


class PacAccounts(Struct, frozen=True, kw_only=True):
    """A user's accounts for audio conferences."""

    pac_accounts: tuple[PacAccount, ...]
