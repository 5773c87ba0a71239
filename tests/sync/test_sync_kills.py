"""A sync that is killed many times registers and mails each person once.

ZOOMASYNC_KILLED_PEOPLE sets the number of people, such as 5000 over 50 targets; a few hundred by default.
"""

from __future__ import annotations

import os
import random
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from support.sync_kills import LATE, Job, Served, faults_in, kill_often, serving, sync_to_the_end

PEOPLE: Final = int(os.environ.get("ZOOMASYNC_KILLED_PEOPLE", "400"))
TARGETS: Final = max(8, PEOPLE // 100)
KILLS: Final = 20
FAULTY_RUNS: Final = 8


def run_to_the_end(served: Served, job: Job) -> list[str]:
    """Run until each person has one registration and one mail, each time on another day; return the faults left.

    On another day, people who were added three times can be added again, and no list lacks a write. While so many
    requests fail, a client soon has no retries left, and a run reaches few of many targets. So the last runs have no
    faults.
    """
    faults: list[str] = []
    for number in range(FAULTY_RUNS + 3):
        if number == FAULTY_RUNS:
            served.state("calm")
        sync_to_the_end(job)
        time.sleep(LATE)
        if not (faults := faults_in(served.state("next day"), job)):
            break
    return faults


def test_twenty_kills_register_once(tmp_path: Path) -> None:
    """The requests of the server fail at random, its lists are late, and it rejects simultaneous writes."""
    seed = random.randrange(2**32)
    print(f"seed of the kills: {seed}")  # noqa: T201  shown on a failure
    with serving(TARGETS) as served:
        job = served.job(tmp_path, PEOPLE // TARGETS)
        hits = kill_often(served, job, KILLS, PEOPLE // KILLS * 3 // 2, random.Random(seed))
        begun = served.state()
        faults = run_to_the_end(served, job)
        before = served.state("calm").writes
        left = sync_to_the_end(job)

        assert hits >= KILLS * 3 // 4
        assert begun.writes > PEOPLE // 4, "the kills were spread over the run"
        assert faults == []
        assert left == 0
        assert served.state().writes == before, "a run after the end writes nothing"


@pytest.mark.parametrize("broken", ["lists are never late", "no journal"])
def test_kills_reveal_a_broken_sync(broken: str, tmp_path: Path) -> None:
    """A sync that takes people on no list for missing, at once or without a journal, mails them again."""
    seed = random.randrange(2**32)
    print(f"seed of the kills: {seed}")  # noqa: T201  shown on a failure
    with serving(8) as served:
        job = replace(served.job(tmp_path, 30), list_delay=0.0)
        kill_often(served, job, 8, 40, random.Random(seed), forget=broken == "no journal")
        faults = run_to_the_end(served, job)

        assert any("has the mails {'" in fault for fault in faults)
