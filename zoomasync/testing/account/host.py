"""Users of a simulated account, and the features that are enabled for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

_BASIC: Final = 1

Feature = Literal[
    "scheduling",
    "webinars",
    "management",
    "polls",
    "advanced_polls",
    "surveys",
    "third_party_surveys",
    "captions",
    "livestreams",
    "sip",
    "recording_content",
    "simulive",
    "rtms",
]
UserStatus = Literal["active", "inactive", "pending"]


@dataclass(frozen=True, kw_only=True)
class CustomAttribute:
    """An attribute that the account defined for its users."""

    key: str
    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class DialInNumber:
    """A telephone number to dial in with; *country* is a two-letter code."""

    country: str
    number: str


@dataclass(frozen=True, kw_only=True)
class PacAccount:
    """A personal audio conference; each password has at most six digits, to be typed on a telephone."""

    conference_id: int
    participant_password: str
    listen_only_password: str
    dedicated_dial_in_number: tuple[DialInNumber, ...] = ()
    global_dial_in_numbers: tuple[DialInNumber, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Host:
    """A user of the account. Reports list a user without instances as inactive.

    *type* is 1 for a Basic and 2 for a licensed user. Requests that need one of the *disabled_features* fail with the
    error that Zoom has for it; "management" is the right of other users to manage this user's meetings,
    "recording_content" their right to view this user's recordings, and "webinars" the webinar licence, which a Basic
    user never has. With *other_account* the user belongs to another account, and requests for the user and the user's
    meetings, instances and recordings fail. *pac_accounts* is None if personal audio conferences are disabled. The *id*
    of a pending user is empty.
    """

    id: str
    email: str
    name: str
    dept: str = ""
    type: int = 2
    custom_attributes: tuple[CustomAttribute, ...] = ()
    group_ids: tuple[str, ...] = ()
    created: date = date(2020, 1, 1)
    disabled_features: frozenset[Feature] = frozenset()
    pac_accounts: tuple[PacAccount, ...] | None = None
    pmi: str = "5550100200"
    other_account: bool = False
    status: UserStatus = "active"
    role_id: str = "2"
    timezone: str = "UTC"
    employee_unique_id: str = ""
    licenses: frozenset[str] = frozenset()
    last_login: datetime | None = None
    invitation_expired: bool = False

    @property
    def is_basic(self) -> bool:
        """Whether the user has no licence."""
        return self.type == _BASIC

    def has(self, feature: Feature) -> bool:
        """Return whether *feature* is enabled."""
        return feature not in self.disabled_features and not (feature == "webinars" and self.is_basic)
