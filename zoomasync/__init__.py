"""Async, typed client for Zoom's REST API: paced by rate-limit label, paged, and made for bulk work.

Start at `Zoom`. What replies hold is in `zoomasync.models`, what can go wrong in `zoomasync.errors`.
"""

from .__about__ import __version__
from ._api import Api
from ._client import ClientOptions, Zoom, plan_of
from ._dates import months
from ._decode import Drift, Unknown
from ._endpoint import Endpoint, Label, MeetingRef, QueryValue
from ._fanout import Done, Failed, fan_out
from ._paging import Page, Paginator
from ._retry import RetryPolicy
from ._session import Traffic
from .auth import Credentials, ServerToServer, StaticToken
from .errors import ZoomError
from .limits import LabelBudget, Plan

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
