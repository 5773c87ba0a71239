"""`zoom.recordings.download`: a file, its redirects, and lost connections."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
import subprocess
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import msgspec
import pytest
from aiohttp import ClientSession, TCPConnector, web
from support.certificates import Certificates
from support.files import (
    CONTENT,
    PATH,
    TAGGED,
    FileRequest,
    FileServer,
    Response,
    always,
    client_of,
    cut,
    downloading,
    ranged,
    raw,
)
from support.memory import NumberedTokens
from support.server import serving, talking
from support.transports import CANARY, traceback_of

from zoomasync import RetryPolicy, StaticToken, Zoom, ZoomError
from zoomasync.errors import (
    ConfigError,
    EmbeddedError,
    GatewayError,
    InvalidArgument,
    NotFound,
    PayloadError,
    PermissionDenied,
    PerSecondLimitReached,
    ServerError,
    StatusError,
    TransportError,
    Unauthorized,
)
from zoomasync.events import DownloadProgress
from zoomasync.models.recordings import RecordingFile
from zoomasync.types import CallStats


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_file_is_saved(tmp_path: Path) -> None:
    async with downloading() as (zoom, url, server):
        path = await zoom.recordings.download(url, to=tmp_path / "a.mp4")

        assert zoom.stats == {"GET download_url": CallStats(calls=1)}
    (request,) = server.requests
    assert path == tmp_path / "a.mp4"
    assert path.read_bytes() == CONTENT
    assert files_in(tmp_path) == [path]
    assert (request.path, request.token) == (PATH, CANARY)
    assert request.headers["accept-encoding"] == "identity"
    assert "range" not in request.headers


async def test_directory_gets_a_name(tmp_path: Path) -> None:
    async with downloading() as (zoom, url, _):
        file = RecordingFile(id="id-1", file_extension="MP4", recording_type="gallery_view", download_url=url)
        path = await zoom.recordings.download(file, tmp_path)

    assert path == tmp_path / "recording_gallery_view_id-1.mp4"
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("umask", [0o022, 0o077])
async def test_mode_follows_umask(tmp_path: Path, umask: int) -> None:
    async with downloading() as (zoom, url, _):
        previous = os.umask(umask)
        try:
            path = await zoom.recordings.download(url, tmp_path)
        finally:
            os.umask(previous)

    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.parametrize("size", [0, 1, 150_000, len(CONTENT) - 1])
async def test_lost_connection_is_continued(tmp_path: Path, size: int) -> None:
    """Wherever the connection is lost, the next request continues there, if the file is the same."""
    async with downloading(cut(TAGGED, size), TAGGED) as (zoom, url, server):
        path = await zoom.recordings.download(url, tmp_path)

    assert path.read_bytes() == CONTENT
    assert server.starts == [0, size]
    assert server.requests[1].headers.get("if-range") == ('"1"' if size else None)


@pytest.mark.parametrize("etag", [None, 'W/"1"'])
async def test_no_if_range_without_etag(tmp_path: Path, etag: str | None) -> None:
    """A weak ETag says nothing about single bytes."""
    response = ranged(ETag=etag)
    async with downloading(cut(response, 1000), response) as (zoom, url, server):
        path = await zoom.recordings.download(url, tmp_path)

    assert path.read_bytes() == CONTENT
    assert server.starts == [0, 1000]
    assert "if-range" not in server.requests[1].headers


async def test_progress_renews_attempts(tmp_path: Path) -> None:
    """Many lost connections end no download that makes progress."""
    drops = [cut(TAGGED, 5_000)] * 40
    async with downloading(*drops, TAGGED, retry=RetryPolicy(attempts=2, base=0.0)) as (zoom, url, server):
        path = await zoom.recordings.download(url, tmp_path)

    assert path.read_bytes() == CONTENT
    assert server.starts == [5_000 * number for number in range(41)]


async def test_tiny_progress_is_bounded(tmp_path: Path) -> None:
    """A server that sends one byte per request uses up the retries that the client has."""
    async with downloading(cut(TAGGED, 1)) as (zoom, url, server):
        with pytest.raises(PayloadError):
            await zoom.recordings.download(url, tmp_path)

    assert server.starts == list(range(51))


def _nothing(_: FileRequest) -> bytes:
    return b""


def _part_of_a_header(_: FileRequest) -> bytes:
    return b"HTTP/1.1 200 X\r\nContent-"


def _same_place(request: FileRequest) -> bytes:
    return cut(TAGGED, 0 if request.start else 10_000)(request)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(cut(TAGGED, 0), id="no body"),
        pytest.param(_nothing, id="no response"),
        pytest.param(_part_of_a_header, id="part of a header"),
        pytest.param(_same_place, id="same place"),
        pytest.param(cut(always(200, CONTENT), 10_000), id="same first bytes"),
    ],
)
async def test_attempts_without_progress_end(tmp_path: Path, fault: Response) -> None:
    async with downloading(fault) as (zoom, url, server):
        with pytest.raises(TransportError):
            await zoom.recordings.download(url, tmp_path / "a")

    assert len(server.requests) == 3
    assert not (tmp_path / "a").exists()


async def test_single_attempt_is_not_repeated(tmp_path: Path) -> None:
    async with downloading(cut(TAGGED, 1000), retry=RetryPolicy(attempts=1)) as (zoom, url, server):
        with pytest.raises(PayloadError):
            await zoom.recordings.download(url, tmp_path)

    assert len(server.requests) == 1


OTHER = CONTENT[::-1]


def _with_range(text: str | None) -> Response:
    """Return the response of a server whose ranges of another file have the Content-Range *text*."""

    def respond(request: FileRequest) -> bytes:
        return ranged(OTHER, **{"Content-Range": text})(request) if request.start else always(200, OTHER)(request)

    return respond


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(always(200, OTHER, ETag='"2"'), id="range ignored"),
        pytest.param(ranged(OTHER, ETag='"2"'), id="other ETag"),
        pytest.param(ranged(OTHER[:-1]), id="other size"),
        pytest.param(ranged(OTHER[:500]), id="shorter"),
        pytest.param(always(200), id="empty"),
        pytest.param(always(200, Content_Length=None), id="empty without length"),
        pytest.param(_with_range("bytes 5-9/300000"), id="wrong offset"),
        pytest.param(_with_range("rows 1000-9/300000"), id="other unit"),
        pytest.param(_with_range(None), id="no Content-Range"),
    ],
)
@pytest.mark.parametrize("later", [False, True], ids=["same call", "later call"])
async def test_changed_file_starts_over(tmp_path: Path, response: Response, *, later: bool) -> None:
    """No file mixes the bytes of two versions, even if an earlier call left a part of the first one."""
    retry = RetryPolicy(attempts=1 if later else 3, base=0.0)
    async with downloading(cut(TAGGED, 1000), response, retry=retry) as (zoom, url, server):
        if later:
            with pytest.raises(PayloadError):
                await zoom.recordings.download(url, tmp_path)
        path = await zoom.recordings.download(url, tmp_path)

    content = path.read_bytes()
    assert content == OTHER[: len(content)]
    assert len(content) in {0, 500, len(OTHER) - 1, len(OTHER)}
    assert server.starts in ([0, 1000], [0, 1000, 0])
    assert files_in(tmp_path) == [path]


async def test_first_part_must_be_first(tmp_path: Path) -> None:
    """A server that sends another part of the file than the first one is not asked without end."""
    async with downloading(always(206, b"x", Content_Range="bytes 5-5/9")) as (zoom, url, server):
        with pytest.raises(PayloadError, match="another part of the file"):
            await zoom.recordings.download(url, tmp_path)

    assert len(server.requests) == 3


async def test_longer_part_is_an_error(tmp_path: Path) -> None:
    """Bytes behind the end of the file are never saved."""
    async with downloading(always(206, b"12345", Content_Range="bytes 0-2/3")) as (zoom, url, _):
        with pytest.raises(PayloadError, match="longer than the file"):
            await zoom.recordings.download(url, tmp_path)


async def test_short_parts_are_joined(tmp_path: Path) -> None:
    """A server may send less of the file than was asked for."""

    def respond(request: FileRequest) -> bytes:
        part = CONTENT[request.start : request.start + 100_000]
        place = f"bytes {request.start}-{request.start + len(part) - 1}/{len(CONTENT)}"
        return raw(206, part, Content_Range=place)

    async with downloading(respond) as (zoom, url, server):
        path = await zoom.recordings.download(url, tmp_path)

    assert path.read_bytes() == CONTENT
    assert server.starts == [0, 100_000, 200_000]


def chunked(content: bytes) -> bytes:
    parts = [content[start : start + 1000] for start in range(0, len(content), 1000)]
    return b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (*parts, b""))


def _framed(framing: str, content: bytes) -> Response:
    if framing == "chunked":
        return always(200, chunked(content), Content_Length=None, Transfer_Encoding="chunked")
    if framing == "until closed":
        return always(200, content, Content_Length=None)
    if framing == "compressed":
        return always(200, gzip.compress(content), Content_Encoding="gzip", ETag='"1"')
    return always(200, content)


@pytest.mark.parametrize("content", [CONTENT, b"x", b""], ids=["long", "short", "empty"])
@pytest.mark.parametrize("framing", ["length", "chunked", "until closed", "compressed"])
async def test_any_framing_is_read(tmp_path: Path, framing: str, content: bytes) -> None:
    async with downloading(_framed(framing, content)) as (zoom, url, server):
        path = await zoom.recordings.download(url, tmp_path)

    assert path.read_bytes() == content
    assert len(server.requests) == 1
    assert files_in(tmp_path) == [path]


@pytest.mark.parametrize(("framing", "starts"), [("chunked", [0, 1000]), ("compressed", [0, 0])])
async def test_any_framing_is_continued(tmp_path: Path, framing: str, starts: list[int]) -> None:
    """A range of a compressed body would count other bytes, so that it is read again from the start."""
    whole = _framed(framing, CONTENT)
    async with downloading(cut(whole, 1005 if framing == "chunked" else 5_000), ranged()) as (zoom, url, server):
        path = await zoom.recordings.download(url, tmp_path)

    assert path.read_bytes() == CONTENT
    assert server.starts == starts


@pytest.mark.parametrize("size", [1, len(CONTENT) + 1])
async def test_response_decides_the_size(tmp_path: Path, size: int) -> None:
    """A listed size that differs from the length of the response is no error."""
    async with downloading() as (zoom, url, server):
        path = await zoom.recordings.download(RecordingFile(download_url=url, file_size=size), tmp_path)

    assert path.read_bytes() == CONTENT
    assert len(server.requests) == 1


@pytest.mark.parametrize("size", [None, 1, len(CONTENT), len(CONTENT) + 1])
async def test_listed_size_finds_a_cut(tmp_path: Path, size: int | None) -> None:
    """Without a length in the response, the listed size shows that more may follow; the server knows the end."""
    without_end = always(200, CONTENT, Content_Length=None)
    is_short = size == len(CONTENT) + 1
    async with downloading(without_end, ranged()) as (zoom, url, server):
        path = await zoom.recordings.download(RecordingFile(download_url=url, file_size=size), tmp_path)

    assert path.read_bytes() == CONTENT
    assert server.starts == ([0, len(CONTENT)] if is_short else [0])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_redirect_gets_no_token(tmp_path: Path, status: int, host: str) -> None:
    """Another host or port gets the range, and no token."""
    files = FileServer([cut(TAGGED, 1000), TAGGED])
    async with talking(files.talk) as other:
        target = other.replace("127.0.0.1", host) + "/file?signature=canary#part"
        async with downloading(always(status, Location=target)) as (zoom, url, server):
            path = await zoom.recordings.download(url, tmp_path)

    assert path.read_bytes() == CONTENT
    assert [request.token for request in server.requests] == [CANARY, CANARY]
    assert [request.token for request in files.requests] == [None, None]
    assert files.starts == [0, 1000]
    assert CANARY not in str(files.requests)
    assert files.requests[0].path == "/file?signature=canary"


@pytest.mark.parametrize("location", ["/rec/other", "other", "?again", "http:/rec/other"])
async def test_redirect_on_same_host(tmp_path: Path, location: str) -> None:
    async with downloading(always(302, Location=location), TAGGED) as (zoom, url, server):
        path = await zoom.recordings.download(url, tmp_path)

    assert path.read_bytes() == CONTENT
    assert [request.token for request in server.requests] == [CANARY, CANARY]


async def test_token_does_not_come_back(tmp_path: Path) -> None:
    """A redirect by another host to Zoom carries no token."""
    async with AsyncExitStack() as stack:
        zoom, url, server = await stack.enter_async_context(downloading())
        back = FileServer([always(302, Location=url)])
        server.responses[:] = [always(302, Location=await stack.enter_async_context(talking(back.talk))), TAGGED]
        await zoom.recordings.download(url, tmp_path)

    assert [request.token for request in server.requests] == [CANARY, None]


@pytest.mark.parametrize(
    "location",
    [
        "",
        "//192.0.2.1/",
        "ftp://127.0.0.1/",
        "http://127.0.0.1:x/",
        "http://127.0.0.1\\@a/",
        "http://192.0.2.1/",
        "http://[1/",
        "http://user@127.0.0.1/",
        "http://zoom.us/file",
        "javascript:0",
    ],
)
async def test_redirect_away_from_https(tmp_path: Path, location: str) -> None:
    async with downloading(always(302, Location=location)) as (zoom, url, server):
        with pytest.raises(StatusError, match="does not lead to https") as caught:
            await zoom.recordings.download(url, tmp_path)

    assert caught.value.status == 302
    assert len(server.requests) == 1
    assert files_in(tmp_path) == []


async def test_redirect_loop_ends(tmp_path: Path) -> None:
    async with downloading(always(302, Location=PATH)) as (zoom, url, server):
        with pytest.raises(StatusError, match="more than 10 redirects"):
            await zoom.recordings.download(url, tmp_path)

    assert len(server.requests) == 11


async def test_https_to_http_is_an_error(tmp_path: Path) -> None:
    """Over https even a loopback address must have https; a redirect from https to https is followed."""
    tokens: list[str | None] = []

    async def app(request: web.BaseRequest) -> web.Response:
        tokens.append(request.headers.get("Authorization"))
        if request.path == "/file":
            return web.Response(body=CONTENT)
        return web.Response(status=302, headers={"Location": locations.pop(0)})

    made = Certificates.create(tmp_path)
    async with (
        serving(app, made.issued()) as url,
        serving(app, made.issued()) as other,
        ClientSession(connector=TCPConnector(ssl=made.trusting())) as http_session,
        Zoom(StaticToken(CANARY), base_url=url, http_session=http_session) as zoom,
    ):
        locations = [other.replace("https:", "http:") + "/file", f"{other}/file"]
        with pytest.raises(StatusError, match="does not lead to https"):
            await zoom.recordings.download(url, tmp_path / "a")
        path = await zoom.recordings.download(url, tmp_path / "a")

    assert path.read_bytes() == CONTENT
    assert tokens == [f"Bearer {CANARY}"] * 2 + [None]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/rec/download/x",
        "file:///etc/passwd",
        "http://127.0.0.1:1/x",
        "http://zoom.us/rec/download/x",
        "https://",
        "https://example.com/rec/download/x",
        "https://example.com\\.zoom.us/x",
        "https://notzoom.us/x",
        "https://z\u00f6om.us/",
        "https://zoom.us.example.com/x",
        "https://zoom.us:x/",
        "https://zoom.us@example.com/x",
        "x",
    ],
)
async def test_other_hosts_are_rejected(tmp_path: Path, url: str) -> None:
    """A URL that is not Zoom's is not requested, and its error does not show it."""
    async with downloading() as (zoom, _, server):
        with pytest.raises(InvalidArgument, match=r"download URL must be https|no download_url") as caught:
            await zoom.recordings.download(url, tmp_path)
        with pytest.raises(InvalidArgument):
            zoom.recordings.stream(url)

    assert not url or repr(url) not in traceback_of(caught.value).partition("in download")[2]
    assert server.requests == []


async def test_file_without_url_is_rejected(tmp_path: Path) -> None:
    async with downloading() as (zoom, _, server):
        with pytest.raises(InvalidArgument, match="no download_url"):
            await zoom.recordings.download(RecordingFile(file_path="/9090876528/demo.mp4"), tmp_path)

    assert server.requests == []


PAGE = b"\n<!DOCTYPE html><html><title>Sign in</title>canary-page</html>"
WEB_ERROR = b'{"status":false,"errorCode":201,"errorMessage":"User not login.","result":null}'


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(always(200, PAGE, Content_Type="text/html;charset=UTF-8"), id="page"),
        pytest.param(always(200, b"Sign in", Content_Type="application/xhtml+xml; x-html"), id="xhtml"),
        pytest.param(always(200, PAGE, Content_Type="application/octet-stream"), id="page of another type"),
        pytest.param(always(200, b"\xef\xbb\xbf<HTML>"), id="page without type"),
        pytest.param(always(206, PAGE, Content_Type="text/html", Content_Range="bytes 0-5/6"), id="part of a page"),
        pytest.param(always(200, WEB_ERROR, Content_Type="application/json"), id="error of the web server"),
        pytest.param(always(200, b'{"code":124,"message":"No."}', Content_Type="application/json"), id="API error"),
    ],
)
@pytest.mark.parametrize("redirected", [False, True], ids=["", "redirected"])
async def test_page_is_never_saved(tmp_path: Path, response: Response, *, redirected: bool) -> None:
    """A sign-in page or an error with status 200 raises, at once and with nothing of the page."""
    responses = [always(302, Location="/signin"), response] if redirected else [response]
    async with downloading(*responses) as (zoom, url, server):
        with pytest.raises(StatusError) as caught:
            await zoom.recordings.download(url, tmp_path)

    assert type(caught.value) is EmbeddedError or caught.value.status == 206
    assert "canary" not in str(caught.value)
    assert len(server.requests) == 1 + redirected
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    "content", [b'{"timeline":[{"ts":"00:00:01"}]}', b"[]", b"{", b'{"a":"' + b"x" * 50_000 + b'"}']
)
async def test_json_file_is_saved(tmp_path: Path, content: bytes) -> None:
    """Timelines and summaries are JSON too."""
    response = ranged(content, Content_Type="application/json")
    async with downloading(cut(response, len(content) // 2), response) as (zoom, url, _):
        path = await zoom.recordings.download(url, tmp_path)

    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (always(404, PAGE, Content_Type="text/html"), NotFound),
        (always(404, b'{"code":3301,"message":"No."}'), NotFound),
        (always(403, PAGE), PermissionDenied),
        (always(410, b""), StatusError),
        (always(416, b""), StatusError),
        (always(204), StatusError),
        (always(304), StatusError),
    ],
)
async def test_error_status_raises(tmp_path: Path, response: Response, error: type[StatusError]) -> None:
    """Zoom's web server answers with pages, which are no sign of a gateway."""
    async with downloading(response) as (zoom, url, server):
        with pytest.raises(error) as caught:
            await zoom.recordings.download(url, tmp_path)

    assert not isinstance(caught.value, GatewayError)
    assert len(server.requests) == 1
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    "response",
    [always(500, PAGE), always(503), always(408), always(429, Retry_After="0"), always(429, PAGE, Retry_After="0")],
)
async def test_temporary_error_is_retried(tmp_path: Path, response: Response) -> None:
    async with downloading(response, cut(TAGGED, 1000), response, TAGGED) as (zoom, url, server):
        path = await zoom.recordings.download(url, tmp_path)

    assert path.read_bytes() == CONTENT
    assert server.starts == [0, 0, 1000, 1000]


@pytest.mark.parametrize(("status", "error"), [(503, ServerError), (429, PerSecondLimitReached)])
async def test_lasting_error_is_raised(tmp_path: Path, status: int, error: type[ZoomError]) -> None:
    async with downloading(always(status, Retry_After="0")) as (zoom, url, server):
        with pytest.raises(error):
            await zoom.recordings.download(url, tmp_path)

        throttled = 3 if status == 429 else 0
        assert zoom.stats == {"GET download_url": CallStats(calls=3, retries=2, throttled=throttled)}
    assert len(server.requests) == 3


EXPIRED = b'{"code":124,"message":"Invalid access token."}'


async def test_given_token_is_sent(tmp_path: Path) -> None:
    """The token of a webhook replaces the client's, which is not even fetched, and is never renewed."""
    tokens = NumberedTokens(seconds=0.0)
    async with downloading(cut(TAGGED, 9), always(401, EXPIRED), credentials=tokens) as (zoom, url, server):
        with pytest.raises(Unauthorized):
            await zoom.recordings.download(url, tmp_path, token="download-token")

    assert [request.token for request in server.requests] == ["download-token"] * 2
    assert tokens.fetched == 0


async def test_401_of_another_host(tmp_path: Path) -> None:
    """A host that got no token cannot reject it."""
    tokens = NumberedTokens(seconds=0.0)
    other = FileServer([always(401)])
    async with talking(other.talk) as target, downloading(always(302, Location=target), credentials=tokens) as opened:
        zoom, url, _ = opened
        with pytest.raises(Unauthorized):
            await zoom.recordings.download(url, tmp_path)

    assert tokens.fetched == 1


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Other: 1", "t\u00f6ken"])
async def test_invalid_token_is_rejected(tmp_path: Path, token: str) -> None:
    async with downloading() as (zoom, url, server):
        with pytest.raises(InvalidArgument, match="token must be printable") as caught:
            await zoom.recordings.download(url, tmp_path, token=token)

    assert server.requests == []
    assert not token or f"{token!r}" not in traceback_of(caught.value).partition("in download")[2]


async def test_existing_file_is_kept(tmp_path: Path) -> None:
    """A file, link or directory with the name of the target is noticed before anything is sent."""
    (tmp_path / "file").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    async with downloading() as (zoom, url, server):
        for name in ("file", "link"):
            with pytest.raises(FileExistsError, match=name):
                await zoom.recordings.download(url, tmp_path / name)

    assert server.requests == []
    assert (tmp_path / "file").read_text() == "kept"
    assert len(files_in(tmp_path)) == 2


async def test_file_made_meanwhile_is_kept(tmp_path: Path) -> None:
    """A file that appears during the download is not replaced; the download is complete when it is moved away."""
    target = tmp_path / "a"

    def respond(request: FileRequest) -> bytes:
        target.write_text("kept")
        return TAGGED(request)

    async with downloading(cut(TAGGED, 9), respond) as (zoom, url, server):
        for _ in range(2):
            with pytest.raises(FileExistsError):
                await zoom.recordings.download(url, target)
        assert target.read_text() == "kept"
        target.unlink()
        server.responses[:] = [TAGGED]
        await zoom.recordings.download(url, target)

    assert target.read_bytes() == CONTENT
    assert server.starts == [0, 9, len(CONTENT)]
    assert files_in(tmp_path) == [target]


@pytest.mark.parametrize("to", ["missing/", "missing/a", "file/a", "x" * 300])
async def test_impossible_target_sends_nothing(tmp_path: Path, to: str) -> None:
    (tmp_path / "file").touch()
    async with downloading() as (zoom, url, server):
        with pytest.raises(OSError) as caught:  # noqa: PT011  another kind for each
            await zoom.recordings.download(url, f"{tmp_path}/{to}")

    assert ".zoomasync" not in str(caught.value)
    assert server.requests == []
    assert files_in(tmp_path) == [tmp_path / "file"]


@pytest.mark.parametrize("how", ["asyncio", "anyio", "closed client"])
async def test_cancelled_download_continues(tmp_path: Path, how: str) -> None:
    """Another client continues the part that a cancelled download leaves."""
    arrived = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(cut(TAGGED, 100_000)(FileRequest()))
        await writer.drain()
        await reader.read()

    def report(progress: DownloadProgress) -> None:
        if progress.received == 100_000:
            arrived.set()

    server = FileServer()
    async with talking(talk) as slow, client_of(slow) as zoom, anyio.create_task_group() as group:
        download = asyncio.ensure_future(zoom.recordings.download(slow + PATH, tmp_path / "a", on_progress=report))
        await arrived.wait()
        if how == "closed client":
            await zoom.aclose()
        elif how == "asyncio":
            download.cancel()
        else:
            group.cancel_scope.cancel()
            download.cancel()
        await asyncio.wait([download])
        assert download.cancelled() or isinstance(download.exception(), TransportError | ConfigError)
    (part,) = files_in(tmp_path)
    assert part.name.startswith(".zoomasync-")
    async with talking(server.talk) as url, client_of(url) as zoom:
        path = await zoom.recordings.download(url + PATH, tmp_path / "a")

    assert path.read_bytes() == CONTENT
    assert server.starts == [100_000]
    assert files_in(tmp_path) == [path]


async def test_repeated_cancellation_waits(tmp_path: Path) -> None:
    """A download that is cancelled again and again ends after its thread, which would else use a closed file."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    is_free = threading.Event()
    async with downloading() as (zoom, url, _):
        busy = loop.run_in_executor(None, is_free.wait)
        download = asyncio.ensure_future(zoom.recordings.download(url, tmp_path / "a"))
        for _ in range(4):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            download.cancel()
        is_waiting = not download.done()
        is_free.set()
        await asyncio.gather(busy, download, return_exceptions=True)
        assert is_waiting
        assert download.cancelled()
        assert files_in(tmp_path) == []
        path = await zoom.recordings.download(url, tmp_path / "a")

    assert path.read_bytes() == CONTENT


LISTED = {"id": "id-1", "file_size": len(CONTENT)}


@pytest.mark.parametrize(
    ("first", "second", "is_continued"),
    [
        (LISTED, LISTED, True),
        (LISTED, LISTED | {"download_url": "/rec/download/other"}, True),
        (LISTED, LISTED | {"id": "id-2"}, False),
        (LISTED, LISTED | {"file_size": 5}, False),
        ({}, {"download_url": f"{PATH}?other"}, True),
        ({}, {"download_url": "/rec/download/other"}, False),
    ],
)
async def test_part_belongs_to_one_file(
    tmp_path: Path, first: dict[str, object], second: dict[str, object], *, is_continued: bool
) -> None:
    """A part is continued for the same id, or else path of the URL, and size."""
    retry = RetryPolicy(attempts=1)
    async with downloading(cut(TAGGED, 1000), TAGGED, retry=retry) as (zoom, url, server):
        origin = url.removesuffix(PATH)

        async def download(fields: dict[str, object]) -> None:
            listed = fields | {"download_url": f"{origin}{fields.get('download_url', PATH)}"}
            await zoom.recordings.download(msgspec.convert(listed, RecordingFile), tmp_path / "a")

        with pytest.raises(PayloadError):
            await download(first)
        await download(second)

    assert (tmp_path / "a").read_bytes() == CONTENT
    assert server.starts == [0, 1000 if is_continued else 0]


async def test_one_download_per_target(tmp_path: Path) -> None:
    """A second download to the same path is rejected while the first one runs, and the first one succeeds."""
    begun, free = asyncio.Event(), asyncio.Event()

    async def app(_: web.BaseRequest) -> web.Response:
        begun.set()
        await free.wait()
        return web.Response(body=CONTENT)

    async with serving(app) as url, client_of(url) as zoom:
        first = asyncio.create_task(zoom.recordings.download(url + PATH, tmp_path))
        await begun.wait()
        with pytest.raises(BlockingIOError, match="another download writes this file"):
            await zoom.recordings.download(url + PATH, tmp_path)
        free.set()
        path = await first

    assert path.read_bytes() == CONTENT
    assert files_in(tmp_path) == [path]


@pytest.mark.parametrize(("connections", "most"), [(None, 4), (100, 4), (6, 3), (2, 1), (1, 1)])
async def test_downloads_at_a_time(tmp_path: Path, connections: int | None, most: int) -> None:
    """At most four run at a time, on at most half of the connections; each one waits as long as it must."""
    running: list[int] = []
    now = 0

    async def app(_: web.BaseRequest) -> web.Response:
        nonlocal now
        now += 1
        running.append(now)
        await asyncio.sleep(0.01)
        now -= 1
        return web.Response(body=b"x")

    async with (
        serving(app) as url,
        Zoom(StaticToken(CANARY), base_url=url, max_connections=connections) as zoom,
        asyncio.TaskGroup() as group,
    ):
        for number in range(12):
            group.create_task(zoom.with_options().recordings.download(f"{url}/{number}", tmp_path))

    assert max(running) == most
    assert len(files_in(tmp_path)) == 12


async def test_ended_downloads_free_their_turn(tmp_path: Path) -> None:
    """However downloads end, and wherever they waited, later ones run."""

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        await reader.read()

    files = FileServer()
    async with talking(silent) as slow, talking(files.talk) as url, client_of(url) as zoom:
        other = slow + PATH
        files.responses[:] = [always(302, Location=other)] * 4 + [TAGGED]
        downloads = [
            asyncio.create_task(zoom.recordings.download(url + PATH, tmp_path / str(number))) for number in range(10)
        ]
        await asyncio.sleep(0.05)
        for download in downloads:
            download.cancel()
        await asyncio.wait(downloads)
        files.responses[:] = [always(404), TAGGED]
        with pytest.raises(NotFound):
            await zoom.recordings.download(url + PATH, tmp_path / "b")
        with anyio.fail_after(5):
            await zoom.recordings.download(url + PATH, tmp_path / "a")

    assert all(download.cancelled() for download in downloads)
    assert files_in(tmp_path) == [tmp_path / "a"]


async def test_time_limit_is_per_part(tmp_path: Path) -> None:
    """A download may take longer than the time limit of a response; a part that does not arrive is requested again."""
    silences = iter([0.03] * 10 + [5.0])

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        start = 10 if b"Range: bytes=10-" in head else 0
        response = raw(206, Content_Range=f"bytes {start}-14/15", Content_Length=15 - start)
        writer.write(response)
        for byte in range(start, 15):
            writer.write(bytes([byte]))
            await writer.drain()
            with anyio.move_on_after(next(silences, 0)):
                await reader.read()

    async with talking(talk) as url, client_of(url, seconds=0.2) as zoom:
        started = asyncio.get_running_loop().time()
        path = await zoom.recordings.download(url + PATH, tmp_path)

    assert path.read_bytes() == bytes(range(15))
    assert asyncio.get_running_loop().time() - started > 0.2


async def test_progress_is_reported(tmp_path: Path) -> None:
    """Each report has the bytes so far and the total; one that raises does not end the download."""
    reports: list[DownloadProgress] = []

    def report(progress: DownloadProgress) -> None:
        reports.append(progress)
        raise ValueError

    async with downloading(cut(TAGGED, 1000), TAGGED) as (zoom, url, _):
        await zoom.recordings.download(url, tmp_path, on_progress=report)

    assert reports[0] == DownloadProgress(1000, len(CONTENT))
    assert reports[-1] == DownloadProgress(len(CONTENT), len(CONTENT))
    assert str(reports[0]) == "1,000 of 300,000 bytes"
    assert [report.received for report in reports] == sorted({report.received for report in reports})


@pytest.mark.parametrize("space", [100_000, len(CONTENT) - 1], ids=["middle", "last part"])
async def test_full_disk_keeps_the_part(tmp_path: Path, space: int) -> None:
    """A full disk is an error that says how to continue; when there is space, the same call continues."""
    server = FileServer()
    async with talking(server.talk) as url:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _FULL_DISK, url + PATH, str(tmp_path), str(space), stdout=subprocess.PIPE
        )
        shown, _ = await process.communicate()
        assert b"call download again to continue the file" in shown
        assert repr(CONTENT[space - 1000 : space - 980])[2:-1] not in shown.decode()
        (part,) = files_in(tmp_path)
        assert part.stat().st_size == space
        async with client_of(url) as zoom:
            path = await zoom.recordings.download(url + PATH, tmp_path / "a")

    assert path.read_bytes() == CONTENT
    assert server.starts == [0, space]


# A limit on the size of files acts like a full disk: a write stores some of the bytes, and the next one fails.
_FULL_DISK = """
import asyncio, resource, sys, traceback
from zoomasync import StaticToken, Zoom

async def main(url, folder, space):
    async with Zoom(StaticToken("token"), base_url=url) as zoom:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(space), resource.RLIM_INFINITY))
        try:
            await zoom.recordings.download(url, folder + "/a")
        except OSError as error:
            print(*traceback.TracebackException.from_exception(error, capture_locals=True).format())

asyncio.run(main(*sys.argv[1:]))
"""


async def test_memory_is_flat(tmp_path: Path) -> None:
    """A large file over five lost connections takes little memory, and has the right bytes."""
    block = CONTENT * 4  # sent many times
    times, drops = 40, iter(range(5, 30, 5))
    expected = hashlib.sha256(block * times).hexdigest()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        headers = dict(line.split(": ") for line in (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2])
        start = FileRequest(headers={name.lower(): text for name, text in headers.items()}).start
        size = len(block) * times
        writer.write(raw(206, Content_Range=f"bytes {start}-{size - 1}/{size}", Content_Length=size - start))
        writer.write(block[start % len(block) :])
        end = next(drops, times)
        for _ in range(start // len(block) + 1, end):
            writer.write(block)
            await writer.drain()

    async with talking(talk) as url, client_of(url) as zoom:
        tracemalloc.start()
        path = await zoom.recordings.download(url + PATH, tmp_path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert hashlib.sha256(path.read_bytes()).hexdigest() == expected
    assert zoom.stats["GET download_url"].calls == 6
    assert peak < 12_000_000


@pytest.mark.parametrize(
    "response", [cut(TAGGED, 1000), always(404, PAGE), always(200, PAGE), always(302, Location="ftp://canary"), TAGGED]
)
async def test_errors_hide_token_and_url(tmp_path: Path, response: Response) -> None:
    """A traceback with the values of all variables shows no token, URL or byte of the file."""
    target = tmp_path / "a"

    def respond(request: FileRequest) -> bytes:
        if response is TAGGED:
            target.touch()
        return response(request)

    async with downloading(respond) as (zoom, url, _):
        call = zoom.recordings.download(url, target, token="canary-given")
        del url
        with pytest.raises((ZoomError, OSError)) as caught:
            await call

    report = traceback_of(caught.value)
    assert [
        text for text in ("canary-given", "canary-path", "canary-page", repr(CONTENT[:20])[2:-1]) if text in report
    ] == []
