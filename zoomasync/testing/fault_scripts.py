"""The methods of `FakeZoom` that script faults."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Literal, get_args

from .._label import Label
from .enforcement.limit_messages import MEETINGS, REGISTRATIONS, STATUS_CHANGES, LimitKind, ResourceQuota, limit_message
from .faults import DropPoint, Fault, Outage
from .handlers.routes import ROUTES, find_route
from .pipeline import RequestPipeline
from .protocol.page_tokens import PageRepeat
from .protocol.responses import FakeResponse, gateway_response, json_response
from .protocol.route import TOKEN_ROUTE, Route
from .protocol.times import http_date
from .simulation.seeded_random import SeededRandom


class FaultScripts:
    """The faults of a fake that a test scripts: one method per kind of fault, which also chooses the requests."""

    def __init__(self, pipeline: RequestPipeline) -> None:
        self._pipeline = pipeline

    def respond(
        self,
        operation: str,
        *,
        status: int,
        body: Mapping[str, object] | bytes,
        headers: Mapping[str, str] | None = None,
        drop_after: Literal["headers", "half_body"] | None = None,
        label: Label | None = None,
        on_request: int = 1,
        times: int | None = 1,
    ) -> None:
        r"""Send a scripted response to a later request of *operation*, instead of the account's.

        ::

            fake.respond("reports.users", status=503, body={"code": 503, "message": "Try later."}, on_request=2)

        *operation* is a method of the client, such as `meetings.registrants.add`, or a route as Zoom prints it, such
        as `GET /report/users` or `POST /oauth/token`. A route that the reference does not list may be given too, with
        its rate-limit *label* (Light unless given): the fake sends the scripted responses there, and 404 otherwise.

        The *on_request*-th request from now receives the response, and so do the next *times* - 1, or all later ones
        if *times* is None. A request in an outage, without a valid token and scope, or over the rate limit does not
        count. Of several faults for one request, the first that was scripted is applied.

        A *body* of bytes is sent unchanged, such as a page with half a surrogate pair or a time of 13 digits::

            page = rb'{"next_page_token":"","participants":[{"id":"1","name":"\ud83d","join_time":"1780000000000"}]}'
            fake.respond("reports.meeting_participants", status=200, body=page)

        With *drop_after*, the connection closes after that part of the response, as in `drop_connection`.

        Raises ValueError for an unknown method name or a malformed route.
        """
        if drop_after not in {None, "headers", "half_body"}:
            raise ValueError(f"drop_after must be headers or half_body, not {drop_after!r}")
        response = FakeResponse(status=status, body=body) if isinstance(body, bytes) else json_response(body, status)
        fault = Fault(response=lambda: response, headers=headers or {}, drop_after=drop_after)
        self._script(operation, fault, label, on_request, times)

    def throttle(
        self,
        operation: str,
        *,
        kind: Literal["per_second", "daily", "host", "registrant", "concurrent"] = "per_second",
        wording: Literal["present", "quoted", "older"] = "present",
        headers: Mapping[str, str] | None = None,
        label: Label | None = None,
        on_request: int = 1,
        times: int | None = 1,
        retry_after: str | float | None = None,
    ) -> None:
        """Send Zoom's 429 of a *kind* to a later request of *operation*, with the arguments of `respond`.

        ::

            fake.throttle("meetings.registrants.list", on_request=2)
            fake.throttle("meetings.registrants.add", kind="registrant")

        The kinds are the "per_second" and "daily" limits of a plan, the daily limits of one "host" and one
        "registrant", and "concurrent" for simultaneous writes. Zoom itself sends a Retry-After with "daily" only. It
        has more than one *wording* for two kinds: "quoted" and "older" for a registrant, "older" for a host.

        *headers* are added to Zoom's, or replace them. Zoom has sent a misleading one with a registrant's limit::

            fake.throttle("meetings.registrants.add", kind="registrant", headers={"X-RateLimit-Type": "Daily-limit"})

        Token requests cannot be throttled: they have no label. Raises ValueError for them, and for a *wording* that
        Zoom does not use.
        """
        if operation == TOKEN_ROUTE:
            raise ValueError("token requests have no rate limit: use respond() to send them a 429")
        route = find_route(operation, label)
        message = limit_message(kind, wording, quota=_resource_quota(kind, route))
        limits = self._pipeline.rate_limits

        def too_many() -> FakeResponse:
            return limits.too_many(kind, limits.label(route), message)

        wait = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self._script(operation, Fault(response=too_many, headers={**wait, **(headers or {})}), label, on_request, times)

    def intercept(
        self,
        operation: str,
        *,
        status: int = 502,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        label: Label | None = None,
        on_request: int = 1,
        times: int | None = 1,
    ) -> None:
        """Send the response of a gateway or a login portal, instead of Zoom's, with the arguments of `respond`.

        ::

            fake.intercept("reports.users", status=404)
            fake.intercept("meetings.survey.delete", status=200)  # a login page

        The request is not carried out. The response has no header of Zoom's, and its body is a page of HTML unless
        *body* is given, which may be empty.
        """
        fault = Fault(response=partial(gateway_response, status, body), headers=headers or {})
        self._script(operation, fault, label, on_request, times)

    def drop_connection(
        self,
        operation: str,
        *,
        after: Literal["request", "handling", "headers", "half_body"] = "request",
        label: Label | None = None,
        on_request: int = 1,
        times: int | None = 1,
    ) -> None:
        """Close the connection of a later request of *operation*, with the arguments of `respond`.

        ::

            fake.drop_connection("meetings.registrants.add", after="half_body")

        *after* is the last step. After the "request", the fake closes the connection and does not carry out the
        request. After the "handling", the request has been carried out, and nothing of the response is sent. After the
        "headers" or "half_body" of the response, the request has been carried out, too. A response without a body is
        then not sent at all, since its headers would be complete.
        """
        if after not in get_args(DropPoint):
            raise ValueError(f"after must be one of {', '.join(get_args(DropPoint))}, not {after!r}")
        self._script(operation, Fault(drop_after=after), label, on_request, times)

    def disturb(self, operation: str, *, share: float = 0.2, seed: int = 1) -> None:
        """Apply random faults to a *share* of the later requests of *operation*, until `clear_responses`.

        ::

            fake.disturb("meetings.registrants.add", share=0.5)
            fake.disturb("webinars.registrants", seed=7)

        *operation* is as in `respond`, or a namespace of the client, whose methods are all disturbed.

        Six faults are equally likely: the 429 of the per-second limit, a 503, the 502 of a gateway, and a connection
        that is closed after the "request", the "handling" or the "headers", as in `drop_connection`. Only a request
        with one of the last two is carried out.

        *seed* determines for each operation which requests have a fault, counted from now, and which fault it is.

        Raises ValueError for a *share* that is not between 0 and 1, and for token requests.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"share must be between 0 and 1, not {share}")
        if operation == TOKEN_ROUTE:
            raise ValueError("token requests cannot be disturbed: use respond() or drop_connection() for them")
        namespace = [route for route in ROUTES if route.operation.name.startswith(f"{operation}.")]
        for route in namespace or [find_route(operation)]:
            faults = self._random_faults(route, share, SeededRandom(f"{seed} {route.template}"))
            self._pipeline.scripted.add_random(route, partial(next, faults))

    def set_date(
        self,
        operation: str,
        date: datetime | str,
        *,
        label: Label | None = None,
        on_request: int = 1,
        times: int | None = 1,
    ) -> None:
        """Send the account's response with a wrong `Date` header, with the arguments of `respond`.

        ::

            fake.set_date("reports.users", datetime(2031, 1, 1, tzinfo=UTC))
            fake.set_date("reports.users", "yesterday", on_request=2)

        A *date* with a time zone is sent in the format of HTTP, and text is sent unchanged.
        """
        text = date if isinstance(date, str) else http_date(date)
        self._script(operation, Fault(headers={"Date": text}), label, on_request, times)

    def set_label(self, operation: str, label: Label) -> None:
        """Count all later requests of *operation* under another *label* than the reference's.

        ::

            fake.set_label("meetings.create", Label.LIGHT)

        The successful responses name the label in `X-RateLimit-Category`, from which a client corrects its own.

        Raises ValueError for token requests, which have no label.
        """
        if operation == TOKEN_ROUTE:
            raise ValueError("token requests have no rate limit, and so no label")
        self._pipeline.rate_limits.labels[find_route(operation).template] = label

    def repeat_pages(
        self,
        operation: str,
        *,
        kind: Literal["empty", "equal", "same_token"] = "empty",
        on_request: int = 1,
        times: int | None = None,
    ) -> None:
        """Make a listing endless, from a later request of *operation* on, with the arguments of `respond`.

        ::

            fake.repeat_pages("reports.meeting_participants", on_request=2)

        Each page has a token of a next page. By *kind*, the pages are "empty" or "equal", with a new token each, or
        have the "same_token". All later requests receive such pages unless *times* is given.

        Raises ValueError for an operation without pages.
        """
        if kind not in get_args(PageRepeat):
            raise ValueError(f"kind must be one of {', '.join(get_args(PageRepeat))}, not {kind!r}")
        route = None if operation == TOKEN_ROUTE else find_route(operation)
        if route is None or "next_page_token" not in route.operation.parameters:
            raise ValueError(f"{operation} has no pages")
        self._script(operation, Fault(repeat=kind), None, on_request, times)

    @contextmanager
    def outage(
        self, *, status: int | None = 503, retry_after: str | float | None = None, token_endpoint: bool = True
    ) -> Generator[None, None, None]:
        """Respond to every request in the block with the *status* and page of a gateway.

        ::

            with fake.outage(retry_after=2):
                await zoom.reports.billing().collect()

        With a *status* of None, the fake closes every connection without a response. Token requests fail too, unless
        *token_endpoint* is false. `requests` lists the requests of an outage. They count for no limit, and for no
        scripted fault.
        """
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        response = None if status is None else gateway_response(status, headers=headers)
        before, self._pipeline.outage = self._pipeline.outage, Outage(response=response, token_endpoint=token_endpoint)
        try:
            yield
        finally:
            self._pipeline.outage = before

    def clear_responses(self) -> None:
        """Discard every scripted fault that is still to come, and every label that a test has set.

        An outage lasts until the end of its block.
        """
        self._pipeline.scripted.clear()
        self._pipeline.rate_limits.labels.clear()

    def _random_faults(self, route: Route, share: float, rng: SeededRandom) -> Iterator[Fault | None]:
        limits = self._pipeline.rate_limits

        def too_many() -> FakeResponse:
            return limits.too_many("per_second", limits.label(route), limit_message("per_second"))

        faults = (
            Fault(response=too_many),
            Fault(response=partial(json_response, {"code": 503, "message": "Try again later."}, 503)),
            Fault(response=partial(gateway_response, 502)),
            Fault(drop_after="request"),
            Fault(drop_after="handling"),
            Fault(drop_after="headers"),
        )
        while True:
            yield faults[rng.below(len(faults))] if rng.chance(share) else None

    def _script(self, operation: str, fault: Fault, label: Label | None, on_request: int, times: int | None) -> None:
        route = None if operation == TOKEN_ROUTE else find_route(operation, label)
        self._pipeline.scripted.add(route, fault, on_request=on_request, times=times)


def _resource_quota(kind: LimitKind, route: Route) -> ResourceQuota:
    if kind == "host":
        return MEETINGS
    quota = STATUS_CHANGES if route.template.endswith("/registrants/status") else REGISTRATIONS
    return quota.worded_for(webinar="{webinarId}" in route.template)
