"""What this library calls itself on the wire."""

from __future__ import annotations

__version__ = "0.1.0"

USER_AGENT = f"zoomasync/{__version__}"
