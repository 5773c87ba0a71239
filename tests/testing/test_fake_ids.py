"""Ids on the way to the fake: numbers, and UUIDs that Zoom wants encoded twice."""

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


async def statuses(uuid: str, wire: str) -> set[tuple[int, object]]:
    account = Account()
    account.add_instance(uuid=uuid)
    async with calling(FakeZoom(account, plan=None)) as caller:
        answers = [await caller.get(route.format(wire)) for route in ROUTES]
    return {(answer.status, answer.code) for answer in answers}


@pytest.mark.parametrize("uuid", [PLAIN, PLUS, INSIDE])
async def test_a_harmless_uuid_is_understood_encoded_once(uuid: str) -> None:
    assert await statuses(uuid, once(uuid)) == {(200, None)}


@pytest.mark.parametrize("uuid", [PLAIN, PLUS, INSIDE, LEADING, DOUBLED])
async def test_every_uuid_is_understood_encoded_twice(uuid: str) -> None:
    assert await statuses(uuid, twice(uuid)) == {(200, None)}


@pytest.mark.parametrize("uuid", [LEADING, DOUBLED])
async def test_a_leading_or_doubled_slash_encoded_once_is_not_found(uuid: str) -> None:
    assert await statuses(uuid, once(uuid)) == {(404, 3001)}


async def test_a_bare_slash_makes_another_path() -> None:
    account = Account()
    account.add_instance(uuid=INSIDE)
    async with calling(FakeZoom(account, plan=None)) as caller:
        answer = await caller.get(f"/report/meetings/{INSIDE}")

    assert (answer.status, answer.code) == (404, 2300)


async def test_a_plus_sign_is_no_space() -> None:
    assert await statuses(PLUS, PLUS) == {(200, None)}


async def test_instances_take_a_number_alone() -> None:
    account = Account()
    instance = account.add_instance(uuid=PLAIN)
    async with calling(FakeZoom(account, plan=None)) as caller:
        by_uuid = await caller.get(f"/past_meetings/{once(PLAIN)}/instances")
        by_number = await caller.get(f"/past_meetings/{instance.id}/instances")

    assert (by_uuid.status, by_uuid.code) == (404, 3001)
    assert by_number.status == 200


@pytest.mark.parametrize(("type_", "kind"), [(2, "webinars"), (5, "meetings")])
async def test_meetings_and_webinars_are_strangers_to_each_other(type_: int, kind: str) -> None:
    account = Account()
    instance = account.add_instance(type=type_, uuid=PLAIN)
    async with calling(FakeZoom(account, plan=None)) as caller:
        answers = [
            await caller.get(f"/report/{kind}/{key}{tail}")
            for key in (instance.id, once(PLAIN))
            for tail in ("", "/participants", "/polls")
        ]
        if kind == "meetings":
            answers.append(await caller.get(f"/past_meetings/{instance.id}/instances"))

    assert {(answer.status, answer.code) for answer in answers} == {(404, 3001)}


async def test_a_user_may_be_named_by_an_encoded_address() -> None:
    account = Account()
    account.add_host(email="zoë+1@northpier.example")
    async with calling(FakeZoom(account, plan=None)) as caller:
        day = caller.fake.today
        answer = await caller.get(f"/report/users/{once('zoë+1@northpier.example')}/meetings", from_=day, to=day)

    assert answer.status == 200
