"""Types that appear in public signatures and that most programs need not name."""

from ._api import Api
from ._client import ClientOptions
from ._core.call_stats import CallStats
from ._core.circuit import CircuitState, CircuitView
from ._core.decoding import ExtraFields, InvalidRow
from ._core.endpoint import Call, Endpoint, QueryValue, ResourceQuota, RetrySafety
from ._core.http_messages import HttpRequest, HttpResponse, ResponseInfo
from ._core.pagination import Page, Paginator
from ._core.routes import MeetingRef
from ._core.transport import Transport
from ._fan_out import FanOut, Outcome
from .resources._shared.registrants import RegistrantOutcome

__all__ = [
    "Api",
    "Call",
    "CallStats",
    "CircuitState",
    "CircuitView",
    "ClientOptions",
    "Endpoint",
    "ExtraFields",
    "FanOut",
    "HttpRequest",
    "HttpResponse",
    "InvalidRow",
    "MeetingRef",
    "Outcome",
    "Page",
    "Paginator",
    "QueryValue",
    "RegistrantOutcome",
    "ResourceQuota",
    "ResponseInfo",
    "RetrySafety",
    "Transport",
]
