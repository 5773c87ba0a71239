"""What a harvest has sent, over time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What was sent with a label in the seconds from *at* to *to*.

    *rate* is the requests a second while there were any, *allowed* the most that the client allowed itself meanwhile.
    """

    at: datetime
    to: datetime
    rate: float
    allowed: float
    retries: int
    throttled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCalls:
    """What was sent with one *label*: *points* where anything was.

    *working* is the seconds in which anything was sent, *busiest* the requests a second in the busiest ten of them.
    """

    label: str
    calls: int
    retries: int
    throttled: int
    working: int
    busiest: float
    allowed: float
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHistory:
    """What was sent, by label, the most first.

    *stretches* are when anything was, each from its beginning to its end; between them nothing was for ten minutes or
    more. *seconds* is the length of a point.
    """

    stretches: tuple[tuple[datetime, datetime], ...]
    seconds: int
    labels: tuple[LabelCalls, ...]


def call_history(connection: sqlite3.Connection, *, at_most: int = 500) -> CallHistory:
    """Return what was sent, each label in *at_most* so many points, and one more for each stretch."""
    limits: dict[str, int] = {"pause": _PAUSE}
    stretches = connection.execute(_STRETCHES, limits).fetchall()
    busy = sum(end - start for start, end in stretches)
    limits["seconds"] = seconds = next(step for step in _steps() if busy <= step * at_most)
    points: dict[str, list[Point]] = {}
    for label, at, to, rate, allowed, retries, throttled in connection.execute(_POINTS, limits):
        point = Point(at=_utc(at), to=_utc(to), rate=rate, allowed=allowed, retries=retries, throttled=throttled)
        points.setdefault(label, []).append(point)
    labels = (
        LabelCalls(
            label=label,
            calls=calls,
            retries=retries,
            throttled=throttled,
            working=working,
            busiest=busiest,
            allowed=max(point.allowed for point in points[label]),
            points=tuple(points[label]),
        )
        for label, calls, retries, throttled, working, busiest in connection.execute(_BY_LABEL)
    )
    return CallHistory(
        stretches=tuple((_utc(start), _utc(end)) for start, end in stretches), seconds=seconds, labels=tuple(labels)
    )


_PAUSE = 600
_SAMPLE = 10  # the seconds that a line of `call_samples` stands for


def _steps() -> Iterator[int]:
    """Yield lengths of time that a person reads easily, in seconds."""
    yield from (10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200)
    yield from count(86_400, 86_400)


def _utc(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


# A run may end, and the next begin, in the same ten seconds.
_SENT = """
WITH sent AS (
    SELECT label, CAST(strftime('%s', at) AS INTEGER) AS second, sum(calls) AS calls, sum(retries) AS retries,
        sum(throttled) AS throttled, max(rate) AS rate
    FROM call_samples GROUP BY 1, 2
)"""
_PLACED = f"""{_SENT},
begun AS (
    SELECT second, CASE WHEN second - lag(second) OVER (ORDER BY second) <= :pause THEN NULL ELSE second END AS start
    FROM (SELECT DISTINCT second FROM sent)
),
placed AS (SELECT second, max(start) OVER (ORDER BY second) AS stretch FROM begun)"""  # noqa: S608  names of ours only
_STRETCHES = f"{_PLACED} SELECT stretch, max(second) + {_SAMPLE} FROM placed GROUP BY stretch"  # noqa: S608  the same
_POINTS = f"""{_PLACED}
SELECT label, stretch + (second - stretch) / :seconds * :seconds AS start,
    max(second) + {_SAMPLE},
    sum(calls) / ({_SAMPLE}.0 * count(*)), max(rate), sum(retries), sum(throttled)
FROM sent JOIN placed USING (second) GROUP BY label, start ORDER BY label, start
"""  # noqa: S608  the same
_BY_LABEL = f"""{_SENT}
SELECT label, sum(calls), sum(retries), sum(throttled), {_SAMPLE} * count(*), max(calls) / {_SAMPLE}.0
FROM sent GROUP BY label ORDER BY 2 DESC, 1
"""  # noqa: S608  the same
