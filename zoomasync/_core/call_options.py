"""The options of a call: `Zoom.with_options` sets them, the session layer reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import ConfigError
from .decoding import ExtraFields, InvalidRow
from .retries import RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """Options of every call that a session sends. None means the default of the client."""

    timeout: float | None = None
    retry: RetryPolicy | None = None
    priority: bool | None = None
    max_wait: float | None = None
    on_invalid_row: Callable[[InvalidRow], None] | None = None
    on_extra_fields: Callable[[ExtraFields], None] | None = None

    def __post_init__(self) -> None:
        if self.timeout is not None and not self.timeout > 0:
            raise ConfigError("timeout must be a number of seconds above 0")
        if self.max_wait is not None and not self.max_wait >= 0:
            raise ConfigError("max_wait must be a number of seconds, 0 or more")

    def override(self, other: CallOptions) -> CallOptions:
        """Return these options with those of *other* that are not None."""
        return CallOptions(
            timeout=self.timeout if other.timeout is None else other.timeout,
            retry=other.retry or self.retry,
            priority=self.priority if other.priority is None else other.priority,
            max_wait=self.max_wait if other.max_wait is None else other.max_wait,
            on_invalid_row=other.on_invalid_row or self.on_invalid_row,
            on_extra_fields=other.on_extra_fields or self.on_extra_fields,
        )
