"""A time in which every response is an error, over a socket or in memory."""

from __future__ import annotations

import asyncio
import re

from zoomasync._core.http_messages import HttpRequest, HttpResponse

from .memory import response

_LATENCY = 0.05


class Storm:
    """A server that responds with *during* from *begins* to *ends*, in seconds from its first request, else with JSON.

    *sends* has the times of the requests during the storm, and *successes* those of all good responses.
    """

    def __init__(self, during: HttpResponse, *, begins: float, ends: float) -> None:
        self.begins, self.ends = begins, ends
        self.sends: list[float] = []
        self.successes: list[float] = []
        self._during = during
        self._started: float | None = None

    @property
    def now(self) -> float:
        """The seconds since the first request."""
        time = asyncio.get_running_loop().time()
        if self._started is None:
            self._started = time
        return time - self._started

    @property
    def is_over(self) -> bool:
        """Whether the storm has ended."""
        return self.now >= self.ends

    @property
    def successes_during(self) -> int:
        """The number of good responses during the storm."""
        return sum(self.begins <= at < self.ends for at in self.successes)

    def respond(self) -> HttpResponse:
        """Record a request, and return its response."""
        now = self.now
        if self.begins <= now < self.ends:
            self.sends.append(now)
            return self._during
        self.successes.append(now)
        return response(200, {"rows": []})

    async def app(self, _: HttpRequest) -> HttpResponse:
        """Respond in memory, after a moment."""
        await asyncio.sleep(_LATENCY)
        return self.respond()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Respond over a connection until it ends."""
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            answer = self.respond()
            lines = [f"HTTP/1.1 {answer.status} Status", f"Content-Length: {len(answer.body)}"]
            lines += [f"{name}: {text}" for name, text in answer.headers.items()]
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + answer.body)
            await writer.drain()
