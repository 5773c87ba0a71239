"""The users of an account, and what is switched on for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Feature = Literal[
    "scheduling",
    "management",
    "polls",
    "advanced_polls",
    "surveys",
    "third_party_surveys",
    "captions",
    "livestreams",
    "sip",
]


@dataclass(frozen=True, kw_only=True)
class CustomAttribute:
    """An attribute that the account defined for its users."""

    key: str
    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class DialInNumber:
    """A telephone number to dial in with; *country* is a code."""

    country: str
    number: str


@dataclass(frozen=True, kw_only=True)
class PacAccount:
    """A personal audio conference; the passwords are digits to type on a telephone, six at most."""

    conference_id: int
    participant_password: str
    listen_only_password: str
    dedicated_dial_in_number: tuple[DialInNumber, ...] = ()
    global_dial_in_numbers: tuple[DialInNumber, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Host:
    """A user of the account; one who hosts nothing shows up as inactive.

    *type* is 1 for a Basic and 2 for a licensed user. *switched_off* is what the user may not do: each feature has its
    refusal; without "management", nobody else may look after their meetings. *elsewhere* makes it a user of another
    account, whose sessions and meetings are refused. *pac_accounts* of None means that personal audio conferences are
    off.
    """

    id: str
    email: str
    name: str
    dept: str = ""
    type: int = 2
    custom_attributes: tuple[CustomAttribute, ...] = ()
    group_ids: tuple[str, ...] = ()
    created: date = date(2020, 1, 1)
    switched_off: frozenset[Feature] = frozenset()
    pac_accounts: tuple[PacAccount, ...] | None = None
    pmi: str = "5550100200"
    elsewhere: bool = False
