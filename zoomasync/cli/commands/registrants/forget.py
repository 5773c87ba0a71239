"""The command ``zoomasync registrants forget``."""

from __future__ import annotations

from pathlib import Path

import anyio

from .... import ServerToServer
from ....errors import ConfigError
from ....sync import Journal, SyncTarget, default_journal
from ...console import print_line, stdout
from ...exit_codes import Exit


def forget_registrants(journal: Path | None, target: SyncTarget | None, email: str | None) -> int:
    """Delete a person, a target, or a person at one target from the journal, and print the number of records."""
    if target is None and not (email or "").strip():
        raise ConfigError("name the people to forget with --meeting ID, --webinar ID or --email ADDRESS")
    path = journal or default_journal(ServerToServer.from_env().account_id)
    if not path.exists():
        raise ConfigError(f"there is no journal {path}")
    return anyio.run(_forget, path, target, email)


async def _forget(path: Path, target: SyncTarget | None, email: str | None) -> Exit:
    async with Journal(path) as journal:
        count = await journal.forget(target=target, email=email)
    records = "record" if count == 1 else "records"
    print_line(f"Deleted {count:,} {records} from the journal. Zoom's registrants are unchanged.", stdout())
    return Exit.COMPLETE
