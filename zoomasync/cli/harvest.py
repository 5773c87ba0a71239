"""``zoomasync harvest``: run a harvest, show how far it is, and say what came of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import anyio
from rich import box
from rich.console import Console
from rich.table import Table

from .. import Traffic, Zoom, plan_of
from ..events import Event
from ..harvest import REPORTS, Harvest, State, Summary
from ._console import stdout
from ._exit import Exit
from ._progress import follow
from ._settings import environment

_SHOWN_PROBLEMS = 5
_HEADINGS = ("rows", "drifted", "partitions", "kept", "gone", "refused", "failed", "calls", "retries", "429s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for on the command line; None where nothing was."""

    from_: date | None
    to: date | None
    reports: list[str] | None
    store: Path
    plan: str | None
    seed: int | None


def harvest(options: Options) -> int:
    """Run a harvest and return the exit code."""
    return anyio.run(_harvest, options, stdout())


async def _harvest(options: Options, console: Console) -> Exit:
    to = options.to or datetime.now(UTC).date() - timedelta(days=1)
    from_ = options.from_ or to - timedelta(days=29)
    async with (
        _client(options, console) as zoom,
        Harvest(zoom, store=options.store, from_=from_, to=to, reports=_names(options.reports)) as harvest,
    ):
        source = "the account" if options.seed is None else f"the simulated account {options.seed}"
        console.print(f"Harvesting {source} from {from_} to {to} into {options.store}")
        async with follow(harvest.progress, zoom, console):
            summary = await harvest.run()
    console.print(_table(summary, zoom))
    _explain(summary, console)
    return Exit.COMPLETE if summary.complete else Exit.INCOMPLETE


def _names(reports: list[str] | None) -> tuple[str, ...]:
    """Return the names of *reports*, which may be given one by one or with commas."""
    if reports is None:
        return REPORTS
    return tuple(name for given in reports for name in given.split(",") if name)


@asynccontextmanager
async def _client(options: Options, console: Console) -> AsyncGenerator[Zoom, None]:
    """Open a client of the account in the environment, or of a simulated one that enforces the plan's limits."""
    environ = environment(options.plan)

    def tell(event: Event) -> None:
        console.print(str(event), markup=False, soft_wrap=True)

    if options.seed is None:
        async with Zoom.from_env(environ=environ, on_event=tell) as zoom:
            yield zoom
        return
    from ..testing import Account, FakeZoom  # noqa: PLC0415  a server, for simulations only

    account = Account.simulated(options.seed)
    async with FakeZoom(account, plan=plan_of(environ)) as fake, fake.client(on_event=tell) as zoom:
        yield zoom


def _table(summary: Summary, zoom: Zoom) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("table")
    for heading in _HEADINGS:
        table.add_column(heading, justify="right")
    for stream in summary.streams:
        traffic = zoom.traffic.get(stream.route, Traffic())
        partitions = stream.partitions
        numbers = (
            stream.rows,
            stream.drifted,
            partitions.total(),
            stream.kept,
            partitions[State.GONE],
            partitions[State.REFUSED],
            partitions[State.FAILED],
            traffic.calls,
            traffic.retries,
            traffic.throttled,
        )
        table.add_row(stream.name, *(f"{number:,}" for number in numbers))
    return table


def _explain(summary: Summary, console: Console) -> None:
    for problem in summary.problems[:_SHOWN_PROBLEMS]:
        console.print(f"Not got: {problem.stream.name} {problem.key}: {problem.error}", markup=False, soft_wrap=True)
    more = len(summary.problems) - _SHOWN_PROBLEMS
    if more > 0:
        console.print(f"… and {more:,} more, in the table `partition`, where state is 'failed'")
    if summary.stopped_by is not None:
        console.print(f"Stopped: {summary.stopped_by}", markup=False, soft_wrap=True)
    if summary.complete:
        console.print("Complete.")
    else:
        again = "the same command with the same --from and --to"
        console.print(f"Incomplete. What was got is kept; {again} fetches the rest.")
