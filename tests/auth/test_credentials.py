from __future__ import annotations

import base64
from urllib.parse import parse_qs

import msgspec
import pytest
from support.memory import MemoryTransport, answering, response, token_response

from zoomasync import ServerToServer, StaticToken
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync.auth import Token
from zoomasync.errors import ConfigError, DecodeError, Unauthorized

SECRET = "canary-secret"
APP = ServerToServer("account", "client", SECRET)
INVALID_CLIENT = response(400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"})


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [
        pytest.param({"expires_in": 3599}, 3599, id="usual"),
        pytest.param({"expires_in": 60}, 60, id="short"),
        pytest.param({"expires_in": "1800"}, 1800, id="text"),
        pytest.param({}, 3600, id="missing"),
        pytest.param({"expires_in": None}, 3600, id="null"),
        pytest.param({"expires_in": ""}, 3600, id="empty text"),
        pytest.param({"expires_in": 0}, 3600, id="zero"),
        pytest.param({"expires_in": -1}, 3600, id="negative"),
        pytest.param({"expires_in": 10**18}, 3600, id="huge"),
        pytest.param({"expires_in": "soon"}, 3600, id="not numeric"),
        pytest.param({"expires_in": "nan"}, 3600, id="NaN"),
        pytest.param({"expires_in": "inf"}, 3600, id="infinite"),
    ],
)
async def test_invalid_lifetime_is_one_hour(expires_in: dict[str, object], lifetime: float) -> None:
    token = await APP.fetch(MemoryTransport(answering(response(200, {"access_token": "token-1", **expires_in}))))

    assert (token.value, token.lifetime) == ("token-1", lifetime)


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [
        pytest.param({"scope": "user:read report:read:admin"}, {"report:read:admin", "user:read"}, id="two"),
        pytest.param({"scope": " user:read  user:read "}, {"user:read"}, id="repeated"),
        pytest.param({"scope": ""}, set[str](), id="none"),
        pytest.param({}, None, id="missing"),
        pytest.param({"scope": None}, None, id="null"),
        pytest.param({"scope": ["user:read"]}, None, id="list"),
        pytest.param({"scope": {"user:read": True}}, None, id="object"),
        pytest.param({"scope": 7}, None, id="number"),
        pytest.param({"scope": ["user:read"], "expires_in": "60"}, None, id="list and coerced lifetime"),
    ],
)
async def test_token_has_scopes(scope: dict[str, object], scopes: set[str] | None) -> None:
    """A response without a text in ``scope`` gives a token of which the scopes are unknown."""
    token = await APP.fetch(MemoryTransport(answering(response(200, {"access_token": "token-1", **scope}))))

    assert (token.value, token.scopes) == ("token-1", scopes)


async def test_token_request_content() -> None:
    """The client id and secret are in the header, the grant in the body."""
    transport = MemoryTransport(answering(token_response()))

    await ServerToServer("acc&ount", "client", SECRET, token_url="https://zoom.test/oauth/token").fetch(transport)

    (request,) = transport.requests
    scheme, _, basic = request.headers["Authorization"].partition(" ")
    assert (request.method, request.url) == ("POST", "https://zoom.test/oauth/token")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert (scheme, base64.b64decode(basic)) == ("Basic", f"client:{SECRET}".encode())
    assert parse_qs((request.body or b"").decode()) == {
        "grant_type": ["account_credentials"],
        "account_id": ["acc&ount"],
    }


@pytest.mark.parametrize(
    "failure",
    [
        INVALID_CLIENT,
        response(400, {"reason": "unsupported grant type", "error": "unsupported_grant_type"}),
        response(401, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}),
        response(400, {"code": 4711, "message": "does not contain scopes:[a:read]"}),
    ],
    ids=["invalid_client", "unsupported_grant_type", "401", "scopes"],
)
async def test_rejected_grant_is_unauthorized(failure: HttpResponse) -> None:
    with pytest.raises(Unauthorized) as caught:
        await APP.fetch(MemoryTransport(answering(failure)))

    assert caught.value.__context__ is None


async def test_grant_without_token_raises() -> None:
    with pytest.raises(DecodeError):
        await APP.fetch(MemoryTransport(answering(response(200, {"token_type": "bearer"}))))


async def test_static_token_is_returned() -> None:
    token = await StaticToken("abc").fetch(MemoryTransport(answering(response(500))))

    assert (token.value, token.lifetime, token.scopes) == ("abc", None, None)


@pytest.mark.parametrize("value", ["", " x", "x\n", "x\r\ny", "\x00"], ids=repr)
def test_invalid_credentials_raise(value: str) -> None:
    """Credentials that cannot be sent in a header raise an error that names the field."""
    with pytest.raises(ConfigError, match=r"^StaticToken: token must be"):
        StaticToken(value)
    with pytest.raises(ConfigError, match=r"^ServerToServer: client_secret must be"):
        ServerToServer("account", "client", value)
    with pytest.raises(ConfigError, match=r"^ServerToServer: account_id must be"):
        ServerToServer(value, "client", SECRET)


def test_http_token_url_raises() -> None:
    with pytest.raises(ConfigError, match="token_url must be https"):
        ServerToServer("account", "client", SECRET, token_url="http://zoom.us/oauth/token")


def test_credentials_repr_hides_secret() -> None:
    text = f"{APP} {APP!r} {StaticToken(SECRET)} {StaticToken(SECRET)!r} {Token(SECRET)} {Token(SECRET)!r}"

    assert SECRET not in text


async def test_token_request_repr_hides_secret() -> None:
    requests: list[HttpRequest] = []

    async def app(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return token_response(SECRET)

    await APP.fetch(MemoryTransport(app))

    assert SECRET not in repr(requests)
    assert msgspec.json.encode(SECRET).decode() not in repr(token_response(SECRET))
