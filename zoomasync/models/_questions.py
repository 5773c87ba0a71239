"""What the questions of polls and surveys have in common."""

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

_LONGEST_ANSWER = {"short_answer": 500, "long_answer": 2000}


def broken_question_rules(
    type_: str | None, answers: Sequence[str] | None, longest: int | None, most_answers: Mapping[str, int]
) -> Iterator[str]:
    """Say which rules by kind of question are broken: the number of *answers*, and how long a text may be."""
    most = most_answers.get(type_ or "")
    if most is not None and answers is not None and len(answers) > most:
        yield f"answers must be at most {most} for {type_}"
    cap = _LONGEST_ANSWER.get(type_ or "")
    if cap is not None and longest is not None and longest > cap:
        yield f"answer_max_character must be at most {cap} for {type_}"
