"""All measurements: ``python -m benchmarks [MEASUREMENT ...]``.

Without a name it runs all but ``spark``, one after the other, each in a process of its own. It writes the figures to
``benchmarks/results.json``, the table to ``README.md`` and the pictures to ``docs/pictures``. Use a quiet machine. With
names it runs these, and writes only the file of ``--json``, if it is given. The exit code is 1 if a target is
missed.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Final

from .figures import Figure, Run, table
from .machine import description, stolen
from .processes import measure

MEASUREMENTS: Final = ("overhead", "decode", "rate_limits", "redis", "fan_out", "harvest", "sync", "peers", "startup")
ON_DEMAND: Final = ("spark",)
RESULTS: Final = Path(__file__).with_name("results.json")
README: Final = Path(__file__).parent.parent / "README.md"
BEGIN: Final = "<!-- The next lines are written by `python -m benchmarks`. -->\n"
END: Final = "<!-- End of these lines. -->\n"


def with_table(readme: str, run: Run) -> str:
    """Return *readme* with the table of *run* in its place."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin, "README.md has no place for the table"
    assert end, "README.md has no place for the table"
    return f"{before}{begin}\n{table(run)}\nMeasured on {run.day}: {run.machine}.\n\n{end}{after}"


def main() -> int:
    """Run the measurements; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = (*MEASUREMENTS, *ON_DEMAND)
    parser.add_argument("measurements", nargs="*", metavar="MEASUREMENT", help=", ".join(names))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs, whose figures spread more")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file too")
    options = parser.parse_args()
    if unknown := set(options.measurements) - set(names):
        parser.error(f"unknown measurement {min(unknown)!r}: choose from {', '.join(names)}")
    selected: list[str] = options.measurements or list(MEASUREMENTS)
    figures: dict[str, list[Figure]] = {}
    for name in selected:
        before = stolen()
        print(name, flush=True)
        figures[name] = measure(name, quick=options.quick)
        print(f"  (the host took {stolen() - before:.1f} s of processor time away meanwhile)", flush=True)
    run = Run(day=datetime.now(UTC).date().isoformat(), machine=description(), figures=figures)
    if options.json is not None:
        run.write(options.json)
    if not options.measurements:
        run.write(RESULTS)
        README.write_text(with_table(README.read_text(encoding="utf-8"), run), encoding="utf-8")
        import_module("benchmarks.pictures").draw_all(run)
    return int(any(figure.result == "missed" for each in figures.values() for figure in each))


if __name__ == "__main__":
    sys.exit(main())
