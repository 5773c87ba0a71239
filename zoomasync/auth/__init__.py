"""Credentials, clouds, access tokens and token stores.

Source: https://developers.zoom.us/docs/internal-apps/s2s-oauth/
"""

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .._core.access_token import Token
    from ._cloud import Cloud
    from ._credentials import DEFAULT_TOKEN_URL, Credentials, CredentialsSource, ServerToServer, StaticToken
    from ._file_token_store import FileTokenStore
    from ._token_store import MemoryTokenStore, TokenStore
    from ._user_oauth import AuthorizationRequest, AuthorizedUser, UserOAuth
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            ".._core.access_token": ["Token"],
            "._cloud": ["Cloud"],
            "._credentials": ["DEFAULT_TOKEN_URL", "Credentials", "CredentialsSource", "ServerToServer", "StaticToken"],
            "._file_token_store": ["FileTokenStore"],
            "._token_store": ["MemoryTokenStore", "TokenStore"],
            "._user_oauth": ["AuthorizationRequest", "AuthorizedUser", "UserOAuth"],
        },
    )

__all__ = [
    "DEFAULT_TOKEN_URL",
    "AuthorizationRequest",
    "AuthorizedUser",
    "Cloud",
    "Credentials",
    "CredentialsSource",
    "FileTokenStore",
    "MemoryTokenStore",
    "ServerToServer",
    "StaticToken",
    "Token",
    "TokenStore",
    "UserOAuth",
]
