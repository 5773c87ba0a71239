"""Settings of a client that concern things that others own: limiters, token stores, HTTP sessions and proxies."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from support.server import serving

from zoomasync import Label, Plan, RetryPolicy, ServerToServer, StaticToken, Zoom
from zoomasync.auth import MemoryTokenStore
from zoomasync.errors import ConfigError, ConnectError
from zoomasync.events import Event, RateAdjusted
from zoomasync.rate_limits import LocalRateLimiter
from zoomasync.testing import FakeZoom

DAY = date(2026, 6, 1)
PASSWORD = "canary-secret"
ONCE = RetryPolicy(attempts=1)
HIDDEN = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"), "")


class RecordingLimiter(LocalRateLimiter):
    """A local limiter that records whether it was closed."""

    is_closed = False

    async def aclose(self) -> None:
        self.is_closed = True


class RecordingTokenStore(MemoryTokenStore):
    """A token store that records whether it was closed."""

    is_closed = False

    async def aclose(self) -> None:
        self.is_closed = True


async def test_client_keeps_lent_objects_open(fake: FakeZoom) -> None:
    """The client does not close a limiter, token store or HTTP session that it was given."""
    limiter, store = RecordingLimiter(Plan.PRO), RecordingTokenStore()
    async with aiohttp.ClientSession() as http_session:
        async with fake.client(rate_limiter=limiter, token_store=store, http_session=http_session) as zoom:
            await zoom.reports.users(DAY, DAY).collect()

        assert (limiter.is_closed, store.is_closed, http_session.closed) == (False, False, False)


@pytest.mark.parametrize("settings", [{"plan": Plan.PRO}, {"latency_jitter": 0.01}])
def test_limiter_excludes_its_settings(settings: dict[str, Plan | float]) -> None:
    with pytest.raises(ConfigError, match="belong to the rate limiter"):
        Zoom(StaticToken("token"), rate_limiter=LocalRateLimiter(Plan.PRO), **settings)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  one of two types


async def test_on_event_of_given_limiter(fake: FakeZoom) -> None:
    """Events of a given limiter reach on_event while the client is open, and not after it was closed."""
    now = 0.0
    limiter = LocalRateLimiter(Plan.PRO, clock=lambda: now)
    events: list[Event] = []

    async def lower() -> None:
        nonlocal now
        for _ in range(3):
            await limiter.on_rate_limited(Label.LIGHT, 1)
            now += 2

    async with fake.client(rate_limiter=limiter, on_event=events.append):
        await lower()
    await lower()

    assert events == [RateAdjusted(Label.LIGHT, 22.5, 30)]


def test_trust_env_excludes_http_session() -> None:
    class Session:
        pass

    with pytest.raises(ConfigError, match="trust_env"):
        Zoom(StaticToken("token"), http_session=Session(), trust_env=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  never used


@asynccontextmanager
async def proxy() -> AsyncGenerator[tuple[str, list[tuple[str, str | None]]], None]:
    """Serve an HTTP proxy that forwards every request to loopback, and record its requests."""
    seen: list[tuple[str, str | None]] = []

    async def forward(request: web.BaseRequest) -> web.Response:
        seen.append((request.path, request.headers.get("Proxy-Authorization")))
        target = urlsplit(str(request.url))._replace(netloc=f"127.0.0.1:{request.url.port}").geturl()
        headers = {name: text for name, text in request.headers.items() if name in {"Authorization", "Content-Type"}}
        async with (
            aiohttp.ClientSession() as http_session,
            http_session.request(request.method, target, headers=headers, data=await request.read()) as response,
        ):
            return web.json_response(await response.json(), status=response.status)

    async with serving(forward) as url:
        yield url, seen


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str]], None]:
    """Return a function that sets the proxy variables of this process."""

    def put(variables: Mapping[str, str]) -> None:
        for name, text in {**HIDDEN, **variables}.items():
            monkeypatch.setenv(name, text)

    return put


@pytest.mark.parametrize(
    ("trust_env", "no_proxy", "is_used"), [(True, "", True), (False, "", False), (True, "zoomhost", False)]
)
async def test_proxy_of_environment(
    fake: FakeZoom,
    environment: Callable[[Mapping[str, str]], None],
    *,
    trust_env: bool,
    no_proxy: str,
    is_used: bool,
) -> None:
    """With trust_env, calls and token requests use the proxy unless NO_PROXY names the host."""
    port = urlsplit(fake.base_url).port
    async with proxy() as (url, seen):
        environment({"http_proxy": url.replace("//", f"//user:{PASSWORD}@"), "no_proxy": no_proxy})
        credentials = type(fake.credentials)(
            fake.credentials.account_id,
            fake.credentials.client_id,
            fake.credentials.client_secret,
            token_url=f"http://zoomhost:{port}/oauth/token",
        )
        client = Zoom(credentials, base_url=f"http://zoomhost:{port}/v2", trust_env=trust_env, retry=ONCE)
        async with client as zoom:
            if is_used:
                await zoom.reports.users(DAY, DAY).collect()
            else:
                with pytest.raises(ConnectError):
                    await zoom.reports.users(DAY, DAY).collect()

    assert bool(seen) == is_used
    if is_used:
        assert {path for path, _ in seen} == {"/oauth/token", "/v2/report/users"}
        assert all(authorization and authorization.startswith("Basic ") for _, authorization in seen)


@pytest.mark.parametrize("url", ["127.0.0.1:3128", "http://proxy:notaport", "https://proxy.example", "http://"])
def test_invalid_proxy_raises(environment: Callable[[Mapping[str, str]], None], url: str) -> None:
    """A proxy that cannot be used raises before anything is sent, and the message does not show the URL."""
    environment({"https_proxy": url})

    with pytest.raises(ConfigError, match=r"^HTTPS_PROXY must be a URL") as caught:
        Zoom(StaticToken("token"), trust_env=True)

    assert url not in str(caught.value) or url == "http://"


async def test_netrc_is_not_read(
    fake: FakeZoom, environment: Callable[[Mapping[str, str]], None], tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text(f"default login ada password {PASSWORD}\n", encoding="utf-8")
    (tmp_path / ".netrc").chmod(0o600)
    environment({"NETRC": str(tmp_path / ".netrc")})

    async with fake.client(trust_env=True) as zoom:
        assert await zoom.reports.users(DAY, DAY).collect() == []


async def test_proxy_password_is_never_shown(environment: Callable[[Mapping[str, str]], None]) -> None:
    environment({"http_proxy": f"http://user:{PASSWORD}@127.0.0.1:1"})
    async with Zoom(StaticToken("token"), base_url="http://zoomhost/v2", trust_env=True, retry=ONCE) as zoom:
        with pytest.raises(ConnectError) as caught:
            await zoom.request("GET", "/users", label=Label.LIGHT)

    assert PASSWORD not in f"{caught.value!s} {caught.value!r} {zoom!r}"


async def test_connect_timeout_is_connect_error() -> None:
    """A connection that is not made within the time limit means that nothing was sent, at any timeout."""
    with ExitStack() as sockets:
        server = sockets.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):  # fill the queue of a server that accepts nothing
            client = sockets.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        base_url = f"http://127.0.0.1:{server.getsockname()[1]}/v2"
        async with Zoom(StaticToken("token"), base_url=base_url, retry=ONCE) as zoom:
            with pytest.raises(ConnectError, match="was not sent"):
                await zoom.with_options(timeout=0.2).request("POST", "/users", label=Label.LIGHT, body={})


def test_account_id_of_credentials() -> None:
    """The client names the account of a server-to-server app; a token does not name one."""
    assert Zoom(ServerToServer("account", "id", "secret")).account_id == "account"
    assert Zoom(StaticToken("token")).account_id is None
