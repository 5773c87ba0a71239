from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from zoomasync import UserOAuth
from zoomasync.auth import AuthorizationRequest, Cloud
from zoomasync.auth._user_oauth import code_in
from zoomasync.errors import AuthorizationDenied, ConfigError, InvalidArgument, ReauthorizationRequired

SECRET = "canary-secret"
CALLBACK = "https://app.example/zoom/callback?tenant=1"
APP = UserOAuth("client", SECRET, CALLBACK)
REQUEST = AuthorizationRequest("https://zoom.us/oauth/authorize?…", "state-1", "canary-verifier")


def test_authorization_url_parameters() -> None:
    request = APP.authorization_request()

    url = urlsplit(request.url)
    parameters = parse_qs(url.query, strict_parsing=True)
    challenge = hashlib.sha256(request.code_verifier.encode()).digest()
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://zoom.us/oauth/authorize"
    assert parameters == {
        "response_type": ["code"],
        "client_id": ["client"],
        "redirect_uri": [CALLBACK],
        "state": [request.state],
        "code_challenge": [base64.urlsafe_b64encode(challenge).decode().rstrip("=")],
        "code_challenge_method": ["S256"],
    }
    assert SECRET not in request.url
    assert request.code_verifier not in request.url


def test_requests_are_random() -> None:
    """RFC 7636 asks for 43 to 128 characters."""
    requests = [APP.authorization_request() for _ in range(100)]

    assert len({request.state for request in requests}) == 100
    assert len({request.code_verifier for request in requests}) == 100
    assert {(len(request.state), len(request.code_verifier)) for request in requests} == {(43, 64)}


def test_scopes_are_in_the_url() -> None:
    request = APP.authorization_request(["meeting:read:meeting", "user:read:user"])

    assert "scope=meeting%3Aread%3Ameeting%20user%3Aread%3Auser" in request.url


@pytest.mark.parametrize("scopes", [[], ["a b"], [""], ['"'], "a b", ["é"]], ids=repr)
def test_invalid_scopes_raise(scopes: list[str]) -> None:
    with pytest.raises(InvalidArgument, match="scopes must be names"):
        APP.authorization_request(scopes)


def test_request_survives_a_session() -> None:
    """A web session keeps JSON."""
    request = APP.authorization_request()

    assert AuthorizationRequest(**json.loads(json.dumps(asdict(request)))) == request


@pytest.mark.parametrize(
    "callback",
    [
        "code=c%2B1&state=state-1",
        "?code=c%2B1&state=state-1",
        "https://app.example/zoom/callback?tenant=1&code=c%2B1&state=state-1",
        "error_description=http://a?b&state=state-1&code=c%2B1",
        {"code": "c+1", "state": "state-1"},
    ],
    ids=["query", "question mark", "URL", "URL in the query", "mapping"],
)
def test_code_is_read(callback: str | dict[str, str]) -> None:
    assert code_in(callback, REQUEST) == "c+1"


def test_request_without_state_is_denied() -> None:
    """A session that has lost the request must not accept a callback of anyone."""
    with pytest.raises(AuthorizationDenied, match="another request"):
        code_in("code=abc", AuthorizationRequest("", "", ""))


@pytest.mark.parametrize(
    "callback",
    [
        "",
        "code=1",
        "code=1&state=",
        "code=1&state=state-2",
        "code=1&state=state-1&state=state-1",
        "code=1&state=state-1&state=state-2",
        "code=1&state=%E9%ff",
        "error=access_denied",
        "error=access_denied&state=state-2",
        {"code": "1", "state": "ä"},
        {"code": "1", "state": "\udcff"},
        "https://[/callback?code=1&state=state-1",
        "a=1&" * 50 + "code=1&state=state-1",
    ],
    ids=str,
)
def test_other_state_is_denied(callback: str | dict[str, str]) -> None:
    with pytest.raises(AuthorizationDenied) as caught:
        code_in(callback, REQUEST)

    assert caught.value.reason == "the callback belongs to another request, or to another browser"
    assert caught.value.error is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("error", "reason", "known"),
    [
        ("access_denied", "the user declined", "access_denied"),
        ("invalid_scope", "Zoom sent the error invalid_scope", "invalid_scope"),
        ("<script>ada@example.com", "Zoom sent the error of another form", None),
        ("", "Zoom sent the error of another form", None),
    ],
)
def test_error_of_callback_is_denied(error: str, reason: str, known: str | None) -> None:
    """An error that has not the form of OAuth's is not repeated."""
    with pytest.raises(AuthorizationDenied) as caught:
        code_in(f"error={quote(error)}&code=1&state=state-1", REQUEST)

    assert (caught.value.reason, caught.value.error) == (reason, known)
    assert str(caught.value) == (f"no authorization: {reason}. Send the user to the URL of a new authorization request")


@pytest.mark.parametrize("query", ["", "code=", "code=%00", "code=1&code=2"])
def test_missing_code_is_denied(query: str) -> None:
    with pytest.raises(AuthorizationDenied, match="the callback has no code"):
        code_in(f"state=state-1&{query}", REQUEST)


@pytest.mark.parametrize("value", ["", " x", "x\n"], ids=repr)
def test_invalid_app_raises(value: str) -> None:
    with pytest.raises(ConfigError, match=r"^UserOAuth: client_id must be"):
        UserOAuth(value, SECRET, CALLBACK)
    with pytest.raises(ConfigError, match=r"^UserOAuth: client_secret must be"):
        UserOAuth("client", value, CALLBACK)
    with pytest.raises(ConfigError, match=r"^UserOAuth: redirect_uri must be"):
        UserOAuth("client", SECRET, value)


@pytest.mark.parametrize("url", ["/callback", "app.example/callback", "https://app.example/#callback"])
def test_invalid_redirect_uri_raises(url: str) -> None:
    with pytest.raises(ConfigError, match="redirect_uri must be a URL without a fragment"):
        UserOAuth("client", SECRET, url)


def test_cloud_has_the_addresses() -> None:
    app = UserOAuth("client", SECRET, CALLBACK, cloud=Cloud.GOV)

    assert app.authorization_request().url.startswith("https://zoomgov.com/oauth/authorize?")


def test_app_from_environment() -> None:
    environ = {"ZOOM_CLIENT_ID": "client", "ZOOM_CLIENT_SECRET": SECRET, "ZOOM_REDIRECT_URI": CALLBACK}

    assert UserOAuth.from_env(environ) == APP
    assert UserOAuth.from_env({**environ, "ZOOM_CLOUD": "gov"}).cloud == Cloud.GOV
    addresses = {"ZOOM_BASE_URL": "https://a.example/v2", "ZOOM_TOKEN_URL": "https://b.example/oauth/token"}
    assert UserOAuth.from_env({**environ, **addresses}).cloud == Cloud(
        base_url="https://a.example/v2",
        token_url="https://b.example/oauth/token",
        authorize_url="https://b.example/oauth/authorize",
        revoke_url="https://b.example/oauth/revoke",
    )
    with pytest.raises(ConfigError, match="ZOOM_REDIRECT_URI is not set"):
        UserOAuth.from_env({**environ, "ZOOM_REDIRECT_URI": ""})


def test_repr_hides_secrets() -> None:
    shown = f"{APP} {APP!r} {REQUEST} {REQUEST!r}"

    assert "canary" not in shown
    assert "state-1" not in shown


def test_reauthorization_hides_the_user() -> None:
    error = ReauthorizationRequired("canary-user", "the app was removed")

    assert error.user_id == "canary-user"
    assert "canary" not in f"{error} {error!r}"
    assert str(error) == "the user must authorize the app again: the app was removed"
    assert not error.is_outage
