"""The parts of the measurement of the start. No test reads a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import startup
from benchmarks.bodies import meeting
from benchmarks.canned_server import canned_server
from benchmarks.startup import Spent, above, in_turn, spent_by


def test_each_round_runs_all() -> None:
    spent = in_turn({"nothing": ("-c", "pass"), "help": ("--help",)}, rounds=3)

    assert {name: len(taken) for name, taken in spent.items()} == {"nothing": 3, "help": 3}
    assert all(taken.wall > 0 and taken.cpu > 0 for taken in (*spent["nothing"], *spent["help"]))


def test_bytecode_is_kept(tmp_path: Path) -> None:
    spent_by(("-c", "import colorsys"), cache=str(tmp_path))

    assert len([*tmp_path.rglob("colorsys.cpython-*.pyc")]) == 1


def test_failed_program_is_no_figure(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="has failed"):
        spent_by(("-c", "raise SystemExit(3)"), cache=str(tmp_path))


def test_difference_is_by_pairs() -> None:
    figure = above("more", [Spent(5, 4), Spent(9, 8), Spent(30, 20)], [Spent(1, 1), Spent(4, 4), Spent(2, 2)], 6.0)

    assert (figure.value, figure.unit, figure.at_most, figure.result) == (5, "ms", 6, "met")
    assert figure.note == "over 2 ms; half of 3 pairs from 4 to 28 ms; CPU 4 ms"


@pytest.mark.parametrize("code", [startup.CALL, startup.BARE_CALL])
def test_programs_make_the_call(code: str) -> None:
    with canned_server({startup.PATH: meeting()}) as server:
        spent_by(("-c", code, server.url), cache="")
