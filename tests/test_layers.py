"""Modules that only compute values stay synchronous. Import layers are contracts in `pyproject.toml`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import zoomasync

PACKAGE = Path(zoomasync.__file__).parent

SYNCHRONOUS = (
    "_core/date_ranges.py",
    "_core/decoding.py",
    "_core/endpoint.py",
    "_core/http_dates.py",
    "_core/labels.py",
    "_core/request_body.py",
    "_core/responses.py",
    "_core/retries.py",
    "_core/urls.py",
    "_label.py",
    "errors.py",
    "events.py",
    *(f"models/{path.name}" for path in (PACKAGE / "models").glob("*.py")),
)


@pytest.mark.parametrize("source", SYNCHRONOUS)
def test_value_module_never_awaits(source: str) -> None:
    tree = ast.parse((PACKAGE / source).read_text(encoding="utf-8"))

    waits = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
    ]

    assert waits == []
