"""The app of the fake that users authorize: codes, rotating refresh tokens, and the reach of a user's token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from aiohttp import ServerDisconnectedError
from support.fake_http import Caller, Json, Response, calling

from zoomasync.auth import AuthorizationRequest
from zoomasync.testing import Account, FakeZoom, Host

REVOKE: Final = "/oauth/revoke"
TOKEN: Final = "/oauth/token"
CALLBACK: Final = "https://service.example/zoom/callback"


def account() -> Account:
    account = Account()
    for name in ("Ada Lund", "Omar Said"):
        host = account.add_host(name)
        account.add_meeting(host, registrants=1)
        account.add_recording(account.add_instance(host))
    return account


def code_of(callback: str) -> str:
    return parse_qs(urlsplit(callback).query)["code"][0]


def code_form(request: AuthorizationRequest, callback: str, **changes: str) -> Mapping[str, str]:
    form = {
        "grant_type": "authorization_code",
        "code": code_of(callback),
        "redirect_uri": CALLBACK,
        "code_verifier": request.code_verifier,
    }
    return {**form, **changes}


async def authorize(caller: Caller, user: Host | None = None, scope: str | None = None) -> Json:
    """Return the token response for *user*, whose token the caller then has."""
    request = caller.fake.user_oauth.authorization_request(scope and scope.split())
    response = await caller.post_form(TOKEN, code_form(request, caller.fake.approve(request.url, user)))
    assert response.status == 200, response.body
    caller.token = str(response.body["access_token"])
    return response.body


async def refresh(caller: Caller, tokens: Json) -> Response:
    return await caller.post_form(TOKEN, {"grant_type": "refresh_token", "refresh_token": str(tokens["refresh_token"])})


def oauth_error(response: Response) -> tuple[int, object, object]:
    return response.status, response.body.get("error"), response.body.get("reason")


async def test_code_exchange() -> None:
    async with calling(FakeZoom(account(), token_lifetime=120, user_scopes="user:read meeting:read")) as caller:
        tokens = await authorize(caller)
        origin = caller.fake.base_url.removesuffix("/v2")

    assert {name: value for name, value in tokens.items() if not name.endswith("_token")} == {
        "token_type": "bearer",
        "expires_in": 120,
        "scope": "user:read meeting:read",
        "api_url": origin,
    }
    assert tokens["access_token"] != tokens["refresh_token"]


async def test_callback_has_code_and_state() -> None:
    async with FakeZoom(account()) as fake:
        request = fake.user_oauth.authorization_request()
        callback = urlsplit(fake.approve(request.url))

    assert callback.geturl().startswith(f"{CALLBACK}?")
    assert [(name, value if name == "state" else "") for name, value in parse_qsl(callback.query)] == [
        ("code", ""),
        ("state", request.state),
    ]


async def test_denied_callback() -> None:
    async with FakeZoom(account(), redirect_uri="https://service.example/?page=zoom") as fake:
        request = fake.user_oauth.authorization_request()
        callback = fake.deny(request.url)

    assert callback == f"https://service.example/?page=zoom&error=access_denied&state={request.state}"


async def test_authorize_page_redirects() -> None:
    """A browser is redirected as the user who is signed in."""
    async with calling(FakeZoom(account())) as caller:
        caller.fake.signed_in_user = caller.fake.account.hosts[1]
        request = caller.fake.user_oauth.authorization_request()
        async with caller.session.get(request.url, allow_redirects=False) as response:
            callback = response.headers["Location"]
        tokens = await caller.post_form(TOKEN, code_form(request, callback))
        caller.token = str(tokens.body["access_token"])
        user = await caller.get("/users/me")

    assert response.status == 302
    assert user.body["email"] == "host2@northpier.example"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"client_id": "other"}, (4702, "Invalid client_id: other")),
        ({"redirect_uri": "https://other.example/"}, (4700, "Invalid redirect url")),
        ({"response_type": "token"}, (4700, "Invalid response_type")),
        ({"code_challenge_method": "S512"}, (4700, "Invalid code_challenge_method")),
        ({"scope": "user:read:admin"}, (4700, "Invalid scope")),
    ],
)
async def test_rejected_authorization_request(changed: Mapping[str, str], expected: tuple[int, str]) -> None:
    async with calling(FakeZoom(account())) as caller:
        request = caller.fake.user_oauth.authorization_request()
        address, _, query = request.url.partition("?")
        url = f"{address}?{urlencode({**dict(parse_qsl(query)), **changed})}"
        async with caller.session.get(url) as response:
            body = (await Response.read(response)).body
        for answer in (caller.fake.approve, caller.fake.deny):
            with pytest.raises(ValueError, match=expected[1]):
                answer(url)

    assert response.status == 400
    assert body == {"status": False, "errorCode": expected[0], "errorMessage": expected[1], "result": None}


async def test_url_of_another_server() -> None:
    async with FakeZoom(account()) as fake:
        with pytest.raises(ValueError, match=r"fake\.user_oauth"):
            fake.approve("https://zoom.us/oauth/authorize?response_type=code")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"code": "made-up"}, "Invalid authorization code"),
        ({"redirect_uri": "https://service.example/"}, "Redirect URI mismatch."),
        ({"code_verifier": "wrong"}, "Invalid code verifier"),
        ({"code_verifier": ""}, "Invalid code verifier"),
    ],
)
async def test_wrong_exchange(changes: Mapping[str, str], reason: str) -> None:
    async with calling(FakeZoom(account())) as caller:
        request = caller.fake.user_oauth.authorization_request()
        callback = caller.fake.approve(request.url)
        response = await caller.post_form(TOKEN, code_form(request, callback, **changes))

    assert oauth_error(response) == (400, "invalid_grant", reason)


async def test_code_is_for_one_use() -> None:
    async with calling(FakeZoom(account())) as caller:
        request = caller.fake.user_oauth.authorization_request()
        form = code_form(request, caller.fake.approve(request.url))
        responses = [await caller.post_form(TOKEN, form) for _ in range(2)]

    assert [response.status for response in responses] == [200, 400]
    assert oauth_error(responses[1])[2] == "Invalid authorization code"


async def test_code_expires() -> None:
    async with calling(FakeZoom(account(), code_lifetime=0)) as caller:
        request = caller.fake.user_oauth.authorization_request()
        response = await caller.post_form(TOKEN, code_form(request, caller.fake.approve(request.url)))

    assert oauth_error(response) == (400, "invalid_grant", "Code is expired")


@pytest.mark.parametrize(
    ("challenge", "verifier", "status"),
    [
        ({}, {}, 200),
        ({"code_challenge": "plain-text"}, {"code_verifier": "plain-text"}, 200),
        ({"code_challenge": "plain-text"}, {"code_verifier": "other"}, 400),
        ({"code_challenge": "plain-text", "code_challenge_method": "plain"}, {"code_verifier": "plain-text"}, 200),
    ],
)
async def test_plain_challenge(challenge: Mapping[str, str], verifier: Mapping[str, str], status: int) -> None:
    """PKCE is optional, and "plain" is the default method."""
    async with calling(FakeZoom(account())) as caller:
        app = caller.fake.user_oauth
        query = {"response_type": "code", "client_id": app.client_id, "redirect_uri": CALLBACK, **challenge}
        callback = caller.fake.approve(f"{app.cloud.authorize_url}?{urlencode(query)}")
        form = {"grant_type": "authorization_code", "code": code_of(callback), "redirect_uri": CALLBACK, **verifier}
        response = await caller.post_form(TOKEN, form)

    assert response.status == status
    assert "state" not in parse_qs(urlsplit(callback).query)


async def test_refresh_rotates() -> None:
    async with calling(FakeZoom(account(), user_scopes="user:read")) as caller:
        first = await authorize(caller)
        second = await refresh(caller, first)
        spent = await refresh(caller, first)
        third = await refresh(caller, second.body)
        caller.token = str(third.body["access_token"])
        user = await caller.get("/users/me")

    assert (second.status, second.body["scope"]) == (200, "user:read")
    assert oauth_error(spent) == (400, "invalid_grant", "Invalid Token!")
    assert user.status == 200


async def test_spent_refresh_token_within_tolerance() -> None:
    async with calling(FakeZoom(account(), refresh_reuse_seconds=60)) as caller:
        first = await authorize(caller)
        responses = [await refresh(caller, first) for _ in range(3)]

    assert [response.status for response in responses] == [200] * 3
    assert len({str(response.body["refresh_token"]) for response in responses}) == 3


async def test_lost_refresh_response() -> None:
    """The response is lost after the tokens have changed: the old refresh token is spent."""
    async with calling(FakeZoom(account())) as caller:
        first = await authorize(caller)
        caller.fake.drop_connection("POST /oauth/token", after="handling")
        with pytest.raises(ServerDisconnectedError):
            await refresh(caller, first)
        again = await refresh(caller, first)

    assert oauth_error(again) == (400, "invalid_grant", "Invalid Token!")


async def test_new_authorization_ends_earlier_tokens() -> None:
    async with calling(FakeZoom(account())) as caller:
        first = await authorize(caller)
        older = caller.token
        other = await authorize(caller, caller.fake.account.hosts[1])
        await authorize(caller)
        refreshed = [await refresh(caller, tokens) for tokens in (first, other)]
        statuses = [(await caller.get("/users/me")).status]
        caller.token = older
        statuses.append((await caller.get("/users/me")).status)

    assert [response.status for response in refreshed] == [400, 200]
    assert statuses == [200, 401]


@pytest.mark.parametrize("expired", [False, True])
async def test_revoke(*, expired: bool) -> None:
    async with calling(FakeZoom(account())) as caller:
        tokens = await authorize(caller)
        if expired:
            caller.fake.expire_access_tokens()
        revoked = await caller.post_form(REVOKE, {"token": caller.token})
        user, refreshed = await caller.get("/users/me"), await refresh(caller, tokens)
        again = await caller.post_form(REVOKE, {"token": caller.token})

    assert (revoked.status, revoked.body) == (200, {"status": "success"})
    assert (user.status, user.body) == (401, {"code": 124, "message": "Invalid access token."})
    assert oauth_error(refreshed) == (400, "invalid_grant", "Invalid Token!")
    assert oauth_error(again) == (400, "invalid_request", "Invalid Token!")


async def test_revoke_needs_access_token_of_user() -> None:
    async with calling(FakeZoom(account())) as caller:
        account_token = caller.token
        tokens = await authorize(caller)
        responses = [
            await caller.post_form(REVOKE, {"token": token})
            for token in ("", account_token, str(tokens["refresh_token"]))
        ]
        responses.append(await caller.post_form(REVOKE, {"token": caller.token}, secret="wrong"))
        user = await caller.get("/users/me")

    assert [response.body["error"] for response in responses] == ["invalid_request"] * 3 + ["invalid_client"]
    assert user.status == 200


async def test_remove_app() -> None:
    async with calling(FakeZoom(account())) as caller:
        tokens = await authorize(caller)
        caller.fake.remove_app(caller.fake.account.hosts[0])
        user, refreshed = await caller.get("/users/me"), await refresh(caller, tokens)

    assert user.error == (401, 124)
    assert oauth_error(refreshed) == (400, "invalid_grant", "Invalid Token!")


async def test_user_removed_from_account() -> None:
    async with calling(FakeZoom(account())) as caller:
        tokens = await authorize(caller)
        del caller.fake.account.hosts[0]
        user, refreshed = await caller.get("/users/me"), await refresh(caller, tokens)

    assert user.error == (401, 124)
    assert oauth_error(refreshed) == (400, "invalid_grant", "The owner of the token does not exist.")


async def test_expired_user_token() -> None:
    async with calling(FakeZoom(account())) as caller:
        tokens = await authorize(caller)
        caller.fake.expire_access_tokens()
        user = await caller.get("/users/me")
        caller.token = str((await refresh(caller, tokens)).body["access_token"])
        renewed = await caller.get("/users/me")

    assert user.body == {"code": 124, "message": "Access token is expired."}
    assert renewed.status == 200


@pytest.mark.parametrize("grant", ["account_credentials", "client_credentials"])
async def test_grant_of_another_app(grant: str) -> None:
    async with calling(FakeZoom(account())) as caller:
        response = await caller.post_form(TOKEN, {"grant_type": grant, "account_id": caller.fake.account.id})
        other = await caller.request_token(form={"grant_type": "refresh_token", "refresh_token": "token"})

    assert oauth_error(response) == oauth_error(other) == (400, "unsupported_grant_type", "unsupported grant type")


async def test_me_is_the_user() -> None:
    async with calling(FakeZoom(account())) as caller:
        owner = caller.fake.account.hosts[1]
        await authorize(caller, owner)
        user = await caller.get("/users/me")
        meetings = await caller.get("/users/me/meetings")
        created = await caller.post("/users/me/meetings", {"topic": "Review", "type": 2})

    assert (user.body["id"], user.body["account_id"]) == (owner.id, caller.fake.account.id)
    assert [row["host_id"] for row in meetings.rows("meetings")] == [owner.id]
    assert (created.status, created.body["host_id"]) == (201, owner.id)


async def test_me_of_account_token() -> None:
    """The reference says that a server-to-server app gives a user's id; here "me" is an unknown user."""
    async with calling(FakeZoom(account())) as caller:
        response = await caller.get("/users/me")

    assert response.body == {"code": 1001, "message": "User does not exist: me."}


@pytest.mark.parametrize("number", [0, 1], ids=["own id", "other user"])
async def test_user_must_be_me(number: int) -> None:
    async with calling(FakeZoom(account())) as caller:
        await authorize(caller)
        response = await caller.get(f"/users/{caller.fake.account.hosts[number].id}/meetings")

    assert response.error == (400, 4711)
    assert response.body["message"] == (
        "Invalid access token, does not contain scopes:[meeting:read:list_meetings:admin]."
    )


async def test_list_of_users_needs_admin_scope() -> None:
    async with calling(FakeZoom(account(), user_scopes="user:read user:read:admin")) as caller:
        await authorize(caller, scope="user:read")
        own = await caller.get("/users")
        await authorize(caller)
        every = await caller.get("/users")

    assert own.error == (400, 4711)
    assert len(every.rows("users")) == 2


async def test_meetings_of_others() -> None:
    """A user's token reaches scheduled meetings, instances and recordings of that user only."""
    async with calling(FakeZoom(account())) as caller:
        data = caller.fake.account
        await authorize(caller)
        paths = [
            [
                f"/meetings/{data.scheduled_meetings[number].id}",
                f"/meetings/{data.scheduled_meetings[number].id}/registrants",
                f"/past_meetings/{data.instances[number].id}",
                f"/past_meetings/{data.instances[number].uuid}/participants",
                f"/meetings/{data.recordings[number].uuid}/recordings",
            ]
            for number in (0, 1)
        ]
        own, others = [[await caller.get(path) for path in each] for each in paths]
        unknown = await caller.get("/meetings/99")

    assert [response.status for response in own] == [200] * 5
    assert [response.error for response in others] == [(403, 403)] * 5
    assert others[0].body["message"] == "Authenticated user has not permitted access to the targeted resource."
    assert unknown.error == (404, 3001)


async def test_downloads_of_others() -> None:
    async with calling(FakeZoom(account())) as caller:
        await authorize(caller)
        statuses = list[int]()
        for recording in caller.fake.account.recordings:
            url = f"{caller.fake.base_url.removesuffix('/v2')}/rec/download/{recording.files[0].id}"
            async with caller.session.get(url, headers={"Authorization": f"Bearer {caller.token}"}) as response:
                statuses.append(response.status)

    assert statuses == [200, 403]


async def test_admin_scope_reaches_account() -> None:
    scopes = "meeting:read:admin meeting:read user:read:admin"
    async with calling(FakeZoom(account(), user_scopes=scopes)) as caller:
        other = caller.fake.account.hosts[1]
        await authorize(caller)
        paths = (
            "/users/me",
            f"/users/{other.id}/meetings",
            f"/meetings/{caller.fake.account.scheduled_meetings[1].id}",
        )
        statuses = [(await caller.get(path)).status for path in paths]

    assert statuses == [200] * 3


async def test_scopes_of_request() -> None:
    """The user grants the scopes of the request, not all of the app."""
    async with calling(FakeZoom(account(), user_scopes="user:read meeting:read")) as caller:
        tokens = await authorize(caller, scope="user:read")
        responses = [await caller.get(path) for path in ("/users/me", "/users/me/meetings")]

    assert tokens["scope"] == "user:read"
    assert [response.status for response in responses] == [200, 400]


@pytest.mark.parametrize("route", ["POST /oauth/revoke", "GET /oauth/authorize"])
async def test_faults_of_oauth_routes(route: str) -> None:
    async with calling(FakeZoom(account())) as caller:
        caller.fake.respond(route, status=503, body={})
        method, _, path = route.partition(" ")
        url = f"{caller.fake.base_url.removesuffix('/v2')}{path}"
        statuses = list[int]()
        for _ in range(2):
            async with caller.session.request(method, url) as response:
                statuses.append(response.status)
        async with caller.session.put(url) as response:
            statuses.append(response.status)

    assert statuses == [503, 400, 405]
    assert [(request.route, request.label) for request in caller.fake.requests[1:3]] == [(route, None)] * 2


async def test_log_has_no_secrets() -> None:
    async with calling(FakeZoom(account())) as caller:
        app = caller.fake.user_oauth
        request = app.authorization_request()
        async with caller.session.get(request.url, allow_redirects=False) as response:
            callback = response.headers["Location"]
        tokens = (await caller.post_form(TOKEN, code_form(request, callback))).body
        await refresh(caller, tokens)
        await caller.post_form(REVOKE, {"token": str(tokens["access_token"])})
        log = repr(caller.fake.requests) + repr(caller.fake) + repr(app)

    secrets = (tokens["access_token"], tokens["refresh_token"], request.state, request.code_verifier, code_of(callback))
    assert [secret for secret in (*secrets, app.client_secret) if str(secret) in log] == []
    assert [each.route for each in caller.fake.requests] == [
        "POST /oauth/token",
        "GET /oauth/authorize",
        "POST /oauth/token",
        "POST /oauth/token",
        "POST /oauth/revoke",
    ]
