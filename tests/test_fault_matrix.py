"""The fault matrix: each fault names the tests that prove the right behaviour, and these tests exist."""

from __future__ import annotations

import ast
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).parents[1]

UNBUILT: dict[int, str] = {}
"""Faults of features that do not exist yet."""


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    number: int
    fault: str
    right: str
    tests: list[str]


class Matrix(msgspec.Struct, forbid_unknown_fields=True):
    faults: list[Fault] = msgspec.field(name="fault")


FAULTS = msgspec.toml.decode((ROOT / "tests/data/fault_matrix.toml").read_bytes(), type=Matrix).faults


def functions_of(path: Path) -> set[str]:
    """Return the tests of a module that pytest would collect."""
    nodes = ast.parse(path.read_text(encoding="utf-8")).body if path.name.startswith("test_") else []
    functions = [node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {name for name in functions if name.startswith("test_")}


def test_matrix_is_complete() -> None:
    assert [fault.number for fault in FAULTS] == list(range(1, 77))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.number))
def test_fault_has_tests(fault: Fault) -> None:
    """Each fault has a description and tests, unless its feature does not exist yet."""
    assert bool(fault.tests) == (fault.number not in UNBUILT), UNBUILT.get(fault.number, "it has no tests")
    assert fault.fault
    assert fault.right
    assert len(fault.tests) == len(set(fault.tests))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.number))
def test_named_tests_exist(fault: Fault) -> None:
    missing: list[str] = []
    for name in fault.tests:
        file, _, function = name.partition("::")
        path = ROOT / file
        if not path.is_file() or function not in functions_of(path):
            missing.append(name)

    assert missing == []
