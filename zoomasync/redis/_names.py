"""Names under which Redis keeps the limits of an account and the token of an app.

They contain hashes, since an account id or a user may identify a person.
"""

from __future__ import annotations

import hashlib


def limits_name(account_id: str) -> str:
    """Return the name for the rate limits of an account, which all its apps share."""
    return _name("limits", account_id)


def token_name(account_id: str, client_id: str, user: str = "") -> str:
    """Return the name for the access token of one app in an account, and of one *user* if the app acts for users."""
    return _name("token", account_id, client_id, user)


def _name(kind: str, *ids: str) -> str:
    digest = hashlib.sha256("\0".join(ids).encode()).hexdigest()
    return f"zoomasync-{kind}-{digest[:32]}"
