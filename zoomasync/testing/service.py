"""The way of one request through the fake, and the log of all of them."""

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
from .enforcement.rate_limits import Limits
from .enforcement.resource_quotas import Exceeded, Quota
from .faults import Faults
from .handlers.routes import PARAMETERS, find
from .protocol import json_body as _json
from .protocol import query as _query
from .protocol.errors import FakeResponse, Refusal, json_response, unknown_path, wrong_method
from .protocol.oauth import TokenDesk
from .protocol.page_tokens import Pager
from .protocol.request import FakeRequest
from .protocol.route import TOKEN_ROUTE, Route

BASE_PATH: Final = "/v2"
TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - a path


@dataclass(frozen=True, kw_only=True)
class LoggedRequest:
    """One request as it came in and what became of it; no header and no secret is kept.

    *route* is as Zoom prints it, such as `GET /report/users`, and None for a path that is none of the API's. *raw_path*
    has its percent-escapes untouched and no query. *body* is the decoded JSON, None without one; passwords, stream
    keys and what the operation does not know are `***` in it. *at* is `time.monotonic()` on arrival.
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
class Service:
    """Answers requests from the account: token, rate limit, canned reply, parameters, body, rows, in this order."""

    account: Account
    today: date
    now: Callable[[], datetime]
    quota: Quota
    desk: TokenDesk
    pager: Pager
    limits: Limits
    faults: Faults = field(default_factory=Faults)
    log: list[LoggedRequest] = field(default_factory=list[LoggedRequest])

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request and log it."""
        at = time.monotonic()
        # The raw path alone tells %2F from a slash, and %252F from both.
        path, _, query = request.raw_path.partition("?")
        route: Route | None = None
        sent: object = None
        try:
            if path == TOKEN_PATH:
                response = await self._issue(request, query)
            else:
                route, values = self._find(request.method, path)
                content = await request.read()
                sent = _json.for_log(content, route.body)
                response = self._answer(request, route, path, values, query, content)
        except Refusal as refusal:
            response = refusal.response()
        template = TOKEN_ROUTE if path == TOKEN_PATH else route.template if route else None
        self.log.append(
            LoggedRequest(
                method=request.method,
                route=template,
                raw_path=path,
                query=MappingProxyType(_without_secrets(query)),
                body=sent,
                label=route.label if route else None,
                status=response.status,
                at=at,
            )
        )
        return _response(response)

    async def _issue(self, request: web.BaseRequest, query: str) -> FakeResponse:
        body = await request.read()
        if request.method != "POST":
            raise wrong_method(request.method)
        api_url = f"http://{request.host}"
        return self.faults.due(TOKEN_ROUTE) or self.desk.issue(query, request.headers, body, api_url)

    def _find(self, method: str, path: str) -> tuple[Route, tuple[str, ...]]:
        if not path.startswith(f"{BASE_PATH}/"):
            raise unknown_path()
        return find(method, path.removeprefix(BASE_PATH))

    def _answer(
        self, request: web.BaseRequest, route: Route, path: str, values: tuple[str, ...], query: str, content: bytes
    ) -> FakeResponse:
        self.desk.check(request.headers.get("Authorization", ""))
        early = self.limits.refusal(route.label) or self.faults.due(route.template)
        if early:
            return early
        parameters = _query.parse(query)
        _query.known(parameters, route.parameters)
        fake_request = FakeRequest(
            account=self.account,
            today=self.today,
            now=self.now(),
            path=path,
            path_values=values,
            query=parameters,
            body=_json.body(content, request.content_type, route.body) if route.body else {},
            pager=self.pager,
            quota=self.quota,
        )
        try:
            answer = route.answer(fake_request)
        except Exceeded as exceeded:
            return self.limits.over_quota(route.label, str(exceeded))
        return FakeResponse(status=204, body=b"") if answer is None else json_response(answer, route.status)


def _response(response: FakeResponse) -> web.Response:
    headers = {"x-zm-trackingid": f"v=2.0;clid=fake;rid=WEB_{secrets.token_hex(16)}"}
    if response.body:
        headers["Content-Type"] = "application/json;charset=UTF-8"
    return web.Response(status=response.status, body=response.body, headers={**headers, **response.headers})


def _without_secrets(query: str) -> dict[str, str]:
    """Keep the values of the API's own parameters alone: a misplaced secret is none of them."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return {name: value if name in PARAMETERS else "" for name, value in pairs}
