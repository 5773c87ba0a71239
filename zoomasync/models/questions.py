"""Types and rules that poll questions and survey questions share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

from msgspec import Struct

from .field_types import limits

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


class Question(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The common fields of poll questions and survey questions."""

    max_answers: ClassVar[Mapping[str, int]]
    """The most *answers* by question type."""

    type: QuestionType | None = None
    answers: tuple[str, ...] | None = None
    answer_required: bool | None = None
    answer_min_character: Annotated[int, limits(ge=1)] | None = None
    answer_max_character: int | None = None
    rating_min_value: Annotated[int, limits(ge=0)] | None = None
    rating_max_value: Annotated[int, limits(le=10)] | None = None
    show_as_dropdown: bool | None = None

    def broken_rules(self) -> Iterator[str]:
        """Yield the broken rules of the reference that concern several fields."""
        most = self.max_answers.get(self.type or "")
        if most is not None and self.answers is not None and len(self.answers) > most:
            yield f"answers must be at most {most} for {self.type}"
        longest = _MAX_ANSWER_CHARACTERS.get(self.type or "")
        if longest is not None and self.answer_max_character is not None and self.answer_max_character > longest:
            yield f"answer_max_character must be at most {longest} for {self.type}"
