"""Credentials, clouds, access tokens and token stores.

Source: https://developers.zoom.us/docs/internal-apps/s2s-oauth/
"""

from .._core.access_token import Token
from ._cloud import Cloud
from ._credentials import DEFAULT_TOKEN_URL, Credentials, CredentialsSource, ServerToServer, StaticToken
from ._file_token_store import FileTokenStore
from ._token_store import MemoryTokenStore, TokenStore
from ._user_oauth import AuthorizationRequest, AuthorizedUser, UserOAuth

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
