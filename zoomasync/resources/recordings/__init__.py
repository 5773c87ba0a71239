"""`zoom.recordings`: cloud recordings and their files."""

from __future__ import annotations

from .downloads import Downloads


class Recordings(Downloads):
    """Cloud recordings and their files."""
