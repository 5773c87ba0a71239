"""The base class of all namespaces."""

from __future__ import annotations

from .._core.endpoint import Endpoint
from .._core.session import Session


class Resource:
    """A group of endpoints of one client."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    def endpoints(cls) -> dict[str, Endpoint[object]]:
        """Return the endpoints by the name of the method that calls them."""
        return {name.lower(): value for name, value in vars(cls).items() if isinstance(value, Endpoint)}
