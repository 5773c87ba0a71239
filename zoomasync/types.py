"""Types that appear in public signatures and that most programs need not name."""

from ._api import Api
from ._client import ClientOptions
from ._core.access_token import TokenSource
from ._core.call_options import CallOptions
from ._core.call_stats import CallStats
from ._core.circuit import Circuit, CircuitState, CircuitView, GuardedCall
from ._core.decoding import ExtraFields, InvalidRow
from ._core.download import Download, FileSource, FileVersion
from ._core.endpoint import Call, Endpoint, MeetingRef, QueryValue, ResourceQuota, RetrySafety
from ._core.http_messages import HttpRequest, HttpResponse, ResponseInfo
from ._core.pagination import Page, Paginator
from ._core.rate_limiter import ResourceQuotaCounter
from ._core.retries import RetryQuota
from ._core.session import Session
from ._core.transport import BodyStream, SessionTransport, Transport
from ._fan_out import FanOut, Outcome
from .resources._shared.registrants import RegistrantOutcome

__all__ = [
    "Api",
    "BodyStream",
    "Call",
    "CallOptions",
    "CallStats",
    "Circuit",
    "CircuitState",
    "CircuitView",
    "ClientOptions",
    "Download",
    "Endpoint",
    "ExtraFields",
    "FanOut",
    "FileSource",
    "FileVersion",
    "GuardedCall",
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
    "ResourceQuotaCounter",
    "ResponseInfo",
    "RetryQuota",
    "RetrySafety",
    "Session",
    "SessionTransport",
    "TokenSource",
    "Transport",
]
