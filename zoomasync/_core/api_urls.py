"""The address of the API that a token response names."""

from __future__ import annotations

import logging

from .access_token import Token
from .urls import api_base_url

_logger = logging.getLogger("zoomasync")


class ApiUrls:
    """The base URL for the requests with a token: at the address that came with the token, or else *base_url*.

    An address that is not Zoom's is ignored and logged once: the token goes to no other host.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._latest: tuple[str, str] = "", base_url
        self._is_fault_logged = False

    def base_url(self, token: Token) -> str:
        """Return the base URL for a request with *token*."""
        address = token.api_url or ""
        if address != self._latest[0]:
            self._latest = address, self._checked(address) if address else self._base_url
        return self._latest[1]

    def _checked(self, address: str) -> str:
        found = api_base_url(address)
        if found is not None:
            return found
        if not self._is_fault_logged:
            self._is_fault_logged = True
            _logger.warning("the api_url of a token response is not an https host of Zoom, so it is not used")
        return self._base_url
