"""The endpoints of a client, grouped as Zoom groups them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, overload

import msgspec

from ._core.call_options import CallOptions
from ._core.decoding import ExtraFields, InvalidRow
from ._core.endpoint import Endpoint, MeetingRef, QueryValue
from ._core.request_body import encode
from ._core.retries import RetryPolicy
from ._core.session import Session
from ._label import Label
from .errors import InvalidArgument
from .resources._resource import Resource
from .resources.meetings import Meetings
from .resources.meetings.livestream import Livestream
from .resources.meetings.polls import Polls
from .resources.meetings.registrants import Registrants
from .resources.meetings.survey import Surveys
from .resources.meetings.templates import Templates
from .resources.pac import Pac
from .resources.past_meetings import PastMeetings
from .resources.reports import Reports

T = TypeVar("T")


class Api:
    """The endpoints of a client, one attribute a namespace, and `request` for all others."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.meetings: Meetings = Meetings(session)
        self.pac: Pac = Pac(session)
        self.past_meetings: PastMeetings = PastMeetings(session)
        self.reports: Reports = Reports(session)

    def with_options(
        self,
        *,
        timeout: float | None = None,
        retry: RetryPolicy | None = None,
        priority: bool | None = None,
        max_wait: float | None = None,
        on_invalid_row: Callable[[InvalidRow], None] | None = None,
        on_extra_fields: Callable[[ExtraFields], None] | None = None,
    ) -> Api:
        """Return the same endpoints with other options, for one call or for many.

        ::

            invalid: list[InvalidRow] = []
            report = await zoom.with_options(on_invalid_row=invalid.append).reports.meeting_polls(uuid)

        The view shares the connections, rate limits and access token of this client. An option that is not given, or
        given as None, stays as it is here, so that options combine.

        *timeout* is the time limit of one request, in seconds; use ``anyio.fail_after`` for a deadline over retries.
        *retry* replaces the `RetryPolicy`. With *priority*, calls pass those that wait for the same label; of five
        calls in a row at most four are priority calls. *max_wait* is the longest time, in seconds, that a call waits
        for a permit: a call that would wait longer raises `PerSecondLimitReached` before it is sent, with the expected
        wait as ``retry_after``.

        *on_invalid_row* receives each row that cannot be decoded, and the row is left out of the result. Without it
        such a row raises `DecodeError`. An invalid value beside the rows, or in a response without a list, raises
        `DecodeError` in any case. *on_extra_fields* receives the keys that no struct has a field for; without it they
        are ignored. It decodes every response a second time, which takes about a millisecond per 300 rows. Both are
        called before the call returns or the page is yielded, and not for a call that raises.

        Raises `ConfigError` for a *timeout* or *max_wait* that is not a valid number of seconds.
        """
        options = CallOptions(
            timeout=timeout,
            retry=retry,
            priority=priority,
            max_wait=max_wait,
            on_invalid_row=on_invalid_row,
            on_extra_fields=on_extra_fields,
        )
        return Api(self._session.with_options(options))

    @staticmethod
    def endpoints() -> dict[str, Endpoint[object]]:
        """Return every endpoint by the method that calls it: ``Zoom.endpoints()["reports.users"].scopes``."""
        return {
            f"{namespace}.{method}": endpoint
            for namespace, resource in _NAMESPACES.items()
            for method, endpoint in resource.endpoints().items()
        }

    @overload
    async def request(
        self,
        method: str,
        path: str,
        *values: MeetingRef,
        label: Label,
        query: Mapping[str, QueryValue] | None = None,
        body: object = None,
    ) -> object: ...

    @overload
    async def request(
        self,
        method: str,
        path: str,
        *values: MeetingRef,
        label: Label,
        query: Mapping[str, QueryValue] | None = None,
        body: object = None,
        response: type[T],
    ) -> T: ...

    async def request(
        self,
        method: str,
        path: str,
        *values: MeetingRef,
        label: Label,
        query: Mapping[str, QueryValue] | None = None,
        body: object = None,
        response: type[object] = object,
    ) -> object:
        """Call any endpoint of Zoom's API: paced by *label*, authorised and retried like all others.

        ::

            settings = await zoom.request("GET", "/users/{userId}/settings", user_id, label=Label.MEDIUM)

        *path* is below the base URL; *values* fill its placeholders in order, quoted as Zoom wants it. *body* is
        anything that msgspec can encode to JSON. Returns the reply as *response*, or as plain objects without one; None
        where it is empty. Raises the errors of any other call.
        """
        endpoint = Endpoint(route=f"{_method(method)} {path}", label=_label(label), response=response)
        call = endpoint.fill(values, query or {}, None if body is None else _json(body))
        return await self._session.send(call)


_NAMESPACES: dict[str, type[Resource]] = {
    "meetings": Meetings,
    "meetings.livestream": Livestream,
    "meetings.polls": Polls,
    "meetings.registrants": Registrants,
    "meetings.survey": Surveys,
    "meetings.templates": Templates,
    "pac": Pac,
    "past_meetings": PastMeetings,
    "reports": Reports,
}
_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def _json(body: object) -> bytes:
    if isinstance(body, msgspec.Struct):
        return encode(body)
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError, UnicodeEncodeError, RecursionError):
        raise InvalidArgument("the body cannot be spelled in JSON") from None


def _label(label: Label) -> Label:
    try:
        return Label(label)
    except ValueError:
        raise InvalidArgument(f"unknown label: choose one of {', '.join(Label)}") from None


def _method(method: str) -> str:
    if method.upper() not in _METHODS:
        raise InvalidArgument(f"unknown method: choose one of {', '.join(sorted(_METHODS))}")
    return method.upper()
