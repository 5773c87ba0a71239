"""A server on loopback with one file, whose responses a test can replace, and clients that download it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from support.server import talking
from support.transports import CANARY
from zoomasync import RetryPolicy, StaticToken, Zoom
from zoomasync.auth import Credentials

CONTENT = random.Random(11).randbytes(300_000)
PATH = "/rec/download/canary-path"
QUICK = RetryPolicy(attempts=3, base=0.0)


@dataclass(frozen=True)
class FileRequest:
    path: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def start(self) -> int:
        return int(self.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))

    @property
    def token(self) -> str | None:
        return self.headers.get("authorization", "").removeprefix("Bearer ") or None


Response: TypeAlias = Callable[[FileRequest], bytes]
"""The raw response to a request. The connection is closed after it."""


def raw(status: int, body: bytes = b"", /, **headers: object) -> bytes:
    """Return a response; a header with the value None is left out, such as Content-Length."""
    fields = {"Content-Length": len(body)} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body


def always(status: int, body: bytes = b"", /, **headers: object) -> Response:
    return lambda _: raw(status, body, **headers)


def ranged(content: bytes = CONTENT, **headers: object) -> Response:
    """Return the response of a server that serves ranges of *content*."""

    def respond(request: FileRequest) -> bytes:
        start = request.start
        if start >= len(content) > 0:
            return raw(416, **{"Content-Range": f"bytes */{len(content)}"} | headers)
        if not start:
            return raw(200, content, **headers)
        place = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        return raw(206, content[start:], **place | headers)

    return respond


def cut(response: Response, size: int) -> Response:
    """Return *response* with only the first *size* bytes of its body, or without the last ones."""

    def respond(request: FileRequest) -> bytes:
        head, _, body = response(request).partition(b"\r\n\r\n")
        return head + b"\r\n\r\n" + body[:size]

    return respond


TAGGED = ranged(ETag='"1"')


@dataclass
class FileServer:
    """A server that gives *responses* in turn and then repeats the last one; it records the *requests*."""

    responses: list[Response] = field(default_factory=lambda: [TAGGED])
    requests: list[FileRequest] = field(default_factory=list[FileRequest])

    @property
    def starts(self) -> list[int]:
        """The place at which each request begins."""
        return [request.start for request in self.requests]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in lines)}
        request = FileRequest(line.split(" ")[1], headers)
        self.requests.append(request)
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        writer.write(response(request))
        await writer.drain()


@asynccontextmanager
async def client_of(
    url: str, credentials: Credentials | None = None, *, retry: RetryPolicy = QUICK, seconds: float = 60.0
) -> AsyncGenerator[Zoom, None]:
    async with Zoom(credentials or StaticToken(CANARY), base_url=f"{url}/v2", retry=retry, timeout=seconds) as zoom:
        yield zoom


@asynccontextmanager
async def downloading(
    *responses: Response, credentials: Credentials | None = None, retry: RetryPolicy = QUICK, seconds: float = 60.0
) -> AsyncGenerator[tuple[Zoom, str, FileServer], None]:
    """Yield a client, the URL of the file, and its server."""
    server = FileServer(list(responses) or [TAGGED])
    async with talking(server.talk) as url, client_of(url, credentials, retry=retry, seconds=seconds) as zoom:
        yield zoom, url + PATH, server
