"""Partitions of many accounts are fetched at once, and no account disturbs another."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import cast

import anyio
import pytest
from support.harvesting import QUICK, SPRING, TODAY, UNLIMITED, add_instance_on

from zoomasync import Zoom
from zoomasync._core.transport import Transport
from zoomasync.auth import Credentials, ServerToServer, Token
from zoomasync.errors import ConfigError, DailyLimitReached, MissingScope, ServerError, Unauthorized
from zoomasync.harvest import State
from zoomasync.harvest.accounts import FetchedPartition, FetchOutcome, StoppedAccount, fetch_partitions
from zoomasync.harvest.streams import STREAMS
from zoomasync.harvest.tasks import PartitionTask, child_tasks, root_tasks
from zoomasync.testing import Account, FakeZoom

MONTHS = ["2026-03", "2026-04", "2026-05"]
MISSING = {"code": 4711, "message": "Invalid access token, does not contain scopes:[report:read:admin]."}


@dataclass(frozen=True)
class Fakes:
    """Fakes by the names of their accounts, and a client of each."""

    of: Mapping[str, FakeZoom]
    clients: Mapping[str, Zoom]

    def client(self, name: str) -> Zoom:
        return self.clients[name]

    def calls(self, name: str) -> Counter[str]:
        """Return the number of requests to an account by the last part of their routes."""
        return Counter(str(request.route).rpartition("/")[2] for request in self.of[name].requests)


@asynccontextmanager
async def serving(**accounts: Account) -> AsyncGenerator[Fakes, None]:
    async with AsyncExitStack() as stack:
        fakes = {
            name: await stack.enter_async_context(FakeZoom(account, plan=None)) for name, account in accounts.items()
        }
        yield Fakes(fakes, {name: fake.client(plan=UNLIMITED, retry=QUICK) for name, fake in fakes.items()})


def months(stream: str = "daily") -> list[PartitionTask]:
    """Return the tasks of a stream with a partition per month."""
    return list(root_tasks(STREAMS[stream], SPRING, TODAY))


def days(count: int) -> list[PartitionTask]:
    """Return so many tasks of one call each."""
    return list(root_tasks(STREAMS["activities"], (date(2026, 4, 1), date(2026, 4, count)), TODAY))


async def fetch(
    tasks: Mapping[str, Iterable[PartitionTask]],
    client: Callable[[str], Zoom],
    *,
    account_ids: Mapping[str, str] | None = None,
    workers: int = 4,
) -> list[FetchOutcome]:
    """Return all outcomes."""
    with anyio.fail_after(30):
        async with fetch_partitions(tasks, client, account_ids=account_ids, workers=workers) as outcomes:
            return [outcome async for outcome in outcomes]


def fetched(outcomes: Iterable[FetchOutcome], account: str) -> dict[str, State]:
    """Return the state of each partition of *account* by its key."""
    own = [each for each in outcomes if isinstance(each, FetchedPartition) and each.account == account]
    states = {each.task.key: each.result.state for each in own}
    assert len(states) == len(own)
    return states


def stops(outcomes: Iterable[FetchOutcome]) -> list[tuple[str, type[Exception], str | None]]:
    return [(each.account, type(each.error), each.stream) for each in outcomes if isinstance(each, StoppedAccount)]


# The outcomes.


async def test_accounts_keep_their_rows_apart() -> None:
    north, south = Account(today=TODAY, id="North"), Account(today=TODAY, id="South")
    for account, participants in ((north, 3), (south, 5)):
        add_instance_on(account, date(2026, 4, 10), participants=participants)
    async with serving(north=north, south=south) as fakes:
        outcomes = await fetch({"north": months("users"), "south": months("users")}, fakes.client)

    found = {
        (each.account, each.account_id, each.task.key): each.rows
        for each in outcomes
        if isinstance(each, FetchedPartition) and each.rows
    }
    assert {key: len(rows) for key, rows in found.items()} == {
        ("north", "North", "2026-04"): 1,
        ("south", "South", "2026-04"): 1,
    }
    assert fetched(outcomes, "north") == dict.fromkeys(MONTHS, State.EMPTY) | {"2026-04": State.DONE}


async def test_rows_lead_to_children() -> None:
    account = Account.simulated(7, today=TODAY, hosts=2, months=3, instances_per_month=4)
    stream = STREAMS["meeting_participants"]
    async with serving(north=account) as fakes:
        tasks: Iterable[PartitionTask] = root_tasks(STREAMS["history_meetings"], SPRING, TODAY)
        listed = await fetch({"north": tasks}, fakes.client)
        children = [
            task
            for each in listed
            if isinstance(each, FetchedPartition)
            for task in child_tasks(stream, each.task, each.rows, SPRING)
        ]
        outcomes = await fetch({"north": children}, fakes.client)

    visits = {
        instance.uuid: [visit.name for visit in instance.participants]
        for instance in account.instances_between(*SPRING)
        if not instance.webinar and instance.participants_count > 1
    }
    names = {
        each.task.key: [str(getattr(row, "name")) for (row,) in each.rows]  # noqa: B009  any struct
        for each in outcomes
        if isinstance(each, FetchedPartition)
    }
    assert names == visits


def test_child_stream_has_no_root_tasks() -> None:
    assert list(root_tasks(STREAMS["meeting"], SPRING, TODAY)) == []


async def test_restarted_partition_has_each_row_once() -> None:
    """The page token expires after the first page."""
    account = Account(today=TODAY)
    instance = add_instance_on(account, date(2026, 4, 10), participants=650)
    task = PartitionTask(STREAMS["meeting_participants"], instance.uuid, (date(2026, 4, 10), date(2026, 4, 10)))
    async with serving(north=account) as fakes:
        fakes.of["north"].respond(
            "reports.meeting_participants",
            status=400,
            body={"code": 300, "message": "The next page token is invalid or expired."},
            on_request=2,
        )
        (outcome,) = await fetch({"north": [task]}, fakes.client)

    assert isinstance(outcome, FetchedPartition)
    assert (len(outcome.rows), outcome.result.rows, outcome.result.pages) == (650, 650, 3)


async def test_failed_partition_has_no_rows() -> None:
    """The rows of its first page do not count."""
    account = Account(today=TODAY)
    instance = add_instance_on(account, date(2026, 4, 10), participants=650)
    task = PartitionTask(STREAMS["meeting_participants"], instance.uuid, (date(2026, 4, 10), date(2026, 4, 10)))
    async with serving(north=account) as fakes:
        gone = {"code": 3001, "message": "The report does not exist."}
        fakes.of["north"].respond("reports.meeting_participants", status=404, body=gone, on_request=2)
        (outcome,) = await fetch({"north": [task]}, fakes.client)

    assert isinstance(outcome, FetchedPartition)
    assert (outcome.whole, outcome.rows, outcome.result.rows) == (False, [], 0)


async def test_repeated_key_is_fetched_once() -> None:
    async with serving(north=Account.simulated(7, today=TODAY)) as fakes:
        outcomes = await fetch({"north": [*months(), *months(), *months("users")]}, fakes.client)

    states = [(each.task.stream.name, each.task.key) for each in outcomes if isinstance(each, FetchedPartition)]
    assert sorted(states) == [(stream, month) for stream in ("daily", "users") for month in MONTHS]
    assert fakes.calls("north")["daily"] == 3


async def test_no_accounts_have_no_outcomes() -> None:
    async with serving() as fakes:
        assert await fetch({}, fakes.client) == []


async def test_no_tasks_have_no_outcomes() -> None:
    async with serving(north=Account(today=TODAY)) as fakes:
        assert await fetch({"north": []}, fakes.client) == []


@pytest.mark.parametrize("workers", [0, True, 1.5])
def test_workers_are_checked(workers: float) -> None:
    with pytest.raises(ConfigError, match="workers must be a whole number, 1 or more"):
        fetch_partitions({}, Fakes({}, {}).client, workers=cast("int", workers))


async def test_same_client_keeps_its_token() -> None:
    """The client is opened again in the second call."""
    async with serving(north=Account(today=TODAY)) as fakes:
        for _ in range(2):
            assert len(await fetch({"north": months()}, fakes.client)) == 3

    assert fakes.calls("north") == {"token": 1, "daily": 6}


async def test_unread_outcomes_stop_the_calls() -> None:
    """The rows in memory are those of as many partitions as there are workers."""
    async with (
        serving(north=Account(today=TODAY)) as fakes,
        fetch_partitions({"north": days(30)}, fakes.client, workers=3) as outcomes,
    ):
        first = await anext(outcomes)
        await anyio.sleep(0.1)  # for the four calls, and for a fifth that must not be sent
        unread = fakes.calls("north")["activities"]
        others = [outcome async for outcome in outcomes]

    assert unread <= 4
    assert sorted(fetched([first, *others], "north")) == [task.key for task in days(30)]


# An account that stops.


async def test_rejected_credentials_stop_one_account() -> None:
    async with serving(north=Account(today=TODAY), south=Account(today=TODAY)) as fakes:
        south = ServerToServer("South", "id", "wrong", token_url=fakes.of["south"].token_url)
        clients = {"north": fakes.client("north"), "south": Zoom(south, base_url=fakes.of["south"].base_url)}
        outcomes = await fetch({"north": months(), "south": days(30)}, clients.__getitem__)

    assert stops(outcomes) == [("south", Unauthorized, None)]
    assert list(fetched(outcomes, "north")) == MONTHS
    assert fetched(outcomes, "south") == {}
    assert fakes.calls("south")["token"] <= 2


async def test_spent_quota_stops_one_account() -> None:
    """Only the partition that met the limit is deferred; no call is sent for the others."""
    async with serving(north=Account(today=TODAY), south=Account(today=TODAY)) as fakes:
        fakes.of["south"].throttle("reports.activities", kind="daily", on_request=3, times=None)
        outcomes = await fetch({"north": months(), "south": days(30)}, fakes.client, workers=1)

    assert stops(outcomes) == [("south", DailyLimitReached, None)]
    assert sorted(fetched(outcomes, "north")) == MONTHS
    assert [*fetched(outcomes, "south").values()] == [State.EMPTY, State.EMPTY, State.DEFERRED]
    assert fakes.calls("south")["activities"] == 3


async def test_denied_stream_stops_alone() -> None:
    async with serving(north=Account(today=TODAY)) as fakes:
        fakes.of["north"].respond("reports.activities", status=400, body=MISSING, times=None)
        outcomes = await fetch({"north": [*days(30), *months()]}, fakes.client)

    assert stops(outcomes) == [("north", MissingScope, "activities")]
    assert fetched(outcomes, "north") == {"2026-04-01": State.FAILED, **dict.fromkeys(MONTHS, State.DONE)}


async def test_client_that_cannot_be_made_stops_alone() -> None:
    """The message does not repeat the text of the caller's error, which may hold a secret."""
    async with serving(north=Account(today=TODAY)) as fakes:

        def client(name: str) -> Zoom:
            if name == "south":
                raise LookupError("secret of south")
            return fakes.client(name)

        outcomes = await fetch({"south": months(), "north": months()}, client)

    assert stops(outcomes) == [("south", ConfigError, None)]
    assert sorted(fetched(outcomes, "north")) == MONTHS
    (stopped,) = [each for each in outcomes if isinstance(each, StoppedAccount)]
    assert str(stopped.error) == "the client of account south cannot be made: LookupError"
    assert isinstance(stopped.error.__cause__, LookupError)
    assert stopped.account_id is None


async def test_streams_stop_before_their_account() -> None:
    async with serving(north=Account(today=TODAY)) as fakes:
        fakes.of["north"].respond("reports.activities", status=400, body=MISSING, times=None)
        fakes.of["north"].throttle("reports.daily", kind="daily")
        outcomes = await fetch({"north": [*days(2), *months()]}, fakes.client, workers=1)

    assert stops(outcomes) == [("north", MissingScope, "activities"), ("north", DailyLimitReached, None)]
    assert [type(outcome) for outcome in outcomes[-2:]] == [StoppedAccount, StoppedAccount]


# The id of an account.


class Nameless:
    """Credentials that do not name their account."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def fetch(self, transport: Transport) -> Token:
        return await self._credentials.fetch(transport)


async def fetch_nameless(
    fake: FakeZoom, account_ids: Mapping[str, str] | None = None
) -> tuple[set[str | None], list[FetchOutcome]]:
    client = Zoom(Nameless(fake.credentials), plan=UNLIMITED, base_url=fake.base_url, retry=QUICK)
    outcomes = await fetch({"north": months()}, lambda _: client, account_ids=account_ids)
    return {outcome.account_id for outcome in outcomes}, outcomes


async def test_record_of_user_has_account_id() -> None:
    account = Account(today=TODAY)
    async with FakeZoom(account, plan=None) as fake:
        fake.respond("users.get", status=200, body={"email": "ada@example.com", "account_id": "Harbour"})
        ids, _ = await fetch_nameless(fake)

    assert ids == {"Harbour"}


async def test_given_account_id_needs_no_call() -> None:
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        ids, _ = await fetch_nameless(fake, {"north": "Harbour"})

    assert ids == {"Harbour"}
    assert [request.route for request in fake.requests if "/users/" in str(request.route)] == []


async def test_unknown_account_id_stops_account() -> None:
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        fake.respond("users.get", status=400, body=MISSING)
        ids, outcomes = await fetch_nameless(fake)

    assert (ids, stops(outcomes)) == ({None}, [("north", ConfigError, None)])


async def test_outage_is_not_an_unknown_account() -> None:
    """Another run may meet no outage, so the reason is the outage."""
    async with FakeZoom(Account(today=TODAY), plan=None) as fake:
        fake.respond("users.get", status=503, body={}, times=None)
        _, outcomes = await fetch_nameless(fake)

    assert stops(outcomes) == [("north", ServerError, None)]


async def test_wrong_account_id_stops_account() -> None:
    async with serving(north=Account(today=TODAY)) as fakes:
        outcomes = await fetch({"north": months()}, fakes.client, account_ids={"north": "Other"})

    assert stops(outcomes) == [("north", ConfigError, None)]
    assert fakes.of["north"].requests == ()


# The end of the block.


async def test_exception_in_block_is_raised() -> None:
    async with serving(north=Account(today=TODAY), south=Account(today=TODAY)) as fakes:
        tasks = {"north": days(30), "south": days(30)}

        async def consume() -> None:
            async with fetch_partitions(tasks, fakes.client, workers=2) as outcomes:
                async for _ in outcomes:
                    raise LookupError("of the caller")

        with pytest.raises(LookupError, match="of the caller"):
            await consume()


async def test_leaving_block_cancels_calls() -> None:
    async with serving(north=Account(today=TODAY)) as fakes:
        async with fetch_partitions({"north": days(30)}, fakes.client, workers=2) as outcomes:
            async for _ in outcomes:
                break
        sent = fakes.calls("north")["activities"]
        await anyio.sleep(0.05)

        assert fakes.calls("north")["activities"] == sent


async def test_cancelled_block_ends_calls() -> None:
    async with serving(north=Account(today=TODAY)) as fakes:
        with anyio.move_on_after(0.05) as scope:
            async with fetch_partitions({"north": days(30)}, fakes.client, workers=2) as outcomes:
                await anext(outcomes)
                await anyio.sleep_forever()

        assert scope.cancelled_caught


async def test_failing_tasks_do_not_look_complete() -> None:
    """The iteration does not end as if all partitions were fetched."""

    def tasks() -> Iterator[PartitionTask]:
        yield from months()
        raise LookupError("of the tasks")

    ended = False
    async with serving(north=Account(today=TODAY)) as fakes:

        async def consume() -> None:
            nonlocal ended
            async with fetch_partitions({"north": tasks()}, fakes.client) as outcomes:
                async for _ in outcomes:
                    pass
                ended = True

        with pytest.raises(LookupError, match="of the tasks"):
            await consume()

    assert not ended


async def test_cancelled_error_is_not_swallowed() -> None:
    """A task group would end the account without a word."""

    def client(_: str) -> Zoom:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await fetch({"north": months()}, client)
