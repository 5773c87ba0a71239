"""The command ``zoomasync registrants plan``."""

from __future__ import annotations

from pathlib import Path

import anyio
from rich.console import Console

from .... import Plan
from ....errors import ConfigError
from ....sync import StagedFile
from ...console import print_line, stdout
from ...exit_codes import Exit
from ...registrants_options import SyncOptions
from ...signals import stopped_by_signals
from .plan_text import print_plan
from .sync_session import check_writable, is_plan_file, journal_of, opened_sync, staged_file
from .unfinished import Unfinished


def plan_registrants(file: Path, options: SyncOptions, plan: Plan, *, out: Path | None) -> int:
    """Print the plan for the list in *file*, write it to *out*, and return the exit code."""
    if is_plan_file(file):
        raise ConfigError(f"{file.name} is a plan: carry it out with `zoomasync registrants apply`")
    if out is not None:
        check_writable("--out", out, *filter(None, (file, journal_of(options))))
    with staged_file(file, options) as staged:
        return anyio.run(_run, staged, options, plan, out, stdout())


async def _run(staged: StagedFile, options: SyncOptions, plan: Plan, out: Path | None, console: Console) -> Exit:
    codes: list[Exit] = []  # empty after a signal
    with stopped_by_signals() as stop:
        codes.append(await _plan(staged, options, plan, out, console))
    if codes:
        return codes[0]
    print_line("Interrupted. Nothing was changed.", console)
    return stop.exit_code


async def _plan(staged: StagedFile, options: SyncOptions, plan: Plan, out: Path | None, console: Console) -> Exit:
    async with opened_sync(options, plan, console) as session:
        planned = await session.plan(staged)
        totals = planned.totals()
        print_plan(planned, totals, staged, console)
        if out is not None:
            planned.write(out)
            print_line(f"The plan is in {out}. It holds addresses, and only you can read it.", console)
        unfinished = Unfinished.of_plan(planned, totals)
        if step := unfinished.next_step("Run the same command again"):
            print_line(step, console)
        elif not totals.writes:
            print_line("There is nothing to change.", console)
        elif out is None:
            print_line("To make these changes, run the command with `apply` in place of `plan`.", console)
        else:
            simulate = "" if options.seed is None else f" --simulate {options.seed}"
            print_line(f"To make these changes, run `zoomasync registrants apply {out}{simulate}`.", console)
    return unfinished.exit_code
