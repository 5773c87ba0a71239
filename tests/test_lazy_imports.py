"""Packages whose names are imported when they are first used, and the namespaces of a client."""

from __future__ import annotations

import ast
import importlib
import pickle
import pydoc
import subprocess
import sys
from pathlib import Path
from typing import Final, cast

import pytest

import zoomasync
from zoomasync import StaticToken, Zoom
from zoomasync.models import NewMeeting

ROOT: Final = Path(zoomasync.__file__).parent
LAZY: Final = sorted(
    path.relative_to(ROOT.parent).parent.as_posix().replace("/", ".")
    for path in ROOT.rglob("__init__.py")
    if "lazy_names(" in path.read_text(encoding="utf-8")
)
RARE: Final = {"zoomasync._fan_out", "zoomasync._user_clients", "zoomasync.auth._user_oauth", "zoomasync.redis"}
HEAVY: Final = {"aiohttp", "anyio", "asyncio", "msgspec", "pyarrow", "redis", "sqlite3"}
CLIENT: Final = "from zoomasync import StaticToken, Zoom; zoom = Zoom(StaticToken('t'))"


def modules_after(code: str) -> set[str]:
    """Return the modules of the package and of `HEAVY` that *code* loads in a process of its own."""
    code = f"{code}\nimport sys\nprint(*sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout  # noqa: S603  our own
    return {name for name in output.splitlines()[-1].split() if name.startswith("zoomasync") or name in HEAVY}


def imports_in(body: list[ast.stmt]) -> dict[str, list[str]]:
    """Return the names that the statements import, by module."""
    return {
        "." * node.level + (node.module or ""): [alias.name for alias in node.names]
        for node in body
        if isinstance(node, ast.ImportFrom)
    }


def test_lazy_packages() -> None:
    assert LAZY == ["zoomasync", "zoomasync.auth", "zoomasync.models"]


@pytest.mark.parametrize("package", LAZY)
def test_types_agree_with_imports(package: str) -> None:
    """Type checkers see the imports that the first use of each name makes."""
    tree = ast.parse(Path(str(importlib.import_module(package).__file__)).read_text(encoding="utf-8"))
    (choice,) = (node for node in tree.body if isinstance(node, ast.If))
    (call,) = (node for node in ast.walk(choice.orelse[0]) if isinstance(node, ast.Call))

    assert imports_in(choice.body) == ast.literal_eval(call.args[1])


@pytest.mark.parametrize("package", LAZY)
def test_dir_has_all_names(package: str) -> None:
    module = importlib.import_module(package)

    assert set(cast("list[str]", module.__all__)) - set(dir(module)) == set()


def test_unknown_names_are_errors() -> None:
    with pytest.raises(AttributeError, match=r"^module 'zoomasync' has no attribute 'Zom'$"):
        getattr(zoomasync, "Zom")  # noqa: B009  no type checker lets it pass
    with pytest.raises(ImportError, match=r"^cannot import name 'Zom' from 'zoomasync'"):
        exec("from zoomasync import Zom")  # noqa: S102


@pytest.mark.parametrize("name", ["errors.NotFound", "nothing.at_all", ".errors", "a b", ""])
def test_other_texts_are_no_names(name: str) -> None:
    assert not hasattr(zoomasync, name)


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("import zoomasync", {"zoomasync", "zoomasync._lazy"}),
        ("import zoomasync; zoomasync.errors.NotFound", {"zoomasync", "zoomasync._lazy", "zoomasync.errors"}),
        ("from zoomasync import Label", {"zoomasync", "zoomasync._lazy", "zoomasync._label"}),
    ],
)
def test_imports_load_little(code: str, loaded: set[str]) -> None:
    assert modules_after(code) == loaded


def test_star_import_loads_all() -> None:
    code = "from zoomasync import *; print(Zoom, fan_out, ZoomError)"

    assert {"zoomasync._client", "zoomasync._fan_out", "zoomasync.errors"} < modules_after(code)


def test_client_loads_no_namespace() -> None:
    """No namespace, no struct, no job, and none of the parts that few programs use."""
    loaded = modules_after(CLIENT)

    assert [name for name in loaded if name.startswith(("zoomasync.resources", "zoomasync.models"))] == []
    assert loaded.isdisjoint({"sqlite3", *RARE})
    assert len(loaded) < 75


@pytest.mark.parametrize(
    ("namespace", "models"),
    [
        ("reports", {"custom_fields", "field_types", "history", "instance_reports", "instances", "pages", "reports"}),
        ("users", {"custom_fields", "field_types", "pages", "secret_fields", "users"}),
        ("pac", {"field_types", "pac", "pages", "secret_fields"}),
    ],
)
def test_namespace_loads_its_structs(namespace: str, models: set[str]) -> None:
    loaded = modules_after(f"{CLIENT}; zoom.{namespace}")

    assert {name for name in loaded if name.startswith("zoomasync.models.")} == {
        f"zoomasync.models.{model}" for model in models
    }
    assert loaded.isdisjoint({"sqlite3", *RARE})


def test_threads_find_whole_namespaces() -> None:
    """Threads that use a name or a namespace first, and at once, find it whole."""
    code = f"""if True:
        {CLIENT}
        from concurrent.futures import ThreadPoolExecutor
        from threading import Barrier
        import zoomasync.models
        barrier = Barrier(8)
        def use(_):
            barrier.wait()
            names = zoomasync.models.NewWebinar, zoomasync.fan_out
            return type(zoom.webinars.registrants), zoom.meetings.LIST, zoom.reports.USERS, *names
        with ThreadPoolExecutor(8) as threads:
            assert len({{*threads.map(use, range(8))}}) == 1
    """

    assert "zoomasync.models.webinars" in modules_after(code)


def test_namespace_is_kept() -> None:
    zoom = Zoom(StaticToken("t"))
    view = zoom.with_options(priority=True)

    assert zoom.reports is zoom.reports
    assert view.reports is not zoom.reports
    assert {name for name in vars(view) if not name.startswith("_")} == {"reports"}


def test_namespace_can_be_replaced() -> None:
    """Tests of an application give a client namespaces of their own."""

    class OtherZoom(Zoom):
        @property
        def users(self) -> str:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
            return "none"

    zoom = OtherZoom(StaticToken("t"))
    zoom.reports = other = Zoom(StaticToken("t")).reports

    assert zoom.reports is other
    assert zoom.users == "none"


def test_help_describes_namespaces() -> None:
    text = pydoc.plain(pydoc.render_doc(Zoom(StaticToken("t"))))

    assert "meetings = <functools.cached_property object>\n |      Scheduled meetings.\n" in text


def test_structs_pickle_into_a_new_process() -> None:
    code = f"import pickle; print(pickle.loads({pickle.dumps(NewMeeting(topic='Tea'))!r}))"

    assert modules_after(code) >= {"zoomasync.models.meetings"}


@pytest.mark.parametrize("command", [[], ["harvest"], ["registrants", "plan"]])
def test_help_loads_no_client(command: list[str]) -> None:
    loaded = modules_after(f"from zoomasync.cli.app import run\nassert run({[*command, '--help']}) == 0")
    parts = ("app", "exit_codes", "harvest_options", "registrants_app", "registrants_options", "webhook_app")

    assert loaded == {
        "zoomasync",
        "zoomasync._label",
        "zoomasync._lazy",
        "zoomasync._version",
        "zoomasync.cli",
        *(f"zoomasync.cli.{part}" for part in parts),
        "zoomasync.errors",
    }
