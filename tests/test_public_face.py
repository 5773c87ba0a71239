"""The public names of the package."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import pydoc
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import cast, get_type_hints

import msgspec
import pytest

import zoomasync
from zoomasync import Zoom, auth, errors, harvest, models, rate_limits

ROOT = Path(__file__).parents[1]
MODEL_MODULES = [
    importlib.import_module(f"zoomasync.models.{found.name}") for found in pkgutil.iter_modules(models.__path__)
]


def name_of(module: ModuleType) -> str:
    return module.__name__


@pytest.mark.parametrize("module", [zoomasync, auth, errors, harvest, rate_limits, models], ids=name_of)
def test_exports_are_sorted(module: ModuleType) -> None:
    """Constants come first, then classes, then functions; every name exists and is listed once."""
    exported: list[str] = module.__all__

    assert exported == sorted(exported, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert len(exported) == len(set(exported))
    assert [name for name in exported if not hasattr(module, name)] == []


@pytest.mark.parametrize("module", [zoomasync, models], ids=name_of)
def test_exports_are_complete(module: ModuleType) -> None:
    visible = {
        name
        for name, content in inspect.getmembers(module)
        if not name.startswith("_") and not isinstance(content, ModuleType)
    }

    assert visible - {"TYPE_CHECKING", "lazy_names"} == set(module.__all__) - {"__version__"}


@pytest.mark.parametrize("public", [Zoom, auth.ServerToServer, rate_limits.Plan])
def test_help_without_environment(public: type[object]) -> None:
    """A variable may hold the client secret."""
    assert os.environ["PATH"] not in pydoc.render_doc(public)


def nested_structs(type_: msgspec.inspect.Type) -> Iterator[type[msgspec.Struct]]:
    """Yield the structs that *type_* holds, at any depth."""
    if isinstance(type_, msgspec.inspect.StructType):
        yield type_.cls
        for field in type_.fields:
            yield from nested_structs(field.type)
    elif isinstance(type_, msgspec.inspect.UnionType):
        for choice in type_.types:
            yield from nested_structs(choice)
    elif isinstance(type_, msgspec.inspect.Metadata):
        yield from nested_structs(type_.type)
    elif isinstance(type_, msgspec.inspect.VarTupleType):
        yield from nested_structs(type_.item_type)


def request_structs() -> set[type[msgspec.Struct]]:
    """Return every struct that is, or is part of, an argument of a method with an endpoint."""
    client = Zoom(auth.StaticToken("static-token"))
    structs: set[type[msgspec.Struct]] = set()
    for name in Zoom.endpoints():
        method: object = client
        for part in name.split("."):
            method = getattr(method, part)
        hints = get_type_hints(method)
        bodies = [hint for argument, hint in hints.items() if argument != "return" and isinstance(hint, type)]
        for body in bodies:
            if issubclass(body, msgspec.Struct):
                structs.update(nested_structs(msgspec.inspect.type_info(body)))
    return structs


def test_models_export_request_structs() -> None:
    """`zoomasync.models` exports the structs that callers construct, UNSET, and nothing else."""
    assert set(models.__all__) - {"UNSET"} == {struct.__name__ for struct in request_structs()}


@pytest.mark.parametrize("module", MODEL_MODULES, ids=name_of)
def test_request_structs_come_first(module: ModuleType) -> None:
    """Only a base class of a request struct may precede one."""
    requests = request_structs()
    bases = {base for struct in requests for base in struct.__mro__}
    structs = [
        cast("type[msgspec.Struct]", content)
        for content in vars(module).values()
        if inspect.isclass(content) and content.__module__ == module.__name__
    ]
    first_response = next((at for at, struct in enumerate(structs) if struct not in bases), len(structs))

    assert [struct for struct in structs[first_response:] if struct in requests] == []


def test_version_matches_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert zoomasync.__version__ == project["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", zoomasync.__version__)


def test_package_is_marked_typed() -> None:
    assert (Path(zoomasync.__file__).parent / "py.typed").is_file()


def test_package_needs_four_others() -> None:
    """The extras are imported where they are used, so that every part that needs none imports without them."""
    parts = "auth callbacks errors events harvest models rate_limits sync testing types webhooks"
    code = f"""if True:
        import importlib, sys
        import aiohttp, aiolimiter, anyio, msgspec
        theirs = {{*sys.modules}}
        for part in "{parts}".split():
            importlib.import_module(f"zoomasync.{{part}}")
        loaded = {{name.partition(".")[0] for name in {{*sys.modules}} - theirs}}
        print(*sorted(loaded - {{name.partition(".")[0] for name in theirs}} - sys.stdlib_module_names))
    """
    requirements = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]

    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()  # noqa: S603  our own

    assert [re.split(r"\W", each)[0] for each in requirements] == ["aiohttp", "aiolimiter", "anyio", "msgspec"]
    assert [name for name in loaded if not name.startswith("_sysconfigdata")] == ["zoomasync"]
