"""The figures of the measurements: their results, their tables, and the pages that show them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.__main__ import MEASUREMENTS, ON_DEMAND, RESULTS
from benchmarks.figures import Figure, Run
from benchmarks.pages import MEASUREMENTS as PAGE
from benchmarks.pages import README, page, with_tables
from benchmarks.tables import everything, peers, targets

FAST = Figure(name="CPU of a call", value=1.18, unit="x", at_most=1.1, gate=1.3, note="9 processes")
MANY = Figure(name="Rows per second", value=97_412.3, unit="rows/s", at_least=50_000)
PEERS = [
    Figure(name="CPU per page, zoomus over zoomasync", value=4.69, unit="x"),
    Figure(name="CPU per object of 1 KB, zoomus over zoomasync", value=3.53, unit="x"),
    Figure(name="Makespan of 500 meetings at Pro limits, zoomasync", value=25.3, unit="s"),
    Figure(name="Makespan of 500 meetings at Pro limits, zoomus", value=2.7, unit="s"),
    Figure(name="429s of 500 meetings at Pro limits, zoomasync", value=0, unit="responses"),
    Figure(name="429s of 500 meetings at Pro limits, zoomus", value=440, unit="responses"),
    Figure(name="Losses of 500 meetings at Pro limits, zoomus", value=440, unit="meetings"),
    Figure(name="CPU per page, aiozoom over zoomasync", value=None, unit="x", note="not installed"),
]
RUN = Run(day="2026-06-01", machine="a machine", figures={"overhead": [FAST], "harvest": [MANY], "peers": PEERS})


@pytest.mark.parametrize(
    ("value", "at_most", "at_least", "result"),
    [
        (1.1, 1.1, None, "met"),
        (1.11, 1.1, None, "missed"),
        (0.98, None, 0.98, "met"),
        (0.97, None, 0.98, "missed"),
        (5.0, None, None, ""),
        (None, 1.1, None, "not measured"),
    ],
)
def test_result(value: float | None, at_most: float | None, at_least: float | None, result: str) -> None:
    figure = Figure(name="a figure", value=value, unit="x", at_most=at_most, at_least=at_least)

    assert figure.result == result


@pytest.mark.parametrize(("value", "is_worse"), [(1.3, False), (1.31, True), (None, True)])
def test_gate(value: float | None, is_worse: bool) -> None:  # noqa: FBT001  the expected result
    """A figure above its gate fails CI, and so does one that was not measured."""
    assert Figure(name="a figure", value=value, unit="x", gate=1.3).is_worse_than_gate == is_worse
    assert not Figure(name="a figure", value=value, unit="x").is_worse_than_gate


def test_figure_text() -> None:
    assert str(FAST) == "CPU of a call: 1.18 x, ≤ 1.10 x, missed, 9 processes"
    assert str(MANY) == "Rows per second: 97,412 rows/s, ≥ 50,000 rows/s, met"


def test_run_is_kept(tmp_path: Path) -> None:
    RUN.write(tmp_path / "run.json")

    assert Run.read(tmp_path / "run.json") == RUN


def test_table_of_targets() -> None:
    """The table shows a miss as plainly as a hit, and no figure without a target."""
    assert targets(RUN).splitlines()[2:] == [
        "| CPU of a call | 1.18 x | ≤ 1.10 x | **missed** |",
        "| Rows per second | 97,412 rows/s | ≥ 50,000 rows/s | met |",
    ]


def test_table_of_peers() -> None:
    """Each library has a row, also one that was not installed."""
    assert peers(RUN).splitlines()[2:] == [
        "| zoomasync | 1 x | 1 x | 25.3 s |  | 0 responses |  |",
        "| zoomus | 4.69 x | 3.53 x | 2.70 s | 440 meetings | 440 responses |  |",
        "| aiozoom | not measured |  |  |  |  |  |",
    ]


def test_table_of_everything() -> None:
    assert "| CPU of a call | 1.18 x | ≤ 1.10 x | **missed** | 9 processes |" in everything(RUN)
    assert everything(RUN).count("\n## ") == 2


def test_pages_show_the_latest_run() -> None:
    """The README and the page of all figures are those that the command writes from its results."""
    run = Run.read(RESULTS)

    assert with_tables(README.read_text(encoding="utf-8"), run) == README.read_text(encoding="utf-8")
    assert page(run) == PAGE.read_text(encoding="utf-8")


def test_results_are_of_all_measurements() -> None:
    assert tuple(name for name in Run.read(RESULTS).figures if name not in ON_DEMAND) == MEASUREMENTS


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_measurement_exists(name: str) -> None:
    assert callable(import_module(f"benchmarks.{name}").measure)
