"""Types and rules that poll questions and survey questions share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

QuestionType: TypeAlias = (
    Literal[
        "single",
        "multiple",
        "matching",
        "rank_order",
        "short_answer",
        "long_answer",
        "fill_in_the_blank",
        "rating_scale",
    ]
    | str
)

_MAX_ANSWER_CHARACTERS = {"short_answer": 500, "long_answer": 2000}


def broken_question_rules(
    type_: str | None, answers: Sequence[str] | None, max_character: int | None, max_answers: Mapping[str, int]
) -> Iterator[str]:
    """Yield the broken limits that depend on the question type: number of *answers*, characters of a text answer."""
    most = max_answers.get(type_ or "")
    if most is not None and answers is not None and len(answers) > most:
        yield f"answers must be at most {most} for {type_}"
    longest = _MAX_ANSWER_CHARACTERS.get(type_ or "")
    if longest is not None and max_character is not None and max_character > longest:
        yield f"answer_max_character must be at most {longest} for {type_}"
