"""The webhooks that the service handles: it lists the registrants of each meeting that has ended."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from anyio import to_thread

from zoomasync import UserClients
from zoomasync.errors import BadRequest, NotFound, ReauthorizationRequired
from zoomasync.webhooks import AppDeauthorized, MeetingEnded, WebhookEvent

logger = logging.getLogger("meeting_service")


@dataclass(frozen=True, slots=True)
class RegistrantLists:
    """One file per meeting, in one folder per user."""

    users: UserClients
    folder: Path

    async def handle(self, event: WebhookEvent) -> None:
        """Handle a webhook from the inbox. It may come twice, so that each step can be repeated."""
        match event:
            case AppDeauthorized():
                await self.delete(event.payload.user_id)
                await self.users.forget(event.payload.user_id)
            case MeetingEnded() if event.object.host_id is not None and event.object.id is not None:
                await self._fetch(event.object.host_id, event.object.id)
            case _:
                logger.info("ignored %s", event.event)

    async def read(self, user_id: str, number: int) -> list[str] | None:
        """Return the names of the registrants of a meeting of the user, or None if it has not ended."""
        try:
            names: list[str] = json.loads(await to_thread.run_sync(self._path(user_id, number).read_bytes))
        except FileNotFoundError:
            return None
        return names

    async def delete(self, user_id: str) -> None:
        """Delete the lists of a user."""
        await to_thread.run_sync(shutil.rmtree, self._path(user_id, 0).parent, True)

    async def _fetch(self, user_id: str, number: int) -> None:
        try:
            zoom = await self.users.client(user_id)
            people = await zoom.meetings.registrants.list(number).collect()
        except (ReauthorizationRequired, BadRequest, NotFound) as error:
            logger.info("no registrants: %s", error)  # the host is not a user, or the meeting has no registration
        else:
            names = [f"{each.first_name or ''} {each.last_name or ''}".strip() for each in people]
            await to_thread.run_sync(self._write, self._path(user_id, number), json.dumps(names))

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.with_suffix(".tmp").write_text(text, encoding="utf-8")
        path.with_suffix(".tmp").replace(path)  # a reader sees the old file or the new one

    def _path(self, user_id: str, number: int) -> Path:
        return self.folder / f"user-{quote(user_id, safe='')}" / f"{number}.json"
