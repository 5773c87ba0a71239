"""The modules whose names users may import."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.util import find_spec
from types import ModuleType

import zoomasync

_NEEDED = {"spark": "pyspark", "opentelemetry": "opentelemetry"}
"""The packages without which a module cannot be imported."""


def public_modules() -> Iterator[ModuleType]:
    """Yield the package and its public modules, without those for which a package is missing."""
    yield zoomasync
    for module in pkgutil.walk_packages(zoomasync.__path__, "zoomasync."):
        parts = module.name.split(".")
        if parts[1:2] == ["integrations"] and find_spec(_NEEDED.get(parts[-1], "zoomasync")) is None:
            continue
        if parts[1] not in {"cli", "__main__"} and not any(part.startswith("_") for part in parts):
            yield importlib.import_module(module.name)
