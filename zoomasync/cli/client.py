"""The client of a command: one of the environment's account, or of a simulated account."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from .. import Plan, Zoom
from ..errors import ConfigError
from ..events import CircuitClosed, CircuitOpened, Event, LabelCorrected, RateAdjusted
from ..types import ClientOptions
from .console import print_line
from .extras import extra

if TYPE_CHECKING:
    from ..testing import FakeZoom


@dataclass(frozen=True, slots=True)
class Connection:
    """A client, and the *fake* that serves its simulated account; None for a real account."""

    zoom: Zoom
    fake: FakeZoom | None = None


@asynccontextmanager
async def connected(
    plan: Plan, console: Console, *, redis: str | None, trust_env: bool, seed: int | None = None
) -> AsyncGenerator[Connection, None]:
    """Open a client of the environment's account, or of the simulated account *seed* that enforces the plan's limits.

    Changes of rates and labels, and outages, are printed on *console*; the events of all calls would be too many.
    """

    def on_event(event: Event) -> None:
        if isinstance(event, RateAdjusted | LabelCorrected | CircuitOpened | CircuitClosed):
            print_line(str(event), console)

    settings = ClientOptions(on_event=on_event)
    if seed is None:
        with extra():
            settings["trust_env"] = trust_env
            client = Zoom.from_env(plan=plan, redis=redis, **settings)
        async with client as zoom:
            yield Connection(zoom)
        return
    if redis is not None:
        raise ConfigError("--simulate runs on one machine: leave --redis out")
    from ..testing import Account, FakeZoom  # noqa: PLC0415  only a simulation needs the server

    account = Account.simulated(seed)
    account.id = f"simulated-{seed}"  # so that no plan of it is taken for one of another account
    async with FakeZoom(account, plan=plan) as fake, fake.client(**settings) as zoom:
        yield Connection(zoom, fake)
