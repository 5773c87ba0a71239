"""The command ``zoomasync endpoints``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from types import NoneType
from typing import Final, TypeAlias, get_args

import msgspec
from rich import box
from rich.table import Table

from ... import Label, Zoom
from ...errors import InvalidArgument
from ...types import Endpoint
from ..console import print_json, stdout
from ..exit_codes import Exit

_Endpoints: TypeAlias = Mapping[str, Endpoint[object]]

_CALLED: Final = {
    f"{kind}.{method}": f"{kind}.{called}"
    for kind in ("meetings", "webinars")
    for method, called in (
        ("end", "update_status"),
        ("registrants.approve", "registrants.update_status"),
        ("registrants.cancel", "registrants.update_status"),
        ("registrants.deny", "registrants.update_status"),
    )
}
"""The methods without an endpoint of their own, and those whose endpoint they call."""

_DOWNLOADS: Final = {"recordings.download", "recordings.stream"}


@dataclass(frozen=True, slots=True)
class NeededScopes:
    """The scopes of one kind that a set of methods needs, and the methods for which the reference has none."""

    scopes: list[str]
    methods_without: list[str]


def print_endpoints(
    *, text: str | None, label: Label | None, scope: str | None, scopes_of: Sequence[str] | None, as_json: bool
) -> int:
    """Print the endpoints that match all filters, or with *scopes_of* the scopes of those that match its patterns."""
    endpoints = dict(sorted(Zoom.endpoints().items(), key=_namespace_and_method))
    if scope is not None:
        _check_scope(scope, endpoints)
    methods = matching(scopes_of, endpoints) if scopes_of else endpoints.keys()
    selected = {
        method: endpoint
        for method, endpoint in endpoints.items()
        if method in methods
        and (text is None or text.casefold() in f"{method} {endpoint.route}".casefold())
        and (label is None or endpoint.label == label)
        and (scope is None or scope in endpoint.scopes + endpoint.granular_scopes)
    }
    if not selected:
        raise InvalidArgument("no endpoint matches: use fewer filters, or another text")
    if scopes_of is not None:
        print_scopes(selected, as_json=as_json)
    elif as_json:
        print_json([_data(method, endpoint) for method, endpoint in selected.items()])
    else:
        stdout().print(_table(selected))
    return Exit.COMPLETE


def _namespace_and_method(item: tuple[str, Endpoint[object]]) -> tuple[str, str]:
    namespace, _, method = item[0].rpartition(".")
    return namespace, method


# --- Filters ---------------------------------------------------------------------------------------------------------


def _check_scope(scope: str, endpoints: _Endpoints) -> None:
    """Raise `InvalidArgument` for a *scope* that no endpoint has."""
    known = {each for endpoint in endpoints.values() for each in endpoint.scopes + endpoint.granular_scopes}
    if scope not in known:
        raise InvalidArgument(f"no endpoint has the scope {scope[:80]!r}{_did_you_mean(scope, known)}")


def matching(patterns: Sequence[str], endpoints: _Endpoints) -> set[str]:
    """Return the methods that match any of *patterns*. Raises `InvalidArgument` for one that matches none."""
    matching: set[str] = set()
    for pattern in patterns:
        if pattern in _DOWNLOADS:
            print(f"zoomasync: the reference has no scope for {pattern}", file=sys.stderr)
            continue
        methods = {_CALLED.get(method, method) for method in (*endpoints, *_CALLED) if fnmatchcase(method, pattern)}
        if not methods:
            namespaces = {f"{method.rpartition('.')[0]}.*" for method in endpoints}
            known = namespaces if "*" in pattern or f"{pattern}.*" in namespaces else endpoints
            raise InvalidArgument(f"no method matches {pattern[:80]!r}{_did_you_mean(pattern, known)}")
        matching |= methods
    return matching


def _did_you_mean(text: str, known: Iterable[str]) -> str:
    close = get_close_matches(text, sorted(known), n=1)
    return f": did you mean {close[0]!r}?" if close else ": zoomasync endpoints --json lists all"


# --- Scopes ----------------------------------------------------------------------------------------------------------


def print_scopes(endpoints: _Endpoints, *, as_json: bool) -> None:
    """Print the scopes of each kind that *endpoints* need; as text, with a note about methods without any."""
    kinds = {
        "classic": needed_scopes({method: endpoint.scopes for method, endpoint in endpoints.items()}),
        "granular": needed_scopes({method: endpoint.granular_scopes for method, endpoint in endpoints.items()}),
    }
    if as_json:
        print_json(kinds)
        return
    text = "\n\n".join("\n".join([f"{kind}:", *needed.scopes]) for kind, needed in kinds.items())
    stdout().out(text, highlight=False)
    for kind, needed in kinds.items():
        if needed.methods_without:
            methods = ", ".join(needed.methods_without)
            print(f"zoomasync: the reference has no {kind} scope for {methods}", file=sys.stderr)


def needed_scopes(scopes: Mapping[str, tuple[str, ...]]) -> NeededScopes:
    """Return few scopes that include one for each method of *scopes*, for all users of the account where possible."""
    alternatives = {method: _for_all_users(each) for method, each in scopes.items()}
    needed: set[str] = set()
    for each in sorted(alternatives.values(), key=len):  # those without a choice come first
        if each and needed.isdisjoint(each):
            needed.add(min(each))  # of read and write, read
    return NeededScopes(sorted(needed), [method for method, each in alternatives.items() if not each])


def _for_all_users(scopes: tuple[str, ...]) -> tuple[str, ...]:
    # In a few classic scopes the word is not the last one: meeting:write:admin:sip_dialing.
    return tuple(scope for scope in scopes if "admin" in scope.split(":")) or scopes


# --- Output ----------------------------------------------------------------------------------------------------------


def _data(method: str, endpoint: Endpoint[object]) -> dict[str, object]:
    return {
        "method": method,
        "route": endpoint.route,
        "label": endpoint.label,
        "scopes": endpoint.scopes,
        "granular_scopes": endpoint.granular_scopes,
        "returns": _result(endpoint.response),
    }


def _result(response: type[object]) -> str | None:
    """Return the name of the struct, for a page the name of its rows' struct, or None for an empty response."""
    if response is NoneType:
        return None
    fields = msgspec.structs.fields(response) if issubclass(response, msgspec.Struct) else ()
    rows = [get_args(field.type)[0].__name__ for field in fields if field.name == "items"]
    return f"rows of {rows[0]}" if rows else response.__name__


def _table(endpoints: _Endpoints) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("zoom.", "route", "label", "returns"):
        table.add_column(heading, overflow="fold")
    for method, endpoint in endpoints.items():
        table.add_row(method, endpoint.route, endpoint.label, _result(endpoint.response) or "nothing")
    return table
