"""The commands and their options.

Each command imports its implementation when it runs, so that ``--help`` stays fast.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter

from .. import Label, __version__
from ..errors import ConfigError, InvalidArgument, ZoomError
from .exit_codes import Exit
from .harvest_options import HarvestOptions, PlanName, plan_named
from .registrants_app import app as registrants_app
from .webhook_app import app as webhook_app

app: App = App(
    name="zoomasync",
    help="Harvest reports of a Zoom account, sync registrants, list endpoints, send webhooks, and serve a fake Zoom.",
    version=__version__,
    default_parameter=Parameter(negative=()),  # without an option --no-x for each switch --x
)

app.command(registrants_app)
app.command(webhook_app)

_Store = Annotated[Path, Parameter(help="SQLite file that a harvest wrote.")]
_Json = Annotated[bool, Parameter(help="Print JSON.")]


@app.command
def harvest(options: Annotated[HarvestOptions, Parameter(name="*")] = HarvestOptions()) -> int:  # noqa: B008  frozen
    """Harvest the reports, logs, recordings and users of an account into a SQLite file.

    For reports of meetings and webinars, the harvest first lists the instances, by host or for the whole account, and
    then fetches the reports of each. It stays below the per-second and daily limits of the plan.

    After any interruption, run the same command again. Finished partitions are not fetched twice. When the daily quota
    is used up, the rest is deferred until the next UTC day. You can add days that adjoin the days of the file, and
    tables.

    Credentials come from ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET. ZOOM_SHARE is the fraction of the plan
    to use, above 0 and at most 1. A variable with _FILE appended to its name, such as ZOOM_CLIENT_SECRET_FILE, names a
    file that holds the value.

    --reports takes names of tables, and of these groups:

    * instances: meeting, meeting_participants, meeting_polls, meeting_qa, meeting_survey, webinar,
      webinar_participants, webinar_polls, webinar_qa, webinar_survey, absentees
    * account: users, activities, operation_logs, telephone, daily, cloud_recording, billing, billing_invoices
    * snapshots: upcoming_events, all_users, recordings
    * registrants: meeting_registrants, webinar_registrants
    * substitutes: past_meeting, past_participants, past_polls, past_qa. They replace reports of meetings, have fewer
      columns, and do not count against the daily quota of a paid plan.
    * all: all of these but the substitutes

    Passwords, host keys and the links that hold them are stored with --secrets only. --drop and --hash apply before
    anything is written, and are the same in all runs on a file.

    Exit codes:

    * 0: complete. Every partition is done, empty, not found, or rejected by Zoom.
    * 1: an error ended the harvest.
    * 2: wrong use.
    * 3: incomplete. Run the same command again.
    * 130, 143: interrupted by SIGINT or SIGTERM. Run the same command again.
    """
    from .commands.harvest.run import run_harvest  # noqa: PLC0415  see the module docstring

    return run_harvest(options)


@app.command
def export(
    store: _Store,
    /,
    *,
    to: Annotated[Path, Parameter(help="Folder to write to; it is created if it is missing.")],
    format_: Annotated[
        Literal["parquet", "ndjson", "csv"], Parameter(name="--format", help="File format; parquet needs an extra.")
    ] = "parquet",
    raw: Annotated[
        bool, Parameter(help="In CSV, do not change text that a spreadsheet would run as a formula.")
    ] = False,
    changed_since: Annotated[
        str | None,
        Parameter(help="Write only the partitions that changed after this run (a name in the table runs) or time."),
    ] = None,
) -> int:
    """Write the tables of a harvest to Parquet, NDJSON or CSV files, one per table.

    The files hold the rows of each partition's last whole fetch, at one moment, also while a harvest writes to the
    store. The same rows give the same bytes. Existing files of the same names are replaced. The table partitions has
    the state of each partition, and runs the runs.

    With --changed-since, partitions lists the partitions that were fetched since, or are still to be fetched, and the
    other tables have their rows: replace the rows of these partitions in your copy.

    In CSV, text that a spreadsheet would run as a formula (it starts with =, +, -, @, a tab or a line break) gets a '
    in front, unless you set --raw.
    """
    from .commands.export import export_files  # noqa: PLC0415  see the module docstring

    return export_files(store=store, to=to, format_=format_, raw=raw, changed_since=changed_since)


@app.command
def status(store: _Store, /, *, json: _Json = False) -> int:
    """Print the status of a harvest: rows, partitions by state, and reasons for missing rows.

    A harvest may write to the store meanwhile.

    Exit codes:

    * 0: complete.
    * 2: there is no such store.
    * 3: incomplete.
    """
    from .commands.status import print_status  # noqa: PLC0415  see the module docstring

    return print_status(store=store, as_json=json)


@app.command
def report(
    store: _Store,
    /,
    *,
    to: Annotated[
        Path | None,
        Parameter(help="HTML file to write; an existing one is replaced. [default: the store's name with .html]"),
    ] = None,
) -> int:
    """Write the status of a harvest and its calls over time as one HTML file.

    The file loads nothing from other places, and the same store gives the same bytes. Needs the extra report.
    """
    from .commands.report import write_html  # noqa: PLC0415  see the module docstring

    return write_html(store=store, to=to)


@app.command
def endpoints(
    text: Annotated[str | None, Parameter(help="Text in the method or the route, in upper or lower case.")] = None,
    /,
    *,
    label: Annotated[Label | None, Parameter(help="Rate-limit label.")] = None,
    scope: Annotated[
        str | None, Parameter(help="Scope, classic or granular: the endpoints that a token with it may call.")
    ] = None,
    scopes: Annotated[
        list[str] | None,
        Parameter(
            consume_multiple=True,
            help="Print the scopes that these methods need, such as meetings.create meetings.registrants.*, "
            "instead of the endpoints. [default: all that are listed]",
        ),
    ] = None,
    json: _Json = False,
) -> int:
    """List endpoints: method, route, rate-limit label and result; with --json their scopes too.

    Filters combine: an endpoint is listed if it matches all of them.

    With --scopes, the command prints the scopes that a server-to-server app needs, once as classic and once as granular
    scopes. The app needs all scopes of one kind. An app that a single user authorises needs the scopes without admin,
    which --json lists.
    """
    from .commands.endpoints import print_endpoints  # noqa: PLC0415  see the module docstring

    return print_endpoints(text=text, label=label, scope=scope, scopes_of=scopes, as_json=json)


@app.command
def rate_limits(
    *,
    redis: Annotated[
        str | None,
        Parameter(help="URL of the Redis in which processes of the account ZOOM_ACCOUNT_ID share its limits."),
    ] = None,
    plan: PlanName = None,
) -> int:
    """Print the rate limits of a plan; with --redis, show their current use until interrupted."""
    from .commands.rate_limits import print_rate_limits  # noqa: PLC0415  see the module docstring

    return print_rate_limits(redis=redis, plan=plan_named(plan))


@app.command
def doctor(
    needs: Annotated[
        list[str] | None,
        Parameter(
            consume_multiple=True,
            help="Commands (harvest, registrants) and methods (such as meetings.create 'recordings.*'): the token must "
            "have their scopes.",
        ),
    ] = None,
    /,
    *,
    reports: Annotated[
        list[str] | None, Parameter(consume_multiple=True, help="Tables or groups of the harvest, as for harvest.")
    ] = None,
    redis: Annotated[str | None, Parameter(help="URL of the Redis or Valkey server to check.")] = None,
    plan: PlanName = None,
    trust_env: Annotated[
        bool,
        Parameter(env_var="ZOOM_TRUST_ENV", help="Use the proxy that the environment names, such as HTTPS_PROXY."),
    ] = False,
    json: _Json = False,
) -> int:
    """Check the settings, the access token, its scopes, the clock, the proxy, Redis and the plan.

    Example: `zoomasync doctor harvest --redis redis://localhost`

    Each finding is ok, a warning or a problem, and says what to do. The command requests a token and lists one user; it
    changes nothing. The output has no secrets and no addresses.

    Exit codes:

    * 0: no problem. There may be warnings.
    * 1: a problem.
    * 2: wrong use.
    """
    from .commands.doctor.run import run_doctor  # noqa: PLC0415  see the module docstring

    return run_doctor(names=needs or (), reports=reports, redis=redis, plan=plan, trust_env=trust_env, as_json=json)


@app.command
def fake(
    *,
    port: Annotated[int, Parameter(help="Port on the loopback interface; 0 selects a free port.")] = 8080,
    seed: Annotated[int, Parameter(help="Number that selects the simulated account.")] = 7,
    plan: Annotated[str, Parameter(help="Zoom plan to enforce: free, pro, business, or none.")] = "pro",
) -> int:
    """Serve a simulated Zoom account over HTTP until interrupted."""
    from .commands.fake import serve_fake  # noqa: PLC0415  see the module docstring

    return serve_fake(port=port, seed=seed, plan=plan)


def run(arguments: Sequence[str]) -> int:
    """Run the command that *arguments* name, and return its exit code."""
    try:
        result: object = app(arguments, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return Exit.WRONG_USE  # cyclopts has printed the error
    except ZoomError as error:
        print(f"zoomasync: {error}", file=sys.stderr)
        return Exit.WRONG_USE if isinstance(error, ConfigError | InvalidArgument) else Exit.FAILED
    except KeyboardInterrupt:
        print("zoomasync: interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    return result if isinstance(result, int) else Exit.COMPLETE  # --help and --version have no result
