"""Checks that call Zoom: the token, its scopes, the clock and the plan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from .... import Label, Plan, Zoom
from ....errors import (
    ConnectError,
    GatewayError,
    PermissionDenied,
    TimedOut,
    TLSError,
    Unauthorized,
    ZoomError,
)
from ....types import ResponseInfo
from .findings import Finding, Level
from .needs import Need, check_scopes

_LONGEST_WAIT: Final = 20.0
_LARGEST_SKEW: Final = timedelta(minutes=1)
_PLANS: Final = {"free": Plan.FREE, "pro": Plan.PRO, "business": Plan.BUSINESS}
_ADVICE: Final = {
    TLSError: "If a firewall of your network decrypts TLS, set SSL_CERT_FILE to a file with its certificate.",
    ConnectError: "Check the network, DNS, the firewall, and the proxy settings.",
    TimedOut: "Check the network, the firewall, and the proxy settings.",
    Unauthorized: "Copy the three values again from the page App Credentials, and check that the app is activated.",
    GatewayError: "Check ZOOM_BASE_URL, the proxy and the firewall.",
}


async def check_account(zoom: Zoom, plan: Plan, needs: Sequence[Need]) -> AsyncIterator[Finding]:
    """Check the token, its scopes, a call, the clock and the plan. A check that fails ends those that need it."""
    try:
        scopes = await zoom.scopes()
    except ZoomError as error:
        yield _failure("token", error)
        return
    yield Finding("token", Level.OK, "Zoom accepts the credentials.")
    if scopes is not None:
        yield Finding("scopes", Level.OK, f"The token has {len(scopes)} scopes.")
        for finding in check_scopes(needs, scopes):
            yield finding
    elif needs:
        yield Finding("scopes", Level.WARNING, "Zoom did not name the scopes of the token.", "Check them in the app.")
    responses: list[ResponseInfo] = []
    calls = zoom.with_options(on_response=responses.append, max_wait=_LONGEST_WAIT)
    try:
        # Any answer of Zoom's API will do, also that the token lacks the scope.
        await calls.request("GET", "/users", label=Label.MEDIUM, query={"page_size": 1})
    except PermissionDenied:
        yield Finding("call", Level.OK, "Zoom's API answers, and says that the token may not list users.")
    except ZoomError as error:
        yield _failure("call", error)
    else:
        yield Finding("call", Level.OK, "Zoom's API answers: a call returned a user.")
    headers: Mapping[str, str] = responses[-1].headers if responses else {}
    for finding in (_clock(headers), _plan(headers, plan)):
        yield finding


def _failure(check: str, error: ZoomError) -> Finding:
    advice = next((advice for kind, advice in _ADVICE.items() if isinstance(error, kind)), "")
    text = str(error)
    return Finding(check, Level.PROBLEM, text if text.endswith((".", "]")) else f"{text}.", advice)


def _clock(headers: Mapping[str, str]) -> Finding:
    """Compare the local clock with the time of a response, which is exact to one second."""
    try:
        ahead = datetime.now(UTC) - parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return Finding("clock", Level.WARNING, "The clock was not compared: no response has Zoom's time.")
    direction = "ahead of" if ahead > timedelta() else "behind"
    seconds = abs(ahead.total_seconds())
    if abs(ahead) <= _LARGEST_SKEW:
        return Finding("clock", Level.OK, "The clock of this machine agrees with Zoom's.")
    return Finding(
        "clock",
        Level.WARNING,
        f"The clock of this machine is {seconds:,.0f} seconds {direction} Zoom's.",
        "Synchronise it, for example with NTP: it decides which day is yesterday, and how old a webhook is.",
    )


def _plan(headers: Mapping[str, str], plan: Plan) -> Finding:
    """Compare the limit of the label medium that Zoom's response names, if it names one, with *plan*."""
    rates = ", ".join(f"{label} {plan.rate(label):.3g}" for label in (Label.LIGHT, Label.MEDIUM, Label.HEAVY))
    used = f"Requests per second: {rates}."
    limit = headers.get("x-ratelimit-limit", "")
    label = headers.get("x-ratelimit-category", "").lower()
    if not limit.isdecimal() or label != Label.MEDIUM:
        return Finding(
            "plan", Level.OK, f"{used} No API returns the plan of an account: check that ZOOM_PLAN is right."
        )
    named = [
        name for name, each in _PLANS.items() if int(limit) in {each.rate(Label.MEDIUM), each.per_day(Label.MEDIUM)}
    ]
    if not named:
        return Finding("plan", Level.OK, f"{used} Zoom's response has a limit of another plan: {limit}.")
    if plan.rate(Label.MEDIUM) > _PLANS[named[0]].rate(Label.MEDIUM):
        return Finding(
            "plan",
            Level.WARNING,
            f"{used} Zoom's response has the limit of the plan {named[0]}, which is lower.",
            f"Set ZOOM_PLAN={named[0]}, or Zoom answers 429.",
        )
    return Finding("plan", Level.OK, f"{used} Zoom's response has the limit of the plan {named[0]}.")
