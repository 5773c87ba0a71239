"""Zoom's signatures, written apart from those of `zoomasync.webhooks`, so that one can judge the other.

Source: https://developers.zoom.us/docs/api/webhooks/.
"""

from __future__ import annotations

import hmac


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the `x-zm-signature` of a request with this *body*, sent at *timestamp*."""
    return f"v0={_hex(secret, f'v0:{timestamp}:'.encode() + body)}"


def encrypted_token(secret: str, plain_token: str) -> str:
    """Return the right answer to an `endpoint.url_validation` with *plain_token*."""
    return _hex(secret, plain_token.encode())


def _hex(secret: str, message: bytes) -> str:
    return hmac.digest(secret.encode(), message, "sha256").hex()
