"""The version of the package, and the user agent of its requests."""

from __future__ import annotations

__version__ = "0.2.0"

USER_AGENT = f"zoomasync/{__version__}"
