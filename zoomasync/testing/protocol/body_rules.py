"""Rules of the reference that involve several fields of a body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, cast

from ..account.meeting import FIXED_TIME, Json
from .schema import Fault

_MAX_INTERVAL: Final = MappingProxyType({1: 99, 2: 50, 3: 10})
_WEEKLY: Final = 2
_MAX_TEXT: Final = MappingProxyType({"short_answer": 500, "long_answer": 2000})
_RIGHT_ANSWERS_OF_A_PROMPT: Final = MappingProxyType({"matching": (2, 10), "rank_order": (1, 1)})
POLL_ANSWERS: Final = MappingProxyType({"single": 10, "multiple": 10, "matching": 16, "rank_order": 7})
SURVEY_ANSWERS: Final = MappingProxyType({"single": 50, "multiple": 50, "matching": 16, "rank_order": 7})


def recurrence(body: Json) -> Iterator[Fault]:
    """Yield the faults of a new meeting's recurrence: type 8 requires it, and no other type allows it."""
    rule = cast("Json | None", body.get("recurrence"))
    if (rule is not None) is not (body.get("type") == FIXED_TIME):
        yield "recurrence", "Invalid field. Type 8 requires it, and no other type allows it."
    if rule is None:
        return
    if "end_times" in rule and "end_date_time" in rule:
        yield "recurrence.end_times", "Invalid field. It excludes end_date_time."
    if cast("int", rule.get("repeat_interval", 1)) > _MAX_INTERVAL[cast("int", rule["type"])]:
        yield "recurrence.repeat_interval", "Invalid field. The interval is too long."
    if rule["type"] == _WEEKLY and "weekly_days" not in rule:
        yield "recurrence.weekly_days", "The parameter is required: weekly_days."
    if "monthly_week" in rule and "monthly_week_day" not in rule:
        yield "recurrence.monthly_week_day", "The parameter is required: monthly_week_day."


def questions(value: object, path: str, most_answers: Mapping[str, int]) -> Iterator[Fault]:
    """Yield the faults of the questions of a poll or a survey."""
    for number, question in enumerate(cast("Sequence[Json]", value)):
        for name, reason in _question(question, most_answers):
            yield f"{path}[{number}].{name}", f"Invalid field. {reason}"


def livestream_settings(body: Json) -> Iterator[Fault]:
    """Yield the settings that do not fit the action: "start" allows all, "mode" some, and "stop" none."""
    settings = cast("Json", body.get("settings", {}))
    allowed: tuple[str, ...] = ("layout", "close_caption") if body.get("action") == "mode" else ()
    if body.get("action") != "start":
        yield from ((f"settings.{name}", "Invalid field.") for name in settings if name not in allowed)


def _question(question: Json, most_answers: Mapping[str, int]) -> Iterator[Fault]:
    kind = str(question.get("type", ""))
    most = most_answers.get(kind)
    if most is not None and _count(question, "answers") > most:
        yield "answers", f"There are more than {most} items."
    if kind in {"single", "matching"} and _count(question, "right_answers") > 1:
        yield "right_answers", "There is more than one."
    if cast("int", question.get("answer_max_character", 0)) > _MAX_TEXT.get(kind, 2000):
        yield "answer_max_character", "The number is too large."
    if "prompts" in question and kind not in _RIGHT_ANSWERS_OF_A_PROMPT:
        yield "prompts", "Only matching and rank_order allow them."
        return
    for prompt in cast("Sequence[Json]", question.get("prompts", ())):
        fewest, most = _RIGHT_ANSWERS_OF_A_PROMPT[kind]
        if "prompt_right_answers" in prompt and not fewest <= _count(prompt, "prompt_right_answers") <= most:
            yield "prompts", f"There have to be {fewest} to {most} right answers."


def _count(value: Json, name: str) -> int:
    return len(cast("Sequence[object]", value.get(name, ())))
