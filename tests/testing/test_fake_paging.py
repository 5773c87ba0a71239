"""Pages of the fake: complete for any page size, with page tokens that are bound and expire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_http import Caller, calling

from zoomasync.testing import Account, FakeZoom
from zoomasync.testing.protocol.page_tokens import PageTokens
from zoomasync.testing.protocol.responses import ErrorResponse


def row(item: int) -> dict[str, object]:
    return {"item": item}


@given(total=st.integers(0, 700), size=st.integers(1, 300), cap=st.integers(1, 300))
def test_pages_are_complete(total: int, size: int, cap: int) -> None:
    """Any page size gives every row once and in order."""
    page_tokens = PageTokens(lambda: 0.0, cap=cap, lifetime=900.0)
    query = {"page_size": str(size)}
    seen: list[object] = []
    pages = 0
    while True:
        page = page_tokens.page("/p", query, range(total), row)
        seen += [each["item"] for each in page.rows]
        pages += 1
        assert page.size == min(size, cap)
        assert page.totals() == {"total_records": total, "page_count": page.totals()["page_count"]}
        if not page.next_page_token:
            break
        query = {**query, "next_page_token": page.next_page_token}

    assert seen == list(range(total))
    assert pages == page.totals()["page_count"]


def test_page_token_expires() -> None:
    now = [0.0]
    page_tokens = PageTokens(lambda: now[0], cap=300, lifetime=900.0)
    token = page_tokens.page("/p", {}, range(31), row).next_page_token
    now[0] = 899.9

    assert len(page_tokens.page("/p", {"next_page_token": token}, range(31), row).rows) == 1

    now[0] = 900.0
    with pytest.raises(ErrorResponse, match="invalid or expired"):
        page_tokens.page("/p", {"next_page_token": token}, range(31), row)


@pytest.fixture
def fake() -> FakeZoom:
    account = Account()
    account.add_instance(participants=70, id=81)
    account.add_instance(participants=70, id=82)
    return FakeZoom(account, plan=None)


PARTICIPANTS = "/report/meetings/81/participants"


async def test_default_page_size(fake: FakeZoom) -> None:
    async with calling(fake) as caller:
        response = await caller.get(PARTICIPANTS)

    assert len(response.rows("participants")) == 30
    assert (response.body["page_size"], response.body["page_count"], response.body["total_records"]) == (30, 3, 70)


async def test_page_size_cap() -> None:
    """A larger `page_size` is not an error; pages have the size of the cap."""
    account = Account()
    account.add_instance(participants=70, id=81)
    async with calling(FakeZoom(account, plan=None, page_size_cap=50)) as caller:
        response = await caller.get(PARTICIPANTS, page_size=300)
        everyone = await caller.every(PARTICIPANTS, "participants", page_size=300)

    assert (response.status, response.body["page_size"], len(response.rows("participants"))) == (200, 50, 50)
    assert len(everyone) == 70


async def test_token_can_be_sent_twice(fake: FakeZoom) -> None:
    async with calling(fake) as caller:
        token = (await caller.get(PARTICIPANTS)).body["next_page_token"]
        first = await caller.get(PARTICIPANTS, next_page_token=token)
        again = await caller.get(PARTICIPANTS, next_page_token=token)

    assert first.rows("participants") == again.rows("participants")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (PARTICIPANTS, {"page_size": "30"}),
        (PARTICIPANTS, {"include_fields": "registrant_id"}),
        ("/report/meetings/82/participants", {}),
        ("/past_meetings/81/participants", {}),
    ],
)
async def test_token_is_bound_to_its_list(fake: FakeZoom, path: str, query: dict[str, str]) -> None:
    async with calling(fake) as caller:
        token = (await caller.get(PARTICIPANTS)).body["next_page_token"]
        response = await caller.get(path, next_page_token=token, **query)

    assert_stale(response.status, response.body)


async def test_unknown_token_fails(fake: FakeZoom) -> None:
    async with calling(fake) as caller:
        response = await caller.get(PARTICIPANTS, next_page_token="made-up")

    assert_stale(response.status, response.body)


async def test_expire_page_tokens(fake: FakeZoom) -> None:
    async with calling(fake) as caller:
        token = (await caller.get(PARTICIPANTS)).body["next_page_token"]
        fake.expire_page_tokens()
        response = await caller.get(PARTICIPANTS, next_page_token=token)
        fresh = await caller.every(PARTICIPANTS, "participants")

    assert_stale(response.status, response.body)
    assert len(fresh) == 70


async def test_page_number_gives_same_rows() -> None:
    async with calling(FakeZoom(Account.simulated(hosts=7), plan=None)) as caller:
        everyone = await hosts(caller, page_size=2)
        numbered = [
            row
            for number in range(1, 5)
            for row in (await caller.get("/report/users", **window(caller), page_size=2, page_number=number)).rows(
                "users"
            )
        ]

    assert len(everyone) == 7
    assert numbered == everyone


async def hosts(caller: Caller, page_size: int) -> list[dict[str, object]]:
    return await caller.every("/report/users", "users", **window(caller), page_size=page_size)


def window(caller: Caller) -> dict[str, object]:
    return {"from_": caller.fake.today, "to": caller.fake.today}


def assert_stale(status: int, body: dict[str, object]) -> None:
    assert (status, body) == (400, {"code": 300, "message": "The next page token is invalid or expired."})
