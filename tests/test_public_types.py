"""Signatures of public functions and methods name public types only."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import cast, get_args, get_origin, get_type_hints

import pytest
from support.public_modules import public_modules

from zoomasync.types import Api

MODULES = list(public_modules())
PUBLIC_TYPES = {
    value
    for module in MODULES
    for name, value in inspect.getmembers(module)
    if isinstance(value, type) and (name in getattr(module, "__all__", ()) or value.__module__ == module.__name__)
}


def _types_in(annotation: object) -> Iterator[type]:
    if isinstance(annotation, list):  # the arguments of a callable
        for argument in cast("list[object]", annotation):
            yield from _types_in(argument)
    elif isinstance(annotation, type):
        yield annotation
    for argument in (get_origin(annotation), *get_args(annotation)):
        if argument is not None:
            yield from _types_in(argument)


def _functions_of(owner: type) -> Iterator[tuple[str, object]]:
    for name in dir(owner):
        if (owner, name) == (Api, "__init__"):  # callers get an Api from `Zoom.with_options`
            continue
        if not name.startswith("_") or name in {"__init__", "__call__", "__aenter__"}:
            value: object = inspect.getattr_static(owner, name)
            function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
            if inspect.isfunction(function) and function.__module__.startswith("zoomasync"):
                yield name, function


@pytest.mark.parametrize("module", [m for m in MODULES if hasattr(m, "__all__")], ids=lambda module: module.__name__)
def test_signatures_name_public_types(module: ModuleType) -> None:
    """A type of the package in a public signature is exported by a public module."""
    private: set[str] = set()
    for exported in module.__all__:
        value = getattr(module, exported)
        members = (
            _functions_of(value) if isinstance(value, type) else [("", value)] if inspect.isfunction(value) else []
        )
        for name, function in members:
            for annotation in get_type_hints(function).values():
                for found in _types_in(annotation):
                    if found.__module__.startswith("zoomasync") and found not in PUBLIC_TYPES:
                        private.add(f"{exported}.{name}: {found.__qualname__}")

    assert private == set()
