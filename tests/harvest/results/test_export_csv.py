"""Text in exported CSV files, and spreadsheets that run it as formulas."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.stores import CellsByName, StoreWriter

from zoomasync.harvest import export_tables

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", " =1", "\u00a0=1", '"=1', "'=1", "\" '+1"]
FULL_WIDTH = ["\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)", "\u3000\uff1d1", "\u200b=1", "\ufeff=1"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "h.sqlite"


def csv_rows(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_bytes().decode(), newline=""), strict=True))


def exported(path: Path, text: str, *, raw: bool = False) -> str:
    """Return *text* after its export to CSV."""
    with StoreWriter(path, "users") as store:
        store.add("users", "2026-05", [{"id": "u", "user_name": text}])
    export_tables(path, path.parent / "out", format="csv", raw=raw)
    header, row = csv_rows(path.parent / "out" / "users.csv")
    return row[header.index("user_name")]


@pytest.mark.parametrize("text", [*FORMULAS, *FULL_WIDTH], ids=ascii)
def test_formula_gets_apostrophe(text: str, path: Path) -> None:
    assert exported(path, text) == "'" + text.replace("\0", "\ufffd")


@pytest.mark.parametrize("text", [*FORMULAS, *FULL_WIDTH], ids=ascii)
def test_raw_leaves_formula_unchanged(text: str, path: Path) -> None:
    assert exported(path, text, raw=True) == text


@pytest.mark.parametrize("text", ["Ada", "a=1", "1-2", "mail@example.com", "{}", " ", "'", "ada, = bo"])
def test_other_text_is_unchanged(text: str, path: Path) -> None:
    assert exported(path, text) == text


def test_only_text_is_quoted(path: Path) -> None:
    """Numbers, times and booleans have no quotes, and an empty text differs from a missing value."""
    with StoreWriter(path, "user_meetings") as store:
        row: CellsByName = {"uuid": "a", "id": -5, "start_time": "2026-05-01T09:00:00Z", "has_chat": 0, "topic": ""}
        store.add("user_meetings", "u/2026-05", [row])

    export_tables(path, path.parent / "out", format="csv")
    header, line, rest = (path.parent / "out" / "user_meetings.csv").read_bytes().split(b"\r\n")
    cells = dict(zip(header.decode().split(","), line.decode().split(","), strict=True))

    assert (cells["id"], cells["start_time"], cells["has_chat"]) == ("-5", "2026-05-01T09:00:00Z", "false")
    assert (cells["topic"], cells["user_name"]) == ('""', "")
    assert rest == b""


@settings(max_examples=40)  # each example makes a store
@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=5))
def test_any_text_round_trips_in_raw_csv(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("any") / "h.sqlite"
    with StoreWriter(path, "users") as store:
        store.add("users", "2026-05", [{"id": text} for text in texts])

    export_tables(path, path.parent / "out", format="csv", raw=True)

    assert [row[3] for row in csv_rows(path.parent / "out" / "users.csv")[1:]] == texts


@settings(max_examples=40)  # each example makes a store
@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_text_starts_like_a_formula(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    cell = exported(tmp_path_factory.mktemp("any") / "h.sqlite", text)

    assert cell[0] == "'" or not re.match(r"[=+\-@\t\r\n\0]", cell.lstrip())
    assert cell.removeprefix("'" * (len(cell) - len(text))) == text.replace("\0", "\ufffd")
