"""The removal of secrets and personal data from JSON text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from typing import Final, TypeAlias, cast


class Rule(Enum):
    """The treatment of a value."""

    REMOVE = auto()
    HASH = auto()


Hidden: TypeAlias = Mapping[str, str | None]
"""The texts of a row that are not stored, by their `hidden_form`: each has its hash, or None if it is dropped."""


class JsonCleaner:
    """Removes or hashes the values of keys, at any depth: *rule_of* returns the rule of a key.

    It works on tokens, so that all other values keep their bytes: numbers that no type of Python's holds, and half a
    surrogate pair, which other parsers reject.
    """

    def __init__(self, rule_of: Callable[[str], Rule | None], hash_text: Callable[[str], str]) -> None:
        self._rule_of = rule_of
        self._hash_text = hash_text

    def cleaned(self, text: str, hidden: Hidden | None = None, *, keyless: bool = True) -> str:
        """Return *text* without the values to remove, and without *hidden* texts under any key.

        The texts under keys with a rule are hidden under the other keys too. Without *keyless*, texts that are not part
        of an object become null, since no key shows their meaning.
        """
        hidden = hidden or {}
        if keyless and self._is_clean(text, hidden):
            return text
        try:
            reader, value = self._read(text, hidden, keyless=keyless)
            if reader.found:
                reader, value = self._read(text, {**hidden, **reader.found}, keyless=keyless)
        except (RecursionError, StopIteration, ValueError):  # nested too deeply, or not JSON: no key can be found
            return _NULL
        return (value or _NULL) if reader.changed else text

    def _is_clean(self, text: str, hidden: Hidden) -> bool:
        """Return whether a look at its letters shows that *text* can stay, as for most rows."""
        if "\\" in text or any(map(self._rule_of, _KEY.findall(text))):
            return False
        lowered = text.lower() if hidden else ""
        return not any(each in lowered for each in hidden)

    def _read(self, text: str, hidden: Hidden, *, keyless: bool) -> tuple[_Reader, str | None]:
        reader = _Reader(text, self._rule_of, self._hash_text, hidden)
        return reader, reader.value(None, keyless=keyless)


_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}:,]|[^][{}:,"\s]+', re.DOTALL)
_NULL: Final = "null"
_LITERALS: Final = ("true", "false", _NULL)
_KEY: Final = re.compile(r'"([^"]*)"\s*:')  # of text without backslashes


class _Reader:
    """Reads one JSON text; notes whether it has *changed*, and the texts that it *found* under keys with a rule."""

    def __init__(
        self, text: str, rule_of: Callable[[str], Rule | None], hash_text: Callable[[str], str], hidden: Hidden
    ) -> None:
        self.changed: bool = False
        self.found: dict[str, str | None] = {}
        self._words: Iterator[str] = (match[0] for match in _TOKEN.finditer(text))
        self._rule_of = rule_of
        self._hash_text = hash_text
        self._hidden = hidden
        self._addresses = [text for text in hidden if "@" in text]

    def value(self, rule: Rule | None, *, keyless: bool, word: str = "") -> str | None:
        """Read one value, which may begin with *word*; return its text, or None to leave it out."""
        word = word or next(self._words)
        if word == "{":
            text = self._object(rule)
        elif word == "[":
            text = self._list(rule, keyless=keyless)
        elif rule is not None:
            text = self._treated(word, rule)
        elif word[0] == '"':
            text = self._shown(word) if keyless else self._changed(_NULL)
        else:
            text = word
        if rule is Rule.REMOVE:
            self.changed = True
            return None
        return text

    def _object(self, rule: Rule | None) -> str:
        members: list[str] = []
        while (key := next(self._words)) != "}":
            if key == ",":
                continue
            next(self._words)  # the colon
            value = self.value(self._rule_of(_text_of(key)) or rule, keyless=True)
            shown_key = self._shown(key)
            if value is not None and shown_key != _NULL:
                members.append(f"{shown_key}:{value}")
        return f"{{{','.join(members)}}}"

    def _list(self, rule: Rule | None, *, keyless: bool) -> str:
        items: list[str] = []
        while (word := next(self._words)) != "]":
            if word != ",":
                items.append(self.value(rule, keyless=keyless, word=word) or _NULL)
        return f"[{','.join(items)}]"

    def _treated(self, word: str, rule: Rule) -> str:
        """Return the hash of a text or number, or null under a key that is removed; true, false and null stay."""
        if word in _LITERALS:
            return word
        text = _text_of(word) if word[0] == '"' else word
        hashed = self._hash_text(text) if rule is Rule.HASH else None
        if word[0] == '"' and text.strip():
            self.found[hidden_form(text)] = hashed
        return self._changed(json.dumps(hashed))

    def _shown(self, word: str) -> str:
        """Return a text without the hidden texts."""
        if not self._hidden:
            return word
        text = _text_of(word).lower()
        if (form := hidden_form(text)) in self._hidden:
            return self._changed(json.dumps(self._hidden[form]))
        found = [address for address in self._addresses if address in text]
        for address in found:
            text = text.replace(address, self._hidden[address] or "")
        return self._changed(json.dumps(text)) if found else word

    def _changed(self, text: str) -> str:
        self.changed = True
        return text


def hidden_form(text: str) -> str:
    """Return *text* as the keys of `Hidden` have it."""
    return text.strip().lower()


def _text_of(word: str) -> str:
    return cast("str", json.loads(word, strict=False))
