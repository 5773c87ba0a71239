"""The commands ``zoomasync registrants`` and their options.

Each command imports its implementation when it runs, so that ``--help`` stays fast.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from .harvest_options import plan_named
from .registrants_options import AccountOptions, JournalPath, MeetingId, OccurrenceIds, SyncOptions, WebinarId

app: App = App(
    name="registrants",
    help="Make the registrants of meetings and webinars equal a list.",
)

_File = Annotated[
    Path, Parameter(allow_leading_hyphen=True, help="CSV or NDJSON file of people; - is the standard input.")
]


@app.command
def plan(
    file: _File,
    /,
    *,
    out: Annotated[
        Path | None, Parameter(help="JSON file to write the plan to; it holds addresses, and only you can read it.")
    ] = None,
    options: Annotated[SyncOptions, Parameter(name="*")] = SyncOptions(),  # noqa: B008  frozen
) -> int:
    """Compare a list of people with the registrants at Zoom, and print the changes. Nothing is changed.

    Example: `zoomasync registrants plan people.csv --webinar 81234567890`

    The file has a line of headings, such as email, first_name and last_name. All people are for --meeting or --webinar,
    or the columns meeting_id, webinar_id and occurrence_ids name the target of each row. Other columns are answers to
    the custom questions with the same titles.

    By default, a sync adds people, and changes nobody who is registered. The output has numbers and reasons, and no
    addresses.

    The journal records each change before it is sent, and the people whom a sync added. It is one file per Zoom account
    in ~/.local/state/zoomasync, or in $XDG_STATE_HOME/zoomasync. Credentials come from ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID
    and ZOOM_CLIENT_SECRET.

    Exit codes:

    * 0: planned. People who cannot be registered are reported.
    * 1: an error, or a meeting or webinar that could not be planned.
    * 2: wrong use.
    * 3: people are deferred to another day, or unknown. Run the same command again then.
    * 4: cancellations are held back: more than --max-cancel allows, or those of an empty list.
    * 130, 143: interrupted by SIGINT or SIGTERM.
    """
    from .commands.registrants.plan import plan_registrants  # noqa: PLC0415  see the module docstring

    return plan_registrants(file, options, plan_named(options.plan), out=out)


@app.command
def apply(
    file: Annotated[
        Path,
        Parameter(
            allow_leading_hyphen=True,
            help="CSV or NDJSON file of people, - for the standard input, or a plan file.",
        ),
    ],
    /,
    *,
    yes: Annotated[bool, Parameter(help="Apply without a question.")] = False,
    results: Annotated[
        Path | None,
        Parameter(help="CSV file to write: each line of the input with its outcome. Only you can read it."),
    ] = None,
    options: Annotated[SyncOptions, Parameter(name="*")] = SyncOptions(),  # noqa: B008  frozen
) -> int:
    """Make the registrants at Zoom equal a list of people, or carry out a plan that was written with --out.

    Example: `zoomasync registrants apply people.csv --webinar 81234567890 --yes --results results.csv`

    The command prints the plan and asks before it changes anything; --yes skips the question. `registrants plan --help`
    describes the file. A plan file has its own targets and policy.

    After any interruption, run the same command again: nobody is registered twice, and nobody gets a second mail for
    one registration. The results file is also written after an interruption or an error.

    The journal records each change before it is sent, and the people whom a sync added. It is one file per Zoom account
    in ~/.local/state/zoomasync, or in $XDG_STATE_HOME/zoomasync. Keep it: without it, people who cancelled at Zoom are
    added again.

    Exit codes:

    * 0: done. People who cannot be registered are reported.
    * 1: an error, a meeting or webinar that could not be planned, or a person who failed.
    * 2: wrong use.
    * 3: people are deferred, unknown or changed since the plan, or you answered no. Run the same command again.
    * 4: cancellations are held back: more than --max-cancel allows, or those of an empty list.
    * 130, 143: interrupted by SIGINT or SIGTERM. Run the same command again.
    """
    from .commands.registrants.apply import apply_registrants  # noqa: PLC0415  see the module docstring

    return apply_registrants(file, options, plan_named(options.plan), yes=yes, results=results)


@app.command(name="list")
def list_(
    *,
    status: Annotated[
        Literal["approved", "pending", "denied", "all"], Parameter(help="Status of the registrants.")
    ] = "all",
    json: Annotated[bool, Parameter(help="Print JSON, which has the join links too.")] = False,
    options: Annotated[AccountOptions, Parameter(name="*")] = AccountOptions(),  # noqa: B008  frozen
) -> int:
    """Print the registrants of a meeting or webinar at Zoom, and whether a sync added them.

    Example: `zoomasync registrants list --webinar 81234567890 --status pending`

    The journal says whom a sync added. It is one file per Zoom account in ~/.local/state/zoomasync, or in
    $XDG_STATE_HOME/zoomasync. No list of Zoom has people who cancelled.
    """
    from .commands.registrants.listing import list_registrants  # noqa: PLC0415  see the module docstring

    return list_registrants(options, plan_named(options.plan), status=status, as_json=json)


@app.command
def forget(
    *,
    meeting: MeetingId = None,
    webinar: WebinarId = None,
    occurrence: OccurrenceIds = None,
    email: Annotated[str | None, Parameter(help="Address of a person. [default: all people of the target]")] = None,
    journal: JournalPath = None,
) -> int:
    """Delete a person or a meeting or webinar from the journal. Registrations at Zoom stay as they are.

    Example: `zoomasync registrants forget --email ada@example.com`

    A sync then treats these people as if it had never added them: it cancels them only with --absent-scope all, and
    adds them again if they cancelled. With --email alone, the person is deleted for all meetings and webinars.

    The journal is one file per Zoom account in ~/.local/state/zoomasync, or in $XDG_STATE_HOME/zoomasync. The account
    is that of the credentials, ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET.
    """
    from .commands.registrants.forget import forget_registrants  # noqa: PLC0415  see the module docstring
    from .commands.registrants.targets import target_of  # noqa: PLC0415  see the module docstring

    return forget_registrants(journal, target_of(meeting, webinar, occurrence), email)
