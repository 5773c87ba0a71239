"""What is installed only by choice."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from ..errors import ConfigError


@contextmanager
def extra() -> Generator[None, None, None]:
    """Turn the lack of an extra, which says how to install it, into wrong use."""
    try:
        yield
    except ModuleNotFoundError as missing:
        failure = ConfigError(str(missing))
    else:
        return
    raise failure
