"""The rotating tokens of users in several processes, which share them in files or in Redis, and kills."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from msgspec.structs import replace
from redis.asyncio import Redis
from support.user_processes import STEPS, Tasks, refresh_and_die, store_at, users_at

from zoomasync import UserOAuth
from zoomasync.auth._stored_token import StoredToken
from zoomasync.auth._token_keys import user_token_key
from zoomasync.errors import ReauthorizationRequired
from zoomasync.testing import Account, FakeZoom

PROCESSES, TASKS = 4, 250
INTERRUPTED = "an earlier refresh was interrupted, and Zoom no longer accepts the refresh token"


@pytest.fixture(params=["files", "Redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the folder or the URL of a token store."""
    if request.param == "files":
        return str(tmp_path / "tokens")
    url: str = request.getfixturevalue("valkey_url")
    return url


async def _authorize(place: str, fake: FakeZoom) -> None:
    async with users_at(place, fake.user_oauth) as users:
        for host in fake.account.hosts:
            request = fake.user_oauth.authorization_request()
            await users.authorize(request, fake.approve(request.url, host))


async def _change(
    place: str, oauth: UserOAuth, user_id: str, change: Callable[[StoredToken], StoredToken] = lambda entry: entry
) -> StoredToken:
    """Replace the entry of a user, and return it."""
    key = user_token_key(oauth.client_id, user_id)
    async with store_at(place) as store, store.lock(key) as fence:
        value = await store.read(key)
        assert value is not None
        entry = change(StoredToken.decode(value))
        assert await store.write(key, entry.encode(), fence=fence)
    return entry


def _expired(entry: StoredToken) -> StoredToken:
    return replace(entry, expires_at=0.0)


def _token_requests(fake: FakeZoom) -> int:
    return sum(request.route == "POST /oauth/token" for request in fake.requests)


async def test_thousand_tasks_refresh_once(place: str, tmp_path: Path) -> None:
    """A thousand tasks in four processes send one refresh when the token has expired, and one when Zoom rejects it."""
    account = Account()
    host = account.add_host()
    async with FakeZoom(account, plan=None) as fake:
        await _authorize(place, fake)
        await _change(place, fake.user_oauth, host.id, _expired)
        tasks = Tasks(tmp_path, place, fake.user_oauth, host.id, count=PROCESSES, tasks=TASKS)
        running = asyncio.create_task(tasks.run())
        await tasks.wait_until("open")
        before = _token_requests(fake)
        tasks.begin("first")
        await tasks.wait_until("done")
        after_expiry = _token_requests(fake)
        fake.expire_access_tokens()
        tasks.begin("second")

        assert await running == [0] * PROCESSES
        assert after_expiry - before == 1
        assert _token_requests(fake) - after_expiry == 1
        calls = sum(request.route == "GET /users/{userId}" and request.status == 200 for request in fake.requests)
        assert calls == 2 * PROCESSES * TASKS + 1  # and that of the authorization


@pytest.mark.parametrize("reuse", [3600.0, 0.0], ids=["spent tokens work", "spent tokens fail"])
async def test_kill_at_each_step(place: str, reuse: float) -> None:
    """A process that is killed in a refresh leaves tokens that work, or the user must authorize the app again."""
    account = Account()
    hosts = [account.add_host(f"Host {step}") for step in STEPS]
    async with FakeZoom(account, plan=None, refresh_reuse_seconds=reuse) as fake:
        oauth = fake.user_oauth
        await _authorize(place, fake)
        for host in hosts:
            await _change(place, oauth, host.id, _expired)
        before = _token_requests(fake)
        codes = await refresh_and_die(place, oauth, [host.id for host in hosts])
        with anyio.fail_after(10):
            # Those of the processes that died after "request", "response" and "stored".
            while _token_requests(fake) < before + 3:  # noqa: ASYNC110  the fake's requests
                await anyio.sleep(0.01)
        await _end_leases(place, oauth, [host.id for host in hosts])

        outcomes = dict[str, str | None]()
        async with users_at(place, oauth) as users:
            for host, step in zip(hosts, STEPS, strict=True):
                try:
                    outcomes[step] = (await (await users.client(host.id)).users.get("me")).id
                except ReauthorizationRequired as required:
                    outcomes[step] = required.reason.partition(":")[0]
                    request = oauth.authorization_request()
                    await users.authorize(request, fake.approve(request.url, host))
        entries = [await _change(place, oauth, host.id) for host in hosts]

    assert codes == [-9] * len(STEPS)
    expected: dict[str, str | None] = {step: host.id for host, step in zip(hosts, STEPS, strict=True)}
    if not reuse:
        expected.update(request=INTERRUPTED, response=INTERRUPTED)
    assert outcomes == expected
    assert [entry.refresh_started for entry in entries] == [False] * len(STEPS)
    assert [entry.reauthorize for entry in entries] == [None] * len(STEPS)


async def _end_leases(place: str, oauth: UserOAuth, user_ids: list[str]) -> None:
    """End the locks of killed processes, as if the six seconds of a lease in Redis had passed."""
    if "://" in place:
        async with Redis.from_url(place) as redis:  # pyright: ignore[reportUnknownMemberType]  its options
            await redis.delete(*(f"{{{user_token_key(oauth.client_id, user)}}}:lease" for user in user_ids))
