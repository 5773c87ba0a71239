"""The id of the account that a client belongs to."""

from __future__ import annotations

from .. import Zoom
from ..errors import BadRequest, ConfigError, DecodeError, EmbeddedError, NotFound, PermissionDenied


async def account_id_of(zoom: Zoom, given: str | None) -> str:
    """Return the id of the account of *zoom*, which is *given* if the credentials do not name it.

    Without both, Zoom's record of the token's user has it. Raises `ConfigError` if *given* is another account than that
    of the credentials, or Zoom does not return the record.
    """
    known = zoom.account_id
    if known is None and given is None:
        known = await _account_id_of_user(zoom)
    if given is not None and known not in {None, given}:
        raise ConfigError("account_id is another account than that of the credentials")
    return known or given or ""


async def _account_id_of_user(zoom: Zoom) -> str:
    try:
        user = await zoom.users.get("me")
    except (BadRequest, PermissionDenied, NotFound, EmbeddedError, DecodeError) as error:
        raise ConfigError(
            f"the account of the token is not known, and Zoom does not return it ({error}): give account_id"
        ) from None
    if not user.account_id:
        raise ConfigError("the account of the token is not known: give account_id")
    return user.account_id
