"""A service that receives webhooks over HTTP and verifies them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from support.server import serving
from zoomasync.errors import WebhookError
from zoomasync.webhooks import UrlValidation, WebhookEvent, verify

SECRET: Final = "receiver-secret"


@dataclass
class Receiver:
    """The events that arrived, each with the headers of its request.

    An event is answered with the next of *statuses*, or 204, and a validation with the right answer, or with
    *validation* if a test sets one. The answers come late by *delays*, in seconds, and the later ones at once. After
    so many *drops* of the connection, events are answered.
    """

    url: str = ""
    secret: str = SECRET
    statuses: list[int] = field(default_factory=list[int])
    validation: web.Response | None = None
    delays: list[float] = field(default_factory=list[float])
    drops: int = 0
    events: list[WebhookEvent] = field(default_factory=list[WebhookEvent])
    bodies: list[bytes] = field(default_factory=list[bytes])
    requests: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    errors: list[WebhookError] = field(default_factory=list[WebhookError])
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def names(self) -> list[str]:
        """The names of the events, in the order in which they arrived."""
        return [event.event for event in self.events]

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        await asyncio.sleep(self.delays.pop(0) if self.delays else 0)
        try:
            event = verify(request.headers, body, self.secret)
        except WebhookError as error:
            self.errors.append(error)
            return web.Response(status=401)
        if isinstance(event, UrlValidation):
            return self.validation or web.Response(body=event.response_body, content_type="application/json")
        self.requests.append({name.lower(): value for name, value in request.headers.items()})
        self.bodies.append(body)
        self.events.append(event)
        self.arrived.set()
        if self.drops:
            self.drops -= 1
            assert request.transport is not None
            request.transport.close()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)


@asynccontextmanager
async def receiving(secret: str = SECRET) -> AsyncGenerator[Receiver, None]:
    """Run a receiver and yield it."""
    receiver = Receiver(secret=secret)
    async with serving(receiver) as url:
        receiver.url = f"{url}/webhooks"
        yield receiver
