"""The pictures of measurements: their texts, from given figures and requests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.enforcer import Received
from benchmarks.figures import Figure, Run
from zoomasync import Label

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'zoomasync[dev]'")

from benchmarks.pictures import Made, Service, costs, draw_cost, draw_rate_limits

OVERHEAD = [
    Figure(name="CPU of a typed call over bare aiohttp + msgspec, page of 300 rows (88 KB)", value=1.25, unit="x"),
    Figure(name="CPU of a typed call over bare aiohttp + msgspec, object of 1 KB", value=2, unit="x"),
]
PEERS = [
    Figure(name="CPU per page, zoomus over zoomasync", value=6.23, unit="x"),
    Figure(name="CPU per page, aiozoom over zoomasync", value=3.5, unit="x"),
    Figure(name="CPU per page, pyzoom over zoomasync", value=None, unit="x", note="not installed"),
    Figure(name="CPU per object of 1 KB, zoomus over zoomasync", value=9, unit="x"),
    Figure(name="Makespan of 500 meetings, zoomus", value=47, unit="s"),
]
RUN = Run(day="2026-06-01", machine="a machine", figures={"overhead": OVERHEAD, "peers": PEERS})


def texts(picture: Path) -> list[str]:
    return re.findall(r">([^<>\n]+)</text>", picture.read_text(encoding="utf-8"))


def test_costs_are_in_order() -> None:
    """A peer that was not measured is left out, and so is all that is not the CPU of a page."""
    assert costs(RUN) == [("bare aiohttp + msgspec", 0.8), ("zoomasync", 1), ("aiozoom", 3.5), ("zoomus", 6.23)]


def test_costs_need_no_peer() -> None:
    assert costs(Run(day="", machine="", figures={})) == [("zoomasync", 1)]


def test_cost_has_a_bar_per_program(tmp_path: Path) -> None:
    draw_cost(RUN, tmp_path / "cost.svg")

    names, values = ["bare aiohttp + msgspec", "zoomasync", "aiozoom", "zoomus"], ["0.8x", "1x", "3.5x", "6.2x"]
    title = "CPU per page of 300 rows, compared with zoomasync (2026-06-01)"
    assert texts(tmp_path / "cost.svg") == [*names, *values, title]


def test_title_counts_429s(tmp_path: Path) -> None:
    received = [Received(5 + number / 10, Label.HEAVY, number == 4) for number in range(10)]
    draw_rate_limits(Service(received, [Made(Label.HEAVY, 5.0, 0.1)]), tmp_path / "rate_limits.svg")

    shown = texts(tmp_path / "rate_limits.svg")
    assert "Requests in the last second, as they arrived: 10 in all, 1 with status 429" in shown
    assert [text for text in shown if "limit " in text] == [
        "heavy, limit 10/s",
        "medium, limit 20/s",
        "light, limit 30/s",
    ]


def test_same_data_give_same_file(tmp_path: Path) -> None:
    for name in ("first.svg", "second.svg"):
        draw_cost(RUN, tmp_path / name)

    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()
