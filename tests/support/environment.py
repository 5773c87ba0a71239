"""The ``zoomasync`` command in a process of its own, and its environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import anyio

from support.forked_command import fork_server
from zoomasync.testing import FakeZoom

COMMAND = (sys.executable, "-W", "error", "-m", "zoomasync")


def environment_of(fake: FakeZoom) -> dict[str, str]:
    """Return the environment variables that point `Zoom.from_env` and the command at *fake*."""
    return {
        "ZOOM_BASE_URL": fake.base_url,
        "ZOOM_TOKEN_URL": fake.token_url,
        "ZOOM_ACCOUNT_ID": fake.credentials.account_id,
        "ZOOM_CLIENT_ID": fake.credentials.client_id,
        "ZOOM_CLIENT_SECRET": fake.credentials.client_secret,
    }


def environment_with(**variables: str) -> dict[str, str]:
    """Return this process's environment without Zoom's variables, and with *variables*."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ZOOM_")} | variables


async def run_command(*arguments: str, folder: Path, **variables: str) -> tuple[int, str, str]:
    """Run the command in *folder*, and return its exit code, standard output and standard error."""
    with anyio.fail_after(120):
        return await fork_server().run(*arguments, folder=folder, environment=environment_with(**variables))
