"""Errors for extras that are not installed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from ..errors import ConfigError


@contextmanager
def extra() -> Generator[None, None, None]:
    """Raise `ConfigError` instead of the `ModuleNotFoundError` that names the missing extra."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise ConfigError(str(missing)) from None
