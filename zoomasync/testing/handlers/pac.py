"""The handler of `/users/{userId}/pac`."""

from __future__ import annotations

from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse
from .instance_rows import Row


def pac_accounts(request: FakeRequest) -> Row:
    """Return the personal audio conferences of a user."""
    user = request.user()
    if user.pac_accounts is None:
        raise ErrorResponse(400, 2024, "User does not have PAC enabled.")
    return {"pac_accounts": user.pac_accounts}
