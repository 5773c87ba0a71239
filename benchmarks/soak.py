"""A client under faults of every kind: the server's journal is compared with the outcome of every call.

``python -m benchmarks.soak`` sends 20,000 calls from 64 tasks to a server on this machine. For 30 % of them the server
plays a fault by chance (`benchmarks.faulty_server`). The script prints a table and the calls that are in it, and exits
with 1 unless each figure is 0:

- lost: a call without exactly one outcome, or whose error is no named `ZoomError`;
- carried out twice: a write that is not idempotent and was carried out more than once;
- denied but done: a write that was carried out, although its error says that it was not;
- done but never ran: a call that succeeded, or an `OutcomeUnknown` with a success status, that was not carried out;
- wrong value: a value that belongs to another request;
- redirected: a request that followed a redirect;
- leaks: tasks, sockets and descriptors that are still there, warnings, and errors that the event loop reports.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import NoneType
from typing import Any

import msgspec

from benchmarks.faulty_server import FIRST_NUMBER, Arrival, Expected, FaultyServer, dice
from zoomasync import Label, Plan, RetryPolicy, ServerToServer, Zoom, ZoomError, errors
from zoomasync.models import (
    MeetingStatusUpdate,
    NewMeeting,
    NewRegistrant,
    RegistrantKey,
    RegistrantStatusUpdate,
    RegistrationQuestionsUpdate,
)

FIGURES = ("lost", "carried out twice", "denied but done", "done but never ran", "wrong value")

_PLAN = Plan(
    light=50_000, medium=50_000, heavy=50_000, resource_intensive=50_000, resource_intensive_per_day=1_000_000_000
)
_TIMEOUT = 0.3
_LONGEST_CALL = 60.0
_LONGEST_PAUSE = 1.0


class Echo(msgspec.Struct, frozen=True):
    """The response to a call that is no method of the client."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One kind of call. *call* returns the number that its response holds, or None where no body is due.

    *body* is a template of the response. A second send of an *idempotent* write does no harm.
    """

    name: str
    method: str
    call: Callable[[Zoom, int], Awaitable[object]]
    status: int = 204
    body: str | None = None
    idempotent: bool = False
    daily: bool = False
    weight: float = 1.0

    def expected(self, number: int) -> Expected:
        """Return the request of call *number*, and the right response to it."""
        body = None if self.body is None else self.body.replace("NUMBER", str(FIRST_NUMBER + number)).encode()
        return Expected(method=self.method, status=self.status, body=body, daily=self.daily)


def _requesting(method: str, label: Label, response: type[object]) -> Callable[[Zoom, int], Awaitable[object]]:
    async def call(zoom: Zoom, number: int) -> object:
        body = None if method in {"GET", "DELETE"} else {"key": number}
        result = await zoom.request(method, "/soak/{key}", number, label=label, body=body, response=response)
        return result.id if isinstance(result, Echo) else result

    return call


async def _create_meeting(zoom: Zoom, number: int) -> object:
    return (await zoom.meetings.create(str(number), NewMeeting(topic="Soak"))).id


async def _add_registrant(zoom: Zoom, number: int) -> object:
    person = NewRegistrant(email=f"{number}@northpier.example", first_name="Ada")
    return (await zoom.meetings.registrants.add(number, person)).id


async def _get_registrant(zoom: Zoom, number: int) -> object:
    return int((await zoom.meetings.registrants.get(number, "r1")).id)


async def _approve(zoom: Zoom, number: int) -> object:
    change = RegistrantStatusUpdate(action="approve", registrants=(RegistrantKey(id=str(number)),))
    await zoom.meetings.registrants.update_status(number, change)
    return None


async def _ask(zoom: Zoom, number: int) -> object:
    await zoom.meetings.registrants.update_questions(number, RegistrationQuestionsUpdate(questions=()))
    return None


OPERATIONS = (
    Operation(
        name="GET", method="GET", status=200, body='{"id":NUMBER}', call=_requesting("GET", Label.HEAVY, Echo), weight=4
    ),
    Operation(
        name="POST",
        method="POST",
        status=201,
        body='{"id":NUMBER}',
        call=_requesting("POST", Label.MEDIUM, Echo),
        weight=4,
    ),
    Operation(name="PUT", method="PUT", call=_requesting("PUT", Label.LIGHT, NoneType), idempotent=True),
    Operation(name="PATCH", method="PATCH", call=_requesting("PATCH", Label.LIGHT, NoneType), weight=2),
    Operation(name="DELETE", method="DELETE", call=_requesting("DELETE", Label.LIGHT, NoneType), idempotent=True),
    Operation(
        name="POST with a daily limit",
        method="POST",
        status=201,
        body='{"id":NUMBER}',
        call=_requesting("POST", Label.RESOURCE_INTENSIVE, Echo),
        daily=True,
        weight=0.5,
    ),
    Operation(
        name="meetings.create", method="POST", status=201, body='{"id":NUMBER,"topic":"Soak"}', call=_create_meeting
    ),
    Operation(
        name="meetings.update_status",
        method="PUT",
        call=lambda zoom, number: zoom.meetings.update_status(number, MeetingStatusUpdate(action="end")),
        idempotent=True,
    ),
    Operation(
        name="registrants.add",
        method="POST",
        status=201,
        body='{"id":NUMBER,"registrant_id":"r1"}',
        call=_add_registrant,
    ),
    Operation(
        name="registrants.get",
        method="GET",
        status=200,
        body='{"id":"NUMBER","email":"ada@northpier.example","first_name":"Ada"}',
        call=_get_registrant,
    ),
    Operation(
        name="registrants.remove",
        method="DELETE",
        call=lambda zoom, number: zoom.meetings.registrants.remove(number, "r1"),
        idempotent=True,
        weight=2,
    ),
    Operation(name="registrants.update_status", method="PUT", call=_approve, idempotent=True, weight=2),
    Operation(name="registrants.update_questions", method="PATCH", call=_ask, idempotent=True),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one call: the number in its response, None, or the error."""

    value: object

    @property
    def error(self) -> Exception | None:
        """The error, or None."""
        return self.value if isinstance(self.value, Exception) else None

    @property
    def is_success(self) -> bool:
        """Whether the outcome says that the call was carried out."""
        if isinstance(self.value, errors.OutcomeUnknown):
            return self.value.status is not None and 200 <= self.value.status <= 299  # noqa: PLR2004  the success statuses
        return self.error is None

    def is_denial(self, operation: Operation) -> bool:
        """Return whether the outcome says that the call was not carried out.

        A lost response says nothing, and neither does an error of the server or a timeout of a gateway. For an
        idempotent write they are raised as they are.
        """
        error = self.value
        if self.is_success or isinstance(error, errors.OutcomeUnknown):
            return False
        if isinstance(error, errors.TransportError):
            is_unclear = not isinstance(error, errors.ConnectError | errors.TLSError)
        elif isinstance(error, errors.GatewayError):
            is_unclear = error.status == HTTPStatus.REQUEST_TIMEOUT
        else:
            is_unclear = isinstance(error, errors.ServerError | errors.DecodeError)
        return not (is_unclear and operation.idempotent)


def offences_of(
    operation: Operation, number: int, outcomes: Sequence[Outcome], arrivals: Sequence[Arrival]
) -> set[str]:
    """Return the figures in which a call counts: the comparison of its outcomes with the journal."""
    if len(outcomes) != 1 or not _is_named(outcomes[0].error):
        return {"lost"}
    outcome, runs = outcomes[0], sum(arrival.carried_out for arrival in arrivals)
    is_write = operation.method != "GET"
    due = None if operation.body is None else FIRST_NUMBER + number
    found = {
        "carried out twice": is_write and not operation.idempotent and runs > 1,
        "denied but done": is_write and outcome.is_denial(operation) and runs > 0,
        "done but never ran": outcome.is_success and runs == 0,
        "wrong value": outcome.error is None and outcome.value != due,
    }
    return {figure for figure, is_offence in found.items() if is_offence}


def _is_named(error: Exception | None) -> bool:
    """Return whether *error* is None or an instance of a class in `zoomasync.errors`, and not of their base."""
    name = type(error).__name__
    is_class = name in errors.__all__ and getattr(errors, name) is type(error)
    return error is None or (is_class and type(error) is not ZoomError)


@dataclass
class Report:
    """The result of a soak. *offences* describes the calls in each figure, *leaks* counts what is still there."""

    requests: int
    offences: dict[str, list[str]] = field(default_factory=lambda: {figure: [] for figure in FIGURES})
    leaks: dict[str, int] = field(default_factory=dict[str, int])
    outcomes: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[str] = field(default_factory=Counter[str])
    messages: list[str] = field(default_factory=list[str])
    faulted: int = 0
    sends: int = 0
    seconds: float = 0.0

    @property
    def figures(self) -> dict[str, int]:
        """All figures; each should be 0."""
        return {**{figure: len(calls) for figure, calls in self.offences.items()}, **self.leaks}

    @property
    def is_right(self) -> bool:
        """Whether each figure is 0."""
        return not any(self.figures.values())

    def text(self, *, limit: int | None = None) -> str:
        """Return the table, and the calls in it: of each figure the first *limit*."""
        head = (
            f"{self.requests} calls, {self.faulted} of them faulted ({len(self.faults)} faults), {self.sends} sends, "
            f"{self.seconds:.0f} s"
        )
        figures = [f"  {count:6}  {figure}" for figure, count in self.figures.items()]
        outcomes = [f"  {count:6}  {name}" for name, count in self.outcomes.most_common()]
        calls = [f"  {figure}: {call}" for figure, calls in self.offences.items() for call in calls[:limit]]
        return "\n".join([head, *figures, "outcomes:", *outcomes, *calls, *self.messages])


def operation_of(seed: int, number: int) -> Operation:
    """Return the operation of call *number*."""
    weights = [operation.weight for operation in OPERATIONS]
    return dice(seed, number, "operation").choices(OPERATIONS, weights)[0]


async def soak(*, requests: int, faulted: float, tasks: int, seed: int) -> Report:
    """Send *requests* calls from so many *tasks*, a share of them *faulted*, and return the report."""
    started, report = time.monotonic(), Report(requests)
    server = FaultyServer(lambda number: operation_of(seed, number).expected(number), seed=seed, share=faulted)
    with _watching(report):
        async with server:
            before = _held()
            outcomes = await _outcomes(server, requests, tasks, seed)
            report.leaks |= await _leaks(before)  # while the server runs: it would close connections that are left
    report.leaks["redirected"] = server.redirected
    for number in range(requests):
        _compare(report, operation_of(seed, number), number, outcomes[number], server.journal[number])
    report.seconds = time.monotonic() - started
    return report


async def _outcomes(server: FaultyServer, requests: int, tasks: int, seed: int) -> defaultdict[int, list[Outcome]]:
    """Return the outcomes of all calls, by their numbers."""
    outcomes: defaultdict[int, list[Outcome]] = defaultdict(list)
    numbers = iter(range(requests))
    async with _client(server, seed) as zoom, asyncio.TaskGroup() as group:
        for _ in range(tasks):
            group.create_task(_call_many(zoom, seed, numbers, outcomes))
    return outcomes


def _client(server: FaultyServer, seed: int) -> Zoom:
    chance = dice(seed, "waits")
    return Zoom(
        ServerToServer("account", "client", "secret", token_url=server.token_url),
        plan=_PLAN,
        base_url=server.base_url,
        timeout=_TIMEOUT,
        retry=RetryPolicy(attempts=6, base=0.005, cap=0.05, max_retry_after=0.1, random=lambda: 0.05 * chance.random()),
    )


async def _call_many(zoom: Zoom, seed: int, numbers: Iterator[int], outcomes: defaultdict[int, list[Outcome]]) -> None:
    for number in numbers:
        outcome = await _outcome_of(operation_of(seed, number).call(zoom, FIRST_NUMBER + number))
        outcomes[number].append(outcome)
        if isinstance(outcome.value, errors.CircuitOpen):
            await asyncio.sleep(min(outcome.value.retry_after, _LONGEST_PAUSE))


async def _outcome_of(call: Awaitable[object]) -> Outcome:
    try:
        async with asyncio.timeout(_LONGEST_CALL):
            return Outcome(await call)
    except Exception as error:  # noqa: BLE001  an error of any other class is lost
        return Outcome(error.with_traceback(None))  # its frames would keep connections


def _compare(
    report: Report, operation: Operation, number: int, outcomes: Sequence[Outcome], arrivals: Sequence[Arrival]
) -> None:
    faults = [arrival.fault for arrival in arrivals if arrival.fault]
    names = [type(outcome.error).__name__ if outcome.error else "success" for outcome in outcomes]
    report.sends += len(arrivals)
    report.faulted += bool(faults)
    report.faults.update(faults)
    report.outcomes.update(names)
    journal = ", ".join(f"{each.fault or 'right'} ({'done' if each.carried_out else 'not done'})" for each in arrivals)
    for figure in offences_of(operation, number, outcomes, arrivals):
        shown = "; ".join(f"{name}: {outcome.value}" for name, outcome in zip(names, outcomes, strict=True))
        report.offences[figure].append(f"call {number}, {operation.name}: {shown or 'no outcome'} [{journal}]")


@contextmanager
def _watching(report: Report) -> Generator[None]:
    """Count the warnings and the errors of the event loop."""
    loop, loop_errors = asyncio.get_running_loop(), list[dict[str, Any]]()
    earlier = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: loop_errors.append(context))
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    finally:
        loop.set_exception_handler(earlier)
    report.leaks |= {"warnings": len(caught), "errors of the event loop": len(loop_errors)}
    report.messages += [f"  warning: {warning.message}" for warning in caught]
    report.messages += [f"  event loop: {context}" for context in loop_errors]


def _held() -> dict[str, int]:
    """Return the numbers of tasks, sockets and descriptors."""
    gc.collect()
    targets: list[str] = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the descriptor of the listing itself
            targets.append(str(entry.readlink()))
    targets = [target for target in targets if target != "/dev/null"]  # uvloop keeps one in reserve
    sockets = sum(target.startswith("socket:") for target in targets)
    return {"tasks": len(asyncio.all_tasks()), "sockets": sockets, "descriptors": len(targets)}


async def _leaks(before: dict[str, int]) -> dict[str, int]:
    """Return the increase of each number since *before*. Closed transports need a moment to close their sockets."""
    deadline = time.monotonic() + _LONGEST_PAUSE
    while True:
        leaks = {name: max(0, count - before[name]) for name, count in _held().items()}
        if not any(leaks.values()) or time.monotonic() > deadline:
            return leaks
        await asyncio.sleep(0.02)


def main() -> None:
    """Run a soak, print its report, and exit with 1 unless each figure is 0."""
    parser = argparse.ArgumentParser(description="Compare a server's journal with the outcomes of a client's calls.")
    parser.add_argument("--requests", type=int, default=20_000, help="number of calls (default: 20,000)")
    parser.add_argument("--faulted", type=float, default=0.3, help="share of faulted calls (default: 0.3)")
    parser.add_argument("--tasks", type=int, default=64, help="number of tasks that call (default: 64)")
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed gives the same calls and faults (default: 1)"
    )
    options = parser.parse_args()
    report = asyncio.run(
        soak(requests=options.requests, faulted=options.faulted, tasks=options.tasks, seed=options.seed)
    )
    print(report.text())
    sys.exit(0 if report.is_right else 1)


if __name__ == "__main__":
    main()
