"""The scopes of the fake's tokens."""

from __future__ import annotations

import pytest
from support.contract import ALL_OPERATIONS
from support.fake_http import calling

from zoomasync.testing import Account, FakeZoom
from zoomasync.testing.protocol.access_tokens import DEFAULT_SCOPES


def test_default_scopes_allow_every_operation() -> None:
    granted = set(DEFAULT_SCOPES.split())

    assert [
        name
        for name, operation in ALL_OPERATIONS.items()
        if not granted & {*operation.scopes, *operation.granular_scopes}
    ] == []


@pytest.mark.parametrize("scope", ["report:read:admin", "report:read:billing:admin"])
async def test_one_scope_allows_an_operation(scope: str) -> None:
    """Either the classic or the granular scope is enough."""
    fake = FakeZoom(Account(), plan=None, scopes=f"meeting:read:admin {scope}")
    async with calling(fake) as caller:
        token = await caller.request_token()
        response = await caller.get("/report/billing")

    assert token.body["scope"] == f"meeting:read:admin {scope}"
    assert response.status == 200


@pytest.mark.parametrize("scopes", ["", "meeting:read:admin", "report:read report:read:billing"])
async def test_missing_scope_is_named(scopes: str) -> None:
    async with calling(FakeZoom(Account(), plan=None, scopes=scopes)) as caller:
        response = await caller.get("/report/billing")

    assert response.error == (400, 4711)
    assert response.body["message"] == "Invalid access token, does not contain scopes:[report:read:billing:admin]."


async def test_missing_scope_names_all() -> None:
    async with calling(FakeZoom(Account(), plan=None, scopes="report:read:admin")) as caller:
        response = await caller.delete("/meetings/81/survey")

    assert response.body["message"] == (
        "Invalid access token, does not contain scopes:[meeting:delete:survey, meeting:delete:survey:admin]."
    )


async def test_missing_scope_not_counted() -> None:
    """A request without the scope does not use up a scripted response; unlisted routes need no scope."""
    async with calling(FakeZoom(Account(), plan=None, scopes="")) as caller:
        caller.fake.respond("reports.billing", status=500, body={})
        caller.fake.respond("GET /example", status=200, body={})
        statuses = [(await caller.get(path)).status for path in ("/report/billing", "/report/billing", "/example")]

    assert statuses == [400, 400, 200]
