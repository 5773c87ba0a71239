"""Findings: the results of the checks, and their output."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console

from ...console import print_line

_TEXT_COLUMN = 24
_SHORTEST_LINE, _LONGEST_LINE = 40, 120


class Level(StrEnum):
    """The weight of a finding."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one *check*. *advice* says what to do, in any number of lines."""

    check: str
    level: Level
    text: str
    advice: str = ""


def has_problem(findings: Sequence[Finding]) -> bool:
    """Return whether one of *findings* is a problem."""
    return any(finding.level is Level.PROBLEM for finding in findings)


def print_findings(findings: Sequence[Finding], console: Console) -> None:
    """Print one paragraph per finding, and a last line with the numbers of problems and warnings."""
    for finding in findings:
        head = f"{finding.level:<9}{finding.check:<{_TEXT_COLUMN - 10}} "
        for text in filter(None, (finding.text, finding.advice)):
            for line in _wrapped(text, console.width):
                print_line(f"{head}{line}", console)
                head = " " * _TEXT_COLUMN
    counts = Counter(finding.level for finding in findings)
    print_line(f"{_count(counts[Level.PROBLEM], 'problem')}, {_count(counts[Level.WARNING], 'warning')}.", console)


def _wrapped(text: str, width: int) -> list[str]:
    columns = max(_SHORTEST_LINE, min(width, _LONGEST_LINE) - _TEXT_COLUMN)
    # Scopes and file names stay whole, so that they can be copied.
    return textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False)


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
