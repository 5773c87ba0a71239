"""The calls that a harvest sent, over time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The calls of one label from *at* to *to*.

    *rate* is the requests per second, without times in which none was sent. *allowed* is the highest rate that the
    client allowed itself. *throttled* counts responses with 429.
    """

    at: datetime
    to: datetime
    rate: float
    allowed: float
    retries: int
    throttled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCalls:
    """The calls of one *label*, in total and as *points*.

    *active_seconds* is the time in which calls were sent. *busiest* is the requests per second in the busiest ten
    seconds.
    """

    label: str
    calls: int
    retries: int
    throttled: int
    active_seconds: int
    busiest: float
    allowed: float
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHistory:
    """The calls of a harvest, by label, the label with the most calls first.

    *periods* are the start and end of each time in which calls were sent; pauses of more than ten minutes separate
    them. *step_seconds* is the length of a point.
    """

    periods: tuple[tuple[datetime, datetime], ...]
    step_seconds: int
    labels: tuple[LabelCalls, ...]


def call_history(connection: sqlite3.Connection) -> CallHistory:
    """Return the calls of a harvest, with at most 500 points per label and one more per period."""
    limits: dict[str, int] = {"pause": _PAUSE_SECONDS}
    periods = connection.execute(_PERIODS, limits).fetchall()
    active = sum(end - start for start, end in periods)
    limits["step"] = step = next(step for step in _steps() if active <= step * _MAX_POINTS)
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
            active_seconds=active_seconds,
            busiest=busiest,
            allowed=max(point.allowed for point in points[label]),
            points=tuple(points[label]),
        )
        for label, calls, retries, throttled, active_seconds, busiest in connection.execute(_BY_LABEL)
    )
    return CallHistory(
        periods=tuple((_utc(start), _utc(end)) for start, end in periods), step_seconds=step, labels=tuple(labels)
    )


_MAX_POINTS = 500
_PAUSE_SECONDS = 600
_SAMPLE_SECONDS = 10  # the time that a row of `call_samples` covers


def _steps() -> Iterator[int]:
    """Yield step lengths in seconds that are easy to read."""
    yield from (10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200)
    yield from count(86_400, 86_400)


def _utc(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


# Samples are added up over runs, because one run can end and the next can begin in the same ten seconds.
_SENT = """
WITH sent AS (
    SELECT label, CAST(strftime('%s', at) AS INTEGER) AS second, sum(calls) AS calls, sum(retries) AS retries,
        sum(throttled) AS throttled, max(rate) AS rate
    FROM call_samples GROUP BY 1, 2
)"""
_WITH_PERIODS = f"""{_SENT},
starts AS (
    SELECT second, CASE WHEN second - lag(second) OVER (ORDER BY second) <= :pause THEN NULL ELSE second END AS start
    FROM (SELECT DISTINCT second FROM sent)
),
periods AS (SELECT second, max(start) OVER (ORDER BY second) AS period FROM starts)"""  # noqa: S608  only our own names
_PERIODS = f"{_WITH_PERIODS} SELECT period, max(second) + {_SAMPLE_SECONDS} FROM periods GROUP BY period"  # noqa: S608  only our own names
_POINTS = f"""{_WITH_PERIODS}
SELECT label, period + (second - period) / :step * :step AS start,
    max(second) + {_SAMPLE_SECONDS},
    sum(calls) / ({_SAMPLE_SECONDS}.0 * count(*)), max(rate), sum(retries), sum(throttled)
FROM sent JOIN periods USING (second) GROUP BY label, start ORDER BY label, start
"""  # noqa: S608  only our own names
_BY_LABEL = f"""{_SENT}
SELECT label, sum(calls), sum(retries), sum(throttled), {_SAMPLE_SECONDS} * count(*), max(calls) / {_SAMPLE_SECONDS}.0
FROM sent GROUP BY label ORDER BY 2 DESC, 1
"""  # noqa: S608  only our own names
