"""The columns of a list and the fields of a person that they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from ...errors import ConfigError
from ...models import NewRegistrant
from ..desired import SyncTarget

PERSON_FIELDS = tuple(
    name for name in NewRegistrant.__struct_fields__ if name not in {"custom_questions", "auto_approve"}
)
TARGET_FIELDS = ("meeting_id", "webinar_id", "occurrence_ids")
FIELDS = (*PERSON_FIELDS, "name", "status", *TARGET_FIELDS)

# Headings without case, spaces and punctuation. Those of a registration report of Zoom are among them.
_OTHER_HEADINGS = {
    "emailaddress": "email",
    "givenname": "first_name",
    "surname": "last_name",
    "familyname": "last_name",
    "fullname": "name",
    "countryregion": "country",
    "zipcode": "zip",
    "postalcode": "zip",
    "postcode": "zip",
    "zippostalcode": "zip",
    "province": "state",
    "stateprovince": "state",
    "phonenumber": "phone",
    "organization": "org",
    "organisation": "org",
    "company": "org",
    "numberofemployees": "no_of_employees",
    "questionscomments": "comments",
    "occurrenceid": "occurrence_ids",
}
_FIELDS_BY_HEADING = {name.replace("_", ""): name for name in FIELDS} | _OTHER_HEADINGS
_MAX_SHOWN = 40


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """The fields that columns hold, for headings that are no standard names, and the statuses of cancelled people.

    *fields* has the field of each heading: a text field of `NewRegistrant`, or

    - ``name``: a full name, for rows in which first_name and last_name are missing or empty. It is split at the last
      space, unless it has a comma, as in "Lovelace, Ada": then all of it is the first name.
    - ``status``: a row whose status is in *cancel_when* states that the person has cancelled.
    - ``meeting_id``, ``webinar_id``, ``occurrence_ids``: the target of the row.

    The names of the fields, and obvious others such as "E-mail address", need no mapping, in any case and with spaces,
    hyphens or underscores. Statuses are compared trimmed and without case.
    """

    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    cancel_when: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for heading, name in self.fields.items():
            if name not in FIELDS:
                raise ConfigError(
                    f"unknown field {name[:40]!r} of the column {heading[:40]!r}: use {', '.join(FIELDS)}"
                )
        names = list(self.fields.values())
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ConfigError(f"two columns are mapped to {twice}: choose one")
        if "status" in names and not self.cancel_when:
            raise ConfigError(
                "a column is mapped to status, but nothing says which statuses mean cancelled: "
                "pass them, for example --cancel-when Cancelled,Refunded"
            )
        statuses = frozenset(status.strip().casefold() for status in self.cancel_when)
        object.__setattr__(self, "cancel_when", statuses - {""})

    @classmethod
    def parse(cls, map: Iterable[str] = (), cancel_when: Iterable[str] = ()) -> Self:  # noqa: A002  the option's name
        """Return the mapping of the options ``--map "E-Mail=email"`` and ``--cancel-when Cancelled,Refunded``."""
        fields: dict[str, str] = {}
        for option in map:
            heading, _, name = (part.strip() for part in option.rpartition("="))
            if not heading or not name:
                raise ConfigError(
                    f"--map {option[:40]!r} is not a heading and a field: write, for example, E-Mail=email"
                )
            if heading in fields:
                raise ConfigError(f"the column {heading[:40]!r} is mapped twice: choose one field")
            fields[heading] = name
        return cls(fields, frozenset(status for option in cancel_when for status in option.split(",")))


@dataclass(frozen=True, slots=True)
class Columns:
    """The positions of the columns of one file: those of *fields*, and *questions* by title."""

    fields: Mapping[str, int]
    questions: Mapping[str, int]


def find_columns(headings: Sequence[str], mapping: ColumnMapping, target: SyncTarget | None) -> Columns:
    """Return the columns with *headings*; an empty heading is ignored.

    With *target*, the file must not name targets itself. All columns without a field are questions, unless another one
    has the same heading.
    """
    headings = [heading.strip() for heading in headings]
    fields = _mapped(headings, mapping)
    for name in FIELDS:
        if name not in mapping.fields.values() and (name != "status" or mapping.cancel_when):
            found = [
                at
                for at, heading in enumerate(headings)
                if at not in fields.values() and _FIELDS_BY_HEADING.get(_plain(heading)) == name
            ]
            if len(found) > 1:
                both = " and ".join(_shown(headings[at]) for at in found[:2])
                raise ConfigError(f'both {both} could be {name}: choose one, for example --map "Heading={name}"')
            fields |= dict.fromkeys([name] if found else [], found[0] if found else 0)
    _check(headings, fields, mapping, target)
    others = [heading for at, heading in enumerate(headings) if heading and at not in fields.values()]
    return Columns(fields, {heading: headings.index(heading) for heading in others if headings.count(heading) == 1})


def _mapped(headings: Sequence[str], mapping: ColumnMapping) -> dict[str, int]:
    """Return the positions of the headings that *mapping* names."""
    for heading in mapping.fields:
        if headings.count(heading) != 1:
            problem = "there are several columns" if heading in headings else "there is no column"
            raise ConfigError(f"{problem} {_shown(heading)}: {_list(headings)}")
    return {name: headings.index(heading) for heading, name in mapping.fields.items()}


def _check(
    headings: Sequence[str], fields: Mapping[str, int], mapping: ColumnMapping, target: SyncTarget | None
) -> None:
    """Raise `ConfigError` for columns that are missing or contradict each other."""
    if "email" not in fields:
        raise ConfigError(f'no column has e-mail addresses: pass --map "Heading=email"; {_list(headings)}')
    if "first_name" not in fields and "name" not in fields and not mapping.cancel_when:
        raise ConfigError(f'no column has first names: pass --map "Heading=first_name"; {_list(headings)}')
    if "name" in {*fields} - {*mapping.fields.values()} and "first_name" in fields and "last_name" not in fields:
        heading = headings[fields["name"]][:_MAX_SHOWN]
        raise ConfigError(
            f"the column {heading!r} could hold last names or full names: "
            f'pass --map "{heading}=last_name" or --map "{heading}=name"'
        )
    if mapping.cancel_when and "status" not in fields:
        raise ConfigError(f'--cancel-when needs a column of statuses: pass --map "Heading=status"; {_list(headings)}')
    own = [_shown(headings[fields[name]]) for name in TARGET_FIELDS if name in fields]
    if target is not None and own:
        raise ConfigError(
            f"the column {own[0]} names targets, which could differ from the {target}: leave out one of them"
        )
    if target is None and not {"meeting_id", "webinar_id"} & {*fields}:
        raise ConfigError(
            "name the meeting or webinar with --meeting ID or --webinar ID, or in a column meeting_id or webinar_id; "
            + _list(headings)
        )


def _plain(heading: str) -> str:
    return re.sub(r"[\W_]+", "", heading).casefold()


def _shown(heading: str) -> str:
    return repr(heading[:_MAX_SHOWN])


def _list(headings: Sequence[str]) -> str:
    """Return *headings* for an error text, unless they are data of a file without headings."""
    if any("@" in heading for heading in headings):
        return "the first line has an address, so the file has no line of headings: add one"
    return f"the columns are {', '.join(map(_shown, headings[:_MAX_SHOWN]))}"
