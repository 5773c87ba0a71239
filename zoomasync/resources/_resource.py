"""What all namespaces share."""

from __future__ import annotations

from .._session import Session


class Resource:
    """A group of endpoints of one client."""

    def __init__(self, session: Session) -> None:
        self._session = session
