"""Meeting numbers and UUIDs in the paths of requests to the fake."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from support.fake_http import calling

from zoomasync.testing import Account, FakeZoom

PLAIN = "k7Qd-2mVSxqg1pTz-R0uYw=="
PLUS = "k7Qd+2mVSxqg1pTz+R0uYw=="
INSIDE = "k7Qd/2mVSxqg1pTz+R0uYw=="
LEADING = "/b9Xc0YaQ1mZ2nW3oV4p=="
DOUBLED = "b9Xc0Y//Q1mZ2nW3oV4p=="
ROUTES = ("/past_meetings/{}", "/past_meetings/{}/participants", "/report/meetings/{}", "/report/meetings/{}/polls")


def once(uuid: str) -> str:
    return quote(uuid, safe="")


def twice(uuid: str) -> str:
    return once(once(uuid))


async def statuses(uuid: str, encoded: str) -> set[tuple[int, object]]:
    account = Account()
    account.add_instance(uuid=uuid)
    async with calling(FakeZoom(account, plan=None)) as caller:
        responses = [await caller.get(route.format(encoded)) for route in ROUTES]
    return {(response.status, response.code) for response in responses}


@pytest.mark.parametrize("uuid", [PLAIN, PLUS, INSIDE])
async def test_plain_uuid_encoded_once(uuid: str) -> None:
    assert await statuses(uuid, once(uuid)) == {(200, None)}


@pytest.mark.parametrize("uuid", [PLAIN, PLUS, INSIDE, LEADING, DOUBLED])
async def test_any_uuid_encoded_twice(uuid: str) -> None:
    assert await statuses(uuid, twice(uuid)) == {(200, None)}


@pytest.mark.parametrize("uuid", [LEADING, DOUBLED])
async def test_slash_encoded_once_not_found(uuid: str) -> None:
    """Zoom decodes a path twice, so a leading or doubled slash has to be encoded twice."""
    assert await statuses(uuid, once(uuid)) == {(404, 3001)}


async def test_raw_slash_is_unknown_path() -> None:
    account = Account()
    account.add_instance(uuid=INSIDE)
    async with calling(FakeZoom(account, plan=None)) as caller:
        response = await caller.get(f"/report/meetings/{INSIDE}")

    assert (response.status, response.code) == (404, 2300)


async def test_plus_sign_is_not_a_space() -> None:
    assert await statuses(PLUS, PLUS) == {(200, None)}


async def test_instances_reject_uuid() -> None:
    account = Account()
    instance = account.add_instance(uuid=PLAIN)
    async with calling(FakeZoom(account, plan=None)) as caller:
        by_uuid = await caller.get(f"/past_meetings/{once(PLAIN)}/instances")
        by_number = await caller.get(f"/past_meetings/{instance.id}/instances")

    assert (by_uuid.status, by_uuid.code) == (404, 3001)
    assert by_number.status == 200


@pytest.mark.parametrize(("type_", "kind"), [(2, "webinars"), (5, "meetings")])
async def test_kind_mismatch_is_not_found(type_: int, kind: str) -> None:
    """Meeting routes do not find webinars, and webinar routes do not find meetings."""
    account = Account()
    instance = account.add_instance(type=type_, uuid=PLAIN)
    async with calling(FakeZoom(account, plan=None)) as caller:
        responses = [
            await caller.get(f"/report/{kind}/{key}{tail}")
            for key in (instance.id, once(PLAIN))
            for tail in ("", "/participants", "/polls")
        ]
        if kind == "meetings":
            responses.append(await caller.get(f"/past_meetings/{instance.id}/instances"))

    assert {(response.status, response.code) for response in responses} == {(404, 3001)}


async def test_user_by_encoded_email() -> None:
    account = Account()
    account.add_host(email="zoë+1@northpier.example")
    async with calling(FakeZoom(account, plan=None)) as caller:
        day = caller.fake.today
        response = await caller.get(f"/report/users/{once('zoë+1@northpier.example')}/meetings", from_=day, to=day)

    assert response.status == 200
