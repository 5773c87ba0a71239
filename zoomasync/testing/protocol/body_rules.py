"""Rules between the fields of a body that the reference does not state, and that the fake enforces all the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from ..account.meeting import TYPES_WITH_OCCURRENCES, Json
from .validation import Fault


def recurrence(body: Json) -> Iterator[Fault]:
    """Yield the fault of a meeting of type 8, or a webinar of type 9, without a recurrence, or of others with one."""
    needed, given = body.get("type") in TYPES_WITH_OCCURRENCES, body.get("recurrence") is not None
    if needed is not given:
        yield "recurrence", f"Invalid field. The type {'requires' if needed else 'excludes'} it."


def questions(value: object, path: str) -> Iterator[Fault]:
    """Yield the questions of a poll or a survey that have prompts although their type allows none."""
    for number, question in enumerate(cast("Sequence[Json]", value)):
        if question.get("prompts") is not None and question.get("type") not in {"matching", "rank_order"}:
            yield f"{path}[{number}].prompts", "Invalid field. Only matching and rank_order allow them."


def livestream_settings(body: Json) -> Iterator[Fault]:
    """Yield the settings that do not fit the action: "start" allows all, "mode" some, and "stop" none."""
    settings = cast("Json", body.get("settings") or {})
    allowed: tuple[str, ...] = ("layout", "close_caption") if body.get("action") == "mode" else ()
    if body.get("action") != "start":
        yield from ((f"settings.{name}", "Invalid field.") for name in settings if name not in allowed)
