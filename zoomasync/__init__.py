"""Async, typed client for Zoom's REST API: paced by rate-limit label, paged, and made for bulk work.

Start at `Zoom`. What replies hold is in `zoomasync.models`, what can go wrong in `zoomasync.errors`.
"""

from ._api import Api
from ._client import ClientOptions, Zoom
from ._core.date_ranges import month_ranges
from ._core.decoding import ExtraFields, InvalidRow
from ._core.endpoint import Endpoint, MeetingRef, QueryValue
from ._core.pagination import Page, Paginator
from ._core.retries import RetryPolicy
from ._core.session import CallStats
from ._fan_out import Done, Failed, fan_out
from ._label import Label
from ._version import __version__
from .auth import Credentials, ServerToServer, StaticToken
from .errors import ZoomError
from .rate_limits import Plan, RateLimitStatus

__all__ = [
    "Api",
    "CallStats",
    "ClientOptions",
    "Credentials",
    "Done",
    "Endpoint",
    "ExtraFields",
    "Failed",
    "InvalidRow",
    "Label",
    "MeetingRef",
    "Page",
    "Paginator",
    "Plan",
    "QueryValue",
    "RateLimitStatus",
    "RetryPolicy",
    "ServerToServer",
    "StaticToken",
    "Zoom",
    "ZoomError",
    "__version__",
    "fan_out",
    "month_ranges",
]
