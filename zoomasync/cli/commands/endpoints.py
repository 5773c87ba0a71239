"""The command ``zoomasync endpoints``."""

from __future__ import annotations

from types import NoneType
from typing import get_args

import msgspec
from rich import box
from rich.table import Table

from ... import Zoom
from ...types import Endpoint
from ..console import print_json, stdout
from ..exit_codes import Exit


def print_endpoints(*, as_json: bool) -> int:
    """Print every endpoint."""
    endpoints = dict(sorted(Zoom.endpoints().items()))
    if as_json:
        lines = [_data(method, endpoint) for method, endpoint in endpoints.items()]
        print_json(lines)
    else:
        stdout().print(_table(endpoints))
    return Exit.COMPLETE


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


def _table(endpoints: dict[str, Endpoint[object]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("zoom.", "route", "label", "scopes, classic or granular", "returns"):
        table.add_column(heading, overflow="fold")
    for method, endpoint in endpoints.items():
        scopes = "\n".join([" or ".join(endpoint.scopes), *endpoint.granular_scopes])
        table.add_row(method, endpoint.route, endpoint.label, scopes, _result(endpoint.response) or "nothing")
    return table
