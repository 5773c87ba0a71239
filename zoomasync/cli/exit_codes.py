"""Exit codes of the command."""

from enum import IntEnum


class Exit(IntEnum):
    """An exit code of the command."""

    COMPLETE = 0
    FAILED = 1
    WRONG_USE = 2
    INCOMPLETE = 3
    HELD_BACK = 4
    INTERRUPTED = 130
    TERMINATED = 143
