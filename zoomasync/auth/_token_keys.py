"""Keys of tokens in a store, and names of other things that processes share.

They contain hashes, since the id of an account or user may identify a person. Processes of different versions must
agree on them.
"""

from __future__ import annotations

import hashlib
import re

from ..errors import InvalidArgument


def app_token_key(account_id: str, client_id: str) -> str:
    """Return the key of the access token of one server-to-server app in one account."""
    return hashed_name("app-token", account_id, client_id)


def user_token_key(client_id: str, user_id: str) -> str:
    """Return the key of the tokens that one user has granted to one app."""
    return hashed_name("user-token", client_id, user_id)


def hashed_name(kind: str, *ids: str) -> str:
    """Return a name for one thing of *kind*, which *ids* identify. It can be the name of a file."""
    digest = hashlib.sha256("\0".join(ids).encode()).hexdigest()
    return f"zoomasync-{kind}-{digest[:32]}"


def check_key(key: str) -> str:
    """Return *key*, or raise `InvalidArgument` if it is not a key as `TokenStore` describes it."""
    if not _KEY.fullmatch(key):
        raise InvalidArgument("the key of a token must be 1 to 100 letters, digits, '-' or '_'")
    return key


_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")
