"""Polls and surveys of the fake's scheduled meetings."""

from __future__ import annotations

import pytest
from support.fake_http import Json, calling

from zoomasync.testing import Account, FakeZoom, Poll

QUESTION: Json = {"name": "Which slot?", "type": "single", "answers": ["Morning", "Evening"]}
BLANKS: Json = {"name": "The tower is in _", "type": "fill_in_the_blank", "right_answers": ["Pisa"]}


def fake(account: Account) -> FakeZoom:
    return FakeZoom(account, plan=None)


async def test_poll_round_trip() -> None:
    account = Account()
    path = f"/meetings/{account.add_meeting().id}/polls"
    async with calling(fake(account)) as caller:
        added = await caller.post(path, {"title": "Vote", "questions": [QUESTION]})
        one = f"{path}/{added.body['id']}"
        read = await caller.get(one)
        replaced = await caller.put(one, {"title": "Quiz", "poll_type": 3, "anonymous": True, "questions": [BLANKS]})
        reread = await caller.get(one)
        deleted = await caller.delete(one)
        deleted_poll = [await caller.get(one), await caller.delete(one), await caller.put(one, {})]

    assert (added.status, replaced.status, deleted.status) == (201, 204, 204)
    assert read.body == added.body
    assert added.body == {
        "id": added.body["id"],
        "status": "notstart",
        "title": "Vote",
        "poll_type": 1,
        "anonymous": False,
        "questions": [{**QUESTION, "answer_required": True, "show_as_dropdown": False}],
    }
    assert reread.body == {
        "id": added.body["id"],
        "status": "notstart",
        "title": "Quiz",
        "poll_type": 3,
        "anonymous": True,
        "questions": [{**BLANKS, "answer_required": False, "case_sensitive": False}],
    }
    assert [response.error for response in deleted_poll] == [(404, 404)] * 3


async def test_list_filters_by_anonymous() -> None:
    account = Account()
    meeting = account.add_meeting(polls=[Poll(id="a", anonymous=True, status="deactivated"), Poll(id="n")])
    async with calling(fake(account)) as caller:

        async def ids(**query: str) -> list[object]:
            response = await caller.get(f"/meetings/{meeting.id}/polls", **query)
            assert response.body["total_records"] == len(response.rows("polls"))
            return [row["id"] for row in response.rows("polls")]

        assert await ids() == ["a", "n"]
        assert await ids(anonymous="true") == ["a"]
        assert await ids(anonymous="false") == ["n"]
        assert (await caller.get(f"/meetings/{meeting.id}/polls", anonymous="yes")).error_field == "anonymous"


async def test_add_meeting_creates_polls() -> None:
    meeting = Account().add_meeting(polls=2)

    assert [poll.title for poll in meeting.polls] == ["Poll 1", "Poll 2"]
    assert len({poll.id for poll in meeting.polls}) == 2


async def test_unknown_meeting_codes() -> None:
    """Replacing a poll of an unknown meeting has another code than creating one."""
    async with calling(fake(Account())) as caller:
        responses = [await caller.put("/meetings/99/polls/a", {}), await caller.post("/meetings/99/polls", {})]

    assert [response.error for response in responses] == [(404, 3001), (404, 404)]


@pytest.mark.parametrize(("kind", "status"), [(1, 201), (2, 400), (3, 400)])
async def test_advanced_polls_disabled(kind: int, status: int) -> None:
    account = Account()
    meeting = account.add_meeting(account.add_host(disabled_features=["advanced_polls"]))
    async with calling(fake(account)) as caller:
        response = await caller.post(f"/meetings/{meeting.id}/polls", {"poll_type": kind})

    assert response.status == status
    assert response.code == (None if status == 201 else 4400)


OVER_LIMIT: list[tuple[Json, str]] = [
    ({"type": "single", "answers": ["a"] * 11}, "answers"),
    ({"type": "rank_order", "answers": ["a"] * 8}, "answers"),
    ({"type": "matching", "answers": ["a"] * 17}, "answers"),
    ({"type": "single", "right_answers": ["a", "b"]}, "right_answers"),
    ({"type": "matching", "right_answers": ["a", "b"]}, "right_answers"),
    ({"type": "matching", "prompts": [{"prompt_right_answers": ["a"]}, {}]}, "prompts[0].prompt_right_answers"),
    ({"type": "rank_order", "prompts": [{"prompt_right_answers": []}, {}]}, "prompts[0].prompt_right_answers"),
    ({"type": "short_answer", "answer_max_character": 501}, "answer_max_character"),
    ({"type": "long_answer", "answer_max_character": 2001}, "answer_max_character"),
    ({"type": "single", "prompts": [{}, {}]}, "prompts"),
    ({"type": "rank_order", "prompts": [{"prompt_right_answers": ["a", "b"]}, {}]}, "prompts[0].prompt_right_answers"),
]


@pytest.mark.parametrize(("question", "field"), OVER_LIMIT)
async def test_question_over_limit_fails(question: Json, field: str) -> None:
    account = Account()
    meeting = account.add_meeting()
    async with calling(fake(account)) as caller:
        response = await caller.post(f"/meetings/{meeting.id}/polls", {"questions": [question]})

    assert (response.error, response.error_field) == ((400, 300), f"questions[0].{field}")
    assert meeting.polls == []


async def test_survey_round_trip() -> None:
    account = Account()
    path = f"/meetings/{account.add_meeting().id}/survey"
    custom: Json = {"title": "After", "anonymous": True, "questions": [QUESTION]}
    async with calling(fake(account)) as caller:
        without = await caller.get(path)
        created = await caller.patch(path, {"custom_survey": custom})
        first = await caller.get(path)
        await caller.patch(path, {"custom_survey": {"feedback": "Thanks"}, "show_in_the_browser": False})
        second = await caller.get(path)
        await caller.patch(path, {"custom_survey": None, "third_party_survey": "https://x.example/s"})
        third = await caller.get(path)
        deleted = await caller.delete(path)
        again = await caller.delete(path)
        last = await caller.get(path)

    empty = {"show_in_the_browser": True, "third_party_survey": ""}
    assert (without.body, last.body) == (empty, empty)
    assert (created.status, deleted.status, again.error) == (204, 204, (404, 3001))
    assert first.body == {**empty, "custom_survey": custom}
    assert second.body == {
        "show_in_the_browser": False,
        "third_party_survey": "",
        "custom_survey": {**custom, "feedback": "Thanks"},
    }
    assert third.body == {"show_in_the_browser": False, "third_party_survey": "https://x.example/s"}


async def test_survey_link_is_validated() -> None:
    """A link has to be a URL, and links can be disabled for the host."""
    account = Account()
    allowed = account.add_meeting(account.add_host())
    restricted = account.add_meeting(account.add_host(disabled_features=["third_party_surveys"]))
    async with calling(fake(account)) as caller:
        wrong = await caller.patch(f"/meetings/{allowed.id}/survey", {"third_party_survey": "ask me"})
        forbidden = await caller.patch(f"/meetings/{restricted.id}/survey", {"third_party_survey": "https://x.example"})
        cleared = await caller.patch(f"/meetings/{restricted.id}/survey", {"third_party_survey": ""})

    assert (wrong.error_field, forbidden.error, cleared.status) == ("third_party_survey", (400, 3000), 204)


async def test_survey_allows_fifty_answers() -> None:
    account = Account()
    path = f"/meetings/{account.add_meeting().id}/survey"
    async with calling(fake(account)) as caller:
        responses = [
            await caller.patch(path, {"custom_survey": {"questions": [{"type": "single", "answers": ["a"] * count}]}})
            for count in (50, 51)
        ]

    assert responses[0].status == 204
    assert responses[1].error_field == "custom_survey.questions[0].answers"
