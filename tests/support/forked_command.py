"""Runs of the command as forks of a process that has imported it: otherwise, the imports are most of a short run.

Like the command, the process makes errors of warnings. A run has its own folder, environment, standard output and
errors, and ends as an interpreter does.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import anyio

from zoomasync import cli

_LONGEST_REQUEST = 1_000_000  # bytes


class ForkServer:
    """The process that has imported the command, seen from the tests."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  this file
                # Like `-m zoomasync`, `-P` leaves the folder of this file out of the search path.
                [sys.executable, "-W", "error", "-P", __file__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def close(self) -> None:
        """End the process."""
        self._requests.close()
        self._process.wait()

    async def run(self, *arguments: str, folder: Path, environment: dict[str, str]) -> tuple[int, str, str]:
        """Run the command, and return its exit code, standard output and standard error."""
        ours, theirs = socket.socketpair()
        with ours, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            with theirs:
                request = json.dumps([arguments, str(folder), environment]).encode()
                socket.send_fds(self._requests, [request], [theirs.fileno(), output.fileno(), errors.fileno()])
            await anyio.wait_readable(ours)
            code = int(ours.recv(16))
            output.seek(0)
            errors.seek(0)
            return code, output.read().decode(), errors.read().decode()


@functools.cache
def fork_server() -> ForkServer:
    """Return the server of this process, which ends with it."""
    server = ForkServer()
    atexit.register(server.close)
    return server


def _import_command() -> None:
    """Import the command, with what it imports when it runs."""
    for module in pkgutil.walk_packages(cli.__path__, f"{cli.__name__}."):
        importlib.import_module(module.name)
    gc.freeze()  # a run does not search these objects for garbage when it ends


def _serve(requests: socket.socket) -> None:
    """Fork for each request until the tests have ended; return in each process that is to run the command."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the watching processes need no wait
    with requests:
        while True:
            request, descriptors, _, _ = socket.recv_fds(requests, _LONGEST_REQUEST, 3)
            if not request:
                sys.exit()
            if os.fork() == 0:
                break
            for each in descriptors:
                os.close(each)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    answer, output, errors = descriptors
    command = os.fork()
    if command != 0:
        _watch(command, answer)
        os._exit(0)
    os.dup2(output, 1)
    os.dup2(errors, 2)
    for each in descriptors:
        os.close(each)
    arguments, folder, environment = json.loads(request)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments


def _watch(command: int, answer: int) -> None:
    """Send the exit code of the process *command*; kill it if the test does not wait for it any longer."""
    ended = os.pidfd_open(command)
    if ended not in select.select([ended, answer], [], [])[0]:
        os.kill(command, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
    with socket.socket(fileno=answer) as test, suppress(BrokenPipeError):
        test.send(b"%d" % code)


if __name__ == "__main__":
    _import_command()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    cli.main()
