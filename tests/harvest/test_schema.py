"""The contract of a harvest's tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import cast

import msgspec
from support.harvesting import TODAY, harvest, query

from zoomasync.harvest import harvest_schema
from zoomasync.harvest.columns import Kind
from zoomasync.harvest.schema import PERSONAL, TableSchema
from zoomasync.harvest.stores.sqlite.schema import OWN_TABLES, Table, create_views
from zoomasync.harvest.streams import STREAMS
from zoomasync.testing import Account, FakeZoom

RELEASED = Path(__file__).parents[1] / "data" / "harvest_schema.json"
ADVICE = (
    "Programs read these tables. Restore the contract; or, for a release that announces the change in CHANGELOG.md, "
    "write the file anew: zoomasync harvest --schema > tests/data/harvest_schema.json"
)
TABLES = {table.name: table for table in harvest_schema().tables}

IMPERSONAL = frozenset(
    {
        *("_account", "_part", "_run", "_version", "account_id", "uuid", "meeting_uuid", "webinar_uuid"),
        *("billing.id", "upcoming_events.id", "recordings.meeting_id", "file_id", "survey_id", "survey_name"),
        *("type", "source", "status", "session_key", "bo_mtg_id", "feature_used", "custom_fields", "custom_keys"),
        *("tracking_fields", "host_organization", "group", "group_id", "group_ids", "im_group_ids", "division_ids"),
        *("role_id", "license_info_list", "plan_united_type", "last_client_version", "client_type", "version"),
        *("action", "category_type", "meeting_type", "country_name", "usage", "plan_usage", "free_usage"),
        *("invoice_number", "invoice_charge_name", "currency", "total_amount", "tax_amount"),
        *("file_type", "file_path", "file_extension", "recording_type"),
        *("host_key", "password", "recording_play_passcode", "download_access_token"),
        *("share_url", "play_url", "download_url"),
        *(
            "path",
            "reason",
            "stream",
            "partition.state",
            "partitions.state",
            "error",
            "detail",
            "warning",
            "tracking_id",
        ),
        *("run", "last_run", "runs.name", "outcome", "runs.host"),
    }
)
"""The columns of text that neither name nor describe a person."""


def changes(released: Mapping[str, object], current: Mapping[str, object], path: str = "") -> Iterator[str]:
    """Yield what of *released* is missing or different in *current*, which may have more."""
    for key, value in released.items():
        here = f"{path}{key}"
        if key not in current:
            yield f"{here} is missing"
        elif key in {"tables", "columns"}:
            yield from changes(by_name(value), by_name(current[key]), f"{here}.")
        elif isinstance(value, dict) and isinstance(current[key], dict):
            yield from changes(cast("dict[str, object]", value), cast("dict[str, object]", current[key]), f"{here}.")
        elif value != current[key]:
            yield f"{here} was {value}, and is {current[key]}"


def by_name(items: object) -> dict[str, object]:
    return {str(item["name"]): item for item in cast("list[dict[str, object]]", items)}


def test_released_contract_holds() -> None:
    """Only tables and columns may be added."""
    released = msgspec.json.decode(RELEASED.read_bytes(), type=dict[str, object])
    current = msgspec.json.decode(msgspec.json.encode(harvest_schema()), type=dict[str, object])

    assert list(changes(released, current)) == [], ADVICE


def test_changes_are_found() -> None:
    column = {"name": "id", "type": "text"}
    old = {"version": 1, "tables": [{"name": "users", "columns": [column, {"name": "dept"}], "key": ["a"]}]}
    new = {"tables": [{"name": "more"}, {"name": "users", "columns": [{**column, "type": "json"}], "key": ["b"]}]}

    assert list(changes(old, new)) == [
        "version is missing",
        "tables.users.columns.id.type was text, and is json",
        "tables.users.columns.dept is missing",
        "tables.users.key was ['a'], and is ['b']",
    ]
    assert list(changes(new, new | {"version": 2})) == []


def stored_tables() -> list[TableSchema]:
    """Return the tables of a store, without those of an export."""
    return [table for table in TABLES.values() if table.name not in {"partitions", "runs"}]


def text_columns() -> Iterator[tuple[str, str]]:
    for table in TABLES.values():
        for column in table.columns:
            if column.type in {Kind.TEXT, Kind.JSON}:
                yield table.name, column.name


def test_text_is_personal_or_not() -> None:
    """A new column of text belongs to one of the two lists."""
    names = {(table, column): {column, f"{table}.{column}"} for table, column in text_columns()}

    assert [pair for pair, each in names.items() if not each & (PERSONAL | IMPERSONAL)] == []
    assert sorted(PERSONAL & IMPERSONAL) == []


def test_lists_name_existing_columns() -> None:
    names = {name for t in TABLES.values() for c in t.columns for name in (c.name, f"{t.name}.{c.name}")}

    assert sorted((PERSONAL | IMPERSONAL) - names) == []


def test_schema_is_that_of_stores() -> None:
    """The names of the columns, and those that the database itself keeps from being empty."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(OWN_TABLES)
        for stream in STREAMS.values():
            database.execute(Table(stream).create)
        create_views(database)
        for table in stored_tables():
            columns = database.execute(f"PRAGMA table_info({table.name})").fetchall()
            assert {column.name for column in table.columns} == {name for _, name, *_ in columns}
            not_null = {name for _, name, _, not_null, *_ in columns if not_null}
            assert not_null <= {column.name for column in table.columns if not column.nullable}


def test_tables_describe_streams() -> None:
    participants = TABLES["meeting_participants"]

    assert set(STREAMS) | {"instances", "rejected_rows", "partition", "partitions", "runs"} == set(TABLES)
    assert (participants.stream, participants.method) == ("meeting_participants", "reports.meeting_participants")
    assert (participants.partition, participants.primary_key) == ("parent", ("_account", "_part", "_seq"))
    assert msgspec.to_builtins(participants.parent) == {"table": "instances", "column": "uuid"}
    assert (participants.row_key, participants.refresh, participants.label) == ((), "once", "heavy")
    assert (participants.scopes[0], participants.retention_months) == ("report:read:admin", 6)
    assert TABLES["recordings"].refresh == "snapshot"
    assert TABLES["instances"].primary_key == ("_account", "uuid")


STORED_TYPES: Mapping[Kind, Sequence[str]] = {
    Kind.INTEGER: ("integer",),
    Kind.BOOLEAN: ("integer",),
    Kind.REAL: ("real",),
    Kind.TEXT: ("text",),
    Kind.JSON: ("text",),
    Kind.TIME: ("text",),
    Kind.DAY: ("text",),
}


def faults_of(store: Path, table: TableSchema) -> list[str]:
    """Return the columns of *table* with cells of another type, or empty ones where none may be."""
    types = ", ".join(f'typeof("{column.name}")' for column in table.columns)
    found = zip(*query(store, f"SELECT {types} FROM {table.name}"), strict=True)  # noqa: S608  the package's own names
    return [
        f"{table.name}.{column.name}: {kinds}"
        for column, kinds in zip(table.columns, found, strict=False)  # a table may be empty
        if set(kinds) - {*STORED_TYPES[column.type], *(["null"] if column.nullable else [])}
    ]


async def test_cells_have_declared_types(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    days = (date(2026, 5, 8), date(2026, 5, 24))
    account = Account.simulated(7, today=TODAY, hosts=3, months=2, instances_per_month=40)
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, days, reports=["all", "substitutes"])

    filled = {stream for (stream,) in query(store, "SELECT DISTINCT stream FROM partition WHERE rows > 0")}
    assert [fault for table in stored_tables() for fault in faults_of(store, table)] == []
    assert len(filled) > 20
