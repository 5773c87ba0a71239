"""All measurements: ``python -m benchmarks [MEASUREMENT ...]``.

Without a name it runs all but ``spark``, one after the other, each in a process of its own. It writes the figures to
``benchmarks/results.json``, ``README.md`` and ``docs/measurements.md``, and the pictures to ``docs/pictures``. Use a
quiet machine. With names it runs these, and writes nothing but the file of ``--json``; with ``--write``, their figures
replace those in the latest run, if that is of the same day. The exit code is 1 if a target is missed; with ``--gate``,
if a figure is worse than its gate.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Final

from .figures import Figure, Run
from .machine import description, stolen
from .pages import write_pages
from .processes import measure

MEASUREMENTS: Final = ("overhead", "decode", "rate_limits", "redis", "fan_out", "harvest", "sync", "peers", "startup")
ON_DEMAND: Final = ("spark",)
RESULTS: Final = Path(__file__).with_name("results.json")


def main() -> int:
    """Run the measurements; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = (*MEASUREMENTS, *ON_DEMAND)
    parser.add_argument("measurements", nargs="*", metavar="MEASUREMENT", help=", ".join(names))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs, whose figures spread more")
    parser.add_argument("--gate", action="store_true", help="fail only if a figure is worse than its gate, as in CI")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file too")
    parser.add_argument("--write", action="store_true", help="replace the figures of these in the run of today")
    options = parser.parse_args()
    if unknown := set(options.measurements) - set(names):
        parser.error(f"unknown measurement {min(unknown)!r}: choose from {', '.join(names)}")
    selected: list[str] = options.measurements or list(MEASUREMENTS)
    day, machine = datetime.now(UTC).date().isoformat(), description()
    latest = Run.read(RESULTS) if options.write else None
    if latest is not None and (latest.day, latest.machine) != (day, machine):
        parser.error(f"the latest run is of {latest.day} on {latest.machine}: run all measurements again")
    figures: dict[str, list[Figure]] = {}
    for name in selected:
        before = stolen()
        print(name, flush=True)
        figures[name] = measure(name, quick=options.quick)
        print(f"  (the host took {stolen() - before:.1f} s of processor time away meanwhile)", flush=True)
    run = Run(day=day, machine=machine, figures=figures)
    if options.json is not None:
        run.write(options.json)
    if latest is not None:
        run = Run(day=day, machine=machine, figures=latest.figures | figures)
    if not options.measurements or latest is not None:
        run.write(RESULTS)
        write_pages(run)
        import_module("benchmarks.pictures").draw_all(run)
    measured = [figure for each in figures.values() for figure in each]
    return int(any(figure.is_worse_than_gate if options.gate else figure.result == "missed" for figure in measured))


if __name__ == "__main__":
    sys.exit(main())
