"""The endpoints of a client, grouped as Zoom's reference groups them, and calls to any other endpoint."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, TypeVar, cast, overload

import msgspec

from ._core.call_options import CallOptions
from ._core.decoding import ExtraFields, InvalidRow
from ._core.endpoint import Endpoint, QueryValue
from ._core.http_messages import ResponseInfo
from ._core.pagination import Page, Paginator, paginate
from ._core.request_body import encode
from ._core.retries import RetryPolicy
from ._core.routes import MeetingRef
from ._core.session import Session
from ._core.type_info import type_info
from ._label import Label
from .callbacks import safe
from .errors import InvalidArgument

if TYPE_CHECKING:
    from .resources.meetings import Meetings
    from .resources.pac import Pac
    from .resources.past_meetings import PastMeetings
    from .resources.past_webinars import PastWebinars
    from .resources.recordings import Recordings
    from .resources.reports import Reports
    from .resources.users import Users
    from .resources.webinars import Webinars

T = TypeVar("T")


class Api:
    """The endpoints of a client, one attribute per namespace. `Zoom` is one; `with_options` returns others.

    The first access to a namespace imports it with its structs, so that a program loads only what it uses.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def meetings(self) -> Meetings:
        """Scheduled meetings."""
        from .resources.meetings import Meetings  # noqa: PLC0415  see the docstring of the class

        return Meetings(self._session)

    @cached_property
    def pac(self) -> Pac:
        """The personal audio conferences (PAC) of users."""
        from .resources.pac import Pac  # noqa: PLC0415  see the docstring of the class

        return Pac(self._session)

    @cached_property
    def past_meetings(self) -> PastMeetings:
        """Ended meetings and their participants, up to a year back."""
        from .resources.past_meetings import PastMeetings  # noqa: PLC0415  see the docstring of the class

        return PastMeetings(self._session)

    @cached_property
    def past_webinars(self) -> PastWebinars:
        """Ended webinars and their participants."""
        from .resources.past_webinars import PastWebinars  # noqa: PLC0415  see the docstring of the class

        return PastWebinars(self._session)

    @cached_property
    def recordings(self) -> Recordings:
        """Cloud recordings and their files."""
        from .resources.recordings import Recordings  # noqa: PLC0415  see the docstring of the class

        return Recordings(self._session)

    @cached_property
    def reports(self) -> Reports:
        """Attendance, polls, usage and audit reports."""
        from .resources.reports import Reports  # noqa: PLC0415  see the docstring of the class

        return Reports(self._session)

    @cached_property
    def webinars(self) -> Webinars:
        """Scheduled webinars."""
        from .resources.webinars import Webinars  # noqa: PLC0415  see the docstring of the class

        return Webinars(self._session)

    @cached_property
    def users(self) -> Users:
        """The users of an account."""
        from .resources.users import Users  # noqa: PLC0415  see the docstring of the class

        return Users(self._session)

    def with_options(
        self,
        *,
        timeout: float | None = None,
        retry: RetryPolicy | None = None,
        priority: bool | None = None,
        max_wait: float | None = None,
        outage_wait: float | None = None,
        on_invalid_row: Callable[[InvalidRow], None] | None = None,
        on_extra_fields: Callable[[ExtraFields], None] | None = None,
        on_response: Callable[[ResponseInfo], None] | None = None,
    ) -> Api:
        """Return the same endpoints with other options, for one call or for many.

        ::

            invalid: list[InvalidRow] = []
            report = await zoom.with_options(on_invalid_row=invalid.append).reports.meeting_polls(uuid)

        The view shares the connections, rate limits and access token of this client. An option that is None stays as it
        is here, so that options combine.

        - *timeout* is the time limit of one response, in seconds from the moment at which its request has a connection.
          For a deadline over everything, waits and retries too, use ``anyio.fail_after``.
        - *retry* replaces the `RetryPolicy`.
        - *priority* calls pass the calls that wait for the same label. Of five calls in a row, at most four pass.
        - *max_wait* is the longest time, in seconds, that a call waits for a permit. A call that would wait longer
          raises `PerSecondLimitReached` before it is sent; its ``retry_after`` is the expected wait.
        - *outage_wait* is the longest time, in seconds, that a call waits while the circuit is open: when the latest
          calls all failed, the client sends one at a time until one succeeds. After that time, the call raises
          `CircuitOpen`, or its own error if it is a write that was sent before. The default is 5. Use ``math.inf`` in a
          job that can wait.
        - *on_invalid_row* receives each row that cannot be decoded; the row is left out of the result. A field outside
          the rows that cannot be decoded takes its default then, and *on_extra_fields* receives its value. A field that
          must be there, and the page token, raise `DecodeError` all the same. Without *on_invalid_row* every fault
          raises it.
        - *on_extra_fields* receives the keys that no struct has a field for. It decodes every response a second time,
          which takes about one millisecond per 300 rows. Without it these keys are ignored.
        - *on_response* receives the status, headers and tracking id of every response, those of failed attempts
          included.

        *on_invalid_row* and *on_extra_fields* are called before the call returns, and not for a call that raises. An
        exception in a callback is logged once and does not fail the call.

        Raises `ConfigError` for a *timeout*, *max_wait* or *outage_wait* that is not a valid number of seconds.
        """
        options = CallOptions(
            timeout=timeout,
            retry=retry,
            priority=priority,
            max_wait=max_wait,
            outage_wait=outage_wait,
            on_invalid_row=safe("on_invalid_row", on_invalid_row),
            on_extra_fields=safe("on_extra_fields", on_extra_fields),
            on_response=safe("on_response", on_response),
        )
        return Api(self._session.with_options(options))

    @staticmethod
    def endpoints() -> dict[str, Endpoint[object]]:
        """Return every endpoint by the method that calls it: ``Zoom.endpoints()["reports.users"].scopes``."""
        from .resources._namespaces import NAMESPACES  # noqa: PLC0415  all of them

        return {
            f"{namespace}.{method}": endpoint
            for namespace, resource in NAMESPACES.items()
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
        """Call any endpoint of Zoom's API, with the rate limits, authentication and retries of all other calls.

        ::

            settings = await zoom.request("GET", "/users/{userId}/settings", user_id, label=Label.MEDIUM)

        *path* is relative to the base URL; *values* fill its placeholders in order and are percent-encoded as Zoom
        requires. Ids belong there: errors, events and statistics show the path, with ``{}`` for what looks like an id.
        *label* is the rate-limit label of the endpoint; Zoom's responses correct a wrong one. *body* is any value that
        msgspec can encode as JSON. Returns the response decoded as *response*, or as plain objects without one; None
        for an empty response. Raises `InvalidArgument` for a request that cannot be made, and the errors of all other
        calls.
        """
        endpoint = Endpoint(route=f"{_check_method(method)} {path}", label=_check_label(label), response=response)
        call = endpoint.at_encoded(values, query or {}, None if body is None else _encode_body(body))
        return await self._session.send(call)

    @overload
    def paginate(
        self,
        route: str,
        *values: MeetingRef,
        items: str,
        label: Label,
        query: Mapping[str, QueryValue] | None = None,
    ) -> Paginator[Page[dict[str, object]], dict[str, object]]: ...

    @overload
    def paginate(
        self,
        route: str,
        *values: MeetingRef,
        items: str,
        label: Label,
        query: Mapping[str, QueryValue] | None = None,
        row: type[T],
    ) -> Paginator[Page[T], T]: ...

    def paginate(
        self,
        route: str,
        *values: MeetingRef,
        items: str,
        label: Label,
        query: Mapping[str, QueryValue] | None = None,
        row: type[object] = dict[str, object],
    ) -> object:
        """Return the rows of any listing of Zoom's API that has page tokens: `request` for listings.

        ::

            async for device in zoom.paginate("GET /h323/devices", items="devices", label=Label.MEDIUM):
                print(device["name"])

        *route* is written as Zoom prints it; *values* fill its placeholders in order. *items* is the JSON key of the
        list of rows. Rows are decoded as *row*, or as dictionaries without one. Raises `InvalidArgument` for a request
        that cannot be made.
        """
        if not route.startswith("GET /"):
            raise InvalidArgument('the route of a listing is like "GET /users/{userId}/tsp"')
        try:
            page_type = _page_type(items, cast("Hashable", row))
            type_info(cast("Hashable", page_type))
        except (TypeError, ValueError, NameError, SyntaxError):
            raise InvalidArgument("items must be a JSON key, and row a type that msgspec can decode") from None
        endpoint = Endpoint(route=route, label=_check_label(label), response=page_type)
        listing: Paginator[Page[object], object] = paginate(self._session, endpoint.at_encoded(values, query or {}))
        return listing


_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@cache
def _page_type(items: str, row: Hashable) -> type[Page[object]]:
    """Return a struct for pages whose rows are under the JSON key *items*."""
    rows: object = tuple.__class_getitem__((row, ...))
    fields = [("items", rows, msgspec.field(name=items)), ("next_page_token", str, "")]
    return cast("type[Page[object]]", msgspec.defstruct("ListingPage", fields, frozen=True))


def _encode_body(body: object) -> bytes:
    if isinstance(body, msgspec.Struct):
        return encode(body)
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError, UnicodeEncodeError, RecursionError):
        raise InvalidArgument("the body cannot be encoded as JSON") from None


def _check_label(label: Label) -> Label:
    try:
        return Label(label)
    except ValueError:
        raise InvalidArgument(f"unknown label: choose one of {', '.join(Label)}") from None


def _check_method(method: str) -> str:
    if method.upper() not in _METHODS:
        raise InvalidArgument(f"unknown method: choose one of {', '.join(sorted(_METHODS))}")
    return method.upper()
