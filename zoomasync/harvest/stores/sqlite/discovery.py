"""The calls that each way to find instances takes, from the listings that are stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from .... import month_ranges
from ...streams import HISTORY_MEETINGS, USER_MEETINGS, USERS, Discovery, Stream
from ..base import Scope


def discovery_calls(connection: sqlite3.Connection, scope: Scope) -> Mapping[Discovery, int]:
    """Return the least number of calls by which each way lists the instances of the days of *scope*.

    The calls of a way that has listed them are known. Those of the other one follow from the instances.
    """
    first, last = scope.days[0], min(scope.days[1], scope.today)
    days = f"BETWEEN '{first}' AND '{last}'"
    months = f"BETWEEN '{scope.months[0]}' AND '{scope.months[1]}'"
    by_hosts = _known_calls(connection, (USERS, USER_MEETINGS), f"substr(to_, 1, 7) {months}")
    if by_hosts is None:
        # One call per month for the hosts, and pages per month and host for their instances.
        by_hosts = len(list(month_ranges(first, last)))
        by_hosts += _pages(connection, USER_MEETINGS, days, "substr(day, 1, 7), coalesce(host_email, host_name)")[1]
    by_history = _known_calls(connection, (HISTORY_MEETINGS,), f"to_ {days}")
    if by_history is None:
        groups, pages = _pages(connection, HISTORY_MEETINGS, days, "day")
        by_history = (last - first).days + 1 - groups + pages
    return {"hosts": by_hosts, "history": by_history}


def _known_calls(connection: sqlite3.Connection, streams: tuple[Stream, ...], condition: str) -> int | None:
    """Return the number of calls that listed *streams*, or None if the first one is not listed."""
    names = ", ".join(f"'{stream.name}'" for stream in streams)
    is_listed, calls = connection.execute(
        f"SELECT max(stream = '{streams[0].name}' AND run IS NOT NULL), sum(max(1, pages)) FROM partition "
        f"WHERE stream IN ({names}) AND {condition}"
    ).fetchone()
    return int(calls) if is_listed else None


def _pages(connection: sqlite3.Connection, stream: Stream, days: str, group: str) -> tuple[int, int]:
    """Return the number of groups of the instances of *days*, and the pages of *stream* that would list each group."""
    size = stream.endpoint.page_size or 1
    groups, pages = connection.execute(
        f"SELECT count(*), coalesce(sum((number + {size - 1}) / {size}), 0) "
        f"FROM (SELECT count(*) AS number FROM instances WHERE day {days} GROUP BY {group})"
    ).fetchone()
    return int(groups), int(pages)
