"""Zoom's rejections of a registration: whom each concerns, and the reason in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ..errors import BadRequest, NotFound, StatusError
from ._planning import NO_SEAT

Scope: TypeAlias = Literal["person", "seats", "target"]
"""The people whom a rejection concerns: this person, everyone without a seat, or everyone at the target."""

_BY_CODE: Final[dict[int, tuple[Scope, str]]] = {
    3027: ("person", "is the host or an alternative host"),
    3034: ("person", "Zoom asks for another address of this person"),
    3035: ("seats", NO_SEAT),
    3038: ("target", "the meeting or webinar is over"),
    3043: ("seats", NO_SEAT),
    404: ("target", "registration is off"),
}
_OTHER_CAUSES: Final[tuple[tuple[str, Scope, str], ...]] = (
    ("number of attendees", "seats", NO_SEAT),
    ("maximum attendee capacity", "seats", NO_SEAT),
    ("paid registration", "target", "Zoom's API does not support paid registration"),
    ("panelist", "person", "is a panelist"),
    ("registration has not been enabled", "target", "registration is off"),
    ("registration as required", "target", "registration is off"),
    ("cannot access", "target", "no access to this meeting or webinar"),
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
