from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import zoomasync
from zoomasync import auth, errors, models
from zoomasync import rate_limits as limits

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("module", [zoomasync, auth, errors, limits, models], ids=lambda module: module.__name__)
def test_what_a_module_offers_is_sorted_and_there(module: ModuleType) -> None:
    offered: list[str] = module.__all__

    assert offered == sorted(offered, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert len(offered) == len(set(offered))
    assert [name for name in offered if not hasattr(module, name)] == []


@pytest.mark.parametrize("module", [zoomasync, models], ids=lambda module: module.__name__)
def test_nothing_is_visible_that_is_not_offered(module: ModuleType) -> None:
    visible = {
        name
        for name, content in vars(module).items()
        if not name.startswith("_") and not isinstance(content, ModuleType)
    }

    assert visible - {"annotations"} == set(module.__all__) - {"__version__"}


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert zoomasync.__version__ == project["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", zoomasync.__version__)


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(zoomasync.__file__).parent / "py.typed").is_file()


def test_importing_the_package_brings_in_no_room_that_only_some_need() -> None:
    code = "import sys, zoomasync; print(*(name for name in sys.modules if name.startswith('zoomasync.')))"

    imported = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()  # noqa: S603  our own

    assert "zoomasync.errors" in imported
    assert [
        name for name in imported if name.startswith(("zoomasync.testing", "zoomasync.harvest", "zoomasync.cli"))
    ] == []
