"""The endpoints that commands and methods call, and the scopes that a token lacks for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from .... import Zoom
from ....errors import InvalidArgument
from ....harvest import REPORTS, select_streams
from ....types import Endpoint
from ..endpoints import matching, needed_scopes
from .findings import Finding, Level

COMMANDS: Final = ("harvest", "registrants")
_SYNC_METHODS: Final = (
    "get",
    "registrants.list",
    "registrants.questions",
    "registrants.add",
    "registrants.update_status",
)
_SYNC_CALLS: Final = {
    "registrants of meetings": tuple(f"meetings.{name}" for name in _SYNC_METHODS),
    "registrants of webinars": (*(f"webinars.{name}" for name in _SYNC_METHODS), "webinars.panelists.list"),
}
_MAX_NAMES: Final = 4

_Endpoints: TypeAlias = Mapping[str, Endpoint[object]]


@dataclass(frozen=True, slots=True)
class Need:
    """A use of the account: its *name* and its endpoints, by method.

    Without the scopes for an *optional* one, a part of a command does not work.
    """

    name: str
    endpoints: _Endpoints
    optional: bool = False


def needs_of(names: Sequence[str], reports: Sequence[str] | None) -> list[Need]:
    """Return what the commands and methods with these *names* need; a name of a method may contain ``*``.

    *reports* are those of the harvest. Raises `InvalidArgument` for an unknown name.
    """
    if reports is not None and "harvest" not in names:
        raise InvalidArgument("--reports belongs to harvest: write zoomasync doctor harvest --reports ...")
    needs: list[Need] = []
    endpoints = Zoom.endpoints()
    if "harvest" in names:
        methods = {stream.method for stream in select_streams(REPORTS if reports is None else reports)}
        needs.append(Need("harvest", {method: endpoints[method] for method in sorted(methods)}))
    if "registrants" in names:
        for name, called in _SYNC_CALLS.items():
            needs.append(Need(name, {method: endpoints[method] for method in called}, optional=True))
    patterns = [name for name in names if name not in COMMANDS]
    if patterns:
        methods = matching(patterns, endpoints)
        needs.append(Need("methods", {method: endpoints[method] for method in sorted(methods)}))
    return needs


def check_scopes(needs: Sequence[Need], granted: Collection[str]) -> Iterator[Finding]:
    """Check that a token with the scopes *granted* may call the endpoints of *needs*."""
    lacking = {need.name: _lacking(need.endpoints, granted) for need in needs}
    all_optional_lack = all(lacking[need.name] for need in needs if need.optional)
    for need in needs:
        methods = lacking[need.name]
        if not methods:
            yield Finding("scopes", Level.OK, f"{need.name}: the token has all scopes.")
            continue
        level = Level.WARNING if need.optional and not all_optional_lack else Level.PROBLEM
        yield Finding(
            "scopes", level, f"{need.name}: the token lacks scopes for {_listed(list(methods))}.", _to_add(methods)
        )


def _lacking(endpoints: _Endpoints, granted: Collection[str]) -> _Endpoints:
    """Return those of *endpoints* of which a token with the scopes *granted* has no scope."""
    return {
        method: endpoint
        for method, endpoint in endpoints.items()
        if (scopes := {*endpoint.scopes, *endpoint.granular_scopes}) and scopes.isdisjoint(granted)
    }


def _to_add(endpoints: _Endpoints) -> str:
    """Return in words the scopes to add for *endpoints*, in both spellings."""
    classic = needed_scopes({method: endpoint.scopes for method, endpoint in endpoints.items()})
    granular = needed_scopes({method: endpoint.granular_scopes for method, endpoint in endpoints.items()})
    kinds = {"classic": classic, "granular": granular}
    lines = ["On the page Scopes of your app, add those of one kind:"]
    for kind, needed in kinds.items():
        rest = f" (none is known for {_listed(needed.methods_without)})" if needed.methods_without else ""
        if needed.scopes:
            lines.append(f"{kind}: {', '.join(needed.scopes)}{rest}")
    return "\n".join([*lines, "A token never gains scopes: the next one, after an hour at most, has them."])


def _listed(names: Sequence[str]) -> str:
    further = len(names) - _MAX_NAMES
    return ", ".join(names[:_MAX_NAMES]) + (f" and {further} more" if further > 0 else "")
