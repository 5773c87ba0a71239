"""The values of the options that take several words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ....errors import InvalidArgument


def names_in(words: Sequence[str] | None) -> Sequence[str]:
    """Return the names in *words*, each of which may hold several, separated by commas."""
    return [name for word in words or () for name in word.split(",") if name]


def refetch_days(words: Sequence[str] | None) -> Mapping[str, int | None]:
    """Return the tables in the *words* of --refetch, each with the number of days after it, or None for all days."""
    days: dict[str, int | None] = {}
    table = ""
    for word in words or ():
        if not word.removeprefix("-").isdecimal():
            if word in days:
                raise InvalidArgument(f"--refetch names {word} twice: name it once")
            table = word
            days[table] = None
        elif table and days[table] is None:
            days[table] = int(word)
        else:
            raise InvalidArgument(f"--refetch {word}: name one table before each number of days")
    return days
