"""Files that are cut off, and rows whose cells do not fit the headings."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.lists import only_list, rejections, rows_of, stage

from zoomasync.sync import RejectedRow

HEADER = "name,manager,email,Note\n"
BO = "Bo,boss@x.example,bo@x.example,\n"
JSON = '{"email": "bo@x.example", "name": "Bo"}\n'
LONG = "x" * 200_000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f'{HEADER}{BO}{BO}Ada,,"ada@x.exam', "it has no end quote"),
        (f'{HEADER}{BO}{BO}"Ada,,ada@x.example,\n{BO}{BO}{BO}', "it has no end quote"),
        (f'{HEADER}{BO}{BO}"Ada,,ada@x.example,{LONG}\n{BO}', "it has no end quote"),
        (f"{HEADER}{BO}{BO}Ada,,ada@x.exam", "it has 3 cells, and there are 4 headings"),
        (f"{HEADER}{BO}{BO}Ada", "it has 1 cells, and there are 4 headings"),
        (f'{JSON}{JSON}\n{{"email": "ada@x.exam', "it is not a JSON object"),
        (f'{JSON}{JSON}\n{{"email": "ada@x.exam\n\n', "it is not a JSON object"),
        (f"{JSON}{JSON}\n{{", "it is not a JSON object"),
    ],
)
@pytest.mark.parametrize("rows_before", [0, 1_000])
def test_file_that_is_cut_off(tmp_path: Path, content: str, reason: str, rows_before: int) -> None:
    """The rows before the end count, but the list is incomplete."""
    content = content.replace(BO, BO * (1 + rows_before), 1) if BO in content else JSON * rows_before + content
    with stage(tmp_path, content, "list") as staged:
        desired = only_list(staged)
        assert not desired.complete
        *before, last = rows_of(desired)

    assert len(before) == rows_before + 2
    assert isinstance(last, RejectedRow)
    assert last.row == rows_before + 4
    assert last.reason == f"malformed row: {reason}"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("content", [HEADER + BO.strip(), JSON.strip()])
def test_whole_file_is_complete(tmp_path: Path, content: str, end: str) -> None:
    with stage(tmp_path, content + end, "list") as staged:
        assert only_list(staged).complete


@pytest.mark.parametrize(
    ("row", "reason", "email"),
    [
        ("Ada,,ada@x.example", "it has 3 cells, and there are 4 headings", "ada@x.example"),
        ("Ada,,ada@x.example,,", "it has 5 cells, and there are 4 headings", "ada@x.example"),
        ("Ada", "it has 1 cells, and there are 4 headings", ""),
        ("Lovelace, Ada,,ada@x.example,", "it has 5 cells, and there are 4 headings", ""),
        ("Lovelace,Ada,boss@x.example,ada@x.example,", "it has 5 cells, and there are 4 headings", ""),
        ("Ada,,ada@x.example; b@x.example", "it has 3 cells, and there are 4 headings", ""),
        ('"Ada "the" L",,ada@x.example,', "it has text after an end quote", ""),
        (
            'Ada,, "ada@x.example", "x"',
            "it has a space before a quote, so that the quotes would be part of the text",
            "",
        ),
    ],
)
def test_malformed_row_is_rejected(tmp_path: Path, row: str, reason: str, email: str) -> None:
    """Its address counts only if it cannot be another person's."""
    with stage(tmp_path, f"{HEADER}{BO}{row}\n{BO}") as staged:
        desired = only_list(staged)
        assert desired.complete
        assert rows_of(desired)[1] == RejectedRow(row=3, reason=f"malformed row: {reason}", email=email)
        assert len(rows_of(desired)) == 3


@pytest.mark.parametrize(
    "line", ["ada", "5", '["ada@x.example"]', '{"email": "\\ud800"}', "[" * 100_000, '{"email": tru}']
)
def test_line_without_object_is_rejected(tmp_path: Path, line: str) -> None:
    (row,) = rejections(stage(tmp_path, f"{JSON}{line}\n{JSON}", "list.ndjson"))

    assert row == RejectedRow(row=2, reason="malformed row: it is not a JSON object")
