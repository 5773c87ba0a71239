"""Fake accounts that Spark harvests: their servers run in a thread, and their clients in any process."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from anyio.from_thread import start_blocking_portal

from zoomasync import Plan, ServerToServer, Zoom
from zoomasync.rate_limits._token_bucket import LATENCY_JITTER
from zoomasync.testing import Account, FakeZoom

from .harvesting import QUICK, UNLIMITED

Fakes: TypeAlias = Mapping[str, FakeZoom]


@dataclass(frozen=True)
class FakeClients:
    """A function that returns the client of a fake account, also in another process; with *redis*, one that shares."""

    addresses: Mapping[str, tuple[ServerToServer, str]]
    plan: Plan = UNLIMITED
    latency_jitter: float = LATENCY_JITTER
    redis: str | None = None

    def __call__(self, account: str) -> Zoom:
        credentials, base_url = self.addresses[account]
        if self.redis is None:
            return Zoom(credentials, plan=self.plan, base_url=base_url, retry=QUICK, latency_jitter=self.latency_jitter)
        environ = {
            "ZOOM_ACCOUNT_ID": credentials.account_id,
            "ZOOM_CLIENT_ID": credentials.client_id,
            "ZOOM_CLIENT_SECRET": credentials.client_secret,
            "ZOOM_BASE_URL": base_url,
            "ZOOM_TOKEN_URL": credentials.token_url,
        }
        return Zoom.from_env(
            environ=environ, plan=self.plan, redis=self.redis, retry=QUICK, latency_jitter=self.latency_jitter
        )


def clients_of(fakes: Fakes) -> FakeClients:
    """Return the clients of *fakes* by the names of their accounts."""
    return FakeClients({name: (fake.credentials, fake.base_url) for name, fake in fakes.items()})


@contextmanager
def serving(fakes: Mapping[str, FakeZoom]) -> Generator[None, None, None]:
    """Serve *fakes* in a thread of their own."""
    with start_blocking_portal() as portal, ExitStack() as stack:
        for fake in fakes.values():
            stack.enter_context(portal.wrap_async_context_manager(fake))
        yield


def fakes_of(accounts: Mapping[str, Account], *, plan: Plan | None = None, scopes: str | None = None) -> Fakes:
    """Return a fake for each of *accounts*, with an id of its own."""
    for name, account in accounts.items():
        account.id = f"{name}-id"
    return {name: FakeZoom(account, plan=plan, scopes=scopes) for name, account in accounts.items()}


def calls_of(fakes: Fakes, names: Iterable[str] | None = None) -> dict[str, int]:
    """Return the number of calls of each account so far, token requests excluded."""
    return {
        name: sum(1 for request in fake.requests if request.label)
        for name, fake in fakes.items()
        if names is None or name in names
    }
