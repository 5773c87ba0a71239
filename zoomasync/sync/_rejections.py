"""Zoom's rejections: the people whom each concerns, the reason in plain words, and the change that it stands for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import msgspec

from ..errors import BadRequest, NotFound, StatusError
from ..models import NewRegistrant
from ._reasons import IS_HOST, IS_PANELIST, NO_SEAT

Scope: TypeAlias = Literal["person", "seats", "target"]
"""The people whom a rejection concerns: this person, everyone without a seat, or everyone at the target."""

_BY_CODE: Final[dict[int, tuple[Scope, str]]] = {
    3027: ("person", IS_HOST),
    3034: ("person", "Zoom asks for a work address of the person"),
    3035: ("seats", NO_SEAT),
    3038: ("target", "the meeting or webinar is over"),
    3043: ("seats", NO_SEAT),
    404: ("target", "registration is off"),
}
_OTHER_CAUSES: Final[tuple[tuple[str, Scope, str], ...]] = (
    ("number of attendees", "seats", NO_SEAT),
    ("maximum attendee capacity", "seats", NO_SEAT),
    ("paid registration", "target", "Zoom's API does not support paid registration"),
    ("panelist", "person", IS_PANELIST),
    ("registration has not been enabled", "target", "registration is off"),
    ("registration as required", "target", "registration is off"),
    ("cannot access", "target", "the credentials have no access to this meeting or webinar"),
)
"""Texts of the codes 3000 and 300, which have several causes."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The cause of a rejection."""

    scope: Scope
    reason: str


def cause_of(error: StatusError) -> Cause | None:
    """Return the cause of a final rejection of one person's registration, or None for any other error."""
    text = error.message.casefold()
    if isinstance(error, BadRequest) and error.code in _BY_CODE:
        return Cause(*_BY_CODE[error.code])
    if isinstance(error, BadRequest | NotFound):
        for part, scope, reason in _OTHER_CAUSES:
            if part in text:
                return Cause(scope, reason)
    if not isinstance(error, BadRequest):
        return None
    if error.fields:
        return Cause("person", f"Zoom rejects {', '.join(each.field for each in error.fields)}")
    return Cause("person", "Zoom rejects this person")


def addition_key(registrant: NewRegistrant) -> str:
    """Return the text for `Rejection.change` of an addition with this data: other data may be accepted."""
    return f"add {hashlib.sha256(msgspec.json.encode(registrant)).hexdigest()[:16]}"


def approval_without_seat_key(registered: int) -> str:
    """Return the text for `Rejection.change` of an approval without a free seat, with so many *registered* people.

    With another number, Zoom may accept it.
    """
    return f"approve with {registered} registered"
