"""The steps that every request passes, and the log of all requests."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl, quote, unquote

from aiohttp import web

from .._label import Label
from .account.account import Account
from .account.host import Host
from .account.mails import Outbox
from .account.registrant_changes import RegistrantChanges
from .enforcement.concurrent_writes import ConcurrentWrites, Target
from .enforcement.limit_messages import limit_message
from .enforcement.rate_limits import RateLimits
from .enforcement.resource_quotas import ResourceQuotaExceeded, ResourceQuotas
from .faults import Fault, Outage, ScriptedFaults
from .handlers.account_features import check_account_features
from .handlers.routes import BESIDE_API, PARAMETERS, match_route
from .protocol import json_body as _json_body
from .protocol import query as _query
from .protocol.access_tokens import AccessToken, AccessTokens
from .protocol.downloads import DOWNLOAD_ROUTE, file_response
from .protocol.oauth import AUTHORIZE_ROUTE, REVOKE_ROUTE, OAuthEndpoints
from .protocol.own_resources import check_own, check_own_file, names_me
from .protocol.page_tokens import PageTokens
from .protocol.request import FakeRequest
from .protocol.responses import (
    ErrorResponse,
    FakeResponse,
    invalid_access_token,
    json_response,
    unknown_path,
    wrong_method,
)
from .protocol.route import TOKEN_ROUTE, Route
from .protocol.times import http_date
from .protocol.user_app import UserApp
from .webhooks.announcements import Announcements
from .webhooks.running_meetings import RunningMeetings

BASE_PATH: Final = "/v2"
TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - a path
AUTHORIZE_PATH: Final = "/oauth/authorize"
REVOKE_PATH: Final = "/oauth/revoke"
DOWNLOAD_PATH: Final = "/rec/download/"
_OAUTH_PATHS: Final = frozenset({TOKEN_PATH, AUTHORIZE_PATH, REVOKE_PATH})
_REGISTRANT_WRITES: Final = frozenset(
    f"{kind}.registrants.{name}"
    for kind in ("meetings", "webinars")
    for name in ("add", "add_batch", "remove", "update_status")
)


@dataclass(frozen=True, kw_only=True)
class LoggedRequest:
    """One request as the fake received it, with the status of the response; it holds no header and no secret.

    *route* is as Zoom prints it, such as `GET /report/users`, and None for a path that the API does not have.
    *raw_path* keeps its percent-escapes and has no query. *body* is the decoded JSON, or None; passwords, stream keys
    and unknown fields are `***`. *label* is None for a download and a request of OAuth. *status* is None if the
    connection was closed without a response. *at* is `time.monotonic()` on arrival.
    """

    method: str
    route: str | None
    raw_path: str
    query: Mapping[str, str]
    body: object
    label: Label | None
    status: int | None
    at: float


@dataclass
class _Exchange:
    """One request on its way through the pipeline, and the decisions made for it so far."""

    request: web.BaseRequest
    path: str
    query: str
    content: bytes
    route: Route | None = None
    fault: Fault = field(default_factory=Fault)
    written: Target | None = None
    """The meeting or webinar of which the request has changed registrants."""


@dataclass(kw_only=True)
class RequestPipeline:
    """The steps of one request.

    They are outage, token, scope, limits of the plan, scripted fault, simultaneous writes, query, body and handler.
    """

    account: Account
    today: Callable[[], date]
    now: Callable[[], datetime]
    resource_quotas: ResourceQuotas
    access_tokens: AccessTokens
    user_app: UserApp
    oauth: OAuthEndpoints
    announcements: Announcements
    running: RunningMeetings
    page_tokens: PageTokens
    rate_limits: RateLimits
    registrants: RegistrantChanges
    concurrent_writes: ConcurrentWrites
    dated: bool = False
    """Whether the time of the `Date` header is that of *now*."""
    signed_in_user: Host | None = None
    """The user who approves authorization requests over HTTP; None means the first host."""
    clamp_ranges: bool = False
    outage: Outage | None = None
    outbox: Outbox = field(default_factory=Outbox)
    scripted: ScriptedFaults = field(default_factory=ScriptedFaults)
    log: list[LoggedRequest] = field(default_factory=list[LoggedRequest])

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Respond to one request and log it."""
        at = time.monotonic()
        # The raw path alone tells %2F from a slash, and %252F from both.
        path, _, query = request.raw_path.partition("?")
        exchange = _Exchange(request, path, query, await request.read())
        try:
            response = self._response(exchange)
        except ErrorResponse as error:
            response = error.response()
        if exchange.written:
            await self.concurrent_writes.finish(exchange.written)
            if _is_closed(request):  # by the client, in the meantime
                response = None
        fault = exchange.fault
        if response and (fault.drop_after == "handling" or (fault.drop_after and not response.body)):
            response = None  # without a body, the headers would be a complete response
        self._log(exchange, at, response)
        if response is None:
            _close(request)
            return web.Response()
        if fault.drop_after:
            return await self._send_part(exchange, response)
        sent = web.Response(status=response.status, body=response.body, headers=self._headers(exchange, response))
        sent.headers.update(fault.headers)
        return sent

    def _response(self, exchange: _Exchange) -> FakeResponse | None:
        is_oauth = exchange.path in _OAUTH_PATHS
        if self.outage and (self.outage.token_endpoint or not is_oauth):
            if not is_oauth:
                with suppress(ErrorResponse):
                    exchange.route, _ = self._route(exchange.request.method, exchange.path)
            return self.outage.response
        if is_oauth:
            return self._oauth(exchange)
        is_download = exchange.path.startswith(DOWNLOAD_PATH)
        return self._download(exchange) if is_download else self._respond(exchange)

    def _oauth(self, exchange: _Exchange) -> FakeResponse | None:
        request = exchange.request
        if request.method != ("GET" if exchange.path == AUTHORIZE_PATH else "POST"):
            raise wrong_method(request.method)
        if exchange.path == TOKEN_PATH:
            origin = f"http://{request.host}"
            return self._unless_faulty(
                exchange, lambda: self.oauth.token(exchange.query, request.headers, exchange.content, origin)
            )
        if exchange.path == REVOKE_PATH:
            exchange.route = REVOKE_ROUTE
            return self._unless_faulty(
                exchange, lambda: self.oauth.revoke(exchange.query, request.headers, exchange.content)
            )
        exchange.route = AUTHORIZE_ROUTE
        return self._unless_faulty(exchange, lambda: self._authorize(exchange.query))

    def _authorize(self, query: str) -> FakeResponse:
        """Return the redirect of a browser in which `signed_in_user` approves the request."""
        callback = self.user_app.approve(query, self.consenting_user())
        return FakeResponse(status=302, body=b"", headers={"Location": callback}, from_zoom=False)

    def consenting_user(self) -> Host:
        """Return the user who is signed in."""
        return self.signed_in_user or self.account.hosts[0]

    def _unless_faulty(self, exchange: _Exchange, respond: Callable[[], FakeResponse]) -> FakeResponse | None:
        """Return what *respond* returns, or the response of a scripted fault, or None to close the connection."""
        fault = exchange.fault = self.scripted.next_for(exchange.route)
        if fault.drop_after == "request":
            return None
        return fault.response() if fault.response else respond()

    def _download(self, exchange: _Exchange) -> FakeResponse | None:
        exchange.route = DOWNLOAD_ROUTE
        if exchange.request.method != "GET":
            raise wrong_method(exchange.request.method)
        token = self.access_tokens.check_download(exchange.request.headers.get("Authorization", ""))
        return self._unless_faulty(exchange, lambda: self._file(exchange, token))

    def _file(self, exchange: _Exchange, token: AccessToken | None) -> FakeResponse:
        file = self.account.recording_file(unquote(exchange.path.removeprefix(DOWNLOAD_PATH)))
        if file is None:
            raise unknown_path()
        if token and token.user_id:
            check_own_file(self.account, self._caller(token), file)
        return file_response(file, exchange.request.headers)

    def _respond(self, exchange: _Exchange) -> FakeResponse | None:
        route, path_values = self._route(exchange.request.method, exchange.path)
        exchange.route = route
        token = self.access_tokens.check(exchange.request.headers.get("Authorization", ""))
        caller = self._caller(token) if token.user_id else None
        if route.handler is not None:  # the scopes of a route outside the reference are unknown
            token.check_scopes(route.operation)
            if caller and token.is_limited_to_user(route.operation):
                check_own(self.account, caller, route.operation, path_values)
        if caller and names_me(route.operation, path_values):
            path_values = (quote(caller.id, safe=""), *path_values[1:])
        if too_many := self.rate_limits.check(self.rate_limits.label(route)):
            return too_many
        return self._unless_faulty(exchange, lambda: self._handle(exchange, route, path_values, caller))

    def _caller(self, token: AccessToken) -> Host:
        """Return the user of a user's token; one who was removed from the account has no valid token."""
        if (user := self.account.host(token.user_id)) is None:
            raise invalid_access_token()
        return user

    def _route(self, method: str, path: str) -> tuple[Route, tuple[str, ...]]:
        if not path.startswith(f"{BASE_PATH}/"):
            raise unknown_path()
        path = path.removeprefix(BASE_PATH)
        try:
            return match_route(method, path)
        except ErrorResponse:
            if (unlisted := self.scripted.unlisted_route(method, path)) is None:
                raise
            return unlisted, ()

    def _handle(
        self, exchange: _Exchange, route: Route, path_values: tuple[str, ...], caller: Host | None
    ) -> FakeResponse:
        if route.handler is None:
            raise unknown_path()
        operation = route.operation
        target = ("{webinarId}" in route.template, path_values[0]) if operation.name in _REGISTRANT_WRITES else None
        if target and self.concurrent_writes.in_progress(target):
            label = self.rate_limits.label(route)
            return self.rate_limits.too_many("concurrent", label, limit_message("concurrent"))
        parsed = FakeRequest(
            account=self.account,
            operation=operation,
            today=self.today(),
            now=self.now(),
            path=exchange.path,
            path_values=path_values,
            query=_query.parse(exchange.query, operation),
            body=_json_body.parse(exchange.content, exchange.request.content_type, operation),
            pager=self.page_tokens,
            quota=self.resource_quotas,
            registrants=self.registrants,
            outbox=self.outbox,
            announcements=self.announcements,
            running=self.running,
            caller=caller,
            repeat=exchange.fault.repeat,
            origin=f"http://{exchange.request.host}",
            download_token=self.access_tokens.issue_for_downloads,
            clamp_ranges=self.clamp_ranges,
        )
        check_account_features(self.account, operation)
        try:
            body = route.handler(parsed)
        except ResourceQuotaExceeded as error:
            return self.rate_limits.too_many(error.kind, self.rate_limits.label(route), str(error))
        if target:
            self.concurrent_writes.begin(target)
            exchange.written = target
        return (
            FakeResponse(status=operation.status, body=b"") if body is None else json_response(body, operation.status)
        )

    def _log(self, exchange: _Exchange, at: float, response: FakeResponse | None) -> None:
        route = exchange.route
        template = TOKEN_ROUTE if exchange.path == TOKEN_PATH else route.template if route else None
        self.log.append(
            LoggedRequest(
                method=exchange.request.method,
                route=template,
                raw_path=exchange.path,
                query=MappingProxyType(_without_secrets(exchange.query)),
                body=_json_body.masked_body(exchange.content, route.operation) if route else None,
                label=self.rate_limits.label(route) if route and route not in BESIDE_API else None,
                status=response.status if response else None,
                at=at,
            )
        )

    async def _send_part(self, exchange: _Exchange, response: FakeResponse) -> web.StreamResponse:
        """Send the headers of *response* and possibly half of its body, and close the connection."""
        part = web.StreamResponse(status=response.status, headers=self._headers(exchange, response))
        part.headers.update(exchange.fault.headers)
        part.content_length = len(response.body)
        await part.prepare(exchange.request)
        if exchange.fault.drop_after == "half_body":
            await part.write(response.body[: len(response.body) // 2])
        _close(exchange.request)
        return part

    def _headers(self, exchange: _Exchange, response: FakeResponse) -> dict[str, str]:
        headers = dict(response.headers)
        if response.from_zoom:
            if exchange.route and exchange.route not in BESIDE_API and response.status < HTTPStatus.BAD_REQUEST:
                headers.update(self.rate_limits.headers(self.rate_limits.label(exchange.route)))
            headers["x-zm-trackingid"] = f"v=2.0;clid=fake;rid=WEB_{secrets.token_hex(16)}"
            if response.body:
                headers["Content-Type"] = "application/json;charset=UTF-8"
            if self.dated:
                headers["Date"] = http_date(self.now())
        return headers


def _is_closed(request: web.BaseRequest) -> bool:
    return request.transport is None or request.transport.is_closing()


def _close(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.close()


def _without_secrets(query: str) -> dict[str, str]:
    """Return *query* with only the values of the API's own parameters: a misplaced secret is not one of them."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return {name: value if name in PARAMETERS else "" for name, value in pairs}
