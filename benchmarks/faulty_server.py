"""A server on loopback that plays faults by chance, and keeps a journal of the requests that it carried out.

The path of every request holds the number of the call. The faults of a call depend on the seed, the number and the
attempt only.
"""

from __future__ import annotations

import asyncio
import gzip
import random
import re
import socket
import struct
from collections import defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Literal, Self, TypeAlias

FIRST_NUMBER = 80_000_000_000
"""The path of call n holds this number plus n, which looks like a meeting number."""

DAILY = "429 of the daily limit"
"""The fault that stops a whole label. Only calls that are `Expected.daily` meet it."""

_RETRY_FAULTED = 0.5
_NEW_CONNECTION_FAULTED = 0.03
_TOKEN_FAULTED = 0.2
_OUTAGE_SECONDS = 0.02
_LONGEST = 3.0
_JSON = "Content-Type: application/json;charset=UTF-8"
_HTML = "Content-Type: text/html"
_PAGE = b"<html><body>Log in to the Wi-Fi</body></html>"
_STRAY = b'{"id":"0","registrant_id":"0"}'

Ending: TypeAlias = Literal["keep", "close", "reset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A request that the server is to receive, and the right response to it. *body* is None where none is due."""

    method: str
    status: int
    body: bytes | None
    daily: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request in the journal: the *fault* that was played, or the empty text, and whether it was carried out."""

    fault: str
    carried_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a response goes wrong.

    *response* returns the bytes to send; *carried_out* is None where that is a matter of chance. With *stray*, the
    server sends another response, which nobody requested. With *silent* it waits until the client leaves.
    """

    name: str
    carried_out: bool | None
    response: Callable[[Expected], bytes]
    ending: Ending = "keep"
    stray: bool = False
    silent: bool = False
    weight: float = 1.0

    def suits(self, expected: Expected) -> bool:
        """Return whether a truthful server can respond to *expected* like this."""
        if self.name == DAILY:
            return expected.daily
        # The object of a DELETE exists until it is deleted, so that Zoom itself would not report it as missing.
        return not (self.name == "404 of Zoom" and expected.method == "DELETE")


def http(status: int, body: bytes = b"", *headers: str, date: str | None = None) -> bytes:
    """Return one HTTP response."""
    now = format_datetime(datetime.now(UTC), usegmt=True) if date is None else date
    length = () if status == HTTPStatus.NO_CONTENT else (f"Content-Length: {len(body)}",)
    head = "\r\n".join((f"HTTP/1.1 {status} Status", f"Date: {now}", *length, *headers))
    return head.encode() + b"\r\n\r\n" + body


def _success(expected: Expected, *headers: str, date: str | None = None) -> bytes:
    kind = () if expected.body is None else (_JSON,)
    return http(expected.status, expected.body or b"", *kind, *headers, date=date)


def _fixed(status: int, body: bytes = b"", *headers: str) -> Callable[[Expected], bytes]:
    return lambda _: http(status, body, *headers)


def _raw(content: bytes) -> Callable[[Expected], bytes]:
    return lambda _: content


def _json(status: int, code: int, message: str, *headers: str) -> Callable[[Expected], bytes]:
    return _fixed(status, f'{{"code":{code},"message":"{message}"}}'.encode(), _JSON, *headers)


def _dated(date: str) -> Callable[[Expected], bytes]:
    return lambda expected: _success(expected, date=date)


def _body(change: Callable[[bytes], bytes], *headers: str) -> Callable[[Expected], bytes]:
    """Return a success whose body is changed; the length is that of the changed body."""
    return lambda expected: http(
        HTTPStatus.CREATED if expected.status == HTTPStatus.CREATED else HTTPStatus.OK,
        change(expected.body or b"{}"),
        _JSON,
        *headers,
    )


def _cut_body(expected: Expected) -> bytes:
    return _body(lambda body: body + b" " * 50)(expected)[:-50]


def _cut_chunks(expected: Expected) -> bytes:
    body = expected.body or b"{}"
    head = f"HTTP/1.1 {expected.status if expected.body else 200} OK\r\n{_JSON}\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + b"%x\r\n%s\r\n5\r\n{" % (len(body), body)


def _two_lengths(expected: Expected) -> bytes:
    return _body(lambda body: body, "Content-Length: 3")(expected)


def _retry_after_time(seconds: float) -> Callable[[Expected], bytes]:
    def limited(_: Expected) -> bytes:
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
        return http(429, b"", f"Retry-After: {moment:%Y-%m-%dT%H:%M:%SZ}", "X-RateLimit-Type: QPS")

    return limited


def _retry_after_date(_: Expected) -> bytes:
    return http(429, b"", f"Retry-After: {format_datetime(datetime.now(UTC), usegmt=True)}")


_SECOND = "You have reached the maximum per-second rate limit"
_DAY = "You have reached the maximum daily rate limit"
_BOMB = gzip.compress(b" " * 40_000_000)


def _known_faults() -> tuple[Fault, ...]:
    def connection(name: str, response: Callable[[Expected], bytes], ending: Ending = "close") -> Fault:
        return Fault(name=name, carried_out=None, response=response, ending=ending)

    def rejected(name: str, response: Callable[[Expected], bytes]) -> Fault:
        return Fault(name=name, carried_out=False, response=response)

    def unclear(name: str, response: Callable[[Expected], bytes]) -> Fault:
        return Fault(name=name, carried_out=None, response=response)

    def done(name: str, response: Callable[[Expected], bytes], ending: Ending = "keep", weight: float = 1.0) -> Fault:
        return Fault(name=name, carried_out=True, response=response, ending=ending, weight=weight)

    return (
        # No response, or a part of one.
        connection("closed before the response", _raw(b"")),
        connection("reset before the response", _raw(b""), "reset"),
        connection("status line cut off", _raw(b"HTTP/1.1 20")),
        connection("headers cut off", _raw(b"HTTP/1.1 200 OK\r\nContent-Le")),
        connection("reset inside the headers", _raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"), "reset"),
        connection("invalid status line", _raw(b"HTTP/1.1 banana\r\n\r\n")),
        connection("another protocol", _raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")),
        Fault(name="no response", carried_out=None, response=_raw(b""), silent=True, weight=2),
        Fault(name="port closed", carried_out=False, response=_raw(b""), ending="reset", weight=0.5),
        done("body cut off", _cut_body, "close"),
        done("body reset", _cut_body, "reset"),
        done("chunks cut off", _cut_chunks, "close"),
        Fault(name="slow body", carried_out=True, response=_cut_body, silent=True),
        done("corrupt gzip", _body(lambda _: b"this isn't it", "Content-Encoding: gzip")),
        done("gzip cut off", _body(lambda body: gzip.compress(body)[:-9], "Content-Encoding: gzip")),
        done("decompression bomb", _body(lambda _: _BOMB, "Content-Encoding: gzip"), weight=0.1),
        done("two Content-Length headers", _two_lengths, "close"),
        done("huge header", lambda expected: _success(expected, "X: " + "a" * 100_000), "close"),
        done("connection dropped after the response", _success, "close", weight=2),
        # A response that nobody requested.
        Fault(name="data after the response", carried_out=True, response=_success, stray=True, weight=3),
        # Rate limits.
        rejected("429 for 0 s", _json(429, 429, _SECOND, "Retry-After: 0", "X-RateLimit-Type: QPS")),
        rejected("429 for 0.02 s", _json(429, 429, _SECOND, "Retry-After: 0.02")),
        rejected("429 without Retry-After", _json(429, 429, _SECOND)),
        rejected("429 without a body", _fixed(429)),
        rejected("429 with a page", _fixed(429, _PAGE, _HTML)),
        rejected("429 until a time", _retry_after_time(0)),
        rejected("429 until a time ahead", _retry_after_time(2)),
        rejected("429 until an HTTP date", _retry_after_date),
        rejected("429 for years", _json(429, 429, _SECOND, "Retry-After: 999999999")),
        rejected("429 for a negative time", _json(429, 429, _SECOND, "Retry-After: -1")),
        rejected("429 for nonsense", _json(429, 429, _SECOND, "Retry-After: soon")),
        Fault(
            name="429 cut off",
            carried_out=False,
            response=lambda expected: _json(429, 429, _SECOND, "Retry-After: 0.01")(expected)[:-9],
            ending="close",
        ),
        rejected("429 of simultaneous requests", _json(429, 429, "Too many concurrent requests.")),
        rejected(
            "429 of one host",
            _json(429, 429, "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests."),
        ),
        rejected(
            "429 of one registrant",
            _json(429, 429, "You have exceeded the daily rate limit of (3) for Add meeting registrant."),
        ),
        Fault(
            name=DAILY,
            carried_out=False,
            response=_json(429, 429, _DAY, "Retry-After: 1", "X-RateLimit-Type: Daily-limit"),
            weight=8,
        ),
        # Errors of the server.
        unclear("500", _json(500, 500, "Internal error.")),
        unclear("500 with Retry-After", _json(500, 500, "Internal error.", "Retry-After: 0.02")),
        unclear("502 with a page", _fixed(502, _PAGE, _HTML)),
        unclear("503", _fixed(503)),
        unclear("504 with a page", _fixed(504, _PAGE, _HTML)),
        rejected("503 for 0 s", _fixed(503, b"", "Retry-After: 0")),
        rejected("503 for 0.02 s", _json(503, 503, "Maintenance.", "Retry-After: 0.02")),
        # Gateways and rejections. Some gateways send 408 when Zoom is too slow.
        unclear("408 of a gateway", _fixed(408)),
        unclear("408 with a page", _fixed(408, _PAGE, _HTML)),
        *(rejected(f"{status} of a gateway", _fixed(status)) for status in (421, 425)),
        *(rejected(f"{status} with a page", _fixed(status, _PAGE, _HTML)) for status in (400, 401, 403, 404, 407)),
        rejected("404 of an unknown path", _json(404, 2300, "This API endpoint is not recognized.")),
        rejected("302 to another host", _fixed(302, _PAGE, _HTML, "Location: http://localhost:9/redirected")),
        rejected("307 to the same host", _fixed(307, b"", "Location: /redirected")),
        rejected("308 to the same host", _fixed(308, b"", "Location: /redirected")),
        rejected("400 of Zoom", _json(400, 300, "Validation Failed.")),
        rejected("401 of scopes", _json(401, 4711, "Invalid access token, does not contain scopes:[a:read].")),
        rejected("403 of Zoom", _json(403, 200, "No permission.")),
        rejected("404 of Zoom", _json(404, 3001, "Meeting does not exist.")),
        rejected("409 of Zoom", _json(409, 3000, "Busy.")),
        rejected("expired token", _json(401, 124, "Access token is expired.")),
        # HTTP 200, and not the right response.
        rejected("200 with a page", _fixed(200, _PAGE, _HTML)),
        rejected("200 with a page as JSON", _fixed(200, _PAGE, _JSON)),
        rejected("200 with a list", _fixed(200, b"[1]", _JSON)),
        rejected("200 with an error", _json(200, 200, "Only available for Paid account.")),
        rejected("200 with a long error", _json(200, 300, "x" * 20_000)),
        rejected("200 with an error and no code", _fixed(200, b'{"error":"nope"}', _JSON)),
        done("200 without a body", _fixed(200)),
        done("204", _fixed(204)),
        done("JSON cut off", _body(lambda body: body[:-1])),
        done("text after JSON", _body(lambda body: body + b"]")),
        done("byte order mark", _body(lambda body: b"\xef\xbb\xbf" + body)),
        done("not UTF-8", _body(lambda _: b'{"id":"\xff"}')),
        done("deep nesting", _body(lambda _: b"[" * 100_000), weight=0.5),
        done("deep nesting of objects", _body(lambda _: b'{"a":' * 50_000 + b"1" + b"}" * 50_000), weight=0.5),
        # A wrong clock.
        done("Date four years ahead", _dated("Wed, 18 Mar 2031 12:00:00 GMT")),
        done("Date of 1999", _dated("Thu, 18 Mar 1999 12:00:00 GMT")),
        done("Date of the year 9999", _dated("Fri, 31 Dec 9999 23:59:59 GMT")),
        done("Date without a meaning", _dated("yesterday")),
    )


FAULTS = _known_faults()
_RIGHT = Fault(name="", carried_out=True, response=_success)
_GONE = Fault(name="gone already", carried_out=False, response=_json(404, 3001, "Registrant does not exist."))
_EXPIRED = next(fault for fault in FAULTS if fault.name == "expired token")


def dice(*parts: object) -> random.Random:
    """Return random numbers that depend on *parts* only."""
    return random.Random(repr(parts))  # noqa: S311  no secret


def fault_of(seed: int, number: int, attempt: int, expected: Expected, share: float) -> Fault | None:
    """Return the fault of one attempt. The first is faulted with probability *share*, each other with one half."""
    chance = dice(seed, number, attempt)
    if chance.random() >= (share if attempt == 0 or share == 0 else _RETRY_FAULTED):
        return None
    suitable = [fault for fault in FAULTS if fault.suits(expected)]
    return chance.choices(suitable, [fault.weight for fault in suitable])[0]


class FaultyServer:
    """The server. *expected* returns the request of a call by its number, *share* is the share of faulted calls.

    *journal* has the arrivals of every call, in order. *redirected* counts requests that followed a redirect.
    """

    def __init__(self, expected: Callable[[int], Expected], *, seed: int, share: float) -> None:
        self.journal: defaultdict[int, list[Arrival]] = defaultdict(list)
        self.redirected = 0
        self.token_requests = 0
        self._expected = expected
        self._seed = seed
        self._share = share
        self._token = 1
        self._connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._reserved = _bound_socket(0)
        self._port: int = self._reserved.getsockname()[1]
        self._listening: socket.socket | None = None

    @property
    def base_url(self) -> str:
        """The base URL of the API."""
        return f"http://127.0.0.1:{self._port}/v2"

    @property
    def token_url(self) -> str:
        """The URL of the token endpoint."""
        return f"http://127.0.0.1:{self._port}/oauth/token"

    async def __aenter__(self) -> Self:
        self._open_port()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._close_port()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._close_port()  # a cancelled outage may have opened it
        self._reserved.close()

    def _open_port(self) -> None:
        # asyncio's own server loses a connection that is accepted while it closes.
        self._listening = _bound_socket(self._port)
        self._listening.setblocking(False)
        self._listening.listen(socket.SOMAXCONN)
        asyncio.get_running_loop().add_reader(self._listening, self._accept, self._listening)

    def _close_port(self) -> None:
        """Reject all connections. The reserved socket keeps the port, and does not listen."""
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()
            self._listening = None

    async def _fail(self) -> None:
        """Close the port and all connections for a moment."""
        if self._listening is None:
            return  # it fails already
        self._close_port()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(_OUTAGE_SECONDS)
        self._open_port()

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _accept(self, listening: socket.socket) -> None:
        with suppress(BlockingIOError):
            connection, _ = listening.accept()
            self._start(self._serve(connection))

    async def _serve(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection)
        self._connections += 1
        self._writers.add(writer)
        try:
            if self._share and dice(self._seed, "connection", self._connections).random() < _NEW_CONNECTION_FAULTED:
                _end(writer, "reset")
                return
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        if length:
            await reader.readexactly(int(length[1]))
        if head.startswith("POST /oauth/token"):
            return await self._give_token(writer)
        number = re.search(rf"/({str(FIRST_NUMBER)[0]}\d{{{len(str(FIRST_NUMBER)) - 1}}})\b", head.partition("\r\n")[0])
        if number is None:
            self.redirected += 1
            return False
        return await self._play(int(number[1]) - FIRST_NUMBER, head, reader, writer)

    async def _give_token(self, writer: asyncio.StreamWriter) -> bool:
        self.token_requests += 1
        chance = dice(self._seed, "token", self.token_requests)
        if self._share and chance.random() < _TOKEN_FAULTED:
            writer.write(
                chance.choice((b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", http(503), http(502, _PAGE)))
            )
            return False
        body = f'{{"access_token":"token-{self._token}","token_type":"bearer","expires_in":3600}}'
        writer.write(http(200, body.encode(), _JSON))
        await writer.drain()
        return True

    async def _play(self, number: int, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        expected, arrivals = self._expected(number), self.journal[number]
        fault = fault_of(self._seed, number, len(arrivals), expected, self._share) or _RIGHT
        if f"bearer token-{self._token}\r\n" not in head.lower():
            fault = _EXPIRED
        elif fault is _EXPIRED:
            self._token += 1
        carried_out = fault.carried_out
        if carried_out is None:
            carried_out = dice(self._seed, number, len(arrivals), "carried out").choice((True, False))
        if expected.method == "DELETE" and any(arrival.carried_out for arrival in arrivals):
            carried_out = False  # its object is gone
            if fault.carried_out:
                fault = _GONE
        arrivals.append(Arrival(fault.name, carried_out))
        if fault.name == "port closed":
            self._start(self._fail())
        await _send(fault, expected, reader, writer)
        return fault.ending == "keep" and not fault.silent


async def _send(fault: Fault, expected: Expected, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # In one write: no client of HTTP/1.1 can tell data that arrive after its next request from the response to that.
    writer.write(fault.response(expected) + (http(200, _STRAY, _JSON) if fault.stray else b""))
    if fault.ending != "reset":
        await writer.drain()
    if fault.silent:
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.read(1), _LONGEST)
    _end(writer, fault.ending)


def _end(writer: asyncio.StreamWriter, ending: Ending) -> None:
    if ending == "reset":
        # With a linger time of 0 the kernel sends a reset instead of the end of the stream.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


def _bound_socket(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(("127.0.0.1", port))
    return bound
