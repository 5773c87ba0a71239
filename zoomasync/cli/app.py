"""The commands and their options. What a command does is imported when it runs, so that ``--help`` is quick."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter

from .. import __version__
from ..errors import ConfigError, InvalidArgument, ZoomError
from .exit_codes import Exit

app = App(
    name="zoomasync",
    help="Harvest a Zoom account's reports, look up endpoints, and serve a fake Zoom for tests.",
    version=__version__,
)


@app.command
def harvest(  # noqa: PLR0913  every option has a default
    *,
    from_: Annotated[
        date | None, Parameter(name="--from", help="First day, UTC. [default: 29 days before --to]")
    ] = None,
    to: Annotated[date | None, Parameter(help="Last day, UTC. [default: yesterday]")] = None,
    reports: Annotated[
        list[str] | None,
        Parameter(
            consume_multiple=True, negative=(), help="Reports to fetch for each session, by name. [default: all]"
        ),
    ] = None,
    store: Annotated[
        Path | None,
        Parameter(help="SQLite file to write to; with --redis, a folder. [default: harvest.sqlite, or harvest]"),
    ] = None,
    recheck_days: Annotated[
        int | None,
        Parameter(help="List the last so many days again, and fetch what is new or had nothing yet: reports are late."),
    ] = None,
    estimate: Annotated[
        bool, Parameter(negative=(), help="List what there is, and print what fetching it will take.")
    ] = False,
    wait: Annotated[
        bool, Parameter(negative=(), help="At the end of the day's budget wait for the next day, and go on.")
    ] = False,
    durability: Annotated[
        Literal["normal", "full"], Parameter(help="Full keeps what was committed through a power cut as well.")
    ] = "normal",
    redis: Annotated[
        str | None,
        Parameter(
            help="Address of a Redis in which several harvests share one job, its budgets and its token. Each writes "
            "Parquet files, one a partition, to the folder --store, which all must see."
        ),
    ] = None,
    name: Annotated[str, Parameter(help="The name under which they share it.")] = "zoomasync",
    plan: Annotated[str | None, Parameter(help="free, pro or business. [default: ZOOM_PLAN, or pro]")] = None,
    simulate: Annotated[
        list[int] | None,
        Parameter(
            consume_multiple=(0, 1),
            allow_repeating=False,
            negative=(),
            help="Harvest a simulated account on this machine instead; the SEED says which one. [default seed: 7]",
        ),
    ] = None,
) -> int:
    """Harvest the reports of every session of an account into a SQLite file.

    Lists the active hosts, then each host's meetings and webinars, then fetches the reports of every session; ranges
    longer than a month are split. Run again, it goes on where it was, whatever ended it; days that touch those of the
    file are added. At the end of the day's budget the rest is parked, for the same command later. Credentials come from
    ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET (or from files named by the same with _FILE); ZOOM_SHARE is
    the part of the plan to use, from 0 to 1.

    Reports: meeting, meeting_participants, meeting_polls, meeting_qa, meeting_survey, webinar, webinar_participants,
    webinar_polls. For some of them past_meeting, past_participants, past_polls and past_qa may stand in, for meetings:
    they spend no budget of the day.

    Exit codes: 0 all is accounted for, 1 failed, 2 wrong use, 3 incomplete: run it again; 130 (SIGINT) and 143
    (SIGTERM) interrupted: the same.
    """
    from .commands.harvest import Options, harvest  # noqa: PLC0415

    seed = None if simulate is None else (simulate or [7])[0]
    return harvest(
        Options(
            from_=from_,
            to=to,
            reports=reports,
            store=store,
            recheck_days=recheck_days,
            plan=plan,
            estimate=estimate,
            wait=wait,
            durability=durability,
            redis=redis,
            name=name,
            seed=seed,
        )
    )


@app.command
def export(
    store: Annotated[Path, Parameter(help="SQLite file that a harvest wrote.")],
    /,
    *,
    to: Annotated[Path, Parameter(help="Folder to write to; it is made when missing.")],
    format_: Annotated[
        Literal["parquet", "ndjson", "csv"], Parameter(name="--format", help="Kind of file; parquet needs an extra.")
    ] = "parquet",
    raw: Annotated[
        bool, Parameter(negative=(), help="For csv: leave text as it is that a spreadsheet takes for a formula.")
    ] = False,
) -> int:
    """Write what a harvest has got to Parquet, NDJSON or CSV files, one a table.

    The files hold the partitions that are done, as they are at one moment, while a harvest may go on; the same rows
    give the same bytes. Files of the same names are replaced. In CSV, text that a spreadsheet would take for a formula
    (it begins with =, +, -, @, a tab or a line break) gets a ' in front, unless --raw says no.
    """
    from .commands.export import export  # noqa: PLC0415

    return export(store=store, to=to, format_=format_, raw=raw)


@app.command
def status(
    store: Annotated[Path, Parameter(help="SQLite file that a harvest wrote.")],
    /,
    *,
    json: Annotated[bool, Parameter(negative=(), help="Print JSON.")] = False,
) -> int:
    """Say what a harvest has got, what it has not and why, and when it can go on; also while it runs.

    Exit codes: 0 all is accounted for, 2 no such store, 3 something is missing.
    """
    from .commands.status import print_status  # noqa: PLC0415

    return print_status(store=store, as_json=json)


@app.command
def report(
    store: Annotated[Path, Parameter(help="SQLite file that a harvest wrote.")],
    /,
    *,
    to: Annotated[
        Path | None, Parameter(help="HTML file to write; it is replaced. [default: beside the store, with .html added]")
    ] = None,
) -> int:
    """Write what a harvest has got, what it has not and why, and how it kept to its budgets, as one HTML file.

    The file needs nothing else and loads nothing; the same store gives the same bytes. Needs the extra report.
    """
    from .commands.report import report  # noqa: PLC0415

    return report(store=store, to=to)


@app.command
def endpoints(*, json: Annotated[bool, Parameter(negative=(), help="Print JSON.")] = False) -> int:
    """List every endpoint: method, route, rate-limit label, scopes, granular scopes and what it returns."""
    from .commands.endpoints import endpoints  # noqa: PLC0415

    return endpoints(as_json=json)


@app.command
def rate_limits(
    *,
    redis: Annotated[str | None, Parameter(help="Address of the Redis that the processes share.")] = None,
    name: Annotated[str, Parameter(help="The name under which they share it.")] = "zoomasync",
    plan: Annotated[str | None, Parameter(help="free, pro or business. [default: ZOOM_PLAN, or pro]")] = None,
) -> int:
    """Show what a plan allows, and live what is used and left of it where processes share it through Redis."""
    from .commands.rate_limits import rate_limits  # noqa: PLC0415

    return rate_limits(redis=redis, name=name, plan=plan)


@app.command
def fake(
    *,
    port: Annotated[int, Parameter(help="Port on the loopback interface; 0 takes a free one.")] = 8080,
    seed: Annotated[int, Parameter(help="Which simulated account to serve.")] = 7,
    plan: Annotated[str, Parameter(help="Whose rate limits to enforce: free, pro, business, or none.")] = "pro",
) -> int:
    """Serve a simulated Zoom account over HTTP until interrupted, for any client."""
    from .commands.fake import fake  # noqa: PLC0415

    return fake(port=port, seed=seed, plan=plan)


def run(arguments: Sequence[str]) -> int:
    """Run the command that *arguments* name, and return the exit code."""
    try:
        return _code(app(arguments, exit_on_error=False, result_action="return_value"))
    except CycloptsError:
        return Exit.WRONG_USE  # cyclopts has said what is wrong
    except (ConfigError, InvalidArgument) as error:
        return _say(error, Exit.WRONG_USE)
    except ZoomError as error:
        return _say(error, Exit.FAILED)
    except KeyboardInterrupt:
        print("zoomasync: interrupted", file=sys.stderr)
        return Exit.INTERRUPTED


def _code(result: object) -> int:
    return result if isinstance(result, int) else Exit.COMPLETE


def _say(error: ZoomError, code: Exit) -> Exit:
    print(f"zoomasync: {error}", file=sys.stderr)
    return code
