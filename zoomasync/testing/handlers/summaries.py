"""Handlers of the AI Companion's summaries of meetings and webinars."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Final

from ..account.instance import Instance, Summary
from ..protocol import query
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse, invalid, no_such_meeting, paid_only
from .instance_rows import Row
from .meeting_rows import listed_summary_row, summary_body

_WITHHELD_MESSAGES: Final = MappingProxyType(
    {
        "email_only": "The meeting summary can only be shared by email.",
        "ip_rule": "The meeting summary is not accessible from this IP address.",
        "trash": "The meeting summary is in the trash.",
    }
)


def listing(request: FakeRequest) -> Row:
    """Return the summaries created between `from` and `to`, both included, of all hosts with a licence.

    The reference does not say which summaries a request without a range returns; the fake returns all. It leaves out
    those that are withheld: the reference has an error for a whole account only.
    """
    first, last = query.moment(request.query, "from"), query.moment(request.query, "to")
    if first and last and first > last:
        raise invalid("from", "The from date is later than the to date.")
    instances = [
        each
        for each in request.instances_between(date.min, date.max)
        if each.summary
        and not each.summary.withheld
        and not each.host.is_basic
        and each.has_reports(request.now)
        and (first is None or first <= each.end_time)
        and (last is None or each.end_time <= last)
    ]
    page = request.page(instances, listed_summary_row)
    echo = {name: request.query[name] for name in ("from", "to") if name in request.query}
    return {**echo, **page.envelope(), "summaries": page.rows}


def details(request: FakeRequest) -> Row:
    """Return the summary of one instance; the path must contain a UUID, not a number."""
    return summary_body(*_available(request))


def delete(request: FakeRequest) -> None:
    """Move the summary of one instance to the trash; the reference does not say that it is deleted at once."""
    instance, summary = _available(request)
    instances = request.account.instances
    instances[instances.index(instance)] = replace(instance, summary=replace(summary, withheld="trash"))


def _available(request: FakeRequest) -> tuple[Instance, Summary]:
    if request.path_value.isdigit():
        raise invalid("meetingId", "A meeting UUID is expected.")
    instance = request.instance(either_kind=True, max_age_months=None)
    if instance.host.is_basic:
        raise paid_only(request.account.id)
    if instance.summary is None:
        raise no_such_meeting(request.path_value)
    if instance.summary.withheld:
        raise ErrorResponse(403, 2305, _WITHHELD_MESSAGES[instance.summary.withheld])
    return instance, instance.summary
