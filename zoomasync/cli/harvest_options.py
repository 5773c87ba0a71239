"""The options of ``zoomasync harvest``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from cyclopts import Group, Parameter

if TYPE_CHECKING:
    from .. import Plan

PlanName: TypeAlias = Annotated[
    str | None, Parameter(help="Zoom plan: free, pro or business. [default: ZOOM_PLAN, or pro]")
]


_PERSONAL = Group("Personal data")


@dataclass(frozen=True, slots=True, kw_only=True)
class HarvestOptions:
    """The options of the command; the help texts describe them."""

    from_: Annotated[
        date | None, Parameter(name="--from", help="First day, in UTC. [default: 29 days before --to]")
    ] = None
    to: Annotated[date | None, Parameter(help="Last day, in UTC. [default: yesterday]")] = None
    reports: Annotated[
        list[str] | None,
        Parameter(
            consume_multiple=True,
            help="Tables or groups to fetch. [default: the reports of meetings and webinars, without absentees]",
        ),
    ] = None
    discover: Annotated[
        Literal["hosts", "history"],
        Parameter(
            help="Way to find instances: one call per active host and month, or one per day for the whole account. "
            "--estimate prints the calls of both."
        ),
    ] = "hosts"
    store: Annotated[
        Path | None,
        Parameter(help="SQLite file to write to. [default: harvest.sqlite; simulated.sqlite with --simulate]"),
    ] = None
    account: Annotated[str | None, Parameter(help="Your name for the account, which the file keeps.")] = None
    recheck_days: Annotated[
        int | None,
        Parameter(help="Re-list the last N days and fetch new or previously empty reports; reports can arrive late."),
    ] = None
    refetch: Annotated[
        list[str] | None,
        Parameter(
            consume_multiple=True,
            help="TABLE [DAYS]: fetch a table again, or its last days. Its rows stay until the new ones are whole. Can "
            "be repeated.",
        ),
    ] = None
    estimate: Annotated[
        bool, Parameter(help="Only list the instances, and print the calls and the time for the rest.")
    ] = False
    wait: Annotated[
        bool, Parameter(help="Wait for the next UTC day when the daily quota is used up, and while Zoom is down.")
    ] = False
    durability: Annotated[
        Literal["normal", "full"],
        Parameter(help="With full, committed rows also survive a power failure. Writing is slower."),
    ] = "normal"
    redis: Annotated[
        str | None,
        Parameter(
            help="Redis or Valkey URL. Share the rate limits, the circuit and the access token with the account's "
            "other processes."
        ),
    ] = None
    plan: PlanName = None
    trust_env: Annotated[
        bool,
        Parameter(env_var="ZOOM_TRUST_ENV", help="Use the proxy that the environment names, such as HTTPS_PROXY."),
    ] = False
    simulate: Annotated[
        list[int] | None,
        Parameter(
            consume_multiple=(0, 1),
            allow_repeating=False,
            help="Harvest a simulated account on this machine, which the SEED selects. [default seed: 7]",
        ),
    ] = None
    schema: Annotated[
        bool, Parameter(help="Only print the tables and columns as JSON, with keys and marks for personal data.")
    ] = False
    drop: Annotated[
        list[str] | None,
        Parameter(
            group=_PERSONAL,
            consume_multiple=True,
            help="Columns that stay empty: topic for every table that has it, or meeting.topic for one table.",
        ),
    ] = None
    hash_: Annotated[
        list[str] | None,
        Parameter(
            name="--hash",
            group=_PERSONAL,
            consume_multiple=True,
            help="Columns of text that hold a hash with the key ZOOM_HASH_KEY instead. Equal texts have equal hashes.",
        ),
    ] = None
    secrets: Annotated[
        bool, Parameter(group=_PERSONAL, help="Store passwords, host keys, and the links to join, play and download.")
    ] = False

    @property
    def seed(self) -> int | None:
        """The seed of the simulated account, or None to harvest a real one."""
        return None if self.simulate is None else (self.simulate or [7])[0]


def plan_named(name: str | None) -> Plan:
    """Return the share in the environment of the plan *name*, or of the environment's plan."""
    from .. import Plan  # noqa: PLC0415  the help texts need no plan

    return Plan.from_env(os.environ if name is None else {**os.environ, "ZOOM_PLAN": name, "ZOOM_PLAN_FILE": ""})
