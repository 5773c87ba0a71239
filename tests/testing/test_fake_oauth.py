"""The fake's token endpoint, and the access tokens that the API accepts."""

from __future__ import annotations

from support.fake_http import calling

from zoomasync.testing import Account, FakeZoom

BILLING = "/report/billing"


def fake(token_lifetime: int = 3600) -> FakeZoom:
    return FakeZoom(Account(), plan=None, token_lifetime=token_lifetime)


async def test_token_request() -> None:
    async with calling(fake(token_lifetime=120)) as caller:
        response = await caller.request_token()
        origin = caller.fake.base_url.removesuffix("/v2")

    assert (response.status, response.body["token_type"], response.body["expires_in"]) == (200, "bearer", 120)
    assert response.body["api_url"] == origin
    assert "report:read:admin" in str(response.body["scope"])


async def test_older_token_is_valid() -> None:
    async with calling(fake()) as caller:
        older = caller.token
        await caller.sign_in()
        newer = caller.token
        statuses = [(await caller.get(BILLING)).status]
        caller.token = older
        statuses.append((await caller.get(BILLING)).status)

    assert older != newer
    assert statuses == [200, 200]


async def test_token_request_wrong_secret() -> None:
    async with calling(fake()) as caller:
        response = await caller.request_token(secret="wrong")

    assert response.status == 400
    assert response.body == {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}


async def test_token_request_other_grant() -> None:
    async with calling(fake()) as caller:
        response = await caller.request_token(form={"grant_type": "client_credentials"})

    assert response.status == 400
    assert response.body == {"reason": "unsupported grant type", "error": "unsupported_grant_type"}


async def test_token_request_other_account() -> None:
    async with calling(fake()) as caller:
        response = await caller.request_token(form={"grant_type": "account_credentials", "account_id": "other"})

    assert (response.status, response.body["error"]) == (400, "invalid_request")


async def test_token_request_query_parameters() -> None:
    async with calling(fake()) as caller:
        account_id = caller.fake.credentials.account_id
        response = await caller.request_token(form={}, query=f"?grant_type=account_credentials&account_id={account_id}")

    assert (response.status, response.body["error"]) == (400, "invalid_request")


async def test_missing_or_unknown_token() -> None:
    async with calling(fake()) as caller:
        caller.token = ""
        responses = [await caller.get(BILLING)]
        caller.token = "made-up"
        responses.append(await caller.get(BILLING))

    assert [response.status for response in responses] == [401, 401]
    assert responses[0].body == responses[1].body == {"code": 124, "message": "Invalid access token."}


async def test_token_in_basic_scheme() -> None:
    async with calling(fake()) as caller:
        caller.scheme = "Basic"
        response = await caller.get(BILLING)

    assert (response.status, response.code) == (401, 124)


async def test_token_expires_after_lifetime() -> None:
    async with calling(fake(token_lifetime=0)) as caller:
        response = await caller.get(BILLING)

    assert (response.status, response.body) == (401, {"code": 124, "message": "Access token is expired."})


async def test_expire_access_tokens() -> None:
    async with calling(fake()) as caller:
        caller.fake.expire_access_tokens()
        expired = await caller.get(BILLING)
        await caller.sign_in()
        renewed = await caller.get(BILLING)

    assert (expired.status, expired.body["message"]) == (401, "Access token is expired.")
    assert renewed.status == 200
