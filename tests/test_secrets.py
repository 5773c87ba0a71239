"""Tokens, client secrets and personal data appear in no log, event or repr of a client, and no token in an error."""

from __future__ import annotations

import asyncio
import base64
import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import get_args

import pytest
from aiohttp import web
from support.canary_server import CANARIES as PERSONAL
from support.canary_server import call_everything, canary_client
from support.server import serving

from zoomasync import Label, RetryPolicy, ServerToServer, Zoom, ZoomError
from zoomasync.events import Event, RateAdjusted
from zoomasync.types import ResponseInfo

TOKEN = "canary-token"
SECRET = "canary-secret"
CANARIES = (TOKEN, SECRET, base64.b64encode(f"client:{SECRET}".encode()).decode())
QUICK = RetryPolicy(attempts=2, base=0.001)


_BODY = f'{{"code":300,"message":"No.","sent":"Bearer {TOKEN}"}}'
RESPONSES: dict[str, Callable[[], web.Response]] = {
    "rejected": lambda: web.Response(status=400, text=_BODY),
    "expired": lambda: web.Response(status=401, text=_BODY.replace("300", "124")),
    "limited": lambda: web.Response(status=429, text=_BODY, headers={"Retry-After": "0"}),
    "failing": lambda: web.Response(status=500, text=_BODY, headers={"X-Sent": TOKEN}),
    "redirect": lambda: web.Response(status=307, headers={"Location": f"http://localhost:1/?access_token={TOKEN}"}),
    "page": lambda: web.Response(text=f"<html>{TOKEN}</html>", content_type="text/html"),
    "lost": web.Response,
    "silent": web.Response,
}
"""Faults by path; their bodies and headers hold the token, as those of a proxy may."""


async def _app(request: web.BaseRequest) -> web.StreamResponse:
    if request.path == "/oauth/token":
        return web.json_response({"access_token": TOKEN, "expires_in": 3600})
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    path = request.path.removeprefix("/")
    if path == "lost":
        assert request.transport is not None
        request.transport.abort()
    if path == "silent":
        await asyncio.sleep(0.3)
    return RESPONSES[path]()


async def _shown(call: Awaitable[object]) -> str:
    """Return all texts of the error of *call*, its traceback with the locals of each frame included."""
    with pytest.raises(ZoomError) as caught:
        await call
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    return f"{caught.value} {caught.value!r} {caught.value.args} {''.join(report.format())}"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_canary_is_nowhere(method: str, caplog: pytest.LogCaptureFixture) -> None:
    events: list[Event] = []
    responses: list[ResponseInfo] = []
    caplog.set_level(logging.DEBUG)
    async with serving(_app) as url:
        credentials = ServerToServer("account", "client", SECRET, token_url=f"{url}/oauth/token")
        async with Zoom(credentials, base_url=url, retry=QUICK, timeout=0.2, on_event=events.append) as zoom:
            api = zoom.with_options(on_response=responses.append)
            shown = [await _shown(api.request(method, f"/{path}", label=Label.LIGHT)) for path in RESPONSES]
            shown.append(f"{zoom} {zoom!r} {api!r} {zoom.stats} {vars(zoom)} {credentials}")

    everything = f"{shown} {events} {[str(event) for event in events]} {responses} {caplog.text}"
    assert len(responses) >= len(RESPONSES) - 2
    assert "aiohttp.access" in caplog.text
    assert not [canary for canary in CANARIES if canary in everything]


async def test_personal_data_is_in_no_event(caplog: pytest.LogCaptureFixture) -> None:
    """No event and no line of the log names an id, an e-mail address, a query, a page token or a secret."""
    events: list[Event] = []
    caplog.set_level(logging.DEBUG, "zoomasync")
    async with canary_client(events.append) as zoom:
        failures = await call_everything(zoom)

    records = [record for record in caplog.records if record.name.startswith("zoomasync")]
    logged = [f"{record.getMessage()} {record.args}" for record in records]
    assert set(failures) == {
        *("CircuitOpen", "NotFound", "OutcomeUnknown", "PerSecondLimitReached", "ServerError", "TransportError"),
        "Unauthorized",
    }
    assert {RateAdjusted, *map(type, events)} == set(get_args(Event))
    assert len(logged) == len(events)
    everything = f"{logged} {events} {[str(event) for event in events]}"
    assert [canary for canary in PERSONAL if canary in everything] == []
