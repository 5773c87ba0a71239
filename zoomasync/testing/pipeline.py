"""The steps that every request passes, and the log of all requests."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from .._label import Label
from .account.account import Account
from .enforcement.rate_limits import RateLimits
from .enforcement.resource_quotas import ResourceQuotaExceeded, ResourceQuotas
from .handlers.routes import PARAMETERS, match_route
from .protocol import json_body as _json_body
from .protocol import query as _query
from .protocol.errors import FakeResponse, Refusal, json_response, unknown_path, wrong_method
from .protocol.oauth import TokenIssuer
from .protocol.page_tokens import PageTokens
from .protocol.request import Asked
from .protocol.route import TOKEN_ROUTE, Route
from .scripted_responses import ScriptedResponses

BASE_PATH: Final = "/v2"
TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - a path


@dataclass(frozen=True, kw_only=True)
class LoggedRequest:
    """One request as the fake received it, with the status of the response; it holds no header and no secret.

    *route* is as Zoom prints it, such as `GET /report/users`, and None for a path that the API does not have.
    *raw_path* keeps its percent-escapes and has no query. *body* is the decoded JSON, or None; passwords, stream keys
    and unknown fields are `***`. *label* is None for a token request. *at* is `time.monotonic()` on arrival.
    """

    method: str
    route: str | None
    raw_path: str
    query: Mapping[str, str]
    body: object
    label: Label | None
    status: int
    at: float


@dataclass(kw_only=True)
class RequestPipeline:
    """The steps of one request: token, rate limit, scripted response, query, body, handler, in this order."""

    account: Account
    today: date
    now: Callable[[], datetime]
    resource_quotas: ResourceQuotas
    token_issuer: TokenIssuer
    page_tokens: PageTokens
    rate_limits: RateLimits
    scripted: ScriptedResponses = field(default_factory=ScriptedResponses)
    log: list[LoggedRequest] = field(default_factory=list[LoggedRequest])

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Respond to one request and log it."""
        at = time.monotonic()
        # The raw path alone tells %2F from a slash, and %252F from both.
        path, _, query = request.raw_path.partition("?")
        route: Route | None = None
        body: object = None
        try:
            if path == TOKEN_PATH:
                response = await self._token(request, query)
            else:
                route, values = self._route(request.method, path)
                content = await request.read()
                body = _json_body.masked(content, route.body)
                response = self._respond(request, route, path, values, query, content)
        except Refusal as error:
            response = error.response()
        template = TOKEN_ROUTE if path == TOKEN_PATH else route.template if route else None
        self.log.append(
            LoggedRequest(
                method=request.method,
                route=template,
                raw_path=path,
                query=MappingProxyType(_without_secrets(query)),
                body=body,
                label=route.label if route else None,
                status=response.status,
                at=at,
            )
        )
        return _web_response(response)

    async def _token(self, request: web.BaseRequest, query: str) -> FakeResponse:
        content = await request.read()
        if request.method != "POST":
            raise wrong_method(request.method)
        api_url = f"http://{request.host}"
        return self.scripted.next_for(None) or self.token_issuer.issue(query, request.headers, content, api_url)

    def _route(self, method: str, path: str) -> tuple[Route, tuple[str, ...]]:
        if not path.startswith(f"{BASE_PATH}/"):
            raise unknown_path()
        path = path.removeprefix(BASE_PATH)
        try:
            return match_route(method, path)
        except Refusal:
            if (unlisted := self.scripted.unlisted_route(method, path)) is None:
                raise
            return unlisted, ()

    def _respond(
        self, request: web.BaseRequest, route: Route, path: str, values: tuple[str, ...], query: str, content: bytes
    ) -> FakeResponse:
        self.token_issuer.check(request.headers.get("Authorization", ""))
        early = self.rate_limits.check(route.label) or self.scripted.next_for(route)
        if early:
            return early
        if route.handler is None:
            raise unknown_path()
        parameters = _query.parse(query)
        _query.check_names(parameters, route.parameters)
        parsed = Asked(
            account=self.account,
            today=self.today,
            now=self.now(),
            path=path,
            values=values,
            query=parameters,
            body=_json_body.parse(content, request.content_type, route.body) if route.body else {},
            pager=self.page_tokens,
            quota=self.resource_quotas,
        )
        try:
            body = route.handler(parsed)
        except ResourceQuotaExceeded as error:
            return self.rate_limits.resource_limit(route.label, str(error))
        return FakeResponse(status=204, body=b"") if body is None else json_response(body, route.status)


def _web_response(response: FakeResponse) -> web.Response:
    headers = {"x-zm-trackingid": f"v=2.0;clid=fake;rid=WEB_{secrets.token_hex(16)}"}
    if response.body:
        headers["Content-Type"] = "application/json;charset=UTF-8"
    return web.Response(status=response.status, body=response.body, headers={**headers, **response.headers})


def _without_secrets(query: str) -> dict[str, str]:
    """Return *query* with only the values of the API's own parameters: a misplaced secret is not one of them."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return {name: value if name in PARAMETERS else "" for name, value in pairs}
