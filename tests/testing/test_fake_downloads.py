"""The files of recordings that the fake serves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession
from support.fake_http import Response, calling

from zoomasync.testing import Account, FakeZoom, RecordingFile


async def fetch(fake: FakeZoom, file: RecordingFile, token: str, **headers: str) -> Response:
    url = fake.base_url.removesuffix("/v2") + f"/rec/download/{file.id}"
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers["Authorization"] = f"Bearer {token}"
    async with (
        ClientSession() as session,
        session.get(url, headers=headers) as r,
    ):
        return await Response.read(r)


async def test_download_is_the_file() -> None:
    account = Account()
    [file] = account.add_recording().files
    async with calling(FakeZoom(account)) as caller:
        response = await fetch(caller.fake, file, caller.token)
        [_, logged] = caller.fake.requests

    assert (response.status, response.content) == (200, file.content)
    assert (logged.route, logged.label) == ("GET /rec/download/{fileId}", None)


@pytest.mark.parametrize(
    ("headers", "status", "first"),
    [
        ({"Range": "bytes=1000-"}, 206, 1000),
        ({"Range": "bytes=4095-"}, 206, 4095),
        ({"Range": "bytes=4096-"}, 416, 4096),
        ({"Range": "bytes=1000-", "If_Range": '"other"'}, 200, 0),
        ({"Range": "bytes=0-9"}, 200, 0),
        ({"Range": f"bytes={'9' * 5000}-"}, 200, 0),
    ],
)
async def test_download_of_a_range(headers: dict[str, str], status: int, first: int) -> None:
    account = Account()
    [file] = account.add_recording().files
    async with calling(FakeZoom(account)) as caller:
        response = await fetch(caller.fake, file, caller.token, **headers)

    assert (response.status, response.content) == (status, file.content[first:])
    if status == 206:
        assert response.headers["Content-Range"] == f"bytes {first}-4095/4096"


async def test_download_needs_a_token() -> None:
    account = Account()
    recording = account.add_recording(files=[RecordingFile(id="a/b+c=", content=b"x")])
    async with calling(FakeZoom(account, now=lambda: datetime(2026, 3, 1, tzinfo=UTC))) as caller:
        response = await fetch(caller.fake, recording.files[0], "none")

    assert response.error == (401, 124)


async def test_download_faults() -> None:
    """A download can be dropped and intercepted like a call, and an unknown file does not exist."""
    account = Account()
    [file] = account.add_recording().files
    async with calling(FakeZoom(account)) as caller:
        caller.fake.intercept("recordings.download", status=403)
        caller.fake.respond("GET /rec/download/{fileId}", status=503, body={}, on_request=2)
        statuses = [
            (await fetch(caller.fake, each, caller.token)).status for each in (file, file, RecordingFile(id="x"))
        ]

    assert statuses == [403, 503, 404]
