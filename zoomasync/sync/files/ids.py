"""IDs of meetings, webinars and occurrences, as spreadsheets and people write them."""

from __future__ import annotations

import re

_IGNORED = re.compile(r"[\s\u200b\u2060\ufeff\-\u2010-\u2015\u2212]+")  # spaces, hyphens and dashes of any kind
_ROUNDED = re.compile(r"[0-9]+(?:[.,][0-9]+)?e\+?[0-9]+", re.IGNORECASE)
_AS_TEXT = re.compile(r'=?"(.*)"')  # a formula that keeps a spreadsheet from rounding the number
_NUMBER = re.compile(r"([1-9][0-9]{8,11})(?:\.0+)?")  # ".0" from programs whose column has empty cells
_OCCURRENCE = re.compile(r"([0-9]+)(?:\.0+)?")


class RowError(ValueError):
    """A row of a list that describes no person or no target."""


def read_number(text: str, kind: str) -> int:
    """Return the number of a meeting or webinar. Raises `RowError`."""
    return int(_digits(text, kind, _NUMBER, "a number of 9 to 12 digits"))


def read_occurrences(text: str) -> tuple[str, ...]:
    """Return the IDs in *text*, separated by semicolons, commas or spaces. Raises `RowError`."""
    return tuple(_digits(part, "occurrence", _OCCURRENCE, "a number") for part in re.split(r"[;,\s]+", text) if part)


def _digits(text: str, kind: str, form: re.Pattern[str], expected: str) -> str:
    if quoted := _AS_TEXT.fullmatch(text):
        text = quoted[1]
    text = _IGNORED.sub("", text.removeprefix("'"))
    if _ROUNDED.fullmatch(text):
        raise RowError(f"a spreadsheet rounded the {kind} ID: format the column as text, and export again")
    if found := form.fullmatch(text):
        return found[1]
    raise RowError(f"the {kind} ID is not {expected}")
