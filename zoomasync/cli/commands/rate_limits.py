"""``zoomasync budget``: how an account's budgets stand, live where several processes share them."""

from __future__ import annotations

from collections.abc import Mapping

import anyio
from rich.console import Console
from rich.live import Live
from rich.table import Table

from ...rate_limits import Label, Plan, RateLimitStatus
from ..console import stdout, table
from ..exit_codes import Exit
from ..settings import environment

_EVERY_SECONDS = 1.0


def rate_limits(*, redis: str | None, name: str, plan: str | None) -> int:
    """Show the budgets of *plan*; those that are shared under *name* in *redis*, until interrupted on a terminal."""
    chosen = Plan.from_env(environment(plan))
    console = stdout()
    if redis is None:
        console.print(_limits(chosen))
        console.print("What is used of them each process knows for itself (zoom.budget()), unless they share their")
        console.print("budgets through Redis: then give its address with --redis.")
    else:
        anyio.run(_show, redis, name, chosen, console)
    return Exit.COMPLETE


async def _show(redis: str, name: str, plan: Plan, console: Console) -> None:
    from ...redis import RedisRateLimiter  # noqa: PLC0415  needs the extra

    rate_limiter = RedisRateLimiter(redis, plan, name=name)
    try:
        status = await rate_limiter.status()
        if not console.is_terminal:
            console.print(_table(status))
            return
        with Live(_table(status), console=console, auto_refresh=False) as live:
            while True:
                await anyio.sleep(_EVERY_SECONDS)
                live.update(_table(await rate_limiter.status()), refresh=True)
    finally:
        with anyio.CancelScope(shield=True):
            await rate_limiter.aclose()


def _limits(plan: Plan) -> Table:
    limits = table("label", "a second", "a day")
    for label in Label:
        per_day = plan.per_day(label)
        limits.add_row(label, f"{plan.rate(label):.3g}", "no limit" if per_day is None else f"{per_day:,}")
    return limits


def _table(status: Mapping[Label, RateLimitStatus]) -> Table:
    stand = table("label", "a second", "used today", "left", "resets at", "wait now")
    for label, rate_limits in status.items():
        remaining = "no limit" if rate_limits.remaining is None else f"{rate_limits.remaining:,}"
        resets_at = f"{rate_limits.resets_at:%Y-%m-%d %H:%M} UTC"
        stand.add_row(
            label,
            f"{rate_limits.rate:.3g}",
            f"{rate_limits.used:,}",
            remaining,
            resets_at,
            f"{rate_limits.delay:.1f} s",
        )
    return stand
