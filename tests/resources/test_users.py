"""`zoom.users` against the fake server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.stories import last_request

from zoomasync import Zoom
from zoomasync.errors import BadRequest, NotFound
from zoomasync.testing import Account, CustomAttribute, FakeZoom, Host

ADA = Host(
    id="uAda",
    email="ada@northpier.example",
    name="Ada Orr Lind",
    role_id="1",
    employee_unique_id="e-1",
    licenses=frozenset({"zoom_compliance_management"}),
    custom_attributes=(CustomAttribute(key="k", name="site", value="north"),),
    last_login=datetime(2026, 6, 1, 9, tzinfo=UTC),
)


async def test_list_active_users(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """Without a status, a listing has the active users of the account."""
    users = [account.add_host() for _ in range(2001)]
    account.add_host(status="inactive")
    account.add_host(other_account=True)

    listed = [each.id async for each in zoom.users.list()]

    assert listed == [each.id for each in users]
    assert [request.query["page_size"] for request in fake.requests[1:]] == ["2000", "2000"]
    assert last_request(fake)[0] == "GET /v2/users"


@pytest.mark.parametrize("status", ["inactive", "pending"])
async def test_list_other_users(status: str, zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    """A pending user has no id."""
    account.add_host()
    inactive, pending = account.add_host(status="inactive"), account.add_host(status="pending")

    listed = [each async for each in zoom.users.list(status=status)]

    assert last_request(fake)[1] == {"status": status, "page_size": "2000"}
    expected = inactive if status == "inactive" else pending
    assert [(each.email, each.id or "") for each in listed] == [(expected.email, expected.id)]
    assert [user.id is None for user in listed] == [status == "pending"]
    assert account.hosts == account.users[:1]


async def test_list_with_filters(zoom: Zoom, account: Account) -> None:
    account.add_host()
    account.hosts.append(ADA)

    by_role = [each.email async for each in zoom.users.list(role_id="1")]
    by_license = [each.email async for each in zoom.users.list(license="zoom_compliance_management")]

    assert by_role == by_license == [ADA.email]


@pytest.mark.parametrize("field", ["custom_attributes", "host_key"])
async def test_list_includes_field(field: str, zoom: Zoom, account: Account) -> None:
    account.hosts.append(ADA)

    [plain] = [each async for each in zoom.users.list()]
    [user] = [each async for each in zoom.users.list(include_fields=field)]

    assert (plain.custom_attributes, plain.host_key) == ((), None)
    assert bool(user.custom_attributes) is (field == "custom_attributes")
    assert bool(user.host_key) is (field == "host_key")


@pytest.mark.parametrize("name", ["uAda", "ada@northpier.example"])
async def test_get_user(name: str, zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    account.hosts.append(ADA)

    user = await zoom.users.get(name)

    assert last_request(fake) == (f"GET /v2/users/{name.replace('@', '%40')}", {})
    assert (user.id, user.email, user.first_name, user.last_name) == ("uAda", ADA.email, "Ada", "Orr Lind")
    assert (user.status, user.role_name, user.account_id) == ("active", "Admin", account.id)
    assert user.last_login_time == ADA.last_login
    assert user.login_types == (100,)


async def test_get_by_employee_id(zoom: Zoom, fake: FakeZoom, account: Account) -> None:
    account.hosts.append(ADA)

    user = await zoom.users.get("e-1", search_by_unique_id=True, login_type=100)

    assert last_request(fake)[1] == {"search_by_unique_id": "true", "login_type": "100"}
    assert user.id == "uAda"
    with pytest.raises(NotFound):
        await zoom.users.get("uAda", search_by_unique_id=True)


async def test_get_pending_user(zoom: Zoom, account: Account) -> None:
    """A pending user has no id, and was created at the time of the call."""
    pending = account.add_host(status="pending")

    user = await zoom.users.get(pending.email)

    assert (user.id, user.status, user.verified) == (None, "pending", 0)
    assert user.user_created_at == datetime(2020, 1, 1, 8, tzinfo=UTC)
    assert user.created_at is not None
    assert user.created_at.year == account.today.year


async def test_get_expired_invitation(zoom: Zoom, account: Account) -> None:
    account.other_users.append(
        Host(id="", email="bo@northpier.example", name="Bo", status="pending", invitation_expired=True)
    )

    with pytest.raises(BadRequest) as raised:
        await zoom.users.get("bo@northpier.example")

    assert raised.value.code == 1120


@pytest.mark.parametrize(
    ("name", "login_type", "encrypted"),
    [("none", None, None), ("uAda", 1, None), ("uAda", None, True), ("uOther", None, None)],
)
async def test_get_unknown_raises(
    name: str, login_type: int | None, *, encrypted: bool | None, zoom: Zoom, account: Account
) -> None:
    account.hosts.append(ADA)
    account.add_host(id="uOther", other_account=True)

    with pytest.raises(NotFound) as raised:
        await zoom.users.get(name, login_type=login_type, encrypted_email=encrypted)

    assert raised.value.code == 1001
