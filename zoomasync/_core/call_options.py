"""The options of a call: `Zoom.with_options` sets them, the session layer reads them."""

from __future__ import annotations

import math
from collections.abc import Callable

from msgspec import Struct, structs

from ..errors import ConfigError
from .decoding import ExtraFields, InvalidRow
from .http_messages import ResponseInfo
from .retries import RetryPolicy


class CallOptions(Struct, frozen=True, kw_only=True):
    """The options of a call. None means the default of the client."""

    timeout: float | None = None
    retry: RetryPolicy | None = None
    priority: bool | None = None
    max_wait: float | None = None
    outage_wait: float | None = None
    on_invalid_row: Callable[[InvalidRow], None] | None = None
    on_extra_fields: Callable[[ExtraFields], None] | None = None
    on_response: Callable[[ResponseInfo], None] | None = None

    def __post_init__(self) -> None:
        if self.timeout is not None:
            check_timeout(self.timeout)
        if self.max_wait is not None and not is_seconds(self.max_wait):
            raise ConfigError("max_wait must be a number of seconds, 0 or more")
        if self.outage_wait is not None and not (is_seconds(self.outage_wait) or self.outage_wait == math.inf):
            raise ConfigError("outage_wait must be a number of seconds, 0 or more, or math.inf")
        if self.retry is not None and not isinstance(self.retry, RetryPolicy):  # pyright: ignore[reportUnnecessaryIsInstance]  callers without a type checker
            raise ConfigError("retry must be a RetryPolicy")

    def override(self, other: CallOptions) -> CallOptions:
        """Return these options, replaced by those of *other* that are not None."""
        return structs.replace(
            self, **{name: value for name, value in structs.asdict(other).items() if value is not None}
        )


def check_timeout(timeout: float) -> None:
    """Raise `ConfigError` for a *timeout* that is not a number of seconds above 0."""
    if not (is_seconds(timeout) and timeout > 0):
        raise ConfigError("timeout must be a number of seconds above 0")


def is_seconds(value: object) -> bool:
    """Return whether *value* is a finite number of seconds, 0 or more. Not every caller has a type checker."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
