"""The reasons of a plan or of outcomes: each once, with the number of people and the first rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

_MAX_ROWS = 3
_MAX_SHOWN = 10  # reasons per result
_MAX_KEPT = 1_000
_TRACKING_ID = re.compile(r" \[tracking id [^\]]*\]")  # each error has another one


@dataclass(slots=True)
class _Group:
    people: int = 0
    rows: list[int] = field(default_factory=list[int])

    def add(self, row: int | None) -> None:
        self.people += 1
        if row is not None:
            self.rows = sorted((*self.rows, row))[:_MAX_ROWS]

    def text(self) -> str:
        """Return the first rows, or the number of people who are on no row."""
        more = self.people - len(self.rows)
        if not self.rows:
            return f"{more:,} {'person' if more == 1 else 'people'}"
        *first, last = [*map(str, self.rows), *([f"{more:,} more"] if more else [])]
        rows = f"{', '.join(first)} and {last}" if first else last
        return f"{'row' if self.people == 1 else 'rows'} {rows}"


class Reasons:
    """The reasons of results, for people in any order."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], _Group] = {}
        self._others = Counter[str]()

    def add(self, result: StrEnum, reason: str, row: int | None, code: int | None = None) -> None:
        """Add the *reason* of one person's result; *code* is Zoom's."""
        text = _TRACKING_ID.sub("", reason)
        if code is not None and "Zoom code" not in text:
            text = f"{text} (Zoom code {code})"
        key = (result.value, text)
        if key not in self._groups and len(self._groups) >= _MAX_KEPT:
            self._others[result.value] += 1
        else:
            self._groups.setdefault(key, _Group()).add(row)

    def lines(self) -> Iterator[str]:
        """Yield the reasons of each result, the most frequent first."""
        for result in dict.fromkeys(result for result, _ in self._groups):
            groups = [(reason, group) for (each, reason), group in self._groups.items() if each == result]
            groups.sort(key=lambda group: -group[1].people)
            word = result.replace("_", " ").capitalize()
            for reason, group in groups[:_MAX_SHOWN]:
                yield f"{word}: {group.text()}: {reason}"
            others = groups[_MAX_SHOWN:]
            people = sum(group.people for _, group in others) + self._others[result]
            if people:
                yield f"{word}: … and {people:,} more, for other reasons"
