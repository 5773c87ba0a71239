"""Readings of the machine and of this process, which disturb a measurement or are measured."""

from __future__ import annotations

import gc
import os
import platform
import random
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from typing import Final

_PACKAGES: Final = ("aiohttp", "msgspec", "anyio", "aiolimiter")


def description() -> str:
    """Return the processor, the interpreter and the versions of the dependencies."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return f"{os.cpu_count()} cores of {_processor()}, CPython {platform.python_version()}, {versions}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def stolen() -> float:
    """Return the seconds of all cores that the host has given to other machines, or 0 if that is unknown."""
    try:
        return int(Path("/proc/stat").read_text(encoding="ascii").split()[8]) / 100
    except (OSError, IndexError, ValueError):
        return 0.0


def resident(*, peak: bool = False) -> float:
    """Return the memory of this process as the kernel has it, now or at its *peak*, in MB."""
    name = "VmHWM" if peak else "VmRSS"
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the seconds of processor time that *work* takes in this process, without a collection of garbage."""
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()
        work()
        return time.process_time() - began
    finally:
        gc.enable()


def paired(works: Mapping[str, Callable[[], object]], *, rounds: int, seed: int = 1) -> dict[str, list[float]]:
    """Return the CPU seconds of each of *works* in every round. A round runs all of them, in a new order."""
    order, names = random.Random(seed), list(works)  # noqa: S311  an order, not a secret
    taken: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        order.shuffle(names)
        for name in names:
            taken[name].append(cpu_seconds(works[name]))
    return taken


def ratio(numerators: list[float], denominators: list[float]) -> tuple[float, str]:
    """Return the median of the paired ratios, and the range in which half of them are, as text."""
    ratios = [above / below for above, below in zip(numerators, denominators, strict=True)]
    low, _, high = quantiles(ratios, n=4)
    return median(ratios), f"median of {len(ratios)} pairs, half of them from {low:.2f} to {high:.2f}"
