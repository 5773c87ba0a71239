"""Settings from environment variables, or from files that they name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from .errors import ConfigError


class Settings:
    """Environment variables, each of which may name a file that holds the value. The default is the process's own."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        # os.environ as a parameter's default would be part of the signature, and help() would print every value.
        self._environ = os.environ if environ is None else environ

    def get(self, name: str) -> str | None:
        """Return the value of *name*, or None when it is not set."""
        path = self._environ.get(f"{name}_FILE")
        if not path:
            return self._environ.get(name) or None
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
            raise ConfigError(f"{name}_FILE names a file that cannot be read: {reason}") from None

    def require(self, name: str) -> str:
        """Return the value of *name*. Raises `ConfigError` when it is not set."""
        value = self.get(name)
        if value is None:
            raise ConfigError(f"{name} is not set: set it, or set {name}_FILE to the path of a file that holds it")
        return value
