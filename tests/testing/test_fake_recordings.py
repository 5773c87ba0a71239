"""Recordings of the fake: what it rejects, and what a simulated account has."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from support.fake_http import calling

from zoomasync.testing import Account, FakeZoom, Recording, RecordingFile

TODAY = date(2026, 3, 18)
NOW = datetime(2026, 3, 18, 8, tzinfo=UTC)


def recorded() -> tuple[FakeZoom, Recording]:
    account = Account(today=TODAY)
    recording = account.add_recording(account.add_instance(uuid="u1", id=81), settings={"on_demand": True})
    return FakeZoom(account, plan=None, now=lambda: NOW), recording


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/meetings/u1/recordings", {"ttl": 60}, "ttl"),
        ("/meetings/u1/recordings", {"ttl": 604_801, "include_fields": "download_access_token"}, "ttl"),
        ("/meetings/u1/recordings", {"include_fields": "password"}, "include_fields"),
        ("/users/{user}/recordings", {"from_": "2026-03-02", "to": "2026-03-01"}, "from"),
        ("/users/{user}/recordings", {"page_size": 301}, "page_size"),
        ("/users/{user}/recordings", {"trash": "yes"}, "trash"),
        ("/meetings/u1/recordings/analytics_details", {"from_": "2026-03-01", "to": "2026-04-01"}, "to"),
        ("/meetings/u1/recordings/analytics_summary", {"to": "2026-03-17"}, "from"),
    ],
)
async def test_invalid_query(path: str, query: dict[str, object], field: str) -> None:
    fake, recording = recorded()
    async with calling(fake) as caller:
        response = await caller.get(path.format(user=recording.host.id), **query)

    assert (response.error, response.error_field) == ((400, 300), field)


@pytest.mark.parametrize("user", ["nobody", "uOther"])
async def test_list_of_unknown_user(user: str) -> None:
    fake, _ = recorded()
    fake.account.add_host(id="uOther", other_account=True)
    async with calling(fake) as caller:
        response = await caller.get(f"/users/{user}/recordings")

    assert response.error == (404, 1001)


async def test_file_without_id() -> None:
    """A timeline has only a link, and a link needs no further encoding."""
    fake, recording = recorded()
    recording.files[0].file_type, recording.files[0].id = "TIMELINE", "a/b+c="
    async with calling(fake) as caller:
        [file] = (await caller.get("/meetings/u1/recordings")).rows("recording_files")

    assert file.keys() == {
        "download_url", "file_extension", "file_type", "meeting_id", "recording_end", "recording_start"
    }  # fmt: skip
    assert str(file["download_url"]).endswith("/rec/download/a%2Fb%2Bc%3D")


async def test_auto_delete_date() -> None:
    """Only a recording that Zoom will delete has the date."""
    fake, recording = recorded()
    async with calling(fake) as caller:
        before = (await caller.get("/meetings/u1/recordings/settings")).body
        recording.settings["auto_delete"] = True
        after = (await caller.get("/meetings/u1/recordings/settings")).body

    assert (before["auto_delete"], "auto_delete_date" in before) == (False, False)
    assert (after["auto_delete"], after["auto_delete_date"]) == (True, "2026-07-15")


async def test_update_needs_registrants() -> None:
    fake, _ = recorded()
    async with calling(fake) as caller:
        response = await caller.put("/meetings/81/recordings/registrants/status", {"action": "approve"})

    assert (response.error, response.error_field) == ((400, 300), "registrants")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/meetings/82/recordings/settings"),
        ("PATCH", "/meetings/82/recordings/settings"),
        ("GET", "/meetings/82/recordings/analytics_details"),
        ("GET", "/meetings/82/recordings/analytics_summary"),
        ("GET", "/meetings/82/recordings/registrants"),
        ("GET", "/meetings/82/recordings/registrants/questions"),
        ("DELETE", "/meetings/82/recordings"),
        ("DELETE", "/meetings/u1/recordings/unknown"),
        ("PUT", "/meetings/u1/recordings/unknown/status"),
        ("PUT", "/meetings/u1/recordings/status"),
    ],
)
async def test_unknown_recording(method: str, path: str) -> None:
    """The meeting has no recording, or the recording not this file, or nothing is in the trash."""
    fake, _ = recorded()
    async with calling(fake) as caller:
        response = await caller.send(method, path, {} if method in {"PATCH", "PUT"} else None)

    assert response.error == (404, 3301)


@pytest.mark.parametrize(
    ("age", "state"), [(timedelta(days=30, seconds=-1), "trash"), (timedelta(days=30), "deleted"), (None, "available")]
)
def test_state_of_file(age: timedelta | None, state: str) -> None:
    assert RecordingFile(id="f", deleted_at=None if age is None else NOW - age).state(NOW) == state


def test_simulated_recordings() -> None:
    """Recordings belong to recorded instances of licensed hosts, and some are in the trash or on demand."""
    account = Account.simulated(today=TODAY)
    recorded = {each.uuid: each for each in account.instances if each.has_recording}

    assert all(not recorded[each.uuid].host.is_basic for each in account.recordings)
    files = [file for each in account.recordings for file in each.files]
    assert len({file.id for file in files}) == len(files)
    assert {file.state(NOW) for file in files} == {"available", "trash"}
    assert any(not each.available_files for each in account.recordings)
    assert any(file.file_name for file in files)
    assert {registrant.status for each in account.recordings for registrant in each.registrants} == {
        "approved", "pending", "denied"
    }  # fmt: skip
    assert {bool(each.password) for each in account.recordings} == {True, False}


def test_simulated_again_is_equal() -> None:
    first, second = (Account.simulated(today=TODAY) for _ in range(2))

    assert first.recordings == second.recordings
    assert first.other_users == second.other_users
