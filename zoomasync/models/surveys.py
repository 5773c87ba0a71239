"""The survey that people are shown after a meeting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import UNSET, Struct

from ._questions import QuestionType, broken_question_rules
from ._rules import Change, limits

_MOST_ANSWERS = {"single": 50, "multiple": 50, "matching": 16, "rank_order": 7}


class SurveyPrompt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be matched or ranked."""

    prompt_question: Annotated[str, limits(max_length=200)] | None = None


class SurveyQuestion(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One question of a survey.

    *answers* are at most 50 for "single" and "multiple", 16 for "matching", 7 for "rank_order", of 200 characters each.
    *prompts* go with "matching" and "rank_order", the characters with text questions (500 for "short_answer", 2,000 for
    "long_answer"), the ratings with "rating_scale".
    """

    name: Annotated[str, limits(max_length=420)] | None = None
    type: QuestionType | None = None
    answers: Annotated[tuple[Annotated[str, limits(max_length=200)], ...], limits(min_items=2)] | None = None
    prompts: Annotated[tuple[SurveyPrompt, ...], limits(min_items=2, max_items=10)] | None = None
    answer_required: bool | None = None
    answer_min_character: Annotated[int, limits(ge=1)] | None = None
    answer_max_character: int | None = None
    rating_min_value: Annotated[int, limits(ge=0)] | None = None
    rating_max_value: Annotated[int, limits(le=10)] | None = None
    rating_min_label: Annotated[str, limits(max_length=50)] | None = None
    rating_max_label: Annotated[str, limits(max_length=50)] | None = None
    show_as_dropdown: bool | None = None

    def broken_rules(self) -> Iterator[str]:
        """Say which rules of the reference between fields this breaks."""
        yield from broken_question_rules(self.type, self.answers, self.answer_max_character, _MOST_ANSWERS)


class CustomSurvey(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A survey made in Zoom.

    Say *anonymous* and *numbered_questions* outright: the reference's text and schema disagree on what they are
    without.
    """

    title: Annotated[str, limits(max_length=64)] | None = None
    questions: Annotated[tuple[SurveyQuestion, ...], limits(min_items=1, max_items=100)] | None = None
    feedback: Annotated[str, limits(max_length=320)] | None = None
    anonymous: bool | None = None
    numbered_questions: bool | None = None
    show_question_type: bool | None = None


class Survey(Struct, frozen=True, kw_only=True):
    """A meeting's survey: one made in Zoom, or the link of another."""

    custom_survey: CustomSurvey | None = None
    third_party_survey: str | None = None
    show_in_the_browser: bool | None = None


class SurveyUpdate(Struct, frozen=True, kw_only=True):
    """What to change of a meeting's survey."""

    custom_survey: Change[CustomSurvey] = UNSET
    third_party_survey: Change[Annotated[str, limits(max_length=64)]] = UNSET
    show_in_the_browser: Change[bool] = UNSET
