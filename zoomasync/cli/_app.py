"""The commands and their options. What a command does is imported when it runs, so that ``--help`` is quick."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

from .. import __version__
from ..errors import ConfigError, InvalidArgument, ZoomError
from ._exit import Exit

app = App(
    name="zoomasync",
    help="Harvest a Zoom account's reports, look up endpoints, and serve a fake Zoom for tests.",
    version=__version__,
)


@app.command
def harvest(
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
    store: Annotated[Path, Parameter(help="SQLite file to write to.")] = Path("harvest.sqlite"),
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
    longer than a month are split. Run again with the same days, it fetches what is not settled yet. Credentials come
    from ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET (or from files named by the same with _FILE); ZOOM_SHARE
    is the part of the plan to use, from 0 to 1.

    Reports: meeting, meeting_participants, meeting_polls, meeting_qa, meeting_survey, webinar, webinar_participants,
    webinar_polls.

    Exit codes: 0 complete, 1 failed, 2 wrong use, 3 incomplete: run it again; 130 interrupted: the same.
    """
    from .harvest import Options, harvest  # noqa: PLC0415

    seed = None if simulate is None else (simulate or [7])[0]
    return harvest(Options(from_=from_, to=to, reports=reports, store=store, plan=plan, seed=seed))


@app.command
def endpoints(*, json: Annotated[bool, Parameter(negative=(), help="Print JSON.")] = False) -> int:
    """List every endpoint: method, route, rate-limit label, scopes, granular scopes and what it returns."""
    from .endpoints import endpoints  # noqa: PLC0415

    return endpoints(as_json=json)


@app.command
def budget(
    *,
    redis: Annotated[str | None, Parameter(help="Address of the Redis that the processes share.")] = None,
    name: Annotated[str, Parameter(help="The name under which they share it.")] = "zoomasync",
    plan: Annotated[str | None, Parameter(help="free, pro or business. [default: ZOOM_PLAN, or pro]")] = None,
) -> int:
    """Show what a plan allows, and live what is used and left of it where processes share it through Redis."""
    from .budget import budget  # noqa: PLC0415

    return budget(redis=redis, name=name, plan=plan)


@app.command
def fake(
    *,
    port: Annotated[int, Parameter(help="Port on the loopback interface; 0 takes a free one.")] = 8080,
    seed: Annotated[int, Parameter(help="Which simulated account to serve.")] = 7,
    plan: Annotated[str, Parameter(help="Whose rate limits to enforce: free, pro, business, or none.")] = "pro",
) -> int:
    """Serve a simulated Zoom account over HTTP until interrupted, for any client."""
    from .fake import fake  # noqa: PLC0415

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
