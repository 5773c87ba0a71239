"""The options of a call: `Zoom.with_options` sets them, the session layer reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..errors import ConfigError
from .callbacks import safe
from .decoding import ExtraFields, InvalidRow
from .http_messages import ResponseInfo
from .retries import RetryPolicy

OptionT = TypeVar("OptionT")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """The options of a call. None means the default of the client."""

    timeout: float | None = None
    retry: RetryPolicy | None = None
    priority: bool | None = None
    max_wait: float | None = None
    on_invalid_row: Callable[[InvalidRow], None] | None = None
    on_extra_fields: Callable[[ExtraFields], None] | None = None
    on_response: Callable[[ResponseInfo], None] | None = None

    def __post_init__(self) -> None:
        if self.timeout is not None and not is_seconds(self.timeout, above=0):
            raise ConfigError("timeout must be a number of seconds above 0")
        if self.max_wait is not None and not is_seconds(self.max_wait):
            raise ConfigError("max_wait must be a number of seconds, 0 or more")

    def override(self, other: CallOptions) -> CallOptions:
        """Return these options, replaced by those of *other* that are not None."""
        return CallOptions(
            timeout=_first(other.timeout, self.timeout),
            retry=_first(other.retry, self.retry),
            priority=_first(other.priority, self.priority),
            max_wait=_first(other.max_wait, self.max_wait),
            on_invalid_row=_first(safe(other.on_invalid_row), self.on_invalid_row),
            on_extra_fields=_first(safe(other.on_extra_fields), self.on_extra_fields),
            on_response=_first(safe(other.on_response), self.on_response),
        )


def is_seconds(value: object, *, above: float | None = None) -> bool:
    """Return whether *value* is a number of seconds, 0 or more. Not every caller has a type checker."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return value > above if above is not None else value >= 0


def _first(option: OptionT | None, default: OptionT | None) -> OptionT | None:
    return default if option is None else option
