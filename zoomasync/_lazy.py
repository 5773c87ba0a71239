"""Packages that import their public names when these are first used.

So `import zoomasync` loads no client, and a program that uses one namespace of a client does not pay for the structs of
the others. Such a package lists its names as imports under ``TYPE_CHECKING``, for type checkers, editors and the
reference, and by module for `lazy_names`. A test compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec


def lazy_names(
    package: str, modules: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for *package*, whose *modules* have its public names, as in PEP 562.

    The first access to a name stores it in the package. Submodules are attributes too, as if they were imported.
    """
    homes = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> object:
        if name in homes:
            value: object = getattr(import_module(homes[name], package), name)
            setattr(sys.modules[package], name, value)
            return value
        if name.isidentifier() and find_spec(f"{package}.{name}"):
            return import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return get, names
