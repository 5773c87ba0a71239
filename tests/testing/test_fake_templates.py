"""Meeting templates of the fake's users."""

from __future__ import annotations

from support.fake_http import calling

from zoomasync.testing import Account, FakeZoom, MeetingTemplate


def fake(account: Account) -> FakeZoom:
    return FakeZoom(account, plan=None)


async def test_template_create_and_list() -> None:
    """The list has the user's templates and an administrator's, but not another user's."""
    account = Account()
    meeting = account.add_meeting(topic="Crane")
    account.templates += [
        MeetingTemplate(id="adm", name="Board"),
        MeetingTemplate(id="x", name="Theirs", host=account.add_host()),
    ]
    path = f"/users/{meeting.host.id}/meeting_templates"
    async with calling(fake(account)) as caller:
        named = await caller.post(path, {"meeting_id": meeting.id, "name": "Weekly", "save_recurrence": True})
        unnamed = await caller.post(path, {"meeting_id": meeting.id})
        listing = await caller.get(path)

    assert (named.status, set(named.body), named.body["name"]) == (201, {"id", "name"}, "Weekly")
    assert listing.body == {
        "total_records": 3,
        "templates": [
            {"id": "adm", "name": "Board", "type": 2},
            {"id": named.body["id"], "name": "Weekly", "type": 1},
            {"id": unnamed.body["id"], "name": "Crane", "type": 1},
        ],
    }
    assert account.templates[2].save_recurrence


async def test_template_overwrite() -> None:
    account = Account()
    meeting, other = account.add_meeting(), account.add_meeting()
    path = f"/users/{meeting.host.id}/meeting_templates"
    async with calling(fake(account)) as caller:
        first = await caller.post(path, {"meeting_id": meeting.id, "name": "A"})
        taken = await caller.post(path, {"meeting_id": other.id, "name": "A"})
        same = await caller.post(path, {"meeting_id": meeting.id, "name": "A", "overwrite": True})
        second = await caller.post(path, {"meeting_id": meeting.id, "name": "B", "overwrite": True})

    assert same.body == first.body
    assert taken.error == (400, 3000)
    assert second.body == {"id": first.body["id"], "name": "B"}
    assert [template.name for template in account.templates] == ["B"]


async def test_template_limit_is_forty() -> None:
    account = Account()
    meeting = account.add_meeting()
    path = f"/users/{meeting.host.id}/meeting_templates"
    async with calling(fake(account)) as caller:
        responses = [await caller.post(path, {"meeting_id": meeting.id, "name": f"T{each}"}) for each in range(41)]
        renewed = await caller.post(path, {"meeting_id": meeting.id, "name": "New", "overwrite": True})

    assert [response.status for response in responses] == [201] * 40 + [400]
    assert (responses[-1].code, renewed.status) == (300, 201)


async def test_template_needs_own_meeting() -> None:
    account = Account()
    host, other = account.add_host(), account.add_host()
    theirs = account.add_meeting(other)
    async with calling(fake(account)) as caller:
        path = f"/users/{host.id}/meeting_templates"
        responses = [await caller.post(path, body) for body in ({"meeting_id": theirs.id}, {"meeting_id": 99}, {})]

    assert [response.error for response in responses] == [(400, 3000), (400, 3001), (400, 300)]
