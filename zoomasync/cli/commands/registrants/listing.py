"""The command ``zoomasync registrants list``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import anyio
import msgspec
from rich.console import Console
from rich.text import Text

from .... import Plan, Zoom
from ....models.registrants import Registrant
from ....sync import Journal, SyncTarget, default_journal
from ...client import connected
from ...console import print_json, print_line, printable, stdout, table
from ...exit_codes import Exit
from ...registrants_options import AccountOptions
from .targets import required_target

_STATUSES = ("pending", "approved", "denied")


@dataclass(frozen=True, slots=True)
class _Listed:
    registrant: Registrant
    status: str
    added_by_sync: bool

    def as_data(self) -> dict[str, object]:
        """Return the JSON object that ``--json`` prints."""
        fields = msgspec.convert(msgspec.to_builtins(self.registrant), dict[str, object])
        return {**fields, "status": self.status, "added_by_sync": self.added_by_sync}


def list_registrants(options: AccountOptions, plan: Plan, *, status: str, as_json: bool) -> int:
    """Print the registrants of a meeting or webinar that have *status*, or all."""
    target = required_target(options.meeting, options.webinar, options.occurrence)
    console = stdout()
    listed = anyio.run(_list, target, options, plan, _STATUSES if status == "all" else (status,), console)
    if as_json:
        print_json([each.as_data() for each in listed])
    else:
        _print(listed, console)
        print_line(f"{target}: {len(listed):,} {'registrant' if len(listed) == 1 else 'registrants'}", console)
    return Exit.COMPLETE


async def _list(
    target: SyncTarget, options: AccountOptions, plan: Plan, statuses: Sequence[str], console: Console
) -> list[_Listed]:
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(
            connected(plan, console, redis=options.redis, trust_env=options.trust_env)
        )
        path = options.journal or default_journal(connection.zoom.account_id or "")
        journal = await stack.enter_async_context(Journal(path)) if path.exists() else None
        return [each async for each in _listed(connection.zoom, target, statuses, journal)]


async def _listed(
    zoom: Zoom, target: SyncTarget, statuses: Sequence[str], journal: Journal | None
) -> AsyncIterator[_Listed]:
    """Iterate over the registrants; one who is registered for several of the occurrences comes once."""
    registrants = zoom.webinars.registrants if target.kind == "webinar" else zoom.meetings.registrants
    seen = set[str]()
    for occurrence_id in target.occurrence_ids or (None,):
        for status in statuses:
            async for each in registrants.list(target.id, status=status, occurrence_id=occurrence_id):
                if each.id not in seen:
                    seen.add(each.id)
                    known = journal.person(target, each.email) if journal is not None else None
                    yield _Listed(each, status, known is not None and known.ours)


def _print(listed: list[_Listed], console: Console) -> None:
    lines = table("email", "first name", "last name", "status", "registered", "registrant id", "added by a sync")
    for column in lines.columns:
        column.justify = "left"
    for each in listed:
        person = each.registrant
        registered = "" if person.create_time is None else f"{person.create_time:%Y-%m-%d %H:%M}"
        texts = (person.email, person.first_name or "", person.last_name or "", each.status, registered, person.id)
        lines.add_row(*(Text(printable(text)) for text in texts), "yes" if each.added_by_sync else "")
    console.print(lines)
