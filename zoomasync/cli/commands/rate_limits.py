"""The command ``zoomasync rate-limits``."""

from __future__ import annotations

from collections.abc import Mapping

import anyio
from rich.console import Console
from rich.live import Live
from rich.table import Table

from ... import ServerToServer
from ...rate_limits import Label, Plan, RateLimitStatus
from ..console import stdout, table
from ..exit_codes import Exit
from ..extras import extra

_REFRESH_SECONDS = 1.0


def print_rate_limits(*, redis: str | None, plan: Plan) -> int:
    """Print the rate limits of *plan*, or show their use by the processes that share *redis*."""
    console = stdout()
    if redis is None:
        console.print(_limits(plan))
        console.print("For the current use of limits that processes share through Redis, set --redis.")
        console.print("For the use of one process, call zoom.rate_limits() in it.")
    else:
        anyio.run(_show, redis, plan, console)
    return Exit.COMPLETE


async def _show(redis: str, plan: Plan, console: Console) -> None:
    with extra():
        from ...redis import RedisRateLimiter, limits_name  # noqa: PLC0415  needs an extra

    name = limits_name(ServerToServer.from_env().account_id)
    async with RedisRateLimiter(redis, plan, name=name) as rate_limiter:
        status = await rate_limiter.status()
        if not console.is_terminal:
            console.print(_status(status))
            return
        with Live(_status(status), console=console, auto_refresh=False) as live:
            while True:
                await anyio.sleep(_REFRESH_SECONDS)
                live.update(_status(await rate_limiter.status()), refresh=True)


def _limits(plan: Plan) -> Table:
    limits = table("label", "per second", "per day")
    for label in Label:
        limits.add_row(label, f"{plan.rate(label):.3g}", _count(plan.per_day(label)))
    return limits


def _status(status: Mapping[Label, RateLimitStatus]) -> Table:
    lines = table("label", "per second", "used today", "remaining", "resets at", "delay")
    for label, limit in status.items():
        resets_at = f"{limit.resets_at:%Y-%m-%d %H:%M} UTC"
        lines.add_row(
            label, f"{limit.rate:.3g}", _count(limit.used), _count(limit.remaining), resets_at, f"{limit.delay:.1f} s"
        )
    return lines


def _count(number: int | None) -> str:
    return "no limit" if number is None else f"{number:,}"
