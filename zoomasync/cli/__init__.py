"""The ``zoomasync`` command (extra ``cli``).

Exit codes: 0 complete, 1 failed, 2 wrong use, 3 incomplete and resumable.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process, and exit."""
    try:
        from .app import run  # noqa: PLC0415  only the command needs the extra
    except ModuleNotFoundError as missing:
        sys.exit(
            f"zoomasync: the command needs the extra 'cli' ({missing.name} is missing): pip install 'zoomasync[cli]'"
        )
    sys.exit(run(sys.argv[1:]))
