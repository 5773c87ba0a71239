"""The meeting or webinar that options name."""

from __future__ import annotations

from collections.abc import Sequence

from ....errors import ConfigError
from ....sync import SyncTarget
from ....sync.files.ids import RowError, read_number, read_occurrences


def target_of(meeting: str | None, webinar: str | None, occurrences: Sequence[str] | None) -> SyncTarget | None:
    """Return the target that the options name, or None without one. Raises `ConfigError`."""
    if meeting is not None and webinar is not None:
        raise ConfigError("--meeting and --webinar name two targets: leave one of them out")
    option = "--meeting" if webinar is None else "--webinar"
    number = meeting if webinar is None else webinar
    if number is None:
        if occurrences:
            raise ConfigError("--occurrence needs --meeting or --webinar")
        return None
    try:
        occurrence_ids = read_occurrences(" ".join(occurrences or ()))
        if webinar is None:
            return SyncTarget.meeting(read_number(number.strip(), "meeting"), *occurrence_ids)
        return SyncTarget.webinar(read_number(number.strip(), "webinar"), *occurrence_ids)
    except RowError as error:
        raise ConfigError(f"{option}: {error}") from None


def required_target(meeting: str | None, webinar: str | None, occurrences: Sequence[str] | None) -> SyncTarget:
    """Return the target that the options name. Raises `ConfigError` without one."""
    target = target_of(meeting, webinar, occurrences)
    if target is None:
        raise ConfigError("name the meeting or webinar with --meeting ID or --webinar ID")
    return target
