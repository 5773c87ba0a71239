"""Plain HTTP against a `FakeZoom`: no client of ours in between."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from json import dumps
from typing import TypeAlias, cast

from aiohttp import ClientSession, encode_basic_auth
from yarl import URL

from zoomasync.testing import FakeZoom

Json: TypeAlias = dict[str, object]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Json

    @property
    def code(self) -> object:
        return self.body.get("code")

    def rows(self, key: str) -> list[Json]:
        return cast("list[Json]", self.body[key])

    @property
    def error_field(self) -> object:
        return cast("list[Json]", self.body["errors"])[0]["field"]

    @property
    def error(self) -> tuple[int, object]:
        return self.status, self.code


@dataclass
class Caller:
    """Sends requests exactly as written, percent-escapes included."""

    fake: FakeZoom
    session: ClientSession
    token: str = ""
    scheme: str = "Bearer"

    async def get(self, path: str, **query: object) -> Answer:
        return await self.send("GET", path, **query)

    async def post(self, path: str, json: object, **query: object) -> Answer:
        return await self.send("POST", path, json, **query)

    async def put(self, path: str, json: object, **query: object) -> Answer:
        return await self.send("PUT", path, json, **query)

    async def patch(self, path: str, json: object, **query: object) -> Answer:
        return await self.send("PATCH", path, json, **query)

    async def delete(self, path: str, **query: object) -> Answer:
        return await self.send("DELETE", path, **query)

    async def send(
        self, method: str, path: str, json: object = None, content_type: str = "application/json", /, **query: object
    ) -> Answer:
        """Send *json*, bytes as they are, or no body at all for None."""
        text = "&".join(f"{name.rstrip('_')}={value}" for name, value in query.items())
        url = URL(f"{self.fake.base_url}{path}?{text}" if text else f"{self.fake.base_url}{path}", encoded=True)
        headers = {"Authorization": f"{self.scheme} {self.token}"} if self.token else {}
        content = json if isinstance(json, bytes) else None if json is None else dumps(json).encode()
        if content is not None:
            headers["Content-Type"] = content_type
        async with self.session.request(method, url, headers=headers, data=content) as response:
            body: Json = await response.json() if await response.read() else {}
            return Answer(response.status, dict(response.headers), body)

    async def every(self, path: str, key: str, **query: object) -> list[Json]:
        """Return the rows of all pages."""
        rows: list[Json] = []
        token: dict[str, object] = {}
        while True:
            answer = await self.get(path, **query, **token)
            assert answer.status == 200, answer.body
            rows += answer.rows(key)
            if answer.body["next_page_token"] == "":
                return rows
            token = {"next_page_token": answer.body["next_page_token"]}

    async def ask_token(
        self, *, secret: str | None = None, form: Mapping[str, str] | None = None, query: str = ""
    ) -> Answer:
        known = self.fake.credentials
        form = form if form is not None else {"grant_type": "account_credentials", "account_id": known.account_id}
        async with self.session.post(
            f"{self.fake.token_url}{query}",
            data=form,
            headers={"Authorization": encode_basic_auth(known.client_id, secret or known.client_secret)},
        ) as response:
            return Answer(response.status, dict(response.headers), await response.json())

    async def sign_in(self) -> None:
        self.token = str((await self.ask_token()).body["access_token"])


@asynccontextmanager
async def calling(fake: FakeZoom) -> AsyncGenerator[Caller, None]:
    """Run *fake* and give a caller that has a token."""
    async with fake, ClientSession() as session:
        caller = Caller(fake, session)
        await caller.sign_in()
        yield caller
