"""The service on a simulated Zoom account: ``python -m meeting_service.simulated``, or ``... simulated fastapi``.

Ada approves every connection, and her meeting is held every two seconds. A second argument is the port.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.fernet import Fernet

from meeting_service.service import Settings
from meeting_service.serving import on_aiohttp, on_uvicorn
from zoomasync import Plan
from zoomasync.testing import Account, FakeZoom

SCOPES = "user:read:user meeting:read:list_meetings meeting:write:meeting meeting:read:list_registrants"


async def main(folder: Path, framework: str = "aiohttp", port: str = "8080") -> None:
    """Serve the account and the service."""
    url = f"http://127.0.0.1:{port}"
    account = Account()
    meeting = account.add_meeting(account.add_host("Ada"), topic="Harbour", registrants=3)
    async with FakeZoom(account, redirect_uri=f"{url}/zoom/callback", user_scopes=SCOPES) as fake:
        settings = Settings(
            oauth=fake.user_oauth,
            webhook_secrets=[fake.webhook_secret],
            key=Fernet.generate_key().decode(),
            folder=folder,
            plan=Plan.PRO,
        )
        serve = on_uvicorn if framework == "fastapi" else on_aiohttp
        async with serve(settings, int(port)):
            await fake.subscribe_webhooks(f"{url}/zoom/webhook", events=["meeting.ended", "app_deauthorized"])
            print(f"Open {url}/meetings, then {url}/meetings/{meeting.id}/registrants", flush=True)
            while True:
                await asyncio.sleep(2)
                fake.start_meeting(meeting)
                fake.end_meeting(meeting)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    with TemporaryDirectory() as temporary, suppress(KeyboardInterrupt):
        asyncio.run(main(Path(temporary), *sys.argv[1:]))
