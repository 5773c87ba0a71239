"""Users of the fake's account."""

from __future__ import annotations

from datetime import date

import pytest
from support.fake_http import calling

from zoomasync.testing import Account, FakeZoom


async def test_page_size_of_2000() -> None:
    """A page of users is larger than those of other listings."""
    account = Account()
    for _ in range(301):
        account.add_host()
    async with calling(FakeZoom(account, plan=None)) as caller:
        page = await caller.get("/users", page_size=2000)
        second = await caller.get("/users", page_size=300, page_number=2)
        invalid = await caller.get("/users", page_size=2001)

    assert (len(page.rows("users")), page.body["page_count"], page.body["total_records"]) == (301, 1, 301)
    assert [user["email"] for user in second.rows("users")] == ["host301@northpier.example"]
    assert (invalid.error, invalid.error_field) == ((400, 300), "page_size")


@pytest.mark.parametrize("status", ["active", "inactive", "pending"])
async def test_simulated_statuses(status: str) -> None:
    """The simulated account has users with each status; only a pending one has no id."""
    account = Account.simulated(today=date(2026, 3, 18))
    async with calling(FakeZoom(account, plan=None)) as caller:
        users = (await caller.get("/users", status=status)).rows("users")
        details = [await caller.get(f"/users/{user['email']}") for user in users]

    assert {user["status"] for user in users} == {status}
    assert ["id" in user for user in users] == [status != "pending"] * len(users)
    assert {each.error for each in details} - {(200, None)} == ({(400, 1120)} if status == "pending" else set())


async def test_user_who_hosts_nothing() -> None:
    """Requests for an inactive user find the user."""
    account = Account()
    inactive = account.add_host(status="inactive")
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.get(f"/users/{inactive.id}/recordings")

    assert (response.status, response.rows("meetings")) == (200, [])
