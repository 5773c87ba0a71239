"""The tables of a run, for the README and the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from .figures import Figure, Run, number

_OWN: Final = "zoomasync"
_COLUMNS: Final = {
    "CPU per page": "CPU per page, {} over zoomasync",
    "CPU per object": "CPU per object of 1 KB, {} over zoomasync",
    "500 meetings at Pro limits": "Makespan of 500 meetings at Pro limits, {}",
    "of them lost": "Losses of 500 meetings at Pro limits, {}",
    "429s": "429s of 500 meetings at Pro limits, {}",
    "rows lost if 5 % of requests fail": "Rows lost when 5 % of requests fail, {}",
}


def targets(run: Run) -> str:
    """Return the figures of *run* that have a target, without their notes."""
    rows = [
        (_name(figure), _value(figure), figure.target, _result(figure))
        for figures in run.figures.values()
        for figure in figures
        if figure.target
    ]
    return _table(("", "measured", "target", ""), rows)


def peers(run: Run) -> str:
    """Return the figures of *run* about zoomasync and its peers, a row for each library."""
    values = {figure.name: _value(figure) for figure in run.figures.get("peers", ())}
    values |= {name.format(_OWN): "1 x" for name in list(_COLUMNS.values())[:2]}
    libraries = [_OWN, *_libraries(values)]
    rows = [(library, *(values.get(name.format(library), "") for name in _COLUMNS.values())) for library in libraries]
    return _table(("", *_COLUMNS), rows)


def _libraries(names: Iterable[str]) -> Iterator[str]:
    before, after = _COLUMNS["CPU per page"].split("{}")
    for name in names:
        library = name.removeprefix(before).removesuffix(after)
        if name == f"{before}{library}{after}" and library != _OWN:
            yield library


def everything(run: Run) -> str:
    """Return all figures of *run* with their notes, a table for each measurement."""
    parts: list[str] = []
    for measurement, figures in run.figures.items():
        rows = [(_name(figure), _value(figure), figure.target, _result(figure), figure.note) for figure in figures]
        parts.append(f"## {measurement}\n\n{_table(('', 'measured', 'target', '', 'note'), rows)}")
    return "\n".join(parts)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _name(figure: Figure) -> str:
    return figure.name[:1].upper() + figure.name[1:]


def _value(figure: Figure) -> str:
    return figure.result if figure.value is None else f"{number(figure.value)} {figure.unit}"


def _result(figure: Figure) -> str:
    return "**missed**" if figure.result == "missed" else figure.result
