"""Templates and personal audio conferences of the fake's users."""

from __future__ import annotations

from support.fake_http import calling

from zoomasync.testing import Account, DialInNumber, FakeZoom, MeetingTemplate, PacAccount


def fake(account: Account) -> FakeZoom:
    return FakeZoom(account, plan=None)


async def test_a_template_can_be_made_and_listed_beside_the_administrators() -> None:
    ours = Account()
    meeting = ours.add_meeting(topic="Crane")
    ours.templates += [
        MeetingTemplate(id="adm", name="Board"),
        MeetingTemplate(id="x", name="Theirs", host=ours.add_host()),
    ]
    path = f"/users/{meeting.host.id}/meeting_templates"
    async with calling(fake(ours)) as caller:
        made = await caller.post(path, {"meeting_id": meeting.id, "name": "Weekly", "save_recurrence": True})
        unnamed = await caller.post(path, {"meeting_id": meeting.id})
        listing = await caller.get(path)

    assert (made.status, set(made.body), made.body["name"]) == (201, {"id", "name"}, "Weekly")
    assert listing.body == {
        "total_records": 3,
        "templates": [
            {"id": "adm", "name": "Board", "type": 2},
            {"id": made.body["id"], "name": "Weekly", "type": 1},
            {"id": unnamed.body["id"], "name": "Crane", "type": 1},
        ],
    }
    assert ours.templates[2].save_recurrence


async def test_a_template_is_overwritten_when_asked_to() -> None:
    ours = Account()
    meeting, other = ours.add_meeting(), ours.add_meeting()
    path = f"/users/{meeting.host.id}/meeting_templates"
    async with calling(fake(ours)) as caller:
        first = await caller.post(path, {"meeting_id": meeting.id, "name": "A"})
        taken = await caller.post(path, {"meeting_id": other.id, "name": "A"})
        same = await caller.post(path, {"meeting_id": meeting.id, "name": "A", "overwrite": True})
        second = await caller.post(path, {"meeting_id": meeting.id, "name": "B", "overwrite": True})

    assert same.body == first.body
    assert taken.error == (400, 3000)
    assert second.body == {"id": first.body["id"], "name": "B"}
    assert [template.name for template in ours.templates] == ["B"]


async def test_forty_templates_are_enough() -> None:
    ours = Account()
    meeting = ours.add_meeting()
    path = f"/users/{meeting.host.id}/meeting_templates"
    async with calling(fake(ours)) as caller:
        made = [await caller.post(path, {"meeting_id": meeting.id, "name": f"T{each}"}) for each in range(41)]
        renewed = await caller.post(path, {"meeting_id": meeting.id, "name": "New", "overwrite": True})

    assert [answer.status for answer in made] == [201] * 40 + [400]
    assert (made[-1].code, renewed.status) == (300, 201)


async def test_a_template_is_made_of_a_meeting_of_ones_own() -> None:
    ours = Account()
    host, other = ours.add_host(), ours.add_host()
    theirs = ours.add_meeting(other)
    async with calling(fake(ours)) as caller:
        path = f"/users/{host.id}/meeting_templates"
        answers = [await caller.post(path, body) for body in ({"meeting_id": theirs.id}, {"meeting_id": 99}, {})]

    assert [answer.error for answer in answers] == [(400, 3000), (400, 3001), (400, 300)]


async def test_audio_conferences_are_read_where_they_are_on() -> None:
    ours = Account()
    conference = PacAccount(
        conference_id=730214,
        participant_password="5k2m9x",
        listen_only_password="81z4qa",
        dedicated_dial_in_number=(DialInNumber(country="IE", number="+35315550100"),),
    )
    host, without, off = ours.add_host(pac_accounts=[conference]), ours.add_host(pac_accounts=[]), ours.add_host()
    async with calling(fake(ours)) as caller:
        answers = [await caller.get(f"/users/{user.id}/pac") for user in (host, without, off)]

    assert answers[0].rows("pac_accounts") == [
        {
            "conference_id": 730214,
            "participant_password": "5k2m9x",
            "listen_only_password": "81z4qa",
            "dedicated_dial_in_number": [{"country": "IE", "number": "+35315550100"}],
            "global_dial_in_numbers": [],
        }
    ]
    assert answers[1].rows("pac_accounts") == []
    assert answers[2].error == (400, 2024)
