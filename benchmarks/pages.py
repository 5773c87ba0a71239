"""The pages that show the figures of a run: the README and `docs/measurements.md`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .figures import Run
from .tables import everything, peers, targets

_ROOT: Final = Path(__file__).parents[1]
README: Final = _ROOT / "README.md"
MEASUREMENTS: Final = _ROOT / "docs" / "measurements.md"
BEGIN: Final = "<!-- The next lines are written by `python -m benchmarks`. -->"
END: Final = "<!-- End of these lines. -->"


def write_pages(run: Run) -> None:
    """Write the figures of *run* to the README and to the page of all measurements."""
    README.write_text(with_tables(README.read_text(encoding="utf-8"), run), encoding="utf-8")
    MEASUREMENTS.write_text(page(run), encoding="utf-8")


def with_tables(readme: str, run: Run) -> str:
    """Return *readme* with the tables of *run* in their place."""
    before, _, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert end, "README.md has no place for the tables"
    return f"""{before}{BEGIN}

{targets(run)}
The same job with the same answers on other libraries, each as its users would write it:

{peers(run)}
Measured on {run.day}: {run.machine}.

{END}{after}"""


def page(run: Run) -> str:
    """Return the page of all figures of *run*."""
    return f"""# Measurements

`python -m benchmarks` writes this page from its latest run, whose figures are in `benchmarks/results.json`. The module
of a measurement, such as `benchmarks/overhead.py`, says how it measures. A value is a median, and "x" is a ratio.

Measured on {run.day}: {run.machine}.

{everything(run)}"""
