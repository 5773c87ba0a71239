"""Random faults that a seed determines."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import pytest
from aiohttp import ClientPayloadError, ServerDisconnectedError
from support.fake_http import Caller, Json, calling

from zoomasync.testing import Account, FakeZoom, ScheduledMeeting

ADD: Final = "meetings.registrants.add"
SEVERAL: Final = 60


def new_fake() -> tuple[FakeZoom, ScheduledMeeting]:
    account = Account()
    return FakeZoom(account, plan=None), account.add_meeting()


def person(number: int) -> Json:
    return {"email": f"guest{number}@lakeside.example", "first_name": "Guest"}


async def post(caller: Caller, path: str, body: Json) -> str:
    """Return the status of the response to a POST, or the part of it that arrived."""
    try:
        return str((await caller.post(path, body)).status)
    except ServerDisconnectedError:
        return "nothing"
    except ClientPayloadError:
        return "headers"


async def add(caller: Caller, meeting: ScheduledMeeting, number: int) -> str:
    return await post(caller, f"/meetings/{meeting.id}/registrants", person(number))


async def add_batch(caller: Caller, meeting: ScheduledMeeting, number: int) -> str:
    return await post(caller, f"/meetings/{meeting.id}/batch_registrants", {"registrants": [person(number)]})


async def outcomes(share: float, seed: int = 1, operation: str = ADD) -> list[tuple[str, bool]]:
    """Return the outcomes of several additions, each with whether the person is registered."""
    fake, meeting = new_fake()
    fake.disturb(operation, share=share, seed=seed)
    async with calling(fake) as caller:
        found = [await add(caller, meeting, number) for number in range(SEVERAL)]
    return [(each, meeting.registrant(str(person(number)["email"])) is not None) for number, each in enumerate(found)]


async def test_disturb_has_every_fault() -> None:
    """Each fault says whether the request was carried out; only a connection without a response does not."""
    assert {*await outcomes(share=0.9)} == {
        ("201", True),
        ("429", False),
        ("503", False),
        ("502", False),
        ("nothing", False),
        ("nothing", True),
        ("headers", True),
    }


@pytest.mark.parametrize(("share", "least", "most"), [(0, 0, 0), (0.2, 3, 22), (1, SEVERAL, SEVERAL)])
async def test_disturb_share(share: float, least: int, most: int) -> None:
    faults = [outcome for outcome, _ in await outcomes(share) if outcome != "201"]

    assert least <= len(faults) <= most


async def test_disturb_is_repeatable() -> None:
    first, same, other = [await outcomes(0.5, seed) for seed in (1, 1, 2)]

    assert first == same != other


async def test_disturb_of_namespace_is_per_operation() -> None:
    """Each method has its own faults, which requests of another method do not change."""
    fake, meeting = new_fake()
    fake.disturb("meetings.registrants", share=0.5)
    async with calling(fake) as caller:
        found = [(await add(caller, meeting, each), await add_batch(caller, meeting, each)) for each in range(SEVERAL)]

    single, batches = zip(*found, strict=True)
    assert list(single) == [outcome for outcome, _ in await outcomes(0.5)]
    assert {"201", "429", "503", "502", "nothing"} < {*batches}
    assert batches != single


async def test_disturb_leaves_other_operations() -> None:
    fake, meeting = new_fake()
    fake.disturb("webinars.registrants", share=1)
    fake.disturb("meetings.registrants.add_batch", share=1)
    async with calling(fake) as caller:
        assert await add(caller, meeting, 1) == "201"
        assert await add_batch(caller, meeting, 2) != "201"


async def test_disturb_beside_another_fault() -> None:
    """A fault that was scripted before is applied instead, and does not change the later random ones."""
    expected = [outcome for outcome, _ in await outcomes(0.5)]
    fake, meeting = new_fake()
    fake.respond(ADD, status=500, body={}, on_request=2, times=3)
    fake.disturb(ADD, share=0.5)
    async with calling(fake) as caller:
        found = [await add(caller, meeting, number) for number in range(SEVERAL)]

    assert found == [expected[0], *["500"] * 3, *expected[4:]]


async def test_clear_responses_ends_disturbance() -> None:
    fake, meeting = new_fake()
    fake.disturb(ADD, share=1)
    fake.clear_responses()
    async with calling(fake) as caller:
        assert await add(caller, meeting, 1) == "201"


async def test_disturbed_429_is_per_second() -> None:
    fake, meeting = new_fake()
    fake.disturb(ADD, share=1)
    limits: set[str] = set()
    async with calling(fake) as caller:
        for number in range(SEVERAL):
            with suppress(ServerDisconnectedError, ClientPayloadError):
                response = await caller.post(f"/meetings/{meeting.id}/registrants", person(number))
                if response.status == 429:
                    limits.add(response.headers["X-RateLimit-Type"])

    assert limits == {"QPS"}


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_disturb_impossible_share(share: float) -> None:
    with pytest.raises(ValueError, match="share must be between 0 and 1"):
        new_fake()[0].disturb(ADD, share=share)


@pytest.mark.parametrize(
    ("operation", "message"), [("POST /oauth/token", "cannot be disturbed"), ("meetings.registrant", "has no method")]
)
def test_disturb_unknown_operation(operation: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        new_fake()[0].disturb(operation)
