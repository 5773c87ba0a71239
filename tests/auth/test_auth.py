from __future__ import annotations

import asyncio
import base64
import gc
import traceback
from urllib.parse import parse_qs

import anyio
import msgspec
import pytest
from support.clock import in_virtual_time, now
from support.memory import SUDDEN, MemoryTransport, answering, response

from zoomasync import Credentials, ServerToServer, StaticToken
from zoomasync._core.responses import HttpRequest, HttpResponse
from zoomasync._core.transport import Transport
from zoomasync.auth import Token
from zoomasync.auth._token_manager import TokenManager
from zoomasync.errors import ConfigError, DecodeError, ServerError, TimedOut, Unauthorized, ZoomError

SECRET = "canary-secret"
APP = ServerToServer("account", "client", SECRET)
INVALID_CLIENT = response(400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"})


def _granted(value: str = "token-1") -> HttpResponse:
    return response(200, {"access_token": value, "token_type": "bearer"})


class NumberedTokens:
    """Credentials that take *seconds* to get ``token-1``, ``token-2`` and so on."""

    def __init__(self, *, seconds: float = 1.0, lifetime: float | None = 3600.0) -> None:
        self.fetched = 0
        self._seconds = seconds
        self._lifetime = lifetime

    async def fetch(self, transport: Transport) -> Token:  # noqa: ARG002  the protocol's
        self.fetched += 1
        number = self.fetched
        await anyio.sleep(self._seconds)
        return Token(f"token-{number}", self._lifetime)


def _keeper(credentials: Credentials, transport: Transport | None = None) -> TokenManager:
    clock = asyncio.get_running_loop().time
    return TokenManager(credentials, transport or MemoryTransport(answering(_granted())), SUDDEN, clock=clock)


@in_virtual_time
async def test_a_thousand_waiters_share_one_request() -> None:
    credentials = NumberedTokens()
    keeper = _keeper(credentials)

    tokens = await asyncio.gather(*(keeper.get() for _ in range(1000)))

    assert {token.value for token in tokens} == {"token-1"}
    assert credentials.fetched == 1


@in_virtual_time
async def test_the_first_waiter_can_leave_without_harm_to_the_others() -> None:
    credentials = NumberedTokens()
    keeper = _keeper(credentials)
    first, *others = [asyncio.create_task(keeper.get()) for _ in range(5)]
    await anyio.sleep(0.5)

    first.cancel()

    assert [token.value for token in await asyncio.gather(*others)] == ["token-1"] * 4
    assert first.cancelled()
    assert credentials.fetched == 1


@in_virtual_time
async def test_a_failure_that_nobody_waits_for_any_more_is_not_reported() -> None:
    transport = MemoryTransport(answering(INVALID_CLIENT))
    keeper = _keeper(APP, transport)
    waiters = [asyncio.create_task(keeper.get()) for _ in range(3)]
    await asyncio.sleep(0)

    for waiter in waiters:
        waiter.cancel()
    await asyncio.wait(waiters)
    await anyio.sleep(1)
    gc.collect()  # what is never retrieved is reported when it is collected

    assert len(transport.requests) == 1


@in_virtual_time
async def test_a_token_is_kept_until_a_tenth_of_its_life_is_left() -> None:
    credentials = NumberedTokens()
    keeper = _keeper(credentials)
    await keeper.get()

    await anyio.sleep(0.9 * 3600 - 10)

    assert (await keeper.get()).value == "token-1"
    assert credentials.fetched == 1


@in_virtual_time
async def test_a_token_is_renewed_ahead_of_its_end_and_nobody_waits_for_it() -> None:
    credentials = NumberedTokens(seconds=30)
    keeper = _keeper(credentials)
    await keeper.get()
    await anyio.sleep(0.9 * 3600 + 10)

    asked_at = now()
    meanwhile = [(await keeper.get()).value for _ in range(100)]
    assert now() - asked_at < 0.01
    await anyio.sleep(31)

    assert set(meanwhile) == {"token-1"}
    assert (await keeper.get()).value == "token-2"
    assert credentials.fetched == 2


@in_virtual_time
async def test_a_token_past_its_end_is_not_used() -> None:
    keeper = _keeper(NumberedTokens())
    await keeper.get()
    await anyio.sleep(3601)

    assert (await keeper.get()).value == "token-2"


@in_virtual_time
async def test_a_token_without_an_end_is_kept() -> None:
    credentials = NumberedTokens(lifetime=None)
    keeper = _keeper(credentials)
    await keeper.get()
    await anyio.sleep(80_000)

    assert (await keeper.get()).value == "token-1"
    assert credentials.fetched == 1


@in_virtual_time
async def test_a_renewal_ahead_of_time_that_fails_is_tried_again_a_little_later() -> None:
    transport = MemoryTransport(answering(_granted(), INVALID_CLIENT))
    keeper = _keeper(APP, transport)
    await keeper.get()
    await anyio.sleep(0.95 * 3600)

    for _ in range(100):
        assert (await keeper.get()).value == "token-1"
        await asyncio.sleep(0)
    assert len(transport.requests) == 2

    await anyio.sleep(SUDDEN.cap + 1)
    await keeper.get()
    await anyio.sleep(0.1)
    assert len(transport.requests) == 3


@in_virtual_time
async def test_a_rejected_token_is_renewed_once_for_all_who_had_it() -> None:
    credentials = NumberedTokens()
    keeper = _keeper(credentials)
    old = await keeper.get()

    renewed = await asyncio.gather(*(keeper.renew(old) for _ in range(1000)))
    late = await keeper.renew(old)

    assert {token.value for token in [*renewed, late]} == {"token-2"}
    assert credentials.fetched == 2


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [
        pytest.param({"expires_in": 3599}, 3599, id="usual"),
        pytest.param({"expires_in": 60}, 60, id="short"),
        pytest.param({"expires_in": "1800"}, 1800, id="text"),
        pytest.param({}, 3600, id="missing"),
        pytest.param({"expires_in": None}, 3600, id="null"),
        pytest.param({"expires_in": ""}, 3600, id="empty text"),
        pytest.param({"expires_in": 0}, 3600, id="zero"),
        pytest.param({"expires_in": -1}, 3600, id="negative"),
        pytest.param({"expires_in": 10**18}, 3600, id="huge"),
        pytest.param({"expires_in": "soon"}, 3600, id="garbage"),
        pytest.param({"expires_in": "nan"}, 3600, id="not a number"),
        pytest.param({"expires_in": "inf"}, 3600, id="infinite"),
    ],
)
async def test_a_lifetime_that_makes_no_sense_is_an_hour(expires_in: dict[str, object], lifetime: float) -> None:
    token = await APP.fetch(MemoryTransport(answering(response(200, {"access_token": "token-1", **expires_in}))))

    assert (token.value, token.lifetime) == ("token-1", lifetime)


async def test_credentials_go_in_the_header_and_the_grant_in_the_body() -> None:
    transport = MemoryTransport(answering(_granted()))

    await ServerToServer("acc&ount", "client", SECRET, token_url="https://zoom.test/oauth/token").fetch(transport)

    (request,) = transport.requests
    scheme, _, basic = request.headers["Authorization"].partition(" ")
    assert (request.method, request.url) == ("POST", "https://zoom.test/oauth/token")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert (scheme, base64.b64decode(basic)) == ("Basic", f"client:{SECRET}".encode())
    assert parse_qs((request.body or b"").decode()) == {
        "grant_type": ["account_credentials"],
        "account_id": ["acc&ount"],
    }


@in_virtual_time
async def test_unknown_credentials_are_told_to_every_waiter_and_may_be_tried_again() -> None:
    transport = MemoryTransport(answering(INVALID_CLIENT, _granted()))
    keeper = _keeper(APP, transport)

    outcomes = await asyncio.gather(*(keeper.get() for _ in range(10)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Unauthorized] * 10
    assert "invalid_client" in str(outcomes[0])
    assert "Check the account id, the client id and the client secret" in str(outcomes[0])
    assert len(transport.requests) == 1
    assert (await keeper.get()).value == "token-1"


@pytest.mark.parametrize(
    "refusal",
    [
        INVALID_CLIENT,
        response(400, {"reason": "unsupported grant type", "error": "unsupported_grant_type"}),
        response(401, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}),
        response(400, {"code": 4711, "message": "does not contain scopes:[a:read]"}),
    ],
    ids=["invalid_client", "unsupported_grant_type", "401", "scopes"],
)
async def test_a_refused_grant_is_unauthorized(refusal: HttpResponse) -> None:
    with pytest.raises(Unauthorized) as caught:
        await APP.fetch(MemoryTransport(answering(refusal)))

    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "trouble",
    [response(503), response(429), TimedOut("POST /oauth/token", "late"), response(200, b"<html>")],
    ids=["503", "429", "timeout", "captive portal"],
)
@in_virtual_time
async def test_trouble_at_the_token_endpoint_is_sat_out(trouble: HttpResponse | Exception) -> None:
    assert (await _keeper(APP, MemoryTransport(answering(trouble, _granted()))).get()).value == "token-1"


@in_virtual_time
async def test_lasting_trouble_at_the_token_endpoint_is_raised_in_the_end() -> None:
    transport = MemoryTransport(answering(response(503)))

    with pytest.raises(ServerError):
        await _keeper(APP, transport).get()

    assert len(transport.requests) == SUDDEN.attempts


async def test_a_grant_without_a_token_is_a_decode_error() -> None:
    with pytest.raises(DecodeError):
        await APP.fetch(MemoryTransport(answering(response(200, {"token_type": "bearer"}))))


@in_virtual_time
async def test_who_waits_for_a_token_when_the_client_closes_is_told_so() -> None:
    keeper = _keeper(NumberedTokens(seconds=60))
    waiter = asyncio.create_task(keeper.get())
    await anyio.sleep(1)

    await keeper.aclose()

    with pytest.raises(ConfigError, match="closed while it waited"):
        await waiter
    await keeper.aclose()


async def test_a_static_token_is_the_token() -> None:
    token = await StaticToken("abc").fetch(MemoryTransport(answering(response(500))))

    assert (token.value, token.lifetime) == ("abc", None)


@pytest.mark.parametrize("value", ["", " x", "x\n", "x\r\ny", "\x00"], ids=repr)
def test_credentials_that_cannot_be_sent_are_refused_without_showing_them(value: str) -> None:
    with pytest.raises(ConfigError, match=r"^StaticToken: token must be"):
        StaticToken(value)
    with pytest.raises(ConfigError, match=r"^ServerToServer: client_secret must be"):
        ServerToServer("account", "client", value)
    with pytest.raises(ConfigError, match=r"^ServerToServer: account_id must be"):
        ServerToServer(value, "client", SECRET)


def test_a_token_is_not_asked_for_over_plain_http() -> None:
    with pytest.raises(ConfigError, match="token_url must be https"):
        ServerToServer("account", "client", SECRET, token_url="http://zoom.us/oauth/token")


@pytest.mark.parametrize(
    "answer",
    [
        INVALID_CLIENT,
        response(200, {"nothing": 1}),
        response(503, SECRET.encode()),
        TimedOut("POST /oauth/token", "late"),
    ],
    ids=["refused", "nonsense", "server error", "timeout"],
)
@in_virtual_time
async def test_no_secret_is_shown_by_what_is_raised(answer: HttpResponse | Exception) -> None:
    shown: list[str] = []

    try:
        await _keeper(APP, MemoryTransport(answering(answer))).get()
    except ZoomError as error:
        shown.append(f"{error} {error!r}")
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown.extend(line for line in report.format() if "tests/" not in line)
    assert shown
    assert SECRET not in "".join(shown)
    assert base64.b64encode(f"client:{SECRET}".encode()).decode() not in "".join(shown)


def test_no_secret_is_shown_by_credentials() -> None:
    shown = f"{APP} {APP!r} {StaticToken(SECRET)} {StaticToken(SECRET)!r} {Token(SECRET)} {Token(SECRET)!r}"

    assert SECRET not in shown


async def test_what_a_request_for_a_token_looks_like_is_not_shown() -> None:
    requests: list[HttpRequest] = []

    async def app(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return _granted(SECRET)

    await APP.fetch(MemoryTransport(app))

    assert SECRET not in repr(requests)
    assert msgspec.json.encode(SECRET).decode() not in repr(_granted(SECRET))
