"""The run of ``zoomasync harvest``."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import anyio
from rich.console import Console

from .... import Plan
from ....errors import CircuitOpen, DailyLimitReached
from ....harvest import REPORTS, Harvest, HarvestEstimate, Privacy, harvest_schema
from ...client import connected
from ...console import logging_to, print_json, print_line, stdout
from ...exit_codes import Exit
from ...harvest_options import HarvestOptions, plan_named
from ...harvest_progress import HarvestView
from ...progress import show_progress
from ...signals import stopped_by_signals
from .arguments import names_in, refetch_days
from .estimate import print_estimate
from .summary import print_summary


def run_harvest(options: HarvestOptions) -> int:
    """Run a harvest, estimate it, or print its tables, and return the exit code."""
    if options.schema:
        print_json(harvest_schema())
        return Exit.COMPLETE
    return anyio.run(_run, options, plan_named(options.plan), stdout())


async def _run(options: HarvestOptions, plan: Plan, console: Console) -> Exit:
    codes: list[Exit] = []  # empty after a signal
    with stopped_by_signals() as stop, logging_to(console):
        codes.append(await _harvest(options, plan, console))
    if codes:
        return codes[0]
    console.print("Interrupted. Finished partitions are stored. Run the same command again to fetch the rest.")
    return stop.exit_code


async def _harvest(options: HarvestOptions, plan: Plan, console: Console) -> Exit:
    # Wrong use ends here, before the client opens.
    privacy = Privacy.from_env(drop=names_in(options.drop), hash_=names_in(options.hash_), secrets=options.secrets)
    refetch = refetch_days(options.refetch)
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(
            connected(plan, console, redis=options.redis, trust_env=options.trust_env, seed=options.seed)
        )
        zoom = connection.zoom
        to = options.to or zoom.server_time.date() - timedelta(days=1)
        from_ = options.from_ or to - timedelta(days=29)
        path = options.store or Path("harvest.sqlite" if options.seed is None else "simulated.sqlite")
        harvest = await stack.enter_async_context(
            Harvest(
                zoom,
                store=path,
                from_=from_,
                to=to,
                reports=REPORTS if options.reports is None else names_in(options.reports),
                discover=options.discover,
                recheck_days=options.recheck_days,
                refetch=refetch,
                account_label=options.account,
                privacy=privacy,
                durability=options.durability,
            )
        )
        print_line(f"{_action(options)} from {from_} to {to} into {path}", console)
        estimate, summary = None, None
        async with show_progress(HarvestView(harvest.progress, zoom), console):
            if options.estimate:
                estimate = await _estimate(harvest, console)
            else:
                summary = await harvest.run(wait=options.wait)
    if summary is None:
        if estimate is not None:
            print_estimate(estimate, console)
        return Exit.INCOMPLETE if estimate is None or estimate.unlisted else Exit.COMPLETE
    print_summary(summary, zoom, console)
    return Exit.COMPLETE if summary.complete else Exit.INCOMPLETE


def _action(options: HarvestOptions) -> str:
    account = "the account" if options.seed is None else f"the simulated account {options.seed}"
    if options.account is not None:
        account += f" {options.account}"
    return f"Estimating the harvest of {account}" if options.estimate else f"Harvesting {account}"


async def _estimate(harvest: Harvest, console: Console) -> HarvestEstimate | None:
    try:
        return await harvest.estimate()
    except (DailyLimitReached, CircuitOpen) as reason:
        print_line(f"The listing is incomplete: {reason}", console)
        return None
