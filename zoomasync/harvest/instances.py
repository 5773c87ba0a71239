"""The table `instances`: one row per instance, from the streams that list instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .columns import Kind


@dataclass(frozen=True, slots=True)
class InstanceColumn:
    """A column of the table, with the SQL expression for it by the stream that the row comes from.

    The expressions are valid in SQLite and in Spark.
    """

    name: str
    kind: Kind
    sources: Mapping[str, str]


def _column(name: str, kind: Kind, hosts: str = "", history: str = "") -> InstanceColumn:
    return InstanceColumn(name, kind, {"user_meetings": hosts or name, "history_meetings": history or name})


INSTANCE_COLUMNS = (
    _column("uuid", Kind.TEXT, history="meeting_uuid"),
    _column("meeting_id", Kind.INTEGER, hosts="id"),
    _column(
        "webinar",
        Kind.BOOLEAN,
        hosts="CASE WHEN type IN (5, 6, 9) THEN 1 ELSE 0 END",
        history="CASE WHEN type = 'Webinar' THEN 1 ELSE 0 END",
    ),
    _column("type", Kind.INTEGER, history="NULL"),
    _column("topic", Kind.TEXT),
    _column("host_id", Kind.TEXT, hosts="substr(_part, 1, length(_part) - 8)", history="NULL"),
    _column("host_name", Kind.TEXT, hosts="user_name", history="host_display_name"),
    _column("host_email", Kind.TEXT, hosts="user_email"),
    _column("start_time", Kind.TIME),
    _column("end_time", Kind.TIME),
    _column("duration", Kind.INTEGER),
    _column("participants_count", Kind.INTEGER, history="participants"),
)
"""The columns that both streams have, without `day`: the UTC day of the start, limited to the days of the listing."""

INSTANCE_CONDITIONS: Mapping[str, str] = {
    "user_meetings": "uuid != ''",
    "history_meetings": "(participants IS NULL OR participants >= 2)",
}
"""The condition for rows that are part of the table. Instances with one participant have no reports."""
