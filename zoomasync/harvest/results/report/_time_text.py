"""Times and durations as text."""

from __future__ import annotations

from datetime import datetime


def moment_text(moment: datetime) -> str:
    """Return *moment* to the minute."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def range_text(start: datetime, end: datetime) -> str:
    """Return the range from *start* to *end*, with the date of *end* only if it differs."""
    end_text = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {end_text} UTC"


def duration_text(seconds: int) -> str:
    """Return a duration in its two largest units."""
    parts: list[str] = []
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, seconds = divmod(seconds, length)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2]) or "0 s"
