"""The ``zoomasync`` command (extra ``cli``).

The exit code is 0 if the job is complete, 1 after an error, 2 for wrong use, 3 if the job is incomplete, and 4 if the
guard of a registrant sync holds cancellations back.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType

from .exit_codes import Exit


def main() -> None:
    """Run the command with the arguments of this process, and exit."""
    # The import takes a moment, and some commands have no handler of their own.
    signal.signal(signal.SIGTERM, _terminate)
    try:
        from .app import run  # noqa: PLC0415  needs the extra
    except ModuleNotFoundError as missing:
        sys.exit(
            f"zoomasync: the command needs the extra 'cli' ({missing.name} is missing): pip install 'zoomasync[cli]'"
        )
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    sys.exit(run(sys.argv[1:]))


def _terminate(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the arguments of a signal handler
    sys.exit(Exit.TERMINATED)
