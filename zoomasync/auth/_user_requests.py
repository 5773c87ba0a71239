"""The requests for the tokens of a user: exchange a code, refresh, revoke.

Source: https://developers.zoom.us/docs/integrations/oauth/
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from .._core.access_token import Token
from .._core.http_messages import HttpResponse
from .._core.responses import interpret
from .._core.transport import Transport
from ..errors import AuthorizationDenied, BadRequest, PermissionDenied, Unauthorized, ZoomError
from ._stored_token import StoredToken
from ._token_endpoint import REVOKE, TOKEN, form_request, is_app_rejected, is_grant_rejected, rejected_app
from ._token_requests import with_lifetime
from ._user_oauth import AuthorizationCode, AuthorizationRequest, UserOAuth

_ADVICE = "Check the client id, the client secret and the redirect URI."


async def exchange_code(
    oauth: UserOAuth,
    transport: Transport,
    request: AuthorizationRequest,
    code: AuthorizationCode,
    *,
    now: Callable[[], float],
) -> StoredToken:
    """Return the tokens for *code*, which came for *request*. Raises `AuthorizationDenied` if there are none."""
    response = await transport.send(
        form_request(
            *(TOKEN, oauth.cloud.token_url, oauth.client_id, oauth.client_secret),
            grant_type="authorization_code",
            code=code.value,
            redirect_uri=oauth.redirect_uri,
            code_verifier=request.code_verifier,
        )
    )
    try:
        return _tokens_in(response, now)
    except ZoomError as caught:
        error = caught
    if is_grant_rejected(error):
        raise AuthorizationDenied(f"Zoom rejected the code, which is valid once, for five minutes: {error}")
    raise error


async def refresh(
    oauth: UserOAuth, transport: Transport, stored: StoredToken, *, now: Callable[[], float]
) -> StoredToken:
    """Return the tokens that replace *stored*. Its refresh token is spent then."""
    request = form_request(
        *(TOKEN, oauth.cloud.token_url, oauth.client_id, oauth.client_secret),
        grant_type="refresh_token",
        refresh_token=stored.refresh_token or "",
    )
    tokens = _tokens_in(await transport.send(request), now)
    if tokens.refresh_token is None:  # RFC 6749 allows a response without one, which changes nothing
        tokens = replace(tokens, refresh_token=stored.refresh_token)
    scopes = stored.scopes if tokens.scopes is None else tokens.scopes
    return replace(tokens, scopes=scopes, account_id=stored.account_id, user_id=stored.user_id)


async def revoke(oauth: UserOAuth, transport: Transport, token: Token) -> None:
    """Revoke all tokens of the user of the access token *token*, unless Zoom no longer accepts it."""
    request = form_request(REVOKE, oauth.cloud.revoke_url, oauth.client_id, oauth.client_secret, token=token.value)
    response = await transport.send(request)
    try:
        interpret(REVOKE.at(), response)
    except (BadRequest, PermissionDenied, Unauthorized) as caught:
        rejected = caught
    else:
        return
    if is_app_rejected(rejected):
        raise rejected_app(rejected, _ADVICE)


def _tokens_in(response: HttpResponse, now: Callable[[], float]) -> StoredToken:
    """Return the tokens in *response*, or raise the error in it."""
    try:
        received = interpret(TOKEN.at(), response)
    except (BadRequest, PermissionDenied, Unauthorized) as rejected:
        error = rejected if is_grant_rejected(rejected) else rejected_app(rejected, _ADVICE)
    else:
        stored = StoredToken.of(with_lifetime(received.token), now=now())
        return replace(stored, refresh_token=received.next_refresh_token)
    raise error
