"""The leases by which one run at a time harvests an account."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

from anyio.from_thread import start_blocking_portal

_LEASE_SECONDS: Final = 60.0


class Leases(Protocol):
    """The leases of a run."""

    def acquire(self, accounts: Sequence[str]) -> set[str]:
        """Acquire those of *accounts* that no other run holds, or renew them, and return them."""
        ...


class _NoLeases:
    """No leases: without Redis, nothing shows that another run harvests the same account."""

    def acquire(self, accounts: Sequence[str]) -> set[str]:
        return set(accounts)


@contextmanager
def leases_of(table: str, redis: str | Callable[[], str] | None) -> Generator[Leases, None, None]:
    """Provide leases of the accounts in *table*, which are renewed while the block runs, and released when it ends.

    After a killed driver they expire.
    """
    if redis is None:
        yield _NoLeases()
        return
    from ...redis import RedisLeases  # noqa: PLC0415  it needs an extra

    url = redis if isinstance(redis, str) else redis()
    name = "zoomasync spark " + table.replace("{", "(").replace("}", ")")
    with start_blocking_portal() as portal:
        leases = portal.call(lambda: RedisLeases(url, name=name, lease=_LEASE_SECONDS))

        class _Held:
            def acquire(self, accounts: Sequence[str]) -> set[str]:
                return {account for account in accounts if portal.call(leases.acquire, account)}

        try:
            with portal.wrap_async_context_manager(leases.held()):
                yield _Held()
        finally:
            portal.call(leases.aclose)
