"""The rotating tokens of one user: every fault of Zoom, of the network and of the store, in one process."""

from __future__ import annotations

import asyncio
import base64
import traceback
from functools import partial

import anyio
import pytest
from support.clock import in_virtual_time, now
from support.memory import response
from support.rotating import (
    INVALID_GRANT,
    KEY,
    NO_RESPONSE,
    FaultyStore,
    RotatingZoom,
    rotating_tokens,
    stored_token,
)

from zoomasync import RetryPolicy
from zoomasync._core.http_messages import HttpResponse
from zoomasync.auth import Token
from zoomasync.errors import (
    ConfigError,
    ConnectError,
    ReauthorizationRequired,
    ServerError,
    StoreError,
    TimedOut,
    Unauthorized,
    ZoomError,
)

BOTH_SCOPES = frozenset({"meeting:read", "user:read"})
ONCE = RetryPolicy(attempts=1)
REVOKED = "Zoom no longer accepts the refresh token: POST /oauth/token -> 400: Invalid Token! (invalid_grant)"
INTERRUPTED = f"an earlier refresh was interrupted, and {REVOKED}"
NOT_SENT = ConnectError("POST /oauth/token", "cannot connect")
INVALID_CLIENT = response(400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"})


@in_virtual_time
async def test_fresh_token_is_used() -> None:
    store, zoom = FaultyStore(), RotatingZoom()
    await store.put(stored_token(age=1800))
    tokens, _ = rotating_tokens(store, zoom)

    token = await tokens.renew(None)

    assert (token.value, token.scopes) == ("access-0", frozenset({"user:read"}))
    assert token.lifetime == pytest.approx(1800, abs=0.01)
    assert tokens.account_id == "account"
    assert zoom.sent == []
    assert store.done == ["read"]


@in_virtual_time
async def test_refresh_is_stored_before_use() -> None:
    """The entry is marked before the request, has the new tokens before anything uses them, and keeps the ids."""
    store, zoom = FaultyStore(), RotatingZoom()
    await store.put(stored_token())
    tokens, _ = rotating_tokens(store, zoom)
    marked = list[object]()

    async def look() -> None:
        entry = await store.entry()
        marked.append((entry.refresh_started, entry.refresh_token, entry.access_token))

    looking = list[asyncio.Task[None]]()
    zoom.on_request = lambda: looking.append(asyncio.create_task(look()))
    token = await tokens.renew(None)
    await asyncio.gather(*looking)

    entry = await store.entry()
    assert marked == [(True, "refresh-0", "access-0")]
    assert (token.value, token.scopes, token.api_url) == (
        "access-1",
        BOTH_SCOPES,
        "https://api-eu.zoom.us",
    )
    assert token.lifetime == pytest.approx(3600, abs=0.01)
    assert entry == stored_token(
        access_token="access-1",
        refresh_token="refresh-1",
        expires_at=entry.expires_at,
        scopes=BOTH_SCOPES,
        api_url="https://api-eu.zoom.us",
    )
    assert entry.expires_at == pytest.approx(now() + 3600, abs=0.01)
    assert store.done == ["read", "lock", "read", "write", "write"]


@in_virtual_time
async def test_refresh_request_content() -> None:
    store, zoom = FaultyStore(), RotatingZoom()
    await store.put(stored_token(refresh_token="a b&c"))
    zoom.live = {"a b&c"}

    await rotating_tokens(store, zoom)[0].renew(None)

    (request,) = zoom.requests
    assert (request.method, request.url, request.body) == (
        "POST",
        "https://zoom.us/oauth/token",
        b"grant_type=refresh_token&refresh_token=a+b%26c",
    )
    assert request.headers["Authorization"] == f"Basic {base64.b64encode(b'client:canary-secret').decode()}"


@in_virtual_time
async def test_processes_share_one_refresh() -> None:
    """A thousand callers of four clients get the token of one refresh."""
    store, zoom = FaultyStore(), RotatingZoom()
    await store.put(stored_token())
    managers = [rotating_tokens(store, zoom)[1] for _ in range(4)]

    tokens = await asyncio.gather(*(manager.get() for manager in managers for _ in range(250)))

    assert {token.value for token in tokens} == {"access-1"}
    assert zoom.sent == ["refresh-0"]


@in_virtual_time
async def test_rejected_token_is_replaced() -> None:
    """A token that Zoom rejects before its end is refreshed, once for all clients that had it."""
    store, zoom = FaultyStore(), RotatingZoom()
    await store.put(stored_token(age=0))
    managers = [rotating_tokens(store, zoom)[1] for _ in range(4)]
    old = [await manager.get() for manager in managers]

    new = await asyncio.gather(*(manager.renew(old[0]) for manager in managers))

    assert {token.value for token in old} == {"access-0"}
    assert {token.value for token in new} == {"access-1"}
    assert zoom.sent == ["refresh-0"]


@in_virtual_time
async def test_early_refresh_in_background() -> None:
    """Until an early refresh is done, calls use the token that is still valid."""
    store, zoom = FaultyStore(), RotatingZoom(seconds=5)
    await store.put(stored_token(age=0))
    _, manager = rotating_tokens(store, zoom)
    await manager.get()
    await anyio.sleep(0.95 * 3600)

    assert (await manager.get()).value == "access-0"
    await anyio.sleep(6)

    assert (await manager.get()).value == "access-1"
    assert zoom.sent == ["refresh-0"]


@pytest.mark.parametrize(
    "fault", [NO_RESPONSE, response(502), response(500, {"code": 1}), response(200, b"<html>")], ids=str
)
@pytest.mark.parametrize("are_handled", [False, True], ids=["before", "after handling"])
@in_virtual_time
async def test_lost_response_is_survived(fault: HttpResponse | Exception, *, are_handled: bool) -> None:
    """The same refresh token is sent again, and Zoom accepts it: it was not spent, or a spent one works for a while."""
    store, zoom = FaultyStore(), RotatingZoom(accepts_spent=are_handled)
    zoom.faults.append(fault)
    zoom.are_handled = are_handled
    await store.put(stored_token())

    token = await rotating_tokens(store, zoom)[0].renew(None)

    entry = await store.entry()
    assert zoom.sent == ["refresh-0", "refresh-0"]
    assert entry.access_token == token.value
    assert entry.refresh_token in zoom.live
    assert not entry.refresh_started


@pytest.mark.parametrize("is_same_client", [True, False], ids=["same client", "another client"])
@in_virtual_time
async def test_lost_response_ends_authorization(*, is_same_client: bool) -> None:
    """Zoom rejects the refresh token that is sent once more: the user must authorize the app again."""
    store, zoom = FaultyStore(), RotatingZoom()
    zoom.faults.append(NO_RESPONSE)
    zoom.are_handled = True
    await store.put(stored_token())
    first, _ = rotating_tokens(store, zoom, retry=ONCE)
    second, _ = rotating_tokens(store, zoom, retry=ONCE)

    with pytest.raises(TimedOut):
        await first.renew(None)
    assert (await store.entry()).refresh_started
    with pytest.raises(ReauthorizationRequired) as caught:
        await (first if is_same_client else second).renew(None)

    assert caught.value.reason == INTERRUPTED
    assert caught.value.user_id == "canary-user"
    assert zoom.sent == ["refresh-0", "refresh-0"]
    assert (await store.entry()).reauthorize == INTERRUPTED


@in_virtual_time
async def test_long_outage_ends_no_authorization() -> None:
    """While Zoom gives no answer about the refresh token, no number of attempts ends the authorization."""
    store, zoom = FaultyStore(), RotatingZoom()
    zoom.faults.extend([response(503)] * 20)
    await store.put(stored_token())
    tokens, _ = rotating_tokens(store, zoom)

    for _ in range(2):
        with pytest.raises(ServerError):
            await tokens.renew(None)

    assert (await tokens.renew(None)).value == "access-1"
    assert zoom.sent == ["refresh-0"] * 21


@pytest.mark.parametrize(
    "rejected",
    [
        INVALID_GRANT,
        response(401, {"reason": "Invalid Token!", "error": "invalid_grant"}),
        response(400, {"error": "invalid_grant"}),
        *(response(400, {"code": code, "message": "No."}) for code in (4711, 4735, 4737, 4738, 4740, 4741)),
    ],
    ids=lambda rejected: str(rejected.body)[:40],
)
@in_virtual_time
async def test_rejected_grant_ends_authorization(rejected: HttpResponse) -> None:
    """The end is stored: no client sends the refresh token again."""
    store, zoom = FaultyStore(), RotatingZoom()
    zoom.faults.append(rejected)
    await store.put(stored_token())

    for _ in range(2):
        tokens, manager = rotating_tokens(store, zoom)
        for renew in (tokens.renew(None), manager.get(), tokens.renew(Token("access-0"))):
            with pytest.raises(ReauthorizationRequired, match=r"^the user must authorize the app again: Zoom no"):
                await renew

    assert zoom.sent == ["refresh-0"]
    assert (await store.entry()).access_token == ""


@in_virtual_time
async def test_new_authorization_is_found() -> None:
    """After the user has authorized the app again, the same clients work again."""
    store, zoom = FaultyStore(), RotatingZoom()
    zoom.live = set()
    await store.put(stored_token())
    _, manager = rotating_tokens(store, zoom)
    with pytest.raises(ReauthorizationRequired):
        await manager.get()

    await store.put(stored_token(age=0, access_token="access-9", refresh_token="refresh-9"))

    assert (await manager.get()).value == "access-9"


@in_virtual_time
async def test_unknown_user_must_authorize() -> None:
    store, zoom = FaultyStore(), RotatingZoom()

    with pytest.raises(ReauthorizationRequired, match="no tokens of the user are stored"):
        await rotating_tokens(store, zoom)[0].renew(None)

    assert zoom.sent == []


@in_virtual_time
async def test_missing_refresh_token_ends_authorization() -> None:
    store, zoom = FaultyStore(), RotatingZoom()
    await store.put(stored_token(refresh_token=None))

    with pytest.raises(ReauthorizationRequired, match="Zoom has sent no refresh token"):
        await rotating_tokens(store, zoom)[0].renew(None)

    assert (await store.entry()).reauthorize == "Zoom has sent no refresh token"
    assert zoom.sent == []


@in_virtual_time
async def test_response_without_refresh_token() -> None:
    """RFC 6749 allows it: the old one stays, and so do the scopes."""
    store, zoom = FaultyStore(), RotatingZoom()
    zoom.faults.append(response(200, {"access_token": "access-9", "refresh_token": None}))
    await store.put(stored_token())

    token = await rotating_tokens(store, zoom)[0].renew(None)

    entry = await store.entry()
    assert (token.value, token.scopes, entry.refresh_token) == ("access-9", frozenset({"user:read"}), "refresh-0")
    assert not entry.refresh_started


@pytest.mark.parametrize("was_marked", [False, True], ids=["first try", "after an interrupted refresh"])
@pytest.mark.parametrize("fault", [NOT_SENT, INVALID_CLIENT, response(429)], ids=["not sent", "app", "429"])
@in_virtual_time
async def test_unspent_token_leaves_entry(fault: HttpResponse | Exception, *, was_marked: bool) -> None:
    """A request that Zoom has certainly not carried out leaves the entry as it was."""
    store, zoom = FaultyStore(), RotatingZoom()
    zoom.faults.append(fault)
    before = stored_token(refresh_started=was_marked)
    await store.put(before)

    with pytest.raises(ZoomError) as caught:
        await rotating_tokens(store, zoom, retry=ONCE)[0].renew(None)

    assert not isinstance(caught.value, ReauthorizationRequired)
    assert isinstance(caught.value, Unauthorized) == (fault is INVALID_CLIENT)
    assert await store.entry() == before


@in_virtual_time
async def test_rejected_app_is_unauthorized() -> None:
    store, zoom = FaultyStore(), RotatingZoom()
    zoom.faults.append(INVALID_CLIENT)
    await store.put(stored_token())

    with pytest.raises(Unauthorized, match="Check the client id, the client secret and the redirect URI"):
        await rotating_tokens(store, zoom)[0].renew(None)


@pytest.mark.parametrize("fault", ["read", "lock", "write"])
@in_virtual_time
async def test_nothing_is_sent_without_store(fault: str) -> None:
    """Without the store there is no refresh: its refresh token would be lost."""
    store, zoom = FaultyStore(), RotatingZoom()
    await store.put(stored_token())
    store.faults = [fault]
    tokens, _ = rotating_tokens(store, zoom)

    with pytest.raises(StoreError, match=f"no {fault}"):
        await tokens.renew(None)

    assert zoom.sent == []
    assert (await tokens.renew(None)).value == "access-1"


@in_virtual_time
async def test_suspended_holder_is_store_error() -> None:
    """Nothing is sent while another process has the lock, and callers do not wait without end."""
    store, zoom = FaultyStore(), RotatingZoom()
    await store.put(stored_token())
    async with store.lock(KEY):
        renewal = asyncio.create_task(rotating_tokens(store, zoom)[0].renew(None))
        with pytest.raises(StoreError, match="has held the lock of a token for 120 seconds: look for one that is susp"):
            await renewal
    assert zoom.sent == []

    assert (await rotating_tokens(store, zoom)[0].renew(None)).value == "access-1"


@in_virtual_time
async def test_unreadable_entry_is_store_error() -> None:
    store, zoom = FaultyStore(), RotatingZoom()
    async with store.lock(KEY) as fence:
        await store.write(KEY, b"\x00", fence=fence)

    with pytest.raises(StoreError, match="cannot be read"):
        await rotating_tokens(store, zoom)[0].renew(None)

    assert zoom.sent == []


@in_virtual_time
async def test_short_store_fault_is_survived() -> None:
    """New tokens that cannot be stored at once are stored soon after, by the same refresh."""
    store, zoom = FaultyStore(), RotatingZoom()
    await store.put(stored_token())
    zoom.on_request = lambda: store.faults.extend(["write", "lock", "read"])
    tokens, _ = rotating_tokens(store, zoom)

    assert (await tokens.renew(None)).value == "access-1"

    assert zoom.sent == ["refresh-0"]
    assert (await store.entry()).refresh_token == "refresh-1"
    assert not tokens.must_finish


@in_virtual_time
async def test_unsaved_tokens_are_not_used() -> None:
    """New tokens that cannot be stored are kept, and stored before anything else is done."""
    store, zoom = FaultyStore(), RotatingZoom()
    await store.put(stored_token())
    zoom.on_request = lambda: store.faults.extend(["write"] * 4)
    tokens, manager = rotating_tokens(store, zoom)

    with pytest.raises(StoreError):
        await manager.get()
    assert (await store.entry()).refresh_token == "refresh-0"
    assert tokens.must_finish
    store.faults = ["lock"] * 4
    with pytest.raises(StoreError):
        await manager.get()

    assert (await manager.get()).value == "access-1"
    assert (await store.entry()).refresh_token == "refresh-1"
    assert zoom.sent == ["refresh-0"]
    assert not tokens.must_finish


@pytest.mark.parametrize("other_ended", [False, True], ids=["interrupted", "ended by another process"])
@in_virtual_time
async def test_unsaved_tokens_replace_old_entry(*, other_ended: bool) -> None:
    """The new tokens replace the entry that they were fetched for, even if another process has given it up."""
    store, zoom = FaultyStore(), RotatingZoom()
    await store.put(stored_token())
    zoom.on_request = lambda: store.faults.extend(["write"] * 4)
    tokens, _ = rotating_tokens(store, zoom)
    with pytest.raises(StoreError):
        await tokens.renew(None)
    store.faults.clear()
    zoom.on_request = lambda: None
    if other_ended:
        with pytest.raises(ReauthorizationRequired):
            await rotating_tokens(store, zoom)[0].renew(None)

    await tokens.save()

    assert (await store.entry()).refresh_token == "refresh-1"
    assert (await rotating_tokens(store, zoom)[0].renew(None)).value == "access-1"


@in_virtual_time
async def test_unsaved_tokens_give_way() -> None:
    """They replace neither newer tokens nor an entry that was deleted: the user may have been forgotten."""
    store, zoom = FaultyStore(), RotatingZoom()
    newer = stored_token(age=0, access_token="access-9", refresh_token="refresh-9")
    for entry, expected in ((newer, "access-9"), (None, "no tokens of the user are stored")):
        zoom.live = {"refresh-0"}
        await store.put(stored_token())
        zoom.on_request = lambda: store.faults.extend(["write"] * 4)
        tokens, _ = rotating_tokens(store, zoom)
        with pytest.raises(StoreError):
            await tokens.renew(None)

        store.faults.clear()
        await store.put(entry)
        try:
            result = (await tokens.renew(None)).value
        except ReauthorizationRequired as required:
            result = required.reason

        assert result == expected
        assert not tokens.must_finish
    assert zoom.sent == ["refresh-0", "refresh-0"]


@in_virtual_time
async def test_end_without_store_is_raised() -> None:
    """An end that cannot be stored is found again by the next refresh."""
    store, zoom = FaultyStore(), RotatingZoom()
    zoom.live = set()
    await store.put(stored_token())
    zoom.on_request = lambda: store.faults.append("write")
    tokens, _ = rotating_tokens(store, zoom)

    with pytest.raises(ReauthorizationRequired):
        await tokens.renew(None)
    with pytest.raises(ReauthorizationRequired) as caught:
        await tokens.renew(None)

    assert caught.value.reason == INTERRUPTED
    assert zoom.sent == ["refresh-0", "refresh-0"]


@in_virtual_time
async def test_broken_store_is_given_up() -> None:
    """A store that rejects every write raises an error, not an endless loop."""

    class Rejecting(FaultyStore):
        async def write(self, key: str, value: bytes, *, fence: int) -> bool:  # noqa: ARG002  the protocol's
            return False

    store, zoom = Rejecting(), RotatingZoom()
    await store.put(stored_token())

    with pytest.raises(StoreError, match="accepts no write under a lock"):
        await rotating_tokens(store, zoom)[0].renew(None)

    assert zoom.sent == []


@in_virtual_time
async def test_cancelled_callers_stop_no_refresh() -> None:
    store, zoom = FaultyStore(), RotatingZoom(seconds=5)
    await store.put(stored_token())
    _, manager = rotating_tokens(store, zoom)
    callers = [asyncio.create_task(manager.get()) for _ in range(3)]
    await anyio.sleep(1)

    for caller in callers:
        caller.cancel()
    await asyncio.wait(callers)
    await anyio.sleep(5)

    assert (await store.entry()).refresh_token == "refresh-1"
    assert (await manager.get()).value == "access-1"
    assert zoom.sent == ["refresh-0"]


@in_virtual_time
async def test_close_waits_for_refresh() -> None:
    """A refresh that was sent is stored before the client is closed, and its callers get the token."""
    store, zoom = FaultyStore(), RotatingZoom(seconds=5)
    await store.put(stored_token())
    _, manager = rotating_tokens(store, zoom)
    caller = asyncio.create_task(manager.get())
    await anyio.sleep(1)

    await manager.aclose()

    assert (await store.entry()).refresh_token == "refresh-1"
    assert (await caller).value == "access-1"


@pytest.mark.parametrize("wait", ["lock", "retry"])
@in_virtual_time
async def test_close_ends_idle_waits(wait: str) -> None:
    """Closing does not wait for the lock of another process, or for another attempt."""
    store, zoom = FaultyStore(), RotatingZoom()
    zoom.faults.extend([response(503)] * 9)
    await store.put(stored_token())
    _, manager = rotating_tokens(store, zoom, retry=RetryPolicy(base=1000, cap=1000, random=lambda: 1.0))

    async def close() -> float:
        caller = asyncio.create_task(manager.get())
        await anyio.sleep(1)
        started = now()
        await manager.aclose()
        with pytest.raises((ConfigError, ServerError)):
            await caller
        return now() - started

    if wait == "lock":
        async with store.lock(KEY):
            assert await close() < 0.01
        assert zoom.sent == []
    else:
        assert await close() < 0.01
        assert zoom.sent == ["refresh-0"]


@in_virtual_time
async def test_error_hides_secrets() -> None:
    """Neither the message nor the traceback of an error contains a token, the secret or the user."""
    texts = list[str]()
    for fault in (INVALID_GRANT, INVALID_CLIENT, NO_RESPONSE, response(200, b"{}"), "lock", "mark", "write"):
        store, zoom = FaultyStore(), RotatingZoom()
        await store.put(stored_token(access_token="canary-1", refresh_token="canary-2"))
        zoom.live = {"canary-2"}
        if not isinstance(fault, str):
            zoom.faults.append(fault)
        elif fault == "write":
            zoom.on_request = partial(store.faults.extend, ["write"] * 4)
        else:
            store.faults = ["write" if fault == "mark" else fault]
        tokens, manager = rotating_tokens(store, zoom, retry=ONCE)
        try:
            await manager.get()
        except ZoomError as error:
            report = traceback.TracebackException.from_exception(error, capture_locals=True)
            texts.append(f"{error} {error!r} {tokens} {vars(tokens)['_unsaved']} {vars(manager)}")
            texts.extend(line for line in report.format() if "tests/" not in line)

    assert len(texts) > 14
    assert "canary" not in "".join(texts)
