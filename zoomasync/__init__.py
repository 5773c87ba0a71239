"""Async, typed client for Zoom's REST API: paced by rate-limit label, paged, and made for bulk work.

Start at `Zoom`. What replies hold is in `zoomasync.models`, what can go wrong in `zoomasync.errors`.
"""

from ._api import Api
from ._client import ClientOptions, Zoom
from ._core.date_ranges import months
from ._core.decoding import Drift, Unknown
from ._core.endpoint import Endpoint, MeetingRef, QueryValue
from ._core.pagination import Page, Paginator
from ._core.retries import RetryPolicy
from ._core.session import Traffic
from ._fan_out import Done, Failed, fan_out
from ._label import Label
from ._settings import plan_of
from ._version import __version__
from .auth import Credentials, ServerToServer, StaticToken
from .errors import ZoomError
from .rate_limits import LabelBudget, Plan

__all__ = [
    "Api",
    "ClientOptions",
    "Credentials",
    "Done",
    "Drift",
    "Endpoint",
    "Failed",
    "Label",
    "LabelBudget",
    "MeetingRef",
    "Page",
    "Paginator",
    "Plan",
    "QueryValue",
    "RetryPolicy",
    "ServerToServer",
    "StaticToken",
    "Traffic",
    "Unknown",
    "Zoom",
    "ZoomError",
    "__version__",
    "fan_out",
    "months",
    "plan_of",
]
