"""Features of an account that its reports need, with the errors that Zoom has for an account without them."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from ..account.account import Account, AccountFeature
from ..protocol.responses import ErrorResponse
from ..reference.operations import Operation

_ERRORS: Final = MappingProxyType[AccountFeature, tuple[int, int, str]](
    {
        "paid_plan": (400, 200, "Only available for Paid or ZMP account: {account}."),
        "webinar_plan": (400, 200, "Not subscribe webinar plan."),
        "department_billing": (400, 200, "No permission."),
        "audio_plan": (200, 200, "This account has not subscribed to toll-free audio conference plan."),
        "toll_report": (200, 200, "Toll Report feature must be enabled to perform this action."),
    }
)
"""The status, the code and the message of each error.

Plans are as they were observed: the reference has most of these errors under status 200, without a code. The other
errors are the reference's; it has none for an account without department billing but that of a missing permission.
"""


def check_account_features(account: Account, operation: Operation) -> None:
    """Raise the error for an operation that needs a feature that *account* lacks."""
    for feature in _needed(operation.name):
        if feature in account.disabled_features:
            status, code, message = _ERRORS[feature]
            raise ErrorResponse(status, code, message.format(account=account.id))


def _needed(operation: str) -> Iterator[AccountFeature]:
    if operation.startswith("reports."):
        yield "paid_plan"
    if operation.startswith(("reports.webinar", "past_webinars.")):
        yield "webinar_plan"
    if operation.startswith("reports.billing"):
        yield "department_billing"
    if operation == "reports.telephone":
        yield "audio_plan"
        yield "toll_report"
