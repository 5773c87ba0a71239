"""The measurements of the harvest."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from benchmarks.harvest.children import add_children
from benchmarks.harvest.makespan import fetch_reports
from benchmarks.harvest.memory import passage, stream_all
from benchmarks.harvest.store import DURABILITIES, Durability, write
from benchmarks.reports_server import Size, reports_server


@pytest.mark.parametrize("durability", DURABILITIES)
def test_store_has_all_rows(durability: Durability, tmp_path: Path) -> None:
    written = asyncio.run(write(tmp_path / "h.sqlite", Size(meetings=4, pages=2), durability))

    assert written.rows == 2_400


def test_children_of_instances(tmp_path: Path) -> None:
    """Five of the default reports are fetched per instance with participants."""
    partitions, _, _ = asyncio.run(add_children(tmp_path / "h.sqlite", 10))

    assert partitions == 50


def test_memory_of_all_rows() -> None:
    passed = passage(stream_all, Size(meetings=1, pages=6))

    assert passed.rows == 1_800
    assert passed.before <= passed.peak


def test_makespan_of_harvest(tmp_path: Path) -> None:
    with reports_server(Size(meetings=3)) as server:
        seconds = asyncio.run(fetch_reports(server, tmp_path / "h.sqlite"))
        times = server.end()

    assert len(times.requested) == 3
    assert max(times.responded) - min(times.requested) < seconds
