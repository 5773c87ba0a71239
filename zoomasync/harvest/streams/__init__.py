"""The streams of a harvest: per kind of report its table, the structs of its rows, and the calls that fetch them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias, get_args

from ...errors import InvalidArgument
from ._account import ACCOUNT_STREAMS
from ._discovery import DISCOVERY_STREAMS, HISTORY_MEETINGS, USER_MEETINGS, USERS
from ._instances import ABSENTEES, PAST_STREAMS, REPORT_STREAMS
from ._snapshots import REGISTRANT_STREAMS, SNAPSHOT_STREAMS
from ._stream import (
    DELAY_DAYS,
    INSTANCES,
    MAX_CALLS,
    ONCE,
    Days,
    Fetch,
    PageRows,
    Parent,
    PartitionBy,
    PartitionTask,
    Refresh,
    Row,
    Stream,
)

__all__ = [
    "DELAY_DAYS",
    "DISCOVERY_STREAMS",
    "HISTORY_MEETINGS",
    "INSTANCES",
    "INSTANCE_SOURCES",
    "MAX_CALLS",
    "ONCE",
    "PAST_REPORTS",
    "REPORTS",
    "REPORT_GROUPS",
    "STREAMS",
    "USERS",
    "USER_MEETINGS",
    "Days",
    "Discovery",
    "Fetch",
    "PageRows",
    "Parent",
    "PartitionBy",
    "PartitionTask",
    "Refresh",
    "Row",
    "Stream",
    "parent_stream",
    "select_streams",
]

Discovery: TypeAlias = Literal["hosts", "history"]
"""The way to find instances: one call per host and month, or the history of the whole account."""

INSTANCE_SOURCES: Final[Mapping[Discovery, Stream]] = {"hosts": USER_MEETINGS, "history": HISTORY_MEETINGS}
"""The stream whose rows are the instances, by discovery."""

# Parents come before their children.
STREAMS: Final[Mapping[str, Stream]] = {
    stream.name: stream
    for stream in (
        *DISCOVERY_STREAMS,
        *REPORT_STREAMS,
        ABSENTEES,
        *PAST_STREAMS,
        *ACCOUNT_STREAMS,
        *SNAPSHOT_STREAMS,
        *REGISTRANT_STREAMS,
    )
}
"""All streams, by name."""

REPORTS: Final = tuple(stream.name for stream in REPORT_STREAMS)
"""The reports that a harvest fetches of each instance by default."""

PAST_REPORTS: Final = tuple(stream.name for stream in PAST_STREAMS)
"""Cheaper replacements for some of `REPORTS`: light and medium calls, without a daily quota on paid plans."""

_GROUPS = {
    "instances": (*REPORTS, ABSENTEES.name),
    "account": (USERS.name, *(stream.name for stream in ACCOUNT_STREAMS)),
    "snapshots": tuple(stream.name for stream in SNAPSHOT_STREAMS),
    "registrants": tuple(stream.name for stream in REGISTRANT_STREAMS),
    "substitutes": PAST_REPORTS,
}
REPORT_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    **_GROUPS,
    "all": tuple(name for group, names in _GROUPS.items() for name in names if group != "substitutes"),
}
"""The names of streams by the name of their group."""


def select_streams(reports: Iterable[str], discover: Discovery = "hosts") -> tuple[Stream, ...]:
    """Return the streams that *reports* name, alone or by group, and those whose rows lead to them.

    Parents come before their children. Raises `InvalidArgument` for an unknown name, or none.
    """
    if isinstance(reports, str):
        raise InvalidArgument(f"reports must be a list of names, such as [{reports[:40]!r}]")
    if discover not in get_args(Discovery):
        raise InvalidArgument(f"discover must be {' or '.join(get_args(Discovery))}, not {str(discover)[:40]!r}")
    names = [name for report in map(str, reports) for name in REPORT_GROUPS.get(report, (report,))]
    choices = ", ".join((*REPORT_GROUPS, *STREAMS))
    unknown = sorted(set(names).difference(STREAMS))
    if unknown:
        raise InvalidArgument(f"unknown report {unknown[0][:40]!r}: choose from {choices}")
    if not names:
        raise InvalidArgument(f"reports is empty: choose from {choices}")
    selected = {name for report in names for name in _with_ancestors(STREAMS[report], discover)}
    return tuple(stream for stream in STREAMS.values() if stream.name in selected)


def parent_stream(stream: Stream, discover: Discovery) -> Stream | None:
    """Return the stream whose rows lead to the partitions of *stream*, or None if it needs none."""
    if stream.parent is None:
        return None
    return INSTANCE_SOURCES[discover] if stream.parent.table == INSTANCES else STREAMS[stream.parent.table]


def _with_ancestors(stream: Stream, discover: Discovery) -> list[str]:
    parent = parent_stream(stream, discover)
    return [stream.name, *(() if parent is None else _with_ancestors(parent, discover))]
