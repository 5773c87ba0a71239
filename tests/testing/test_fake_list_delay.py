"""Lists of registrants that lag behind a write."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from support.fake_http import Caller, Json, calling
from support.kinds import Kind

from zoomasync.testing import Account, FakeZoom, ScheduledMeeting

DELAY: Final = 30.0
OMAR: Json = {"email": "omar@lakeside.example", "first_name": "Omar"}


@dataclass
class Clock:
    """A clock that a test moves by hand."""

    moment: datetime = datetime(2026, 3, 18, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Scene:
    """A fake whose lists lag behind, with one meeting of one registrant."""

    kind: Kind
    list_delay: float = DELAY
    clock: Clock = field(default_factory=Clock)
    account: Account = field(default_factory=lambda: Account(today=date(2026, 3, 18)))

    def __post_init__(self) -> None:
        self.meeting: ScheduledMeeting = self.account.add_meeting(type=self.kind.scheduled, registrants=1)
        self.path = f"/{self.kind}/{self.meeting.id}/registrants"
        self.fake = FakeZoom(self.account, plan=None, now=self.clock, list_delay=self.list_delay)

    async def listed(self, caller: Caller) -> dict[str, list[object]]:
        """Return the addresses by status, without the empty lists."""
        found = {
            status: [row["email"] for row in await caller.every(self.path, "registrants", status=status)]
            for status in ("approved", "pending", "denied")
        }
        return {status: emails for status, emails in found.items() if emails}

    async def change(self, caller: Caller, action: str) -> None:
        body = {"action": action, "registrants": [{"email": "guest1@elsewhere.example"}]}
        assert (await caller.put(f"{self.path}/status", body)).status == 204


async def test_added_is_listed_late(kind: Kind) -> None:
    """The new registrant can be read at once."""
    scene = Scene(kind)
    async with calling(scene.fake) as caller:
        added = await caller.post(scene.path, OMAR)
        read = await caller.get(f"{scene.path}/{added.body['registrant_id']}")
        scene.clock.move(DELAY - 1)
        early = await scene.listed(caller)
        scene.clock.move(1)
        late = await scene.listed(caller)

    guest = "guest1@elsewhere.example"
    assert read.body["email"] == OMAR["email"]
    assert (early, late) == ({"approved": [guest]}, {"approved": [guest, OMAR["email"]]})


async def test_batch_is_listed_late(kind: Kind) -> None:
    scene = Scene(kind)
    async with calling(scene.fake) as caller:
        await caller.post(f"/{kind}/{scene.meeting.id}/batch_registrants", {"registrants": [OMAR]})
        early = await scene.listed(caller)
        scene.clock.move(DELAY)
        late = await scene.listed(caller)

    assert [len(each["approved"]) for each in (early, late)] == [1, 2]


@pytest.mark.parametrize(
    ("action", "after"),
    [("deny", {"denied": ["guest1@elsewhere.example"]}), ("cancel", dict[str, list[object]]())],
)
async def test_status_is_listed_late(action: str, after: dict[str, list[object]], kind: Kind) -> None:
    scene = Scene(kind)
    async with calling(scene.fake) as caller:
        await scene.change(caller, action)
        early = await scene.listed(caller)
        scene.clock.move(DELAY)
        late = await scene.listed(caller)

    assert (early, late) == ({"approved": ["guest1@elsewhere.example"]}, after)


async def test_removed_is_listed_longer(kind: Kind) -> None:
    scene = Scene(kind)
    async with calling(scene.fake) as caller:
        await caller.delete(f"{scene.path}/{scene.meeting.registrants[0].id}")
        early = await scene.listed(caller)
        scene.clock.move(DELAY)
        late = await scene.listed(caller)

    assert (early, late) == ({"approved": ["guest1@elsewhere.example"]}, {})


async def test_each_change_has_its_own_delay(kind: Kind) -> None:
    """A list shows every state between two changes of one registrant."""
    scene = Scene(kind)
    states: list[list[str]] = []
    async with calling(scene.fake) as caller:
        await scene.change(caller, "deny")
        scene.clock.move(DELAY / 2)
        await scene.change(caller, "approve")
        for _ in range(3):
            states.append([*await scene.listed(caller)])
            scene.clock.move(DELAY / 2)

    assert states == [["approved"], ["denied"], ["approved"]]


async def test_change_by_test_is_listed_at_once(kind: Kind) -> None:
    """A person whom a test adds to the account is listed, also beside one whom a request has just added."""
    scene = Scene(kind)
    async with calling(scene.fake) as caller:
        await caller.post(scene.path, OMAR)
        other = replace(scene.meeting.registrants[0], id="rG5tY2uIQoWpA1sDfGhJkL", email="kit@lakeside.example")
        scene.meeting.registrants.append(other)
        listed = await scene.listed(caller)

    assert listed == {"approved": ["guest1@elsewhere.example", "kit@lakeside.example"]}


async def test_delay_concerns_one_meeting(kind: Kind) -> None:
    """A change of one meeting does not change the list of another, which has a registrant with the same id."""
    scene = Scene(kind)
    other = scene.account.add_meeting(type=kind.scheduled, registrants=scene.meeting.registrants)
    async with calling(scene.fake) as caller:
        await scene.change(caller, "deny")
        other.registrants.clear()
        rows = (await caller.get(f"/{kind}/{other.id}/registrants")).rows("registrants")

    assert rows == []


async def test_lists_are_current_by_default(kind: Kind) -> None:
    scene = Scene(kind, list_delay=0)
    async with calling(scene.fake) as caller:
        await caller.post(scene.path, OMAR)
        await scene.change(caller, "cancel")
        listed = await scene.listed(caller)

    assert listed == {"approved": [OMAR["email"]]}
