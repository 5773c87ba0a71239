"""``zoomasync harvest``: plan a harvest, run it, show how far it is, and say what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import anyio
from rich.console import Console
from rich.table import Table

from ... import CallStats, ClientOptions, Plan, Zoom
from ...errors import DailyLimitReached
from ...events import Event
from ...harvest import REPORTS, Harvest, HarvestEstimate, LabelEstimate, Partition, State, Summary
from ..console import stdout, table
from ..exit_codes import Exit
from ..extras import extra
from ..progress import follow
from ..settings import environment
from ..signals import stopped_by_signals

if TYPE_CHECKING:
    from ...harvest.stores.shared import SharedStore

_SHOWN = 5
_HEADINGS = (
    "rows",
    "invalid_rows",
    "partitions",
    "skipped",
    "not_found",
    "rejected",
    "failed",
    "calls",
    "retries",
    "429s",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for on the command line; None where nothing was."""

    from_: date | None
    to: date | None
    reports: list[str] | None
    store: Path | None
    recheck_days: int | None
    plan: str | None
    estimate: bool
    wait: bool
    durability: Literal["normal", "full"]
    redis: str | None
    name: str
    seed: int | None


def harvest(options: Options) -> int:
    """Run a harvest, or plan it, and return the exit code."""
    return anyio.run(_harvest, options, stdout())


async def _harvest(options: Options, console: Console) -> Exit:
    to = options.to or datetime.now(UTC).date() - timedelta(days=1)
    from_ = options.from_ or to - timedelta(days=29)
    store = options.store or Path("harvest" if options.redis else "harvest.sqlite")
    async with AsyncExitStack() as stack:
        zoom = await stack.enter_async_context(_client(options, console))
        harvest = await stack.enter_async_context(
            Harvest(
                zoom,
                store=store
                if options.redis is None
                else _shared(store, options.redis, f"{options.name}/{from_}..{to}"),
                from_=from_,
                to=to,
                reports=_names(options.reports),
                recheck_days=options.recheck_days,
                durability=options.durability,
            )
        )
        source = "the account" if options.seed is None else f"the simulated account {options.seed}"
        doing = "Planning to harvest" if options.estimate else "Harvesting"
        console.print(f"{doing} {source} from {from_} to {to} into {store}", soft_wrap=True)
        plan, summary = None, None
        async with follow(harvest.progress, zoom, console):
            with stopped_by_signals() as stop:
                if options.estimate:
                    plan = await _planned(harvest, console)
                else:
                    summary = await harvest.run(wait=options.wait)
    if stop.signal is None and options.estimate:
        if plan is not None:
            _print_plan(plan, console)
        return Exit.INCOMPLETE if plan is None or plan.unlisted else Exit.COMPLETE
    if summary is None:
        console.print("Interrupted. What was got is kept; the same command goes on from there.")
        return stop.exit_code
    console.print(_table(summary, zoom))
    _explain(summary, console)
    return Exit.COMPLETE if summary.complete else Exit.INCOMPLETE


async def _planned(harvest: Harvest, console: Console) -> HarvestEstimate | None:
    try:
        return await harvest.estimate()
    except DailyLimitReached as reached:
        console.print(f"Not all is listed yet: {reached}", markup=False, soft_wrap=True)
        return None


def _names(reports: list[str] | None) -> tuple[str, ...]:
    """Return the names of *reports*, which may be given one by one or with commas."""
    if reports is None:
        return REPORTS
    return tuple(name for given in reports for name in given.split(",") if name)


@asynccontextmanager
async def _client(options: Options, console: Console) -> AsyncGenerator[Zoom, None]:
    """Open a client of the account in the environment, or of a simulated one that enforces the plan's limits."""
    environ = environment(options.plan)
    settings = ClientOptions(on_event=partial(_tell, console))
    if options.redis is not None:
        with extra():
            from ...redis import RedisRateLimiter, RedisTokenStore  # noqa: PLC0415  needs an extra
        settings["rate_limiter"] = RedisRateLimiter(options.redis, Plan.from_env(environ), name=options.name)
        settings["token_store"] = RedisTokenStore(options.redis, name=options.name)
    if options.seed is None:
        async with Zoom.from_env(environ=environ, **settings) as zoom:
            yield zoom
        return
    from ...testing import Account, FakeZoom  # noqa: PLC0415  a server, for simulations only

    account = Account.simulated(options.seed)
    async with FakeZoom(account, plan=Plan.from_env(environ)) as fake, fake.client(**settings) as zoom:
        yield zoom


def _tell(console: Console, event: Event) -> None:
    console.print(str(event), markup=False, soft_wrap=True)


def _shared(folder: Path, redis: str, job: str) -> SharedStore:
    """Return the folder that this harvest shares with others of the *job*."""
    with extra():
        from ...harvest.stores.shared import SharedStore  # noqa: PLC0415  needs an extra
        from ...redis import RedisLeases  # noqa: PLC0415  the same
    return SharedStore(folder, RedisLeases(redis, name=job))


def _print_plan(plan: HarvestEstimate, console: Console) -> None:
    streams = table("table", "label", "partitions", "calls", "skipped")
    for stream in plan.streams:
        streams.add_row(stream.name, stream.label, *map(_number, (stream.partitions, stream.calls, stream.skipped)))
    console.print(streams)
    if not plan.labels:
        console.print("Nothing is left to fetch.")
    else:
        labels = table("label", "calls", "a second", "a day", "left today", "UTC days", "earliest end", "left over")
        for label in plan.labels:
            labels.add_row(label.label, *_cells(label))
        console.print(labels)
        console.print("Calls and times are the least: pages are counted when they come, and other apps may be at work.")
    for label in plan.labels:
        if label.unused == 0:
            console.print(
                f"This takes all {label.label} calls of a day. Leave others some: with ZOOM_SHARE=0.8 this client "
                "keeps to four fifths of the plan, and takes longer."
            )
    if plan.unlisted:
        console.print(f"{plan.unlisted:,} listings failed: what they lead to is not in this plan.")


def _cells(label: LabelEstimate) -> Sequence[str]:
    finishes_at = "never" if label.finishes_at is None else f"{label.finishes_at:%Y-%m-%d %H:%M} UTC"
    numbers = (label.per_day, label.remaining, label.unused)
    per_day, remaining, unused = ("no limit" if number is None else _number(number) for number in numbers)
    return (_number(label.calls), f"{label.rate:.3g}", per_day, remaining, _number(label.days), finishes_at, unused)


def _table(summary: Summary, zoom: Zoom) -> Table:
    lines = table("table", *_HEADINGS)
    for stream in summary.streams:
        stats = zoom.stats.get(stream.route, CallStats())
        partitions = stream.partitions
        numbers = (
            stream.rows,
            stream.invalid_rows,
            partitions.total(),
            stream.skipped,
            partitions[State.NOT_FOUND],
            partitions[State.REJECTED],
            partitions[State.FAILED],
            stats.calls,
            stats.retries,
            stats.throttled,
        )
        lines.add_row(stream.name, *map(_number, numbers))
    return lines


def _number(number: int) -> str:
    return f"{number:,}"


def _explain(summary: Summary, console: Console) -> None:
    _list_kinds("Not got", summary.failures, console)
    _list_kinds("Rejected for good", summary.rejected, console)
    _list_kinds("Odd", summary.warnings, console)
    if summary.stopped_by is not None:
        console.print(f"Stopped: {summary.stopped_by}", markup=False, soft_wrap=True)
        again = f"{summary.stopped_by.resumes_at:%Y-%m-%d %H:%M} UTC"
        console.print(f"{summary.deferred:,} partitions are parked. The same command goes on from {again}.")
    elif summary.complete:
        console.print("Complete.")
    else:
        console.print("Incomplete. What was got is kept; the same command fetches the rest.")


def _list_kinds(title: str, partitions: Sequence[Partition], console: Console) -> None:
    """Print what *partitions* have in common, the most frequent first, with one of each."""
    kinds = Counter((partition.stream, partition.detail or partition.warning) for partition in partitions)
    for (stream, reason), count in kinds.most_common(_SHOWN):
        one = next(each for each in partitions if (each.stream, each.detail or each.warning) == (stream, reason))
        which = one.key if count == 1 else f"{one.key} and {count - 1:,} more"
        tracking = f" [tracking id {one.tracking_id}]" if one.tracking_id else ""
        console.print(f"{title}: {stream} {which}: {reason}{tracking}", markup=False, soft_wrap=True)
    if len(kinds) > _SHOWN:
        console.print(f"… and {len(kinds) - _SHOWN:,} other reasons; `zoomasync status` shows them")
