"""Several fakes that one process serves at the same time."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import date

from support.fake_http import Caller, calling

from zoomasync.rate_limits import Plan
from zoomasync.testing import Account, FakeZoom

TODAY = date(2026, 3, 18)
ONE_PER_SECOND = Plan(light=1, medium=1, heavy=1)


async def test_fakes_share_nothing() -> None:
    """Each fake has its own account, tokens, limits and log."""
    fakes = [FakeZoom(Account(today=TODAY, id=f"account{n}"), plan=ONE_PER_SECOND) for n in range(8)]
    for number, fake in enumerate(fakes):
        for _ in range(number):
            fake.account.add_host()
    async with AsyncExitStack() as stack:
        callers = [await stack.enter_async_context(calling(fake)) for fake in fakes]
        responses = await asyncio.gather(*(caller.get("/users") for caller in callers))
        again = await callers[0].get("/users")
        stranger = Caller(fakes[0], callers[0].session, callers[1].token)
        foreign = await stranger.get("/report/billing")

    assert [(each.status, len(each.rows("users"))) for each in responses] == [(200, number) for number in range(8)]
    assert (again.status, foreign.error) == (429, (401, 124))
    assert [len(fake.requests) for fake in fakes] == [4, *[2] * 7]


def test_simulated_accounts_differ() -> None:
    """Each seed gives an account with ids of its own: of the account, its users and its instances."""
    accounts = [Account.simulated(seed, today=TODAY, months=1, instances_per_month=5) for seed in (1, 2, 3, 1)]
    first, again = accounts[0], accounts.pop()
    ids = [
        name
        for account in accounts
        for name in (account.id, *(host.id for host in account.hosts), *(each.uuid for each in account.instances))
    ]

    assert len(set(ids)) == len(ids)
    assert first == again
