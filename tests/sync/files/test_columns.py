"""The columns of a list, and the people that they describe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from support.lists import MEETING, names, only_list, only_rows, people, stage

from zoomasync.errors import ConfigError
from zoomasync.models import CustomAnswer, NewRegistrant
from zoomasync.sync import ColumnMapping, DesiredPerson, RejectedRow

ADA = ("ada@x.example", "Ada", "Lovelace")


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("E-Mail Address", "email"),
        ("e_mail", "email"),
        ("E\u2011MAIL", "email"),
        ("First\u00a0Name", "first_name"),
        ("GIVEN NAME", "first_name"),
        ("Surname", "last_name"),
        ("Country/Region", "country"),
        ("Zip/Postal Code", "zip"),
        ("State/Province", "state"),
        ("Company", "org"),
        ("Job Title", "job_title"),
        ("Number of Employees", "no_of_employees"),
        ("Questions & Comments", "comments"),
        ("Role in Purchase Process", "role_in_purchase_process"),
        ("source-id", "source_id"),
        ("Language", "language"),
    ],
)
def test_standard_heading_is_found(tmp_path: Path, heading: str, field: str) -> None:
    others = [name for name in ("email", "first_name") if name != field]

    (person,) = people(stage(tmp_path, ",".join([*others, heading]) + "\n" + ",".join(["x"] * (len(others) + 1))))

    assert getattr(person.registrant, field) == "x"
    assert person.registrant.custom_questions is None


def test_mapped_heading_is_used(tmp_path: Path) -> None:
    """A mapping wins over a standard heading."""
    content = "Email,Work = mail,Vorname,Name\nold@x.example,ada@x.example,Ada,Lovelace\n"

    (ada,) = people(stage(tmp_path, content, map_=["Work = mail = email", "Vorname=first_name", "Name=last_name"]))

    assert (ada.registrant.email, ada.registrant.first_name, ada.registrant.last_name) == ADA
    assert ada.registrant.custom_questions == (CustomAnswer(title="Email", value="old@x.example"),)


def test_mapped_heading_has_one_field(tmp_path: Path) -> None:
    staged = stage(tmp_path, "email,Name\nada@x.example,Ada King", map_=["Name=first_name"])

    assert names(staged) == [("ada@x.example", "Ada King", None)]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["E-Mail"], "--map 'E-Mail' is not a heading and a field"),
        (["=email"], "is not a heading and a field"),
        (["E-Mail="], "is not a heading and a field"),
        (["E-Mail=mail"], "unknown field 'mail' of the column 'E-Mail': use email, first_name, "),
        (["E-Mail=auto_approve"], "unknown field 'auto_approve'"),
        (["E-Mail=email", "E-Mail=org"], "the column 'E-Mail' is mapped twice"),
        (["E-Mail=email", "Mail=email"], "two columns are mapped to email"),
        (["State=status"], "a column is mapped to status, but nothing says which statuses mean cancelled"),
    ],
)
def test_invalid_mapping_is_an_error(options: Sequence[str], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        ColumnMapping.parse(options)


@pytest.mark.parametrize(
    ("header", "options", "reason"),
    [
        ("Address,First name", [], "no column has e-mail addresses: .*the columns are 'Address', 'First name'"),
        ("Email,Last name", [], "no column has first names: .*the columns are 'Email', 'Last name'"),
        ("Email,Forename", ["Vorname=first_name"], "there is no column 'Vorname': the columns are 'Email', 'Forename'"),
        ("Email,E-Mail Address,Name", [], "both 'Email' and 'E-Mail Address' could be email: choose one"),
        ("Email,First name,Name", [], "the column 'Name' could hold last names or full names"),
        ("Email,Name,Meeting ID", [], "the column 'Meeting ID' names targets, which could differ from the meeting"),
        ("Email,Name,Room", ["Room=webinar_id"], "the column 'Room' names targets"),
        ("Email,Name,occurrence_ids", [], "the column 'occurrence_ids' names targets"),
        ("bo@x.example,Bo", [], "no column has e-mail addresses: .*has no line of headings: add one"),
    ],
)
@pytest.mark.parametrize("format_", ["csv", "ndjson"])
def test_unfit_columns_are_an_error(
    tmp_path: Path, header: str, options: Sequence[str], reason: str, format_: str
) -> None:
    headings = header.split(",")
    content = f"{header}\n" + ",".join("x" for _ in headings)
    if format_ == "ndjson":
        content = "{" + ", ".join(f'"{heading}": "x"' for heading in headings) + "}"

    with pytest.raises(ConfigError, match=reason) as caught:
        stage(tmp_path, content, f"list.{format_}", map_=options)

    assert "@" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "options", "reason"),
    [
        ("Mail,Mail,First name", ["Mail=email"], "there are several columns 'Mail'"),
        ("Email,First name,First name", [], "both 'First name' and 'First name' could be first_name"),
    ],
)
def test_needed_heading_must_be_unique(tmp_path: Path, header: str, options: Sequence[str], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        stage(tmp_path, header, map_=options)


def test_cancel_when_needs_a_column(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"--cancel-when needs a column of statuses: .*the columns are 'email', 'name'"
    ):
        stage(tmp_path, "email,name\nada@x.example,Ada", cancel_when=["Cancelled"])


def test_file_without_target_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"name the meeting or webinar with --meeting ID .*are 'email', 'name'"):
        stage(tmp_path, "email,name\nada@x.example,Ada", target=None)


def test_unneeded_headings_may_be_odd(tmp_path: Path) -> None:
    """Columns without a heading, or with the same one, hold no answers."""
    content = "email,name,,Note,Note, Diet ,Status\nada@x.example,Ada,x,y,z, vegan ,new"

    (ada,) = people(stage(tmp_path, content))

    assert ada.registrant.custom_questions == (
        CustomAnswer(title="Diet", value="vegan"),
        CustomAnswer(title="Status", value="new"),
    )


def test_all_fields_are_read(tmp_path: Path) -> None:
    fields = [name for name in NewRegistrant.__struct_fields__ if name not in {"custom_questions", "auto_approve"}]
    content = ",".join(fields) + "\n" + ",".join(f" {name} text\u200b" for name in fields)

    (person,) = people(stage(tmp_path, content))

    assert msgspec.to_builtins(person.registrant) == {name: f"{name} text" for name in fields}


@pytest.mark.parametrize(
    ("first", "last", "name", "expected"),
    [
        ("", "", "Ada Lovelace", ("Ada", "Lovelace")),
        ("", "", " Ada  King  Lovelace ", ("Ada  King", "Lovelace")),
        ("", "", "Ada\u00a0Lovelace", ("Ada\u00a0Lovelace", None)),
        ("", "", "Ada", ("Ada", None)),
        ("", "", "Lovelace, Ada", ("Lovelace, Ada", None)),
        ("Ada", "", "Augusta Lovelace", ("Ada", None)),
        ("Ada", "King", "Augusta Lovelace", ("Ada", "King")),
    ],
)
def test_full_name_is_split(tmp_path: Path, first: str, last: str, name: str, expected: tuple[str, str | None]) -> None:
    content = f'email,first_name,last_name,name\nada@x.example,{first},{last},"{name}"'

    assert names(stage(tmp_path, content)) == [(ADA[0], *expected)]


@pytest.mark.parametrize(
    "cell",
    [
        " ada@x.example\u00a0",
        "\ufeffada@x.example\u200b",
        "Ada Lovelace <ada@x.example>",
        '"""Lovelace, Ada"" < ada@x.example >"',
        "mailto:ada@x.example",
        "MAILTO:ada@x.example?subject=Hello",
        "<mailto:ada@x.example>",
    ],
)
def test_address_is_taken_out_of_its_text(tmp_path: Path, cell: str) -> None:
    assert names(stage(tmp_path, f"email,name\n{cell},Ada Lovelace")) == [ADA]


@pytest.mark.parametrize(
    ("row", "reason", "email"),
    [
        (",Ada,", "the row has no e-mail address", ""),
        ("\u200b <> ,Ada,", "the row has no e-mail address", ""),
        ("Ada@X.example,,Lovelace", "the row has no first name", "Ada@X.example"),
        ("ada@x.example, ,", "the row has no first name", "ada@x.example"),
    ],
)
def test_row_without_person_is_rejected(tmp_path: Path, row: str, reason: str, email: str) -> None:
    staged = stage(tmp_path, f"email,first_name,last_name\n{row}\nbo@x.example,Bo,")
    with staged:
        assert only_list(staged).complete
        assert only_list(staged).target == MEETING

        rows = only_rows(staged)

    assert rows[0] == RejectedRow(row=2, reason=reason, email=email)
    assert isinstance(rows[1], DesiredPerson)


def test_status_cancels(tmp_path: Path) -> None:
    """Statuses are compared trimmed and without case, and a cancelled person needs no name."""
    statuses = ["Cancelled", " REFUNDED ", "paid", "", "not cancelled"]
    content = "email,name,Order status\n" + "".join(f"p{n}@x.example,P,{each}\n" for n, each in enumerate(statuses))

    rows = people(
        stage(
            tmp_path,
            content + "nameless@x.example,,CANCELLED",
            map_=["Order status=status"],
            cancel_when=["cancelled, Refunded,", "Void"],
        )
    )

    assert [row.cancel for row in rows] == [True, True, False, False, False, True]
    assert rows[-1].registrant == NewRegistrant(email="nameless@x.example", first_name="")


def test_list_of_cancellations_needs_no_names(tmp_path: Path) -> None:
    content = "email,status\nada@x.example,cancelled\nbo@x.example,paid"

    ada, bo = only_rows(stage(tmp_path, content, cancel_when=["Cancelled"]))

    assert isinstance(ada, DesiredPerson)
    assert ada.cancel
    assert bo == RejectedRow(row=3, reason="the row has no first name", email="bo@x.example")


def test_misspelled_status_is_unused(tmp_path: Path) -> None:
    content = "email,first_name,status\nada@x.example,Ada,refunded \n"

    with stage(tmp_path, content, cancel_when=["Refunded,Canceled"]) as staged:
        assert staged.unused_statuses == {"canceled"}
