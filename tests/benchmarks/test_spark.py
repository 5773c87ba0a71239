"""The measurement of many accounts: its counts, and small runs of its parts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from benchmarks.accounts import MAY, TODAY, Found, Rates, discovery_figures, rates
from benchmarks.spark import Clients, in_one_process
from zoomasync.harvest.streams import Discovery
from zoomasync.testing import Account, FakeZoom


def test_every_request_is_recorded() -> None:
    measured = rates(accounts=2, calls=3)

    assert [len(times) for times in (*measured.sent, *measured.arrived)] == [3] * 4
    assert all(
        sent <= arrived for sent, arrived in zip(*map(sorted, (measured.sent[0], measured.arrived[0])), strict=True)
    )


def test_sides_are_counted_apart() -> None:
    """Requests that reach the server in a bunch are not a violation by the client."""
    even, bunch = [number / 32 for number in range(80)], [number / 160 for number in range(80)]
    speed, sent, received = Rates(sent=[even, even], arrived=[even, bunch], cpu=0.4).figures()

    assert (speed.at_least, speed.result) == (76, "missed")
    assert (sent.value, sent.result) == (0, "met")
    assert (received.value, received.result) == (40, "missed")
    assert received.note == "of 160; at most 80 of an account in any second"


def test_missing_instances_are_counted() -> None:
    found: dict[Discovery, Found] = {
        "hosts": Found(9, 0.5, frozenset("abc")),
        "history": Found(4, 0.2, frozenset("cd")),
    }
    hosts, history, missing = discovery_figures(found, hosts=2)

    assert (hosts.value, history.value, missing.value, missing.result) == (9, 4, 3, "missed")
    assert hosts.note == "0.5 s at 40 per second for 3 instances"


async def test_all_accounts_are_harvested(tmp_path: Path) -> None:
    accounts = [Account(today=TODAY) for _ in range(2)]
    for account in accounts:
        account.add_instance(start=datetime(2026, MAY[0].month, 4, 9, tzinfo=UTC), participants=3)
    async with FakeZoom(accounts[0], plan=None) as north, FakeZoom(accounts[1], plan=None) as south:
        addresses = {"north": (north.credentials, north.base_url), "south": (south.credentials, south.base_url)}
        harvested = await in_one_process(Clients(addresses), tmp_path)

    assert harvested.rows == 6
    assert harvested.seconds > 0
