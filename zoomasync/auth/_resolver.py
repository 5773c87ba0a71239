"""Credentials that are known from the start, or that the application looks up."""

from __future__ import annotations

import inspect
import math
from functools import partial
from typing import TypeGuard

import anyio

from ..errors import ConfigError
from ._credentials import Credentials, CredentialsSource, ServerToServer

_INTERVAL = 1.0  # at least, between a failure and the next look-up


class CredentialsResolver:
    """The credentials that *auth* is, or those that it returns.

    A failed look-up is repeated no sooner than after one second.
    """

    def __init__(self, auth: Credentials | CredentialsSource) -> None:
        self.known: Credentials | None = None
        """The latest credentials, or None before the first look-up."""
        self._source: CredentialsSource
        if _is_credentials(auth):
            self.known, self._source = auth, partial(_returned, auth)
        elif callable(auth):
            self._source = auth
        else:
            raise ConfigError(_EXPECTED)
        self._next_at = -math.inf

    @property
    def account_id(self) -> str | None:
        """The account of the credentials, or None if they are unknown or do not name it."""
        return self.known.account_id if isinstance(self.known, ServerToServer) else None

    async def resolve(self) -> Credentials:
        """Return the credentials. Raises `ConfigError` if the application does not return any."""
        await anyio.sleep(max(0.0, self._next_at - anyio.current_time()))
        try:
            pending: object = self._source()
            found: object = await pending if inspect.isawaitable(pending) else pending
        except Exception as error:  # noqa: BLE001  an exception of the application
            failure = f"auth raised {type(error).__name__} in place of credentials: check where it reads them"
        else:
            if _is_credentials(found):
                self.known = found
                return found
            failure = _EXPECTED
        self._next_at = anyio.current_time() + _INTERVAL
        raise ConfigError(failure)  # without the text of the exception, which may hold a secret


_EXPECTED = "auth must be ServerToServer, StaticToken or other credentials, or an async function that returns them"


async def _returned(credentials: Credentials) -> Credentials:
    return credentials


def _is_credentials(value: object) -> TypeGuard[Credentials]:
    return not isinstance(value, type) and callable(getattr(value, "fetch", None))
