"""Downloads of the files of cloud recordings."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Self, TypeVar, TypeVarTuple

import anyio

from ..._core.access_token import Token
from ..._core.download import FILE_CALL, Download, FileSource
from ...callbacks import safe
from ...errors import InvalidArgument, PayloadError
from ...events import DownloadProgress
from ...models.recordings import DownloadableFile
from .._resource import Resource
from .file_names import file_key, file_name
from .part_file import PartFile

T = TypeVar("T")
ArgsT = TypeVarTuple("ArgsT")


class Downloads(Resource):
    """Downloads of the files of cloud recordings."""

    async def download(
        self,
        file: DownloadableFile | str,
        to: str | os.PathLike[str],
        *,
        token: str | None = None,
        on_progress: Callable[[DownloadProgress], object] | None = None,
    ) -> Path:
        """Download *file*, or the file at a download URL, and return its path.

        ::

            path = await zoom.recordings.download(file, to="recordings/")

        *to* is a path for the file, or an existing directory, in which the file gets a name of its start, type and id.
        *token* is the ``download_token`` of a webhook or the ``download_access_token`` of a recording, to use in place
        of the client's access token; it is not renewed. The token is sent in a header, to Zoom's hosts and that of
        ``base_url`` only; a redirect is followed, and gets no token on another host.

        The bytes are written to a hidden file in the directory of the target, which becomes the target when it is
        complete. The length of the response decides that: Zoom does not say that ``file_size`` is exact, so it decides
        only for a response without an end of its own. After a lost connection the download continues where it ended.
        After any error or cancellation the hidden file stays, and the next call with the same target and file continues
        it: the same id, or the same path of the URL without one, the same ``file_size``, and a response with the same
        length and ETag. Otherwise the file is read again from the start.

        A download needs no permit, as Zoom documents no rate limit for it. It follows the `RetryPolicy`, whose attempts
        count from the last progress, waits for the end of an outage like a call, and has *timeout* seconds for each
        part. At most four run at a time in one client, on at most half of its connections. *on_progress* is called
        after each part; an exception in it is logged once.

        Raises `FileExistsError` for a target that exists, and never replaces one; another `OSError` when the file
        cannot be written, such as on a full disk; `InvalidArgument` for a file without a URL, or with one of another
        host; `EmbeddedError` for a page or an error in place of the file; and the errors of other calls.
        """
        name, key, source = file_name(file), file_key(file), _source(file, token)
        del file, token  # a traceback with the values of variables must not show them
        part = PartFile(to, name, key)
        download = self._download(source)
        report = safe("on_progress", on_progress)
        async with download:
            try:
                await _in_thread(part.open)
                download.resume(part.size, part.version)
                while await _copy(download, part):
                    if report is not None:
                        report(_progress(download))
                await _in_thread(part.finish, download.offset)
            finally:
                part.close()
        return part.target

    def stream(
        self, file: DownloadableFile | str, *, token: str | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return the bytes of *file*, or of the file at a download URL, in chunks.

        ::

            async with zoom.recordings.stream(file) as chunks:
                async for chunk in chunks:
                    await upload(chunk)

        It sends *token*, retries and continues like `download`, and is one of the four that may run at a time until the
        context ends. A file that the server reads from the start again is skipped up to the last chunk; `PayloadError`
        is raised if it is not known to be the same. Raises the other errors of `download` but those of files.
        """
        source = _source(file, token)
        del file, token
        return _streaming(self._download(source))

    def _download(self, source: FileSource) -> Download:
        if not source.url:
            raise InvalidArgument("the file has no download_url: it is on premises, or Zoom has not processed it")
        return self._session.download(source)


class _Chunks:
    """The chunks of a download, each byte once."""

    def __init__(self, download: Download) -> None:
        self._download = download
        self._received = 0
        self._version = download.version

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while True:
            chunk = await self._download.read()
            skipped = self._received - (self._download.offset - len(chunk))
            if skipped == 0:
                self._version = self._download.version
            elif not chunk or not self._is_same_file():
                del chunk
                raise PayloadError(FILE_CALL.name, "the file changed during the download; start again", max_retries=0)
            if not chunk:
                raise StopAsyncIteration
            if skipped < len(chunk):
                self._received = self._download.offset
                return chunk[skipped:]

    def _is_same_file(self) -> bool:
        version = self._download.version
        return version is not None and version == self._version and (version.total is not None or version.etag != "")


@asynccontextmanager
async def _streaming(download: Download) -> AsyncGenerator[AsyncIterator[bytes], None]:
    async with download:
        yield _Chunks(download)


def _source(file: DownloadableFile | str, token: str | None) -> FileSource:
    url, size = (file, None) if isinstance(file, str) else (file.download_url or "", file.file_size)
    return FileSource(url, size, None if token is None else Token(token))


async def _copy(download: Download, part: PartFile) -> bool:
    """Write the next bytes of *download* to *part*; return False at its end."""
    chunk = await download.read()
    if not chunk:
        return False
    try:
        error = await _in_thread(part.write, chunk, download.offset, download.version)
    finally:
        del chunk  # a traceback with the values of variables must not show it
    if error is not None:
        raise error
    return True


async def _in_thread(function: Callable[[*ArgsT], T], *arguments: *ArgsT) -> T:
    """Return the result of *function*. A cancelled caller waits for its end, since the thread uses the file.

    The event loop does not wait for the disk: a slow one, or a file system of the network, may block for seconds.
    """
    # No task, which asyncio.run would cancel before its thread has ended.
    running = asyncio.get_running_loop().run_in_executor(None, partial(function, *arguments))
    del function, arguments
    cancelled: asyncio.CancelledError | None = None
    with anyio.CancelScope(shield=True):
        while not running.done():
            try:
                await asyncio.wait([running])
            except asyncio.CancelledError as error:  # the shield keeps off anyio's only, and more may follow
                cancelled = error
    if cancelled is not None:
        running.exception()  # else asyncio logs it
        raise cancelled
    return running.result()


def _progress(download: Download) -> DownloadProgress:
    return DownloadProgress(download.offset, None if download.version is None else download.version.total)
