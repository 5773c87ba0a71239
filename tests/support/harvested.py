"""The rows that a harvest of an account must store, derived from the account itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final, TypeAlias

from support import harvested_account, harvested_instances, harvested_listings, harvested_people, harvested_recordings
from support.harvested_cells import Cells, Harvested, harvested
from support.harvested_instances import of_meetings, of_webinars
from zoomasync.harvest.columns import KEY_COLUMNS, LINEAGE_COLUMNS, SNAPSHOT_COLUMNS
from zoomasync.harvest.streams import STREAMS
from zoomasync.testing import Account

Tables: TypeAlias = dict[str, list[Cells]]

_ROWS: Final[Mapping[str, Callable[[Harvested], list[Cells]]]] = {
    "users": harvested_listings.users,
    "user_meetings": harvested_listings.user_meetings,
    "history_meetings": harvested_listings.history_meetings,
    "instances": harvested_listings.instances,
    "meeting": of_meetings(harvested_instances.details),
    "meeting_participants": of_meetings(harvested_instances.visits),
    "meeting_polls": of_meetings(harvested_instances.polls),
    "meeting_qa": of_meetings(harvested_instances.qa),
    "meeting_survey": of_meetings(harvested_instances.survey),
    "webinar": of_webinars(harvested_instances.details),
    "webinar_participants": of_webinars(harvested_instances.visits),
    "webinar_polls": of_webinars(harvested_instances.polls),
    "webinar_qa": of_webinars(harvested_instances.qa),
    "webinar_survey": of_webinars(harvested_instances.survey),
    "absentees": harvested_people.absentees,
    "past_meeting": of_meetings(harvested_instances.past_details),
    "past_participants": of_meetings(harvested_instances.past_visits),
    "past_polls": of_meetings(harvested_instances.past_polls),
    "past_qa": of_meetings(harvested_instances.past_qa),
    "activities": harvested_account.activities,
    "operation_logs": harvested_account.operation_logs,
    "telephone": harvested_account.telephone,
    "daily": harvested_account.daily,
    "cloud_recording": harvested_account.cloud_recording,
    "billing": harvested_account.billing,
    "billing_invoices": harvested_account.billing_invoices,
    "upcoming_events": harvested_account.upcoming_events,
    "all_users": harvested_people.all_users,
    "recordings": harvested_recordings.recordings,
    "meeting_registrants": harvested_people.meeting_registrants,
    "webinar_registrants": harvested_people.webinar_registrants,
}
TABLES: Final = tuple(_ROWS)
"""All tables."""
DEFAULT_TABLES: Final = (
    "users", "user_meetings", "meeting", "meeting_participants", "meeting_polls", "meeting_qa", "meeting_survey",
    "webinar", "webinar_participants", "webinar_polls", "webinar_qa", "webinar_survey",
)  # fmt: skip
"""The tables of a harvest without options."""


def expected(
    account: Account, from_: date, to: date, tables: Iterable[str] = DEFAULT_TABLES, *, now: datetime | None = None
) -> Tables:
    """Return the rows that a harvest of *account* must store in *tables*, in the order of their keys.

    All calls of the harvest happen *now*, at the start of the account's day unless given. Columns without a value are
    None, a boolean is equal to its 0 or 1, and only rows with extra fields have an `_extra`.

    The account's month of `daily` is whole, since Zoom has no shorter range. `all_users` requests no further fields. A
    store has both tables that list instances: the one that is not selected is empty.
    """
    scope = harvested(account, from_, to, now)
    unused: Tables = {"user_meetings": [], "history_meetings": []}
    return {**unused, **{name: _ROWS[name](scope) for name in tables}}


_OF_THE_RUN = {column.name for column in (KEY_COLUMNS[0], *LINEAGE_COLUMNS, *SNAPSHOT_COLUMNS)}


def stored(path: Path) -> Tables:
    """Return the rows of every table of a store, in the order of their keys, with `_extra` where it is not null.

    The columns that depend on the run are left out.
    """
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        tables = {
            name: [
                {
                    column: row[column]
                    for column in row.keys()  # noqa: SIM118
                    if column not in _OF_THE_RUN and (column != "_extra" or row[column] is not None)
                }
                for row in connection.execute(f'SELECT * FROM "{name}" ORDER BY _part, _seq')  # noqa: S608
            ]
            for name in names
            if name in STREAMS
        }
    connection.close()
    return tables


def partitions(path: Path) -> dict[tuple[str, str], tuple[str, int]]:
    """Return the state and the number of rows of each partition, by stream and key."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT stream, key, state, rows FROM partition").fetchall()
    connection.close()
    return {(stream, key): (state, count) for stream, key, state, count in rows}
