"""The command ``zoomasync endpoints``."""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType
from typing import get_args

import msgspec
from rich import box
from rich.table import Table

from ... import Zoom
from ...types import Endpoint
from ..console import stdout
from ..exit_codes import Exit


@dataclass(frozen=True, slots=True)
class _Line:
    method: str
    route: str
    label: str
    scopes: tuple[str, ...]
    granular_scopes: tuple[str, ...]
    returns: str | None


def print_endpoints(*, as_json: bool) -> int:
    """Print every endpoint."""
    lines = [_line(method, endpoint) for method, endpoint in sorted(Zoom.endpoints().items())]
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(lines)).decode())
    else:
        stdout().print(_table(lines))
    return Exit.COMPLETE


def _line(method: str, endpoint: Endpoint[object]) -> _Line:
    return _Line(
        method=method,
        route=endpoint.route,
        label=endpoint.label,
        scopes=endpoint.scopes,
        granular_scopes=endpoint.granular_scopes,
        returns=_result(endpoint.response),
    )


def _result(response: type[object]) -> str | None:
    """Return the name of the struct, for a page the name of its rows' struct, or None for an empty response."""
    if response is NoneType:
        return None
    fields = msgspec.structs.fields(response) if issubclass(response, msgspec.Struct) else ()
    rows = [get_args(field.type)[0].__name__ for field in fields if field.name == "items"]
    return f"rows of {rows[0]}" if rows else response.__name__


def _table(lines: list[_Line]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("zoom.", "route", "label", "scopes, classic or granular", "returns"):
        table.add_column(heading, overflow="fold")
    for line in lines:
        scopes = "\n".join([" or ".join(line.scopes), *line.granular_scopes])
        table.add_row(line.method, line.route, line.label, scopes, line.returns or "nothing")
    return table
