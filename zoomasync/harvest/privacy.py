"""The choice of the personal data and secrets that a harvest stores."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Final, Self

import msgspec

from .._settings import Settings
from ..errors import ConfigError, InvalidArgument
from ._json_cleaner import Rule
from .columns import EXTRA_COLUMN, Column, Kind, all_columns, key_columns
from .instances import INSTANCE_COLUMNS
from .streams import INSTANCE_SOURCES, INSTANCES, STREAMS

KEY_VARIABLE: Final = "ZOOM_HASH_KEY"
MIN_KEY: Final = 16
"""The least number of characters of a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """The personal data and secrets that a harvest stores, in every table and store.

    *drop* names columns that stay empty, and *hash_* columns of text that hold a hash in place of the text. A name is
    that of a column, for every table that has it, or ``"meeting_qa.email"`` for one table, which has precedence. A name
    also applies to the keys of that name in JSON, in ``_extra`` and in `rejected_rows`, at any depth; and there to
    texts that are equal to a hidden text of the same row. ``_extra`` and ``rejected_rows.raw`` can be dropped.

    A hash is the HMAC-SHA256 of the text with *key*, in hexadecimal. An e-mail address is stripped and lower-cased
    first, so that hashes of the same address are equal in all tables and stores with the same key. Empty texts stay.
    *key* has at least 16 characters; a short or guessable key lets a reader find addresses by trial.

    Without *secrets*, passwords, keys and the links that hold them are not stored: the column stays empty, and the keys
    are left out of JSON. A secret in *hash_* is stored as its hash.

    Columns that lead to partitions or identify rows cannot be dropped, and ids that are part of the names of partitions
    cannot be hashed. Raises `InvalidArgument` for these and for unknown names, and `ConfigError` for a key that is
    missing or too short.
    """

    drop: Sequence[str] = ()
    hash_: Sequence[str] = ()
    key: str | None = field(default=None, repr=False)
    secrets: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "drop", _sorted("drop", self.drop))
        object.__setattr__(self, "hash_", _sorted("hash", self.hash_))
        column_rules(self.drop, self.hash_)  # checks the names
        if self.hash_ and self.key is None:
            raise ConfigError(f"a hash needs a key: set {KEY_VARIABLE}, or {KEY_VARIABLE}_FILE to the path of a file")
        if self.key is not None and len(self.key) < MIN_KEY:
            raise ConfigError(f"the key of the hash is too short: give at least {MIN_KEY} random characters")

    @classmethod
    def from_env(
        cls,
        *,
        drop: Sequence[str] = (),
        hash_: Sequence[str] = (),
        secrets: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> Self:
        """Return the choice with the key in ``ZOOM_HASH_KEY``, or in the file that ``ZOOM_HASH_KEY_FILE`` names."""
        key = Settings(environ).get(KEY_VARIABLE) if hash_ else None
        return cls(drop=drop, hash_=hash_, key=key, secrets=secrets)

    def hash_of(self, text: str) -> str:
        """Return the hash of *text* as columns hold it. Raises `ConfigError` without a key."""
        if self.key is None:
            raise ConfigError(f"a hash needs a key: set {KEY_VARIABLE}")
        if "@" in text:
            text = text.strip().lower()
        return hmac.digest(self.key.encode(), text.encode("utf-8", "surrogatepass"), "sha256").hex()

    @property
    def record(self) -> str:
        """The choice as JSON, with a fingerprint of the key: a store keeps it."""
        fingerprint = self.hash_of("zoomasync: fingerprint of the key")[:16] if self.hash_ else None
        choice = _Record(drop=tuple(self.drop), hash=tuple(self.hash_), secrets=self.secrets, key=fingerprint)
        return msgspec.json.encode(choice).decode()

    def differences(self, record: str | None) -> str:
        """Return in words the differences from the choice in *record*; None is the default. Empty if there are none."""
        old, new = (msgspec.json.decode(each or Privacy().record, type=_Record) for each in (record, self.record))
        found = [
            f"{name} was {_names(was)}, and is {_names(now)}"
            for name, was, now in (("drop", old.drop, new.drop), ("hash", old.hash, new.hash))
            if was != now
        ]
        if old.secrets != new.secrets:
            found.append(f"secrets were {'' if old.secrets else 'not '}stored")
        if old.hash == new.hash and old.key != new.key:
            found.append(f"the key was another one: set {KEY_VARIABLE} to that key")
        return "; ".join(found)


class _Record(msgspec.Struct, frozen=True):
    drop: tuple[str, ...]
    hash: tuple[str, ...]
    secrets: bool
    key: str | None


def _sorted(option: str, names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise InvalidArgument(f"{option} must be a list of names, such as [{names[:40]!r}]")
    return tuple(sorted(set(map(str, names))))


@cache
def column_rules(drop: Sequence[str], hash_: Sequence[str]) -> Mapping[tuple[str, str], Rule]:
    """Return the rule of each table and column that is named. Raises `InvalidArgument`.

    A name with its table has precedence over one without.
    """
    options = {Rule.REMOVE: ("drop", drop), Rule.HASH: ("hash", hash_)}
    rules: dict[tuple[str, str], Rule] = {}
    for with_table in (True, False):
        earlier = frozenset(rules)
        for rule, (option, names) in options.items():
            for name in names:
                if ("." in name) is not with_table:
                    continue
                pairs = [pair for pair in _pairs_named(option, name) if pair not in earlier]
                _check_pairs(option, pairs)
                for pair in pairs:
                    if rules.setdefault(pair, rule) is not rule:
                        raise InvalidArgument(f"drop and hash both name {'.'.join(pair)}: choose one of the two")
    return rules


def _pairs_named(option: str, name: str) -> Sequence[tuple[str, str]]:
    pairs = list(dict.fromkeys(_columns_named(name)))
    if not pairs:
        raise InvalidArgument(f"{option} names an unknown column {name[:80]!r}{_did_you_mean(name)}")
    return pairs


def _check_pairs(option: str, pairs: Sequence[tuple[str, str]]) -> None:
    faults = {pair: fault for pair in pairs if (fault := _fault(option, *pair)) is not None}
    for pair, fault in faults.items():
        suitable = [".".join(other) for other in pairs if other not in faults]
        hint = f". Or name single tables, such as {suitable[0]}" if suitable else ""
        raise InvalidArgument(f"{option} cannot be applied to {'.'.join(pair)}, which {fault}{hint}")


def _columns_named(name: str) -> Iterator[tuple[str, str]]:
    """Yield the tables and columns that *name* means. The columns of `instances` are those of its sources."""
    table, _, column = name.rpartition(".")
    if table in {"", INSTANCES}:
        for each in INSTANCE_COLUMNS:
            if each.name == column:
                yield from (pair for pair in each.sources.items() if pair[1] in _COLUMNS[pair[0]])
    for each_table, names in _COLUMNS.items():
        if table in {"", each_table} and column in names:
            yield each_table, column


RAW: Final = ("rejected_rows", "raw")
"""The table and the column of the invalid rows, as Zoom sent them."""

_COLUMNS: Final[Mapping[str, Mapping[str, Column]]] = {
    **{stream.name: {column.name: column for column in all_columns(stream)} for stream in STREAMS.values()},
    RAW[0]: {RAW[1]: Column(RAW[1], Kind.JSON)},
}


def _fault(option: str, table: str, column: str) -> str | None:
    """Return the reason for which *option* cannot be applied to a column, as a clause, or None."""
    if (table, column) in _leading_columns():
        return "leads to partitions"
    if column.startswith("_") and column != EXTRA_COLUMN.name:
        return "names the row and its origin"
    kind = _COLUMNS[table][column].kind
    if option == "drop":
        is_row_key = table in STREAMS and column in key_columns(STREAMS[table])
        return f"identifies rows{f': hash {table}.{column}' * (kind is Kind.TEXT)}" if is_row_key else None
    if kind is not Kind.TEXT:
        return f"has the type {kind}, and a hash is text: drop it"
    if column in _IDS or f"{table}.{column}" in _IDS:
        return "holds an id that names partitions too: drop it"
    return None


_IDS: Final = frozenset(
    {
        *("account_id", "host_id", "meeting_uuid", "participant_user_id", "uuid", "webinar_uuid"),
        *("meeting_participants.id", "webinar_participants.id", "past_participants.id"),
        *("meeting_qa.user_id", "webinar_qa.user_id", "recordings.meeting_id", "upcoming_events.id"),
    }
)
"""The columns with ids of users, meetings and instances, which are part of `_part` too, in clear text."""


@cache
def _leading_columns() -> frozenset[tuple[str, str]]:
    """Return the tables and columns whose values decide which partitions there are."""
    found: set[tuple[str, str]] = set()
    for parent in (stream.parent for stream in STREAMS.values() if stream.parent is not None):
        names = {parent.key, parent.day, parent.size}
        if parent.table == INSTANCES:
            names = {"uuid", "meeting_id", "type", "start_time", "participants_count"}
            found |= {(source.name, "type") for source in INSTANCE_SOURCES.values()}
            found |= {pair for each in INSTANCE_COLUMNS if each.name in names for pair in each.sources.items()}
        else:
            found |= {(parent.table, name) for name in names if name is not None}
    return frozenset(found)


def _did_you_mean(name: str) -> str:
    known = {f"{table}.{column}" for table, names in _COLUMNS.items() for column in names}
    known |= {column for names in _COLUMNS.values() for column in names}
    close = get_close_matches(name, sorted(known), n=3)
    return f": did you mean {' or '.join(close)}?" if close else ": `zoomasync harvest --schema` lists all"


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
