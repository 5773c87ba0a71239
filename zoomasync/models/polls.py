"""Structs of the polls and quizzes of meetings and webinars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

from msgspec import Struct, field

from .field_types import Id, limits
from .pages import SinglePage
from .questions import Question

PollType: TypeAlias = Literal[1, 2, 3] | int
PollStatus: TypeAlias = Literal["notstart", "started", "ended", "sharing", "deactivated"] | str


class PollPrompt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item to match or rank. It has 2 to 10 right answers for "matching", exactly 1 for "rank_order"."""

    prompt_question: str | None = None
    prompt_right_answers: tuple[str, ...] | None = None


class PollQuestion(Question, frozen=True, kw_only=True, omit_defaults=True):
    """One question of a poll.

    *answers* are at most 10 for "single" and "multiple", 16 for "matching", 7 for "rank_order". *right_answers* make
    the poll a quiz. Other fields apply to some types only: *prompts* to "matching" and "rank_order", the characters to
    text questions (at most 500 for "short_answer", 2,000 for "long_answer"), the ratings to "rating_scale",
    *case_sensitive* to "fill_in_the_blank".
    """

    max_answers: ClassVar[Mapping[str, int]] = {"single": 10, "multiple": 10, "matching": 16, "rank_order": 7}

    name: Annotated[str, limits(max_length=1024)] | None = None
    answers: Annotated[tuple[str, ...], limits(min_items=2)] | None = None
    right_answers: Annotated[tuple[str, ...], limits(min_items=1)] | None = None
    prompts: Annotated[tuple[PollPrompt, ...], limits(min_items=2, max_items=10)] | None = None
    rating_min_label: str | None = None
    rating_max_label: str | None = None
    case_sensitive: bool | None = None

    def broken_rules(self) -> Iterator[str]:
        """Yield the broken rules of the reference that concern several fields."""
        yield from super().broken_rules()
        if self.type in {"single", "matching"} and len(self.right_answers or ()) > 1:
            yield f"right_answers must be one for {self.type}"
        for prompt in self.prompts or ():
            if prompt.prompt_right_answers is None:
                continue
            count = len(prompt.prompt_right_answers)
            if self.type == "rank_order" and count != 1:
                yield "prompt_right_answers must be exactly one for rank_order"
            if self.type == "matching" and not 2 <= count <= 10:  # noqa: PLR2004  the reference's limits
                yield "prompt_right_answers must be 2 to 10 for matching"


class NewPoll(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A poll to create, or to replace another with. *poll_type* is as in `Poll`; 2 and 3 need the account's feature."""

    title: Annotated[str, limits(max_length=64)] | None = None
    poll_type: PollType | None = None
    anonymous: bool | None = None
    questions: tuple[PollQuestion, ...] | None = None


class NewPolls(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """At most 25 polls to create in one call."""

    polls: Annotated[tuple[NewPoll, ...], limits(min_items=1, max_items=25)] | None = None


class Poll(Struct, frozen=True, kw_only=True):
    """A poll of a meeting or webinar. *poll_type* is 1 poll, 2 advanced poll, 3 quiz."""

    id: Id
    status: PollStatus | None = None
    title: str | None = None
    poll_type: PollType | None = None
    anonymous: bool | None = None
    questions: tuple[PollQuestion, ...] = ()


class PollsPage(SinglePage, frozen=True, kw_only=True):
    """The polls of a meeting or webinar."""

    items: tuple[Poll, ...] = field(name="polls")
    total_records: int | None = None


class PollsCreated(Struct, frozen=True, kw_only=True):
    """The polls of a batch, with their ids."""

    polls: tuple[Poll, ...]
