"""How times are told."""

from __future__ import annotations

from datetime import datetime


def moment(at: datetime) -> str:
    """Return a moment, to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def span(start: datetime, end: datetime) -> str:
    """Return the time from *start* to *end*."""
    till = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {till} UTC"


def duration(seconds: int) -> str:
    """Return the two largest units of so many *seconds*."""
    tasks = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
    words: list[str] = []
    for task, length in tasks:
        number, seconds = divmod(seconds, length)
        if number:
            words.append(f"{number} {task}")
    return " ".join(words[:2]) or "0 s"
