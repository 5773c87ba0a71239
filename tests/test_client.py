from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs

import anyio
import msgspec
import pytest
from aiohttp import ClientSession, web
from support.clock import date_header
from support.server import serving
from support.valkey import new_name

from zoomasync import Done, Label, Plan, RetryPolicy, ServerToServer, StaticToken, Zoom, fan_out
from zoomasync.errors import (
    ConfigError,
    ConnectError,
    DailyLimitReached,
    InvalidArgument,
    NotFound,
    RateLimited,
    Unauthorized,
)
from zoomasync.redis import RedisRateLimiter
from zoomasync.testing import FakeZoom

CANARY = "canary-secret"
ENVIRONMENT = {"ZOOM_ACCOUNT_ID": "account", "ZOOM_CLIENT_ID": "client", "ZOOM_CLIENT_SECRET": CANARY}
UNUSED_URL = "http://127.0.0.1:1"


class Settings(msgspec.Struct):
    theme: str


class FakeApp:
    """A server that issues a token, echoes requests below ``/v2/echo/`` and has the settings of one user."""

    def __init__(self) -> None:
        self.token_requests: list[tuple[str, str]] = []

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        match request.method, request.path:
            case "POST", "/oauth/token":
                self.token_requests.append((request.headers["Authorization"], (await request.read()).decode()))
                return web.json_response({"access_token": "token-1", "expires_in": 3600})
            case "GET", "/v2/users/me/settings":
                return web.json_response({"theme": "dark"})
            case "DELETE", _:
                return web.Response(status=204)
            case _, path if path.startswith("/v2/echo/"):
                echo = {"method": request.method, "target": request.raw_path, "body": (await request.read()).decode()}
                return web.json_response(echo)
            case _:
                return web.json_response({"code": 1001, "message": "User does not exist."}, status=404)


@asynccontextmanager
async def _open(http_session: ClientSession | None = None) -> AsyncGenerator[Zoom, None]:
    async with (
        serving(FakeApp()) as url,
        Zoom(StaticToken("token"), base_url=f"{url}/v2", http_session=http_session) as zoom,
    ):
        yield zoom


async def test_from_env_client_calls() -> None:
    app = FakeApp()
    async with serving(app) as url:
        environ = {**ENVIRONMENT, "ZOOM_BASE_URL": f"{url}/v2/", "ZOOM_TOKEN_URL": f"{url}/oauth/token"}
        async with Zoom.from_env(environ=environ) as zoom:
            settings = await zoom.request(
                "GET", "/users/{userId}/settings", "me", label=Label.MEDIUM, response=Settings
            )

    ((authorization, form),) = app.token_requests
    assert settings == Settings("dark")
    assert base64.b64decode(authorization.removeprefix("Basic ")) == f"client:{CANARY}".encode()
    assert parse_qs(form)["account_id"] == ["account"]


async def test_settings_read_from_files(tmp_path: Path) -> None:
    app = FakeApp()
    for name, content in ENVIRONMENT.items():
        (tmp_path / name).write_text(f"{content}\n", encoding="utf-8")
    async with serving(app) as url:
        environ = {f"{name}_FILE": str(tmp_path / name) for name in ENVIRONMENT}
        environ |= {"ZOOM_BASE_URL": f"{url}/v2", "ZOOM_TOKEN_URL": f"{url}/oauth/token"}
        async with Zoom.from_env(environ=environ) as zoom:
            await zoom.request("GET", "/users/{userId}/settings", "me", label=Label.MEDIUM)

    ((authorization, _),) = app.token_requests
    assert base64.b64decode(authorization.removeprefix("Basic ")) == f"client:{CANARY}".encode()


@pytest.mark.parametrize(
    ("environ", "rates"),
    [
        pytest.param({}, (30, 20, 10), id="default"),
        pytest.param({"ZOOM_PLAN": "Business"}, (80, 60, 40), id="business"),
        pytest.param({"ZOOM_PLAN": "business", "ZOOM_SHARE": "0.5"}, (40, 30, 20), id="half of business"),
        pytest.param({"ZOOM_SHARE": "1"}, (30, 20, 10), id="all of pro"),
        pytest.param({"ZOOM_PLAN": "", "ZOOM_SHARE": ""}, (30, 20, 10), id="empty values"),
    ],
)
def test_environ_sets_rates(environ: Mapping[str, str], rates: tuple[int, int, int]) -> None:
    text = repr(Zoom.from_env(environ={**ENVIRONMENT, **environ}))

    assert [f"<TokenBucket {rate}/s" in text for rate in rates] == [True, True, True]
    assert text.startswith("<Zoom https://api.zoom.us/v2 ")


def test_plan_overrides_environ() -> None:
    zoom = Zoom.from_env(plan=Plan.FREE, environ={**ENVIRONMENT, "ZOOM_PLAN": "no such plan", "ZOOM_SHARE": "many"})

    assert "heavy: <TokenBucket 1/s" in repr(zoom)


@pytest.mark.parametrize("name", ENVIRONMENT)
@pytest.mark.parametrize("value", [None, ""], ids=["missing", "empty"])
def test_missing_setting_is_named(name: str, value: str | None) -> None:
    environ = {key: text for key, text in {**ENVIRONMENT, name: value}.items() if text is not None}

    with pytest.raises(ConfigError, match=f"^{name} is not set: .* {name}_FILE to the path") as caught:
        Zoom.from_env(environ=environ)

    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        pytest.param({"ZOOM_PLAN": "gold"}, "unknown plan 'gold': choose one of free, pro, business", id="plan"),
        *(
            pytest.param({"ZOOM_SHARE": share}, "ZOOM_SHARE|the share of a plan", id=f"share {share}")
            for share in ("half", "0", "-1", "2", "nan")
        ),
        pytest.param({"ZOOM_BASE_URL": "http://api.zoom.us/v2"}, "base_url must be https", id="base url"),
        pytest.param({"ZOOM_TOKEN_URL": "http://zoom.us/oauth"}, "token_url must be https", id="token url"),
        pytest.param({"ZOOM_CLIENT_SECRET": f"{CANARY}\r\nX: y"}, "client_secret must be", id="secret"),
        pytest.param(
            {"ZOOM_CLIENT_ID_FILE": "/no/such/file"}, "ZOOM_CLIENT_ID_FILE names a file that", id="missing file"
        ),
        pytest.param({"ZOOM_CLIENT_ID_FILE": "/"}, "ZOOM_CLIENT_ID_FILE names a file that", id="directory"),
    ],
)
def test_invalid_setting_raises(environ: dict[str, str], message: str) -> None:
    """An invalid setting raises an error that names it and shows no secret."""
    with pytest.raises(ConfigError, match=message) as caught:
        Zoom.from_env(environ={**ENVIRONMENT, **environ})

    assert CANARY not in f"{caught.value} {caught.value!r}"


def test_binary_setting_file_raises(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match="ZOOM_CLIENT_SECRET_FILE"):
        Zoom.from_env(environ={**ENVIRONMENT, "ZOOM_CLIENT_SECRET_FILE": str(tmp_path / "secret")})


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_invalid_timeout_raises(timeout: float) -> None:
    with pytest.raises(ConfigError, match="timeout"):
        Zoom(StaticToken("token"), timeout=timeout)


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "10"], ids=repr)
def test_invalid_max_connections_raises(value: int) -> None:
    with pytest.raises(ConfigError, match="max_connections must be a whole number, 1 or more"):
        Zoom(StaticToken("token"), max_connections=value)


async def test_max_connections_beside_session_raises() -> None:
    async with ClientSession() as http_session:
        with pytest.raises(ConfigError, match="set the limit of its connector instead"):
            Zoom(StaticToken("token"), http_session=http_session, max_connections=10)


async def test_fan_out_over_one_connection() -> None:
    """Calls share a pool of one without a deadlock, those that fetch the token included."""
    app = FakeApp()
    async with serving(app) as url:
        environ = {**ENVIRONMENT, "ZOOM_BASE_URL": f"{url}/v2", "ZOOM_TOKEN_URL": f"{url}/oauth/token"}
        async with Zoom.from_env(environ=environ, max_connections=1) as zoom, asyncio.timeout(30):

            async def settings(user_id: str) -> object:
                return await zoom.request("GET", "/users/{userId}/settings", user_id, label=Label.LIGHT)

            outcomes = await fan_out(settings, ["me"] * 30).collect()

    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert len(app.token_requests) == 1


def test_client_repr_hides_secret() -> None:
    zoom = Zoom(ServerToServer("account", "client", CANARY))

    assert CANARY not in f"{zoom} {zoom!r}"


async def test_scopes_come_with_token() -> None:
    """The first call of `Zoom.scopes` fetches the token, which later calls use too."""
    day = date(2026, 6, 1)
    async with FakeZoom(scopes="user:read:admin report:read:admin") as fake, fake.client() as zoom:
        scopes = [await zoom.scopes(), await zoom.scopes()]
        await zoom.reports.users(day, day).collect()

    assert scopes == [frozenset({"report:read:admin", "user:read:admin"})] * 2
    assert [request.route for request in fake.requests] == ["POST /oauth/token", "GET /report/users"]


async def test_scopes_of_static_token() -> None:
    async with _open() as zoom:
        assert await zoom.scopes() is None


async def test_scopes_with_wrong_secret() -> None:
    async with FakeZoom() as fake:
        auth = replace(fake.credentials, client_secret=CANARY)
        async with Zoom(auth, base_url=fake.base_url) as zoom:
            with pytest.raises(Unauthorized, match="Check the account id"):
                await zoom.scopes()


AUTHS = pytest.mark.parametrize(
    "auth",
    [StaticToken("token"), ServerToServer("account", "client", CANARY, token_url=UNUSED_URL)],
    ids=["token", "app"],
)


@AUTHS
async def test_unopened_client_raises(auth: StaticToken | ServerToServer) -> None:
    zoom = Zoom(auth, base_url=UNUSED_URL)

    with pytest.raises(ConfigError, match="async with Zoom"):
        await zoom.request("GET", "/users", label=Label.MEDIUM)
    with pytest.raises(ConfigError, match="async with Zoom"):
        await zoom.scopes()


@AUTHS
async def test_closed_client_raises(auth: StaticToken | ServerToServer) -> None:
    async with Zoom(auth, base_url=UNUSED_URL) as zoom:
        pass

    with pytest.raises(ConfigError, match="not open"):
        await zoom.request("GET", "/users", label=Label.MEDIUM)


@AUTHS
def test_other_event_loop_raises(auth: StaticToken | ServerToServer) -> None:
    zoom = Zoom(auth, base_url=UNUSED_URL)

    with asyncio.Runner() as first, asyncio.Runner() as second:
        first.run(zoom.__aenter__())
        with pytest.raises(ConfigError, match="another event loop"):
            second.run(zoom.request("GET", "/users", label=Label.MEDIUM))
        first.run(zoom.aclose())


def test_client_reopens_in_new_loop() -> None:
    zoom = Zoom(StaticToken("token"), base_url=UNUSED_URL, retry=RetryPolicy(attempts=1))

    async def use() -> None:
        async with zoom:
            with pytest.raises(ConnectError):
                await zoom.request("GET", "/users", label=Label.MEDIUM)
        with pytest.raises(ConfigError, match="not open"):
            await zoom.request("GET", "/users", label=Label.MEDIUM)

    asyncio.run(use())
    asyncio.run(use())


async def test_client_closes_twice() -> None:
    async with _open() as zoom:
        await zoom.request("GET", "/users/me/settings", label=Label.MEDIUM)
        await zoom.aclose()
        await zoom.aclose()

    await Zoom(StaticToken("token")).aclose()


async def test_open_client_opens_once() -> None:
    async with _open() as zoom:
        with pytest.raises(ConfigError, match="already open"):
            await zoom.__aenter__()

        assert await zoom.request("GET", "/users/me/settings", label=Label.MEDIUM) == {"theme": "dark"}


async def test_given_http_session_not_closed() -> None:
    async with ClientSession() as http_session:
        async with _open(http_session) as zoom:
            await zoom.request("GET", "/users/me/settings", label=Label.MEDIUM)

        assert not http_session.closed


@pytest.mark.parametrize("use_uvloop", [False, True], ids=["asyncio", "uvloop"])
def test_client_works_in_anyio_run(*, use_uvloop: bool) -> None:
    if use_uvloop:
        pytest.importorskip("uvloop")

    async def call() -> object:
        async with _open() as zoom:
            return await zoom.request("GET", "/users/me/settings", label=Label.MEDIUM)

    assert anyio.run(call, backend_options={"use_uvloop": use_uvloop}) == {"theme": "dark"}


async def test_request_any_endpoint() -> None:
    async with _open() as zoom:
        echo = await zoom.request(
            "post",
            "/echo/{meetingId}/x",
            "/a=",
            label=Label.LIGHT,
            query={"from_": "a b", "deep": True, "none": None},
            body={"name": "Zoë"},
        )

    assert echo == {
        "method": "POST",
        "target": "/v2/echo/%252Fa%253D/x?from=a%20b&deep=true",
        "body": '{"name":"Zoë"}',
    }


async def test_request_decodes_response() -> None:
    async with _open() as zoom:
        plain = await zoom.request("GET", "/users/me/settings", label=Label.MEDIUM)
        typed = await zoom.request("GET", "/users/me/settings", label=Label.MEDIUM, response=Settings)

    assert plain == {"theme": "dark"}
    assert typed == Settings("dark")


@pytest.mark.parametrize("response", [object, type(None)], ids=["object", "None"])
async def test_request_empty_body_is_none(response: type[object]) -> None:
    async with _open() as zoom:
        assert await zoom.request("DELETE", "/users/me", label=Label.LIGHT, response=response) is None


async def test_request_error_names_route() -> None:
    async with _open() as zoom:
        with pytest.raises(NotFound, match=r"^GET /users/\{userId\} -> 404 \(Zoom code 1001\)"):
            await zoom.request("GET", "/users/{userId}", "jill@example.com", label=Label.LIGHT)


@pytest.mark.parametrize("method", ["TRACE", "GET /x", ""])
async def test_unknown_method_raises(method: str) -> None:
    with pytest.raises(InvalidArgument, match="choose one of DELETE, GET, PATCH, POST, PUT"):
        await Zoom(StaticToken("token")).request(method, "/users", label=Label.LIGHT)


async def test_unknown_label_raises() -> None:
    with pytest.raises(InvalidArgument, match="choose one of light, medium, heavy"):
        await Zoom(StaticToken("token")).request("GET", "/users", label=cast("Label", "bogus"))


async def test_missing_path_value_raises() -> None:
    with pytest.raises(InvalidArgument, match="has 1 placeholder"):
        await Zoom(StaticToken("token")).request("GET", "/users/{userId}", label=Label.LIGHT)


async def test_stats_count_by_route() -> None:
    async with _open() as zoom:
        await zoom.request("GET", "/users/{userId}/settings", "me", label=Label.MEDIUM)
        await zoom.request("GET", "/users/{userId}/settings", "me", label=Label.MEDIUM)

        assert zoom.stats["GET /users/{userId}/settings"].calls == 2


async def test_server_time_follows_responses() -> None:
    """The time is that of the local clock until the first response."""
    ahead = timedelta(hours=7)

    async def app(_: web.BaseRequest) -> web.Response:
        return web.json_response({}, headers=date_header(datetime.now(UTC) + ahead))

    async with serving(app) as url, Zoom(StaticToken("token"), base_url=url) as zoom:
        assert zoom.server_time - datetime.now(UTC) == pytest.approx(timedelta(), abs=timedelta(seconds=60))
        await zoom.request("GET", "/users/{userId}", "me", label=Label.LIGHT)

        assert zoom.server_time - datetime.now(UTC) == pytest.approx(ahead, abs=timedelta(seconds=60))
        assert zoom.server_time.tzinfo is UTC


@pytest.mark.parametrize("days", [-9_000, 26_000, 2_900_000])
@pytest.mark.parametrize("wrong", [1, 4], ids=["first", "later"])
async def test_wrong_date_keeps_daily_quota(wrong: int, days: int) -> None:
    sent = 0

    async def app(_: web.BaseRequest) -> web.Response:
        nonlocal sent
        sent += 1
        now = datetime.now(UTC)
        return web.json_response({}, headers=date_header(now + timedelta(days) if sent == wrong else now))

    plan = Plan(light=1000, medium=1000, heavy=1000, heavy_per_day=5)
    async with serving(app) as url, Zoom(StaticToken("token"), plan=plan, base_url=url) as zoom:
        for _ in range(12):
            with suppress(DailyLimitReached):
                await zoom.request("GET", "/x/{id}", 1, label=Label.HEAVY)

    assert sent == 5


@pytest.mark.parametrize("days", [-9_000, 26_000, 2_900_000])
@pytest.mark.parametrize("redis", [False, True], ids=["local", "redis"])
async def test_wrong_date_keeps_daily_limit(valkey_url: str, redis: bool, days: int) -> None:  # noqa: FBT001  a parameter
    """After one wrong Date, a daily limit that Zoom reports with the right Date still ends all calls."""
    sent = 0

    async def app(_: web.BaseRequest) -> web.Response:
        nonlocal sent
        sent += 1
        now = datetime.now(UTC)
        if sent == 1:
            return web.json_response({}, headers=date_header(now + timedelta(days)))
        headers = {
            **date_header(now),
            "X-RateLimit-Type": "Daily-limit",
            "Retry-After": (now + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        body = {"code": 429, "message": "You have reached the maximum daily rate limit"}
        return web.json_response(body, status=429, headers=headers)

    async with AsyncExitStack() as stack:
        limiter = None
        if redis:
            limiter = await stack.enter_async_context(RedisRateLimiter(valkey_url, Plan.BUSINESS, name=new_name()))
        url = await stack.enter_async_context(serving(app))
        zoom = await stack.enter_async_context(Zoom(StaticToken("token"), base_url=url, rate_limiter=limiter))
        await zoom.request("GET", "/x/{id}", 1, label=Label.HEAVY)
        for _ in range(5):
            with pytest.raises(DailyLimitReached) as caught:
                await zoom.request("GET", "/x/{id}", 1, label=Label.HEAVY)
            until = caught.value.resumes_at - datetime.now(UTC)
            assert until == pytest.approx(timedelta(hours=5), abs=timedelta(seconds=60))

    assert sent == 2


async def test_single_attempt_raises_429() -> None:
    async def app(_: web.BaseRequest) -> web.Response:
        return web.json_response({"code": 429, "message": "Slow down."}, status=429)

    async with serving(app) as url, Zoom(StaticToken("token"), base_url=url, retry=RetryPolicy(attempts=1)) as zoom:
        with pytest.raises(RateLimited):
            await zoom.request("GET", "/users", label=Label.MEDIUM)
