"""The results file: the rows of the input with their outcomes."""

from __future__ import annotations

import csv
import io
import stat
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest
from support.lists import MEETING, only_list, rows_of, stage

from zoomasync.errors import InvalidArgument, StoreError
from zoomasync.sync import DesiredPerson, PersonOutcome, RejectedRow, Result, StagedFile, SyncTarget
from zoomasync.sync.files._results_table import guarded

OURS = ["outcome", "reason", "status", "registrant_id", "join_url"]
CONTENT = "E-Mail,First name\r\nada@x.example,Ada\r\n\r\n,Nobody\r\nbo@x.example,Bo\r\n"


def outcome(row: int | None, result: Result = Result.ADDED, *, email: str = "", reason: str = "") -> PersonOutcome:
    return PersonOutcome(target=MEETING, result=result, row=row, email=email, reason=reason)


def table(staged: StagedFile, folder: Path, delimiter: str = ",", *, raw: bool = False) -> list[list[str]]:
    """Return the lines of the results file."""
    staged.write_results(folder / "results.csv", raw=raw)
    text = (folder / "results.csv").read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def results(staged: StagedFile, folder: Path) -> list[list[str]]:
    """Return the outcomes of the rows in the results file, without the columns of the input."""
    return [line[-5:] for line in table(staged, folder)[1:]]


def test_results_follow_the_input(tmp_path: Path) -> None:
    """Rejected rows have their outcome from the start, and rows that the sync did not reach have one too."""
    with stage(tmp_path, CONTENT) as staged:
        staged.record(
            PersonOutcome(
                target=MEETING,
                result=Result.ADDED,
                row=2,
                status="approved",
                registrant_id="r1",
                join_url="https://zoom.example/j/1",
            )
        )

        assert table(staged, tmp_path) == [
            ["E-Mail", "First name", *OURS],
            ["ada@x.example", "Ada", "added", "", "approved", "r1", "https://zoom.example/j/1"],
            ["", "Nobody", "rejected", "the row has no e-mail address", "", "", ""],
            ["bo@x.example", "Bo", "not_reached", "", "", "", ""],
        ]


def test_later_outcome_replaces_earlier(tmp_path: Path) -> None:
    with stage(tmp_path, CONTENT) as staged:
        for result in (Result.DEFERRED, Result.ADDED):
            staged.record(outcome(2, result))
            staged.record(outcome(None, result, email="gone@x.example"))

        assert [line[0] for line in results(staged, tmp_path)] == ["added", "rejected", "not_reached", "added"]


def test_outcome_of_no_row_is_an_error(tmp_path: Path) -> None:
    with (
        stage(tmp_path, CONTENT) as staged,
        pytest.raises(InvalidArgument, match="no row of the file starts on line 3"),
    ):
        staged.record(outcome(3))


@pytest.mark.parametrize(
    ("reason", "code", "message", "expected"),
    [
        ("", None, "", ""),
        ("no seats", None, "", "no seats"),
        ("rejected by Zoom", 3027, "Host.", "rejected by Zoom: Zoom code 3027: Host."),
        ("", 3027, "Host.", "Zoom code 3027: Host."),
    ],
)
def test_reason_has_the_error_of_zoom(
    tmp_path: Path, reason: str, code: int | None, message: str, expected: str
) -> None:
    with stage(tmp_path, CONTENT) as staged:
        staged.record(
            PersonOutcome(target=MEETING, result=Result.IMPOSSIBLE, row=2, reason=reason, code=code, message=message)
        )

        assert results(staged, tmp_path)[0][1] == expected


def test_people_on_no_row_follow(tmp_path: Path) -> None:
    content = "Note,webinar ID,Mail,name,occurrence_ids,meeting_id\nx,912 3456 7890,ada@x.example,Ada,,\n"
    target = SyncTarget.webinar(91234567890, "1790000000000", "1780000000000")
    with stage(tmp_path, content, map_=["Mail=email"], target=None) as staged:
        for email in ("bo@x.example", "cy@x.example"):
            staged.record(PersonOutcome(target=target, result=Result.CANCELLED, email=email))
        staged.record(PersonOutcome(target=MEETING, result=Result.DENIED, email="cy@x.example"))

        occurrences = "1780000000000 1790000000000"
        assert [line[:7] for line in table(staged, tmp_path)[1:]] == [
            ["x", "912 3456 7890", "ada@x.example", "Ada", "", "", "not_reached"],
            ["", "91234567890", "bo@x.example", "", occurrences, "", "cancelled"],
            ["", "91234567890", "cy@x.example", "", occurrences, "", "cancelled"],
            ["", "", "cy@x.example", "", "", "81234567890", "denied"],
        ]


ODD_CELLS = [" Ada ", "=1+1", "'=x", "+49 30", "a\r\nb", "a\rb", 'q"q', "a;b", "\u00a0", "\u200b", "é"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_input_cells_are_unchanged(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows(
        [["email", " Name", "=x", "=x", ""], *(["a@x.example", cell, cell, "x", cell] for cell in ODD_CELLS)]
    )
    content = text.getvalue()

    with stage(tmp_path, content.encode(encoding)) as staged:
        lines = table(staged, tmp_path, delimiter)

    assert [line[:-5] for line in lines] == list(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter))
    marked = (tmp_path / "results.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert marked == (encoding != "utf-8")


def test_json_keys_are_the_columns(tmp_path: Path) -> None:
    rows = [
        '{"email": "ada@x.example", "name": "Ada"}',
        '{"Guests": 2.50, "name": "Bo", "email": "bo@x.example", "tags": ["a", 1], "vip": true}',
        '{"email": "cy@x.example", "cut',
    ]

    with stage(tmp_path, "\n".join(rows), "list.ndjson") as staged:
        lines = [line[:6] for line in table(staged, tmp_path)]

    assert lines == [
        ["email", "name", "Guests", "tags", "vip", "outcome"],
        ["ada@x.example", "Ada", "", "", "", "not_reached"],
        ["bo@x.example", "Bo", "2.50", '["a",1]', "true", "not_reached"],
        [rows[2], "", "", "", "", "rejected"],
    ]


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("ada@x.example", ["ada@x.example", "", ""]),
        ("ada@x.example,Ada,x,y,z", ["ada@x.example", "Ada", "x,y,z"]),
        ('"A "b" c",Ada,x', ['"A "b" c",Ada,x', "", ""]),
        ('ada@x.example,"Ada,x\ny', ['ada@x.example,"Ada,x\ny', "", ""]),
    ],
)
def test_malformed_row_keeps_its_text(tmp_path: Path, row: str, cells: list[str]) -> None:
    with stage(tmp_path, f"email,name,Note\n{row}\n") as staged:
        (_, line) = table(staged, tmp_path)

    assert line[:4] == [*cells, "rejected"]


FORMULAS = ["=1+1", "-r1", "+1", "@x", "\t=1", " =1", "\uff1d1"]


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_our_formula_gets_apostrophe(tmp_path: Path, text: str) -> None:
    def line(*, raw: bool) -> list[str]:
        return table(staged, tmp_path, raw=raw)[-1]

    with stage(tmp_path, "email,name\n") as staged:
        staged.record(
            PersonOutcome(
                target=MEETING,
                result=Result.FAILED,
                email=text,
                reason=text,
                status=text,
                registrant_id=text,
                join_url=text,
            )
        )

        assert line(raw=False) == [f"'{text}", "", "failed", *[f"'{text}"] * 4]
        assert line(raw=True) == [text, "", "failed", *[text] * 4]


def test_results_can_be_the_next_input(tmp_path: Path) -> None:
    """The old results are replaced, and the rows have the same meaning, also if a column is called status."""
    content = "email,name,status,Diet\nada@x.example,Ada,paid,vegan\nbo@x.example,Bo,cancelled,\ncy@x.example,Cy\n"
    with stage(tmp_path, content, cancel_when=["cancelled"]) as staged:
        first = rows_of(only_list(staged))
        staged.record(PersonOutcome(target=MEETING, result=Result.ADDED, row=2, status="approved"))
        before = table(staged, tmp_path)

    assert before[0] == ["email", "name", "status", "Diet", "outcome", "reason", "zoom_status", *OURS[3:]]
    expected = [before[0], [*before[1][:4], "not_reached", "", "", "", ""], *before[2:]]
    for _ in range(2):
        with stage(tmp_path, (tmp_path / "results.csv").read_bytes(), cancel_when=["cancelled"]) as staged:
            assert rows_of(only_list(staged)) == first
            assert table(staged, tmp_path) == expected


def test_added_line_is_nobody_in_the_next_input(tmp_path: Path) -> None:
    """A person whom a sync cancelled is not added by the results of that sync."""
    with stage(tmp_path, CONTENT) as staged:
        staged.record(outcome(None, Result.CANCELLED, email="gone@x.example"))
        staged.write_results(tmp_path / "results.csv")

    with stage(tmp_path, (tmp_path / "results.csv").read_bytes()) as staged:
        rows = rows_of(only_list(staged))

    assert rows[-1] == RejectedRow(row=5, reason="the row has no first name", email="gone@x.example")


def test_single_outcome_column_is_kept(tmp_path: Path) -> None:
    """A single column with a name of ours belongs to the input."""
    with stage(tmp_path, "email,name,outcome,Join_url\nada@x.example,Ada,fine,x\n") as staged:
        header, line = table(staged, tmp_path)

    assert header == ["email", "name", "outcome", "Join_url", "zoom_outcome", *OURS[1:]]
    assert line[:5] == ["ada@x.example", "Ada", "fine", "x", "not_reached"]


def test_results_are_private_and_replaced(tmp_path: Path) -> None:
    path, left = tmp_path / "results.csv", tmp_path / ".results.csv.part"
    for old in (path, left):
        old.write_text("old")
        old.chmod(0o644)

    with stage(tmp_path, CONTENT) as staged:
        staged.write_results(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("E-Mail,")
    assert not left.exists()


def test_unwritable_results_are_an_error(tmp_path: Path) -> None:
    with (
        stage(tmp_path, CONTENT) as staged,
        pytest.raises(StoreError, match=r"results cannot be written to .*: No such"),
    ):
        staged.write_results(tmp_path / "none" / "results.csv")


def peak_memory(folder: Path, rows: int) -> int:
    """Return the most memory that the sync of *rows* rows needs."""
    lines = (f'p{n}@x.example,P,"Love, lace",8{n % 50:010d},{"x" * 50}' for n in range(rows))
    path = folder / "list.csv"
    path.write_text("email,first name,last name,meeting ID,Note\n" + "\n".join(lines))
    tracemalloc.start()
    try:
        with StagedFile(path) as staged:
            for desired in staged.lists():
                assert isinstance(desired.people, Iterable)
                for person in desired.people:
                    assert isinstance(person, DesiredPerson)
                    staged.record(PersonOutcome(target=desired.target, result=Result.ADDED, row=person.row))
            staged.write_results(folder / "results.csv")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak


def test_memory_is_flat(tmp_path: Path) -> None:
    """Tracing is slow, so that the larger file has 20,000 rows; any list of them needs megabytes."""
    small, large = peak_memory(tmp_path, 1_000), peak_memory(tmp_path, 20_000)

    assert len((tmp_path / "results.csv").read_bytes().splitlines()) == 20_001
    assert large < small + 300_000


def test_id_with_hyphen_is_unchanged() -> None:
    """It has to match Zoom's id, in the results of a list and in those of a plan file."""
    assert guarded(["-Vx-PMNGcTWs7yKb1_aaQw", "-1+1", "added"]) == ["-Vx-PMNGcTWs7yKb1_aaQw", "'-1+1", "added"]
