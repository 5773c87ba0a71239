"""The messages of Zoom's 429s."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

LimitKind: TypeAlias = Literal["per_second", "daily", "host", "registrant", "concurrent"]
"""The plan's limits, the daily limits of one host or registrant, and simultaneous writes."""
Wording: TypeAlias = Literal["present", "quoted", "older"]
"""Zoom's present words, those of its reference, and those of earlier years."""


@dataclass(frozen=True)
class ResourceQuota:
    """A daily limit of one host or registrant; *requests* is Zoom's name for the requests that it limits."""

    kind: Literal["host", "registrant"]
    per_day: int
    requests: str

    def worded_for(self, *, webinar: bool) -> ResourceQuota:
        """Return this limit with the name of the requests for webinars or for meetings."""
        return replace(self, requests=self.requests.replace("meeting", "webinar")) if webinar else self


MEETINGS: Final = ResourceQuota("host", 100, "Meeting Create/Update")
REGISTRATIONS: Final = ResourceQuota("registrant", 3, "Add meeting registrant")
STATUS_CHANGES: Final = ResourceQuota("registrant", 10, "meeting Update registrant's status")
EXAMPLE: Final = "registrant@example.com"
"""The address in a message for a registrant who is not known."""
_MESSAGES: Final = MappingProxyType[tuple[LimitKind, Wording], str](
    {
        ("per_second", "present"): "You have reached the maximum per-second rate limit for this API. Try again later.",
        ("daily", "present"): "You have reached the maximum daily rate limit for this API.",
        ("concurrent", "present"): "Too many concurrent requests.",
        ("host", "present"): (
            "You have exceeded the daily rate limit ({per_day}) of {requests} API requests permitted for this "
            "particular user. You may resume these requests at GMT 00:00:00."
        ),
        ("host", "older"): "A maximum of {per_day} meetings can be created/updated for a single user in one day.",
        ("registrant", "present"): (
            "You have exceeded the daily rate limit of ({per_day}) for {requests} API requests for the registrant "
            "({address}). You can resume these API requests at GMT 00:00:00."
        ),
        ("registrant", "quoted"): (
            'You have exceeded the daily rate limit of "{per_day}" for {requests} API requests for the registrant '
            '"{address}". You can resume these API requests at GMT 00:00:00.'
        ),
        ("registrant", "older"): (
            "You have exceeded the daily rate limit ({per_day}) of {requests} API requests permitted for this "
            "particular registrant. You may resume these requests at GMT 00:00:00."
        ),
    }
)


def limit_message(
    kind: LimitKind, wording: Wording = "present", *, quota: ResourceQuota = REGISTRATIONS, address: str = EXAMPLE
) -> str:
    """Return the message of a 429 of a *kind*; that of a host or registrant describes *quota*.

    Raises ValueError for a wording that Zoom does not use.
    """
    if (kind, wording) not in _MESSAGES:
        raise ValueError(f"Zoom has no 429 of the kind {kind!r} with the wording {wording!r}")
    return _MESSAGES[kind, wording].format(per_day=quota.per_day, requests=quota.requests, address=address)
