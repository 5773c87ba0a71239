"""Names under which Redis keeps the limits of an account."""

from __future__ import annotations

from ..auth._token_keys import hashed_name


def limits_name(account_id: str) -> str:
    """Return the name for the rate limits of an account, which all its apps share."""
    return hashed_name("limits", account_id)
