"""Plain HTTP requests to a `FakeZoom`, without the client of this library."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from json import dumps, loads
from typing import TypeAlias, cast

from aiohttp import ClientResponse, ClientSession, encode_basic_auth
from yarl import URL

from zoomasync.testing import FakeZoom

Json: TypeAlias = dict[str, object]


@dataclass(frozen=True)
class Response:
    """A response; *body* is empty unless its content is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Json
    content: bytes

    @classmethod
    async def read(cls, response: ClientResponse) -> Response:
        content = await response.read()
        body: Json = loads(content) if "json" in response.content_type else {}
        return cls(response.status, response.headers.copy(), body, content)

    @property
    def code(self) -> object:
        return self.body.get("code")

    def rows(self, key: str) -> list[Json]:
        return cast("list[Json]", self.body[key])

    @property
    def error_field(self) -> object:
        """The first invalid field."""
        return cast("list[Json]", self.body["errors"])[0]["field"]

    @property
    def error(self) -> tuple[int, object]:
        """The HTTP status and Zoom's code."""
        return self.status, self.code


@dataclass
class Caller:
    """An HTTP client that sends paths unchanged, percent-escapes included."""

    fake: FakeZoom
    session: ClientSession
    token: str = ""
    scheme: str = "Bearer"

    async def get(self, path: str, **query: object) -> Response:
        return await self.send("GET", path, **query)

    async def post(self, path: str, json: object, **query: object) -> Response:
        return await self.send("POST", path, json, **query)

    async def put(self, path: str, json: object, **query: object) -> Response:
        return await self.send("PUT", path, json, **query)

    async def patch(self, path: str, json: object, **query: object) -> Response:
        return await self.send("PATCH", path, json, **query)

    async def delete(self, path: str, **query: object) -> Response:
        return await self.send("DELETE", path, **query)

    async def send(
        self, method: str, path: str, json: object = None, content_type: str = "application/json", /, **query: object
    ) -> Response:
        """Send *json*: an object as JSON, bytes unchanged, and no body for None."""
        text = "&".join(f"{name.rstrip('_')}={value}" for name, value in query.items()).replace(" ", "%20")
        url = URL(f"{self.fake.base_url}{path}?{text}" if text else f"{self.fake.base_url}{path}", encoded=True)
        headers = {"Authorization": f"{self.scheme} {self.token}"} if self.token else {}
        content = json if isinstance(json, bytes) else None if json is None else dumps(json).encode()
        if content is not None:
            headers["Content-Type"] = content_type
        async with self.session.request(method, url, headers=headers, data=content) as response:
            return await Response.read(response)

    async def every(self, path: str, key: str, **query: object) -> list[Json]:
        """Return the rows of all pages."""
        rows: list[Json] = []
        token: dict[str, object] = {}
        while True:
            page = await self.get(path, **query, **token)
            assert page.status == 200, page.body
            rows += page.rows(key)
            if page.body["next_page_token"] == "":
                return rows
            token = {"next_page_token": page.body["next_page_token"]}

    async def request_token(
        self, *, secret: str | None = None, form: Mapping[str, str] | None = None, query: str = ""
    ) -> Response:
        credentials = self.fake.credentials
        form = form if form is not None else {"grant_type": "account_credentials", "account_id": credentials.account_id}
        async with self.session.post(
            f"{self.fake.token_url}{query}",
            data=form,
            headers={"Authorization": encode_basic_auth(credentials.client_id, secret or credentials.client_secret)},
        ) as response:
            return await Response.read(response)

    async def post_form(self, path: str, form: Mapping[str, str], *, secret: str | None = None) -> Response:
        """Send *form* to an OAuth endpoint, with the credentials of the app that users authorize."""
        app = self.fake.user_oauth
        origin = self.fake.base_url.removesuffix("/v2")
        credentials = encode_basic_auth(app.client_id, secret or app.client_secret)
        async with self.session.post(f"{origin}{path}", data=form, headers={"Authorization": credentials}) as response:
            return await Response.read(response)

    async def sign_in(self) -> None:
        self.token = str((await self.request_token()).body["access_token"])


@asynccontextmanager
async def calling(fake: FakeZoom) -> AsyncGenerator[Caller, None]:
    """Run *fake* and yield a caller with an access token."""
    async with fake, ClientSession() as session:
        caller = Caller(fake, session)
        await caller.sign_in()
        yield caller
