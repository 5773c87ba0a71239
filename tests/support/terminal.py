"""The command on a pseudo-terminal, on which a test types."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import anyio
import anyio.to_thread

from support.environment import COMMAND, environment_with


async def run_on_terminal(*arguments: str, folder: Path, typed: str = "", **variables: str) -> tuple[int, str]:
    """Run the command in *folder* on a terminal on which *typed* has been typed; return its exit code and output."""
    import pty  # noqa: PLC0415  not on every platform

    ours, theirs = pty.openpty()
    process = subprocess.Popen(  # noqa: ASYNC220, S603  runs in the background, and is our own command
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment_with(**{"TERM": "xterm", "COLUMNS": "160", **variables}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    try:
        with anyio.fail_after(60):
            output = await anyio.to_thread.run_sync(_read_all, ours, abandon_on_cancel=True)
            code = await anyio.to_thread.run_sync(process.wait, abandon_on_cancel=True)
    finally:
        process.kill()  # one that still waits for an answer
        process.wait()
        os.close(ours)
    return code, output


def _read_all(terminal: int) -> str:
    """Return the output of *terminal* until its other end closes, which Linux reports as an error."""
    output = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            return output.decode()
        if not chunk:
            return output.decode()
        output += chunk
