"""Pages of the fake: complete for any page size, with page tokens that are bound and expire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_http import Caller, Response, calling

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


@pytest.mark.parametrize("operation", ["reports.meeting_participants", "GET /report/meetings/{meetingId}/participants"])
async def test_repeat_empty_pages(fake: FakeZoom, operation: str) -> None:
    """Each empty page has a new token; the counts are those of the listing."""
    async with calling(fake) as caller:
        fake.repeat_pages(operation, on_request=2)
        pages = await pages_of(caller, 6)

    assert [len(page.rows("participants")) for page in pages] == [30, 0, 0, 0, 0, 0]
    assert {page.body["total_records"] for page in pages} == {70}
    assert len({page.body["next_page_token"] for page in pages}) == 6


async def test_repeat_equal_pages(fake: FakeZoom) -> None:
    async with calling(fake) as caller:
        complete = await caller.every(PARTICIPANTS, "participants")
        fake.repeat_pages("reports.meeting_participants", kind="equal", on_request=2)
        pages = await pages_of(caller, 6)

    assert [page.rows("participants") for page in pages] == [complete[:30], *[complete[30:60]] * 5]
    assert len({page.body["next_page_token"] for page in pages}) == 6


@pytest.mark.parametrize(("on_request", "tokens"), [(1, 1), (2, 1), (3, 2)])
async def test_repeat_same_token(fake: FakeZoom, on_request: int, tokens: int) -> None:
    async with calling(fake) as caller:
        fake.repeat_pages("reports.meeting_participants", kind="same_token", on_request=on_request)
        pages = await pages_of(caller, 6)

    assert len({page.body["next_page_token"] for page in pages}) == tokens


async def test_repeat_pages_with_end(fake: FakeZoom) -> None:
    """After *times* pages, or when it is cleared, the listing continues."""
    async with calling(fake) as caller:
        fake.repeat_pages("reports.meeting_participants", times=3)
        counted = await pages_of(caller, 6)
        fake.repeat_pages("reports.meeting_participants")
        token = (await pages_of(caller, 3))[-1].body["next_page_token"]
        fake.clear_responses()
        cleared = await caller.get(PARTICIPANTS, next_page_token=token)

    assert [len(page.rows("participants")) for page in counted] == [0, 0, 0, 30, 30, 10]
    assert cleared.rows("participants") == counted[3].rows("participants")


async def test_repeat_pages_of_an_empty_listing() -> None:
    account = Account()
    account.add_instance(participants=0, id=81, type=5)
    async with calling(FakeZoom(account, plan=None)) as caller:
        caller.fake.repeat_pages("reports.webinar_participants", kind="equal")
        pages = await pages_of(caller, 3, "/report/webinars/81/participants")

    assert [page.rows("participants") for page in pages] == [[], [], []]
    assert len({page.body["next_page_token"] for page in pages}) == 3


@pytest.mark.parametrize("operation", ["reports.billing", "GET /example", "POST /oauth/token"])
def test_repeat_pages_without_pages(fake: FakeZoom, operation: str) -> None:
    with pytest.raises(ValueError, match="has no pages"):
        fake.repeat_pages(operation)


def test_repeat_pages_of_unknown_kind(fake: FakeZoom) -> None:
    with pytest.raises(ValueError, match="kind must be one of empty, equal, same_token"):
        fake.repeat_pages("reports.users", kind="all")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def pages_of(caller: Caller, count: int, path: str = PARTICIPANTS) -> list[Response]:
    """Return the first *count* pages of a listing, each by the token of the one before it."""
    pages = [await caller.get(path)]
    while len(pages) < count:
        pages.append(await caller.get(path, next_page_token=pages[-1].body["next_page_token"]))
    assert {page.status for page in pages} == {200}
    return pages


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
