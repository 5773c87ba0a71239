"""The rows of a list as people of a desired list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from ...models import CustomAnswer, NewRegistrant
from ..desired import DesiredPerson, RejectedRow, SyncTarget
from .columns import PERSON_FIELDS, ColumnMapping, find_columns
from .ids import RowError, read_number, read_occurrences

MALFORMED = "malformed row: "
"""The start of the reason of a row whose cells may not belong to the headings."""

_BRACKETS = re.compile(r"<([^<>]*)>$")
_ONE_ADDRESS = re.compile(r"""[^\s@,;<>"]+@[^\s@,;<>"]+""")


class _Answer(msgspec.Struct):
    title: str
    value: str | int | float | bool | None = None


Row: TypeAlias = tuple[SyncTarget | None, DesiredPerson | RejectedRow]
"""A row, and its target if that is readable."""


class RowReader:
    """A reader of the rows under *headings*. A row is a list of cells, each a text, None or a nested value of JSON.

    *target* is that of all rows, or None if columns name it. *old_reasons* is the position of the reasons of earlier
    results: a row that was malformed then has the same cells now, filled up to the number of the headings.
    *cancelling* are the statuses of the cancelled rows so far.
    """

    def __init__(
        self, headings: Sequence[str], mapping: ColumnMapping, target: SyncTarget | None, old_reasons: int | None
    ) -> None:
        found = find_columns(headings, mapping, target)
        self.fields = found.fields
        self._questions = found.questions
        self._cancel_when = mapping.cancel_when
        self.cancelling = set[str]()
        self._target = target
        self._old_reasons = old_reasons

    def read(self, line: int, cells: Sequence[object], fault: str) -> Row:
        """Return the person on *line*, or the reason why there is none."""
        old_reason = _text(cells, self._old_reasons)
        reason = f"{MALFORMED}{fault}" if fault else old_reason if old_reason.startswith(MALFORMED) else ""
        if reason:
            return self._target, RejectedRow(row=line, reason=reason, email=self._only_address(cells))
        email, target = _address(self._field(cells, "email")), self._target
        try:
            target = target or self._read_target(cells)
            return target, self._person(line, cells, email)
        except RowError as error:
            return target, RejectedRow(row=line, reason=str(error), email=email)

    def _field(self, cells: Sequence[object], name: str) -> str:
        return _text(cells, self.fields.get(name))

    def _only_address(self, cells: Sequence[object]) -> str:
        """Return the address of a malformed row if there is one only, in its column."""
        email = _address(self._field(cells, "email"))
        others = [cell for cell in cells if isinstance(cell, str) and "@" in cell]
        return email if len(others) == 1 and _ONE_ADDRESS.fullmatch(email) else ""

    def _read_target(self, cells: Sequence[object]) -> SyncTarget:
        meeting, webinar = self._field(cells, "meeting_id"), self._field(cells, "webinar_id")
        if meeting and webinar:
            raise RowError("the row has both a meeting ID and a webinar ID")
        if not meeting and not webinar:
            raise RowError("the row has neither a meeting ID nor a webinar ID")
        occurrences = read_occurrences(self._field(cells, "occurrence_ids"))
        if meeting:
            return SyncTarget.meeting(read_number(meeting, "meeting"), *occurrences)
        return SyncTarget.webinar(read_number(webinar, "webinar"), *occurrences)

    def _person(self, line: int, cells: Sequence[object], email: str) -> DesiredPerson:
        if not email:
            raise RowError("the row has no e-mail address")
        status = self._field(cells, "status").casefold()
        if cancel := status in self._cancel_when:
            self.cancelling.add(status)
        fields = {name: text for name in PERSON_FIELDS if (text := self._field(cells, name))}
        if "first_name" not in fields and "last_name" not in fields:
            fields |= _split(self._field(cells, "name"))
        if "first_name" not in fields and not cancel:
            raise RowError("the row has no first name")
        registrant = msgspec.convert({"first_name": "", **fields, "email": email}, NewRegistrant)
        if answers := self._answers(cells):
            registrant = msgspec.structs.replace(registrant, custom_questions=answers)
        return DesiredPerson(registrant=registrant, row=line, cancel=cancel)

    def _answers(self, cells: Sequence[object]) -> tuple[CustomAnswer, ...]:
        answers = {title: text for title, at in self._questions.items() if (text := _text(cells, at))}
        at = self._questions.get("custom_questions")
        nested = cells[at] if at is not None and at < len(cells) else None
        if isinstance(nested, list | dict):
            try:
                listed = msgspec.convert(nested, list[_Answer])
            except msgspec.ValidationError:
                raise RowError("custom_questions is not a list of objects with a title and a value") from None
            texts = {answer.title.strip(): _scalar_text(answer.value).strip() for answer in listed}
            answers |= {title: text for title, text in texts.items() if text}
        return tuple(CustomAnswer(title=title, value=text) for title, text in answers.items())


def cell_text(cell: object) -> str:
    """Return *cell* as text, a nested value as JSON."""
    return cell if isinstance(cell, str) else "" if cell is None else msgspec.json.encode(cell).decode()


def _text(cells: Sequence[object], at: int | None) -> str:
    """Return the trimmed text of the cell at *at*; empty if it is missing or a nested value."""
    cell = cells[at] if at is not None and at < len(cells) else None
    return _trimmed(cell) if isinstance(cell, str) else ""


def _trimmed(text: str) -> str:
    return text.strip().strip("\u200b\u2060\ufeff").strip()  # characters without width that come with pasted text


def _scalar_text(value: str | float | bool | None) -> str:  # noqa: FBT001  a value of JSON
    return cell_text(value)


def _address(text: str) -> str:
    """Return the address in *text*, such as ``Ada Lovelace <ada@x.example>`` or ``mailto:ada@x.example``."""
    if found := _BRACKETS.search(text):
        text = found[1]
    if text[:7].casefold() == "mailto:":
        text = text[7:].partition("?")[0]
    return _trimmed(text)


def _split(name: str) -> dict[str, str]:
    """Return the fields of a full name."""
    first, _, last = ("", "", name) if "," in name else name.rpartition(" ")
    parts = {"first_name": first.strip() or last, "last_name": last if first else ""}
    return {field: text for field, text in parts.items() if text}
