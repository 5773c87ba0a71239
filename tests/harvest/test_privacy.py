"""The personal data and secrets that a harvest stores."""

from __future__ import annotations

import hashlib
import hmac
import importlib
import json
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import anyio
import msgspec
import pytest
from support.harvesting import QUICK, TODAY, query

from zoomasync import InvalidRow, Zoom, models
from zoomasync.errors import ConfigError, InvalidArgument, Unauthorized
from zoomasync.harvest import Harvest, Partition, Privacy, Progress, State
from zoomasync.harvest._json_cleaner import Rule
from zoomasync.harvest._row_cleaner import RowCleaner, is_secret_key
from zoomasync.harvest.accounts import FetchedPartition
from zoomasync.harvest.columns import Cell, columns
from zoomasync.harvest.privacy import column_rules
from zoomasync.harvest.stores import PartitionTask, Scope, SQLiteStore, WriteBatch
from zoomasync.harvest.streams import STREAMS, Discovery
from zoomasync.models.reports import Host
from zoomasync.models.secret_fields import is_secret
from zoomasync.testing import Account, FakeZoom

DAYS = (date(2026, 5, 8), date(2026, 5, 24))
KEY = "a key for tests of hashes"
NAMES = ("display_name", "first_name", "host_display_name", "host_name", "last_name", "name", "user_name")
ADDRESSES = ("email", "host_email", "operator", "user_email")
HASHED = Privacy(hash_=(*NAMES, *ADDRESSES), key=KEY)
PARTICIPANTS = "reports.meeting_participants"
ADDRESS = re.compile(rb"[\w.+-]+@[\w-]+\.example", re.IGNORECASE)


def hash_of(text: str, key: str = KEY) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


ANN = hash_of("ann@lee.example")


def harvest_of(
    zoom: Zoom,
    store: Path,
    privacy: Privacy | None = None,
    reports: Sequence[str] = ("all",),
    refetch: Mapping[str, int | None] | None = None,
    progress: Callable[[Progress], None] | None = None,
    discover: Discovery = "hosts",
) -> Harvest:
    """Return a harvest of some days."""
    return Harvest(
        zoom,
        store=store,
        from_=DAYS[0],
        to=DAYS[1],
        reports=reports,
        privacy=privacy,
        refetch=refetch,
        progress=progress,
        discover=discover,
    )


async def harvest(
    fake: FakeZoom,
    store: Path,
    privacy: Privacy | None = None,
    reports: Sequence[str] = ("all",),
    discover: Discovery = "hosts",
) -> None:
    async with (
        fake.client(retry=QUICK) as zoom,
        harvest_of(zoom, store, privacy, reports, discover=discover) as run,
    ):
        await run.run()


def one_meeting() -> Account:
    account = Account(today=TODAY)
    account.add_instance(start=datetime(2026, 5, 10, 9, tzinfo=UTC), participants=2)
    return account


def simulated() -> Account:
    return Account.simulated(7, today=TODAY, hosts=3, months=2, instances_per_month=40)


def page(*rows: object) -> bytes:
    """Return a page of participants; a text in *rows* may have half a surrogate pair."""
    return json.dumps({"next_page_token": "", "total_records": len(rows), "participants": rows}).encode()


def written(store: Path) -> bytes:
    """Return all bytes of a store: of its database, its write-ahead log, and the index of the latter."""
    return b"".join(path.read_bytes() for path in sorted(store.parent.glob(f"{store.name}*")))


# --- The file --------------------------------------------------------------------------------------------------------

EXTRA = {
    "id": "",
    "name": "Ann Lee",
    "user_email": "ann@lee.example",
    "label": "Ann Lee <Ann@Lee.example>",
    "alias": "ANN@LEE.EXAMPLE ",
    "contacts": {"ann@lee.example": ["ann lee", {"userEmail": "dot@lee.example", "mail": "dot@lee.example"}]},
}
UNDECODABLE = (
    {"name": {"full": "Ann Lee"}, "user_email": "ann@lee.example", "duration": "soon", "note": "ask Ann@Lee.example"},
    {"name": "Zo\ud83d", "user_email": ["zoe@lee.example"], "memo": "zoe@lee.example"},
    {"user_email": 7, "participant": {"email": "ivo@lee.example", "name": "Ivo"}, "join_time": "noon"},
    ["bo@lee.example"],
    "cy@lee.example",
)


async def test_clear_text_is_nowhere_in_file(tmp_path: Path) -> None:
    """Nor in its log while the store is open, after a refetch that was interrupted."""
    store, account, contents = tmp_path / "h.sqlite", simulated(), b""
    scope = anyio.CancelScope()

    def stop(progress: Progress) -> None:
        if progress.done == 9:
            scope.cancel()

    async with FakeZoom(account, plan=None, page_size_cap=2) as fake, fake.client(retry=QUICK) as zoom:
        fake.respond("reports.meeting_qa", status=400, body={"code": 1001, "message": "No user ann@lee.example."})
        for number, row in enumerate((EXTRA, *UNDECODABLE), 1):
            fake.respond(PARTICIPANTS, status=200, body=page(row), on_request=number)
        async with harvest_of(zoom, store, HASHED) as first:
            await first.run()
            contents += written(store)
        rejected = query(store, "SELECT count(*) FROM rejected_rows")
        refetch = {"meeting_participants": None, "webinar_participants": None}
        async with harvest_of(zoom, store, HASHED, refetch=refetch, progress=stop) as second:
            with scope:
                await second.run()
            contents += written(store)
            await second.run()
            contents += written(store)

    assert (rejected, scope.cancelled_caught) == ([(5,)], True)
    assert b"No user <e-mail>" in contents
    assert ADDRESS.findall(contents + written(store)) == []
    names = {host.name for host in account.hosts} | {"Ann Lee"}
    assert [name for name in names if name.encode() in contents] == []


USERS = STREAMS["users"]
TASK = PartitionTask(USERS, "2026-05", (date(2026, 5, 1), date(2026, 5, 31)), is_refetch=True)
BATCH = WriteBatch(
    rows=[(0, (Host(id="h1", email="ann@lee.example", user_name="Ann Lee"),), '{"mail":"ann@lee.example"}')],
    invalid_rows=[(1, InvalidRow(row=1, path="$", reason="r", raw=b'{"email":"bo@lee.example"}'))],
    first=True,
    fetched_at=datetime(2026, 6, 1, tzinfo=UTC),
)


async def test_staged_rows_are_clean(tmp_path: Path) -> None:
    """Rows of a partition that is fetched again are kept aside before they replace the others."""
    store = tmp_path / "h.sqlite"
    scope = Scope(account_id="a", days=DAYS, streams=(USERS,), today=TODAY, privacy=HASHED)
    async with SQLiteStore(store, [USERS]) as opened, opened.run(scope, lambda _: None):
        await opened.write(TASK, BATCH)
        await opened.counts(scope)  # returns after the write
        contents, staged = written(store), query(store, "SELECT count(*) FROM staged_rows")

    assert staged == [(1,)]
    assert hash_of("ann@lee.example").encode() in contents
    assert ADDRESS.findall(contents) == []


def test_arrow_batches_are_clean() -> None:
    arrow = pytest.importorskip("pyarrow")
    from zoomasync.harvest.arrow import partition_batch, rows_batch  # noqa: PLC0415  needs pyarrow

    result = Partition(stream="users", key="2026-05", state=State.DONE)
    fetched = FetchedPartition(account="n", account_id="a", task=TASK, result=result, whole=True, batches=(BATCH,))
    batches = rows_batch(USERS, [fetched], run="r", privacy=HASHED), partition_batch([fetched], run="r", privacy=HASHED)
    rows = str([arrow.record_batch(batch).to_pylist() for batch in batches])

    assert rows.count(ANN) == 4  # in each batch, the address and the undocumented key
    assert rows.count(hash_of("bo@lee.example")) == 1
    assert "lee" not in rows.lower()


async def test_hashes_join_tables(tmp_path: Path) -> None:
    """A join over hashed addresses gives the same rows as one over clear ones, and a lookup by hash finds a person."""
    clear, hashed, reports = (
        tmp_path / "clear.sqlite",
        tmp_path / "hashed.sqlite",
        ["meeting_participants", "all_users"],
    )
    account = simulated()
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, clear, None, reports)
        await harvest(fake, hashed, HASHED, reports)

    join = (
        "SELECT p._part, p._seq, m._seq, u._part FROM meeting_participants p "
        "JOIN user_meetings m ON m.uuid = p._part JOIN all_users u ON u.email = p.user_email ORDER BY 1, 2"
    )
    assert len(query(clear, join)) > 5
    assert query(hashed, join) == query(clear, join)
    host = account.hosts[0]
    assert (HASHED.hash_of(host.email.upper()), host.id) in query(hashed, "SELECT email, id FROM users")


# --- Cells -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hashed"),
    [
        pytest.param("ann@lee.example", hash_of("ann@lee.example"), id="address"),
        pytest.param(" Ann@LEE.example ", hash_of("ann@lee.example"), id="address in other letters"),
        pytest.param("Ann Lee", hash_of("Ann Lee"), id="name"),
        pytest.param("Zoë", hash_of("Zoë"), id="accent"),
        pytest.param("", "", id="empty"),
        pytest.param("  ", "  ", id="spaces"),
        pytest.param(None, None, id="none"),
    ],
)
def test_hash_of_a_cell(text: str | None, hashed: str | None) -> None:
    cleaner = RowCleaner(Privacy(hash_=["operation_logs.operator"], key=KEY), STREAMS["operation_logs"])
    cells: list[Sequence[Cell]] = [[None], [text], ["User"], ["Add"], [text]]

    cleaner.clean(cells, [None])

    assert cells == [[None], [hashed], ["User"], ["Add"], [text]]


def cleaned_extra(privacy: Privacy, extra: str, *, email: str = "ann@lee.example") -> str | None:
    """Return *extra* of a participant with that address as it is stored."""
    cells: list[Sequence[Cell]] = [
        [email if column.name == "user_email" else None] for column in columns(STREAMS["meeting_participants"])
    ]
    extras: list[str | None] = [extra]
    RowCleaner(privacy, STREAMS["meeting_participants"]).clean(cells, extras)
    return extras[0]


DROPS = Privacy(drop=["user_email"])
NUMBERS = '{"a":123456789012345678901234567890,"b":1e999,"c":[-0.0,1E+2],"d":"x\\ud83d"}'


@pytest.mark.parametrize(
    ("privacy", "extra", "kept"),
    [
        pytest.param(Privacy(), '{"a": [1, {"b" :"c"}]}', '{"a": [1, {"b" :"c"}]}', id="bytes stay"),
        pytest.param(DROPS, NUMBERS, NUMBERS, id="numbers stay"),
        pytest.param(DROPS, '{"userEmail":"bo@x","a":{"user-email":"cy@x"}}', '{"a":{}}', id="key in any style"),
        pytest.param(DROPS, '{"a":"ann@lee.example","b":["Bo"]}', '{"a":null,"b":["Bo"]}', id="dropped text"),
        pytest.param(DROPS, '{"a":"To: Ann@Lee.example!"}', '{"a":"to: !"}', id="dropped address in a text"),
        pytest.param(DROPS, '{"ann@lee.example":1,"b":2}', '{"b":2}', id="dropped text as a key"),
        pytest.param(DROPS, '{"a":"\\u0061nn@lee.example"}', '{"a":null}', id="escaped text"),
        pytest.param(
            HASHED,
            '{"email":["bo@x",7,true,null,""]}',
            f'{{"email":["{hash_of("bo@x")}","{hash_of("7")}",true,null,""]}}',
            id="values of a hashed key",
        ),
        pytest.param(HASHED, '{"a":"ANN@lee.example"}', f'{{"a":"{ANN}"}}', id="hashed text"),
        pytest.param(HASHED, '{"email":"a@x","join_url":"u"}', f'{{"email":"{hash_of("a@x")}"}}', id="secret too"),
        pytest.param(HASHED, '{"email":{"password":"p"}}', '{"email":{}}', id="secret in a hashed key"),
        pytest.param(Privacy(), '{"a":{"Join_URL":"u","pwd":"p"},"b":1}', '{"a":{},"b":1}', id="secret in any letters"),
        pytest.param(Privacy(), '{"join_url":"https://u","a":"https://u"}', '{"a":null}', id="secret elsewhere"),
        pytest.param(Privacy(secrets=True), '{"join_url":"u"}', '{"join_url":"u"}', id="secret on request"),
        pytest.param(Privacy(drop=["_extra"]), '{"a":1}', None, id="dropped"),
    ],
)
def test_extra_fields_are_cleaned(privacy: Privacy, extra: str, kept: str | None) -> None:
    assert cleaned_extra(privacy, extra) == kept


@pytest.mark.parametrize(
    ("privacy", "raw", "kept"),
    [
        pytest.param(Privacy(), '["ann@lee.example",7]', '["ann@lee.example",7]', id="default"),
        pytest.param(DROPS, '["ann@lee.example",7]', "[null,7]", id="text without a key"),
        pytest.param(DROPS, '[{"id":"x","user_email":"ann@x"}]', '[{"id":"x"}]', id="key in a list"),
        pytest.param(DROPS, '{"user_email":"ann@x","a":"ann@x"}', '{"a":null}', id="same text under another key"),
        pytest.param(DROPS, "[" * 5_000 + "]" * 5_000, "null", id="nested too deeply"),
        pytest.param(DROPS, '{"user_email"', "null", id="not JSON"),
        pytest.param(Privacy(drop=["rejected_rows.raw"]), '{"id":7}', "null", id="dropped"),
    ],
)
def test_rejected_rows_are_cleaned(privacy: Privacy, raw: str, kept: str) -> None:
    assert RowCleaner(privacy, STREAMS["meeting_participants"]).clean_rejected(raw) == kept


async def test_keys_in_json_are_treated(tmp_path: Path) -> None:
    """A name of a column is also that of keys inside JSON columns, and a table before it limits it to the table."""
    store = tmp_path / "h.sqlite"
    answers = [{"user_id": "u", "name": "Bo", "email": "bo@lee.example", "content": "See Ann@lee.example"}]
    row = {"name": "Ann", "email": "ann@lee.example", "question_details": [{"answer_details": answers}]}
    privacy = Privacy(hash_=["email", "meeting_polls.name"], drop=["meeting_qa.name"], key=KEY)
    async with FakeZoom(one_meeting(), plan=None) as fake:
        fake.respond("reports.meeting_qa", status=200, body={"questions": [row]})
        fake.respond("reports.meeting_polls", status=200, body={"questions": [{"name": "Ann"}]})
        await harvest(fake, store, privacy, ["meeting_qa", "meeting_polls"])

    ((name, email, details),) = query(store, "SELECT name, email, question_details FROM meeting_qa")
    (answer,) = json.loads(str(details))[0]["answer_details"]
    assert (name, email) == (None, ANN)
    assert answer == {
        "user_id": "u",
        "email": hash_of("bo@lee.example"),
        "content": f"see {ANN}",
        "create_time": None,
        "type": None,
    }
    assert query(store, "SELECT name FROM meeting_polls") == [(hash_of("Ann"),)]


@pytest.mark.parametrize(
    ("names", "hashed"), [(["name"], hash_of("Cost centre")), (["meeting_qa.name"], "Cost centre")], ids="".join
)
def test_keys_in_json_of_other_tables(names: list[str], hashed: str) -> None:
    """The name of a column without a table is that of keys in all tables, also in those without such a column."""
    attributes = '[{{"key":"k","name":"{}","value":"7"}}]'
    cells: list[Sequence[Cell]] = [
        [attributes.format("Cost centre") if column.name == "custom_attributes" else None] for column in columns(USERS)
    ]

    RowCleaner(Privacy(hash_=names, key=KEY), USERS).clean(cells, [None])

    assert cells[-1] == [attributes.format(hashed)]


# --- Secrets ---------------------------------------------------------------------------------------------------------

AUDIO = {"id": "f", "file_type": "M4A", "play_url": "https://z/play/", "download_url": "https://z/load/"}
RECORDING = {
    "uuid": "u==",
    "share_url": "https://z/share/",
    "password": "pass-1",
    "recording_files": [{"id": "g", "play_url": "https://z/play2/", "file_type": "MP4"}],
    "participant_audio_files": [{**AUDIO, "play_passcode": "pass-2"}],
}


@pytest.mark.parametrize(
    ("privacy", "stored"),
    [
        pytest.param(Privacy(), [], id="default"),
        pytest.param(
            Privacy(secrets=True),
            ["https://z/load/", "https://z/play/", "https://z/play2/", "https://z/share/", "pass-1", "pass-2"],
            id="secrets",
        ),
    ],
)
async def test_secrets_are_stored_on_request(privacy: Privacy, stored: list[str], tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_meeting(), plan=None) as fake:
        fake.respond("recordings.list", status=200, body={"meetings": [RECORDING]})
        await harvest(fake, store, privacy, ["recordings"])

    assert query(store, "SELECT uuid, file_id FROM recordings WHERE uuid = 'u=='") == [("u==", "g")]
    found = re.findall(rb"https://z/\w+/|pass-\d", written(store))
    assert sorted({each.decode() for each in found}) == stored


async def test_hashed_secret_is_stored(tmp_path: Path) -> None:
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_meeting(), plan=None) as fake:
        fake.respond("recordings.list", status=200, body={"meetings": [RECORDING]})
        await harvest(fake, store, Privacy(hash_=["recordings.share_url"], key=KEY), ["recordings"])

    links = query(store, "SELECT share_url, play_url FROM recordings WHERE uuid = 'u=='")
    assert links == [(hash_of("https://z/share/"), None)]


def secret_fields() -> set[str]:
    """Return the keys of all secret fields of all models."""
    modules = [
        importlib.import_module(f"zoomasync.models.{found.name}") for found in pkgutil.iter_modules(models.__path__)
    ]
    structs = {each for module in modules for each in vars(module).values() if isinstance(each, type)}
    return {
        field.encode_name
        for struct in structs
        if issubclass(struct, msgspec.Struct)
        for field in msgspec.structs.fields(struct)
        if is_secret(field.type)
    }


def test_keys_of_secret_fields_are_known() -> None:
    """If this fails, add the key of the new field to `_row_cleaner`."""
    assert {"join_url", "host_key", "password", "stream_key"} <= secret_fields()
    assert [key for key in sorted(secret_fields()) if not is_secret_key(key)] == []


def test_keys_of_other_columns_are_not_secret() -> None:
    names = {column.name for stream in STREAMS.values() for column in columns(stream) if not column.secret}

    assert [name for name in sorted(names) if is_secret_key(name)] == []


# --- Names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drop", "hash_", "message"),
    [
        (["emial"], [], "drop names an unknown column 'emial': did you mean email?"),
        ([], ["meeting_qa.mail"], "hash names an unknown column 'meeting_qa.mail': did you mean meeting_qa.email or"),
        (["9" * 90], [], f"unknown column '{'9' * 80}': `zoomasync harvest --schema` lists all"),
        ("email", [], "drop must be a list of names, such as ['email']"),
        (["users.id"], [], "drop cannot be applied to users.id, which leads to partitions"),
        (
            ["start_time"],
            [],
            "user_meetings.start_time, which leads to partitions. Or name single tables, such as meeting.",
        ),
        (["instances.host_id"], [], "unknown column 'instances.host_id'"),
        (["email"], [], "all_users.email, which identifies rows: hash all_users.email. Or name single tables, such as"),
        (["daily.date"], [], "drop cannot be applied to daily.date, which identifies rows"),
        (["_part"], [], "_part, which names the row and its origin"),
        ([], ["_account"], "_account, which names the row and its origin"),
        ([], ["pmi"], "all_users.pmi, which has the type integer, and a hash is text: drop it"),
        ([], ["meeting_qa.question_details"], "which has the type json"),
        ([], ["host_id"], "meeting.host_id, which holds an id that names partitions too: drop it"),
        ([], ["_extra"], "has the type json"),
        (["topic", "name"], ["name"], "drop and hash both name meeting_participants.name: choose one of the two"),
    ],
)
def test_unsuitable_names_are_named(drop: Sequence[str], hash_: Sequence[str], message: str) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(message)):
        Privacy(drop=drop, hash_=hash_, key=KEY)


def test_name_with_table_has_precedence() -> None:
    """The rows of a table that an address identifies keep a hash of it, where all others drop it."""
    rules = column_rules(("email",), ("all_users.email",))

    assert {".".join(pair) for pair, rule in rules.items() if rule is Rule.HASH} == {"all_users.email"}
    assert rules["users", "email"] is Rule.REMOVE


def test_names_of_instances_are_those_of_sources() -> None:
    """The address of a host has another name in one of the two tables that make up `instances`."""
    privacy = Privacy(hash_=["host_email"], key=KEY)
    stream = STREAMS["user_meetings"]
    cells: list[Sequence[Cell]] = [["ann@lee.example"] if c.name == "user_email" else [None] for c in columns(stream)]

    RowCleaner(privacy, stream).clean(cells, [None])

    assert [cell for (cell,) in cells if cell] == [ANN]


@pytest.mark.parametrize("discover", ["hosts", "history"])
async def test_dropped_columns_lead_to_same_partitions(discover: Discovery, tmp_path: Path) -> None:
    """All columns that can be dropped are, and no partition is missing."""
    droppable: list[str] = []
    for stream in STREAMS.values():
        for column in columns(stream):
            try:
                Privacy(drop=[name := f"{stream.name}.{column.name}"])
            except InvalidArgument:
                continue
            droppable.append(name)
    clear, dropped = tmp_path / "clear.sqlite", tmp_path / "dropped.sqlite"
    async with FakeZoom(simulated(), plan=None) as fake:
        await harvest(fake, clear, discover=discover)
        await harvest(fake, dropped, Privacy(drop=droppable), discover=discover)

    partitions = "SELECT stream, key, from_, to_, calls, state, rows FROM partition"
    assert len(droppable) > 250
    assert len(query(clear, partitions)) > 120
    assert query(dropped, partitions) == query(clear, partitions)
    assert query(dropped, "SELECT DISTINCT topic, host_email FROM instances") == [(None, None)]


# --- The key ---------------------------------------------------------------------------------------------------------


def test_key_comes_from_environment(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")

    environments = {"ZOOM_HASH_KEY": KEY}, {"ZOOM_HASH_KEY_FILE": str(file)}
    assert [Privacy.from_env(hash_=["email"], environ=each) for each in environments] == [
        Privacy(hash_=["email"], key=KEY)
    ] * 2
    assert Privacy.from_env(drop=["phone"], environ=environments[0]).key is None


@pytest.mark.parametrize(
    ("key", "message"),
    [
        pytest.param(None, "a hash needs a key: set ZOOM_HASH_KEY, or ZOOM_HASH_KEY_FILE", id="missing"),
        pytest.param("fifteen letters", "too short: give at least 16 random characters", id="short"),
    ],
)
def test_unusable_key_is_an_error(key: str | None, message: str) -> None:
    environ = {} if key is None else {"ZOOM_HASH_KEY": key}

    with pytest.raises(ConfigError, match=message) as caught:
        Privacy.from_env(hash_=["email"], environ=environ)
    assert "fifteen" not in str(caught.value)


def test_key_is_in_no_repr_or_record() -> None:
    assert KEY not in repr(HASHED) + HASHED.record
    assert json.loads(HASHED.record)["key"] == hash_of("zoomasync: fingerprint of the key")[:16]


# --- Later runs ------------------------------------------------------------------------------------------------------

FIRST = Privacy(drop=["comments"], hash_=["email"], key=KEY)


@pytest.mark.parametrize(
    ("later", "difference"),
    [
        pytest.param(None, "drop was comments, and is nothing; hash was email, and is nothing. Give", id="none"),
        pytest.param(Privacy(drop=["comments"]), "data: hash was email, and is nothing. Give", id="no hash"),
        pytest.param(
            Privacy(drop=["comments", "phone"], hash_=["email"], key=KEY),
            "data: drop was comments, and is comments, phone. Give",
            id="drop",
        ),
        pytest.param(
            Privacy(drop=["comments"], hash_=["email"], key=KEY, secrets=True),
            "data: secrets were not stored. Give",
            id="secrets",
        ),
        pytest.param(
            Privacy(drop=["comments"], hash_=["email"], key=KEY[::-1]),
            "data: the key was another one: set ZOOM_HASH_KEY to that key. Give",
            id="key",
        ),
    ],
)
async def test_other_choice_is_an_error(later: Privacy | None, difference: str, tmp_path: Path) -> None:
    """The error names the difference, and nothing is changed."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_meeting(), plan=None) as fake:
        await harvest(fake, store, FIRST, ["meeting"])
        before = query(store, "SELECT * FROM harvest"), query(store, "SELECT * FROM partition")
        with pytest.raises(ConfigError, match=re.escape(difference)) as caught:
            await harvest(fake, store, later, ["meeting"])
        after = query(store, "SELECT * FROM harvest"), query(store, "SELECT * FROM partition")
        await harvest(fake, store, FIRST, ["meeting"])

    assert after == before
    assert "Give the choices of its first run, or another file" in str(caught.value)
    assert KEY not in str(caught.value)


async def test_choice_of_a_run_without_calls_may_change(tmp_path: Path) -> None:
    """A first run with wrong credentials stores nothing."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(one_meeting(), plan=None) as fake:
        fake.respond("POST /oauth/token", status=400, body={"error": "invalid_client"})
        with pytest.raises(Unauthorized):
            await harvest(fake, store, None, ["meeting"])
        await harvest(fake, store, FIRST, ["meeting"])

    assert query(store, "SELECT privacy FROM harvest") == [(FIRST.record,)]


async def test_hashed_row_keys_are_stable(tmp_path: Path) -> None:
    """Rows of a snapshot keep their number and the time of their first fetch, and one that disappears is marked."""
    store = tmp_path / "h.sqlite"
    rows = "SELECT _seq, email, _first_seen, _missing_since IS NULL FROM all_users WHERE _part = 'active/account'"
    account = simulated()
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, HASHED, ["all_users"])
        first = query(store, rows)
        body = {"users": [{"email": host.email.upper(), "id": host.id} for host in reversed(account.hosts[1:])]}
        fake.respond("users.list", status=200, body=body)
        await harvest(fake, store, HASHED, ["all_users"])

    assert len(first) == 3
    assert sorted(query(store, rows)) == [
        (seq, email, seen, int(email != hash_of(account.hosts[0].email))) for seq, email, seen, _ in first
    ]


async def test_equal_hashes_are_two_rows(tmp_path: Path) -> None:
    """Two addresses that differ in case only have the same hash, in every run."""
    store = tmp_path / "h.sqlite"
    rows = "SELECT _seq, id, _missing_since IS NULL FROM all_users WHERE _part = 'active/account' ORDER BY _seq"
    body = {"users": [{"email": "ann@lee.example", "id": "1"}, {"email": "ANN@lee.example", "id": "2"}]}
    async with FakeZoom(one_meeting(), plan=None) as fake:
        for _ in range(3):
            fake.respond("users.list", status=200, body=body)
            await harvest(fake, store, HASHED, ["all_users"])

    assert query(store, rows) == [(0, "1", 1), (1, "2", 1)]
