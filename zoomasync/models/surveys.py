"""Structs of the survey after a meeting or webinar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import UNSET, Struct

from .field_types import Change, limits
from .questions import Question


class SurveyPrompt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item to match or rank."""

    prompt_question: Annotated[str, limits(max_length=200)] | None = None


class SurveyQuestion(Question, frozen=True, kw_only=True, omit_defaults=True):
    """One question of a survey.

    *answers* are at most 50 for "single" and "multiple", 16 for "matching", 7 for "rank_order", of 200 characters each.
    Other fields apply to some types only: *prompts* to "matching" and "rank_order", the characters to text questions
    (at most 500 for "short_answer", 2,000 for "long_answer"), the ratings to "rating_scale".
    """

    max_answers: ClassVar[Mapping[str, int]] = {"single": 50, "multiple": 50, "matching": 16, "rank_order": 7}

    name: Annotated[str, limits(max_length=420)] | None = None
    answers: Annotated[tuple[Annotated[str, limits(max_length=200)], ...], limits(min_items=2)] | None = None
    prompts: Annotated[tuple[SurveyPrompt, ...], limits(min_items=2, max_items=10)] | None = None
    rating_min_label: Annotated[str, limits(max_length=50)] | None = None
    rating_max_label: Annotated[str, limits(max_length=50)] | None = None


class CustomSurvey(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A survey made in Zoom.

    Always set *anonymous* and *numbered_questions*: the text and the schema of the reference disagree on their
    defaults.
    """

    title: Annotated[str, limits(max_length=64)] | None = None
    questions: Annotated[tuple[SurveyQuestion, ...], limits(min_items=1, max_items=100)] | None = None
    feedback: Annotated[str, limits(max_length=320)] | None = None
    anonymous: bool | None = None
    numbered_questions: bool | None = None
    show_question_type: bool | None = None


class SurveyUpdate(Struct, frozen=True, kw_only=True):
    """A change of a survey. *show_in_the_follow_up_email* is for webinars only."""

    custom_survey: Change[CustomSurvey] = UNSET
    third_party_survey: Change[Annotated[str, limits(max_length=64)]] = UNSET
    show_in_the_browser: Change[bool] = UNSET
    show_in_the_follow_up_email: Change[bool] = UNSET


class Survey(Struct, frozen=True, kw_only=True):
    """The survey after a meeting or webinar: a survey made in Zoom, or the link to a third-party survey.

    *show_in_the_follow_up_email* comes with webinars only.
    """

    custom_survey: CustomSurvey | None = None
    third_party_survey: str | None = None
    show_in_the_browser: bool | None = None
    show_in_the_follow_up_email: bool | None = None
