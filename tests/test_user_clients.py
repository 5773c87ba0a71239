"""The clients of the users who have authorized one app."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from traceback import TracebackException
from urllib.parse import parse_qs, urlsplit
from weakref import ref

import pytest
from aiohttp import ClientSession, TraceConfig
from msgspec.structs import replace
from support.rotating import FaultyStore

from zoomasync import Label, Plan, RetryPolicy, UserClients, ZoomError
from zoomasync.auth import AuthorizedUser, MemoryTokenStore
from zoomasync.auth._stored_token import StoredToken
from zoomasync.auth._token_keys import user_token_key
from zoomasync.errors import (
    AuthorizationDenied,
    CircuitOpen,
    ConfigError,
    MissingScope,
    ReauthorizationRequired,
    ResourceLimitReached,
    ServerError,
    StoreError,
    TransportError,
    Unauthorized,
)
from zoomasync.events import CircuitOpened, Event, TokenRefreshed, TokenRefreshFailed
from zoomasync.models import NewMeeting
from zoomasync.rate_limits import LocalRateLimiter, RateLimiter
from zoomasync.testing import Account, FakeZoom, Host

QUICK_PLAN = Plan(light=10_000, medium=10_000, heavy=10_000)
QUICK = RetryPolicy(attempts=2, base=0.001)


@pytest.fixture
def account() -> Account:
    account = Account()
    for name in ("Ada Lund", "Omar Said"):
        account.add_host(name)
    return account


@pytest.fixture
async def fake(account: Account) -> AsyncIterator[FakeZoom]:
    async with FakeZoom(account, plan=None) as server:
        yield server


@pytest.fixture
def store() -> FaultyStore:
    return FaultyStore()


def business(account_id: str) -> Plan:  # noqa: ARG001  every account has this plan
    return Plan.BUSINESS


@asynccontextmanager
async def clients_of(fake: FakeZoom, store: MemoryTokenStore, **options: object) -> AsyncGenerator[UserClients, None]:
    settings: dict[str, object] = {"retry": QUICK, "plans": business, "oauth": fake.user_oauth, **options}
    async with UserClients(token_store=store, **settings) as users:  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  each test gives valid ones
        yield users


async def authorize(users: UserClients, fake: FakeZoom, user: Host | None = None) -> AuthorizedUser:
    request = fake.user_oauth.authorization_request()
    return await users.authorize(request, fake.approve(request.url, user))


async def entry_of(fake: FakeZoom, store: MemoryTokenStore, user_id: str) -> StoredToken | None:
    value = await store.read(user_token_key(fake.user_oauth.client_id, user_id))
    return None if value is None else StoredToken.decode(value)


def routes(fake: FakeZoom) -> list[str | None]:
    return [request.route for request in fake.requests]


async def test_user_is_authorized(fake: FakeZoom, store: FaultyStore) -> None:
    ada = fake.account.hosts[0]
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake, ada)
        zoom = await users.client(user.user_id)
        me = await zoom.users.get("me")

    assert (user.user_id, user.account_id) == (ada.id, fake.account.id)
    assert user.scopes is not None
    assert (me.id, zoom.account_id) == (ada.id, fake.account.id)
    assert routes(fake) == ["POST /oauth/token", "GET /users/{userId}", "GET /users/{userId}"]
    entry = await entry_of(fake, store, ada.id)
    assert entry is not None
    assert (entry.user_id, entry.account_id, entry.scopes) == (ada.id, fake.account.id, user.scopes)


async def test_known_user_is_not_read(fake: FakeZoom, store: FaultyStore) -> None:
    """An app without the scope to read the user gives the id; an account that is not given stays unknown."""
    ada = fake.account.hosts[0]
    async with clients_of(fake, store) as users:
        request = fake.user_oauth.authorization_request()
        user = await users.authorize(request, fake.approve(request.url, ada), user_id=ada.id)
        request = fake.user_oauth.authorization_request()
        again = await users.authorize(request, fake.approve(request.url, ada), user_id=ada.id, account_id="sub-account")

    assert (user.user_id, user.account_id) == (ada.id, None)
    assert again.account_id == "sub-account"
    assert routes(fake) == ["POST /oauth/token"] * 2


async def test_missing_scope_names_it(account: Account, store: FaultyStore) -> None:
    async with FakeZoom(account, plan=None, user_scopes="meeting:read") as fake, clients_of(fake, store) as users:
        with pytest.raises(MissingScope, match="user:read:user"):
            await authorize(users, fake)


async def test_denial_is_raised(fake: FakeZoom, store: FaultyStore) -> None:
    request = fake.user_oauth.authorization_request()
    async with clients_of(fake, store) as users:
        with pytest.raises(AuthorizationDenied, match="the user declined") as caught:
            await users.authorize(request, fake.deny(request.url))

    assert caught.value.error == "access_denied"
    assert fake.requests == ()


async def test_forged_callback_sends_nothing(fake: FakeZoom, store: FaultyStore) -> None:
    """The code of one browser in the callback of another is not exchanged."""
    mine, others = (fake.user_oauth.authorization_request() for _ in range(2))
    async with clients_of(fake, store) as users:
        with pytest.raises(AuthorizationDenied, match="another request"):
            await users.authorize(mine, fake.approve(others.url))

    assert fake.requests == ()


@pytest.mark.parametrize("is_forged", [False, True])
async def test_traceback_hides_code(fake: FakeZoom, store: FaultyStore, *, is_forged: bool) -> None:
    """A traceback with the values of all variables shows no code that may still be valid."""
    request, other = (fake.user_oauth.authorization_request() for _ in range(2))
    codes = list[str]()

    def callback() -> str:
        url = fake.approve(request.url)
        codes.extend(parse_qs(urlsplit(url).query)["code"])
        return url

    fake.drop_connection("POST /oauth/token", after="request")
    async with clients_of(fake, store) as users:
        with pytest.raises((AuthorizationDenied, TransportError)) as caught:
            await users.authorize(other if is_forged else request, callback())

    text = "".join(TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "in authorize" in text
    text = text.replace(repr(codes), "")  # the variable of this test
    assert codes[0] not in text


async def test_spent_code_is_denied(fake: FakeZoom, store: FaultyStore) -> None:
    request = fake.user_oauth.authorization_request()
    callback = fake.approve(request.url)
    async with clients_of(fake, store) as users:
        await users.authorize(request, callback)
        with pytest.raises(AuthorizationDenied, match="Zoom rejected the code, which is valid once, for five minutes"):
            await users.authorize(request, callback)


@pytest.mark.parametrize("after", ["request", "handling"])
async def test_code_is_sent_once(fake: FakeZoom, store: FaultyStore, after: str) -> None:
    """A code whose response was lost is not sent again: Zoom may end an authorization whose code comes twice."""
    fake.drop_connection("POST /oauth/token", after=after)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  two of its values
    async with clients_of(fake, store) as users:
        with pytest.raises(TransportError, match="connection was lost"):
            await authorize(users, fake)

    assert routes(fake) == ["POST /oauth/token"]


async def test_invalid_secret_is_unauthorized(fake: FakeZoom, store: FaultyStore) -> None:
    wrong = dataclasses.replace(fake.user_oauth, client_secret="wrong")
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
    async with clients_of(fake, store, oauth=wrong) as users:
        with pytest.raises(Unauthorized, match="Check the client id, the client secret and the redirect URI"):
            await authorize(users, fake)
        with pytest.raises(Unauthorized, match="Check the client id, the client secret and the redirect URI"):
            await users.revoke(user.user_id)

    assert await entry_of(fake, store, user.user_id) is not None


async def test_unknown_user_must_authorize(fake: FakeZoom, store: FaultyStore) -> None:
    async with clients_of(fake, store) as users:
        with pytest.raises(ReauthorizationRequired, match="no tokens of the user are stored") as caught:
            await users.client("canary-user")

    assert caught.value.user_id == "canary-user"


async def test_tokens_outlive_the_process(fake: FakeZoom, store: FaultyStore) -> None:
    """Another process finds the user in the store, and refreshes what has expired."""
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
    fake.expire_access_tokens()
    events = list[Event]()
    async with clients_of(fake, store, on_event=events.append) as users:
        zoom = await users.client(user.user_id)

        assert (await zoom.users.get("me")).id == user.user_id
        assert zoom.account_id == fake.account.id
    assert [type(event) for event in events].count(TokenRefreshed) == 1  # none for the token in the store


async def test_secrets_are_not_shown(fake: FakeZoom, store: FaultyStore, caplog: pytest.LogCaptureFixture) -> None:
    """No log, event, repr or error of a user's life has a token, a code, the secret, or an id of the user."""
    caplog.set_level(logging.DEBUG, "zoomasync")
    ada, oauth = fake.account.hosts[0], fake.user_oauth
    request = oauth.authorization_request()
    callback = fake.approve(request.url, ada)
    canaries = {ada.id, ada.email, fake.account.id, oauth.client_secret, request.state, request.code_verifier}
    canaries |= {callback.partition("code=")[2].partition("&")[0]}
    shown = list[object]()
    async with clients_of(fake, store, on_event=shown.append) as users:
        user = await users.authorize(request, callback)
        zoom = await users.client(user.user_id)
        for end in (None, fake.expire_access_tokens, partial(fake.remove_app, ada)):
            if end is not None:
                end()
            if (entry := await entry_of(fake, store, ada.id)) is not None:
                canaries |= {entry.access_token, entry.refresh_token or ""} - {""}
            try:
                await zoom.users.get("me")
            except ReauthorizationRequired as error:
                shown.extend((error, repr(error)))
        with pytest.raises(AuthorizationDenied) as caught:
            await users.authorize(request, callback)
        shown.extend((caught.value, users, repr(zoom), oauth, request))

    everything = " ".join(map(str, shown)) + caplog.text
    assert TokenRefreshed in map(type, shown)
    assert "GET /users/{userId}" in caplog.text
    assert len(canaries) == 11
    assert [canary for canary in canaries if canary in everything] == []


async def test_api_url_is_used_by_choice(fake: FakeZoom, store: FaultyStore, caplog: pytest.LogCaptureFixture) -> None:
    """The address that the fake names with a token is not an https host of Zoom, so it is not used."""
    for use_api_url in (False, True):
        caplog.clear()
        async with clients_of(fake, store, use_api_url=use_api_url) as users:
            user = await authorize(users, fake)
            await (await users.client(user.user_id)).users.get("me")
        warnings = [record.message for record in caplog.records if record.levelno == logging.WARNING]
        assert (
            warnings
            == ["the api_url of a token response is not an https host of Zoom, so it is not used"] * use_api_url
        )


async def test_client_is_shared(fake: FakeZoom, store: FaultyStore) -> None:
    """A client is the same one while somebody holds it, and nothing of it is left afterwards."""
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
        fake.expire_access_tokens()
        first, second = await asyncio.gather(*(users.client(user.user_id) for _ in range(2)))
        await first.users.get("me")
        assert first is second is await users.client(user.user_id)

        kept, tokens = ref(first), ref(first._token_manager)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  it has no public name
        del first, second
        assert kept() is None  # at once, without the garbage collector
        gc.collect()  # of the refresh
        assert tokens() is None
        assert repr(users) == f"<UserClients {fake.base_url}, 0 in use>"


async def test_view_keeps_its_token(fake: FakeZoom, store: FaultyStore) -> None:
    """A view of a client that nobody holds works, shares its token with the next client, and is closed with it."""
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
        view = (await users.client(user.user_id)).with_options(timeout=5)
        gc.collect()
        fake.expire_access_tokens()
        await view.users.get("me")
        await (await users.client(user.user_id)).users.get("me")
    with pytest.raises(ConfigError, match="the client is not open"):
        await view.users.get("me")

    assert routes(fake).count("POST /oauth/token") == 2  # the code, and one refresh


async def test_users_share_connections(fake: FakeZoom, store: FaultyStore) -> None:
    """Two users in turn send over one connection, each with an own token."""
    opened = list[object]()

    async def on_connection(*arguments: object) -> None:
        opened.append(arguments)

    tracing = TraceConfig()
    tracing.on_connection_create_end.append(on_connection)
    async with ClientSession(trace_configs=[tracing]) as http_session:
        async with clients_of(fake, store, http_session=http_session) as users:
            for host in fake.account.hosts * 2:
                user = await authorize(users, fake, host)
                zoom = await users.client(user.user_id)
                assert (await zoom.users.get("me")).id == host.id
        assert not http_session.closed

    assert len(opened) == 1


async def test_closed_client_is_reopened(fake: FakeZoom, store: FaultyStore) -> None:
    """One user's client can be closed; the other's is not, and `client` opens it again."""
    async with clients_of(fake, store) as users:
        ada, omar = [await authorize(users, fake, host) for host in fake.account.hosts]
        first, other = await users.client(ada.user_id), await users.client(omar.user_id)
        await first.aclose()
        with pytest.raises(ConfigError, match="the client is not open"):
            await first.users.get("me")
        assert (await other.users.get("me")).id == omar.user_id
        assert (await (await users.client(ada.user_id)).users.get("me")).id == ada.user_id
        with pytest.raises(ConfigError, match="already open"):
            async with other:
                pass


async def test_closed_client_is_entered(fake: FakeZoom, store: FaultyStore) -> None:
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
        zoom = await users.client(user.user_id)
        await zoom.aclose()
        async with zoom:
            assert (await zoom.users.get("me")).id == user.user_id


@pytest.mark.parametrize("is_given", [False, True])
async def test_reopening_keeps_one_limiter(fake: FakeZoom, store: FaultyStore, *, is_given: bool) -> None:
    """After all was closed and opened again, a client that was held shares the limits of the account with new ones."""

    def make(_: str) -> RateLimiter:
        return LocalRateLimiter(Plan.PRO)

    options = {"plans": None, "rate_limiters": make} if is_given else {}
    async with clients_of(fake, store, **options) as users:
        for host in fake.account.hosts:
            await authorize(users, fake, host)
        held = await users.client(fake.account.hosts[0].id)
    async with users:
        first, second = [await users.client(host.id) for host in fake.account.hosts]

        assert first.rate_limiter is second.rate_limiter
        assert (first.rate_limiter is held.rate_limiter) is not is_given


async def test_closing_ends_all(fake: FakeZoom, store: FaultyStore) -> None:
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
        zoom = await users.client(user.user_id)
    await users.aclose()

    with pytest.raises(ConfigError, match="the client is not open"):
        await zoom.users.get("me")
    for call in (users.client(user.user_id), users.revoke(user.user_id), authorize(users, fake)):
        with pytest.raises(ConfigError, match="UserClients is not open"):
            await call
    async with users:  # opened again
        assert (await (await users.client(user.user_id)).users.get("me")).id == user.user_id


async def test_closing_waits_for_refresh(fake: FakeZoom, store: FaultyStore) -> None:
    """A refresh of a client that nobody holds any more is stored before everything is closed."""
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
        fake.expire_access_tokens()
        before = await entry_of(fake, store, user.user_id)
        call = asyncio.create_task((await users.client(user.user_id)).users.get("me"))
        while routes(fake).count("POST /oauth/token") < 2 and not call.done():
            await asyncio.sleep(0)
            if (entry := await entry_of(fake, store, user.user_id)) is not None and entry.refresh_started:
                call.cancel()
                break
        await asyncio.wait([call])

    after = await entry_of(fake, store, user.user_id)
    assert call.cancelled()
    assert before is not None
    assert after is not None
    assert after.refresh_token != before.refresh_token
    assert not after.refresh_started
    assert routes(fake).count("POST /oauth/token") == 2


async def test_closing_stores_tokens(fake: FakeZoom, store: FaultyStore) -> None:
    """New tokens that could not be stored are kept without their client, and stored at the end."""
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
        fake.expire_access_tokens()
        before = await entry_of(fake, store, user.user_id)
        store.fail_after("write", 1, times=4)
        # In tasks, since the frame of the test would keep the error, and so the client.
        assert await asyncio.create_task(_failure(users, user.user_id)) == "StoreError"
        gc.collect()
        assert (await entry_of(fake, store, user.user_id)) != before  # it is marked

    after = await entry_of(fake, store, user.user_id)
    assert before is not None
    assert after is not None
    assert after.refresh_token != before.refresh_token
    assert routes(fake).count("POST /oauth/token") == 2


async def test_cancelled_close_stores_tokens(fake: FakeZoom, store: FaultyStore) -> None:
    """A close that runs into a timeout still waits for the refresh, and closes all."""
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
        fake.expire_access_tokens()
        before = await entry_of(fake, store, user.user_id)
        store.on_write = asyncio.Event()
        call = asyncio.create_task((await users.client(user.user_id)).users.get("me"))
        await store.on_write.wait()  # of the mark
        closing = asyncio.create_task(users.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait([closing])

        after = await entry_of(fake, store, user.user_id)
        assert closing.cancelled()
        assert before is not None
        assert after is not None
        assert after.refresh_token != before.refresh_token
        assert not after.refresh_started
    await asyncio.wait([call])
    assert isinstance(call.exception(), ZoomError | None)  # the call may be as fast as the close


async def test_cancelled_authorization_is_stored(fake: FakeZoom, store: FaultyStore) -> None:
    """The code of a caller who goes away is spent, so that its tokens are stored all the same."""
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
        store.on_write = asyncio.Event()
        call = asyncio.create_task(authorize(users, fake))
        while routes(fake).count("POST /oauth/token") < 2:  # noqa: ASYNC110  the fake has no event for it
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.wait([call])
        async with asyncio.timeout(5):
            await store.on_write.wait()
        fake.expire_access_tokens()

        assert call.cancelled()
        assert (await (await users.client(user.user_id)).users.get("me")).id == user.user_id


async def test_close_ends_authorization(fake: FakeZoom, store: FaultyStore) -> None:
    users = UserClients(fake.user_oauth, token_store=store, retry=QUICK)
    await users.__aenter__()
    call = asyncio.create_task(authorize(users, fake))
    await asyncio.sleep(0)
    await users.aclose()

    assert call.done()
    assert isinstance(call.exception(), ConfigError)


async def _failure(users: UserClients, user_id: str) -> str:
    try:
        await (await users.client(user_id)).users.get("me")
    except ZoomError as error:
        return type(error).__name__
    return ""


async def test_closing_reports_lost_tokens(fake: FakeZoom, store: FaultyStore) -> None:
    """All is closed although the tokens of one user cannot be stored."""
    users = UserClients(fake.user_oauth, token_store=store, retry=QUICK)
    await users.__aenter__()
    user = await authorize(users, fake)
    fake.expire_access_tokens()
    zoom = await users.client(user.user_id)
    store.fail_after("write", 1, times=99)
    with pytest.raises(StoreError):
        await zoom.users.get("me")
    with pytest.raises(StoreError, match="no write"):
        await users.aclose()
    with pytest.raises(ConfigError, match="the client is not open"):
        await zoom.users.get("me")


async def test_removed_app_needs_authorization(fake: FakeZoom, store: FaultyStore) -> None:
    """After the user has removed the app and authorized it again, the same client works."""
    ada = fake.account.hosts[0]
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake, ada)
        zoom = await users.client(user.user_id)
        fake.remove_app(ada)
        for _ in range(2):
            with pytest.raises(ReauthorizationRequired, match="Zoom no longer accepts the refresh token"):
                await zoom.users.get("me")
        refreshes = routes(fake).count("POST /oauth/token")
        await authorize(users, fake, ada)

        assert (await zoom.users.get("me")).id == ada.id
    assert refreshes == 2


async def test_new_scopes_are_used_at_once(fake: FakeZoom, store: FaultyStore) -> None:
    """A client that is in use takes the token of a new authorization with its next call."""
    async with clients_of(fake, store) as users:
        request = fake.user_oauth.authorization_request(["user:read"])
        user = await users.authorize(request, fake.approve(request.url))
        zoom = await users.client(user.user_id)
        before = await zoom.scopes()
        again = await authorize(users, fake)

        assert before == user.scopes == frozenset({"user:read"})
        assert await zoom.scopes() == again.scopes != before


async def test_account_becomes_known(fake: FakeZoom, store: FaultyStore) -> None:
    """A client whose account was unknown is replaced by one with the limits of the account."""
    ada = fake.account.hosts[0]
    async with clients_of(fake, store) as users:
        request = fake.user_oauth.authorization_request()
        await users.authorize(request, fake.approve(request.url, ada), user_id=ada.id)
        before = await users.client(ada.id)
        await authorize(users, fake, ada)
        after = await users.client(ada.id)

        rates = [(await zoom.rate_limits())[Label.LIGHT].rate for zoom in (before, after)]
        assert after is await users.client(ada.id)

    assert rates == [4, 80]


async def test_forgotten_during_renewal(fake: FakeZoom) -> None:
    """A token that was read before the user was forgotten is not used afterwards."""
    store = SlowStore()
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
        zoom = await users.client(user.user_id)
        store.may_go_on.clear()
        call = asyncio.create_task(zoom.users.get("me"))
        await store.has_read.wait()
        await users.forget(user.user_id)
        store.may_go_on.set()

        for result in (call, zoom.users.get("me")):
            with pytest.raises(ReauthorizationRequired, match="no tokens of the user are stored"):
                await result


class SlowStore(FaultyStore):
    """A store whose values arrive late."""

    def __init__(self) -> None:
        super().__init__()
        self.has_read = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def read(self, key: str) -> bytes | None:
        value = await super().read(key)
        if not self.may_go_on.is_set():
            self.has_read.set()
        await self.may_go_on.wait()
        return value


@pytest.mark.parametrize("fault", ["lock", "write"])
async def test_authorization_survives_fault(fake: FakeZoom, store: FaultyStore, fault: str) -> None:
    """A short fault of the store does not lose the tokens for a code, which has ended the ones before."""
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
        store.faults.append(fault)
        await authorize(users, fake)
        fake.expire_access_tokens()

        assert (await (await users.client(user.user_id)).users.get("me")).id == user.user_id


async def test_revoked_user_is_forgotten(fake: FakeZoom, store: FaultyStore) -> None:
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
        zoom = await users.client(user.user_id)
        await zoom.users.get("me")

        await users.revoke(user.user_id)
        await users.revoke(user.user_id)

        with pytest.raises(ReauthorizationRequired, match="no tokens of the user are stored"):
            await zoom.users.get("me")
        with pytest.raises(ReauthorizationRequired):
            await users.client("other")
    assert await entry_of(fake, store, user.user_id) is None
    assert routes(fake).count("POST /oauth/revoke") == 1


async def test_expired_token_is_revoked(fake: FakeZoom, store: FaultyStore) -> None:
    """Zoom may not know an expired token, so a new one is fetched and revoked, without any client in use."""
    async with clients_of(fake, store) as users:
        user = await authorize(users, fake)
        await _age(fake, store, user.user_id)

        await users.revoke(user.user_id)

    assert routes(fake)[-2:] == ["POST /oauth/token", "POST /oauth/revoke"]
    assert await entry_of(fake, store, user.user_id) is None


@pytest.mark.parametrize("is_expired", [False, True])
async def test_dead_tokens_are_deleted(fake: FakeZoom, store: FaultyStore, *, is_expired: bool) -> None:
    """The user has removed the app before: there is nothing to revoke."""
    ada = fake.account.hosts[0]
    async with clients_of(fake, store) as users:
        await authorize(users, fake, ada)
        fake.remove_app(ada)
        if is_expired:
            await _age(fake, store, ada.id)

        await users.revoke(ada.id)

    assert await entry_of(fake, store, ada.id) is None


async def test_failed_revocation_keeps_tokens(fake: FakeZoom, store: FaultyStore) -> None:
    fake.respond("POST /oauth/revoke", status=503, body={})
    async with clients_of(fake, store, retry=RetryPolicy(attempts=1)) as users:
        user = await authorize(users, fake)
        with pytest.raises(ServerError):
            await users.revoke(user.user_id)
        assert await entry_of(fake, store, user.user_id) is not None
        await users.revoke(user.user_id)

    assert await entry_of(fake, store, user.user_id) is None


async def _age(fake: FakeZoom, store: FaultyStore, user_id: str) -> None:
    """Make the stored access token as old as if it had expired."""
    key = user_token_key(fake.user_oauth.client_id, user_id)
    entry = await entry_of(fake, store, user_id)
    assert entry is not None
    async with store.lock(key) as fence:
        await store.write(key, replace(entry, expires_at=0.0).encode(), fence=fence)


async def test_account_limits_are_shared(fake: FakeZoom, store: FaultyStore) -> None:
    """The users of one account share its plan, which is Free unless it is named; unknown accounts share another."""
    ada, omar = fake.account.hosts
    other, unknown = "other-account", None
    plans = {fake.account.id: Plan.BUSINESS}
    for given, expected in ((plans, 80), (plans.get, 80), ({}, 4), (None, 4)):
        async with clients_of(fake, store, plans=given) as users:
            await authorize(users, fake, ada)
            await authorize(users, fake, omar)
            first, second = await users.client(ada.id), await users.client(omar.id)
            await _move(fake, store, "third", other)
            await _move(fake, store, "fourth", unknown)
            await _move(fake, store, "fifth", unknown)
            third, fourth, fifth = [await users.client(user) for user in ("third", "fourth", "fifth")]

            rates = [(await zoom.rate_limits())[Label.LIGHT].rate for zoom in (first, third, fourth)]

        assert rates == [expected, 4, 4]
        assert first.rate_limiter is second.rate_limiter
        assert fourth.rate_limiter is fifth.rate_limiter
        assert len({id(zoom.rate_limiter) for zoom in (first, third, fourth)}) == 3


async def _move(fake: FakeZoom, store: FaultyStore, user_id: str, account_id: str | None) -> None:
    """Store the tokens of the first host as those of a user of another account."""
    entry = await entry_of(fake, store, fake.account.hosts[0].id)
    assert entry is not None
    key = user_token_key(fake.user_oauth.client_id, user_id)
    async with store.lock(key) as fence:
        await store.write(key, replace(entry, account_id=account_id, user_id=user_id).encode(), fence=fence)


async def test_given_limiters_are_used(fake: FakeZoom, store: FaultyStore) -> None:
    """The limiter of an account is made once, and closed with the clients; an unknown account needs none."""
    made = list[Limiter]()

    def make(account_id: str) -> RateLimiter:
        assert account_id == fake.account.id
        made.append(Limiter(Plan.PRO))
        return made[-1]

    async with clients_of(fake, store, plans=None, rate_limiters=make) as users:
        limiters = [
            (await users.client((await authorize(users, fake, host)).user_id)).rate_limiter
            for host in fake.account.hosts
        ]
        await _move(fake, store, "unknown", None)
        unknown = (await users.client("unknown")).rate_limiter
        assert made[0].closed == 0

    assert limiters == [made[0], made[0]]
    assert isinstance(unknown, LocalRateLimiter)
    assert [limiter.closed for limiter in made] == [1]


class Limiter(LocalRateLimiter):
    closed = 0

    async def aclose(self) -> None:
        self.closed += 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate_limiters": Limiter, "plans": {}}, "plans and latency_jitter belong to the rate limiters"),
        ({"rate_limiters": Limiter, "plans": None, "latency_jitter": 0.1}, "belong to the rate limiters"),
        ({"timeout": -1}, "timeout must be"),
        ({"max_connections": 0}, "max_connections must be"),
        ({"latency_jitter": 2}, "latency_jitter must be"),
        ({"on_event": [3]}, "on_event must be"),
    ],
    ids=str,
)
async def test_invalid_settings_raise(
    fake: FakeZoom, store: FaultyStore, options: Mapping[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        async with clients_of(fake, store, **options):
            pass


async def test_invalid_plan_raises(fake: FakeZoom, store: FaultyStore) -> None:
    async with clients_of(fake, store, plans={fake.account.id: "pro"}) as users:
        user = await authorize(users, fake)
        with pytest.raises(ConfigError, match="plan must be a Plan"):
            await users.client(user.user_id)


async def test_me_counts_as_the_user(account: Account, store: FaultyStore) -> None:
    """The hundred meetings per day of a host are counted together: as "me", by id, and by another user."""
    ada, omar = account.hosts
    meeting = NewMeeting(topic="Daily", type=2)
    async with (
        FakeZoom(account, plan=None, user_scopes="meeting:write:admin user:read:admin") as fake,
        clients_of(fake, store, plans={account.id: QUICK_PLAN}) as users,
    ):
        await authorize(users, fake, ada)
        await authorize(users, fake, omar)
        for _ in range(50):
            await (await users.client(ada.id)).meetings.create("me", meeting)
            await (await users.client(omar.id)).meetings.create(ada.id, meeting)
        sent = len(fake.requests)
        for host, user_id in ((ada, "me"), (ada, ada.id), (omar, ada.id)):
            with pytest.raises(ResourceLimitReached, match="was not sent"):
                await (await users.client(host.id)).meetings.create(user_id, meeting)
        assert len(fake.requests) == sent
        await (await users.client(omar.id)).meetings.create("me", meeting)


async def test_outage_is_shared(fake: FakeZoom, store: FaultyStore) -> None:
    """The failures of one user's calls open the circuit for all, and one event says so."""
    events = list[Event]()
    async with clients_of(fake, store, on_event=events.append, retry=RetryPolicy(attempts=1)) as users:
        ada, omar = [
            (await users.client((await authorize(users, fake, host)).user_id)).with_options(outage_wait=0)
            for host in fake.account.hosts
        ]
        with fake.outage():
            for _ in range(10):
                with pytest.raises(ServerError):
                    await ada.users.get("me")
            sent = len(fake.requests)
            with pytest.raises(CircuitOpen):
                await omar.users.get("me")

    assert len(fake.requests) == sent
    assert [type(event) for event in events if isinstance(event, CircuitOpened)] == [CircuitOpened]


async def test_tokens_are_reported(fake: FakeZoom, store: FaultyStore) -> None:
    """The refresh of a user's tokens is an event of the call that waits for it; no text names the user."""
    events, host = list[Event](), fake.account.hosts[0]
    async with clients_of(fake, store, on_event=events.append) as users:
        zoom = await users.client((await authorize(users, fake)).user_id)
        await _age(fake, store, host.id)
        events.clear()
        await zoom.users.get("me")
        fake.remove_app(host)
        with pytest.raises(ReauthorizationRequired):
            await zoom.users.get("me")

    refreshed, failed = [event for event in events if isinstance(event, TokenRefreshed | TokenRefreshFailed)]
    assert refreshed.call_id == events[0].call_id
    assert isinstance(failed, TokenRefreshFailed)
    assert failed.error_type == "ReauthorizationRequired"
    assert host.id not in str([str(event) for event in events])
    assert host.email not in str([str(event) for event in events])


async def test_one_failing_refresh_is_no_outage(fake: FakeZoom, store: FaultyStore) -> None:
    """A token endpoint that fails for one user holds up no other."""
    events = list[Event]()
    async with clients_of(fake, store, on_event=events.append, retry=RetryPolicy(attempts=1)) as users:
        ada, omar = [await users.client((await authorize(users, fake, host)).user_id) for host in fake.account.hosts]
        await omar.users.get("me")
        await _age(fake, store, fake.account.hosts[0].id)
        fake.respond("POST /oauth/token", status=503, body={}, times=None)
        with pytest.raises(ServerError):
            await ada.users.get("me")
        await omar.users.get("me")

    assert not [event for event in events if isinstance(event, CircuitOpened)]
