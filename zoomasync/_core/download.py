"""One download: the bytes of a file, across redirects and lost connections."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from http import HTTPStatus
from typing import Self, cast
from urllib.parse import urlsplit

import anyio
from msgspec import Struct, structs

from .._label import Label
from .._version import USER_AGENT
from ..errors import CircuitOpen, InvalidArgument, PayloadError, RateLimited, StatusError, TransportError, ZoomError
from .access_token import Token, TokenSource
from .call_events import DownloadEvents, NoEvents
from .call_options import CallOptions
from .call_stats import CallStats
from .circuit import Circuit, GuardedCall
from .endpoint import Call, Endpoint, RetrySafety
from .http_messages import HttpRequest, HttpResponse, response_info
from .responses import embedded_file_error, file_error, is_token_rejected
from .retries import RetryPolicy, RetryQuota
from .transport import BodyStream, SessionTransport
from .urls import is_same_origin, may_send_token, redirect_target

# Zoom documents no rate-limit label for downloads, and their requests need no permit.
_FILE = Endpoint(route="GET download_url", label=Label.LIGHT, response=bytes)
FILE_CALL = Call(endpoint=_FILE, path="")

_REDIRECTS = {301, 302, 303, 307, 308}
_MAX_REDIRECTS = 10
_MAX_ERROR_BODY, _ERROR_SECONDS = 16_384, 10.0  # of the body that is read to look for an error
# An attempt with less progress uses the retry quota: a server could else cause as many requests as a file has bytes.
_FREE_PROGRESS = 2**20
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(?:(\d{1,18})|\*)")
_UNSATISFIED_RANGE = re.compile(r"bytes \*/(\d{1,18})")
# No file of a recording is a web page. The page of a proxy may have any content type.
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html)\b", re.IGNORECASE)
_IS_PAGE = (
    "Zoom answered with a web page in place of the file, such as its sign-in page: "
    "check that the token may read the recording."
)


class FileSource(Struct, frozen=True):
    """The *url* of a file, its *size* in bytes if Zoom listed it, and the *token* to use in place of the client's.

    The repr hides *url*.
    """

    url: str
    size: int | None = None
    token: Token | None = None

    def __repr__(self) -> str:
        return f"FileSource(size={self.size!r}, token={self.token!r})"


class FileVersion(Struct, frozen=True):
    """The size of a file and a hash of its ETag, by which a changed file is noticed. Each may be missing."""

    total: int | None = None
    etag: str = ""

    @classmethod
    def of(cls, total: str | None, etag: str) -> Self:
        """Return the version that a response states."""
        return cls(int(total) if total else None, hashlib.sha256(etag.encode()).hexdigest()[:16] if etag else "")

    def may_be(self, other: FileVersion | None) -> bool:
        """Return whether *other* states nothing else."""
        if other is None:
            return True
        same_total = self.total is None or other.total is None or self.total == other.total
        return same_total and (not self.etag or not other.etag or self.etag == other.etag)


class Download:
    """The bytes of one file. As an asynchronous context, it is one of the downloads that may run at a time.

    *offset* is the number of bytes of the file that `read` has returned. After a lost connection, the file is continued
    there if the server continues it, and read again from the start otherwise.
    """

    def __init__(
        self,
        source: FileSource,
        *,
        base_url: str,
        transport: SessionTransport,
        token_source: TokenSource,
        circuit: Circuit,
        retry_quota: RetryQuota,
        options: CallOptions,
        stats: CallStats,
        events: DownloadEvents | NoEvents,
    ) -> None:
        """Check *source*; nothing is requested before `read`. Raises `InvalidArgument`."""
        if not may_send_token(source.url, base_url):
            raise InvalidArgument("the download URL must be https, and of a host of zoom.us, zoomgov.com or base_url")
        if source.token is not None and not _is_header_value(source.token):
            raise InvalidArgument("token must be printable ASCII without spaces")
        self.offset: int = 0
        self.version: FileVersion | None = None
        self._source = source
        self._path = urlsplit(source.url).path
        self._transport = transport
        self._token_source = token_source
        self._circuit = circuit
        self._retry_quota = retry_quota
        self._options = options
        self._stats = stats
        self._events = events
        self._turns: anyio.Semaphore | None = None
        self._stream: BodyStream | None = None
        self._guard = self._new_guard()
        self._pending = _NOTHING  # a body that was read to look for an error
        self._etag = ""  # for If-Range
        self._is_complete = False
        self._is_resumable = True
        self._attempt = 1
        self._token: Token | None = None  # of the latest request, if the response is to the client's token
        self._token_renewed = False
        self._error: ZoomError | None = None
        self._furthest = self._furthest_at_error = 0

    async def __aenter__(self) -> Self:
        self._events.start(is_download=True)
        try:
            with self._transport.until_closed():
                turns = self._transport.downloads()
                await turns.acquire()
        except BaseException as error:
            self._events.end(error)
            raise
        self._events.waited("download")
        self._turns = turns
        return self

    async def __aexit__(self, *_: object) -> None:
        turns, self._turns = self._turns, None
        try:
            await self._close_stream()
        finally:
            if turns is not None:
                turns.release()
            self._events.end(None)

    def resume(self, offset: int, version: FileVersion | None) -> None:
        """Continue behind the first *offset* bytes of *version*, which an earlier download has read."""
        self.offset = self._furthest = self._furthest_at_error = offset
        self.version = version

    async def read(self) -> bytes:
        """Return the next bytes of the file, which end at *offset*, or no bytes at its end.

        They follow the earlier ones, or are the first ones again.
        """
        if self._turns is None:
            raise InvalidArgument("the download has ended: read it inside `async with`")
        with self._events, self._transport.until_closed():
            while not self._is_complete:
                try:
                    return await self._read()
                except ZoomError as caught:
                    error = caught
                await self._close_stream()
                await self._wait_or_raise(error)
        return b""

    async def _read(self) -> bytes:
        stream = self._stream or await self._open()
        start = self.offset
        if chunk := self._pending.body:
            self._pending = _NOTHING
        elif not self._is_complete:
            chunk = await stream.read()
        self.offset += len(chunk)
        error = self._fault_of(chunk, start, stream)
        if error is None:
            self._furthest = max(self._furthest, self.offset)
            return chunk
        del chunk  # a traceback with the values of variables must not show it
        raise error

    def _fault_of(self, chunk: bytes, start: int, stream: BodyStream) -> ZoomError | None:
        """Return the error to raise for *chunk*, the part of the file from *start* on, or None."""
        total = None if self.version is None else self.version.total
        if start == 0 and _PAGE.match(chunk):
            return _error(stream, _IS_PAGE)
        if total is not None and self.offset > total:
            self._start_over()
            return _payload_error(stream, "the response is longer than the file")
        if chunk:
            return None
        # Without a length or chunks, the end of the connection need not be the end of the file.
        has_end = total is not None or "transfer-encoding" in stream.headers
        expected = total if has_end else self._source.size
        if expected is not None and self.offset < expected and not self._is_complete:
            return _payload_error(stream, "the file was cut off")
        self._is_complete = True
        self._retry_quota.on_success()
        return None

    async def _open(self) -> BodyStream:
        """Return a response that continues the file, or begins with it."""
        while True:
            request, stream = await self._send_first()
            redirects = 0
            while stream.status in _REDIRECTS:
                redirects += 1
                request = _redirected(request, stream, redirects)
                stream = await self._send(request)
            if await self._is_accepted(stream):
                return stream
            self._start_over()

    async def _send_first(self) -> tuple[HttpRequest, BodyStream]:
        """Send the request to Zoom when the circuit allows it, and return the response."""
        while True:
            async with self._guard as guard:
                self._events.waited("outage")
                token = self._source.token or await self._token_source.get()
                self._events.waited("token")
                if guard.must_not_send:
                    continue
                guard.is_sent = True
                self._stats.calls += 1
                self._stats.retries += self._error is not None
                self._token = token
                request = self._request(token)
                return request, await self._send(request, guard)

    async def _send(self, request: HttpRequest, guard: GuardedCall | None = None) -> BodyStream:
        """Return the response to *request*, or raise the error in it. It is a part of the file, or a redirect."""
        await self._close_stream()
        if "Authorization" not in request.headers:
            self._token = None
        self._stream = stream = await self._respond(request, is_probe=guard is not None and guard.is_probe)
        if guard is not None:
            guard.has_response = not _is_page(stream)  # which a login portal sends
        if self._options.on_response is not None:
            self._options.on_response(response_info(FILE_CALL.name, stream.status, stream.headers))
        is_past_end = stream.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and self.offset
        if is_past_end or stream.status in _REDIRECTS | {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            return stream
        raise file_error(FILE_CALL, await _read_small(stream))

    async def _respond(self, request: HttpRequest, *, is_probe: bool) -> BodyStream:
        """Return the response to *request*, of any status."""
        events = self._events
        events.request_sent(request, self._transport, is_probe=is_probe)
        try:
            stream = await self._transport.stream(request)
        except BaseException as error:
            events.request_failed(error)
            raise
        events.response_received(stream.status)
        return stream

    def _request(self, token: Token) -> HttpRequest:
        headers = {
            "Authorization": f"Bearer {token.value}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",  # a range counts the bytes of the file itself
            "User-Agent": USER_AGENT,
        }
        if self.offset:
            headers["Range"] = f"bytes={self.offset}-"
            if self._etag:
                headers["If-Range"] = self._etag
        timeout = self._options.timeout
        return HttpRequest(name=FILE_CALL.name, method="GET", url=self._source.url, headers=headers, timeout=timeout)

    async def _is_accepted(self, stream: BodyStream) -> bool:
        """Return whether a response continues the file or begins with it. Raises the error in a response."""
        if _is_page(stream):
            raise _error(stream, _IS_PAGE)
        headers = stream.headers
        etag = headers.get("etag", "")
        # A server that compresses the file all the same counts the compressed bytes.
        self._is_resumable = headers.get("content-encoding", "").strip().lower() in {"", "identity"}
        if stream.status == HTTPStatus.OK:
            self.offset = 0
            has_length = self._is_resumable and "transfer-encoding" not in headers
            self.version = FileVersion.of(headers.get("content-length") if has_length else None, etag)
            if "json" in headers.get("content-type", ""):
                await self._look_for_error(stream)
        elif not self._continues(stream, etag):
            if self.offset == 0:
                raise _payload_error(stream, "the server sent another part of the file than the first")
            return False
        self._etag = "" if etag.startswith("W/") else etag
        return True

    def _continues(self, stream: BodyStream, etag: str) -> bool:
        """Return whether the response to a range begins at *offset* in the same file, or the file ends there."""
        text = stream.headers.get("content-range", "").strip()
        if stream.status == HTTPStatus.PARTIAL_CONTENT:
            part = _CONTENT_RANGE.fullmatch(text)
            version = FileVersion.of(part and part[2], etag)
            is_next = part is not None and int(part[1]) == self.offset and self._is_resumable
        else:
            end = _UNSATISFIED_RANGE.fullmatch(text)
            version = FileVersion.of(end and end[1], etag)
            is_next = self._is_complete = version.total == self.offset and version.may_be(self.version)
        if not is_next or not version.may_be(self.version):
            return False
        known = self.version or version
        self.version = FileVersion(known.total if version.total is None else version.total, version.etag or known.etag)
        return True

    async def _look_for_error(self, stream: BodyStream) -> None:
        """Raise the error in a JSON body; the body of a file is kept for `read`."""
        pending = await _read_small(stream)
        if (error := embedded_file_error(FILE_CALL, pending)) is not None:
            raise error
        self._pending = pending

    def _start_over(self) -> None:
        self.offset = 0
        self.version = None
        self._etag = ""

    async def _wait_or_raise(self, error: ZoomError) -> None:
        """Wait before the next attempt, or raise *error*. Progress makes the next attempt the second one."""
        previous, self._error = self._error, error
        self._pending = _NOTHING
        if isinstance(error, CircuitOpen):
            is_retry = previous is not None
            raise CircuitOpen(FILE_CALL.name, error.retry_after, previous or error.cause, is_retry=is_retry)
        progress, self._furthest_at_error = self._furthest - self._furthest_at_error, self._furthest
        if progress:
            self._attempt, self._token_renewed = 1, False
        delay = self._retry.delay(error, attempt=self._attempt, retry_safety=RetrySafety.SAFE)
        in_outage = self._circuit.is_open and error.is_outage
        if not self._guard.is_sent:  # there is no token, after retries of its own
            if delay is None or not in_outage:
                raise error
            return
        if progress:
            self._guard = self._new_guard()  # with all the time to wait for the end of an outage
        if not self._is_resumable:
            self._start_over()
        self._stats.throttled += isinstance(error, RateLimited)
        if await self._renew_token(error):
            self._events.retried(error, None)
            return
        is_free = in_outage or isinstance(error, RateLimited) or progress >= _FREE_PROGRESS
        if delay is None or not (is_free or self._retry_quota.take()):
            raise error
        self._events.retried(error, None if in_outage else delay)
        if not in_outage:  # then the circuit makes the download wait, and its probes do not count as attempts
            self._attempt += 1
            await anyio.sleep(delay)
            self._events.waited("retry")

    async def _renew_token(self, error: ZoomError) -> bool:
        """Fetch a new token if Zoom has rejected the client's; return whether there is one."""
        rejected = self._token
        is_given = self._source.token is not None
        if is_given or rejected is None or self._token_renewed or not is_token_rejected(error):
            return False
        self._token_renewed = True
        is_renewed = await self._token_source.renew(rejected) != rejected
        self._events.waited("token")
        return is_renewed

    def _new_guard(self) -> GuardedCall:
        outage_wait = cast("float", self._options.outage_wait)  # never replaced by None, like _retry
        return GuardedCall(self._circuit, FILE_CALL.name, self._path, outage_wait)

    @property
    def _retry(self) -> RetryPolicy:
        return cast("RetryPolicy", self._options.retry)

    async def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()


_NOTHING = HttpResponse(0, {}, b"")


async def _read_small(stream: BodyStream) -> HttpResponse:
    """Return the response with the first bytes of its body, as far as they arrive soon."""
    response = HttpResponse(stream.status, stream.headers, b"")
    with suppress(TransportError), anyio.move_on_after(_ERROR_SECONDS):
        while len(response.body) < _MAX_ERROR_BODY:
            longer = structs.replace(response, body=response.body + await stream.read())
            if longer == response:
                break
            response = longer
    return response


def _redirected(request: HttpRequest, stream: BodyStream, number: int) -> HttpRequest:
    """Return the request that redirect *number* leads to. The token never goes to another host."""
    target = structs.replace(request, url=redirect_target(request.url, stream.headers.get("location", "")))
    if number > _MAX_REDIRECTS:
        raise _error(stream, f"Zoom answered with more than {_MAX_REDIRECTS} redirects.")
    if not target.url:
        raise _error(stream, "Zoom answered with a redirect that does not lead to https, which is not followed.")
    if is_same_origin(target.url, request.url):
        return target
    return structs.replace(
        target, headers={name: text for name, text in request.headers.items() if name != "Authorization"}
    )


def _is_page(stream: BodyStream) -> bool:
    return "html" in stream.headers.get("content-type", "").lower()


def _error(stream: BodyStream, reason: str) -> StatusError:
    return file_error(FILE_CALL, HttpResponse(stream.status, stream.headers, b""), reason)


def _payload_error(stream: BodyStream, reason: str) -> PayloadError:
    return PayloadError(FILE_CALL.name, reason, status=stream.status)


def _is_header_value(token: Token) -> bool:
    return bool(token.value) and token.value.isascii() and token.value.isprintable() and " " not in token.value
