"""The ``zoomasync`` command (extra ``cli``).

The exit code is 0 if a harvest is complete, 1 after an error, 2 for wrong use, and 3 if a harvest is incomplete.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command with the arguments of this process, and exit."""
    try:
        from .app import run  # noqa: PLC0415  needs the extra
    except ModuleNotFoundError as missing:
        sys.exit(
            f"zoomasync: the command needs the extra 'cli' ({missing.name} is missing): pip install 'zoomasync[cli]'"
        )
    sys.exit(run(sys.argv[1:]))
