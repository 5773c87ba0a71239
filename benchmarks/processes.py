"""Processes of the benchmarks: each measurement has one of its own, which no other has warmed up or filled."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Final, cast

from .figures import Figure

SPAWN: Final = multiprocessing.get_context("spawn")


def measure(name: str, *, quick: bool) -> list[Figure]:
    """Run the measurement *name* in a process of its own. Raises `SystemExit` if it fails."""
    ours, theirs = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_measure, args=(theirs, name, quick))
    process.start()
    theirs.close()
    figures: list[Figure] = []
    try:
        while True:
            figure = cast("Figure", ours.recv())
            print(f"  {figure}", flush=True)
            figures.append(figure)
    except EOFError:
        process.join()
    if process.exitcode:
        raise SystemExit(f"the measurement {name} has failed")
    return figures


@contextmanager
def other_process(target: Callable[..., None], *arguments: object) -> Generator[Connection, None, None]:
    """Run *target* in another process, with one end of a pipe and *arguments*; provide the other end."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()  # so that `recv` raises EOFError if the process dies
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def _measure(pipe: Connection, name: str, quick: bool) -> None:  # noqa: FBT001  arguments of a process
    figures = cast("Callable[..., Iterable[Figure]]", import_module(f"benchmarks.{name}").measure)
    for figure in figures(quick=quick):
        pipe.send(figure)
    pipe.close()
