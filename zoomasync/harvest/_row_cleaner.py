"""The removal of secrets and personal data from rows before they are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import inspect

from ._json_cleaner import Hidden, JsonCleaner, Rule, hidden_form
from .columns import EXTRA_COLUMN, Cell, Column, Kind, columns
from .privacy import RAW, Privacy, column_rules
from .streams import Stream


class RowCleaner:
    """Applies *privacy* to the rows of *stream*."""

    def __init__(self, privacy: Privacy, stream: Stream) -> None:
        self._privacy = privacy
        own = columns(stream)
        by_pair = column_rules(privacy.drop, privacy.hash_)
        rules = {column: rule for (table, column), rule in by_pair.items() if table == stream.name}
        rule_of = _key_rules(privacy, stream, rules)
        self._drops_extra = rules.get(EXTRA_COLUMN.name) is Rule.REMOVE
        self._drops_raw = RAW in by_pair
        self._rules = {n: rule for n, column in enumerate(own) if (rule := rules.get(column.name)) is not None}
        if not privacy.secrets:
            self._rules |= {n: Rule.REMOVE for n, column in enumerate(own) if column.secret and n not in self._rules}
        self._hiding = [n for n in self._rules if own[n].kind is Kind.TEXT]
        self._json = [
            n
            for n, column in enumerate(own)
            if column.kind is Kind.JSON and n not in self._rules and (self._hiding or _has_key(stream, column, rule_of))
        ]
        self._keyless = not privacy.drop and not privacy.hash_
        self._cleaner = JsonCleaner(rule_of, self._hash)

    def clean(self, cells: list[Sequence[Cell]], extras: list[str | None]) -> None:
        """Clean the *cells* of rows, by column, and the *extras* of the rows, in place."""
        if self._drops_extra:
            extras[:] = [None] * len(extras)
        hidden: Sequence[Hidden | None] = [None] * len(extras)
        if self._hiding and (self._json or any(extras)):
            hidden = [self._hidden(row) for row in zip(*(cells[n] for n in self._hiding), strict=True)]
        for n, rule in self._rules.items():
            if rule is Rule.HASH:
                cells[n] = [value and self._hash(str(value)) for value in cells[n]]
            else:
                cells[n] = [None] * len(extras)
        cleaned = self._cleaner.cleaned
        for n in self._json:
            cells[n] = [value and cleaned(str(value), texts) for value, texts in zip(cells[n], hidden, strict=True)]
        extras[:] = [extra and cleaned(extra, texts) for extra, texts in zip(extras, hidden, strict=True)]

    def clean_rejected(self, raw: str) -> str:
        """Return the JSON of an invalid row without secrets and personal data."""
        return "null" if self._drops_raw else self._cleaner.cleaned(raw, keyless=self._keyless)

    def _hidden(self, texts: tuple[Cell, ...]) -> Hidden:
        return {
            hidden_form(str(text)): self._hash(str(text)) if self._rules[n] is Rule.HASH else None
            for n, text in zip(self._hiding, texts, strict=True)
            if text and str(text).strip()
        }

    def _hash(self, text: str) -> str:
        return self._privacy.hash_of(text) if text.strip() else text


@lru_cache(maxsize=256)
def row_cleaner(privacy: Privacy, stream: Stream) -> RowCleaner:
    """Return the cleaner for the rows of *stream*, which is made once."""
    return RowCleaner(privacy, stream)


def _key_rules(privacy: Privacy, stream: Stream, rules: Mapping[str, Rule]) -> Callable[[str], Rule | None]:
    """Return the function that returns the rule of a key of JSON: by its name, however it is written."""
    keys = {_key_form(name): Rule.HASH for name in privacy.hash_ if name[0] != "_" and "." not in name}
    keys |= {_key_form(name): Rule.REMOVE for name in privacy.drop if name[0] != "_" and "." not in name}
    for column in columns(stream):
        if (rule := rules.get(column.name)) is not None:
            keys[_key_form(column.name)] = keys[_key_form(column.field)] = rule

    @lru_cache(maxsize=1_024)
    def rule_of(key: str) -> Rule | None:
        rule = keys.get(_key_form(key))
        return Rule.REMOVE if rule is None and not privacy.secrets and is_secret_key(key) else rule

    return rule_of


def is_secret_key(key: str) -> bool:
    """Return whether *key* of an object of Zoom's is that of a secret: a password, a key, or a link that holds one."""
    form = _key_form(key)
    return form in _SECRETS or any(part in form for part in _SECRET_PARTS)


_SECRET_PARTS: Final = (
    *("password", "passcode", "passwd", "pwd", "secret", "token"),
    *("hostkey", "streamkey", "pincode", "identifiercode"),
    *("joinurl", "starturl", "playurl", "downloadurl", "shareurl", "streamurl", "meetingurl", "vanityurl"),
)
_SECRETS: Final = frozenset({"invitation", "pin", "sipdialing", "siplinks", "zak"})


def _key_form(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")


def _has_key(stream: Stream, column: Column, rule_of: Callable[[str], Rule | None]) -> bool:
    """Return whether a value of a JSON *column* may hold a key with a rule."""
    types = {each.name: each.type for each in msgspec.structs.fields(stream.shape[column.struct_index])}
    return any(key is None or rule_of(key) is not None for key in _keys_of(inspect.type_info(types[column.field])))


def _keys_of(type_: inspect.Type) -> Iterator[str | None]:
    """Yield the keys that a value of *type_* holds at any depth; None for any key."""
    if isinstance(type_, inspect.StructType):
        for each in type_.fields:
            yield each.encode_name
            yield from _keys_of(each.type)
    elif isinstance(type_, inspect.VarTupleType):
        yield from _keys_of(type_.item_type)
    elif isinstance(type_, inspect.UnionType):
        for choice in type_.types:
            yield from _keys_of(choice)
    elif isinstance(type_, inspect.Metadata):
        yield from _keys_of(type_.type)
    elif isinstance(type_, inspect.AnyType | inspect.DictType | inspect.RawType):
        yield None
