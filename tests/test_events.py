"""Events of a client: who may listen, what a closed client reports, and the log."""

from __future__ import annotations

import asyncio
import io
import logging
import pickle
import subprocess
import sys
from typing import cast

import pytest
from aiohttp import web
from rich.console import Console
from support.server import serving

from zoomasync import Label, Plan, StaticToken, Zoom
from zoomasync.cli.client import connected
from zoomasync.cli.console import logging_to
from zoomasync.errors import ConfigError, TransportError
from zoomasync.events import CallEnded, CallEvent, CircuitClosed, Event, Listener, PageRead, RateAdjusted, RequestFailed
from zoomasync.testing import Account, FakeZoom


async def test_all_listeners_hear_everything() -> None:
    """Each page of a listing is a call of its own, and all listeners receive the events in the same order."""
    account, first, second = Account(), list[Event](), list[Event]()
    for _ in range(5):
        account.add_host()
    async with (
        FakeZoom(account, plan=None, page_size_cap=2) as fake,
        fake.client(on_event=[first.append, second.append]) as zoom,
    ):
        users = await zoom.users.list().collect()

    pages = [event.rows for event in first if isinstance(event, PageRead)]
    assert (len(users), pages) == (5, [2, 2, 1])
    assert len({event.call_id for event in first}) == 3
    assert {event.route for event in first if isinstance(event, CallEvent)} == {"GET /users"}
    assert first == second


@pytest.mark.parametrize("on_event", ["print", 5, [print, None]])
def test_listener_that_cannot_be_called(fake: FakeZoom, on_event: object) -> None:
    with pytest.raises(ConfigError, match="on_event must be a callable, or a sequence of callables"):
        fake.client(on_event=cast("Listener", on_event))


async def test_closed_client_ends_its_calls() -> None:
    """A call that its client ends is reported with the errors of its request and of the call."""
    events, sent, closed = list[Event](), asyncio.Event(), asyncio.Event()

    async def app(_: web.BaseRequest) -> web.Response:
        sent.set()
        await closed.wait()
        return web.Response()

    async with serving(app) as url:
        zoom = Zoom(StaticToken("token"), base_url=url, on_event=events.append)
        async with zoom:
            call = asyncio.create_task(zoom.request("GET", "/x", label=Label.LIGHT))
            await sent.wait()
        closed.set()
        with pytest.raises(TransportError):
            await call

    failed, ended = events[-2:]
    assert isinstance(failed, RequestFailed)
    assert isinstance(ended, CallEnded)
    assert (failed.error_type, ended.error_type) == ("TransportError", "TransportError")


async def test_commands_print_no_calls() -> None:
    """A command prints the events of its client as a whole, and not those of its calls."""
    text = io.StringIO()
    console = Console(file=text, width=200)
    async with connected(Plan.PRO, console, redis=None, trust_env=False, seed=1) as connection:
        await connection.zoom.users.list().first()
        assert text.getvalue() == ""
        for _ in range(3):
            await connection.zoom.rate_limiter.on_rate_limited(Label.LIGHT, 0.01)
            await asyncio.sleep(0.02)

    assert text.getvalue() == (
        "light: limited to 22.5 of 30 requests per second after Zoom answered 429: another app uses the same account, "
        "or the account has a smaller plan\n"
    )


async def test_commands_print_warnings_only(fake: FakeZoom, caplog: pytest.LogCaptureFixture) -> None:
    """At level DEBUG, a command still prints no more than warnings."""
    text = io.StringIO()
    caplog.set_level(logging.DEBUG, "zoomasync")
    with logging_to(Console(file=text, width=200)):
        async with fake.client() as zoom:
            await zoom.users.list().first()
        logging.getLogger("zoomasync.calls").warning("of a part")

    assert text.getvalue() == "Warning: of a part\n"
    assert "GET /users: sent" in caplog.text


def test_log_is_quiet_by_default() -> None:
    """Without a configuration of the log, not even warnings are printed: the program decides."""
    code = "import logging, zoomasync; logging.getLogger('zoomasync.calls').warning('x'); logging.warning('y')"

    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603  our own

    assert (done.stdout, done.stderr) == ("", "WARNING:root:y\n")


def test_client_events_are_values() -> None:
    """Two events of a client are equal without the call in which they happened."""
    plain = RateAdjusted(Label.HEAVY, 7.5, 10)
    in_call = RateAdjusted(Label.HEAVY, 7.5, 10, call_id=3, attempt=2)

    assert {plain, in_call} == {plain}
    assert plain not in (RateAdjusted(Label.HEAVY, 8, 10), CircuitClosed(7.5), 7.5)
    assert RateAdjusted.__match_args__ == ("label", "rate", "plan_rate")
    assert repr(in_call) == ("RateAdjusted(label=<Label.HEAVY: 'heavy'>, rate=7.5, plan_rate=10, call_id=3, attempt=2)")


def test_events_pass_between_processes() -> None:
    event = RateAdjusted(Label.HEAVY, 7.5, 10, call_id=3, attempt=2)

    copied: object = pickle.loads(pickle.dumps(event))  # noqa: S301  our own

    assert isinstance(copied, RateAdjusted)
    assert (copied, copied.call_id, copied.attempt) == (event, 3, 2)


@pytest.mark.parametrize("name", ["rate", "call_id", "new"])
def test_events_cannot_be_changed(name: str) -> None:
    with pytest.raises(AttributeError, match=r"^immutable type: 'RateAdjusted'$"):
        setattr(RateAdjusted(Label.HEAVY, 7.5, 10), name, 1)
