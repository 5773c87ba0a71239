"""The targets of the rows of a list."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.lists import MEETING, rows_of, stage

from zoomasync.sync import DesiredPerson, RejectedRow, SyncTarget

HEADER = "email,first_name,meeting_id,webinar_id,occurrence_ids\n"


@pytest.mark.parametrize(
    "text",
    [
        "81234567890",
        "812 3456 7890",
        "812-3456-7890",
        "812\u20133456\u20117890",
        "\u00a0812\u00a03456\u20097890\u200b",
        "'81234567890",
        '"=""81234567890"""',
        "81234567890.0",
    ],
)
@pytest.mark.parametrize("kind", ["meeting", "webinar"])
def test_target_is_read(tmp_path: Path, text: str, kind: str) -> None:
    content = f"email,name,{kind} ID\nada@x.example,Ada,{text}"

    with stage(tmp_path, content, target=None) as staged:
        assert [(desired.target.kind, desired.target.id) for desired in staged.lists()] == [(kind, MEETING.id)]
        assert list(staged.rejected()) == []


@pytest.mark.parametrize(
    "text", ["1780000000000;1790000000000", "1790000000000 ,1780000000000", "1790000000000 1780000000000.0"]
)
def test_occurrences_are_read(tmp_path: Path, text: str) -> None:
    with stage(tmp_path, f'{HEADER}ada@x.example,Ada,,81234567890,"{text}"', target=None) as staged:
        assert [desired.target for desired in staged.lists()] == [
            SyncTarget.webinar(81234567890, "1780000000000", "1790000000000")
        ]


ROUNDED = "a spreadsheet rounded the {} ID: format the column as text, and export again"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("8.5E+10,,", ROUNDED.format("meeting")),
        ('"8,5E+10",,', ROUNDED.format("meeting")),
        ("'8.5e10,,", ROUNDED.format("meeting")),
        (",9E+10,", ROUNDED.format("webinar")),
        ("81234567890,,1.78E+12", ROUNDED.format("occurrence")),
        ("81234567890,,first", "the occurrence ID is not a number"),
        ("12345678,,", "the meeting ID is not a number of 9 to 12 digits"),
        ("1234567890123,,", "the meeting ID is not a number of 9 to 12 digits"),
        ("81234567890.5,,", "the meeting ID is not a number of 9 to 12 digits"),
        (
            ",\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669,",
            "the webinar ID is not a number of 9 to 12 digits",
        ),
        ("https://zoom.us/j/81234567890,,", "the meeting ID is not a number of 9 to 12 digits"),
        (",,", "the row has neither a meeting ID nor a webinar ID"),
        ("81234567890,91234567890,", "the row has both a meeting ID and a webinar ID"),
    ],
)
def test_unreadable_target_rejects_row(tmp_path: Path, cells: str, reason: str) -> None:
    """The address counts as present at every target."""
    content = f"{HEADER}bo@x.example,Bo,,91234567890,\nAda@X.example,Ada,{cells}\ncy@x.example,Cy,81234567890,,\n"

    with stage(tmp_path, content, target=None) as staged:
        lists = list(staged.lists())
        assert [desired.target for desired in lists] == [SyncTarget.webinar(91234567890), MEETING]
        assert {desired.keep for desired in lists} == {frozenset({"ada@x.example"})}
        assert all(desired.complete for desired in lists)
        assert [len(rows_of(desired)) for desired in lists] == [1, 1]
        assert list(staged.rejected()) == [RejectedRow(row=3, reason=reason, email="Ada@X.example")]


@pytest.mark.parametrize(
    "row", [",Ada,8.5E+10,,", ",Ada,,,", "Ada,81234567890,,", "ada@x.example,boss@x.example,81234567890"]
)
def test_row_of_anyone_concerns_every_list(tmp_path: Path, row: str) -> None:
    """A row with neither a target nor an address could be of any person."""
    content = f"{HEADER}bo@x.example,Bo,,91234567890,\n{row}\ncy@x.example,Cy,81234567890,,\n"

    with stage(tmp_path, content, target=None) as staged:
        assert [(desired.complete, desired.unreadable) for desired in staged.lists()] == [(True, True)] * 2


def test_no_address_concerns_its_target_only(tmp_path: Path) -> None:
    content = f"{HEADER}bo@x.example,Bo,,91234567890,\n,Ada,81234567890,,\n"

    with stage(tmp_path, content, target=None) as staged:
        webinar, meeting = staged.lists()
        assert not webinar.unreadable
        assert rows_of(meeting) == [RejectedRow(row=3, reason="the row has no e-mail address")]


def test_json_ids_are_read_and_rounded_ones_rejected(tmp_path: Path) -> None:
    person = '"email": "ada@x.example", "name": "Ada"'
    content = "\n".join(f'{{{person}, "meeting_id": {id_}}}' for id_ in ("81234567890", '"812 3456 7890"', "8.5e10"))

    with stage(tmp_path, content, "list.jsonl", target=None) as staged:
        (desired,) = staged.lists()
        assert [row.row for row in rows_of(desired)] == [1, 2]
        assert [(row.row, row.reason) for row in staged.rejected()] == [(3, ROUNDED.format("meeting"))]


def test_interleaved_targets_can_be_read_at_once(tmp_path: Path) -> None:
    """Each list has its people in the order of the file, and can be read again."""
    targets = ["81234567890,", ",91234567890", "82222222222,"]
    rows = [f"p{n}@x.example,P{n},{targets[n % 3]}," for n in range(3_000)]

    with stage(tmp_path, HEADER + "\n".join(rows), target=None) as staged:
        lists = list(staged.lists())
        for _ in range(2):
            iterators = [iter(rows_of(desired)) for desired in lists]
            mixed = [next(each) for _ in range(1_000) for each in iterators]
            assert [row.registrant.first_name for row in mixed if isinstance(row, DesiredPerson)] == [
                f"P{n}" for n in range(3_000)
            ]


def test_header_alone_is_an_empty_list(tmp_path: Path) -> None:
    with stage(tmp_path, "email,name\n") as staged:
        (desired,) = staged.lists()
        assert (desired.target, rows_of(desired), desired.complete) == (MEETING, [], True)
    with stage(tmp_path, HEADER, target=None) as staged:
        assert list(staged.lists()) == []
