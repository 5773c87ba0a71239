"""The fake's token endpoint, and what it takes to be let in."""

from __future__ import annotations

from support.fake_http import calling

from zoomasync.testing import Account, FakeZoom

BILLING = "/report/billing"


def fake(token_lifetime: int = 3600) -> FakeZoom:
    return FakeZoom(Account(), plan=None, token_lifetime=token_lifetime)


async def test_the_right_client_gets_a_bearer_token() -> None:
    async with calling(fake(token_lifetime=120)) as caller:
        answer = await caller.request_token()
        origin = caller.fake.base_url.removesuffix("/v2")

    assert (answer.status, answer.body["token_type"], answer.body["expires_in"]) == (200, "bearer", 120)
    assert answer.body["api_url"] == origin
    assert "report:read:admin" in str(answer.body["scope"])


async def test_every_call_issues_another_token_and_all_of_them_live() -> None:
    async with calling(fake()) as caller:
        older = caller.token
        await caller.sign_in()
        newer = caller.token
        statuses = [(await caller.get(BILLING)).status]
        caller.token = older
        statuses.append((await caller.get(BILLING)).status)

    assert older != newer
    assert statuses == [200, 200]


async def test_a_wrong_secret_is_refused_in_the_token_endpoints_own_words() -> None:
    async with calling(fake()) as caller:
        answer = await caller.request_token(secret="wrong")

    assert answer.status == 400
    assert answer.body == {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}


async def test_another_grant_is_refused() -> None:
    async with calling(fake()) as caller:
        answer = await caller.request_token(form={"grant_type": "client_credentials"})

    assert answer.status == 400
    assert answer.body == {"reason": "unsupported grant type", "error": "unsupported_grant_type"}


async def test_another_account_is_refused() -> None:
    async with calling(fake()) as caller:
        answer = await caller.request_token(form={"grant_type": "account_credentials", "account_id": "other"})

    assert (answer.status, answer.body["error"]) == (400, "invalid_request")


async def test_parameters_in_the_query_string_are_refused() -> None:
    async with calling(fake()) as caller:
        account_id = caller.fake.credentials.account_id
        answer = await caller.request_token(form={}, query=f"?grant_type=account_credentials&account_id={account_id}")

    assert (answer.status, answer.body["error"]) == (400, "invalid_request")


async def test_no_token_and_an_unknown_token_are_invalid() -> None:
    async with calling(fake()) as caller:
        caller.token = ""
        answers = [await caller.get(BILLING)]
        caller.token = "made-up"
        answers.append(await caller.get(BILLING))

    assert [answer.status for answer in answers] == [401, 401]
    assert answers[0].body == answers[1].body == {"code": 124, "message": "Invalid access token."}


async def test_a_token_counts_as_a_bearers_alone() -> None:
    async with calling(fake()) as caller:
        caller.scheme = "Basic"
        answer = await caller.get(BILLING)

    assert (answer.status, answer.code) == (401, 124)


async def test_a_token_at_the_end_of_its_life_is_expired() -> None:
    async with calling(fake(token_lifetime=0)) as caller:
        answer = await caller.get(BILLING)

    assert (answer.status, answer.body) == (401, {"code": 124, "message": "Access token is expired."})


async def test_all_access_tokens_can_be_made_to_expire() -> None:
    async with calling(fake()) as caller:
        caller.fake.expire_access_tokens()
        expired = await caller.get(BILLING)
        await caller.sign_in()
        renewed = await caller.get(BILLING)

    assert (expired.status, expired.body["message"]) == (401, "Access token is expired.")
    assert renewed.status == 200
