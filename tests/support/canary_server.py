"""A server whose every response holds ids, an e-mail address and tokens, and calls to it that succeed and fail."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager

import anyio
import msgspec
import pytest
from aiohttp import web

from support.server import serving
from zoomasync import InvalidRow, Label, Plan, RetryPolicy, ServerToServer, Zoom, ZoomError
from zoomasync.events import Listener

TOKEN, SECRET, PAGE_TOKEN, QUERY = "canary-token", "canary-secret", "canary-page", "canary-query"
EMAIL, MEETING_ID = "ada.canary@example.com", 98765432109
CANARIES = (
    *(TOKEN, SECRET, PAGE_TOKEN, QUERY, EMAIL, EMAIL.replace("@", "%40"), str(MEETING_ID)),
    base64.b64encode(f"client:{SECRET}".encode()).decode(),
)
"""The texts that nothing may show. All but numbers have "canary" in them."""

_TEXT = f"Meeting {MEETING_ID} of {EMAIL} does not exist: Bearer {TOKEN}"


class _Server:
    def __init__(self) -> None:
        self.tokens = 0
        self.pages = 0

    async def respond(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/oauth/token":
            self.tokens += 1
            if self.tokens == 2:
                return web.json_response({"reason": f"{SECRET} of {EMAIL}", "error": "invalid_client"}, status=400)
            return web.json_response({"access_token": f"{TOKEN}-{self.tokens}", "expires_in": 3600})
        kind = request.path.rsplit("/", 1)[-1]
        if kind == "list":
            self.pages += 1
            rows = [{"id": MEETING_ID, "email": EMAIL}, {"id": EMAIL}]
            page = {"rows": rows, "next_page_token": PAGE_TOKEN if self.pages == 1 else ""}
            return web.json_response(page, headers={"X-RateLimit-Category": "Heavy"})
        if kind in {"lost", "file"}:
            if kind == "lost":
                assert request.transport is not None
                request.transport.abort()
            return web.Response(body=TOKEN.encode(), headers={"Content-Type": "video/mp4", "ETag": TOKEN})
        statuses = {"busy": 503, "limited": 429, "expired": 401, "missing": 404}
        body = {"code": 124 if kind == "expired" else 3001, "message": _TEXT}
        headers = {"Location": f"{request.path}/file?token={TOKEN}", "Retry-After": "0"}
        return web.json_response(body, status=302 if kind == "moved" else statuses.get(kind, 200), headers=headers)


@asynccontextmanager
async def canary_client(*listeners: Listener) -> AsyncGenerator[Zoom, None]:
    """Yield a client of the server. Its credentials are rejected when a second token is requested."""
    async with serving(_Server().respond) as url:
        credentials = ServerToServer("account", "client", SECRET, token_url=f"{url}/oauth/token")
        retry = RetryPolicy(attempts=2, base=0.001, cap=0.001)
        async with Zoom(credentials, plan=Plan.BUSINESS, base_url=url, retry=retry, on_event=listeners) as zoom:
            yield zoom


class _Row(msgspec.Struct, frozen=True):
    id: int
    email: str


async def call_everything(zoom: Zoom) -> list[str]:
    """Send calls of every kind; return the names of the errors that they raise."""
    rows = list[InvalidRow]()
    api = zoom.with_options(on_invalid_row=rows.append)
    listing = api.paginate(
        *("GET /meetings/{meetingId}/list", MEETING_ID),
        items="rows",
        label=Label.MEDIUM,
        query={"q": QUERY},
        row=_Row,
    )
    assert len(await listing.collect()) == len(rows) == 2
    failures = list[str]()

    async def fail(call: Awaitable[object]) -> None:
        with pytest.raises(ZoomError) as caught:
            await call
        failures.append(type(caught.value).__name__)

    for kind in ("busy", "limited", "missing", "lost"):
        for method in ("GET", "POST"):
            path, query, body = f"/users/{{userId}}/{kind}", {"q": QUERY}, {"to": EMAIL}
            await fail(api.request(method, path, EMAIL, label=Label.LIGHT, query=query, body=body))
    await fail(api.request("GET", f"/meetings/{MEETING_ID}/missing", label=Label.LIGHT))  # an id in the route itself
    url = str(zoom).split()[1]
    async with api.recordings.stream(f"{url}/rec/{MEETING_ID}/moved?email={EMAIL}&token={TOKEN}") as chunks:
        assert [chunk async for chunk in chunks] == [TOKEN.encode()]

    async def read(kind: str) -> None:
        async with api.recordings.stream(f"{url}/rec/{MEETING_ID}/{kind}?token={TOKEN}") as chunks:
            await anext(aiter(chunks))

    await fail(read("missing"))
    for _ in range(10):
        await fail(api.with_options(outage_wait=0).request("GET", "/users/{userId}/busy", EMAIL, label=Label.LIGHT))
    await anyio.sleep(0.3)  # the circuit sends one call now
    await fail(api.request("GET", "/users/{userId}/expired", EMAIL, label=Label.LIGHT))
    return failures
