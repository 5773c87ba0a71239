"""Encodings, delimiters, line breaks and quotes of lists, and NDJSON."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.lists import MEETING, names, only_rows, people, stage

from zoomasync.errors import ConfigError
from zoomasync.models import CustomAnswer
from zoomasync.sync import RejectedRow, StagedFile

ADA = ("ada@x.example", "Ada", "Lovelace")
JOSE = ("jose@x.example", "José", "Núñez")
TEXT = "Email,First name,Last name\r\nada@x.example,Ada,Lovelace\r\njose@x.example,José,Núñez\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le with mark", "utf-16-be with mark"])
def test_encoding_is_recognized(tmp_path: Path, encoding: str) -> None:
    codec, _, mark = encoding.partition(" ")
    content = ("\ufeff" if mark else "") + TEXT

    assert names(stage(tmp_path, content.encode(codec))) == [ADA, JOSE]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16-le", "utf-16-be", "utf-8"])
def test_given_encoding_is_used(tmp_path: Path, encoding: str) -> None:
    assert names(stage(tmp_path, TEXT.encode(encoding), encoding=encoding)) == [ADA, JOSE]


def test_byte_order_mark_beats_encoding(tmp_path: Path) -> None:
    assert names(stage(tmp_path, TEXT.encode("utf-8-sig"), encoding="cp1252")) == [ADA, JOSE]


@pytest.mark.parametrize("rows_before", [0, 3, 2_000])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_other_encoding_is_an_error(tmp_path: Path, line_break: str, rows_before: int) -> None:
    rows = [*["ada@x.example,Ada"] * rows_before, "jose@x.example,José", "bo@x.example,Bo"]
    content = line_break.join(["email,first_name", *rows]).encode("cp1252")

    with pytest.raises(ConfigError, match=rf"line {rows_before + 2} is not UTF-8: .*--encoding cp1252"):
        stage(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "encoding", "reason"),
    [
        ("email,first_name\na@x.example,€".encode("cp1252"), "ascii", "line 2 is not ascii"),
        (TEXT.encode("utf-16")[:-1], None, "line 3 or a later one does not have the encoding of the byte order mark"),
        (b"\xef\xbb\xbfemail,first_name\na@x.example,\xe9", None, "line 2 does not have the encoding of the byte"),
        (TEXT.encode("utf-16-le"), None, "line 1 has a NUL character"),
        (b"email,first_name\na@x.example,A\0da\n", None, "line 2 has a NUL character"),
        (b"PK\x03\x04\x14\0", None, "is an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", None, "is an Excel workbook"),
        (b"\x1f\x8b\x08\0", None, "is a gzip file"),
        (b"", None, "is empty"),
        (b" \n\n", None, "is empty"),
        (b"\xef\xbb\xbf", None, "is empty"),
        (TEXT.encode(), "cp99999", "unknown encoding 'cp99999'"),
        (TEXT.encode(), "rot13", "unknown encoding 'rot13'"),
        (b"email,first_name\n" + b"a" * 1_000_001, None, "line 2 is too long"),
        (b'email,"first_name\na@x.example,Ada\n', None, "quotes in the line of headings"),
    ],
)
def test_unreadable_file_is_an_error(tmp_path: Path, content: bytes, encoding: str | None, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        stage(tmp_path, content, encoding=encoding)

    assert "a@x.example" not in str(caught.value)


@pytest.mark.parametrize(("name", "reason"), [("missing.csv", "No such file"), ("", "Is a directory")])
def test_missing_file_is_an_error(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=f"cannot be read: {reason}"):
        StagedFile(tmp_path / name, target=MEETING)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["list.csv", "list.tsv", "LIST.TXT", "list", "list.export"])
def test_delimiter_is_detected(tmp_path: Path, delimiter: str, name: str) -> None:
    """The headings decide, and neither their quoted text nor the data."""
    note = "Note" + "".join(other * 9 for other in ",;\t|" if other != delimiter) + "."
    rows = [["E-mail", "First name", note], ["ada@x.example", "Ada", "a,b;c,d;e\t|,;,;,;|,;,;"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)

    (ada,) = people(stage(tmp_path, text.getvalue(), name))

    assert ada.registrant.custom_questions == (CustomAnswer(title=rows[0][2], value=rows[1][2]),)


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\nemail;first_name,;last_name,\nada@x.example;Ada;Lovelace\n",
        'email;"first\nname";last_name\nada@x.example;Ada;Lovelace\n',
        '"first\n\nname";"last,name";email\nAda;Lovelace;ada@x.example',
        "email;first_name;last_name;one, two, three, four\nada@x.example;Ada;Lovelace;\n",
        "\n\nemail;first_name;last_name\n\n;;\n \nada@x.example;Ada;Lovelace\n\n",
        ' email ; "" ; first name ; LAST_NAME \n ada@x.example ;x; Ada ; Lovelace \n',
    ],
)
def test_odd_csv_is_read(tmp_path: Path, content: str) -> None:
    assert names(stage(tmp_path, content)) == [ADA]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_row_number_is_its_first_line(tmp_path: Path, line_break: str) -> None:
    lines = [
        "",
        "email,first_name,Note",
        'a@x.example,Ada,"one',
        "",
        'three"',
        "",
        ",,",
        "b@x.example,Bo,",
        'c@x.example,"C""d",\u2028',
    ]

    numbers = [row.row for row in people(stage(tmp_path, line_break.join(lines)))]

    assert numbers == [3, 8, 9]


def test_one_column_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no column has first names: .* the columns are 'E-mail Address'"):
        stage(tmp_path, "E-mail Address\nada@x.example")


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\u200b\u2060\ufeff")).filter(
    lambda text: text.strip() == text
)


@settings(max_examples=60)  # each example makes a file
@given(
    st.lists(st.tuples(CELL.filter(bool), CELL), min_size=1, max_size=4),
    st.sampled_from(",;\t|"),
    st.sampled_from([None, "\n", "\r\n", "\r"]),
)
def test_any_text_survives_quoting(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]], delimiter: str, line_break: str | None
) -> None:
    """All cells have quotes with each line break; without one given, only those that need quotes."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    if line_break:
        writer = csv.writer(text, delimiter=delimiter, lineterminator=line_break, quoting=csv.QUOTE_ALL)
    writer.writerows([["email", "first_name", "Question"], *(("a@x.example", *row) for row in cells)])
    content = text.getvalue()

    read = people(stage(tmp_path_factory.mktemp("any"), content))

    found = [(row.registrant.first_name, row.registrant.custom_questions) for row in read]
    answers = [(CustomAnswer(title="Question", value=text),) if text else None for _, text in cells]
    assert found == [(first, answer) for (first, _), answer in zip(cells, answers, strict=True)]


JSON = '{"email": "ada@x.example", "first_name": "Ada", "last_name": "Lovelace"}'


@pytest.mark.parametrize("name", ["list.ndjson", "list.JSONL", "list.json", "list"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\n \r\n"])
def test_ndjson_is_recognized(tmp_path: Path, name: str, start: str) -> None:
    assert names(stage(tmp_path, f"{start}{JSON}\r\n\n{JSON}", name)) == [ADA, ADA]


def test_json_array_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a JSON array: write one object per line"):
        stage(tmp_path, f"[{JSON}]", "list.json")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('" a \\u00e9 "', "a é"),
        ("7", "7"),
        ("-1.50", "-1.50"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("true", "true"),
        ("false", "false"),
        ("null", None),
        ('""', None),
        ('["a"]', None),
        ('{"a": 1}', None),
    ],
)
def test_json_value_becomes_text(tmp_path: Path, value: str, text: str | None) -> None:
    content = f'{JSON[:-1]}, "org": {value}, "Question": {value}}}\n{JSON}'

    ada, again = people(stage(tmp_path, content, "list.ndjson"))

    assert ada.registrant.org == text
    assert ada.registrant.custom_questions == ((CustomAnswer(title="Question", value=text),) if text else None)
    assert again.registrant.custom_questions is None


def test_nested_answers_are_read(tmp_path: Path) -> None:
    nested = (
        '[{"title": " Diet ", "value": " vegan"}, {"title": "Guests", "value": 2}, {"title": "Bus", "value": null}]'
    )

    (ada,) = people(stage(tmp_path, f'{JSON[:-1]}, "custom_questions": {nested}}}', "list.ndjson"))

    assert ada.registrant.custom_questions == (
        CustomAnswer(title="Diet", value="vegan"),
        CustomAnswer(title="Guests", value="2"),
    )


@pytest.mark.parametrize(
    "nested", ['{"Diet": "vegan"}', '[{"title": "Diet", "value": ["vegan"]}]', '["vegan"]', "[[]]"]
)
def test_other_nested_answers_reject_row(tmp_path: Path, nested: str) -> None:
    (row,) = only_rows(stage(tmp_path, f'{JSON[:-1]}, "custom_questions": {nested}}}', "list.ndjson"))

    assert row == RejectedRow(
        row=1, email=ADA[0], reason="custom_questions is not a list of objects with a title and a value"
    )


@pytest.mark.parametrize("content", [TEXT, JSON])
def test_standard_input_is_read(content: str) -> None:
    code = (
        "from zoomasync.sync import StagedFile, SyncTarget\n"
        "with StagedFile('-', target=SyncTarget.meeting(81234567890)) as staged:\n"
        "    print(*[row.registrant.email for desired in staged.lists() for row in desired.people])"
    )

    shown = subprocess.run([sys.executable, "-c", code], input=content.encode(), check=True, capture_output=True).stdout  # noqa: S603  our own code

    assert shown.split()[0] == b"ada@x.example"
