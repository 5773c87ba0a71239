"""`zoom.recordings` against the fake server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from aiohttp import ClientSession
from support.stories import last_body, last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest, EmbeddedError, InvalidArgument, NotFound
from zoomasync.models import RecordingSettingsUpdate
from zoomasync.testing import Account, FakeZoom, Instance, Recording, RecordingFile

WEEK: Final = (date(2026, 6, 8), date(2026, 6, 14))

LISTINGS: Final[dict[str, Callable[[Zoom, date | None, date | None], object]]] = {
    "list": lambda zoom, from_, to: zoom.recordings.list("me", from_=from_, to=to),
    "analytics_details": lambda zoom, from_, to: zoom.recordings.analytics_details(1, from_=from_, to=to),
    "analytics_summary": lambda zoom, from_, to: zoom.recordings.analytics_summary(1, from_=from_, to=to),
}


@pytest.mark.parametrize("method", LISTINGS)
@pytest.mark.parametrize(
    ("from_", "to", "message"),
    [
        (date(2026, 5, 2), date(2026, 5, 1), "after"),
        (date(2026, 5, 1), date(2026, 6, 1), "more than 31 days"),
        (None, datetime(2026, 5, 1, tzinfo=UTC), "takes a date"),
    ],
    ids=["reversed", "over-31-days", "datetime"],
)
async def test_invalid_range_raises(
    method: str, from_: date | None, to: date | None, message: str, zoom: Zoom, fake: FakeZoom
) -> None:
    """An invalid range raises before a request is sent."""
    with pytest.raises(InvalidArgument, match=message):
        LISTINGS[method](zoom, from_, to)

    assert fake.requests == ()


@pytest.mark.parametrize("method", LISTINGS)
@pytest.mark.parametrize(
    ("from_", "to"), [(date(2026, 5, 1), date(2026, 5, 31)), (date(2026, 5, 1), None), (None, None)]
)
async def test_range_of_a_month(method: str, from_: date | None, to: date | None, zoom: Zoom) -> None:
    """A range may span a month, and may lack its ends."""
    assert LISTINGS[method](zoom, from_, to)


@pytest.mark.parametrize("ttl", [-1, 604_801])
async def test_invalid_ttl_raises(ttl: int, zoom: Zoom, fake: FakeZoom) -> None:
    with pytest.raises(InvalidArgument, match="ttl"):
        await zoom.recordings.get(1, include_fields="download_access_token", ttl=ttl)

    assert fake.requests == ()


def path_of(recording: Recording) -> str:
    return f"/v2/meetings/{quote(recording.uuid, safe='')}/recordings"


async def ids(zoom: Zoom, recording: Recording) -> list[str | None]:
    return [file.id for file in (await zoom.recordings.get(recording.uuid)).recording_files]


async def trash(zoom: Zoom, recording: Recording, trash_type: str | None = None) -> list[str | None]:
    listing = zoom.recordings.list(recording.host.id, trash=True, trash_type=trash_type)
    return [file.id async for each in listing for file in each.recording_files]


def instance_on(account: Account, day: int) -> Instance:
    return account.add_instance(start=datetime(2026, 6, day, 9, tzinfo=UTC))


# --- list and get


async def test_list_between_days(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A listing has the user's recordings that started in the range, with the files of each."""
    first, second, _ = [account.add_recording(instance_on(account, day), files=2) for day in (8, 14, 15)]
    account.add_recording(account.add_instance(account.add_host(), start=first.start_time))

    listed = [each async for each in zoom.recordings.list(first.host.id, from_=WEEK[0], to=WEEK[1])]

    assert last_request(fake) == (
        f"GET /v2/users/{first.host.id}/recordings",
        {"from": "2026-06-08", "to": "2026-06-14", "page_size": "300"},
    )
    assert [each.uuid for each in listed] == [first.uuid, second.uuid]
    assert [(each.recording_count, each.total_size) for each in listed] == [(2, 8192)] * 2
    assert [file.id for file in listed[0].recording_files] == [file.id for file in first.files]


async def test_list_without_range(zoom: Zoom, account: Account) -> None:
    """Without a range, a listing has the recordings of the present day."""
    _, today = [account.add_recording(instance_on(account, day)) for day in (14, 15)]

    [page] = [page async for page in zoom.recordings.list(today.host.id).pages()]

    assert (page.from_, page.to) == (date(2026, 6, 15), date(2026, 6, 16))
    assert [each.uuid for each in page.items] == [today.uuid]


async def test_list_many_pages(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    recordings = [account.add_recording(instance_on(account, 9)) for _ in range(301)]

    listed = [each.uuid async for each in zoom.recordings.list(recordings[0].host.id, from_=WEEK[0], to=WEEK[1])]

    assert sorted(listed) == sorted(each.uuid for each in recordings)
    assert sum(request.method == "GET" for request in fake.requests) == 2


async def test_list_of_one_meeting(zoom: Zoom, account: Account) -> None:
    one, other = account.add_recording(instance_on(account, 9)), account.add_recording(instance_on(account, 10))
    listing = zoom.recordings.list(one.host.id, meeting_id=other.id, from_=WEEK[0], to=WEEK[1])

    listed = [each.uuid async for each in listing]

    assert listed == [other.uuid]
    with pytest.raises(NotFound) as raised:
        [each async for each in zoom.recordings.list(one.host.id, meeting_id=7)]
    assert raised.value.code == 3301


async def test_list_on_premises(zoom: Zoom, account: Account) -> None:
    """Files on premises have a path in place of a link, and are listed on request only."""
    recording = account.add_recording(instance_on(account, 15))
    recording.on_premise = True

    assert [each async for each in zoom.recordings.list(recording.host.id)] == []
    [listed] = [each async for each in zoom.recordings.list(recording.host.id, mc=True)]

    [file] = listed.recording_files
    assert (file.download_url, file.file_path) == (None, f"/{recording.id}/{recording.files[0].id}.mp4")


@pytest.mark.parametrize("by", ["uuid", "number"])
async def test_get_recording(by: str, zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A number means the latest instance, a UUID means that instance."""
    older = account.add_recording(account.add_instance(id=81, start=datetime(2026, 6, 1, tzinfo=UTC), uuid="/a//b=="))
    latest = account.add_recording(account.add_instance(id=81), password="pass-word1")

    recording = await zoom.recordings.get(older.uuid if by == "uuid" else 81)

    expected = older if by == "uuid" else latest
    segment = "%252Fa%252F%252Fb%253D%253D" if by == "uuid" else "81"
    assert last_request(fake) == (f"GET /v2/meetings/{segment}/recordings", {})
    assert (recording.uuid, recording.id, recording.password) == (expected.uuid, 81, expected.password)
    assert recording.download_access_token is None


async def test_get_participants_audio(zoom: Zoom, account: Account) -> None:
    """The totals count the audio files of participants, which a listing lacks."""
    audio = RecordingFile(id="a", file_type="M4A", file_name="Audio only - Ada", content=b"12")
    recording = account.add_recording(instance_on(account, 15), files=[RecordingFile(id="v", content=b"123"), audio])

    details = await zoom.recordings.get(recording.uuid)
    [listed] = [each async for each in zoom.recordings.list(recording.host.id)]

    assert [file.file_name for file in details.participant_audio_files] == ["Audio only - Ada"]
    assert (details.recording_count, details.total_size) == (2, 5)
    assert (listed.recording_count, listed.total_size, listed.participant_audio_files) == (1, 3, ())


async def test_download_token(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """The token of a recording downloads its files, and cannot be used as an access token."""
    recording = account.add_recording()

    details = await zoom.recordings.get(recording.uuid, include_fields="download_access_token", ttl=60)

    assert last_request(fake)[1] == {"include_fields": "download_access_token", "ttl": "60"}
    headers = {"Authorization": f"Bearer {details.download_access_token}"}
    async with ClientSession(headers=headers) as session:
        async with session.get(str(details.recording_files[0].download_url)) as response:
            assert await response.read() == recording.files[0].content
        async with session.get(f"{fake.base_url}/users") as response:
            assert response.status == 401


async def test_get_without_permission(zoom: Zoom, account: Account) -> None:
    """Without the permission, the password is missing, and the request for a token an error."""
    host = account.add_host(disabled_features=["recording_content"])
    recording = account.add_recording(account.add_instance(host), password="pass-word1")

    assert (await zoom.recordings.get(recording.uuid)).password is None
    with pytest.raises(EmbeddedError) as raised:
        await zoom.recordings.get(recording.uuid, include_fields="download_access_token")
    assert raised.value.code == 200


@pytest.mark.parametrize("other_account", [True, False])
async def test_get_unknown_raises(*, other_account: bool, zoom: Zoom, account: Account) -> None:
    instance = account.add_instance(account.add_host(other_account=other_account))
    if other_account:
        account.add_recording(instance)

    with pytest.raises(BadRequest if other_account else NotFound) as raised:
        await zoom.recordings.get(instance.uuid)

    assert raised.value.code == (1010 if other_account else 3301)


async def test_download_of_listed_files(zoom: Zoom, account: Account, tmp_path: Path) -> None:
    """Each listed file can be downloaded, and has the bytes of the recording."""
    recording = account.add_recording(instance_on(account, 15), files=3)

    [listed] = [each async for each in zoom.recordings.list(recording.host.id)]
    paths = [await zoom.recordings.download(file, tmp_path) for file in listed.recording_files]

    assert [path.read_bytes() for path in paths] == [file.content for file in recording.files]


# --- delete and recover


async def test_trash_and_recover_file(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    recording = account.add_recording(files=2)
    first, second = [file.id for file in recording.files]

    await zoom.recordings.delete(recording.uuid, first)
    assert last_request(fake) == (f"DELETE {path_of(recording)}/{first}", {})
    assert await ids(zoom, recording) == [second]
    assert await trash(zoom, recording, "recording_file") == [first]
    assert await trash(zoom, recording) == []
    [listed] = [each async for each in zoom.recordings.list(recording.host.id, trash=True, trash_type="recording_file")]
    assert listed.recording_files[0].deleted_time is not None

    await zoom.recordings.recover(recording.uuid, first)
    assert last_request(fake)[0] == f"PUT {path_of(recording)}/{first}/status"
    assert last_body(fake) == {"action": "recover"}
    assert await ids(zoom, recording) == [first, second]


async def test_trash_and_recover_all(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    recording = account.add_recording(files=2)
    both = [file.id for file in recording.files]

    await zoom.recordings.delete_all(recording.uuid, action="trash")
    assert last_request(fake) == (f"DELETE {path_of(recording)}", {"action": "trash"})
    with pytest.raises(NotFound):
        await zoom.recordings.get(recording.uuid)
    assert await trash(zoom, recording) == both
    assert await trash(zoom, recording, "recording_file") == []

    await zoom.recordings.recover_all(recording.uuid)
    assert last_request(fake)[0] == f"PUT {path_of(recording)}/status"
    assert await ids(zoom, recording) == both


@pytest.mark.parametrize("from_trash", [True, False])
@pytest.mark.parametrize("every_file", [True, False])
async def test_delete_for_good(*, every_file: bool, from_trash: bool, zoom: Zoom, account: Account) -> None:
    recording = account.add_recording()
    [file] = recording.files
    if from_trash:
        await zoom.recordings.delete_all(recording.uuid)

    if every_file:
        await zoom.recordings.delete_all(recording.uuid, action="delete")
    else:
        await zoom.recordings.delete(recording.uuid, file.id, action="delete")

    assert recording.files == []
    assert await trash(zoom, recording) == []
    with pytest.raises(NotFound):
        await zoom.recordings.recover(recording.uuid, file.id)


async def test_trash_keeps_thirty_days(zoom: Zoom, account: Account) -> None:
    recording = account.add_recording(files=2)
    for file, days in zip(recording.files, (28, 31), strict=True):
        file.deleted_at = datetime(2026, 6, 15, tzinfo=UTC) - timedelta(days=days)

    kept, gone = [file.id for file in recording.files]
    assert await trash(zoom, recording) == [kept]
    with pytest.raises(NotFound):
        await zoom.recordings.recover(recording.uuid, gone)


async def test_delete_in_progress_raises(zoom: Zoom, account: Account) -> None:
    recording = account.add_recording(files=[RecordingFile(id="x", status="processing")])

    with pytest.raises(BadRequest) as raised:
        await zoom.recordings.delete(recording.uuid, "x")

    assert raised.value.code == 3303


async def test_delete_of_simulive_raises(zoom: Zoom, account: Account) -> None:
    recording = account.add_recording()
    recording.simulive = True

    for call in (
        zoom.recordings.delete(recording.uuid, recording.files[0].id),
        zoom.recordings.delete_all(recording.uuid),
    ):
        with pytest.raises(BadRequest) as raised:
            await call
        assert raised.value.code == 3310
    assert len(recording.available_files) == 1


async def test_recover_without_storage_raises(zoom: Zoom, account: Account) -> None:
    """Files that do not fit into the storage stay in the trash."""
    recording = account.add_recording(files=2)
    await zoom.recordings.delete_all(recording.uuid)
    account.storage = 8191

    with pytest.raises(BadRequest) as raised:
        await zoom.recordings.recover_all(recording.uuid)
    assert (raised.value.code, recording.available_files) == (3309, [])

    await zoom.recordings.recover(recording.uuid, recording.files[0].id)
    assert recording.available_files == recording.files[:1]


async def test_recover_all_without_right(zoom: Zoom, account: Account) -> None:
    host = account.add_host(disabled_features=["recording_content"])
    recording = account.add_recording(account.add_instance(host))
    await zoom.recordings.delete_all(recording.uuid)

    with pytest.raises(EmbeddedError):
        await zoom.recordings.recover_all(recording.uuid)


async def test_recover_all_by_number_raises(zoom: Zoom, account: Account) -> None:
    recording = account.add_recording()
    await zoom.recordings.delete_all(recording.uuid)

    with pytest.raises(NotFound):
        await zoom.recordings.recover_all(str(recording.id))


# --- settings and analytics


async def test_settings_round_trip(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """Sent fields change, null restores a default, and the rest remains."""
    recording = account.add_recording(settings={"viewer_download": False, "send_email_to_host": True})
    update = RecordingSettingsUpdate(
        topic="Pier", password="pass-word1", on_demand=True, viewer_download=None, auto_delete=True
    )

    await zoom.recordings.update_settings(recording.uuid, update)
    assert last_request(fake)[0] == f"PATCH {path_of(recording)}/settings"
    assert last_body(fake)["password"] == "***"

    settings = await zoom.recordings.settings(recording.uuid)
    assert last_request(fake)[0] == f"GET {path_of(recording)}/settings"
    assert (settings.topic, settings.password, settings.on_demand) == ("Pier", "pass-word1", True)
    assert (settings.viewer_download, settings.send_email_to_host) == (True, True)
    assert settings.auto_delete_date == date(2026, 10, 12)


@pytest.mark.parametrize("password", ["password1", "pass-word", "12345-678"])
async def test_weak_password_raises(password: str, zoom: Zoom, account: Account) -> None:
    recording = account.add_recording()

    with pytest.raises(BadRequest, match="password"):
        await zoom.recordings.update_settings(recording.uuid, RecordingSettingsUpdate(password=password))

    assert recording.password == ""


async def test_analytics_details(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    recording = account.add_recording(views=3)

    views = [each async for each in zoom.recordings.analytics_details(recording.uuid, from_=WEEK[0], to=WEEK[1])]
    downloads = zoom.recordings.analytics_details(recording.uuid, from_=WEEK[0], to=WEEK[1], type_="by_download")

    assert [(each.name, each.duration) for each in views] == [(f"Guest {number}", 60) for number in (1, 2, 3)]
    assert [each async for each in downloads] == []
    assert last_request(fake) == (
        f"GET {path_of(recording)}/analytics_details",
        {"from": "2026-06-08", "to": "2026-06-14", "type": "by_download", "page_size": "300"},
    )


async def test_analytics_summary(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A summary counts people, not views."""
    recording = account.add_recording(views=2)
    recording.views *= 2

    days = [each async for each in zoom.recordings.analytics_summary(recording.uuid, from_=WEEK[0], to=WEEK[1])]

    assert last_request(fake)[0] == f"GET {path_of(recording)}/analytics_summary"
    assert [each.date for each in days] == [date(2026, 6, day) for day in range(8, 15)]
    assert [each.views_total_count for each in days] == [0] * 6 + [2]
