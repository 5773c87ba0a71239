"""The desired list: the people who are to be registered for one meeting or webinar."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias
from unicodedata import normalize

from ..errors import InvalidArgument
from ..models import NewRegistrant

TargetKind: TypeAlias = Literal["meeting", "webinar"]


@dataclass(frozen=True, slots=True)
class SyncTarget:
    """A meeting or webinar whose registrants are to equal a list; *id* is its number.

    With *occurrence_ids*, only the registrations for those occurrences of a recurring meeting or webinar count.
    """

    kind: TargetKind
    id: int
    occurrence_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in {"meeting", "webinar"}:
            raise InvalidArgument("the kind of a sync target is meeting or webinar")
        if type(self.id) is not int or self.id < 1:
            raise InvalidArgument(f"the {self.kind} of a sync target must be its number, such as 81234567890")
        if any(not each.isdecimal() for each in self.occurrence_ids):
            raise InvalidArgument("an occurrence ID is a number as text, such as 1780000000000")
        object.__setattr__(self, "occurrence_ids", tuple(sorted({*self.occurrence_ids})))

    @classmethod
    def meeting(cls, id: int, *occurrence_ids: str) -> Self:
        """Return the meeting with the number *id*, or the given occurrences of it."""
        return cls("meeting", id, occurrence_ids)

    @classmethod
    def webinar(cls, id: int, *occurrence_ids: str) -> Self:
        """Return the webinar with the number *id*, or the given occurrences of it."""
        return cls("webinar", id, occurrence_ids)

    def __str__(self) -> str:
        occurrences = f" occurrence {', '.join(self.occurrence_ids)}" if self.occurrence_ids else ""
        return f"{self.kind} {self.id}{occurrences}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredPerson:
    """A person of the desired list.

    *row* is the number of the person's row in the input, which the outcome repeats. With *cancel*, the list states that
    the person has cancelled: the registration is cancelled, also one that this library did not make.

    `NewRegistrant.custom_questions` may have titles that the registration form lacks; they are not sent.
    """

    registrant: NewRegistrant
    row: int | None = None
    cancel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A row of the input that describes no person who could be registered, with the *reason*.

    A person with its *email* is not absent, and keeps the registration. If the address is unreadable too (*email* is
    empty or no address), nobody is absent from the list.
    """

    row: int | None
    reason: str
    email: str = ""


DesiredRow: TypeAlias = NewRegistrant | DesiredPerson | RejectedRow
"""A row of a desired list."""


@dataclass(frozen=True, slots=True)
class DesiredList:
    """The *people* who are to be registered for *target*, in the order in which they get the seats.

    *complete* is False if the list may lack people, for instance because its file is cut off: then nobody is cancelled.
    The people with the addresses *keep* are not absent. With *unreadable*, anyone may be on a row that is not among
    *people*, so that nobody is absent.
    """

    target: SyncTarget
    people: Iterable[DesiredRow] | AsyncIterable[DesiredRow]
    complete: bool = True
    keep: frozenset[str] = frozenset()
    unreadable: bool = False


def email_key(email: str) -> str:
    """Return *email* in the form in which addresses are compared: trimmed, case-folded and in Unicode's NFC."""
    return normalize("NFC", normalize("NFD", email.strip()).casefold())
