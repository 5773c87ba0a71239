"""The handler of `/users/{userId}/pac`."""

from __future__ import annotations

from ..protocol.errors import ErrorResponse
from ..protocol.request import FakeRequest
from .instance_rows import Row
from .meeting_rows import pac_account_row


def pac_accounts(request: FakeRequest) -> Row:
    """Return the personal audio conferences of a user."""
    user = request.user()
    if user.pac_accounts is None:
        raise ErrorResponse(400, 2024, "User does not have PAC enabled.")
    return {"pac_accounts": [pac_account_row(each) for each in user.pac_accounts]}
